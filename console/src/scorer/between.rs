//! What happens between balls: batters leaving, breaks, penalties, the end of an innings, the result.

use super::action::required;
use super::choices::{Choices, player, side};
use crate::form::{Fields, Mistakes};
use cricket::{
    Command, Dismissal, DismissalKind, InningsEnd, Match, Outcome, Penalty, PlayerId, PlayerIn, Powerplay,
    PowerplayKind, Replacement, Role, Setup, Side, TargetSet, Tiebreak,
};

/// Characters of a reason.
const REASON_LENGTH_MAX: usize = 100;
/// More runs than any one-day side ever needed.
const TARGET_MAX: u16 = 2_000;

/// Players who may share an award, each by a field of the form.
pub(super) const AWARDS: [&str; 3] = ["award", "award2", "award3"];

/// Ways to leave between balls, by the form's value.
pub(super) const LEAVES: [(DismissalKind, &str); 4] = [
    (DismissalKind::RetiredHurt, "hurt"),
    (DismissalKind::RetiredNotOut, "not_out"),
    (DismissalKind::RetiredOut, "out"),
    (DismissalKind::TimedOut, "timed_out"),
];

/// Reasons to end an innings that the balls do not show, by the form's value.
pub(super) const ENDS: [(InningsEnd, &str, &str); 4] = [
    (InningsEnd::Declared, "declared", "Declared"),
    (InningsEnd::AllOut, "all_out", "All out (nobody left to come in)"),
    (InningsEnd::Closed, "closed", "Closed by rain, light or time"),
    (InningsEnd::Forfeited, "forfeited", "Forfeited"),
];

/// Who asked for the overs with fielding restrictions, by the form's value.
pub(super) const POWERPLAYS: [(PowerplayKind, &str, &str); 3] = [
    (PowerplayKind::Mandatory, "mandatory", "The rules"),
    (PowerplayKind::Batting, "batting", "The batting side"),
    (PowerplayKind::Fielding, "fielding", "The fielding side"),
];

/// How long somebody takes another's place, by the form's value. Who completes an over has a form of its own.
pub(super) const ROLES: [(Role, &str, &str); 2] = [
    (Role::Match, "match", "For the rest of the match"),
    (Role::Batter, "batter", "To bat in the place of one who retired"),
];

/// The commands of an act of the "more" page or of the result; an unknown act is a mistake.
pub(super) fn parse(act: &str, fields: &Fields, game: &Match) -> Result<(Vec<Command>, Choices), Mistakes> {
    let command = match act {
        "leaves" => return leaves(fields, game),
        "bowler_off" => return bowler_off(fields, game),
        "over_end" => Command::OverEnd,
        "absent" => {
            Command::Absent(PlayerIn { player: required(fields, "absent", "Choose who cannot bat.")? })
        }
        "penalty" => penalty(fields, game)?,
        "stop" => stop(fields)?,
        "resume" => Command::Resume,
        "innings_end" => innings_end(fields)?,
        "target" => target(fields)?,
        "substitute" => substitute(fields)?,
        "powerplay" => Command::Powerplay(powerplay(fields, &game.setup)?),
        "result" => Command::Result(outcome(fields, game)?),
        "award" => Command::Awards(awards(fields)?),
        _ => return Err(Mistakes::one("", "This page is out of date: load it again.")),
    };
    Ok((vec![command], Choices::default()))
}

/// A batter leaves, and another comes in when named.
fn leaves(fields: &Fields, game: &Match) -> Result<(Vec<Command>, Choices), Mistakes> {
    let out = required(fields, "leaver", "Choose who leaves.")?;
    let value = fields.text("leave_how");
    let kind = LEAVES.iter().find(|(_, it)| *it == value).map(|(kind, _)| *kind);
    let Some(kind) = kind else { return Err(Mistakes::one("leave_how", "Choose why.")) };
    let leaves = Command::BatterOut(Dismissal { player: out, kind, fielders: Vec::new() });
    let mut after = game.clone();
    let goes_on = after.apply(&leaves).is_ok() && after.current().is_some();
    let mut commands = vec![leaves];
    if let Some(next) = player(fields, "leave_next").filter(|_| goes_on) {
        commands.push(Command::BatterIn(PlayerIn { player: next }));
    }
    Ok((commands, Choices::default()))
}

