//! What a command did, or why it was refused.

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

/// Why a command cannot be. The match is as it was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such player in this match.
    UnknownPlayer { player: PlayerId },
    /// The player is not in the side that bats (or that bowls).
    WrongSide { player: PlayerId },
    /// The same player in two places at once (striker and non-striker).
    SamePlayer { player: PlayerId },
    /// The batter is out, or absent.
    AlreadyOut { player: PlayerId },
    /// The batter is not at the wicket, so cannot be out.
    NotBatting { player: PlayerId },
    /// Two batters are at the wicket already.
    CreaseFull,
    /// Nobody has begun to bat.
    NoInnings,
    /// The innings before is still in progress.
    InningsInProgress,
    /// The innings is over.
    InningsOver { end: InningsEnd },
    /// The side has no wicket left (an eleventh wicket; a third in a super over).
    NoWicketLeft { wickets: u8 },
    /// The side has batted as often as the format lets it.
    NoInningsLeft,
    /// The ball's over is neither the one in progress nor the next.
    WrongOver { said: u16, due: u16 },
    /// A wide off the bat, a wide that is a no-ball too, runs off the bat with byes: no ball can be all of these.
    ImpossibleExtras,
    /// More boundary than runs.
    ImpossibleBoundary { runs: u8 },
    /// An end of the over before any ball of it.
    EmptyOver,
    /// The match has a result.
    MatchOver,
    /// Toss, target or result makes no sense now.
    NotNow,
    /// A count would pass what any match can reach.
    TooMany { what: &'static str, max: u32 },
    /// A correction names a command that is not in the log.
    UnknownCommand { seq: u64 },
    /// The correction would make a later command impossible.
    BreaksLater { seq: u64, because: Box<Refusal> },
}
