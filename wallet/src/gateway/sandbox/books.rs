//! What the sandbox keeps.

use super::Scenario;
use crate::gateway::{Gone, Line, LineKind};
use crate::money::Money;
use crate::payment::state::{Known, Outgoing};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{At, Error, Row, Store};

/// A payment, a refund or a payout.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Thing {
    pub(super) kind: String,
    /// Our id of it.
    pub(super) ours: String,
    pub(super) asset: String,
    pub(super) units: i64,
    pub(super) at: Timestamp,
    /// Of a payment.
    #[serde(default)]
    pub(super) known: Known,
    #[serde(default)]
    pub(super) capture_later: bool,
    #[serde(default)]
    pub(super) tries: u32,
    /// Of what goes out.
    #[serde(default)]
    pub(super) outgoing: Option<Outgoing>,
    /// Of a refund: the payment.
    #[serde(default)]
    pub(super) of: Option<String>,
}

impl Thing {
    pub(super) fn new(kind: &str, ours: String, money: Money, at: Timestamp) -> Self {
        Self {
            kind: kind.to_owned(),
            ours,
            asset: money.asset().text().to_owned(),
            units: money.units(),
            at,
            known: Known::default(),
            capture_later: false,
            tries: 0,
            outgoing: None,
            of: None,
        }
    }

    pub(super) fn scenario(&self) -> Scenario {
        Scenario::of(self.units)
    }

    pub(super) fn gone(&self, reference: &str) -> Gone {
        let outgoing = self.outgoing.unwrap_or(Outgoing::Sent);
        Gone { reference: reference.to_owned(), units: self.units, outgoing }
    }

    /// As its report has it: a payment's charges, or what went out.
    pub(super) fn lines(&self, reference: &str) -> Vec<Line> {
        let line = |kind, reference: &str, units| Line {
            kind,
            reference: reference.to_owned(),
            currency: self.asset.clone(),
            units,
            fee: 0,
            at: self.at,
        };
        let kind = match (self.kind.as_str(), self.outgoing) {
            ("refund", Some(Outgoing::Succeeded)) => LineKind::Refund,
            ("payout", Some(Outgoing::Succeeded)) => LineKind::Payout,
            ("payment", _) => LineKind::Payment,
            _ => return Vec::new(),
        };
        let wrong = match self.scenario() {
            Scenario::Unreported => return Vec::new(),
            Scenario::WrongReport => 1,
            _ => 0,
        };
        if kind != LineKind::Payment {
            return vec![line(kind, reference, self.units - wrong)];
        }
        let taken = self.known.charges.iter().filter(|it| it.1.captured > 0);
        taken.map(|(id, it)| line(kind, id, it.captured - wrong)).collect()
    }
}

const KEEP: &str = "
    insert into wallet.sandbox (reference, thing, made_at, change, told) values ($1, $2, $3, 1, 0)
    on conflict (reference) do update set reference = excluded.reference
    returning reference, thing, change";

/// Keeps it, or answers what is kept under the name.
pub(super) async fn keep(store: &Store, reference: &str, thing: &Thing) -> Result<Thing, Error> {
    let value = value(thing);
    let rows = store.run_one("wallet.sandbox_keep", KEEP, &[&reference, &value, &At(thing.at)]).await?;
    Ok(rows.first().and_then(read).map_or_else(|| thing.clone(), |it| it.1))
}

const FIND: &str = "select reference, thing, change from wallet.sandbox where reference = $1";

pub(super) async fn find(store: &Store, reference: &str) -> Result<Option<Thing>, Error> {
    let read_one = async |db: &store::Client<'_>| db.query_opt(FIND, &[&reference]).await;
    let row = store.read("wallet.sandbox_find", read_one).await?;
    Ok(row.as_ref().and_then(read).map(|it| it.1))
}

const LOCK: &str = "select reference, thing, change from wallet.sandbox where reference = $1 for update";
const CHANGE: &str = "update wallet.sandbox set thing = $2, change = change + 1 where reference = $1";

pub(super) async fn change(
    store: &Store,
    reference: &str,
    change: impl Fn(&mut Thing) + Clone + Send + Sync,
) -> Result<Option<Thing>, Error> {
    let changed = store.run_tx("wallet.sandbox_change", async |tx| {
        let row = tx.query_opt(LOCK, &[&reference]).await?;
        let Some((_, mut thing, _)) = row.as_ref().and_then(read) else { return Ok(None) };
        change(&mut thing);
        tx.execute(CHANGE, &[&reference, &value(&thing)]).await?;
        Ok::<_, Error>(Some(thing))
    });
    changed.await
}

const NEWS: &str = "
    update wallet.sandbox set told = change where told < change returning reference, thing, change";

/// What has changed since it was asked for last, and how often each has.
pub(super) async fn news(store: &Store) -> Result<Vec<(String, Thing, i64)>, Error> {
    let rows = store.run_one("wallet.sandbox_news", NEWS, &[]).await?;
    Ok(rows.iter().filter_map(read).collect())
}

const BETWEEN: &str = "
    select reference, thing, change from wallet.sandbox
    where made_at >= $1 and made_at < $2 and reference > $3 order by reference limit $4";

pub(super) async fn between(
    store: &Store,
    from: Timestamp,
    to: Timestamp,
    after: &str,
    count: usize,
) -> Result<Vec<(String, Thing)>, Error> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let params: store::Params<'_> = &[&At(from), &At(to), &after, &count];
    let rows = store.read("wallet.sandbox_report", async |db| db.query(BETWEEN, params).await).await?;
    Ok(rows.iter().filter_map(read).map(|(reference, thing, _)| (reference, thing)).collect())
}

fn value(thing: &Thing) -> Value {
    serde_json::to_value(thing).expect("texts, numbers and maps of texts are JSON")
}

/// None where the row was written by a release that this one does not understand.
fn read(row: &Row) -> Option<(String, Thing, i64)> {
    let thing = serde_json::from_value(row.get("thing")).ok()?;
    Some((row.get("reference"), thing, row.get("change")))
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[KEEP, FIND, LOCK, CHANGE, NEWS, BETWEEN];
