//! The balls of a match, oldest first: what the ball-by-ball list pages through, in whatever language it is asked for.

use cricket::{Boundary, Bowled, Command, Log, Match, Words};
use wire::BallLine;

/// Every ball of the match's present history.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    pub balls: Vec<Told>,
}

/// A ball to be told.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Of the update that brought it.
    pub seq: u64,
    /// Its place in the match's innings.
    pub innings: usize,
    pub bowled: Bowled,
}

impl Lines {
    /// The lines of a whole log.
    pub fn of(log: &Log) -> Self {
        let mut lines = Self::default();
        let Ok(mut game) = Match::new(log.game().setup.clone()) else { return lines };
        for (seq, command) in log.entries() {
            // The log holds only what folds; its own fold has shown that.
            if game.apply(command).is_ok() {
                lines.note(*seq, command, &game);
            }
        }
        lines
    }

    /// Adds the line of a command that `game` has just folded, when it was a ball.
    pub fn note(&mut self, seq: u64, command: &Command, game: &Match) {
        let (Command::Ball(_), Some(innings)) = (command, game.innings.len().checked_sub(1)) else { return };
        if let Some(bowled) = game.innings[innings].recent.last() {
            self.balls.push(Told { seq, innings, bowled: bowled.clone() });
        }
    }

    /// Each ball's innings and its place in it, both from 0, and the number of its update.
    pub fn places(&self) -> impl Iterator<Item = ((i32, i32), u64)> {
        let mut innings = 0;
        let mut ball = 0;
        self.balls.iter().map(move |it| {
            let this = i32::try_from(it.innings).unwrap_or(i32::MAX);
            if this != innings {
                (innings, ball) = (this, 0);
            }
            ball += 1;
            ((innings, ball - 1), it.seq)
        })
    }

    /// A page of at most `balls_max` balls after the ball of update `after`, and where the next begins. Where that update was no ball,
    /// or its ball has been taken out since, the page begins with the first later one.
    pub fn page(&self, after: u64, balls_max: usize) -> (&[Told], Option<u64>) {
        // A ball inserted later has a higher seq than its neighbours, so the place is found by position, not by order.
        let this = self.balls.iter().position(|it| it.seq == after).map(|at| at + 1);
        let later = || self.balls.iter().position(|it| it.seq > after);
        let start = this.or_else(later).unwrap_or(self.balls.len());
        let end = self.balls.len().min(start + balls_max);
        let page = &self.balls[start..end];
        let is_last = end == self.balls.len();
        let next = page.last().filter(|_| !is_last).map(|it| it.seq);
        (page, next)
    }
}

impl Told {
    /// As a line of the list; `game` is the match as it stands.
    pub fn line(&self, game: &Match, words: Words) -> BallLine {
        let (bowled, ball) = (&self.bowled, &self.bowled.ball);
        let kind = match (ball.wickets.iter().any(|it| it.kind.is_wicket()), ball.boundary) {
            (true, _) => "wicket",
            (false, Some(Boundary::Four)) => "four",
            (false, Some(Boundary::Six)) => "six",
            (false, None) => "",
        };
        BallLine {
            seq: self.seq,
            innings: u8::try_from(self.innings).unwrap_or(u8::MAX),
            over: format!("{}.{}", bowled.over, bowled.number),
            label: game.ball_label(bowled),
            text: game.ball_line(words, self.innings, bowled),
            kind: kind.to_owned(),
            score: format!("{}/{}", bowled.runs, bowled.wickets),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_by_place_and_an_unknown_end_loses_nothing() {
        // The second ball came late; the third was put in for one that has been taken out.
        let balls = [3, 9, 4, 6, 7].map(|seq| Told { seq, ..Told::default() }).to_vec();
        let lines = Lines { balls };
        for (after, page, next) in [
            (0, vec![3, 9], Some(9)),
            (9, vec![4, 6], Some(6)),
            (6, vec![7], None),
            (7, vec![], None),
            (5, vec![9, 4], Some(4)),
            (100, vec![], None),
        ] {
            let (found, found_next) = lines.page(after, 2);
            let found: Vec<u64> = found.iter().map(|it| it.seq).collect();
            assert_eq!((found, found_next), (page, next), "after {after}");
        }
        assert_eq!(lines.page(0, 5).1, None);
    }
}
