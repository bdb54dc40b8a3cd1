//! `crease ledger verify`: whether the books are right.

use crate::config::Config;
use crate::role;
use std::io::Write;

/// Faults that are written out; how many there are is said in any case.
const FAULTS_SHOWN: usize = 100;

/// Reads all of the books, at one moment, and says what is wrong with them; answers whether nothing is.
pub async fn verify(config: &Config, out: &mut impl Write) -> anyhow::Result<bool> {
    let (database, store) = role::open_store(config).await?;
    // One moment of the database, while transfers are made: all statements see the same.
    let report = store
        .run_tx("wallet.verify", async |tx| {
            tx.batch("set transaction isolation level repeatable read, read only").await?;
            // All lines of large books are not read within what other statements may take.
            tx.batch("set local statement_timeout = 0").await?;
            wallet::verify::verify(tx).await
        })
        .await?;
    for fault in report.faults.iter().take(FAULTS_SHOWN) {
        writeln!(out, "{fault}")?;
    }
    let (transfers, batches) = (report.transfers, report.batches);
    match report.faults.len() {
        0 => writeln!(out, "{transfers} transfers in {batches} batches: the books are right")?,
        faults => writeln!(out, "{transfers} transfers in {batches} batches: {faults} faults")?,
    }
    store.close();
    database.stop().await;
    Ok(report.faults.is_empty())
}
