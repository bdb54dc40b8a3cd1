//! What is asked of the ledger.

use super::book::Kind;
use crate::amount::{self, Amount, AmountError};
use crate::asset::{Asset, AssetCode};
use crate::id::{AccountId, TransferId};
use crate::metadata::Metadata;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// Why units move. There is none for entering a quiz, so that no entry can cost anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Earned by a rule, out of a budget.
    Grant,
    /// A grant that is taken back: what it was for did not happen.
    Clawback,
    /// Units come into being, or leave, on the operator's word: a budget is filled.
    Issue,
    /// Paid in through a gateway.
    TopUp,
    /// Given back through the gateway that it came through.
    Refund,
    /// Paid out to a partner.
    Payout,
    /// Spent on a voucher, which comes for it.
    Purchase,
    /// Given up for what others have on a market: kept apart by an order, and taken by a fill.
    Trade,
    /// What a fill brings, out of what was taken for it.
    Settle,
    /// A voucher that one fan gives to another.
    Gift,
    /// A voucher whose code is shown from now on: no other fan can have it any more.
    Claim,
    /// What a gateway or a market keeps.
    Fee,
    /// Units that were good until then are over.
    Expiry,
    /// The opposite of a transfer that should not have been; only [`Ledger::reverse`](crate::Ledger::reverse) makes one.
    Reversal,
    /// From one part of a budget to another.
    Spread,
}

impl Reason {
    pub const ALL: [Reason; 15] = [
        Reason::Grant,
        Reason::Clawback,
        Reason::Issue,
        Reason::TopUp,
        Reason::Refund,
        Reason::Payout,
        Reason::Purchase,
        Reason::Trade,
        Reason::Settle,
        Reason::Gift,
        Reason::Claim,
        Reason::Fee,
        Reason::Expiry,
        Reason::Reversal,
        Reason::Spread,
    ];

    /// As rows and messages have it.
    pub const fn word(self) -> &'static str {
        match self {
            Reason::Grant => "grant",
            Reason::Clawback => "clawback",
            Reason::Issue => "issue",
            Reason::TopUp => "top-up",
            Reason::Refund => "refund",
            Reason::Payout => "payout",
            Reason::Purchase => "purchase",
            Reason::Trade => "trade",
            Reason::Settle => "settle",
            Reason::Gift => "gift",
            Reason::Claim => "claim",
            Reason::Fee => "fee",
            Reason::Expiry => "expiry",
            Reason::Reversal => "reversal",
            Reason::Spread => "spread",
        }
    }

    /// None where there is no such reason.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// Whether it counts towards what an account may give or take in a day: what only undoes something does not, nor what goes for its worth on a
    /// market, where a fill that came about is settled whatever the day.
    pub const fn counts(self) -> bool {
        !matches!(
            self,
            Reason::Clawback
                | Reason::Refund
                | Reason::Expiry
                | Reason::Reversal
                | Reason::Trade
                | Reason::Settle
        )
    }

    /// Whether units may go from such an account to such another for this reason.
    pub const fn joins(self, debit: Kind, credit: Kind) -> bool {
        match self {
            Reason::Grant => matches!((debit, credit), (Kind::Budget, Kind::Fan)),
            Reason::Clawback => matches!((debit, credit), (Kind::Fan, Kind::Budget)),
            Reason::Issue => {
                matches!(
                    (debit, credit),
                    (Kind::Issuer, Kind::Budget | Kind::Stock) | (Kind::Budget | Kind::Stock, Kind::Issuer)
                )
            }
            // What a fan buys is issued, and what was paid for it goes to the sales; a partner's money stays money.
            Reason::TopUp => matches!(
                (debit, credit),
                (Kind::Gateway, Kind::Fan | Kind::Partner | Kind::Sales) | (Kind::Issuer, Kind::Fan)
            ),
            Reason::Refund => matches!(
                (debit, credit),
                (Kind::Fan | Kind::Partner | Kind::Sales, Kind::Gateway) | (Kind::Fan, Kind::Issuer)
            ),
            Reason::Payout => matches!((debit, credit), (Kind::Partner, Kind::Gateway)),
            // Points that are spent are gone, whence they came.
            Reason::Purchase => {
                matches!(
                    (debit, credit),
                    (Kind::Fan, Kind::Partner | Kind::Issuer) | (Kind::Stock, Kind::Fan)
                )
            }
            Reason::Trade => matches!((debit, credit), (Kind::Fan, Kind::Market)),
            Reason::Settle => matches!((debit, credit), (Kind::Market, Kind::Fan)),
            Reason::Gift => matches!((debit, credit), (Kind::Fan, Kind::Fan)),
            Reason::Claim => matches!((debit, credit), (Kind::Fan, Kind::Issuer)),
            // What a gateway keeps of what it owes us is a cost: below zero by as much.
            Reason::Fee => {
                matches!(credit, Kind::Fees) || matches!((debit, credit), (Kind::Fees, Kind::Gateway))
            }
            Reason::Expiry => matches!((debit, credit), (Kind::Fan, Kind::Issuer | Kind::Budget)),
            Reason::Reversal => true,
            Reason::Spread => matches!((debit, credit), (Kind::Budget, Kind::Budget)),
        }
    }
}

