//! A gateway's own books beside ours, day by day: every line that one of them has and the other has not, or
//! has otherwise. What the gateway keeps of what both have is booked.

use super::difference::{DifferenceKind, Found, day_of, found_on};
use super::{Error, Payments, books};
use crate::asset::AssetCode;
use crate::gateway::{Line, LineKind};
use crate::ledger::Refusal;
use crate::money::Money;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use store::{At, Row};

/// A gateway's clock, a bank's and ours need not agree on which day it was: what is missing is looked for a
/// day before and after.
const MARGIN: SignedDuration = SignedDuration::from_hours(24);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Pages of a report; one that has more never ends.
const PAGES_MAX: usize = 10_000;

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// The gateway's, of that day.
    pub lines: u64,
    /// Ours, of that day.
    pub ours: u64,
    /// What the gateway keeps of them, by its own word, in the smallest units of whatever they are of.
    pub fees: i64,
    pub differences: u64,
}

/// Something that our books have.
struct Ours {
    reference: String,
    kind: LineKind,
    asset: String,
    units: i64,
    /// In the day that is compared, and not only around it.
    is_of_day: bool,
}

/// Money that was taken, by its charges: what was booked in these days, or of which the gateway has lines.
const PAYMENTS: &str = "
    select c.key as reference, asset, (c.value ->> 'captured')::bigint as units, booked_at as at
    from wallet.payment, jsonb_each(known -> 'charges') c
    where gateway = $1 and mode = $2 and (c.value ->> 'captured')::bigint > 0
        and (booked_at >= $3 and booked_at < $4 or known -> 'charges' ?| $5)";

/// What came back has a line all the same: of when it went.
const REFUNDS: &str = "
    select r.reference, p.asset, r.units, r.settled_at as at
    from wallet.refund r join wallet.payment p on p.id = r.payment
    where p.gateway = $1 and p.mode = $2 and r.reference is not null
        and (r.outgoing = 'succeeded' and r.settled_at >= $3 and r.settled_at < $4 or r.reference = any($5))";

const PAYOUTS: &str = "
    select reference, asset, units, settled_at as at from wallet.payout
    where gateway = $1 and mode = $2 and reference is not null
        and (outgoing = 'succeeded' and settled_at >= $3 and settled_at < $4 or reference = any($5))";

impl Payments {
    /// Compares the books of a day of UTC, "2026-11-30": the day before yesterday where none is said. Doing
    /// it again finds the same, and writes it down once.
    pub async fn reconcile(&self, gateway: &str, day: Option<&str>) -> Result<Reconciled, Error> {
        let now = self.clock.now();
        let two_days_ago = now.checked_sub(DAY * 2).unwrap_or(now);
        let day = day.map_or_else(|| day_of(two_days_ago), str::to_owned);
        let unreadable = || Error::Unreadable { what: format!("the day {day:?}"), column: "day" };
        let date: Date = day.parse().map_err(|_| unreadable())?;
        let from = TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).map_err(|_| unreadable())?;
        let to = from.checked_add(DAY).map_err(|_| unreadable())?;
        let (wide_from, wide_to) = (earlier(from), to.checked_add(MARGIN).unwrap_or(to));
        let theirs = self.lines(gateway, wide_from, wide_to).await?;
        let ours = self.ours(gateway, (from, to), &theirs).await?;
        let (mut reconciled, mut found, fees) = compare(&theirs, &ours, (from, to));
        for fee in &fees {
            found.extend(self.book_fee(gateway, fee).await?);
        }
        let written = self.store.run_tx("wallet.reconcile", async |tx| {
            for it in &found {
                found_on(tx, gateway, self.mode, &day, &it.found(), now).await?;
            }
            Ok::<_, Error>(())
        });
        written.await?;
        reconciled.differences = found.len() as u64;
        tracing::info!(gateway, day, ?reconciled, "a gateway's books were compared with ours");
        Ok(reconciled)
    }

    /// Books what the gateway keeps for something that both have: once, also if it says so again.
    async fn book_fee(&self, gateway: &str, fee: &Fee) -> Result<Option<Differs>, Error> {
        let differs = || {
            let (kind, subject) = (DifferenceKind::Fee, fee.reference.clone());
            Ok(Some(Differs { kind, subject, ours: None, theirs: Some(fee.units) }))
        };
        // A fee that is given back is for people to look at.
        if fee.units < 0 {
            return differs();
        }
        let Some(asset) = AssetCode::of(&fee.currency) else { return Ok(None) };
        let (money, of) = (Money::of(asset, fee.units)?, (fee.kind, fee.reference.as_str()));
        let transfer = self.store.run_tx("wallet.fee", async |tx| {
            books::fee(tx, self.mode, gateway, of, money, self.clock.now()).await
        });
        match self.ledger.make(transfer.await?).await {
            Ok(_) => Ok(None),
            Err(crate::Error::Refused(Refusal::OtherContent { .. })) => differs(),
            Err(error) => Err(error.into()),
        }
    }

    async fn lines(&self, gateway: &str, from: Timestamp, to: Timestamp) -> Result<Vec<Line>, Error> {
        let gateway = self.gateway(gateway)?;
        let (mut all, mut page) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let lines = gateway.report(from, to, page.as_deref()).await?;
            all.extend(lines.lines);
            page = lines.next;
            if page.is_none() {
                return Ok(all);
            }
        }
        Err(Error::NoAnswer { reason: format!("a report has more than {PAGES_MAX} pages") })
    }

    async fn ours(
        &self,
        gateway: &str,
        (from, to): (Timestamp, Timestamp),
        theirs: &[Line],
    ) -> Result<Vec<Ours>, Error> {
        let names = |kind| {
            let of_kind = theirs.iter().filter(move |it| it.kind == kind);
            of_kind.map(|it| it.reference.clone()).collect::<Vec<String>>()
        };
        let mode = self.mode.word();
        let mut all = Vec::new();
        for (kind, sql) in
            [(LineKind::Payment, PAYMENTS), (LineKind::Refund, REFUNDS), (LineKind::Payout, PAYOUTS)]
        {
            let params: store::Params<'_> = &[&gateway, &mode, &At(from), &At(to), &names(kind)];
            let rows = self.store.read("wallet.reconcile", async |db| db.query(sql, params).await).await?;
            all.extend(rows.iter().map(|row| ours(row, kind, from, to)));
        }
        Ok(all)
    }
}

