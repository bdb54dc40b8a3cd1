//! Reads match files of Cricsheet (<https://cricsheet.org>), JSON format 1.0.0 and 1.1.0.
//!
//! An archive is the truth about its match even where it contradicts the Laws, so nothing in it is judged: a ball that
//! the strict checks refuse is folded [`crate::Ball::as_recorded`] and noted, and totals are exactly the sums of what
//! the file says. Unknown keys are ignored, and nearly every key may be missing. What cannot be read at all is an
//! [`Error`] that names the line and the place in the JSON.
//!
//! Shape: [`read`] parses the bytes (`fields`), picks out what is known (`raw`) and turns it into a [`crate::Setup`] and
//! commands, folding as it goes (`people`, `convert`, `delivery`); `place` finds the line of what is wrong.

use std::fmt;

use crate::{Command, Match, Refusal, Setup, SetupError};

mod convert;
mod delivery;
mod fields;
mod outcome;
mod people;
mod place;
mod raw;

/// Bytes of a file. The largest real one has 2 MB.
pub const BYTES_MAX: usize = 64 << 20;
/// Innings of a match, super overs included.
pub const INNINGS_MAX: usize = 40;
/// Deliveries of an innings.
pub const DELIVERIES_MAX: usize = 20_000;
/// Notes kept; further ones are only counted in a last one.
pub const NOTES_MAX: usize = 50;

/// A match file, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    pub setup: Setup,
    /// The match as a log, from toss to awards; every one of them can be applied.
    pub commands: Vec<Command>,
    /// What they fold into.
    pub game: Match,
    /// `meta.revision`: goes up when Cricsheet corrects the match.
    pub revision: u32,
    /// Days of play, ISO 8601.
    pub dates: Vec<String>,
    pub season: String,
    /// "male" or "female"; empty when unknown.
    pub gender: String,
    /// `info.match_type` as written: "T20" also for The Hundred.
    pub match_type: String,
    pub player_of_match: Vec<String>,
    /// What had to be taken as recorded, added or left out, in English.
    pub notes: Vec<String>,
}

/// A file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Where: from 1, the line of the value at fault, or of the nearest one around what is missing.
    pub line: usize,
    pub reason: Reason,
}

/// Why a file cannot be read. Paths are like `innings[0].overs[3].deliveries[2].runs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// More bytes than [`BYTES_MAX`].
    TooLarge { bytes: usize },
    /// Not JSON; the column counts from 1.
    Json { column: usize, message: String },
    /// Something is of a kind that cannot be understood here.
    Shape { path: String, expected: &'static str },
    /// Something without which the match cannot be scored is missing.
    Missing { path: String },
    /// A team that is not one of the two.
    UnknownTeam { path: String, name: String },
    /// More of something than any match has.
    TooMany { path: String, what: &'static str, max: usize },
    /// The match of `info` cannot be set up.
    Setup(SetupError),
    /// Figures beyond what the engine can hold.
    Refused { path: String, refusal: Refusal },
}

impl Reason {
    /// Where in the JSON; none where the file as a whole is at fault.
    fn path(&self) -> &str {
        match self {
            Reason::TooLarge { .. } | Reason::Json { .. } => "",
            Reason::Shape { path, .. }
            | Reason::Missing { path }
            | Reason::UnknownTeam { path, .. }
            | Reason::TooMany { path, .. }
            | Reason::Refused { path, .. } => path,
            Reason::Setup(_) => "info",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::TooLarge { bytes } => write!(f, "the file has {bytes} bytes, more than {BYTES_MAX}"),
            Reason::Json { column, message } => write!(f, "not JSON at column {column}: {message}"),
            Reason::Shape { path, expected } => write!(f, "{path} is not {expected}"),
            Reason::Missing { path } => write!(f, "{path} is missing"),
            Reason::UnknownTeam { path, name } => write!(f, "{path}: {name} is neither of the two teams"),
            Reason::TooMany { path, what, max } => write!(f, "{path}: more {what} than {max}"),
            Reason::Setup(error) => write!(f, "the match cannot be set up: {error}"),
            Reason::Refused { path, refusal } => write!(f, "{path}: {refusal}"),
        }
    }
}

impl std::error::Error for Error {}

/// Reads a match file (not compressed).
pub fn read(bytes: &[u8]) -> Result<Archive, Error> {
    if bytes.len() > BYTES_MAX {
        return Err(Error { line: 1, reason: Reason::TooLarge { bytes: bytes.len() } });
    }
    // Some vendored copies begin with a byte order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| {
        let message = error.to_string();
        // serde_json repeats the place at the end of its message.
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        Error { line: error.line(), reason: Reason::Json { column: error.column(), message } }
    })?;
    let archive = raw::file(&value).and_then(|file| convert::convert(&file));
    archive.map_err(|reason| Error { line: place::line(bytes, reason.path()), reason })
}
