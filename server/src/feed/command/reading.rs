//! A command out of JSON, with the place of a mistake.

use super::FeedCommand;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

impl<'de> Deserialize<'de> for FeedCommand {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        FeedCommand::read(serde_json::Value::deserialize(input)?).map_err(D::Error::custom)
    }
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
}

/// A command's fields.
fn read<T: DeserializeOwned>(fields: serde_json::Value) -> Result<T, String> {
    serde_path_to_error::deserialize(fields).map_err(|error| match error.path().to_string().as_str() {
        "." => format!(": {}", error.inner()),
        path => format!(".{path}: {}", error.inner()),
    })
}