fn earlier(from: Timestamp) -> Timestamp {
    from.checked_sub(MARGIN).unwrap_or(from)
}

fn ours(row: &Row, kind: LineKind, from: Timestamp, to: Timestamp) -> Ours {
    let at = row.get::<_, Option<At>>("at").map(|it| it.0);
    Ours {
        reference: row.get("reference"),
        kind,
        asset: row.get("asset"),
        units: row.get("units"),
        is_of_day: at.is_some_and(|it| (from..to).contains(&it)),
    }
}

/// A difference, with what it is about.
struct Differs {
    kind: DifferenceKind,
    subject: String,
    ours: Option<i64>,
    theirs: Option<i64>,
}

impl Differs {
    fn found(&self) -> Found<'_> {
        Found { kind: self.kind, subject: &self.subject, ours: self.ours, theirs: self.theirs }
    }
}

/// What a gateway keeps for something that our books have as well.
struct Fee {
    kind: LineKind,
    reference: String,
    currency: String,
    units: i64,
}

/// Lines of the day must be in our books, and what our books have of the day must be among the lines, also of
/// the days around it.
fn compare(
    theirs: &[Line],
    ours: &[Ours],
    (from, to): (Timestamp, Timestamp),
) -> (Reconciled, Vec<Differs>, Vec<Fee>) {
    let mut lines: BTreeMap<(LineKind, &str), (i64, i64, &Line)> = BTreeMap::new();
    for line in theirs {
        // More than one line of a charge is one amount.
        let sum = lines.entry((line.kind, &line.reference)).or_insert((0, 0, line));
        (sum.0, sum.1) = (sum.0.saturating_add(line.units), sum.1.saturating_add(line.fee));
    }
    let known: BTreeMap<(LineKind, &str), &Ours> =
        ours.iter().map(|it| ((it.kind, it.reference.as_str()), it)).collect();
    let (mut reconciled, mut found, mut fees) = (Reconciled::default(), Vec::new(), Vec::new());
    let mut differs = |kind, subject: &str, ours, theirs| {
        found.push(Differs { kind, subject: subject.to_owned(), ours, theirs });
    };
    for ((kind, reference), (units, fee, line)) in &lines {
        if !(from..to).contains(&line.at) {
            continue;
        }
        reconciled.lines += 1;
        reconciled.fees = reconciled.fees.saturating_add(*fee);
        match known.get(&(*kind, *reference)) {
            None => differs(DifferenceKind::MissingHere, reference, None, Some(*units)),
            Some(it) if it.asset != line.currency => {
                differs(DifferenceKind::Currency, reference, Some(it.units), Some(*units));
            }
            Some(it) if it.units != *units => {
                differs(DifferenceKind::Amount, reference, Some(it.units), Some(*units));
            }
            Some(_) if *fee == 0 => {}
            Some(_) => fees.push(Fee {
                kind: *kind,
                reference: (*reference).to_owned(),
                currency: line.currency.clone(),
                units: *fee,
            }),
        }
    }
    for it in ours.iter().filter(|it| it.is_of_day) {
        reconciled.ours += 1;
        if !lines.contains_key(&(it.kind, it.reference.as_str())) {
            differs(DifferenceKind::MissingThere, &it.reference, Some(it.units), None);
        }
    }
    (reconciled, found, fees)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[PAYMENTS, REFUNDS, PAYOUTS];