/// Another bowler completes the over (Law 17.8).
fn bowler_off(fields: &Fields, game: &Match) -> Result<(Vec<Command>, Choices), Mistakes> {
    let bowler = required(fields, "new_bowler", "Choose who completes the over.")?;
    let out = game.current().and_then(|it| it.bowler);
    let replaced =
        Replacement { role: Role::Bowler, out, player: bowler, reason: reason(fields, "off_reason")? };
    Ok((vec![Command::Replacement(replaced)], Choices { bowler: Some(bowler), ..Choices::default() }))
}

fn penalty(fields: &Fields, game: &Match) -> Result<Command, Mistakes> {
    let mut mistakes = Mistakes::default();
    let runs = fields.number("penalty", 1..=25_u16, &mut mistakes);
    let (Some(runs), true) = (runs, mistakes.is_empty()) else {
        mistakes.add("penalty", "Say how many runs.");
        return Err(mistakes);
    };
    let outside_play = game.current().is_none_or(|it| it.recent.is_empty());
    Ok(Command::Penalty(Penalty { runs, outside_play, to_fielding: fields.text("penalty_to") == "fielding" }))
}

fn stop(fields: &Fields) -> Result<Command, Mistakes> {
    let reason = reason(fields, "reason")?;
    if reason.is_empty() {
        return Err(Mistakes::one("reason", "Say why: \"Rain\", \"Tea\"."));
    }
    Ok(if fields.text("stop") == "break" { Command::Break(reason) } else { Command::Delay(reason) })
}

fn reason(fields: &Fields, name: &'static str) -> Result<String, Mistakes> {
    let text = fields.text(name);
    if text.chars().count() > REASON_LENGTH_MAX || text.chars().any(char::is_control) {
        return Err(Mistakes::one(name, format!("At most {REASON_LENGTH_MAX} characters, in one line.")));
    }
    Ok(text.to_owned())
}

fn innings_end(fields: &Fields) -> Result<Command, Mistakes> {
    let value = fields.text("end");
    let end = ENDS.iter().find(|(_, it, _)| *it == value);
    end.map(|(end, _, _)| Command::InningsEnd(*end))
        .ok_or_else(|| Mistakes::one("end", "Choose why the innings ends."))
}

fn target(fields: &Fields) -> Result<Command, Mistakes> {
    let mut mistakes = Mistakes::default();
    let runs = fields.number("target", 0..=TARGET_MAX, &mut mistakes);
    let overs = fields.number("target_overs", 1..=450_u16, &mut mistakes);
    let balls = fields.number("target_balls", 0..=9_u8, &mut mistakes);
    if mistakes.is_empty() && runs.is_none() && overs.is_none() {
        mistakes.add("target", "Give the runs needed to win, or the overs left to this innings.");
    }
    mistakes.unless_any(Command::Target(TargetSet {
        runs: runs.unwrap_or(0),
        overs,
        balls: balls.unwrap_or(0),
    }))
}

fn substitute(fields: &Fields) -> Result<Command, Mistakes> {
    let player = required(fields, "sub_in", "Choose who comes into the side.")?;
    let value = fields.text("sub_role");
    let role = ROLES.iter().find(|(_, it, _)| *it == value).map(|(role, _, _)| *role);
    Ok(Command::Replacement(Replacement {
        role: role.ok_or_else(|| Mistakes::one("sub_role", "Choose how long."))?,
        out: self::player(fields, "sub_out"),
        player,
        reason: reason(fields, "sub_reason")?,
    }))
}

/// Overs and balls are said from 1, as people count them; the last ball of an over, when none is said.
fn powerplay(fields: &Fields, setup: &Setup) -> Result<Powerplay, Mistakes> {
    let mut mistakes = Mistakes::default();
    let value = fields.text("powerplay");
    let kind = POWERPLAYS.iter().find(|(_, it, _)| *it == value).map(|(kind, _, _)| *kind);
    if kind.is_none() {
        mistakes.add("powerplay", "Say by whom it is taken.");
    }
    let mut over = |name: &'static str| {
        let over = fields.number(name, 1..=Setup::OVERS_MAX, &mut mistakes);
        if over.is_none() && mistakes.of(name).is_none() {
            mistakes.add(name, "Say which over.");
        }
        over
    };
    let (from, to) = (over("from_over"), over("to_over"));
    let from_ball = fields.number("from_ball", 1..=9_u8, &mut mistakes).unwrap_or(1);
    let to_ball = fields.number("to_ball", 1..=9_u8, &mut mistakes).unwrap_or(setup.balls_per_over);
    if let (Some(from), Some(to)) = (from, to)
        && (from, from_ball) > (to, to_ball)
    {
        mistakes.add("to_over", "It ends before it begins.");
    }
    match (kind, from, to, mistakes.is_empty()) {
        (Some(kind), Some(from), Some(to), true) => {
            Ok(Powerplay { kind, from_over: from - 1, from_ball, to_over: to - 1, to_ball })
        }
        _ => Err(mistakes),
    }
}

