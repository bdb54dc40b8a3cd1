//! What can go wrong with quizzes.

use crate::fan::NotAHandle;
use crate::kind::NotAKind;
use crate::window::NotAWindow;
use jiff::Timestamp;
use std::sync::Arc;

/// Why something was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no quiz {id}")]
    UnknownQuiz { id: String },

    #[error("there is no question {id}")]
    UnknownQuestion { id: String },

    /// Of what an author wrote: where it is, as a JSON pointer, and what is wrong with it.
    #[error("{at}: {why}")]
    Invalid { at: String, why: Invalid },

    /// Fans have answered what it was.
    #[error("question {key} has opened: its {what} stays as it is")]
    Opened { key: String, what: &'static str },

    #[error("revision {given} comes after {has} was here")]
    OldRevision { given: u32, has: u32 },

    #[error(transparent)]
    Refused(#[from] Refusal),

    /// More answers wait than may: ask again.
    #[error("too many answers are on their way: send it again")]
    Busy,

    /// Whether it was written is not known: sent again it is answered as it was, or accepted.
    #[error("the answer may have been accepted: send it again")]
    Unsure,

    #[error(transparent)]
    Handle(#[from] NotAHandle),

    #[error("{what}: the column {column} cannot be read")]
    Unreadable { what: String, column: &'static str },

    #[error(transparent)]
    Rewards(#[from] rewards::Error),

    #[error("{0}")]
    Jobs(Arc<jobs::Error>),

    #[error("{0}")]
    Store(Arc<store::Error>),
}

/// What is wrong with a quiz.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("{min} to {max} of them, not {given}")]
    Count { min: usize, max: usize, given: usize },
    #[error("1 to {max} characters")]
    Text { max: usize },
    #[error("no control characters")]
    Control,
    #[error("has no words for the choice {choice}")]
    NoWords { choice: String },
    #[error("has words for {choice}, which is none of its choices")]
    OtherWords { choice: String },
    #[error("two have the key {key}")]
    Twice { key: String },
    #[error("1 to {max} points")]
    Points { max: u16 },
    #[error("is about a match, and the quiz has none")]
    NoMatch,
    #[error(transparent)]
    Kind(#[from] NotAKind),
    #[error(transparent)]
    Window(#[from] NotAWindow),
}

/// Why an answer is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nor is there one that somebody else may see.
    #[error("there is no such question")]
    UnknownQuestion,
    #[error("it is a question about another match")]
    OtherMatch,
    #[error("{choice} is none of its choices")]
    UnknownChoice { choice: String },
    #[error("it is not open yet")]
    NotOpen { opens_at: Option<Timestamp> },
    #[error("it is locked")]
    Locked { locks_at: Option<Timestamp> },
    /// It was accepted, and had come after the ball that it is about: told to us later.
    #[error("the answer came too late")]
    Late,
    #[error("it was answered already: {choice}")]
    Answered { choice: String },
    /// Nobody has said that the fan is where it may be answered, by the rule that holds.
    #[error("it cannot be answered from here")]
    Fenced { fence: String },
    #[error("the fan is blocked")]
    Blocked,
}

impl From<jobs::Error> for Error {
    fn from(error: jobs::Error) -> Self {
        match error {
            jobs::Error::Store(error) => Self::Store(Arc::new(error)),
            error => Self::Jobs(Arc::new(error)),
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(Arc::new(error))
    }
}
