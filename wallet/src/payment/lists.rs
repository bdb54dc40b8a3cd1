//! What people look through who answer for the money: payments by how far they are, what was asked to go back, what was closed, messages
//! that told nothing, what the ledger has of each; and books that somebody wants compared now.

use super::difference::{self, Difference};
use super::life::Subject;
use super::out::{Decision, record};
use super::refund::{self, Refund, refunds};
use super::row::{self, Payment, payments};
use super::state::Stage;
use super::work::Reconcile;
use super::{Error, PAGE_MAX, Payments, Webhook};
use crate::gateway::LineKind;
use crate::id::TransferId;
use crate::statement::{self, Recorded};
use access::By;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;
use store::{At, Row};

/// How far payments are that are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentState {
    At(Stage),
    /// The gateway will not have it.
    Refused,
    /// Money was taken, and the ledger has not got it.
    Unbooked,
}

impl PaymentState {
    pub const ALL: [PaymentState; 7] = [
        PaymentState::At(Stage::Created),
        PaymentState::At(Stage::Pending),
        PaymentState::At(Stage::Authorised),
        PaymentState::At(Stage::Captured),
        PaymentState::At(Stage::Cancelled),
        PaymentState::Refused,
        PaymentState::Unbooked,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            PaymentState::At(stage) => stage.word(),
            PaymentState::Refused => "refused",
            PaymentState::Unbooked => "unbooked",
        }
    }

    /// None where there is no such state.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// Which payments are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct PaymentsAsked<'a> {
    pub state: Option<PaymentState>,
    pub owner: Option<&'a str>,
    pub gateway: Option<&'a str>,
    /// Older than the one with this number.
    pub before: Option<i64>,
    /// 1 to 200.
    pub count: i64,
}

const PAYMENTS: &str = payments!(
    "where mode = $1 and ($2::bigint is null or number < $2) and ($3::text is null or owner = $3)
        and ($4::text is null or gateway = $4)
        and case $5::text
            when 'refused' then refused is not null
            when 'unbooked' then stage = 'captured' and booked_at is null
            else $5 is null or stage = $5 and refused is null end
        order by number desc limit $6"
);

const REFUNDS: &str = refunds!(
    "where p.mode = $1 and ($2::text is null or r.decision = $2) and ($3::bigint is null or r.number < $3)
        order by r.number desc limit $4"
);

/// A difference that somebody has closed, and what was said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Closed {
    pub difference: Difference,
    pub at: Timestamp,
    /// `usr_…`
    pub by: String,
    pub note: String,
}

const CLOSED: &str = "
    select number, gateway, day::text as day, kind, subject, ours, theirs, found_at, closed_at, closed_by, note
    from wallet.difference
    where mode = $1 and closed_at is not null and ($2::bigint is null or number < $2) order by number desc limit $3";

/// Messages of gateways that are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookState {
    /// Nothing was made of it yet.
    Waiting,
    /// It could not be read, or its payment was never known here.
    Failed,
}

impl WebhookState {
    pub const fn word(self) -> &'static str {
        match self {
            WebhookState::Waiting => "waiting",
            WebhookState::Failed => "failed",
        }
    }

    /// None where there is no such state.
    pub fn of(word: &str) -> Option<Self> {
        [WebhookState::Waiting, WebhookState::Failed].into_iter().find(|it| it.word() == word)
    }
}

const WEBHOOKS: &str = "
    select id, gateway, event_id, received_at, processed_at, outcome from wallet.webhook
    where mode = $1 and ($2::bigint is null or id < $2) and ($3::text is null or gateway = $3)
        and case $4::text
            when 'waiting' then processed_at is null
            when 'failed' then outcome in ('unreadable', 'unknown')
            else true end
    order by id desc limit $5";

