//! Why something on a market was not done.

use book::{Refusal, RulesError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What can go wrong. All but the last travel between processes.
#[derive(Clone, Debug, thiserror::Error, Serialize, Deserialize)]
pub enum Error {
    #[error("there is no market {id}")]
    UnknownMarket { id: String },

    #[error("there is no order {id}")]
    UnknownOrder { id: String },

    #[error("{what}")]
    Wanted { what: String },

    #[error("vouchers of {product} are not traded")]
    NotTraded { product: String },

    /// An order, or a change of one: nothing is held for it any more.
    #[error(transparent)]
    Refused(#[from] Refused),

    /// The order is over: filled, cancelled or refused.
    #[error("the order {id} is {state}")]
    Over { id: String, state: String },

    #[error("an order {id} was made before, and is another one")]
    OtherOrder { id: String },

    #[error("{max} orders were made within a minute, which is all that one fan may")]
    TooOften { max: u32, again_seconds: u32 },

    /// Nothing was begun.
    #[error("as much waits as there is room for")]
    Busy,

    /// Nobody holds its lease, for now. Nothing was begun, or it is known to who asks again under the same id.
    #[error("nobody writes the market {id} for now")]
    Away { id: String },

    /// Whether it was done is known to who asks again under the same id.
    #[error("whether that was done is not known yet")]
    Unsure,

    #[error("{what}: the column {column} cannot be read")]
    Unreadable { what: String, column: String },

    #[error("{reason}")]
    Failed { reason: String },

    #[error(transparent)]
    #[serde(skip)]
    Rules(#[from] RulesError),

    #[error(transparent)]
    #[serde(skip)]
    Rewards(#[from] crate::Error),

    #[error(transparent)]
    #[serde(skip)]
    Ledger(#[from] wallet::Error),

    #[error("{0}")]
    #[serde(skip)]
    Market(Arc<market::Error>),

    #[error("{0}")]
    #[serde(skip)]
    Store(Arc<store::Error>),
}

impl Error {
    /// As it travels to another process.
    pub(crate) fn sent(self) -> Self {
        match self {
            Self::Ledger(wallet::Error::Busy | wallet::Error::Ended | wallet::Error::NotKept) => Self::Unsure,
            Self::Store(_) => Self::Unsure,
            Self::Rules(_) | Self::Rewards(_) | Self::Ledger(_) | Self::Market(_) => {
                Self::Failed { reason: self.to_string() }
            }
            other => other,
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<market::Error> for Error {
    fn from(error: market::Error) -> Self {
        Self::Market(Arc::new(error))
    }
}

/// Why an order is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{detail}")]
pub struct Refused {
    pub why: Why,
    /// With the figures that it is about.
    pub detail: String,
}

macro_rules! whys {
    ($($(#[$doc:meta])* $name:ident $word:literal)*) => {
        /// The kinds of refusals.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Why {
            $($(#[$doc])* $name,)*
        }

        impl Why {
            const ALL: &[Why] = &[$(Why::$name),*];

            /// As rows and messages have it.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Why::$name => $word,)*
                }
            }
        }
    };
}

whys! {
    /// The account has less than what the order may cost.
    TooLittle "too-little"
    Frozen "wallet-frozen"
    Halted "market-halted"
    Closed "market-closed"
    NotInLots "not-in-lots"
    QuantityTooLarge "quantity-too-large"
    OutOfRange "out-of-range"
    NotOnTick "not-on-tick"
    OutsideCollar "outside-collar"
    WouldCross "would-cross"
    AlreadyOver "already-over"
    BookFull "book-full"
    TooManyOrders "too-many-orders"
    /// It was asked for, and whoever did so was gone before it was in the book.
    GivenUp "given-up"
    /// Whatever else the ledger says.
    Ledger "ledger"
    /// Whatever else the book says.
    Book "book"
}

impl Why {
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.word() == word)
    }

    pub(crate) fn because(self, detail: impl Into<String>) -> Refused {
        Refused { why: self, detail: detail.into() }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let why = match refusal {
            Refusal::Halted => Why::Halted,
            Refusal::NotInLots { .. } => Why::NotInLots,
            Refusal::QuantityTooLarge { .. } => Why::QuantityTooLarge,
            Refusal::OutOfRange { .. } => Why::OutOfRange,
            Refusal::NotOnTick { .. } => Why::NotOnTick,
            Refusal::OutsideCollar { .. } => Why::OutsideCollar,
            Refusal::WouldCross { .. } => Why::WouldCross,
            Refusal::AlreadyOver { .. } => Why::AlreadyOver,
            Refusal::BookFull { .. } => Why::BookFull,
            Refusal::TooManyOrders { .. } => Why::TooManyOrders,
            Refusal::DuplicateOrder(_) | Refusal::UnknownOrder(_) => Why::Book,
        };
        why.because(refusal.to_string())
    }
}

impl From<wallet::Refusal> for Refused {
    fn from(refusal: wallet::Refusal) -> Self {
        match refusal {
            wallet::Refusal::BelowBound { available, .. } => {
                Why::TooLittle.because(format!("{available} can be spent, which is too little"))
            }
            wallet::Refusal::Frozen { .. } => Why::Frozen.because("the wallet is frozen"),
            other => Why::Ledger.because(other.to_string()),
        }
    }
}
