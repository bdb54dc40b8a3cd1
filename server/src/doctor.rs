//! `crease doctor`: what this machine has and lacks, before anything is started in earnest.

use crate::config::Config;
use crate::role;
use std::io::Write;
use store::postgres::{self, Embedded};
use store::{Redis, Store};

/// What was looked at, and what was seen.
struct Finding {
    subject: &'static str,
    seen: Result<String, String>,
}

/// Looks at everything and writes a line each; says whether nothing is lacking.
pub async fn examine(config: &Config, out: &mut impl Write) -> std::io::Result<bool> {
    report(
        &[
            database(config).await,
            redis(config).await,
            bundle(config),
            port(config).await,
            human(config),
            addresses(config).await,
        ],
        out,
    )
}

/// Looks for a PostgreSQL alone.
pub async fn examine_postgres(config: &Config, out: &mut impl Write) -> std::io::Result<bool> {
    report(&[database(config).await], out)
}

fn report(findings: &[Finding], out: &mut impl Write) -> std::io::Result<bool> {
    for Finding { subject, seen } in findings {
        match seen {
            Ok(text) => writeln!(out, "ok       {subject}: {text}")?,
            Err(text) => writeln!(out, "lacking  {subject}: {text}")?,
        }
    }
    Ok(findings.iter().all(|it| it.seen.is_ok()))
}

/// Starts it for a moment in a folder of its own, so that a running server is not disturbed.
async fn database(config: &Config) -> Finding {
    let looked = async {
        let embedded = if config.database.production { Embedded::Refused } else { Embedded::Allowed };
        let folder = tempfile::tempdir()?;
        let database = postgres::open(folder.path(), role::database_source(config), embedded).await?;
        let store = Store::connect(database.url(), 1).await?;
        let version: String = store
            .read("doctor", async |client| {
                let row = client.query_one("show server_version", &[]).await?;
                Ok::<_, store::Error>(row.get(0))
            })
            .await?;
        let text = format!("{version}, {}", database.origin());
        store.close();
        database.stop().await;
        anyhow::Ok(text)
    };
    Finding { subject: "PostgreSQL", seen: looked.await.map_err(|error| format!("{error:#}")) }
}

async fn redis(config: &Config) -> Finding {
    let seen = match config.redis.url.reveal() {
        None => Ok("none named; one process needs none".to_owned()),
        Some(url) => match Redis::connect(url).await {
            Ok(_) => Ok("answers".to_owned()),
            Err(error) => Err(error.to_string()),
        },
    };
    Finding { subject: "Redis", seen }
}

fn bundle(config: &Config) -> Finding {
    let manifest = config.web.dist.join("manifest.json");
    let seen = match std::fs::metadata(&manifest) {
        Ok(_) => Ok(format!("{}", manifest.display())),
        Err(_) => Err(format!("no {}: run `cargo xtask bundle`, or set web.dist", manifest.display())),
    };
    Finding { subject: "widget bundle", seen }
}

async fn port(config: &Config) -> Finding {
    let address = config.http.listen;
    let seen = match tokio::net::TcpListener::bind(address).await {
        Ok(_) => Ok(format!("{address} is free")),
        Err(error) => Err(format!("{address}: {error}")),
    };
    Finding { subject: "port", seen }
}

fn human(config: &Config) -> Finding {
    let seen = role::human(config).map(|_| config.human.said()).map_err(|error| error.to_string());
    Finding { subject: "human check", seen }
}

/// The table of addresses, read as a whole.
async fn addresses(config: &Config) -> Finding {
    let seen = role::world(config).await.map(|it| it.said()).map_err(|error| format!("{error:#}"));
    Finding { subject: "addresses", seen }
}
