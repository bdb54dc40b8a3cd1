//! From what was pressed to what the feed is sent.

use super::ball_form;
use super::between;
use super::choices::{Choices, player, side};
use super::record::Record;
use crate::form::{Fields, Mistakes};
use cricket::{Ball, Command, InningsStart, Match, PlayerIn, Refusal, Toss};

/// The feed's running numbers grow by this much from one update to the next, which leaves room for what was forgotten.
const PLACE_STEP: u64 = 1 << 20;

/// What one press does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Adds commands at the end; `then` is what the next page already knows about the next ball.
    Add { commands: Vec<Command>, then: Choices },
    /// Puts in a command that was forgotten, before the entry with this seq.
    Insert { before: u64, command: Command },
    /// Puts another command in the place of the entry with this seq.
    Edit { seq: u64, command: Command },
    /// Takes the entry with this seq out.
    Remove { seq: u64 },
    /// Takes out all that one press had added.
    Undo { group: String },
    /// Puts back what was taken out, under its id and in its place.
    Restore { id: String },
}

/// A command for the feed, under the id that makes it idempotent. Without a command it takes back what the id stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub id: String,
    pub version: u32,
    /// Where it belongs among this scorer's commands, for one that is new or put back.
    pub place: Option<u64>,
    pub command: Option<Command>,
}

impl Action {
    /// What goes to the feed, in order. `seen` is the update that the pressed page showed. Commands that are new are
    /// known by it: whoever presses the same page again, in this tab or in another, on this server or on the next, sends
    /// the same id, and the feed takes an id once.
    pub fn sends(&self, seen: u64, record: &Record) -> Vec<Sent> {
        let correction = |seq: u64, command: Option<&Command>| {
            record.told(seq).map(|told| Sent {
                id: told.entry.id.clone(),
                version: told.entry.version + 1,
                place: None,
                command: command.cloned(),
            })
        };
        let new = |at: u64, place: Option<u64>, command: &Command| Sent {
            id: command_id(seen, at),
            version: 1,
            place,
            command: Some(command.clone()),
        };
        match self {
            Action::Add { commands, .. } => (0..)
                .zip(commands)
                .map(|(at, command)| new(at, Some((seen + 1 + at) * PLACE_STEP), command))
                .collect(),
            Action::Insert { before, command } => vec![new(0, record.place_before(*before), command)],
            Action::Edit { seq, command } => correction(*seq, Some(command)).into_iter().collect(),
            Action::Remove { seq } => correction(*seq, None).into_iter().collect(),
            // The newest goes first, so that each can go: a batter out of the middle before the ball that brought them.
            Action::Undo { group } => {
                record.press(group).iter().filter_map(|told| correction(told.entry.seq, None)).collect()
            }
            Action::Restore { id } => record
                .taken_out()
                .iter()
                .filter(|it| it.id == *id)
                .map(|it| Sent {
                    id: it.id.clone(),
                    version: it.version + 1,
                    place: it.place,
                    command: Some(it.command.clone()),
                })
                .collect(),
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
            Action::Insert { .. } | Action::Edit { .. } | Action::Remove { .. } | Action::Restore { .. } => {
                Choices { bowler: player(fields, "then_bowler"), ..Choices::default() }
            }
        }
    }
}

/// The id of the `at`-th command of the press of a page that showed the update `seen`.
fn command_id(seen: u64, at: u64) -> String {
    format!("{seen}.{at}")
}

/// The update that the pressed page showed.
pub fn seen(fields: &Fields) -> Option<u64> {
    fields.text("seen").parse().ok()
}

/// Whether this press has been counted before: a double click, a reload, a retry whose answer was lost, the same press
/// from a second tab. Answers with what the page after it knows about the next ball.
pub fn done(fields: &Fields, record: &Record) -> Option<Choices> {
    let told = || entry(fields).and_then(|seq| record.told(seq));
    let is_newer = || {
        let version: u32 = fields.text("version").parse().unwrap_or(0);
        told().is_some_and(|it| it.entry.version > version)
    };
    let nothing_chosen = |done: bool| done.then(Choices::default);
    match fields.text("act") {
        "undo" => nothing_chosen(record.press(fields.text("group")).is_empty()),
        "remove" => nothing_chosen(told().is_none()),
        "edit" => nothing_chosen(
            is_newer() && edited(fields, record).ok() == told().map(|it| it.entry.command.clone()),
        ),
        "unedit" => nothing_chosen(is_newer()),
        "restore" => nothing_chosen(!record.taken_out().iter().any(|it| it.id == fields.text("id"))),
        act => {
            let (commands, then) = match act {
                "insert" => (vec![Command::Ball(ball(fields, &record.game).ok()?)], Choices::default()),
                act => added(act, fields, &record.game).ok()?,
            };
            record.has_taken(&command_id(seen(fields)?, 0), commands.first()?).then_some(then)
        }
    }
}

/// What the fields ask for. What the game would refuse is refused here already, so that a press with several commands
/// counts as a whole or not at all.
pub fn parse(fields: &Fields, record: &Record) -> Result<Action, Mistakes> {
    let action = match fields.text("act") {
        "undo" => Action::Undo { group: fields.text("group").to_owned() },
        "remove" => Action::Remove { seq: target(fields, record)? },
        "edit" => Action::Edit { seq: target(fields, record)?, command: edited(fields, record)? },
        "unedit" => unedited(fields, record)?,
        "restore" => Action::Restore { id: fields.text("id").to_owned() },
        "insert" => inserted(fields, record)?,
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
        Action::Insert { before, command } => record.check_before(*before, command),
        Action::Edit { seq, command } => record
            .check(|entry| Some(if entry.seq == *seq { command.clone() } else { entry.command.clone() })),
        Action::Remove { seq } => record.check(|entry| (entry.seq != *seq).then(|| entry.command.clone())),
        Action::Undo { group } => {
            let taken = |entry: &super::Entry| entry.mine && entry.group() == group;
            record.check(|entry| (!taken(entry)).then(|| entry.command.clone()))
        }
        Action::Restore { id } => match record.taken_out().iter().find(|it| it.id == *id) {
            Some(entry) => record.check_place(entry.place, &entry.command),
            None => Ok(()),
        },
    }
}

/// The seq of the entry that a correction is for.
fn entry(fields: &Fields) -> Option<u64> {
    fields.text("entry").parse().ok()
}

/// The entry that a correction is for, if it is ours to correct.
fn target(fields: &Fields, record: &Record) -> Result<u64, Mistakes> {
    let told = entry(fields).and_then(|seq| record.told(seq));
    match told {
        Some(told) if told.entry.mine => Ok(told.entry.seq),
        Some(_) => Err(Mistakes::one("", "That was sent by another feed: it can only be corrected there.")),
        None => Err(Mistakes::one("", "That is no longer in the match.")),
    }
}

/// The forgotten ball, in its place.
fn inserted(fields: &Fields, record: &Record) -> Result<Action, Mistakes> {
    let before = target(fields, record)?;
    if record.place_before(before).is_none() {
        return Err(Mistakes::one(
            "",
            "There is no more room before this ball: put it in before an earlier one.",
        ));
    }
    Ok(Action::Insert { before, command: Command::Ball(ball(fields, &record.game)?) })
}

/// An entry as it was before its last edit.
fn unedited(fields: &Fields, record: &Record) -> Result<Action, Mistakes> {
    let seq = target(fields, record)?;
    let before = record.told(seq).and_then(|it| it.entry.before.last());
    let Some(before) = before else { return Err(Mistakes::one("", "That edit no longer counts.")) };
    Ok(Action::Edit { seq, command: before.was.clone() })
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
