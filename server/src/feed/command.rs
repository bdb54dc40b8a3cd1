//! What a feed sends: the game's commands with names in place of ids, as JSON.

pub(crate) mod mirrored;
mod named;
mod reading;

pub use mirrored::{Decision, InningsEndReason, OutKind, PowerplayKind, ReplacementRole};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One command of a feed. Players and teams are named as in the match's set-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FeedCommand {
    Toss(Toss),
    InningsStart(InningsStart),
    Target(Target),
    Ball(Ball),
    /// The umpire called "over" early.
    OverEnd(Nothing),
    BatterIn(Who),
    BatterOut(Out),
    /// Cannot bat in this innings.
    Absent(Who),
    Penalty(Penalty),
    Powerplay(Powerplay),
    Replacement(Replacement),
    InningsEnd(InningsEnd),
    /// Play stops or does not begin.
    Delay(Reason),
    /// An interval.
    Break(Reason),
    Resume(Nothing),
    Result(MatchResult),
    /// Players of the match.
    Awards(Awards),
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Toss {
    /// Team.
    pub winner: String,
    pub decision: TossDecision,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TossDecision {
    Bat,
    Field,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InningsStart {
    /// The team that bats.
    pub team: String,
    #[serde(default, skip_serializing_if = "is_false")]
    pub super_over: bool,
    /// When it differs from the schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overs: Option<u16>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub follow_on: bool,
    /// Only in a match announced as an `archive`: an innings more than the format has.
    #[serde(default, skip_serializing_if = "is_false")]
    pub as_recorded: bool,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Needed to win.
    pub runs: u16,
    /// The innings is cut to so many overs and balls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overs: Option<u16>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub balls: u8,
}

/// One ball bowled.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ball {
    /// From 0; the due one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<u16>,
    pub striker: String,
    pub non_striker: String,
    pub bowler: String,
    /// Off the bat.
    #[serde(default)]
    pub runs: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<Boundary>,
    #[serde(default, skip_serializing_if = "Extras::is_none")]
    pub extras: Extras,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wickets: Vec<Out>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
    /// Only in a match announced as an `archive`: take identities as recorded.
    #[serde(default, skip_serializing_if = "is_false")]
    pub as_recorded: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Boundary {
    Four,
    Six,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Extras {
    #[serde(skip_serializing_if = "is_zero_u16")]
    pub wides: u16,
    #[serde(skip_serializing_if = "is_zero_u16")]
    pub no_balls: u16,
    #[serde(skip_serializing_if = "is_zero_u16")]
    pub byes: u16,
    #[serde(skip_serializing_if = "is_zero_u16")]
    pub leg_byes: u16,
    #[serde(skip_serializing_if = "is_zero_u16")]
    pub penalty: u16,
}

impl Extras {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// How a batter went.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Out {
    pub player: String,
    pub kind: OutKind,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fielders: Vec<Fielder>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fielder {
    /// May be left out for a substitute whose name is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub substitute: bool,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// The team that asked.
    pub by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batter: Option<String>,
    pub decision: Decision,
    #[serde(default, skip_serializing_if = "is_false")]
    pub umpires_call: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub umpire: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Who {
    pub player: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Penalty {
    pub runs: u16,
    /// Before the first ball of the innings or after its last.
    #[serde(default, skip_serializing_if = "is_false")]
    pub outside_play: bool,
    /// To the side in the field, added to its last innings or held for its next.
    #[serde(default, skip_serializing_if = "is_false")]
    pub to_fielding: bool,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Powerplay {
    pub kind: PowerplayKind,
    /// First ball, "0.1".
    #[schema(example = "0.1")]
    pub from: String,
    /// Last ball, "5.6".
    #[schema(example = "5.6")]
    pub to: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    #[serde(rename = "in")]
    pub player: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out: Option<String>,
    /// Their team; needed where a name is in both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    pub role: ReplacementRole,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InningsEnd {
    pub reason: InningsEndReason,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// "Rain", "Tea"
    pub reason: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Awards {
    pub players: Vec<Award>,
}

/// A player of the match.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged, expecting = "a player's name, or a player with a team")]
pub enum Award {
    /// A name that one team alone has.
    Player(String),
    Of(PlayerOf),
}

/// A player whose name is in both teams.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlayerOf {
    pub player: String,
    pub team: String,
}

/// How the match ended.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchResult {
    pub by: ResultBy,
    /// Team; of a tie, the winner of the tie-break.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<String>,
    /// Runs or wickets.
    #[serde(default, skip_serializing_if = "is_zero_u16")]
    pub margin: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tiebreak: Option<TiebreakKind>,
    /// "D/L", "VJD", "Awarded"
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResultBy {
    Runs,
    Wickets,
    Innings,
    Win,
    Tie,
    Draw,
    NoResult,
    Abandoned,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TiebreakKind {
    SuperOver,
    BowlOut,
    Rule,
}

fn is_false(value: &bool) -> bool {
    !*value
}
fn is_zero(value: &u8) -> bool {
    *value == 0
}
fn is_zero_u16(value: &u16) -> bool {
    *value == 0
}