/// How much waits for somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// Asked for, and neither approved nor refused.
    pub refunds: i64,
    pub payouts: i64,
    pub differences: i64,
    /// Taken, and not booked.
    pub unbooked: i64,
    pub webhooks_waiting: i64,
    /// Of the last 90 days.
    pub webhooks_failed: i64,
}

const OPEN: &str = "
    select
        (select count(*) from wallet.refund r join wallet.payment p on p.id = r.payment
            where p.mode = $1 and r.decision = 'asked') as refunds,
        (select count(*) from wallet.payout where mode = $1 and decision = 'asked') as payouts,
        (select count(*) from wallet.difference where mode = $1 and closed_at is null) as differences,
        (select count(*) from wallet.payment where mode = $1 and stage = 'captured' and booked_at is null) as unbooked,
        (select count(*) from wallet.webhook where mode = $1 and body is not null and processed_at is null)
            as webhooks_waiting,
        (select count(*) from wallet.webhook where mode = $1 and body is not null
            and outcome in ('unreadable', 'unknown')) as webhooks_failed";

/// What the transfers of a payment, a refund and a payout are called: their ids follow from that, as [`super::books`] makes them.
const OF_PAYMENT: [&str; 2] = ["payment.money", "payment.units"];
const OF_REFUND: [&str; 6] =
    ["refund.hold", "refund.finish", "refund.money", "refund.void", "refund.back", "refund.money back"];
const OF_PAYOUT: [&str; 4] = ["payout.hold", "payout.finish", "payout.void", "payout.back"];

