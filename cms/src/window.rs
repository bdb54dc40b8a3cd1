//! Windows: what is published for a time is told of when that begins, and when it ends, so that open pages change by themselves.

use crate::entry;
use crate::error::Error;
use crate::news::{self, Item};
use crate::work::QUEUE;
use jiff::Timestamp;
use jobs::{Job, Wish};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Client, Transaction};

/// A window of what is published begins or ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    pub entry: String,
    /// That which was published then: of another one nobody is told.
    pub revision: i32,
    pub at: Timestamp,
}

impl Job for Edge {
    const KIND: &'static str = "cms.edge";
}

/// Has those told of that are to come.
pub(crate) async fn watch(
    tx: &Transaction<'_>,
    entry: &str,
    revision: i32,
    edges: [Option<Timestamp>; 2],
    now: Timestamp,
) -> Result<(), Error> {
    for at in edges.into_iter().flatten().filter(|it| *it > now) {
        let wish = Wish { queue: QUEUE, run_at: Some(at), ..Wish::default() };
        jobs::enqueue(tx, &Edge { entry: entry.to_owned(), revision, at }, &wish).await?;
    }
    Ok(())
}

const THERE: &str = "select body from cms.published where entry = $1 and is_main and revision = $2";

/// Tells of it, if that is published still.
pub(crate) async fn tell(tx: &Transaction<'_>, edge: &Edge, now: Timestamp) -> Result<(), Error> {
    let Some(body) = published(tx, edge).await? else { return Ok(()) };
    let entry = entry::find(tx, &edge.entry).await?;
    let keys = news::keys(&entry, Some(&body)).into_iter().collect();
    news::tell(tx, &keys, &[Item::of(&entry, &entry.main_language, "window")], now).await
}

async fn published(client: &Client<'_>, edge: &Edge) -> Result<Option<Value>, Error> {
    let row = client.query_opt(THERE, &[&edge.entry, &edge.revision]).await?;
    Ok(row.map(|it| it.get("body")))
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[THERE];
