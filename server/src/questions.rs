//! Questions on matches: what open streams are told of them, beside the ball's way and never on it, and how they come from what editors publish.
//!
//! A question that opens, locks or is settled goes to each open stream of its match as an event `quiz` ([`event`]); while it is open, how many
//! have chosen what follows four times a second at most, and only the latest of that. Who comes later is told what runs. What is for the fans of
//! one organisation is not told to all: their widgets ask.

pub mod entry;
mod event;
mod follow;
pub mod usual;

pub use follow::follow;

use crate::feed::log::LogError;
use crate::moments::MomentError;

/// Why nothing was done with questions, or they are not shown.
#[derive(Debug, thiserror::Error)]
pub enum QuestionsError {
    #[error(transparent)]
    Quizzes(#[from] quizzes::Error),
    #[error(transparent)]
    Match(#[from] MomentError),
    #[error(transparent)]
    Access(#[from] access::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<LogError> for QuestionsError {
    fn from(error: LogError) -> Self {
        Self::Match(error.into())
    }
}
