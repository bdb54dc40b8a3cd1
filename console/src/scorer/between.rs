//! What happens between balls: batters leaving, breaks, penalties, the end of an innings, the result.

use super::action::required;
use super::choices::{Choices, player, side};
use crate::form::{Fields, Mistakes};
use cricket::{
    Command, Dismissal, DismissalKind, InningsEnd, Match, Outcome, Penalty, PlayerIn, Replacement, Role,
    Side, TargetSet, Tiebreak,
};

/// Characters of a reason.
const REASON_LENGTH_MAX: usize = 100;
/// More runs than any one-day side ever needed.
const TARGET_MAX: u16 = 2_000;

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
        "result" => Command::Result(outcome(fields, game)?),
        "award" => Command::Awards(vec![required(fields, "award", "Choose the player of the match.")?]),
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
    let out = required(fields, "sub_out", "Choose who goes out of the side.")?;
    Ok(Command::Replacement(Replacement {
        role: Role::Match,
        out: Some(out),
        player,
        reason: reason(fields, "sub_reason")?,
    }))
}

/// The result as chosen: what the totals say, or what the umpires decided.
fn outcome(fields: &Fields, game: &Match) -> Result<Outcome, Mistakes> {
    let method = reason(fields, "method")?;
    let method = (!method.is_empty()).then_some(method);
    let win = |winner: Side| Outcome::Win {
        winner,
        method: Some(method.clone().unwrap_or_else(|| "Awarded".to_owned())),
    };
    match fields.text("result") {
        "proposed" => game
            .computed_outcome()
            .map(|it| with_method(it, method))
            .ok_or_else(|| Mistakes::one("result", "The totals no longer give a result: choose one.")),
        "home" => Ok(win(Side::Home)),
        "away" => Ok(win(Side::Away)),
        "tie" => Ok(Outcome::Tie { tiebreak: side(fields.text("tiebreak")).map(Tiebreak::BowlOut), method }),
        "draw" => Ok(Outcome::Draw),
        "no_result" => Ok(Outcome::NoResult),
        "abandoned" => Ok(Outcome::Abandoned),
        _ => Err(Mistakes::one("result", "Choose the result.")),
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
