//! How fast jobs are, on a PostgreSQL that writes everything to the disk. `cargo xtask bench jobs` runs it beside other libraries.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench speaks on its terminal")]

mod figures;
mod scenes;

use scenes::Scene;
use serde_json::{Map, Value};
use std::path::PathBuf;
use store::Store;
use store::postgres::{Embedded, Source};

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
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = options()?;
    let folder = tempfile::tempdir()?;
    let postgres = store::postgres::open(folder.path(), Source::Search, Embedded::Allowed).await?;
    let store = Store::connect(postgres.url(), 20).await?;
    store.migrate(&[jobs::MIGRATIONS]).await?;
    let mut report = Map::new();
    for (name, scene) in scenes::ALL {
        if options.only.as_ref().is_none_or(|only| only == name) {
            eprintln!("{name} …");
            let scene: Value = scene(Scene { store: store.clone(), is_quick: options.is_quick }).await?;
            println!("{name}: {scene}");
            report.insert((*name).to_owned(), scene);
        }
    }
    if let Some(out) = options.out {
        std::fs::write(out, Value::from(report).to_string())?;
    }
    postgres.stop().await;
    Ok(())
}
