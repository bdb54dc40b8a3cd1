//! Processes that run jobs: they say that they live, and those that no longer do lose their jobs.

use store::{Error, Store, Transaction};

const JOIN: &str = "insert into jobs.node (name) values ($1) returning epoch";

const BEAT: &str = "update jobs.node set seen_at = clock_timestamp() where epoch = $1";

/// Those that fell silent. Locked, so that two who look at once do not both see them.
const SILENT: &str = "
    select epoch from jobs.node where seen_at < clock_timestamp() - make_interval(secs => $1::float8 / 1000)
    for update skip locked";

const LEAVE: &str = "delete from jobs.node where epoch = any($1)";

/// A new node; its number is never given twice.
pub(crate) async fn join(store: &Store, name: &str) -> Result<i64, Error> {
    store.run_tx("jobs.join", async |tx| Ok::<_, Error>(tx.query_one(JOIN, &[&name]).await?.get(0))).await
}

/// Whether the node is still known; if not, its jobs have been given to others.
pub(crate) async fn beat(store: &Store, epoch: i64) -> Result<bool, Error> {
    let beaten = store.run_tx("jobs.beat", async |tx| tx.execute(BEAT, &[&epoch]).await).await?;
    Ok(beaten == 1)
}

/// The nodes that have said nothing for so long; they stay locked until the transaction ends.
pub(crate) async fn silent(tx: &Transaction<'_>, silence_ms: u32) -> Result<Vec<i64>, Error> {
    let rows = tx.query(SILENT, &[&f64::from(silence_ms)]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Forgets nodes.
pub(crate) async fn leave(tx: &Transaction<'_>, epochs: &[i64]) -> Result<(), Error> {
    tx.execute(LEAVE, &[&epochs]).await.map(|_| ())
}
