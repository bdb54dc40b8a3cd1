//! How many open streams were sent what was published, and how long it took: counted by each process, and written down.

use cms::{Error, news};
use jiff::Timestamp;
use std::time::Duration;
use store::{At, Client, Migrations, Row, Step, Store};

pub const MIGRATIONS: Migrations =
    Migrations { schema: "server", steps: &[Step { name: "0006_reach", sql: include_str!("1_reach.sql") }] };

/// How long counts are kept.
const KEPT: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 30);

const NOTE: &str = "
    insert into server.content_reach (number, process, streams, took_ms, at) values ($1, $2, $3, $4, $5)
    on conflict (number, process) do nothing";
const FORGET: &str = "delete from server.content_reach where at < $1";

/// What a process has sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) streams: usize,
    /// Until the last stream that kept up had been sent it.
    pub(crate) took: Duration,
}

/// Writes down what this process has sent of some news.
pub(super) async fn note(
    store: &Store,
    (number, process): (i64, &str),
    sent: Sent,
    now: Timestamp,
) -> Result<(), store::Error> {
    let streams = i64::try_from(sent.streams).unwrap_or(i64::MAX);
    let took_ms = i32::try_from(sent.took.as_millis()).unwrap_or(i32::MAX);
    store
        .run_tx("content.reach", async |tx| {
            tx.execute(FORGET, &[&At::after(now, -KEPT)]).await?;
            tx.execute(NOTE, &[&number, &process, &streams, &took_ms, &At(now)]).await.map(drop)
        })
        .await
}

/// How far the last change of an entry went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    pub at: Timestamp,
    /// Open streams that were sent it: a stream may be several widgets and tabs of one browser.
    pub streams: i64,
    /// Processes that have counted so far.
    pub processes: i64,
    /// From when it was published until the slowest of them had sent it.
    pub slowest_ms: i32,
}

const OF_NEWS: &str = "
    select coalesce(sum(streams), 0)::bigint as streams, count(*) as processes, coalesce(max(took_ms), 0) as slowest_ms
    from server.content_reach where number = $1";

/// That of what was done to an entry last, as far as that is not longer ago than a week.
pub async fn of_entry(client: &Client<'_>, entry: &str) -> Result<Option<Reach>, Error> {
    let Some((number, at)) = news::last_of(client, entry).await? else { return Ok(None) };
    let row: Row = client.query_one(OF_NEWS, &[&number]).await?;
    Ok(Some(Reach {
        at,
        streams: row.get("streams"),
        processes: row.get("processes"),
        slowest_ms: row.get("slowest_ms"),
    }))
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
const STATEMENTS: &[&str] = &[NOTE, FORGET, OF_NEWS];

#[cfg(test)]
mod tests {
    use super::*;
    use store::testing::TestStore;

    #[tokio::test]
    async fn every_statement_can_be_prepared() {
        let test = TestStore::new(crate::role::MIGRATIONS).await;
        for sql in STATEMENTS {
            let prepared = test.store().read("test", async |client| client.prepare(sql).await).await;
            assert!(prepared.is_ok(), "{sql}: {prepared:?}");
        }
    }
}
