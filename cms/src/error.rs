//! What can go wrong with content.

use crate::problem::{Problem, said};
use crate::rights::Role;
use std::sync::Arc;

/// Why something was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no content type {name}")]
    UnknownKind { name: String },

    #[error("{text:?} is no language tag such as hi or pt-BR")]
    Language { text: String },

    #[error("there is no role {word}")]
    UnknownRole { word: String },

    #[error("as {} you may not {what}", role.word())]
    Denied { role: Role, what: String },

    #[error("{}", said(problems))]
    Invalid { problems: Vec<Problem> },

    #[error("{what}: the column {column} cannot be read")]
    Unreadable { what: String, column: &'static str },

    /// Of the audit log.
    #[error("{0}")]
    Access(Arc<access::Error>),

    #[error("{0}")]
    Jobs(Arc<jobs::Error>),

    #[error("{0}")]
    Store(Arc<store::Error>),
}

impl From<access::Error> for Error {
    fn from(error: access::Error) -> Self {
        match error {
            access::Error::Store(error) => error.into(),
            error => Self::Access(Arc::new(error)),
        }
    }
}

impl From<jobs::Error> for Error {
    fn from(error: jobs::Error) -> Self {
        Self::Jobs(Arc::new(error))
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(Arc::new(error))
    }
}
