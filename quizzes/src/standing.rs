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

#[cfg(test)]
mod tests {
    use super::*;
    use cricket::{Ball, Command, Format, InningsStart, Player, PlayerId, Setup, Side, Team as TeamOf, Toss};
    use jiff::SignedDuration;
    use proptest::prelude::*;

    fn second(seconds: i64) -> Timestamp {
        let start: Timestamp = "2026-11-30T10:00:00Z".parse().unwrap();
        start + SignedDuration::from_secs(seconds)
    }

    fn setup() -> Setup {
        let players =
            |name: &'static str, side| (0..11).map(move |it| Player { name: format!("{name} {it}"), side });
        Setup {
            teams: vec![TeamOf::named("Home"), TeamOf::named("Away")],
            players: players("H", Side::Home).chain(players("A", Side::Away)).collect(),
            format: Format::T20,
            balls_per_over: 6,
            overs: Some(5),
            ..Setup::default()
        }
    }

    /// A toss, an innings, and three overs of ones: ten seconds apart.
    fn log() -> Vec<(Timestamp, Command)> {
        let mut commands = vec![
            Command::Toss(Toss { winner: Side::Home, bats: true }),
            Command::InningsStart(InningsStart { batting: Side::Home, ..InningsStart::default() }),
        ];
        commands.extend((0..18).map(|at| {
            let bowler = PlayerId(11 + at / 6 % 2);
            let (striker, non_striker) = (PlayerId(0), PlayerId(1));
            Command::Ball(Ball { striker, non_striker, bowler, runs: 2, ..Ball::default() })
        }));
        commands.into_iter().zip(0..).map(|(it, at)| (second(at * 10), it)).collect()
    }

    fn asked() -> [(Kind, Window); 4] {
        let over = Kind::OverWicket { innings: 1, over: 2 };
        let trivia = Kind::Trivia { choices: vec!["a".into(), "b".into()], right: "a".into() };
        let between = Window::Between { from: second(40), until: second(120) };
        [
            (over.clone(), Window::BeforeOver { innings: 1, over: 2, seconds: 7 }),
            (over, between.clone()),
            (trivia, between),
            (Kind::Winner, Window::BeforeInnings { innings: 1, seconds: None }),
        ]
    }

    proptest! {
        /// The match told up to any of its commands, back and forth, or not at all, by a clock that moves as it likes: what was locked does not open,
        /// locks move back only, and the same told again changes nothing.
        #[test]
        fn whatever_is_told_in_whatever_order_what_was_locked_stays_so(
            which in 0..4_usize,
            steps in proptest::collection::vec((proptest::option::of(0..21_usize), 0..260_i64), 1..30),
        ) {
            let (kind, time) = asked()[which].clone();
            let (log, mut standing) = (log(), Standing::planned());
            for (told, now) in steps {
                let course = told.map(|count| {
                    Course::of(&setup(), log[..count].iter().map(|(at, it)| (*at, it))).unwrap()
                });
                let next = standing.go_on(&kind, &time, course.as_ref(), second(now));
                prop_assert_eq!(&next.go_on(&kind, &time, course.as_ref(), second(now)), &next);
                let (was, is) = (standing.state >= State::Locked, next.state >= State::Locked);
                prop_assert!(is || !was, "{standing:?} {next:?}");
                prop_assert!(next.state != State::Planned || standing.state == State::Planned);
                if standing.state >= State::Open && let Some(before) = standing.locks_at {
                    prop_assert!(next.locks_at.is_some_and(|it| it <= before), "{standing:?} {next:?}");
                }
                if standing.state == State::Open {
                    prop_assert_eq!(next.opens_at, standing.opens_at);
                }
                prop_assert!(!is || next.locks_at.is_some(), "{next:?}");
                let has_outcome = next.outcome != Outcome::NotYet;
                prop_assert_eq!(has_outcome, matches!(next.state, State::Settled | State::Void));
                standing = next;
            }
        }
    }

    #[test]
    fn what_is_due_has_come_whether_or_not_it_is_noted() {
        let standing =
            Standing { opens_at: Some(second(10)), locks_at: Some(second(20)), ..Standing::planned() };
        for (now, expected) in
            [(9, State::Planned), (10, State::Open), (19, State::Open), (20, State::Locked)]
        {
            assert_eq!(standing.at(second(now)), expected, "{now}");
        }
        let settled = Standing { state: State::Settled, ..standing };
        assert_eq!(settled.at(second(0)), State::Settled);
    }
}
