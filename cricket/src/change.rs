//! What a command did.

use crate::{Boundary, InningsEnd, PlayerId};

/// What one command did to the match: what commentary, the widget's highlights and rewards look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Index of the innings it fell in; none before the first.
    pub innings: Option<usize>,
    /// Runs added to the batting side.
    pub runs: u16,
    /// Wickets lost by it.
    pub wickets: u8,
    pub boundary: Option<Boundary>,
    /// An over was completed by it; and without a run charged to the bowler.
    pub over_ended: bool,
    pub maiden: bool,
    /// The innings ended with it.
    pub innings_end: Option<InningsEnd>,
    /// A batter reached 50, 100, 150…: who and which.
    pub milestone: Option<(PlayerId, u16)>,
    /// The match has a result since this command.
    pub finished: bool,
}
