//! How many transfers are made in a second, on a PostgreSQL that writes everything to the disk, beside one transaction a transfer and the
//! approach of pgledger. `cargo xtask bench ledger` runs it.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench speaks on its terminal")]

mod figures;
mod ours;
mod peers;
mod report;

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use store::Store;
use store::postgres::{Embedded, Source};

const ROUNDS: usize = 3;

/// Who may be debited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pattern {
    /// Any of the fans' accounts.
    Uniform,
    /// One budget, as when a campaign gives to all.
    Hot,
}

/// How much is asked for.
#[derive(Clone, Copy, Debug)]
struct Load {
    pattern: Pattern,
    /// Requests that are under way at any time.
    outstanding: usize,
    lasts: Duration,
}

/// Accounts of fans.
const FANS: usize = 20_000;

/// Where results go, and whether it is only to be seen that it runs.
struct Options {
    out: Option<PathBuf>,
    only: Option<String>,
    is_quick: bool,
}

/// Files of the write-ahead log that are there before anything is measured, of 16 MiB each: as many as `max_wal_size` is by default. A server
/// that has run for a while uses its old ones again; on a new one each has to be made first, which takes a disk some 50 ms.
const LOG_FILES: usize = 64;

async fn lay_out_log(store: &Store) -> anyhow::Result<()> {
    for _ in 0..LOG_FILES {
        let sql = "select pg_logical_emit_message(false, 'bench', ''), pg_switch_wal()";
        store.run_tx("bench", async |tx| tx.batch(sql).await).await?;
    }
    store.read("bench", async |db| db.query("checkpoint", &[]).await).await?;
    Ok(())
}

fn options() -> Result<Options, String> {
    let mut options = Options { out: None, only: None, is_quick: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} has no value"));
        match word.as_str() {
            "--out" => options.out = Some(value()?.into()),
            "--only" => options.only = Some(value()?),
            "--quick" | "--test" => options.is_quick = true,
            // Cargo says so.
            "--bench" => {}
            other => return Err(format!("there is no option {other}")),
        }
    }
    Ok(options)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = options().map_err(anyhow::Error::msg)?;
    let folder = tempfile::tempdir()?;
    let postgres = store::postgres::open(folder.path(), Source::Search, Embedded::Allowed).await?;
    let store = Store::connect(postgres.url(), 24).await?;
    store.migrate(&[wallet::MIGRATIONS]).await?;
    let ours = ours::Ours::prepare(&store).await?;
    peers::prepare(&store).await?;
    lay_out_log(&store).await?;
    let many = Store::connect(postgres.url(), 64).await?;
    let lasts = Duration::from_secs(if options.is_quick { 1 } else { 4 });
    let is_wanted = |name: &str| options.only.as_ref().is_none_or(|only| name.starts_with(only.as_str()));
    // One after the other, in rounds, so that a slow minute of the machine is everybody's.
    let mut rounds: BTreeMap<(&str, String), Vec<Value>> = BTreeMap::new();
    for round in 1..=if options.is_quick { 1 } else { ROUNDS } {
        for pattern in [Pattern::Hot, Pattern::Uniform] {
            let name = |outstanding: usize| format!("{pattern:?}_{outstanding}").to_lowercase();
            // With two processes, each comes in between what the other knows.
            let scenes = [(16, 1), (256, 1), (2_048, 1), (256, 2)];
            for (outstanding, writers) in scenes.into_iter().filter(|_| is_wanted("ours")) {
                let name = match writers {
                    1 => name(outstanding),
                    writers => format!("{}_by_{writers}", name(outstanding)),
                };
                eprintln!("ours, {name}, round {round} …");
                let measured = ours.measure(&store, Load { pattern, outstanding, lasts }, writers).await?;
                println!("ours {name}: {measured}");
                rounds.entry(("ours", name)).or_default().push(measured);
            }
            for peer in peers::ALL.iter().filter(|it| is_wanted(it.name())) {
                for outstanding in [16, 64] {
                    eprintln!("{}, {}, round {round} …", peer.name(), name(outstanding));
                    let measured = peers::measure(&many, *peer, Load { pattern, outstanding, lasts }).await?;
                    println!("{} {}: {measured}", peer.name(), name(outstanding));
                    rounds.entry((peer.name(), name(outstanding))).or_default().push(measured);
                }
            }
        }
    }
    let (mut ours, mut theirs) = (Map::new(), Map::new());
    for ((who, scene), measured) in rounds {
        let median = figures::median(&measured);
        match who {
            "ours" => drop(ours.insert(scene, median)),
            peer => theirs.entry(peer).or_insert_with(|| json!({}))[&scene] = median,
        }
    }
    ours.insert("faults".to_owned(), ours::faults(&store).await?.into());
    let report = report::of(ours.into(), theirs.into());
    println!("{report:#}");
    if let Some(out) = options.out {
        std::fs::write(out, report.to_string())?;
    }
    drop((store, many));
    postgres.stop().await;
    Ok(())
}
