//! How fast jobs are, on a PostgreSQL that writes everything to the disk. `cargo xtask bench jobs` runs it beside other libraries.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench speaks on its terminal")]

mod calls;
mod figures;
mod kills;
mod peers;
mod report;
mod scenes;

use scenes::Scene;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use store::Store;
use store::postgres::{Embedded, Source};

const ROUNDS: usize = 3;

const PEERS: &[&str] = &["graphile", "apalis"];

/// Where results go, and of which scenes.
struct Options {
    out: Option<PathBuf>,
    only: Option<String>,
    is_quick: bool,
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
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.as_slice() {
        [word, url] if word == calls::WORD => return calls::serve(url).await,
        [word, url] if word == kills::WORD => return kills::work(url).await,
        _ => {}
    }
    let options = options().map_err(anyhow::Error::msg)?;
    let folder = tempfile::tempdir()?;
    let postgres = store::postgres::open(folder.path(), Source::Search, Embedded::Allowed).await?;
    let store = Store::connect(postgres.url(), 20).await?;
    store.migrate(&[jobs::MIGRATIONS]).await?;
    let is_wanted = |name: &str| options.only.as_ref().is_none_or(|only| only == name);
    let (mut ours, mut theirs) = (Map::new(), Map::new());
    // Their driver wants a host in its place, too.
    let peers_url = postgres.url().replace("@/", "@localhost/");
    for (name, scene) in scenes::ALL.iter().filter(|(name, _)| is_wanted(name)) {
        // One after the other, in rounds, so that a slow minute of the machine is everybody's.
        let mut rounds: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for round in 1..=if options.is_quick { 1 } else { ROUNDS } {
            eprintln!("{name}, round {round} …");
            scenes::rest(&store).await?;
            let measured = scene(Scene { store: store.clone(), is_quick: options.is_quick }).await?;
            rounds.entry("ours").or_default().push(measured);
            for peer in
                PEERS.iter().filter(|_| peers::program().is_some() && ["drain", "start"].contains(name))
            {
                let count = match (*name, options.is_quick) {
                    ("drain", false) => "100000",
                    ("drain", true) => "500",
                    (_, false) => "500",
                    (_, true) => "10",
                };
                scenes::rest(&store).await?;
                rounds.entry(peer).or_default().push(peers::run(&[peer, name, count, &peers_url]).await?);
            }
        }
        for (who, measured) in rounds {
            let median = figures::median(&measured);
            println!("{who} {name}: {median}");
            match who {
                "ours" => drop(ours.insert((*name).to_owned(), median)),
                peer => theirs.entry(peer).or_insert_with(|| json!({}))[name] = median,
            }
        }
    }
    let (connected, url) = (|| store.clone(), || postgres.url().to_owned());
    if is_wanted("call") {
        scenes::rest(&store).await?;
        let calls = calls::call(connected(), url(), options.is_quick).await?;
        println!("call: {calls}");
        ours.insert("call".to_owned(), calls);
    }
    if is_wanted("call_under_fire") {
        let calls = calls::call_under_fire(connected(), url(), options.is_quick).await?;
        println!("call_under_fire: {calls}");
        ours.insert("call_under_fire".to_owned(), calls);
    }
    if is_wanted("kills") {
        let kills = kills::kills(connected(), url(), options.is_quick).await?;
        println!("kills: {kills}");
        ours.insert("kills".to_owned(), kills);
    }
    if peers::program().is_some() && is_wanted("call") {
        scenes::rest(&store).await?;
        let measured = peers::nats(if options.is_quick { "100" } else { "5000" }).await?;
        println!("nats call: {measured}");
        theirs.insert("nats".to_owned(), measured);
    }
    let report = report::of(ours.into(), theirs.into());
    println!("{:#}", report["goals"]);
    if let Some(out) = options.out {
        std::fs::write(out, report.to_string())?;
    }
    store.close();
    postgres.stop().await;
    Ok(())
}
