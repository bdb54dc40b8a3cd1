//! The state of a match.

use crate::{Innings, Outcome, PlayerId, Replacement, Setup, Toss};

/// The whole live state: what a scoreboard shows. It is small (a few KiB), goes to clients as a snapshot, and goes on
/// folding from there.
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
