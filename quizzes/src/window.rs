//! When a question can be answered.

use crate::course::{Course, Inning};
use crate::kind::Kind;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Seconds that a question may be open which is tied to a moment of the match.
pub(crate) const SECONDS_MIN: u32 = 5;
pub(crate) const SECONDS_MAX: u32 = 3_600;
/// Days from an opening to a lock that are told beforehand.
const DAYS_MAX: i64 = 60;

/// When a question opens and locks. Whatever it says, a question is locked as soon as play has begun to answer it: see [`known_at`].
///
/// Its JSON is kept with the question. Innings and overs are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "opens", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Window {
    Between {
        from: Timestamp,
        until: Timestamp,
    },
    /// Until the toss, or the first innings where none is told of.
    BeforeToss {
        from: Timestamp,
    },
    /// From the toss, or in the break before an innings, until its first ball; no longer than so many seconds, where these are given.
    BeforeInnings {
        innings: u8,
        seconds: Option<u32>,
    },
    /// When the over before it is done, for so many seconds, until its first ball.
    BeforeOver {
        innings: u8,
        over: u16,
        seconds: u32,
    },
}

/// Why something is no window.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAWindow {
    #[error("it locks after it opens, and within {DAYS_MAX} days")]
    Span,
    #[error("it is open for {SECONDS_MIN} to {SECONDS_MAX} seconds, not {given}")]
    Seconds { given: u32 },
    #[error("innings and overs are counted from 1")]
    Zero,
}

/// Where in its window a question is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// With when it opens and locks, as far as that is known.
    Planned {
        opens_at: Option<Timestamp>,
        locks_at: Option<Timestamp>,
    },
    Open {
        opens_at: Timestamp,
        locks_at: Option<Timestamp>,
    },
    Locked {
        locks_at: Timestamp,
    },
}

impl Window {
    pub fn check(&self) -> Result<(), NotAWindow> {
        let check = |seconds: u32| match (SECONDS_MIN..=SECONDS_MAX).contains(&seconds) {
            true => Ok(()),
            false => Err(NotAWindow::Seconds { given: seconds }),
        };
        match self {
            Window::Between { from, until } => {
                let span = until.duration_since(*from);
                let is_good =
                    span > SignedDuration::ZERO && span <= SignedDuration::from_hours(24 * DAYS_MAX);
                if is_good { Ok(()) } else { Err(NotAWindow::Span) }
            }
            Window::BeforeToss { .. } => Ok(()),
            Window::BeforeInnings { innings: 0, .. } | Window::BeforeOver { innings: 0, .. } => {
                Err(NotAWindow::Zero)
            }
            Window::BeforeOver { over: 0, .. } => Err(NotAWindow::Zero),
            Window::BeforeInnings { seconds, .. } => seconds.map_or(Ok(()), check),
            Window::BeforeOver { seconds, .. } => check(*seconds),
        }
    }

    /// Whether it waits for what happens in a match.
    pub const fn is_of_a_match(&self) -> bool {
        !matches!(self, Window::Between { .. })
    }
}

/// Where a question of this window and kind is, by the match so far. `now` is the server's; the moments of a match are those at which the feed's
/// commands were accepted, and have come, whatever `now` says.
pub fn window(window: &Window, kind: &Kind, course: &Course, now: Timestamp) -> Phase {
    let (start, limit, end) = bounds(window, course, now);
    // What has happened ends it now; what is to come, when it comes.
    let over = earliest([end, known_at(kind, course), course.result_at]);
    if let Some(over) = over {
        return Phase::Locked { locks_at: limit.map_or(over, |limit| limit.min(over)) };
    }
    match (start, limit) {
        (_, Some(locks_at)) if locks_at <= now => Phase::Locked { locks_at },
        (Some(opens_at), locks_at) if opens_at <= now => Phase::Open { opens_at, locks_at },
        (opens_at, locks_at) => Phase::Planned { opens_at, locks_at },
    }
}

