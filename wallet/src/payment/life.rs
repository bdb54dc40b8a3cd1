//! The life of a payment or a payout, as it was seen: for people who want to know how it came to be where it is.

use super::Error;
use crate::id::{PaymentId, PayoutId, RefundId};
use jiff::Timestamp;
use serde_json::Value;
use store::{At, Client, Row, Transaction};
use uuid::Uuid;

/// Where it was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Somebody asked for it here.
    Ask,
    /// A gateway's answer to what was asked of it.
    Answer,
    Poll,
    Webhook,
    /// Somebody decided.
    People,
    /// It was booked.
    Ledger,
}

impl Source {
    const ALL: [Source; 6] =
        [Source::Ask, Source::Answer, Source::Poll, Source::Webhook, Source::People, Source::Ledger];

    pub const fn word(self) -> &'static str {
        match self {
            Source::Ask => "ask",
            Source::Answer => "answer",
            Source::Poll => "poll",
            Source::Webhook => "webhook",
            Source::People => "people",
            Source::Ledger => "ledger",
        }
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// Whose life it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Payment(PaymentId),
    Refund(PaymentId, RefundId),
    Payout(PayoutId),
}

impl Subject {
    fn columns(self) -> (Option<Uuid>, Option<Uuid>, Option<Uuid>) {
        match self {
            Subject::Payment(id) => (Some(id.uuid()), None, None),
            Subject::Refund(payment, id) => (Some(payment.uuid()), Some(id.uuid()), None),
            Subject::Payout(id) => (None, None, Some(id.uuid())),
        }
    }
}

/// Something that was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    pub number: i64,
    pub refund: Option<RefundId>,
    pub at: Timestamp,
    pub source: Source,
    /// In words: "opened at stripe", "captured", "ambiguous: no answer came in time".
    pub what: String,
    /// All that was seen, as data.
    pub seen: Option<Value>,
}

const SEE: &str = "
    insert into wallet.observation (payment, refund, payout, at, source, what, seen)
    values ($1, $2, $3, $4, $5, $6, $7)";

/// Writes down what was seen, with what it changes.
pub(super) async fn see(
    tx: &Transaction<'_>,
    subject: Subject,
    source: Source,
    (what, seen): (&str, Option<Value>),
    now: Timestamp,
) -> Result<(), Error> {
    let (payment, refund, payout) = subject.columns();
    let params: store::Params<'_> = &[&payment, &refund, &payout, &At(now), &source.word(), &what, &seen];
    tx.execute(SEE, params).await?;
    Ok(())
}

const OF_PAYMENT: &str = "
    select number, refund, at, source, what, seen from wallet.observation where payment = $1 order by number";

/// A payment's, with its refunds'.
pub async fn of_payment(client: &Client<'_>, id: PaymentId) -> Result<Vec<Observation>, Error> {
    client.query(OF_PAYMENT, &[&id.uuid()]).await?.iter().map(read).collect()
}

const OF_PAYOUT: &str = "
    select number, refund, at, source, what, seen from wallet.observation where payout = $1 order by number";

pub async fn of_payout(client: &Client<'_>, id: PayoutId) -> Result<Vec<Observation>, Error> {
    client.query(OF_PAYOUT, &[&id.uuid()]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Observation, Error> {
    let number: i64 = row.get("number");
    let what = || format!("observation {number}");
    let source = Source::of(row.get("source"));
    Ok(Observation {
        number,
        refund: row.get::<_, Option<Uuid>>("refund").map(RefundId::of_uuid),
        at: row.get::<_, At>("at").0,
        source: source.ok_or_else(|| Error::Unreadable { what: what(), column: "source" })?,
        what: row.get("what"),
        seen: row.get("seen"),
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[SEE, OF_PAYMENT, OF_PAYOUT];
