//! Money that goes back or out: asked for by one, approved by another, sent, and settled in the ledger. The
//! same for refunds and payouts.

use super::books::{Out, Settled};
use super::life::{Source, Subject, see};
use super::state::Outgoing;
use super::{Error, Payments};
use crate::gateway::{GatewayError, Gone};
use access::audit::{self, By, Deed};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{At, Row, Transaction};
use uuid::Uuid;

/// What people say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Asked,
    Approved,
    /// Refused by somebody, or there was not enough to hold.
    Dropped,
}

impl Decision {
    pub const fn word(self) -> &'static str {
        match self {
            Decision::Asked => "asked",
            Decision::Approved => "approved",
            Decision::Dropped => "dropped",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Asked, Self::Approved, Self::Dropped].into_iter().find(|it| it.word() == word)
    }
}

/// How far it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Going {
    pub decision: Decision,
    pub asked_by: String,
    pub asked_at: Timestamp,
    pub decided_by: Option<String>,
    pub decided_at: Option<Timestamp>,
    /// The gateway may have it.
    pub is_asked: bool,
    pub reference: Option<String>,
    pub outgoing: Option<Outgoing>,
    /// Why it failed.
    pub reason: Option<String>,
    /// What was held for it is taken, free, or back; the ledger has it.
    pub settled_at: Option<Timestamp>,
}

impl Going {
    /// From a row with the columns of both tables.
    pub(super) fn read(row: &Row, what: &str) -> Result<Self, Error> {
        let unreadable = |column| Error::Unreadable { what: what.to_owned(), column };
        let outgoing = row.get::<_, Option<&str>>("outgoing").map(|it| Outgoing::of(it).ok_or("outgoing"));
        Ok(Self {
            decision: Decision::of(row.get("decision")).ok_or_else(|| unreadable("decision"))?,
            asked_by: row.get("asked_by"),
            asked_at: row.get::<_, At>("asked_at").0,
            decided_by: row.get("decided_by"),
            decided_at: row.get::<_, Option<At>>("decided_at").map(|it| it.0),
            is_asked: row.get("is_asked"),
            reference: row.get("reference"),
            outgoing: outgoing.transpose().map_err(unreadable)?,
            reason: row.get("reason"),
            settled_at: row.get::<_, Option<At>>("settled_at").map(|it| it.0),
        })
    }

    /// Whether a job has nothing to do about it.
    pub(super) fn is_over(&self) -> bool {
        let is_settled = self.settled_at.is_some();
        match (self.decision, self.outgoing) {
            (Decision::Asked, _) => true,
            (Decision::Dropped, _) => is_settled,
            (Decision::Approved, None | Some(Outgoing::Sent)) => false,
            (Decision::Approved, Some(Outgoing::Succeeded | Outgoing::Failed)) => is_settled,
        }
    }
}

/// What a job finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Over,
    /// To be looked at again.
    Waits,
}

/// Which of the two tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Refund,
    Payout,
}

struct Statements {
    decide: &'static str,
    ask: &'static str,
    learn: &'static str,
    settle: &'static str,
}

macro_rules! statements {
    ($table:literal) => {
        Statements {
            decide: concat!(
                "update wallet.",
                $table,
                " set decision = $2, decided_by = $3, decided_at = $4, reason = $5 where id = $1 and decision = 'asked'"
            ),
            ask: concat!("update wallet.", $table, " set is_asked = true where id = $1 and decision = 'approved'"),
            learn: concat!(
                "update wallet.",
                $table,
                " set reference = coalesce(reference, $2), outgoing = $3, reason = coalesce($4, reason) where id = $1"
            ),
            // What is back stays back, and what is free stays free: who took it found it so.
            settle: concat!(
                "update wallet.",
                $table,
                " set settled = $2, settled_at = $3 where id = $1 and settled is distinct from $2
                    and (settled is null or (settled = 'taken' and $2 = 'back'))"
            ),
        }
    };
}

const REFUND: Statements = statements!("refund");
const PAYOUT: Statements = statements!("payout");

impl Table {
    const fn statements(self) -> &'static Statements {
        match self {
            Table::Refund => &REFUND,
            Table::Payout => &PAYOUT,
        }
    }
}

/// Whether anybody may still decide about it.
pub(super) fn may_decide(going: &Going, id: &str) -> Result<(), Error> {
    match going.decision {
        Decision::Asked => Ok(()),
        other => Err(Error::Decided { id: id.to_owned(), decision: other.word() }),
    }
}

/// Who did what, for the log.
pub(super) async fn record(
    tx: &Transaction<'_>,
    by: &By,
    action: &str,
    object: &str,
    after: Value,
) -> Result<(), Error> {
    let deed = Deed { object, after: Some(after), ..Deed::of(action) };
    Ok(audit::record(tx, by, &deed).await?)
}

