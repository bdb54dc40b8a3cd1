//! The course of a match: each ball with its place and the moment at which it was accepted, and what else questions wait for.

use crate::kind::Team;
use cricket::{Boundary, Command, DismissalKind, InningsEnd, Match, Refusal, Setup};
use jiff::Timestamp;

/// A match as its log tells it, up to now. Made anew from the log each time that something happens: 0.1 ms for a T20, 1 ms for a Test.
#[derive(Clone, Debug, Default)]
pub struct Course {
    game: Match,
    /// Super overs left out.
    innings: Vec<Played>,
    pub(crate) toss_at: Option<Timestamp>,
    pub(crate) result_at: Option<Timestamp>,
}

/// One innings.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    /// Its place among the innings of the match.
    at: usize,
    pub(crate) began_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) balls: Vec<Bowled>,
    pub(crate) falls: Vec<Fall>,
    /// When the over before each was done: the innings' beginning before the first.
    overs_from: Vec<Timestamp>,
}

/// One ball.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bowled {
    /// Counted from 1.
    pub(crate) over: u16,
    pub(crate) runs: u16,
    /// The innings' runs after it.
    pub(crate) score: u16,
    pub(crate) boundary: Option<Boundary>,
    pub(crate) at: Timestamp,
}

/// One wicket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fall {
    pub(crate) kind: DismissalKind,
    pub(crate) at: Timestamp,
}

/// An innings' beginning, its first over and what came of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inning<'a> {
    pub(crate) played: &'a Played,
    pub(crate) state: &'a cricket::Innings,
}

impl Course {
    /// Folds a log: its commands in the order in which they count, each with the moment at which it was accepted. One that was told later than
    /// those that come after it happened before them all the same: it counts as of the first of these.
    pub fn of<'a>(
        setup: &Setup,
        commands: impl IntoIterator<Item = (Timestamp, &'a Command)>,
    ) -> Result<Self, Refusal> {
        let mut commands: Vec<(Timestamp, &Command)> = commands.into_iter().collect();
        let mut earliest = Timestamp::MAX;
        for (at, _) in commands.iter_mut().rev() {
            earliest = earliest.min(*at);
            *at = earliest;
        }
        let game = Match { setup: setup.clone(), ..Match::default() };
        let mut course = Self { game, ..Self::default() };
        for (at, command) in commands {
            course.take(at, command)?;
        }
        Ok(course)
    }

    pub fn game(&self) -> &Match {
        &self.game
    }

    fn take(&mut self, at: Timestamp, command: &Command) -> Result<(), Refusal> {
        let change = self.game.apply(command)?;
        match command {
            Command::Toss(_) => self.toss_at = Some(at),
            Command::Result(_) => self.result_at = Some(at),
            Command::InningsStart(start) if !start.super_over => self.innings.push(Played {
                at: self.game.innings.len() - 1,
                began_at: at,
                ended_at: None,
                balls: Vec::new(),
                falls: Vec::new(),
                overs_from: vec![at],
            }),
            _ => {}
        }
        let count = self.game.innings.len();
        let Some(played) = self.innings.last_mut().filter(|it| it.at + 1 == count) else { return Ok(()) };
        let state = &self.game.innings[played.at];
        if let Command::Ball(_) = command
            && let Some(last) = state.recent.last()
        {
            played.balls.push(Bowled {
                over: last.over + 1,
                runs: change.runs,
                score: state.runs,
                boundary: change.boundary,
                at,
            });
        }
        let fallen: &[cricket::Dismissal] = match command {
            Command::Ball(ball) => &ball.wickets,
            Command::BatterOut(dismissal) => std::slice::from_ref(dismissal),
            _ => &[],
        };
        let wickets = fallen.iter().filter(|it| it.kind.is_wicket());
        played.falls.extend(wickets.map(|it| Fall { kind: it.kind, at }));
        // An over that is opened again ends again.
        played.overs_from.resize(usize::from(state.overs) + 1, at);
        match state.end {
            Some(_) => played.ended_at = played.ended_at.or(Some(at)),
            None => played.ended_at = None,
        }
        Ok(())
    }

    /// The innings of this number, counted from 1.
    pub(crate) fn innings(&self, number: u8) -> Option<Inning<'_>> {
        let played = self.innings.get(usize::from(number).checked_sub(1)?)?;
        Some(Inning { played, state: &self.game.innings[played.at] })
    }

    /// The first innings of a side.
    pub(crate) fn first_innings_of(&self, side: Team) -> Option<Inning<'_>> {
        let played = self.innings.iter().find(|it| Team::from(self.game.innings[it.at].batting) == side)?;
        Some(Inning { played, state: &self.game.innings[played.at] })
    }

    /// Whether there is a result, and nothing more to come.
    pub(crate) fn is_over(&self) -> bool {
        self.game.outcome.is_some()
    }
}

impl<'a> Inning<'a> {
    /// The balls of an over, counted from 1.
    pub(crate) fn balls_of(self, over: u16) -> impl Iterator<Item = &'a Bowled> {
        self.played.balls.iter().filter(move |it| it.over == over)
    }

    /// When the first ball of an over was accepted, or of one after it.
    pub(crate) fn began(self, over: u16) -> Option<Timestamp> {
        self.played.balls.iter().find(|it| it.over >= over).map(|it| it.at)
    }

    /// When an over became the one that is due.
    pub(crate) fn is_due_from(self, over: u16) -> Option<Timestamp> {
        self.played.overs_from.get(usize::from(over).checked_sub(1)?).copied()
    }

    pub(crate) fn is_complete(self, over: u16) -> bool {
        self.state.overs >= over
    }

    pub(crate) fn end(self) -> Option<InningsEnd> {
        self.state.end
    }

    /// Whether it ended by what was played, and not by weather, time or a captain.
    pub(crate) fn is_played_out(self) -> bool {
        matches!(
            self.state.end,
            Some(InningsEnd::AllOut | InningsEnd::OversComplete | InningsEnd::TargetReached)
        )
    }
}
