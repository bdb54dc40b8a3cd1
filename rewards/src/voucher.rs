//! Vouchers: bought with points, held as units of the product's asset, given, opened, and redeemed by a code.
//!
//! Who holds how many is the ledger's to say, and nothing here keeps a second count of it. Rows say what is wanted, and
//! the ids of transfers follow from theirs: whatever was interrupted is repaired by doing it again, which
//! [`Vouchers::sweep`] does too.
//!
//! A held voucher has no code. [`Vouchers::claim`] takes one out of the product's pool, gives the unit up, and only
//! then shows the code.

mod claim;
mod expiry;
mod gift;
mod held;
mod import;
mod limits;
mod pool;
mod redeem;
mod reservation;
mod secrets;
pub mod stock;

pub use claim::{Opened, State, Voucher};
pub use expiry::{Sweep, Swept};
pub use gift::Given;
pub use held::{Held, OPENED_MAX};
pub use import::{BYTES_MAX, Bad, BadLine, CODES_MAX, NotImported};
pub use pool::Batch;
pub use redeem::{Found, Redeemer, Said, Shown};
pub use reservation::{Reservation, Stage, UNITS_MAX};
pub use stock::Figures;

use crate::product::Product;
use secrets::Secrets;
use std::sync::Arc;
use store::{Clock, Seal, Store};
use wallet::{Books, Ledger, Refusal, TransferId};

/// Vouchers of a process. Clones share everything.
#[derive(Clone)]
pub struct Vouchers {
    store: Store,
    clock: Clock,
    ledger: Ledger,
    secrets: Arc<Secrets>,
}

/// Whose products: an organisation's, or the house's own, in one of the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner<'a> {
    pub books: Books,
    pub organisation_id: Option<&'a str>,
}

impl Owner<'_> {
    pub fn has(&self, product: &Product) -> bool {
        product.books == self.books && product.organisation_id.as_deref() == self.organisation_id
    }
}

/// Why a fan does not get what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("as many as that are not left")]
    SoldOut,

    #[error("it costs more points than can be spent")]
    TooLittle,

    #[error("it costs more points than may be spent today")]
    DayLimit,

    #[error("the wallet is frozen")]
    Frozen,

    #[error("the fan has not so many of it that are free")]
    NotHeld,

    #[error("its time is over")]
    Over,

    #[error("the wallet is not there any more, or does not take it")]
    Refused,
}

impl Denied {
    const ALL: [Denied; 7] = [
        Denied::SoldOut,
        Denied::TooLittle,
        Denied::DayLimit,
        Denied::Frozen,
        Denied::NotHeld,
        Denied::Over,
        Denied::Refused,
    ];

    /// As rows have it.
    pub const fn word(self) -> &'static str {
        match self {
            Denied::SoldOut => "sold-out",
            Denied::TooLittle => "too-little",
            Denied::DayLimit => "day-limit",
            Denied::Frozen => "frozen",
            Denied::NotHeld => "not-held",
            Denied::Over => "over",
            Denied::Refused => "refused",
        }
    }

    fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|it| it.word() == word).unwrap_or(Denied::Refused)
    }

    /// What a refusal of the ledger means for who asked; `short` where an account has not enough.
    fn by(refusal: Refusal, short: impl FnOnce(wallet::AccountId) -> Denied) -> Self {
        match refusal {
            Refusal::BelowBound { account, .. } => short(account),
            Refusal::DayLimit { .. } => Denied::DayLimit,
            Refusal::Frozen { .. } => Denied::Frozen,
            Refusal::EndsBefore | Refusal::Over { .. } | Refusal::Resolved { .. } => Denied::Over,
            _ => Denied::Refused,
        }
    }
}

impl Vouchers {
    pub fn new(store: &Store, clock: &Clock, ledger: &Ledger, seal: &Seal) -> Self {
        let secrets = Arc::new(Secrets::new(seal));
        Self { store: store.clone(), clock: clock.clone(), ledger: ledger.clone(), secrets }
    }
}

/// The id of what somebody asks for: the same each time that it is asked for under the same key, and a new one without
/// a key. `prefix` says what it is of, and `who` whose keys they are.
pub fn id_of(prefix: &str, who: &str, key: Option<&str>) -> String {
    let Some(key) = key else { return store::ids::new(prefix) };
    let follows = TransferId::following_from(prefix, &[who, key]).to_string();
    let (_, digits) = follows.split_once('_').unwrap_or_default();
    format!("{prefix}_{digits}")
}

/// Every statement of these files, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) fn statements() -> Vec<&'static str> {
    [
        claim::STATEMENTS,
        expiry::STATEMENTS,
        held::STATEMENTS,
        limits::STATEMENTS,
        pool::STATEMENTS,
        redeem::STATEMENTS,
        reservation::STATEMENTS,
        reservation::row::STATEMENTS,
        stock::STATEMENTS,
    ]
    .concat()
}
