//! What can go wrong with rewards.

use crate::campaign::Invalid;
use crate::product::Codes;
use crate::voucher::{Denied, NotImported};
use jiff::Timestamp;
use std::sync::Arc;

/// Why something was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no campaign {id}")]
    UnknownCampaign { id: String },

    #[error("{id} has no version {version}")]
    UnknownVersion { id: String, version: u32 },

    #[error("{id} was ended")]
    Ended { id: String },

    #[error("{what}: {max} at most")]
    TooMany { what: &'static str, max: i64 },

    #[error("there is no product {id}")]
    UnknownProduct { id: String },

    #[error("there is no signal {number}")]
    UnknownSignal { number: i64 },

    #[error("{what}")]
    Terms { what: &'static str },

    #[error("{id} is not to be had now")]
    NotOnSale { id: String },

    #[error("vouchers of {id} are not given to others")]
    NotTransferable { id: String },

    #[error("one buys 1 to {max} at once")]
    Units { max: i32 },

    #[error("that is more than a fan may buy: {left} may be")]
    LimitReached { left: i64 },

    #[error(transparent)]
    Denied(#[from] Denied),

    #[error("there is no reservation {id}")]
    UnknownReservation { id: String },

    #[error("there is no voucher {id}")]
    UnknownVoucher { id: String },

    /// What is asked for again is not what was asked for under the same key.
    #[error("something else was asked for under this key")]
    OtherRequest,

    #[error("1 to {max} codes are made at once")]
    Codes { max: usize },

    #[error("the codes of {id} are {}", has.word())]
    OtherCodes { id: String, has: Codes },

    #[error(transparent)]
    NotImported(#[from] NotImported),

    #[error("codes were tried too often")]
    TooOften { until: Timestamp },

    /// Others are doing the same at this moment: ask again.
    #[error("others are at it: ask again")]
    Busy,

    /// Of the audit log, and of what counts attempts.
    #[error("{0}")]
    Access(Arc<access::Error>),

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