/// From where to where, and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    pub(crate) debit: AccountId,
    pub(crate) credit: AccountId,
    pub(crate) asset: AssetCode,
    pub(crate) units: i64,
    pub(crate) reason: Reason,
}

impl Move {
    /// The amount's type names the asset; that both accounts are of it is found when it is made.
    pub fn new<A: Asset>(amount: Amount<A>, from: AccountId, to: AccountId, reason: Reason) -> Self {
        Self { debit: from, credit: to, asset: A::CODE, units: amount.units(), reason }
    }

    /// The same for an asset that is known at run time alone.
    pub fn of(
        asset: AssetCode,
        units: i64,
        from: AccountId,
        to: AccountId,
        reason: Reason,
    ) -> Result<Self, AmountError> {
        Ok(Self { debit: from, credit: to, asset, units: amount::units(units)?, reason })
    }

    /// The account that units leave.
    pub const fn debit(&self) -> AccountId {
        self.debit
    }

    /// The account that they come to.
    pub const fn credit(&self) -> AccountId {
        self.credit
    }

    pub const fn asset(&self) -> AssetCode {
        self.asset
    }

    pub const fn units(&self) -> i64 {
        self.units
    }

    pub const fn reason(&self) -> Reason {
        self.reason
    }
}

/// What a transfer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// At once and for good.
    Post(Move),
    /// Keeps the units apart, for the transfer to be finished or dropped later, at the latest until then.
    Hold { of: Move, until: Option<Timestamp> },
    /// Finishes a hold: all of it, or a part, and the rest is free again.
    Finish { hold: TransferId, units: Option<i64> },
    /// Drops a hold.
    Void { hold: TransferId },
    /// Drops a hold whose time is over.
    Lapse { hold: TransferId },
}

impl Act {
    /// As rows and pages have it.
    pub const fn word(self) -> &'static str {
        match self {
            Act::Post(_) => "post",
            Act::Hold { .. } => "hold",
            Act::Finish { .. } => "finish",
            Act::Void { .. } => "void",
            Act::Lapse { .. } => "lapse",
        }
    }

    /// How much it names.
    pub(crate) const fn units(self) -> Option<i64> {
        match self {
            Act::Post(of) | Act::Hold { of, .. } => Some(of.units),
            Act::Finish { units, .. } => units,
            Act::Void { .. } | Act::Lapse { .. } => None,
        }
    }

    /// The hold that it resolves.
    pub(crate) const fn hold(self) -> Option<TransferId> {
        match self {
            Act::Post(_) | Act::Hold { .. } => None,
            Act::Finish { hold, .. } | Act::Void { hold } | Act::Lapse { hold } => Some(hold),
        }
    }

    pub(crate) const fn until(self) -> Option<Timestamp> {
        match self {
            Act::Hold { until, .. } => until,
            _ => None,
        }
    }
}

/// One transfer. It is never changed: the same id with the same content is the same transfer, with another content it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    pub id: TransferId,
    pub act: Act,
    pub metadata: Metadata,
}

impl Transfer {
    /// Without metadata.
    pub fn new(id: TransferId, act: Act) -> Self {
        Self { id, act, metadata: Metadata::default() }
    }

    #[must_use]
    pub fn about(self, metadata: Metadata) -> Self {
        Self { metadata, ..self }
    }

    /// SHA-256 of id and content, each part in a fixed length: what a chain is made of, and what tells one content from another.
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.id.number().to_le_bytes());
        let mut moved = |tag: u8, of: &Move| {
            hash.update([tag]);
            hash.update(of.debit.number().to_le_bytes());
            hash.update(of.credit.number().to_le_bytes());
            hash.update(of.units.to_le_bytes());
            for text in [of.asset.text(), of.reason.word()] {
                hash.update((text.len() as u64).to_le_bytes());
                hash.update(text);
            }
        };
        match &self.act {
            Act::Post(of) => moved(0, of),
            Act::Hold { of, until } => {
                moved(1, of);
                // Rows keep microseconds.
                hash.update(until.map_or(i64::MIN, Timestamp::as_microsecond).to_le_bytes());
            }
            Act::Finish { hold, units } => {
                hash.update([2]);
                hash.update(hold.number().to_le_bytes());
                hash.update(units.unwrap_or(i64::MIN).to_le_bytes());
            }
            Act::Void { hold } => {
                hash.update([3]);
                hash.update(hold.number().to_le_bytes());
            }
            Act::Lapse { hold } => {
                hash.update([4]);
                hash.update(hold.number().to_le_bytes());
            }
        }
        self.metadata.digest(&mut hash);
        hash.finalize().into()
    }
}
