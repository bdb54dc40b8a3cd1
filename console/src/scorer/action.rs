//! From what was pressed to what the feed is sent.

use super::ball_form;
use super::between;
use super::choices::{Choices, player, side};
use super::record::Record;
use crate::form::{Fields, Mistakes};
use cricket::{Ball, Command, InningsStart, Match, PlayerIn, Refusal, Toss};

/// Characters of a press's id: what we make is 30 to 40.
const FORM_LENGTH_MAX: usize = 80;

/// What one press does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Adds commands at the end; `then` is what the next page already knows about the next ball.
    Add { commands: Vec<Command>, then: Choices },
    /// Puts another command in the place of the entry with this seq.
    Edit { seq: u64, command: Command },
    /// Takes the entry with this seq out.
    Remove { seq: u64 },
    /// Takes out all that one press had added.
    Undo { group: String },
}

/// A command for the feed, under the id that makes it idempotent. Without a command it takes back what the id stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub id: String,
    pub version: u32,
    pub command: Option<Command>,
}

impl Action {
    /// What goes to the feed, in order. `form` is the press's id.
    pub fn sends(&self, form: &str, record: &Record) -> Vec<Sent> {
        let correction = |seq: u64, command: Option<&Command>| {
            record.told(seq).map(|told| Sent {
                id: told.entry.id.clone(),
                version: told.entry.version + 1,
                command: command.cloned(),
            })
        };
        match self {
            Action::Add { commands, .. } => (0..)
                .zip(commands)
                .map(|(at, command)| Sent {
                    id: command_id(form, at),
                    version: 1,
                    command: Some(command.clone()),
                })
                .collect(),
            Action::Edit { seq, command } => correction(*seq, Some(command)).into_iter().collect(),
            Action::Remove { seq } => correction(*seq, None).into_iter().collect(),
            // The newest goes first, so that each can go: a batter out of the middle before the ball that brought them.
            Action::Undo { group } => {
                record.press(group).iter().filter_map(|told| correction(told.entry.seq, None)).collect()
            }
        }
    }

    /// What the page after it already knows about the next ball. A ball taken back is likely to be bowled again, by the
    /// same bowler to the same batter; who was chosen to bowl stays chosen until a ball is bowled. `record` is the match
    /// before the action, `fields` what was pressed.
    pub fn then(&self, record: &Record, fields: &Fields) -> Choices {
        match self {
            Action::Add { commands, then } if commands.iter().any(|it| matches!(it, Command::Ball(_))) => {
                *then
            }
            Action::Add { then, .. } => {
                Choices { bowler: then.bowler.or_else(|| player(fields, "then_bowler")), ..*then }
            }
            Action::Undo { group } => record
                .press(group)
                .iter()
                .find_map(|told| match &told.entry.command {
                    Command::Ball(ball) => {
                        let (bowler, striker) = (Some(ball.bowler), Some(ball.striker));
                        Some(Choices { bowler, striker, over: ball.over, ..Choices::default() })
                    }
                    _ => None,
                })
                .unwrap_or_default(),
            Action::Edit { .. } | Action::Remove { .. } => Choices::default(),
        }
    }
}

/// The id of the `at`-th command of a press.
fn command_id(form: &str, at: usize) -> String {
    format!("{form}.{at}")
}

/// Whether this press has been counted before: a double click, a reload, a retry whose answer was lost. `sent` says
/// whether this scorer's source ever used an id, removed commands included.
pub fn is_done(fields: &Fields, record: &Record, sent: impl Fn(&str) -> bool) -> bool {
    match fields.text("act") {
        "undo" => record.press(fields.text("group")).is_empty(),
        "remove" => seq(fields).is_none_or(|seq| record.told(seq).is_none()),
        "edit" => {
            let told = seq(fields).and_then(|seq| record.told(seq));
            let version: u32 = fields.text("version").parse().unwrap_or(0);
            told.is_some_and(|told| {
                told.entry.version > version && edited(fields, record) == Ok(told.entry.command.clone())
            })
        }
        _ => sent(&command_id(fields.text("form"), 0)),
    }
}

/// What the fields ask for. What the game would refuse is refused here already, so that a press with several commands
/// counts as a whole or not at all.
pub fn parse(fields: &Fields, record: &Record) -> Result<Action, Mistakes> {
    let form = fields.text("form");
    if form.is_empty()
        || form.len() > FORM_LENGTH_MAX
        || !form.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
    {
        return Err(Mistakes::one("", "This page is broken: load it again."));
    }
    let action = match fields.text("act") {
        "undo" => Action::Undo { group: fields.text("group").to_owned() },
        "remove" => Action::Remove { seq: target(fields, record)? },
        "edit" => Action::Edit { seq: target(fields, record)?, command: edited(fields, record)? },
        act => {
            let (commands, then) = added(act, fields, &record.game)?;
            Action::Add { commands, then }
        }
    };
    match check(&action, record) {
        Ok(()) => Ok(action),
        Err(refusal) => Err(Mistakes::one("", record.explain(&refusal))),
    }
}

/// Tries the action on a copy of the match.
fn check(action: &Action, record: &Record) -> Result<(), Refusal> {
    match action {
        Action::Add { commands, .. } => {
            let mut game = record.game.clone();
            commands.iter().try_for_each(|command| game.apply(command).map(drop))
        }
        Action::Edit { seq, command } => record
            .check(|entry| Some(if entry.seq == *seq { command.clone() } else { entry.command.clone() })),
        Action::Remove { seq } => record.check(|entry| (entry.seq != *seq).then(|| entry.command.clone())),
        Action::Undo { group } => {
            let taken = |entry: &super::Entry| entry.mine && entry.group() == group;
            record.check(|entry| (!taken(entry)).then(|| entry.command.clone()))
        }
    }
}

