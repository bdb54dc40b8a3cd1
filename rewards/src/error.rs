//! What can go wrong with rewards.

use crate::campaign::Invalid;
use std::sync::Arc;

/// Why something was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no campaign {id}")]
    UnknownCampaign { id: String },

    #[error("{id} has no version {version}")]
    UnknownVersion { id: String, version: u32 },

    #[error("there is no product {id}")]
    UnknownProduct { id: String },

    #[error("there is no signal {number}")]
    UnknownSignal { number: i64 },

    #[error("{what}")]
    Terms { what: &'static str },

    #[error(transparent)]
    Invalid(#[from] Invalid),

    #[error("a trigger is of a fan or of a match")]
    OfNobody,

    #[error("{what} has {max} characters at most, and one at least")]
    Text { what: &'static str, max: usize },

    #[error("{what}: the column {column} cannot be read")]
    Unreadable { what: String, column: &'static str },

    #[error(transparent)]
    Ledger(#[from] wallet::Error),

    #[error("{0}")]
    Jobs(Arc<jobs::Error>),

    #[error("{0}")]
    Store(Arc<store::Error>),
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