impl Payments {
    /// The codes of the gateways that are set up.
    pub fn gateways(&self) -> impl Iterator<Item = &'static str> {
        self.gateways.keys().copied()
    }

    /// The newest first.
    pub async fn payments_asked(&self, asked: &PaymentsAsked<'_>) -> Result<Vec<Payment>, Error> {
        let (state, count) = (asked.state.map(PaymentState::word), asked.count.clamp(1, PAGE_MAX));
        let params: store::Params<'_> =
            &[&self.mode.word(), &asked.before, &asked.owner, &asked.gateway, &state, &count];
        let rows = self.store.read("wallet.payments", async |db| db.query(PAYMENTS, params).await).await?;
        rows.iter().map(row::read).collect()
    }

    /// The newest first, all or those about which people have decided so; older than the one with the number `before`: at most 200.
    pub async fn refunds(
        &self,
        decision: Option<Decision>,
        before: Option<i64>,
        count: i64,
    ) -> Result<Vec<Refund>, Error> {
        let (decision, count) = (decision.map(Decision::word), count.clamp(1, PAGE_MAX));
        let params: store::Params<'_> = &[&self.mode.word(), &decision, &before, &count];
        let rows = self.store.read("wallet.refunds", async |db| db.query(REFUNDS, params).await).await?;
        rows.iter().map(refund::read).collect()
    }

    /// Those that somebody has closed, the newest first, older than the one with the number `before`: at most 200.
    pub async fn differences_closed(&self, before: Option<i64>, count: i64) -> Result<Vec<Closed>, Error> {
        let count = count.clamp(1, PAGE_MAX);
        let params: store::Params<'_> = &[&self.mode.word(), &before, &count];
        let rows = self.store.read("wallet.differences", async |db| db.query(CLOSED, params).await).await?;
        rows.iter().map(closed).collect()
    }

    /// Messages in a state, of one gateway or of all; the newest first, older than the one with the id `before`: at most 200.
    pub async fn webhooks_in(
        &self,
        state: Option<WebhookState>,
        gateway: Option<&str>,
        before: Option<i64>,
        count: i64,
    ) -> Result<Vec<Webhook>, Error> {
        let (state, count) = (state.map(WebhookState::word), count.clamp(1, PAGE_MAX));
        let params: store::Params<'_> = &[&self.mode.word(), &before, &gateway, &state, &count];
        let rows = self.store.read("wallet.webhooks", async |db| db.query(WEBHOOKS, params).await).await?;
        Ok(rows.iter().map(super::webhook::read).collect())
    }

    /// How much of these payments waits for somebody.
    pub async fn open_matters(&self) -> Result<Open, Error> {
        let params: store::Params<'_> = &[&self.mode.word()];
        let row = self.store.read("wallet.open", async |db| db.query_one(OPEN, params).await).await?;
        Ok(Open {
            refunds: row.get("refunds"),
            payouts: row.get("payouts"),
            differences: row.get("differences"),
            unbooked: row.get("unbooked"),
            webhooks_waiting: row.get("webhooks_waiting"),
            webhooks_failed: row.get("webhooks_failed"),
        })
    }

    /// What the ledger has of a payment, a refund or a payout, each with what it is there for.
    pub async fn transfers_of(&self, subject: Subject) -> Result<Vec<(&'static str, Recorded)>, Error> {
        let (names, id, lines, gateway) = match subject {
            Subject::Payment(id) => {
                let payment = self.payment(id).await?;
                let charges = payment.known.charges.into_keys().map(|it| (LineKind::Payment, it));
                (&OF_PAYMENT[..], id.to_string(), charges.collect::<Vec<_>>(), payment.gateway)
            }
            Subject::Refund(of, id) => {
                let reference = self.refund(id).await?.going.reference;
                let lines = reference.map(|it| (LineKind::Refund, it)).into_iter().collect();
                (&OF_REFUND[..], id.to_string(), lines, self.payment(of).await?.gateway)
            }
            Subject::Payout(id) => {
                let payout = self.payout(id).await?;
                let lines = payout.going.reference.map(|it| (LineKind::Payout, it)).into_iter().collect();
                (&OF_PAYOUT[..], id.to_string(), lines, payout.gateway)
            }
        };
        let ids = names.iter().map(|name| (*name, TransferId::following_from(name, &[&id])));
        let fees = lines.iter().map(|(kind, reference)| {
            ("gateway.fee", super::books::fee_id(self.mode, &gateway, (*kind, reference)))
        });
        let ids: Vec<(&'static str, TransferId)> = ids.chain(fees).collect();
        let read = self.store.read("wallet.transfers_of", async |db| {
            let mut found = Vec::new();
            for (name, transfer) in ids {
                found.extend(statement::transfer(db, transfer).await?.map(|it| (name, it)));
            }
            Ok::<_, Error>(found)
        });
        read.await
    }

    /// Has a gateway's books of a day compared with ours, soon: "2026-11-30" of UTC, or the day before yesterday where none is said. Asked for
    /// again while it waits, it is compared once.
    pub async fn ask_reconcile(&self, gateway: &str, day: Option<Date>, by: &By) -> Result<(), Error> {
        self.gateway(gateway)?;
        let today = TimeZone::UTC.to_datetime(by.at).date();
        let day = day.unwrap_or_else(|| today.saturating_sub(jiff::Span::new().days(2)));
        if day >= today {
            return Err(Error::NotOver { day: day.to_string() });
        }
        let job = Reconcile { gateway: gateway.to_owned(), day: Some(day.to_string()) };
        let asked = self.store.run_tx("wallet.reconcile_ask", async |tx| {
            self.put(tx, &job, &format!("{gateway} {day}"), None).await?;
            record(
                tx,
                by,
                "payments.reconcile",
                gateway,
                json!({ "day": day.to_string(), "mode": self.mode.word() }),
            )
            .await
        });
        asked.await
    }
}

fn closed(row: &Row) -> Result<Closed, Error> {
    Ok(Closed {
        difference: difference::read(row)?,
        at: row.get::<_, At>("closed_at").0,
        by: row.get::<_, Option<String>>("closed_by").unwrap_or_default(),
        note: row.get::<_, Option<String>>("note").unwrap_or_default(),
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[PAYMENTS, REFUNDS, CLOSED, WEBHOOKS, OPEN];
