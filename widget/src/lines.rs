//! The ball-by-ball list.

use crate::board::Kind;
use cricket::{Innings, Match};
use wire::{BallLine, Balls};

/// Balls in words, oldest first, and how to ask for those before them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    pub lines: Vec<Line>,
    /// Every ball with a greater `seq` is in `lines`; 0 when none is missing.
    pub from_seq: u64,
    /// Earlier balls were asked for and have not come.
    pub waiting: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The position of its command; 0 for those read off a snapshot.
    pub seq: u64,
    /// Tells the lines apart on the screen.
    pub key: u64,
    pub innings: u8,
    /// "12.3"
    pub over: String,
    pub label: String,
    pub text: String,
    pub kind: Kind,
    /// "187/4"
    pub score: String,
}

impl Lines {
    /// Commands asked for at once.
    pub const PAGE: u64 = 60;
    /// Lines kept: two days of a Test. Older ones are dropped, and can be asked for again.
    pub const MAX: usize = 1200;

    /// What the snapshot at `seq` remembers: the last balls of the latest innings.
    pub fn of(game: &Match, seq: u64) -> Self {
        let mut lines = Vec::new();
        let mut from_seq = if game.innings.is_empty() { 0 } else { seq };
        if let Some((index, innings)) = game.innings.iter().enumerate().next_back() {
            lines.extend((0..innings.recent.len()).filter_map(|at| line(game, index, innings, at)));
            // `recent` forgets whole overs, and within two of them whatever is over its limit.
            let whole = innings.recent.first().is_none_or(|it| it.over == 0);
            if index == 0 && whole && innings.recent.len() < Innings::RECENT_MAX {
                from_seq = 0;
            }
        }
        Lines { lines, from_seq, waiting: false }
    }

    /// Adds the ball that was just folded.
    pub fn push(&mut self, game: &Match, index: usize, seq: u64) {
        let Some(innings) = game.innings.get(index) else { return };
        let Some(at) = innings.recent.len().checked_sub(1) else { return };
        self.lines.extend(line(game, index, innings, at).map(|it| Line { seq, key: seq, ..it }));
        if self.lines.len() > Self::MAX {
            let dropped = self.lines.remove(0);
            self.from_seq = self.from_seq.max(dropped.seq);
        }
    }

    /// Where to ask for earlier balls (`after=`).
    pub fn earlier_after(&self) -> u64 {
        self.from_seq.saturating_sub(Self::PAGE)
    }

    /// Puts a page asked for with `after` in front. Lines read off a snapshot have no `seq` and are among those of the first page.
    pub fn earlier(&mut self, after: u64, page: &Balls) {
        let until = self.from_seq;
        self.lines.retain(|it| it.seq > until);
        let before = page.balls.iter().filter(|it| it.seq <= until);
        self.lines.splice(0..0, before.map(Line::from));
        self.from_seq = after;
        self.waiting = false;
    }
}

fn line(game: &Match, index: usize, innings: &Innings, at: usize) -> Option<Line> {
    let bowled = innings.recent.get(at)?;
    Some(Line {
        seq: 0,
        // Above every `seq`, for they are not known here.
        key: u64::MAX - at as u64,
        innings: u8::try_from(index).unwrap_or(u8::MAX),
        over: [&bowled.over.to_string(), ".", &bowled.number.to_string()].concat(),
        label: game.ball_label(bowled),
        text: game.ball_line(index, bowled),
        kind: Kind::of(&bowled.ball),
        score: [&bowled.runs.to_string(), "/", &bowled.wickets.to_string()].concat(),
    })
}

impl From<&BallLine> for Line {
    fn from(it: &BallLine) -> Self {
        Line {
            seq: it.seq,
            key: it.seq,
            innings: it.innings,
            over: it.over.clone(),
            label: it.label.clone(),
            text: it.text.clone(),
            kind: Kind::named(&it.kind),
            score: it.score.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ball, begun, bowl};
    use cricket::{Ball, Command, InningsEnd, InningsStart, PlayerId, Side};

    fn page(seqs: std::ops::RangeInclusive<u64>) -> Balls {
        let line = |seq| BallLine { seq, text: "before".to_owned(), ..BallLine::default() };
        Balls { balls: seqs.map(line).collect(), ..Balls::default() }
    }

    #[test]
    fn the_first_balls_of_a_match_have_nothing_before_them() {
        let mut game = begun();
        bowl(&mut game, vec![ball(1), ball(0)]);
        let lines = Lines::of(&game, 4);
        assert_eq!((lines.lines.len(), lines.from_seq), (2, 0));
        assert_eq!((lines.lines[0].over.as_str(), lines.lines[0].score.as_str()), ("0.1", "1/0"));
    }

    #[test]
    fn overs_that_the_snapshot_does_not_remember_can_be_asked_for() {
        let mut game = begun();
        for bowler in [11, 12, 11] {
            bowl(&mut game, (0..6).map(|_| Ball { bowler: PlayerId(bowler), ..ball(0) }));
        }
        let mut lines = Lines::of(&game, 20);
        assert_eq!((lines.lines.len(), lines.lines[0].over.as_str(), lines.from_seq), (12, "1.1", 20));
        assert_eq!(lines.earlier_after(), 0);
        lines.earlier(0, &page(3..=20));
        assert_eq!((lines.lines.len(), lines.lines[0].seq, lines.from_seq), (18, 3, 0));
    }

    #[test]
    fn the_innings_before_can_be_asked_for_as_soon_as_another_starts() {
        let mut game = begun();
        bowl(&mut game, vec![ball(1)]);
        game.apply(&Command::InningsEnd(InningsEnd::Declared)).unwrap();
        game.apply(&Command::InningsStart(InningsStart { batting: Side::Away, ..InningsStart::default() }))
            .unwrap();
        let lines = Lines::of(&game, 5);
        assert_eq!((lines.lines.len(), lines.from_seq), (0, 5));
    }

    #[test]
    fn earlier_balls_take_the_place_of_those_off_the_snapshot_and_keep_those_since() {
        let mut game = begun();
        let mut lines = Lines { from_seq: 100, lines: vec![Line::default(); 24], waiting: true };
        bowl(&mut game, vec![ball(1)]);
        lines.push(&game, 0, 101);
        assert_eq!(lines.earlier_after(), 40);
        lines.earlier(40, &page(41..=101));
        assert_eq!(lines.lines.iter().map(|it| it.seq).collect::<Vec<_>>(), (41..=101).collect::<Vec<_>>());
        assert_ne!(lines.lines[60].text, "before", "a ball that was folded here is not taken from the page");
        assert_eq!((lines.from_seq, lines.waiting), (40, false));
        lines.earlier(lines.earlier_after(), &page(1..=60));
        assert_eq!((lines.lines.len(), lines.lines[0].seq, lines.from_seq), (101, 1, 0));
    }

    #[test]
    fn the_list_is_bounded() {
        let mut game = begun();
        bowl(&mut game, vec![ball(1)]);
        let mut lines = Lines::default();
        for seq in 1..=Lines::MAX as u64 + 5 {
            lines.push(&game, 0, seq);
        }
        assert_eq!((lines.lines.len(), lines.from_seq), (Lines::MAX, 5));
    }
}
