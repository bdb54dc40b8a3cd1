//! Where a gateway's books and ours do not agree: for people to close, one by one.

use super::{Error, Payments};
use crate::gateway::Mode;
use access::audit::{self, By, Deed};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;
use store::{At, Row, Transaction};

/// What does not agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DifferenceKind {
    /// More or less was taken than was booked.
    Captured,
    /// It was taken in another currency than was asked for. Nothing is booked.
    OtherCurrency,
    /// A payment was taken that no payer was shown.
    Stray,
    /// Somebody has made a refund at the gateway.
    UnaskedRefund,
    /// The gateway went out with another amount than was asked of it.
    SentOther,
    /// The gateway's books have it, and ours do not.
    MissingHere,
    /// Our books have it, and the gateway's do not.
    MissingThere,
    /// Both have it, with different amounts.
    Amount,
    /// Both have it, in different currencies.
    Currency,
    /// The gateway keeps another fee for it than was booked, or gives one back.
    Fee,
    /// A payer has disputed it at their bank, and the gateway may take it back.
    Dispute,
}

impl DifferenceKind {
    const ALL: [DifferenceKind; 11] = [
        DifferenceKind::Captured,
        DifferenceKind::OtherCurrency,
        DifferenceKind::Stray,
        DifferenceKind::UnaskedRefund,
        DifferenceKind::SentOther,
        DifferenceKind::MissingHere,
        DifferenceKind::MissingThere,
        DifferenceKind::Amount,
        DifferenceKind::Currency,
        DifferenceKind::Fee,
        DifferenceKind::Dispute,
    ];

    /// As rows and messages have it.
    pub const fn word(self) -> &'static str {
        match self {
            DifferenceKind::Captured => "captured",
            DifferenceKind::OtherCurrency => "other currency",
            DifferenceKind::Stray => "stray",
            DifferenceKind::UnaskedRefund => "unasked refund",
            DifferenceKind::SentOther => "sent other",
            DifferenceKind::MissingHere => "missing here",
            DifferenceKind::MissingThere => "missing there",
            DifferenceKind::Amount => "amount",
            DifferenceKind::Currency => "currency",
            DifferenceKind::Fee => "fee",
            DifferenceKind::Dispute => "dispute",
        }
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// A difference that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub number: i64,
    pub gateway: String,
    /// "2026-11-30", of UTC.
    pub day: String,
    pub kind: DifferenceKind,
    /// The gateway's name of what it is about, or ours.
    pub subject: String,
    pub ours: Option<i64>,
    pub theirs: Option<i64>,
    pub found_at: Timestamp,
}

/// A difference as it is found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'a> {
    pub(super) kind: DifferenceKind,
    pub(super) subject: &'a str,
    pub(super) ours: Option<i64>,
    pub(super) theirs: Option<i64>,
}

// Found again it is the same; one that was closed and has changed is open again.
const FOUND: &str = "
    insert into wallet.difference (gateway, mode, day, kind, subject, ours, theirs, found_at)
    values ($1, $2, $3::text::date, $4, $5, $6, $7, $8)
    on conflict (gateway, mode, kind, subject) do update
    set ours = excluded.ours, theirs = excluded.theirs, found_at = excluded.found_at, closed_at = null, closed_by = null
    where difference.ours is distinct from excluded.ours or difference.theirs is distinct from excluded.theirs
    returning number";

/// Writes a difference down, on the day on which it is found.
pub(super) async fn found(
    tx: &Transaction<'_>,
    gateway: &str,
    mode: Mode,
    it: &Found<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    found_on(tx, gateway, mode, &day_of(now), it, now).await
}

/// The same on the day whose books were compared.
pub(super) async fn found_on(
    tx: &Transaction<'_>,
    gateway: &str,
    mode: Mode,
    day: &str,
    it: &Found<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let params: store::Params<'_> =
        &[&gateway, &mode.word(), &day, &it.kind.word(), &it.subject, &it.ours, &it.theirs, &At(now)];
    if tx.query_opt(FOUND, params).await?.is_some() {
        let (kind, subject) = (it.kind.word(), it.subject);
        tracing::warn!(gateway, day, kind, subject, "a gateway's books and ours do not agree");
        metrics::counter!("wallet_differences_total", "kind" => kind).increment(1);
    }
    Ok(())
}

/// A day of UTC: "2026-11-30".
pub(super) fn day_of(at: Timestamp) -> String {
    TimeZone::UTC.to_datetime(at).date().to_string()
}

const OPEN: &str = "
    select number, gateway, day::text as day, kind, subject, ours, theirs, found_at from wallet.difference
    where mode = $1 and closed_at is null and ($2::bigint is null or number < $2) order by number desc limit $3";

const CLOSE: &str = "
    update wallet.difference set closed_at = $3, closed_by = $4, note = $5
    where number = $1 and mode = $2 and closed_at is null returning kind, subject";

const NOTE_CHARS_MAX: usize = 500;

impl Payments {
    pub(super) async fn differ(&self, gateway: &str, it: &Found<'_>) -> Result<(), Error> {
        let now = self.clock.now();
        self.store.run_tx("wallet.difference", async |tx| found(tx, gateway, self.mode, it, now).await).await
    }

    /// Those that nobody has closed, the newest first, older than the one with the number `before`: at most 200.
    pub async fn differences(&self, before: Option<i64>, count: i64) -> Result<Vec<Difference>, Error> {
        let count = count.clamp(1, super::PAGE_MAX);
        let params: store::Params<'_> = &[&self.mode.word(), &before, &count];
        let rows = self.store.read("wallet.differences", async |db| db.query(OPEN, params).await).await?;
        rows.iter().map(read).collect()
    }

    /// Somebody has found out why, and says so.
    pub async fn close_difference(&self, number: i64, note: &str, by: &By) -> Result<(), Error> {
        super::out::check_text(note, NOTE_CHARS_MAX)?;
        let closed = self.store.run_tx("wallet.difference_close", async |tx| {
            let params: store::Params<'_> = &[&number, &self.mode.word(), &At(by.at), &by.actor.id, &note];
            let row = tx.query_opt(CLOSE, params).await?.ok_or(Error::UnknownDifference { number })?;
            let object = number.to_string();
            let (kind, subject): (&str, &str) = (row.get("kind"), row.get("subject"));
            let after = json!({ "kind": kind, "subject": subject, "note": note });
            let deed = Deed { object: &object, after: Some(after), ..Deed::of("difference.close") };
            Ok::<_, Error>(audit::record(tx, by, &deed).await?)
        });
        closed.await
    }
}

pub(super) fn read(row: &Row) -> Result<Difference, Error> {
    let number: i64 = row.get("number");
    let kind = DifferenceKind::of(row.get("kind"));
    let what = || format!("difference {number}");
    Ok(Difference {
        number,
        gateway: row.get("gateway"),
        day: row.get("day"),
        kind: kind.ok_or_else(|| Error::Unreadable { what: what(), column: "kind" })?,
        subject: row.get("subject"),
        ours: row.get("ours"),
        theirs: row.get("theirs"),
        found_at: row.get::<_, At>("found_at").0,
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[FOUND, OPEN, CLOSE];
