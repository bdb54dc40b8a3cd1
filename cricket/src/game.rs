//! The state of a match, and what can be read off it.

use crate::{Innings, Outcome, PlayerId, Rate, Replacement, Setup, SetupError, Side, Target, Toss};

/// The whole live state: what a scoreboard shows. It is small (a few KiB), goes to clients as a snapshot, and goes on
/// folding from there: whatever [`Match::apply`] needs is in these fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    pub setup: Setup,
    pub toss: Option<Toss>,
    pub phase: Phase,
    /// Why play has stopped, in the feed's words ("Rain", "Tea"); empty in play.
    pub note: String,
    /// Super overs included, in the order played.
    pub innings: Vec<Innings>,
    pub replacements: Vec<Replacement>,
    pub outcome: Option<Outcome>,
    /// Players of the match.
    pub awards: Vec<PlayerId>,
}

/// What is going on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Before the first innings.
    #[default]
    Upcoming,
    /// An innings is in progress.
    Play,
    /// Between innings, or an interval.
    Break,
    /// Stopped, or not begun, by weather or light.
    Delayed,
    /// There is a result.
    Finished,
}

impl Match {
    /// A match before its toss; refused when the setup contradicts itself ([`Setup::check`]).
    pub fn new(setup: Setup) -> Result<Self, SetupError> {
        setup.check()?;
        Ok(Match { setup, ..Match::default() })
    }

    /// The innings in progress; none before the first, between two and after the last.
    pub fn current(&self) -> Option<&Innings> {
        self.innings.last().filter(|it| it.end.is_none())
    }

    /// What the side that bats (or batted last) needs, when it chases.
    pub fn target(&self) -> Option<Target> {
        self.innings.last()?.target
    }

    /// Runs still needed to win by the side that bats last; 0 once reached, none without a target.
    pub fn runs_needed(&self) -> Option<u16> {
        let innings = self.innings.last()?;
        Some(innings.target?.runs.saturating_sub(innings.runs))
    }

    /// Balls left in the latest innings, in limited-overs cricket.
    pub fn balls_left(&self) -> Option<u32> {
        let innings = self.innings.last()?;
        let limit = innings.balls_limit(self.setup.balls_per_over)?;
        Some(limit.saturating_sub(innings.balls_counted(self.setup.balls_per_over)))
    }

    /// Runs by which the side that bats (or batted last) is ahead of the other, all innings but super overs summed;
    /// negative when it trails.
    pub fn lead(&self) -> Option<i32> {
        let batting = self.innings.iter().rev().find(|it| !it.super_over)?.batting;
        Some(self.runs_of(batting) - self.runs_of(batting.other()))
    }

    /// Runs by which the side that bats trails; none when level or ahead.
    pub fn trail(&self) -> Option<i32> {
        self.lead().filter(|&it| it < 0).map(i32::abs)
    }

    /// Runs an over (a set in The Hundred) in the latest innings.
    pub fn run_rate(&self) -> Option<Rate> {
        self.innings.last()?.run_rate(self.setup.balls_per_over)
    }

    /// Runs an over still needed; none without a target or without balls left.
    pub fn required_rate(&self) -> Option<Rate> {
        let per = u32::from(self.setup.balls_per_over);
        Rate::new(u32::from(self.runs_needed()?), per, self.balls_left()?)
    }

    /// Runs of a side over its innings, super overs left out.
    pub(crate) fn runs_of(&self, side: Side) -> i32 {
        self.innings
            .iter()
            .filter(|it| it.batting == side && !it.super_over)
            .map(|it| i32::from(it.runs))
            .sum()
    }

    /// Innings of a side so far, super overs left out.
    pub(crate) fn innings_of(&self, side: Side) -> usize {
        self.innings.iter().filter(|it| it.batting == side && !it.super_over).count()
    }
}
