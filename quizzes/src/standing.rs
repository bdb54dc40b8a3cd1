//! How a question stands, and how it goes on.

use crate::course::Course;
use crate::kind::Kind;
use crate::settle::{Outcome, Why, settle};
use crate::window::{Phase, Window, window};
use jiff::Timestamp;

/// Where a question is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Planned,
    Open,
    Locked,
    Settled,
    Void,
}

impl State {
    pub const ALL: [State; 5] = [State::Planned, State::Open, State::Locked, State::Settled, State::Void];

    /// As rows and messages have it.
    pub const fn word(self) -> &'static str {
        match self {
            State::Planned => "planned",
            State::Open => "open",
            State::Locked => "locked",
            State::Settled => "settled",
            State::Void => "void",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// How a question stands.
///
/// Invariant: a question that was locked never opens again, whatever a correction says, and its lock only moves back: somebody may have seen
/// what it asks. What is right may change, and be unknown again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) state: State,
    pub(crate) opens_at: Option<Timestamp>,
    pub(crate) locks_at: Option<Timestamp>,
    /// Not yet, before it is settled or void.
    pub(crate) outcome: Outcome,
}

impl Standing {
    pub(crate) fn planned() -> Self {
        Self { state: State::Planned, opens_at: None, locks_at: None, outcome: Outcome::NotYet }
    }

    /// Where it is by the clock alone: what is due has come, whether or not somebody has noted it.
    pub(crate) fn at(&self, now: Timestamp) -> State {
        let is_due = |it: Option<Timestamp>| it.is_some_and(|it| it <= now);
        match self.state {
            State::Planned | State::Open if is_due(self.locks_at) => State::Locked,
            State::Planned if is_due(self.opens_at) => State::Open,
            state => state,
        }
    }

    /// How it goes on, by the clock and, where it is told, by the match: the same for the same, however often.
    pub(crate) fn go_on(&self, kind: &Kind, time: &Window, course: Option<&Course>, now: Timestamp) -> Self {
        if self.outcome == Outcome::Void(Why::Withdrawn) {
            return self.clone();
        }
        let mut next = self.clone();
        if let Some(course) = course {
            next.take(window(time, kind, course, now));
        }
        next.state = next.at(now);
        if next.state < State::Locked {
            return next;
        }
        next.outcome = match (kind.is_of_a_match(), course) {
            (true, None) => next.outcome,
            (true, Some(course)) => settle(kind, course),
            (false, _) => settle(kind, &Course::default()),
        };
        next.state = match next.outcome {
            Outcome::NotYet => State::Locked,
            Outcome::Choice(_) => State::Settled,
            Outcome::Void(_) => State::Void,
        };
        next
    }

    fn take(&mut self, phase: Phase) {
        match phase {
            Phase::Planned { opens_at, locks_at } if self.state == State::Planned => {
                (self.opens_at, self.locks_at) = (opens_at, locks_at);
            }
            // A correction has taken its moment back: it stays open until its lock.
            Phase::Planned { .. } => {}
            Phase::Open { opens_at, locks_at } if self.state <= State::Open => {
                self.opens_at = self.opens_at.filter(|_| self.state == State::Open).or(Some(opens_at));
                self.lock(locks_at);
                self.state = State::Open;
            }
            Phase::Open { .. } => {}
            Phase::Locked { locks_at } => {
                self.lock(Some(locks_at));
                self.state = self.state.max(State::Locked);
            }
        }
    }

    /// The earlier of two.
    fn lock(&mut self, locks_at: Option<Timestamp>) {
        self.locks_at = [self.locks_at, locks_at].into_iter().flatten().min();
    }
}