/// Decides about something that was asked for, if nobody has before.
pub(super) async fn decide(
    tx: &Transaction<'_>,
    table: Table,
    id: Uuid,
    decision: Decision,
    by: &By,
    reason: Option<&str>,
) -> Result<u64, Error> {
    let params: store::Params<'_> = &[&id, &decision.word(), &by.actor.id, &At(by.at), &reason];
    Ok(tx.execute(table.statements().decide, params).await?)
}

/// Learns how far it is at the gateway; `known` is what its row says, under a lock. Answers whether that is new.
pub(super) async fn learn(
    tx: &Transaction<'_>,
    (table, id, subject): (Table, Uuid, Subject),
    known: Option<Outgoing>,
    seen: Seen<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let outgoing = known.max(Some(seen.outgoing));
    let word = outgoing.map(Outgoing::word);
    let params: store::Params<'_> = &[&id, &seen.reference, &word, &seen.reason];
    tx.execute(table.statements().learn, params).await?;
    if outgoing != known || seen.source != Source::Poll {
        let what = match seen.reason {
            Some(reason) => format!("{}: {reason}", seen.outgoing.word()),
            None => seen.outgoing.word().to_owned(),
        };
        let data = json!({ "reference": seen.reference });
        see(tx, subject, seen.source, (&what, Some(data)), now).await?;
    }
    Ok(())
}

/// How something was seen that goes out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'a> {
    pub(super) source: Source,
    pub(super) reference: Option<&'a str>,
    pub(super) outgoing: Outgoing,
    pub(super) reason: Option<&'a str>,
}

impl<'a> Seen<'a> {
    pub(super) fn gone(gone: &'a Gone, source: Source) -> Self {
        Self { source, reference: Some(&gone.reference), outgoing: gone.outgoing, reason: None }
    }

    /// The gateway will not.
    pub(super) fn refused(reason: &'a str) -> Self {
        let (source, outgoing) = (Source::Answer, Outgoing::Failed);
        Self { source, reference: None, outgoing, reason: Some(reason) }
    }
}

/// The reason of a refusal; none where nobody knows yet.
pub(super) fn refusal(error: &GatewayError) -> Option<String> {
    match error {
        GatewayError::Refused { code, message } => Some(format!("{code}: {message}")),
        GatewayError::NotSent { .. } | GatewayError::Ambiguous { .. } => None,
    }
}

impl Payments {
    /// Writes down, before a gateway is asked, that it is.
    pub(super) async fn ask_for(&self, table: Table, id: Uuid) -> Result<(), Error> {
        let asked = async |tx: &Transaction<'_>| tx.execute(table.statements().ask, &[&id]).await;
        self.store.run_tx("wallet.out_ask", asked).await?;
        Ok(())
    }

    /// A line of its life that changes nothing.
    pub(super) async fn note_out(&self, subject: Subject, error: &GatewayError) -> Result<(), Error> {
        let what = format!("{}: {error}", error.word());
        let noted = self.store.run_tx("wallet.out_note", async |tx| {
            see(tx, subject, Source::Answer, (&what, None), self.clock.now()).await
        });
        noted.await
    }

    /// Has the ledger take what was held, or give it back. Done again, it does nothing.
    pub(super) async fn settle(
        &self,
        (table, id, subject): (Table, Uuid, Subject),
        going: &Going,
        out: &Out,
    ) -> Result<(), Error> {
        let settled = match (going.decision, going.outgoing) {
            (Decision::Dropped, _) | (_, Some(Outgoing::Failed)) => Some(self.give_back(out).await?),
            (_, Some(Outgoing::Succeeded)) => self.take(out).await?,
            (_, Some(Outgoing::Sent) | None) => None,
        };
        let Some(settled) = settled else { return Ok(()) };
        self.note_settled((table, id, subject), settled).await
    }

    async fn note_settled(
        &self,
        (table, id, subject): (Table, Uuid, Subject),
        settled: Settled,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let noted = self.store.run_tx("wallet.out_settle", async |tx| {
            let params: store::Params<'_> = &[&id, &settled.word(), &At(now)];
            if tx.execute(table.statements().settle, params).await? == 1 {
                see(tx, subject, Source::Ledger, (settled.word(), None), now).await?;
            }
            Ok::<_, Error>(())
        });
        noted.await
    }
}

/// Why something is asked for, refused or closed: for people, and never empty.
pub(super) fn check_text(text: &str, max: usize) -> Result<(), Error> {
    let found = text.trim().chars().count();
    if (1..=max).contains(&found) { Ok(()) } else { Err(Error::ReasonLength { found, max }) }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    REFUND.decide,
    REFUND.ask,
    REFUND.learn,
    REFUND.settle,
    PAYOUT.decide,
    PAYOUT.ask,
    PAYOUT.learn,
    PAYOUT.settle,
];