/// One player of the match, or those who share it.
fn awards(fields: &Fields) -> Result<Vec<PlayerId>, Mistakes> {
    let mut players: Vec<PlayerId> = AWARDS.into_iter().filter_map(|name| player(fields, name)).collect();
    players.dedup();
    if players.is_empty() {
        return Err(Mistakes::one("award", "Choose the player of the match."));
    }
    Ok(players)
}

/// The result as chosen: what the totals say, or what the umpires decided.
fn outcome(fields: &Fields, game: &Match) -> Result<Outcome, Mistakes> {
    let method = reason(fields, "method")?;
    let method = (!method.is_empty()).then_some(method);
    match fields.text("result") {
        "proposed" => game
            .computed_outcome()
            .map(|it| with_method(it, method))
            .ok_or_else(|| Mistakes::one("result", "The totals no longer give a result: choose one.")),
        "home" => won(Side::Home, fields, method),
        "away" => won(Side::Away, fields, method),
        "tie" => Ok(Outcome::Tie { tiebreak: tiebreak(fields)?, method }),
        "draw" => Ok(Outcome::Draw),
        "no_result" => Ok(Outcome::NoResult),
        "abandoned" => Ok(Outcome::Abandoned),
        _ => Err(Mistakes::one("result", "Choose the result.")),
    }
}

/// A win by hand: with the margin that the umpires say, or with none where it was awarded.
fn won(winner: Side, fields: &Fields, method: Option<String>) -> Result<Outcome, Mistakes> {
    let mut mistakes = Mistakes::default();
    let by = fields.text("margin_by");
    let margin = fields.number("margin", 0..=TARGET_MAX, &mut mistakes);
    if margin.is_none() && mistakes.is_empty() && matches!(by, "runs" | "wickets") {
        mistakes.add("margin", "Say by how many.");
    }
    let runs = margin.unwrap_or(0);
    let outcome = match by {
        "runs" => Outcome::Runs { winner, runs, method },
        "wickets" => match u8::try_from(runs) {
            Ok(wickets @ 1..=10) => Outcome::Wickets { winner, wickets, method },
            _ => return Err(Mistakes::one("margin", "A side wins by 1 to 10 wickets.")),
        },
        "innings" => Outcome::Innings { winner, runs, method },
        _ => Outcome::Win { winner, method: method.or_else(|| Some("Awarded".to_owned())) },
    };
    mistakes.unless_any(outcome)
}

/// How a tie was settled, and for whom: both or neither.
fn tiebreak(fields: &Fields) -> Result<Option<Tiebreak>, Mistakes> {
    let Some(winner) = side(fields.text("tie_winner")) else { return Ok(None) };
    match fields.text("tie_by") {
        "super_over" => Ok(Some(Tiebreak::SuperOver(winner))),
        "bowl_out" => Ok(Some(Tiebreak::BowlOut(winner))),
        "rule" => Ok(Some(Tiebreak::Rule(winner))),
        _ => Err(Mistakes::one("tie_by", "Say how the tie was settled.")),
    }
}

fn with_method(outcome: Outcome, said: Option<String>) -> Outcome {
    match outcome {
        Outcome::Runs { winner, runs, method } => Outcome::Runs { winner, runs, method: said.or(method) },
        Outcome::Wickets { winner, wickets, method } => {
            Outcome::Wickets { winner, wickets, method: said.or(method) }
        }
        Outcome::Innings { winner, runs, method } => {
            Outcome::Innings { winner, runs, method: said.or(method) }
        }
        Outcome::Win { winner, method } => Outcome::Win { winner, method: said.or(method) },
        Outcome::Tie { tiebreak, method } => Outcome::Tie { tiebreak, method: said.or(method) },
        Outcome::Draw | Outcome::NoResult | Outcome::Abandoned => outcome,
    }
}
