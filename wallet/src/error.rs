//! What can go wrong with accounts and transfers.

use crate::amount::AmountError;
use crate::id::{AccountId, TransferId};
use crate::ledger::Refusal;
use std::sync::Arc;

/// Why something was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no account {id}")]
    UnknownAccount { id: AccountId },

    #[error("there is no wallet of {fan_id}")]
    UnknownHolder { fan_id: Box<str> },

    #[error("something of {fan_id} is held still: try again when it is not")]
    SomethingHeld { fan_id: Box<str> },

    #[error(transparent)]
    Amount(#[from] AmountError),

    #[error("there is no transfer {id}")]
    UnknownTransfer { id: TransferId },

    #[error("{id} moved nothing that could be taken back, or took something back itself")]
    NothingMoved { id: TransferId },

    /// The transfer is not made, and asking again with the same id changes nothing of that by itself.
    #[error(transparent)]
    Refused(#[from] Refusal),

    #[error("more than {max} transfers that are made together")]
    TooMany { max: usize },

    /// As many transfers wait to be made as there is room for: ask again later, under the same id.
    #[error("as many transfers wait as there is room for")]
    Busy,

    /// The process ends: whether the transfer was made is known to who asks again under the same id.
    #[error("the ledger's writer has ended")]
    Ended,

    /// The database went down before the transfer was on its disk, and may have lost it: ask again under the same id.
    #[error("the database went down before the transfer was kept")]
    NotKept,

    /// The clock of this process is minutes from the database's: nothing is made by it, since days and the ends of holds would be wrong.
    #[error("the clock of this process is not that of the database")]
    Clock,

    /// Of the audit log.
    #[error("{0}")]
    Access(Arc<access::Error>),

    #[error("{what}: the column {column} cannot be read")]
    Unreadable { what: String, column: &'static str },

    /// Of the database. Whether a transfer was made is known to who asks again under the same id.
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

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(Arc::new(error))
    }
}
