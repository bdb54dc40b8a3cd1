//! Why a line does not stand.

use crate::place::FillError;
use serde::Serialize;

/// One thing that is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum Refusal {
    #[error("{what}")]
    Place { what: String },
    #[error("nothing is said")]
    Empty,
    #[error("{letters} letters, {max} at most")]
    TooLong { letters: usize, max: usize },
    #[error("{found:?} has no place in a line")]
    Character { found: char },
    #[error("{found:?} looks like an address or markup")]
    Link { found: String },
    #[error("{found:?} talks to a model")]
    Injection { found: String },
    #[error("{found:?} is profane")]
    Profanity { found: String },
    #[error("{found:?} is never said in this tone")]
    Never { found: String },
    #[error("{found:?} is in another script")]
    Script { found: String },
    /// Most words are unknown.
    #[error("{unknown} of {words} words are not of this language")]
    Language { unknown: usize, words: usize },
    #[error("{found:?} is not a word that the guard knows")]
    Word { found: String },
    #[error("{found:?} is nobody's name in this ball")]
    Name { found: String },
    /// `read_as` is what it would count here; empty where the words around it do not say.
    #[error("{found:?} is not what the facts say of {read_as:?}")]
    Number { found: String, read_as: String },
    #[error("{found} stands as {read_as} and is {is}")]
    Role { found: String, read_as: String, is: String },
    #[error("the words around {found} do not say what they did")]
    UnclearRole { found: String },
    #[error("{found:?} says {said}, which is not so")]
    Event { found: String, said: &'static str },
    #[error("{found:?} denies something")]
    Negated { found: String },
    #[error("{what} is not said")]
    Missing { what: &'static str },
}

impl Refusal {
    /// A short word for counts that never changes.
    pub const fn word(&self) -> &'static str {
        match self {
            Refusal::Place { .. } => "place",
            Refusal::Empty => "empty",
            Refusal::TooLong { .. } => "length",
            Refusal::Character { .. } => "character",
            Refusal::Link { .. } => "link",
            Refusal::Injection { .. } => "injection",
            Refusal::Profanity { .. } => "profanity",
            Refusal::Never { .. } => "never",
            Refusal::Script { .. } => "script",
            Refusal::Language { .. } => "language",
            Refusal::Word { .. } => "word",
            Refusal::Name { .. } => "name",
            Refusal::Number { .. } => "number",
            Refusal::Role { .. } => "role",
            Refusal::UnclearRole { .. } => "unclear_role",
            Refusal::Event { .. } => "event",
            Refusal::Negated { .. } => "negated",
            Refusal::Missing { .. } => "missing",
        }
    }
}

impl From<FillError> for Refusal {
    fn from(error: FillError) -> Refusal {
        Refusal::Place { what: error.to_string() }
    }
}
