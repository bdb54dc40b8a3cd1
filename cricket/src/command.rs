//! What a feed may say about a match. The log of these, in order, is the match.

use crate::{Ball, InningsEnd, Outcome, PlayerId, Powerplay, Side};

/// One entry of a match's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Toss(Toss),
    /// Opens the next innings. A feed that only sends balls must still say who bats.
    InningsStart(InningsStart),
    /// The runs needed to win and, when play was shortened, in how many overs. D/L and VJD targets are taken from the
    /// feed, never computed.
    Target(TargetSet),
    Ball(Ball),
    /// The umpire called "over" although fewer legal balls than usual were bowled.
    OverEnd,
    /// A batter comes to the wicket (before their first ball names them).
    BatterIn(PlayerIn),
    /// A batter leaves between balls: timed out, retired. On a ball it is in [`Ball::wickets`].
    BatterOut(crate::Dismissal),
    /// A batter who cannot bat in this innings: one fewer wicket to fall.
    Absent(PlayerIn),
    /// Runs awarded outside any ball (Law 41), added to the current innings.
    Penalty(Penalty),
    Powerplay(Powerplay),
    Replacement(Replacement),
    /// Ends the innings for a reason that the balls do not show (declared, forfeited, closed by rain or by time).
    InningsEnd(InningsEnd),
    /// Play stops, or has not begun, with the reason in the feed's words ("Rain", "Bad light").
    Delay(String),
    /// An interval: "Lunch", "Tea", "Stumps", "Innings break", "Drinks".
    Break(String),
    /// Play goes on.
    Resume,
    /// The result, by the feed's authority (a computed one is only ever a proposal).
    Result(Outcome),
    /// Players of the match.
    Awards(Vec<PlayerId>),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Toss {
    pub winner: Side,
    /// True: chose to bat.
    pub bats: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InningsStart {
    pub batting: Side,
    pub super_over: bool,
    /// The most overs this innings may last, when it differs from the schedule.
    pub overs: Option<u16>,
    /// The side batted again at the other's order (Law 14).
    pub follow_on: bool,
    /// An archive has this innings although the format gives the side none. Never set by live feeds.
    pub as_recorded: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TargetSet {
    /// Runs needed to win. 0 withdraws the target (or says that there is none: a first innings cut short).
    pub runs: u16,
    /// The innings is cut to this many whole overs and further balls ("7.3" = 7 and 3); none keeps the limit.
    pub overs: Option<u16>,
    pub balls: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlayerIn {
    pub player: PlayerId,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Penalty {
    pub runs: u16,
    /// True: added before the first ball of the innings, or after its last: shown apart in the list of balls.
    pub outside_play: bool,
    /// Awarded to the side in the field: added to its last completed innings, and so to a target derived from it
    /// (Law 41.18). A side that has not batted yet gets them in its next innings, by a command there.
    pub to_fielding: bool,
}

/// A player takes another's place (concussion, impact player, supersub…), or another's duty in mid-over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replacement {
    pub role: Role,
    /// None where the feed names only who came in.
    pub out: Option<PlayerId>,
    pub player: PlayerId,
    /// In Cricsheet's words: "concussion_substitute", "impact_player", "injury"…
    pub reason: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// For the rest of the match.
    #[default]
    Match,
    /// Completes the over of a bowler who was taken off or hurt.
    Bowler,
    /// Bats in the place of one who retired.
    Batter,
}
