//! A batch of commands as a feed sends it, and what it is answered.

use super::{default_source, place};
use crate::feed::{Action, Answer, Envelope, FeedCommand, NAME_BYTES_MAX};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A batch of commands, applied in order.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    #[serde(default = "default_source")]
    pub source: String,
    /// Each is judged on its own.
    #[schema(value_type = Vec<CommandSent>)]
    pub commands: Vec<serde_json::Value>,
}

/// A command with the names that make it idempotent.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandSent {
    /// The feed's id of this command, unique within the source and the match.
    pub id: String,
    /// A higher version of the same id corrects it.
    #[serde(default = "first_version")]
    pub version: u32,
    /// The feed's running number: a command that arrives late is put in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u64>,
    /// What happened; left out with `remove`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<FeedCommand>,
    /// Takes the command out of the match; needs a `version` above that of the command.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remove: bool,
}

/// What became of a batch.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct BatchAnswer {
    /// The match's position after it.
    pub epoch: u64,
    pub seq: u64,
    pub rev: u32,
    /// In the batch's order.
    pub answers: Vec<CommandAnswer>,
}

/// What became of a command.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum CommandAnswer {
    /// On disk, and on its way to the fans as update `seq`.
    Accepted { id: String, seq: u64 },
    /// Accepted before, as update `seq`.
    Duplicate { id: String, seq: u64 },
    /// Refused; nothing changed. `code` is stable, `detail` is for people.
    Rejected { id: String, code: String, detail: String },
}

fn first_version() -> u32 {
    1
}

/// A command as far as it could be read.
pub(super) struct Read {
    id: String,
    pub(super) envelope: Option<Envelope>,
    mistake: Option<(&'static str, String)>,
}

impl Read {
    pub(super) fn of(value: serde_json::Value) -> Self {
        let id = value.get("id").and_then(|it| it.as_str()).unwrap_or_default().to_owned();
        match envelope(value) {
            Ok(envelope) => Self { id, envelope: Some(envelope), mistake: None },
            Err(detail) => Self { id, envelope: None, mistake: Some(("invalid-command", detail)) },
        }
    }

    pub(super) fn answer(self, judged: &mut impl Iterator<Item = Answer>) -> CommandAnswer {
        let id = self.id;
        let answer = match self.mistake {
            Some((code, why)) => Answer::Rejected { code, why },
            None => judged.next().expect("every envelope was judged"),
        };
        answer.count();
        match answer {
            Answer::Accepted { seq } => CommandAnswer::Accepted { id, seq },
            Answer::Duplicate { seq } => CommandAnswer::Duplicate { id, seq },
            Answer::Rejected { code, why } => {
                CommandAnswer::Rejected { id, code: code.to_owned(), detail: why }
            }
        }
    }
}

fn envelope(mut value: serde_json::Value) -> Result<Envelope, String> {
    // Read apart, because its mistakes say their own place.
    let command = value.as_object_mut().and_then(|it| it.remove("command")).filter(|it| !it.is_null());
    let sent: CommandSent = serde_path_to_error::deserialize(value)
        .map_err(|error| place(&error.path().to_string(), error.inner()))?;
    let command =
        command.map(FeedCommand::read).transpose().map_err(|mistake| format!("command{mistake}"))?;
    if sent.id.is_empty() || sent.id.len() > NAME_BYTES_MAX {
        return Err(format!("id: 1 to {NAME_BYTES_MAX} bytes"));
    }
    if i32::try_from(sent.version).is_err() || sent.order.is_some_and(|it| i64::try_from(it).is_err()) {
        return Err("version, order: too large".to_owned());
    }
    let action = match (command, sent.remove) {
        (Some(command), false) => Action::Named(command),
        (None, true) if sent.version == first_version() => {
            return Err("version: a removal needs one, higher than that of the command".to_owned());
        }
        (None, true) => Action::Remove,
        (Some(_), true) => return Err("command and remove: one of them".to_owned()),
        (None, false) => return Err("command: missing".to_owned()),
    };
    Ok(Envelope { id: sent.id, version: sent.version, order: sent.order, action })
}
