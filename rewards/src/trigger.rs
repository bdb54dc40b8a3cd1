//! What earns.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who tells of it. What one of them calls by one id happened once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The match's log: of everybody who follows it.
    Match,
    Quiz,
    /// Time that a fan has watched.
    Watch,
    CheckIn,
    /// A partner's server.
    Partner,
}

impl Source {
    pub const ALL: [Source; 5] =
        [Source::Match, Source::Quiz, Source::Watch, Source::CheckIn, Source::Partner];

    /// As rows and messages have it.
    pub const fn word(self) -> &'static str {
        match self {
            Source::Match => "match",
            Source::Quiz => "quiz",
            Source::Watch => "watch",
            Source::CheckIn => "check-in",
            Source::Partner => "partner",
        }
    }

    /// None where there is no such source.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// Something that is known: of a trigger, a fan, a match or a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Fact {
    Flag(bool),
    Number(i64),
    Text(String),
    /// Any of these, such as the teams of a match.
    Texts(Vec<String>),
}

/// Something that happened, by which a fan may earn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    pub source: Source,
    /// The source's name of it.
    pub id: String,
    /// What it is: "six", "wicket", "result", "answer", "watched", or a partner's own word.
    pub kind: String,
    pub at: Timestamp,
    /// What the source says of it: `runs`, `correct`, `minutes`.
    pub facts: BTreeMap<String, Fact>,
}