fn seq(fields: &Fields) -> Option<u64> {
    fields.text("entry").parse().ok()
}

/// The entry that a correction is for.
fn target(fields: &Fields, record: &Record) -> Result<u64, Mistakes> {
    let told = seq(fields).and_then(|seq| record.told(seq));
    match told {
        Some(told) if told.entry.mine => Ok(told.entry.seq),
        Some(_) => Err(Mistakes::one("", "That was sent by another feed: it can only be corrected there.")),
        None => Err(Mistakes::one("", "That is no longer in the match.")),
    }
}

/// The ball as edited.
fn edited(fields: &Fields, record: &Record) -> Result<Command, Mistakes> {
    let told = target(fields, record).ok().and_then(|seq| record.told(seq));
    let Some(Command::Ball(before)) = told.map(|it| &it.entry.command) else {
        return Err(Mistakes::one("", "That is no longer in the match."));
    };
    let mut mistakes = Mistakes::default();
    let ball = ball_form::read(fields, &record.game, Some(before), &mut mistakes);
    match ball {
        Some(ball) if mistakes.is_empty() => Ok(Command::Ball(ball)),
        _ => Err(mistakes),
    }
}

/// The commands that a press adds.
fn added(act: &str, fields: &Fields, game: &Match) -> Result<(Vec<Command>, Choices), Mistakes> {
    let only = |command: Command| (vec![command], Choices::default());
    match act {
        "toss" => toss(fields).map(|it| only(Command::Toss(it))),
        "openers" => openers(fields, game),
        "ball" => ball(fields, game).map(|it| only(Command::Ball(it))),
        "wicket" => wicket(fields, game),
        "batter" => required(fields, "next", "Choose who comes in.")
            .map(|player| only(Command::BatterIn(PlayerIn { player }))),
        act => between::parse(act, fields, game),
    }
}

pub(super) fn required(
    fields: &Fields,
    name: &'static str,
    missing: &str,
) -> Result<cricket::PlayerId, Mistakes> {
    player(fields, name).ok_or_else(|| Mistakes::one(name, missing))
}

fn toss(fields: &Fields) -> Result<Toss, Mistakes> {
    let winner =
        side(fields.text("winner")).ok_or_else(|| Mistakes::one("winner", "Say who won the toss."))?;
    let bats = match fields.text("chose") {
        "bat" => true,
        "field" => false,
        _ => return Err(Mistakes::one("chose", "Say what they chose.")),
    };
    Ok(Toss { winner, bats })
}

/// The innings begins, and both openers come in; the bowler is known by the first ball.
fn openers(fields: &Fields, game: &Match) -> Result<(Vec<Command>, Choices), Mistakes> {
    let mut mistakes = Mistakes::default();
    let batting = side(fields.text("batting"));
    if batting.is_none() {
        mistakes.add("batting", "Say who bats.");
    }
    let mut named = |name: &'static str, missing: &str| {
        let found = player(fields, name);
        if found.is_none() {
            mistakes.add(name, missing);
        }
        found
    };
    let striker = named("striker", "Choose who faces first.");
    let non_striker = named("non_striker", "Choose who opens at the other end.");
    let bowler = named("bowler", "Choose who bowls first.");
    if striker.is_some() && striker == non_striker {
        mistakes.add("non_striker", "Choose two different openers.");
    }
    let overs = fields.number("overs", 1..=450_u16, &mut mistakes);
    let (Some(batting), Some(striker), Some(non_striker), true) =
        (batting, striker, non_striker, mistakes.is_empty())
    else {
        return Err(mistakes);
    };
    let start = InningsStart {
        batting,
        super_over: fields.has("super_over"),
        overs: overs.filter(|it| Some(*it) != game.setup.overs),
        follow_on: fields.has("follow_on"),
        ..InningsStart::default()
    };
    let commands = vec![
        Command::InningsStart(start),
        Command::BatterIn(PlayerIn { player: striker }),
        Command::BatterIn(PlayerIn { player: non_striker }),
    ];
    Ok((commands, Choices { bowler, ..Choices::default() }))
}

fn ball(fields: &Fields, game: &Match) -> Result<Ball, Mistakes> {
    let mut mistakes = Mistakes::default();
    match ball_form::read(fields, game, None, &mut mistakes) {
        Some(ball) if mistakes.is_empty() => Ok(ball),
        _ => Err(mistakes),
    }
}

/// The ball that took the wicket, and the new batter when the innings goes on and one is named.
fn wicket(fields: &Fields, game: &Match) -> Result<(Vec<Command>, Choices), Mistakes> {
    if matches!(fields.text("how"), "" | "none") {
        return Err(Mistakes::one("how", "Choose how the batter was out."));
    }
    let ball = ball(fields, game)?;
    let mut after = game.clone();
    let folded = after.apply(&Command::Ball(ball.clone()));
    let mut commands = vec![Command::Ball(ball)];
    let mut then = Choices::default();
    // A ball that the game refuses is said by the caller, which folds it again.
    if folded.is_ok()
        && let Some(innings) = after.current()
        && let Some(next) = player(fields, "next")
    {
        let stays = innings.at_wicket().map(|it| it.player).next();
        commands.push(Command::BatterIn(PlayerIn { player: next }));
        then.striker = match fields.text("faces") {
            "new" => Some(next),
            "other" => stays,
            _ => None,
        };
    }
    Ok((commands, then))
}
