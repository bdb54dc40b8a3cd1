//! What a feed sends: the game's commands with names in place of ids, as JSON.

use super::names::{Names, Unresolved};
use cricket as game;
use game::{Dismissal, Match, Outcome, PlayerId, Setup, Side, Tiebreak};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
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

impl<'de> Deserialize<'de> for FeedCommand {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        FeedCommand::read(serde_json::Value::deserialize(input)?).map_err(D::Error::custom)
    }
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

/// Declares an enum of this module with the game's enum of the same variants, both ways.
macro_rules! mirrored {
    ($(#[$note:meta])* $name:ident = $theirs:path { $($variant:ident),* $(,)? }) => {
        $(#[$note])*
        #[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($variant),* }

        impl From<$name> for $theirs {
            fn from(value: $name) -> Self {
                match value { $( $name::$variant => <$theirs>::$variant, )* }
            }
        }

        impl From<$theirs> for $name {
            fn from(value: $theirs) -> Self {
                match value { $( <$theirs>::$variant => $name::$variant, )* }
            }
        }
    };
}

mirrored!(
    OutKind = game::DismissalKind {
        Bowled,
        Caught,
        CaughtAndBowled,
        Lbw,
        RunOut,
        Stumped,
        HitWicket,
        HandledTheBall,
        HitTheBallTwice,
        ObstructingTheField,
        TimedOut,
        RetiredOut,
        RetiredHurt,
        RetiredNotOut,
    }
);
mirrored!(Decision = game::Decision { Upheld, StruckDown, TechnicalFailure });
mirrored!(
    InningsEndReason = game::InningsEnd { AllOut, OversComplete, TargetReached, Declared, Forfeited, Closed }
);
mirrored!(PowerplayKind = game::PowerplayKind { Mandatory, Batting, Fielding });
mirrored!(ReplacementRole = game::Role { Match, Bowler, Batter });

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
    pub players: Vec<String>,
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

/// A command's fields.
fn read<T: DeserializeOwned>(fields: serde_json::Value) -> Result<T, String> {
    serde_path_to_error::deserialize(fields).map_err(|error| match error.path().to_string().as_str() {
        "." => format!(": {}", error.inner()),
        path => format!(".{path}: {}", error.inner()),
    })
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

impl FeedCommand {
    /// Reads a command. The error begins with the place of the mistake: ".wickets[0].kind: unknown variant …". (serde's own reading
    /// of a tagged enum forgets the place.)
    pub fn read(value: serde_json::Value) -> Result<Self, String> {
        let serde_json::Value::Object(mut fields) = value else {
            return Err(": not an object".to_owned());
        };
        let kind = match fields.remove("type") {
            Some(serde_json::Value::String(kind)) => kind,
            Some(_) => return Err(".type: not a string".to_owned()),
            None => return Err(".type: missing".to_owned()),
        };
        let fields = serde_json::Value::Object(fields);
        Ok(match kind.as_str() {
            "toss" => FeedCommand::Toss(read(fields)?),
            "innings_start" => FeedCommand::InningsStart(read(fields)?),
            "target" => FeedCommand::Target(read(fields)?),
            "ball" => FeedCommand::Ball(read(fields)?),
            "over_end" => FeedCommand::OverEnd(read(fields)?),
            "batter_in" => FeedCommand::BatterIn(read(fields)?),
            "batter_out" => FeedCommand::BatterOut(read(fields)?),
            "absent" => FeedCommand::Absent(read(fields)?),
            "penalty" => FeedCommand::Penalty(read(fields)?),
            "powerplay" => FeedCommand::Powerplay(read(fields)?),
            "replacement" => FeedCommand::Replacement(read(fields)?),
            "innings_end" => FeedCommand::InningsEnd(read(fields)?),
            "delay" => FeedCommand::Delay(read(fields)?),
            "break" => FeedCommand::Break(read(fields)?),
            "resume" => FeedCommand::Resume(read(fields)?),
            "result" => FeedCommand::Result(read(fields)?),
            "awards" => FeedCommand::Awards(read(fields)?),
            _ => return Err(format!(".type: there is no command \"{kind}\"")),
        })
    }

    /// The command in ids of `game`, as the next one.
    pub fn resolve(&self, game: &Match) -> Result<game::Command, Unresolved> {
        self.resolve_for(&game.setup, game.innings.last().map_or(Side::Home, |it| it.batting))
    }

    /// The command in ids of a match, at a place where this side bats.
    pub fn resolve_for(&self, setup: &Setup, batting: Side) -> Result<game::Command, Unresolved> {
        let names = Names { setup, batting };
        Ok(match self {
            FeedCommand::Toss(toss) => game::Command::Toss(game::Toss {
                winner: names.team(&toss.winner)?,
                bats: toss.decision == TossDecision::Bat,
            }),
            FeedCommand::InningsStart(start) => game::Command::InningsStart(game::InningsStart {
                batting: names.team(&start.team)?,
                super_over: start.super_over,
                overs: start.overs,
                follow_on: start.follow_on,
                as_recorded: start.as_recorded,
            }),
            FeedCommand::Target(target) => game::Command::Target(game::TargetSet {
                runs: target.runs,
                overs: target.overs,
                balls: target.balls,
            }),
            FeedCommand::Ball(ball) => game::Command::Ball(names.ball(ball)?),
            FeedCommand::OverEnd(_) => game::Command::OverEnd,
            FeedCommand::BatterIn(who) => game::Command::BatterIn(names.player_in(who)?),
            FeedCommand::BatterOut(out) => game::Command::BatterOut(names.dismissal(out)?),
            FeedCommand::Absent(who) => game::Command::Absent(names.player_in(who)?),
            FeedCommand::Penalty(it) => game::Command::Penalty(game::Penalty {
                runs: it.runs,
                outside_play: it.outside_play,
                to_fielding: it.to_fielding,
            }),
            FeedCommand::Powerplay(powerplay) => game::Command::Powerplay(powerplay.resolve()?),
            FeedCommand::Replacement(it) => game::Command::Replacement(game::Replacement {
                role: it.role.into(),
                out: it.out.as_deref().map(|name| names.anyone(name)).transpose()?,
                player: names.anyone(&it.player)?,
                reason: it.reason.clone(),
            }),
            FeedCommand::InningsEnd(end) => game::Command::InningsEnd(end.reason.into()),
            FeedCommand::Delay(it) => game::Command::Delay(it.reason.clone()),
            FeedCommand::Break(it) => game::Command::Break(it.reason.clone()),
            FeedCommand::Resume(_) => game::Command::Resume,
            FeedCommand::Result(result) => game::Command::Result(names.outcome(result)?),
            FeedCommand::Awards(awards) => {
                let players = awards.players.iter().map(|name| names.anyone(name));
                game::Command::Awards(players.collect::<Result<_, _>>()?)
            }
        })
    }

    /// The command as a feed would send it: the inverse of [`FeedCommand::resolve`], for replays and the sandbox.
    pub fn of(command: &game::Command, setup: &Setup) -> Self {
        let name = |player: PlayerId| setup.name(player).to_owned();
        let team = |side: Side| setup.team(side).name.clone();
        let reason = |text: &String| Reason { reason: text.clone() };
        match command {
            game::Command::Toss(toss) => FeedCommand::Toss(Toss {
                winner: team(toss.winner),
                decision: if toss.bats { TossDecision::Bat } else { TossDecision::Field },
            }),
            game::Command::InningsStart(start) => FeedCommand::InningsStart(InningsStart {
                team: team(start.batting),
                super_over: start.super_over,
                overs: start.overs,
                follow_on: start.follow_on,
                as_recorded: start.as_recorded,
            }),
            game::Command::Target(target) => {
                FeedCommand::Target(Target { runs: target.runs, overs: target.overs, balls: target.balls })
            }
            game::Command::Ball(ball) => FeedCommand::Ball(Ball::of(ball, setup)),
            game::Command::OverEnd => FeedCommand::OverEnd(Nothing {}),
            game::Command::BatterIn(it) => FeedCommand::BatterIn(Who { player: name(it.player) }),
            game::Command::BatterOut(out) => FeedCommand::BatterOut(Out::of(out, setup)),
            game::Command::Absent(it) => FeedCommand::Absent(Who { player: name(it.player) }),
            game::Command::Penalty(it) => FeedCommand::Penalty(Penalty {
                runs: it.runs,
                outside_play: it.outside_play,
                to_fielding: it.to_fielding,
            }),
            game::Command::Powerplay(it) => FeedCommand::Powerplay(Powerplay {
                kind: it.kind.into(),
                from: format!("{}.{}", it.from_over, it.from_ball),
                to: format!("{}.{}", it.to_over, it.to_ball),
            }),
            game::Command::Replacement(it) => FeedCommand::Replacement(Replacement {
                player: name(it.player),
                out: it.out.map(name),
                role: it.role.into(),
                reason: it.reason.clone(),
            }),
            game::Command::InningsEnd(end) => FeedCommand::InningsEnd(InningsEnd { reason: (*end).into() }),
            game::Command::Delay(text) => FeedCommand::Delay(reason(text)),
            game::Command::Break(text) => FeedCommand::Break(reason(text)),
            game::Command::Resume => FeedCommand::Resume(Nothing {}),
            game::Command::Result(outcome) => FeedCommand::Result(MatchResult::of(outcome, setup)),
            game::Command::Awards(players) => {
                FeedCommand::Awards(Awards { players: players.iter().copied().map(name).collect() })
            }
        }
    }
}

impl Ball {
    fn of(ball: &game::Ball, setup: &Setup) -> Self {
        let name = |player: PlayerId| setup.name(player).to_owned();
        let extras = ball.extras;
        let batting = setup.player(ball.striker).map_or(Side::Home, |it| it.side);
        Self {
            over: ball.over,
            striker: name(ball.striker),
            non_striker: name(ball.non_striker),
            bowler: name(ball.bowler),
            runs: ball.runs,
            boundary: ball.boundary.map(|it| match it {
                game::Boundary::Four => Boundary::Four,
                game::Boundary::Six => Boundary::Six,
            }),
            extras: Extras {
                wides: extras.wides,
                no_balls: extras.no_balls,
                byes: extras.byes,
                leg_byes: extras.leg_byes,
                penalty: extras.penalty,
            },
            wickets: ball.wickets.iter().map(|it| Out::of(it, setup)).collect(),
            review: ball.review.as_ref().map(|it| Review {
                by: setup.team(if it.by_batting { batting } else { batting.other() }).name.clone(),
                batter: it.batter.map(name),
                decision: it.decision.into(),
                umpires_call: it.umpires_call,
                umpire: it.umpire.clone(),
            }),
            as_recorded: ball.as_recorded,
        }
    }
}

impl Out {
    fn of(dismissal: &Dismissal, setup: &Setup) -> Self {
        let fielder = |it: &game::Fielder| match it {
            game::Fielder::Player(player) => {
                Fielder { name: Some(setup.name(*player).to_owned()), substitute: false }
            }
            game::Fielder::Substitute(name) => Fielder { name: name.clone(), substitute: true },
        };
        Self {
            player: setup.name(dismissal.player).to_owned(),
            kind: dismissal.kind.into(),
            fielders: dismissal.fielders.iter().map(fielder).collect(),
        }
    }
}

impl Powerplay {
    fn resolve(&self) -> Result<game::Powerplay, Unresolved> {
        let place = |field: &'static str, text: &str| {
            let parts =
                text.split_once('.').and_then(|(over, ball)| Some((over.parse().ok()?, ball.parse().ok()?)));
            parts.ok_or_else(|| Unresolved::Value {
                field,
                message: format!("\"{text}\" is not an over and a ball like 5.6"),
            })
        };
        let ((from_over, from_ball), (to_over, to_ball)) =
            (place("from", &self.from)?, place("to", &self.to)?);
        Ok(game::Powerplay { kind: self.kind.into(), from_over, from_ball, to_over, to_ball })
    }
}

impl MatchResult {
    fn of(outcome: &Outcome, setup: &Setup) -> Self {
        let team = |side: &Side| Some(setup.team(*side).name.clone());
        let plain = |by, winner, margin, method: &Option<String>| Self {
            by,
            winner,
            margin,
            tiebreak: None,
            method: method.clone(),
        };
        match outcome {
            Outcome::Runs { winner, runs, method } => plain(ResultBy::Runs, team(winner), *runs, method),
            Outcome::Wickets { winner, wickets, method } => {
                plain(ResultBy::Wickets, team(winner), u16::from(*wickets), method)
            }
            Outcome::Innings { winner, runs, method } => {
                plain(ResultBy::Innings, team(winner), *runs, method)
            }
            Outcome::Win { winner, method } => plain(ResultBy::Win, team(winner), 0, method),
            Outcome::Tie { tiebreak, method } => {
                let (kind, side) = match tiebreak {
                    None => (None, None),
                    Some(Tiebreak::SuperOver(side)) => (Some(TiebreakKind::SuperOver), team(side)),
                    Some(Tiebreak::BowlOut(side)) => (Some(TiebreakKind::BowlOut), team(side)),
                    Some(Tiebreak::Rule(side)) => (Some(TiebreakKind::Rule), team(side)),
                };
                Self { tiebreak: kind, ..plain(ResultBy::Tie, side, 0, method) }
            }
            Outcome::Draw => plain(ResultBy::Draw, None, 0, &None),
            Outcome::NoResult => plain(ResultBy::NoResult, None, 0, &None),
            Outcome::Abandoned => plain(ResultBy::Abandoned, None, 0, &None),
        }
    }
}
