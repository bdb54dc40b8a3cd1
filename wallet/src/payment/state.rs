//! What is known of a payment, and of money that goes back or out. Pure.
//!
//! Gateways tell of the same thing several times, late, and in any order; polls come in between. So what is
//! known is a join-semilattice: an observation is a [`Known`] too, and learning is [`Known::join`], which is
//! commutative, associative and idempotent. Any order and any number of observations leads to the same.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How far a payment is. A later one is never left for an earlier one.
///
/// A failed try is none of these: after it a Stripe PaymentIntent is back at `requires_payment_method` and
/// can still be paid (Stripe, "How PaymentIntents work"), and so can a Razorpay order (Razorpay, "Orders",
/// states). Money that was taken wins over a cancellation that crossed it on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// It is there; nobody has tried to pay it.
    #[default]
    Created,
    /// The payer or a bank is at it.
    Pending,
    /// The money is set aside, and not taken.
    Authorised,
    /// It will not be paid any more.
    Cancelled,
    /// Money was taken, all of it or a part.
    Captured,
}

impl Stage {
    pub const ALL: [Stage; 5] =
        [Stage::Created, Stage::Pending, Stage::Authorised, Stage::Cancelled, Stage::Captured];

    /// As rows and messages have it.
    pub const fn word(self) -> &'static str {
        match self {
            Stage::Created => "created",
            Stage::Pending => "pending",
            Stage::Authorised => "authorised",
            Stage::Cancelled => "cancelled",
            Stage::Captured => "captured",
        }
    }

    /// None where there is no such stage.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// Whether nothing but a refund can follow.
    pub const fn is_final(self) -> bool {
        matches!(self, Stage::Cancelled | Stage::Captured)
    }
}

/// How far money is that goes back to a payer or out to a partner.
///
/// What failed stays failed, also after it had succeeded: Stripe's refund may become `failed` after
/// `succeeded` when a bank sends it back (Stripe, "Refunds", failed refunds), a Razorpay payout `reversed`
/// after `processed` (Razorpay X, "Payout states"). The other way round, no gateway's documents know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outgoing {
    /// The gateway has it, and is at it.
    Sent,
    Succeeded,
    /// The money is with us, or is back.
    Failed,
}

impl Outgoing {
    pub const fn word(self) -> &'static str {
        match self {
            Outgoing::Sent => "sent",
            Outgoing::Succeeded => "succeeded",
            Outgoing::Failed => "failed",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        [Self::Sent, Self::Succeeded, Self::Failed].into_iter().find(|it| it.word() == word)
    }
}

/// One time that money was asked of the payer, in units of the payment's asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    pub authorised: i64,
    pub captured: i64,
}

/// A refund as a gateway shows it, whoever asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refunded {
    pub units: i64,
    pub outgoing: Outgoing,
}

/// What is known of a payment: by all that was seen so far, or by one look at it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    pub stage: Stage,
    /// By the gateway's id: a Stripe charge, a Razorpay payment. Two of them may be captured for one Razorpay order.
    pub charges: BTreeMap<String, Charge>,
    /// Tries that failed, by the gateway's id of the try, with its code: facts, and never an end.
    pub failures: BTreeMap<String, String>,
    /// By the gateway's id.
    pub refunds: BTreeMap<String, Refunded>,
    /// Currencies in which the gateway has spoken of it, as asset codes: one, unless something is very wrong.
    pub currencies: BTreeSet<String>,
}

impl Known {
    pub fn at(stage: Stage) -> Self {
        Self { stage, ..Self::default() }
    }

    /// Learns what another look has seen.
    pub fn join(&mut self, other: &Known) {
        self.stage = self.stage.max(other.stage);
        for (id, it) in &other.charges {
            let known = self.charges.entry(id.clone()).or_default();
            known.authorised = known.authorised.max(it.authorised);
            known.captured = known.captured.max(it.captured);
        }
        for (id, code) in &other.failures {
            let known = self.failures.entry(id.clone()).or_default();
            // Of two codes for one try, the same one whichever came first.
            if code > known {
                known.clone_from(code);
            }
        }
        for (id, it) in &other.refunds {
            let known = self.refunds.entry(id.clone()).or_insert(*it);
            known.units = known.units.max(it.units);
            known.outgoing = known.outgoing.max(it.outgoing);
        }
        self.currencies.extend(other.currencies.iter().cloned());
    }

    /// What was taken, over all charges.
    pub fn captured(&self) -> i64 {
        self.charges.values().fold(0, |sum, it| sum.saturating_add(it.captured))
    }

    /// What went back or is on its way, over all refunds.
    pub fn refunded(&self) -> i64 {
        let counts = |it: &&Refunded| it.outgoing != Outgoing::Failed;
        self.refunds.values().filter(counts).fold(0, |sum, it| sum.saturating_add(it.units))
    }

    /// The charge that a refund is of: the one that took most.
    pub fn captured_charge(&self) -> Option<&str> {
        let taken = self.charges.iter().filter(|(_, it)| it.captured > 0);
        taken.max_by_key(|(id, it)| (it.captured, *id)).map(|(id, _)| id.as_str())
    }

    /// The charge whose money is set aside and not taken.
    pub fn authorised_charge(&self) -> Option<&str> {
        let waits = self.charges.iter().filter(|(_, it)| it.authorised > 0 && it.captured == 0);
        waits.max_by_key(|(id, it)| (it.authorised, *id)).map(|(id, _)| id.as_str())
    }
}

/// How many whole units go with a part of the money that was paid for `of_units` of them: rounded down when
/// they are given…
pub fn share_given(part: i64, of_money: i64, of_units: i64) -> i64 {
    let share = i128::from(part) * i128::from(of_units) / i128::from(of_money.max(1));
    i64::try_from(share).unwrap_or(i64::MAX)
}

/// … and up when they are taken back, so that no number of small refunds leaves units that nobody paid for.
pub fn share_taken(part: i64, of_money: i64, of_units: i64) -> i64 {
    let (money, product) = (i128::from(of_money.max(1)), i128::from(part) * i128::from(of_units));
    i64::try_from((product + money - 1) / money).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
