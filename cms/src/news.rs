//! News of what has changed for fans: written in the transaction that changes it, numbered in the order of commits, and told to whoever
//! follows. What caches have kept under its keys is over.

use crate::entry::Entry;
use crate::error::Error;
use crate::language::Language;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use store::{At, Client, Numbered, Row, Store, Transaction};

/// PostgreSQL's channel for whoever follows.
pub const CHANNEL: &str = "crease_cms";

/// How long news are kept: who has not followed for longer reads everything anew.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 7);
/// News that are read at once.
const READ_MAX: i64 = 500;

/// What one transaction has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct News {
    pub number: i64,
    pub at: Timestamp,
    /// See [`keys`].
    pub keys: Vec<String>,
    pub items: Vec<Item>,
}

/// What was done to a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub entry: String,
    pub kind: String,
    pub language: String,
    /// "publish", "unpublish", or "window": it begins or ceases to be shown.
    pub act: String,
}

impl Item {
    pub(crate) fn of(entry: &Entry, language: &Language, act: &str) -> Self {
        let kind = entry.kind.facts.name.to_owned();
        Self { entry: entry.id.clone(), kind, language: language.to_string(), act: act.to_owned() }
    }
}

/// Under what caches keep what shows a document: its entry, its type, its key, its place. What shows others by their ids is kept under these
/// ids, too (see [`crate::delivery::Document::keys`]).
pub fn keys(entry: &Entry, body: Option<&Value>) -> Vec<String> {
    let Some(body) = body else { return Vec::new() };
    let kind = entry.kind.facts.name;
    let mut keys = vec![entry.id.clone(), format!("kind:{kind}")];
    keys.extend(entry.key.as_ref().map(|key| format!("key:{kind}:{key}")));
    keys.extend(body["slot"].as_str().map(|slot| format!("slot:{slot}")));
    keys
}

const NEXT: &str = "update cms.news_epoch set at = at + 1 returning at";
const TELL: &str = "insert into cms.news (number, at, keys, what) values ($1, $2, $3, $4)";
const NOTIFY: &str = "select pg_notify('crease_cms', '')";
const FORGET: &str = "delete from cms.news where at < $1";

/// Tells what this transaction does: last, since others wait for the number.
pub(crate) async fn tell(
    tx: &Transaction<'_>,
    keys: &BTreeSet<String>,
    items: &[Item],
    now: Timestamp,
) -> Result<(), Error> {
    if items.is_empty() {
        return Ok(());
    }
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let number: i64 = tx.query_one(NEXT, &[]).await?.get("at");
    tx.execute(TELL, &[&number, &At(now), &keys, &json!(items)]).await?;
    tx.execute(FORGET, &[&At::after(now, -KEPT)]).await?;
    tx.query(NOTIFY, &[]).await?;
    Ok(())
}

const LAST: &str = "select at from cms.news_epoch";

/// The number of the last news: where to follow from after everything was read.
pub async fn last(client: &Client<'_>) -> Result<i64, Error> {
    Ok(client.query_one(LAST, &[]).await?.get("at"))
}

const OF_ENTRY: &str = "
    select number, at from cms.news where what @> jsonb_build_array(jsonb_build_object('entry', $1::text))
    order by number desc limit 1";

/// The number of the last news of an entry that are kept, and when they were told.
pub async fn last_of(client: &Client<'_>, entry: &str) -> Result<Option<(i64, Timestamp)>, Error> {
    let row = client.query_opt(OF_ENTRY, &[&entry]).await?;
    Ok(row.map(|it| (it.get("number"), it.get::<_, At>("at").0)))
}

const SINCE: &str = "select number, at, keys, what from cms.news where number > $1 order by number limit $2";

/// What was told after a number, in order.
pub async fn since(client: &Client<'_>, number: i64) -> Result<Vec<News>, Error> {
    client.query(SINCE, &[&number, &READ_MAX]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<News, Error> {
    let number = row.get("number");
    let unreadable = |_| Error::Unreadable { what: format!("news {number}"), column: "what" };
    Ok(News {
        number,
        at: row.get::<_, At>("at").0,
        keys: row.get("keys"),
        items: serde_json::from_value(row.get("what")).map_err(unreadable)?,
    })
}

/// Calls `hear` with all news after a number, in order, for ever: as soon as PostgreSQL says so, and within a second whatever becomes of that
/// word. While the database is away nothing is heard, and nothing is lost.
pub async fn follow(store: &Store, number: i64, hear: impl Fn(&News)) {
    let next = |number| store.read("cms.news", async move |db| since(db, number).await);
    store.hear_since(CHANNEL, number, next, hear).await;
}

impl Numbered for News {
    fn number(&self) -> i64 {
        self.number
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[NEXT, TELL, NOTIFY, FORGET, LAST, OF_ENTRY, SINCE];
