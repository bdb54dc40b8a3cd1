//! What keys cost: the check in memory among 100,000, and the same route of a running server with a key and without one; and how soon a key that is
//! revoked opens nothing more.
//!
//! `cargo xtask bench keys [--json]` runs it, optimised. The server is `crease all` with its own PostgreSQL; the clients are in this process, on
//! the same processors, so that what is reached here is less than what the server can.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench talks, and ends where something is wrong"
)]

mod http;
mod revoke;
mod ring;
mod server;

use http::{Load, Pace};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// The check of a good key among 100,000 takes no longer, at p99, in nanoseconds.
const VERIFY_P99_NS_MAX: u64 = 5_000;
/// An API request is answered so soon, at p99, at 70 % of what can be had, in milliseconds.
const P99_MS_MAX: f64 = 20.0;
/// All streams of a key are closed so soon after it is revoked, in milliseconds.
const CLOSED_MS_MAX: f64 = 1_000.0;
const SHARE: f64 = 0.7;
const CLIENTS: usize = 32;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut out = PathBuf::from("bench-keys.json");
    while let Some(argument) = arguments.next() {
        if argument == "--out" {
            out = arguments.next().expect("--out FILE").into();
        }
    }
    let verify = ring::measure();
    println!("check: {verify}");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let crease = server::Crease::start();
    let api = runtime.block_on(api(&crease));
    let revoked = runtime.block_on(revoke::measure(&crease));
    println!("revoked: {revoked}");
    let p99_ns = verify["among_100k"]["p99_ns"].as_u64().unwrap();
    let closed_ms = revoked["closed_max_ms"].as_f64().unwrap();
    let p99_ms = api["at_70_percent"]["p99_ms"].as_f64().unwrap();
    let report = json!({
        "bench": "keys",
        "peers": { "the same route without a key": api["without_key"] },
        "ours": { "check": verify, "snapshot_with_key": api["with_key"], "at_70_percent": api["at_70_percent"], "revoked": revoked },
        "ratios": { "requests_with_key_to_without": api["ratio"] },
        "goals": {
            "verify_p99_ns": { "goal": VERIFY_P99_NS_MAX, "value": p99_ns, "met": p99_ns < VERIFY_P99_NS_MAX },
            "api_p99_ms": { "goal": P99_MS_MAX, "value": p99_ms, "met": p99_ms <= P99_MS_MAX },
            "revoked_closed_ms": { "goal": CLOSED_MS_MAX, "value": closed_ms, "met": closed_ms <= CLOSED_MS_MAX },
        },
    });
    std::fs::write(out, report.to_string()).unwrap();
}

/// Both ways in turn, three times each, best of each: then the calm load.
async fn api(crease: &server::Crease) -> Value {
    let path = format!("/v1/matches/{}", crease.sandbox_match);
    let with_key = Load { address: crease.address, path: path.clone(), key: Some(crease.key.clone()) };
    let without = Load { key: None, ..with_key.clone() };
    let (mut best, mut best_without) = (http::Figures::default(), http::Figures::default());
    let long = Duration::from_secs(4);
    with_key.run(CLIENTS, Pace::Full, Duration::from_secs(1)).await;
    for _ in 0..3 {
        let (one, other) =
            (with_key.run(CLIENTS, Pace::Full, long).await, without.run(CLIENTS, Pace::Full, long).await);
        println!("full: {:.0}/s with a key, {:.0}/s without", one.per_second, other.per_second);
        best = best.faster(one);
        best_without = best_without.faster(other);
    }
    let pace = Pace::PerSecond(best.per_second * SHARE);
    let calm = with_key.run(CLIENTS, pace, Duration::from_secs(8)).await;
    println!("at 70 %: {calm:?}");
    json!({
        "with_key": best.json(),
        "without_key": best_without.json(),
        "ratio": best.per_second / best_without.per_second,
        "at_70_percent": calm.json(),
    })
}
