//! What the game has no words for: commands between balls, refusals as a scorer can act on them.

use super::record::Record;
use cricket::{Bowled, Command, Dismissal, Match, PowerplayKind, Refusal, Role, Side, Words};

/// "52 for 1", as it is read out.
pub(super) fn score(runs: u16, wickets: u8) -> String {
    format!("{runs} for {wickets}")
}

/// A command that is not a ball, in words: what a list of the match shows and undo takes back. `game` is the match
/// after it.
pub(super) fn command(command: &Command, game: &Match) -> String {
    let setup = &game.setup;
    let team = |side: Side| setup.team(side).name.as_str();
    match command {
        // Balls are told with their figures (`Match::ball_line`).
        Command::Ball(ball) => format!("{} to {}", setup.name(ball.bowler), setup.name(ball.striker)),
        Command::Toss(toss) => {
            let chose = if toss.bats { "bat" } else { "field" };
            format!("{} won the toss and chose to {chose}", team(toss.winner))
        }
        Command::InningsStart(start) if start.super_over => format!("Super over of {}", team(start.batting)),
        Command::InningsStart(start) => format!("Innings of {}", team(start.batting)),
        Command::Target(target) => match (target.runs, target.overs) {
            (0, None) => "No target".to_owned(),
            (0, Some(overs)) => format!("Innings cut to {overs}.{} overs", target.balls),
            (runs, None) => format!("Target {runs}"),
            (runs, Some(overs)) => format!("Target {runs} in {overs}.{} overs", target.balls),
        },
        Command::OverEnd => "Over called by the umpire".to_owned(),
        Command::BatterIn(it) => format!("{} comes in", setup.name(it.player)),
        Command::BatterOut(it) => batter_out(it, game),
        Command::Absent(it) => format!("{} cannot bat", setup.name(it.player)),
        Command::Penalty(it) if it.to_fielding => format!("{} penalty runs to the fielding side", it.runs),
        Command::Penalty(it) => format!("{} penalty runs", it.runs),
        Command::Powerplay(it) => {
            let by = match it.kind {
                PowerplayKind::Mandatory => "Powerplay",
                PowerplayKind::Batting => "Batting powerplay",
                PowerplayKind::Fielding => "Fielding powerplay",
            };
            format!("{by}, overs {} to {}", it.from_over + 1, it.to_over + 1)
        }
        Command::Replacement(it) => {
            let role = match it.role {
                Role::Match => "",
                Role::Bowler => " to finish the over",
                Role::Batter => " to bat",
            };
            match it.out {
                Some(out) => format!("{} for {}{role}", setup.name(it.player), setup.name(out)),
                None => format!("{} comes in{role}", setup.name(it.player)),
            }
        }
        Command::InningsEnd(end) => format!("Innings {}", end.words()),
        Command::Delay(reason) => format!("Delay: {reason}"),
        Command::Break(reason) => format!("Break: {reason}"),
        Command::Resume => "Play goes on".to_owned(),
        Command::Result(_) => game.result_text(Words::ENGLISH).unwrap_or_default(),
        Command::Awards(players) => {
            let names: Vec<&str> = players.iter().map(|it| setup.name(*it)).collect();
            match names.as_slice() {
                [name] => format!("Player of the match: {name}"),
                names => format!("Players of the match: {}", names.join(", ")),
            }
        }
    }
}

/// A command that is no longer in the match, in words: a ball as if it came next.
pub(super) fn taken_out(command: &Command, game: &Match) -> String {
    match (command, game.innings.len().checked_sub(1)) {
        (Command::Ball(ball), Some(innings)) => {
            game.ball_line(Words::ENGLISH, innings, &Bowled { ball: ball.clone(), ..Bowled::default() })
        }
        _ => self::command(command, game),
    }
}

fn batter_out(dismissal: &Dismissal, game: &Match) -> String {
    format!("{} {}", game.setup.name(dismissal.player), game.dismissal_text(Words::ENGLISH, dismissal, None))
}

/// Why the feed cannot take what was pressed, as a sentence. A correction that would make a later ball impossible
/// names that ball by its place, so that it can be found and put right first.
pub(super) fn refusal(refusal: &Refusal, record: &Record) -> String {
    match refusal {
        Refusal::BreaksLater { seq, because } => {
            let later = record.told(*seq).map_or_else(|| "something later".to_owned(), |it| it.label());
            format!(
                "That would make {later} impossible: {}. Put that right first.",
                because.explain(&record.game.setup)
            )
        }
        refusal => sentence(&refusal.explain(&record.game.setup)),
    }
}

/// A ball that is one more in an over (from 0) that was complete.
pub(super) fn one_more_in(over: u16) -> String {
    format!("One more in over {}", over + 1)
}

/// With a capital and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return String::new() };
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), chars.as_str())
}
