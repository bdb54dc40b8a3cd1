//! What can go wrong with payments, apart from what is written down as a payment's life.

use crate::asset::AssetCode;
use crate::gateway::{GatewayError, NotGenuine};
use crate::id::{AccountId, PaymentId, PayoutId, RefundId};
use crate::money::NoMoney;
use std::sync::Arc;

/// Why something was not done. Unless it says otherwise, nothing has changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    NoMoney(#[from] NoMoney),

    #[error(transparent)]
    NotGenuine(#[from] NotGenuine),

    #[error("there is no payment {id}")]
    UnknownPayment { id: PaymentId },

    #[error("there is no refund {id}")]
    UnknownRefund { id: RefundId },

    #[error("there is no payout {id}")]
    UnknownPayout { id: PayoutId },

    #[error("there is no gateway {code:?} here")]
    UnknownGateway { code: String },

    /// Test money and real money never meet.
    #[error("the gateway {code} is of the other mode")]
    WrongMode { code: &'static str },

    #[error("no gateway takes {}", asset.text())]
    NoRoute { asset: AssetCode },

    #[error("something else was asked for under the id {id}")]
    OtherContent { id: String },

    /// It is of another asset or another kind, or there is none.
    #[error("the account {account} cannot be credited or debited so")]
    WrongAccount { account: AccountId },

    /// None of those that take such money: ask again later under the same id.
    #[error("no gateway was reached: {reason}")]
    NoGateway { reason: String },

    #[error("the gateway refuses: {code}: {message}")]
    Refused { code: String, message: String },

    /// Ask again later.
    #[error("the gateway does not answer: {reason}")]
    NoAnswer { reason: String },

    #[error("the payment {id} has no money that waits to be taken")]
    NothingAuthorised { id: PaymentId },

    #[error("the payment {id} was not taken, or is not booked yet")]
    NotCaptured { id: PaymentId },

    #[error("of the payment {left} units are left, and {asked} cannot go back")]
    MoreThanCaptured { left: i64, asked: i64 },

    /// So small that not one unit would be taken back for it.
    #[error("a refund of {asked} is worth less than one unit of what was bought")]
    TooSmall { asked: i64 },

    #[error("who asks for money to go out does not approve it: another must")]
    SameEyes,

    #[error("{id} was {decision} before")]
    Decided { id: String, decision: &'static str },

    #[error("a reason has 1 to {max} characters, this one has {found}")]
    ReasonLength { found: usize, max: usize },

    #[error("there is no open difference {number}")]
    UnknownDifference { number: i64 },

    #[error("{day} is not over: its books are compared afterwards")]
    NotOver { day: String },

    #[error("{what}: the column {column} cannot be read")]
    Unreadable { what: String, column: &'static str },

    #[error(transparent)]
    Ledger(#[from] crate::Error),

    #[error(transparent)]
    Jobs(Arc<jobs::Error>),

    #[error(transparent)]
    Access(Arc<access::Error>),
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Ledger(error.into())
    }
}

impl From<jobs::Error> for Error {
    fn from(error: jobs::Error) -> Self {
        Self::Jobs(Arc::new(error))
    }
}

impl From<access::Error> for Error {
    fn from(error: access::Error) -> Self {
        Self::Access(Arc::new(error))
    }
}

/// For calls that nothing hangs on: a look at something.
impl From<GatewayError> for Error {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::Refused { code, message } => Self::Refused { code, message },
            GatewayError::NotSent { reason } => Self::NoGateway { reason },
            GatewayError::Ambiguous { reason } => Self::NoAnswer { reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_small_enough_to_be_returned() {
        assert!(size_of::<Error>() < 128, "{}", size_of::<Error>());
    }
}