/// When play has begun to answer a question: the first ball of its over; the end of its innings; the ball, the wicket or the win that it asks for.
/// None before that.
pub fn known_at(kind: &Kind, course: &Course) -> Option<Timestamp> {
    let of = |innings: &u8, told: &dyn Fn(Inning<'_>) -> Option<Timestamp>| {
        let it = course.innings(*innings)?;
        earliest([told(it), it.played.ended_at])
    };
    match kind {
        Kind::OverRuns { innings, over, .. }
        | Kind::OverWicket { innings, over }
        | Kind::OverBoundaries { innings, over, .. } => of(innings, &|it| it.began(*over)),
        Kind::BallRuns { innings, over, ball, .. } => of(innings, &|it| {
            let bowled = it.balls_of(*over).nth(usize::from(*ball) - 1).map(|it| it.at);
            earliest([bowled, it.is_due_from(over + 1), it.began(over + 1)])
        }),
        Kind::InningsTotal { innings, .. } => of(innings, &|_| None),
        Kind::PowerplayTotal { innings, overs, .. } => of(innings, &|it| it.is_due_from(overs + 1)),
        Kind::NextWicket { innings, wicket } => {
            of(innings, &|it| it.played.falls.get(usize::from(*wicket) - 1).map(|it| it.at))
        }
        Kind::TopScorer { side, .. } => course.first_innings_of(*side).and_then(|it| it.played.ended_at),
        // The last run is told before the result is; a tie is known as one, though super overs follow.
        Kind::Winner | Kind::WinnerOrDraw => {
            let game = course.game();
            let is_known = game.computed_outcome().is_some() || game.innings.iter().any(|it| it.super_over);
            let last = (1..=u8::MAX).map_while(|it| course.innings(it)).last();
            last.filter(|_| is_known).and_then(|it| it.played.ended_at)
        }
        Kind::Trivia { .. } => None,
    }
}

/// What has ended the time of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Or somebody's hand.
    Clock,
    Toss,
    /// Counted from 1; the ball within its over as it was bowled.
    Ball {
        innings: u8,
        over: u16,
        ball: usize,
    },
    /// The beginning of an innings, its end, or the result.
    Play,
}

/// What has locked a question at that moment, by the match so far. Of balls that we were told of at once it is the first that the question waits for.
pub fn ended_by(window: &Window, kind: &Kind, course: &Course, locks_at: Timestamp) -> Ended {
    let (_, _, end) = bounds(window, course, locks_at);
    let of_play = [end, known_at(kind, course), course.result_at];
    if !of_play.contains(&Some(locks_at)) {
        return Ended::Clock;
    }
    if course.toss_at == Some(locks_at) {
        return Ended::Toss;
    }
    let (from, innings) = match (window, kind) {
        (Window::BeforeOver { innings, over, .. }, _)
        | (
            _,
            Kind::OverRuns { innings, over, .. }
            | Kind::OverWicket { innings, over }
            | Kind::OverBoundaries { innings, over, .. }
            | Kind::BallRuns { innings, over, .. },
        ) => (*over, Some(*innings)),
        (Window::BeforeInnings { innings, .. }, _) => (1, Some(*innings)),
        _ => (1, None),
    };
    for number in 1..=u8::MAX {
        let Some(it) = course.innings(number) else { break };
        if innings.is_some_and(|wanted| wanted != number) {
            continue;
        }
        let found = it.played.balls.iter().position(|ball| ball.at == locks_at && ball.over >= from);
        if let Some(at) = found {
            let over = it.played.balls[at].over;
            let before = it.played.balls[..at].iter().filter(|ball| ball.over == over).count();
            return Ended::Ball { innings: number, over, ball: before + 1 };
        }
    }
    Ended::Play
}

type Moment = Option<Timestamp>;

/// When it opens, the last moment by the clock, and the moment of play that has ended it.
fn bounds(window: &Window, course: &Course, now: Timestamp) -> (Moment, Moment, Moment) {
    let after = |start: Moment, seconds: u32| {
        start.and_then(|it| it.checked_add(SignedDuration::from_secs(i64::from(seconds))).ok())
    };
    match *window {
        Window::Between { from, until } => (Some(from), Some(until), None),
        Window::BeforeToss { from } => {
            let began = course.innings(1).map(|it| it.played.began_at);
            (Some(from), None, earliest([course.toss_at, began]))
        }
        Window::BeforeInnings { innings, seconds } => {
            let before = match innings {
                1 => earliest([course.toss_at, course.innings(1).map(|it| it.played.began_at)]),
                _ => course.innings(innings - 1).and_then(|it| it.played.ended_at),
            };
            // Another process' clock may be ahead of ours.
            let start = before.map(|it| it.min(now));
            let limit = seconds.and_then(|it| after(start, it));
            (start, limit, course.innings(innings).and_then(|it| it.began(1).or(it.played.ended_at)))
        }
        Window::BeforeOver { innings, over, seconds } => {
            let Some(it) = course.innings(innings) else { return (None, None, None) };
            let start = it.is_due_from(over).map(|it| it.min(now));
            (start, after(start, seconds), earliest([it.began(over), it.played.ended_at]))
        }
    }
}

fn earliest<const N: usize>(moments: [Moment; N]) -> Moment {
    moments.into_iter().flatten().min()
}
