//! From an order that is sent to its acknowledgement, over HTTP: `crease all` with a PostgreSQL of its own, one market, and fans who trade.
//!
//! `cargo xtask bench orders [--json]` runs it, optimised. First it is found how many orders a second can be had when each client sends its next
//! order with the last answer; then orders are sent at 70 % of that, whether or not the last answer is there in time, and an answer's time counts from when
//! its order was to be sent. The clients are in this process, on the same processors, so that what is reached here is less than what the server can.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench talks, and ends where something is wrong"
)]

mod clients;
mod floor;

use clients::Pace;
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

/// An order is acknowledged so soon, at p99, at 70 % of what can be had, in milliseconds.
const P99_MS_MAX: f64 = 20.0;
const SHARE: f64 = 0.7;
const CLIENTS: usize = 64;
/// Of the full load, of which the median counts; and the calm one.
const FULL: Duration = Duration::from_secs(5);
const CALM: Duration = Duration::from_secs(10);
const ROUNDS: usize = 3;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut out = PathBuf::from("bench-orders.json");
    while let Some(argument) = arguments.next() {
        if argument == "--out" {
            out = arguments.next().expect("--out FILE").into();
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let report = runtime.block_on(measure());
    std::fs::write(out, report.to_string()).unwrap();
}

async fn measure() -> serde_json::Value {
    let floor = floor::Floor::open().await;
    let load = floor.load();
    load.run(CLIENTS, Pace::Full, Duration::from_secs(2)).await;
    let mut full = Vec::new();
    for _ in 0..ROUNDS {
        let figures = load.run(CLIENTS, Pace::Full, FULL).await;
        println!("full: {figures:?}");
        full.push(figures);
    }
    full.sort_by(|one, other| one.per_second.total_cmp(&other.per_second));
    let saturation = full[ROUNDS / 2];
    let mut calm = Vec::new();
    for _ in 0..ROUNDS {
        let figures = load.run(CLIENTS, Pace::PerSecond(saturation.per_second * SHARE), CALM).await;
        println!("at 70 %: {figures:?}");
        calm.push(figures);
    }
    calm.sort_by(|one, other| one.p99_ms.total_cmp(&other.p99_ms));
    let at_share = calm[ROUNDS / 2];
    let is_right = floor.is_right().await;
    let p99_ms = at_share.p99_ms;
    json!({
        "bench": "orders",
        "peers": {},
        "ours": { "saturation": saturation.json(), "at_70_percent": at_share.json(), "books_are_right": is_right },
        "ratios": {},
        "goals": { "order_p99_ms": { "goal": P99_MS_MAX, "value": p99_ms, "met": p99_ms <= P99_MS_MAX && is_right } },
    })
}
