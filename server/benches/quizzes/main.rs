//! From an answer that is sent to its receipt, and to the percentages on open streams, over HTTP: `crease all` with a PostgreSQL of its own, one
//! question, and as many fans as answers.
//!
//! `cargo xtask bench quizzes [--json]` runs it, optimised. Answers are sent at their pace, whether or not the last one is there in time, and an
//! answer's time counts from when it was to be sent. Clients and streams are in this process, on the same processors.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench talks, and ends where something is wrong"
)]

mod clients;
mod floor;

use clients::Burst;
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

const ANSWERS: usize = 10_000;
const WITHIN: Duration = Duration::from_secs(10);
/// Open streams of the match.
const STREAMS: usize = 500;
const CLIENTS: usize = 64;
/// What a fan who waits for the receipt does not notice; and a second for what others see of it.
const RECEIPT_P99_MS_MAX: f64 = 200.0;
const SEEN_P99_MS_MAX: f64 = 1_000.0;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut out = PathBuf::from("bench-quizzes.json");
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
    let floor = floor::Floor::open(ANSWERS).await;
    let burst = Burst { answers: ANSWERS, within: WITHIN, clients: CLIENTS, streams: STREAMS };
    let figures = burst.run(&floor.aim()).await;
    println!("{figures:?}");
    let kept = floor.kept().await;
    let lost = i64::try_from(figures.receipts).unwrap_or(i64::MAX) - kept;
    println!("{} receipts, {kept} answers kept, {} refused", figures.receipts, figures.refused);
    let rounded = |it: f64| (it * 10.0).round() / 10.0;
    let is_whole = lost == 0 && figures.receipts == ANSWERS && figures.last_total == kept;
    json!({
        "bench": "quizzes",
        "peers": {},
        "ours": {
            "answers": ANSWERS, "streams": STREAMS, "seconds": rounded(figures.seconds),
            "receipts": figures.receipts, "refused": figures.refused, "kept": kept, "last_total_on_streams": figures.last_total,
            "receipt_p50_ms": rounded(figures.receipt_p50_ms), "receipt_p99_ms": rounded(figures.receipt_p99_ms),
            "seen_p50_ms": rounded(figures.seen_p50_ms), "seen_p99_ms": rounded(figures.seen_p99_ms),
            "events": figures.events,
        },
        "ratios": {},
        "goals": {
            "answers_lost": { "goal": 0, "value": lost, "met": is_whole },
            "receipt_p99_ms": {
                "goal": RECEIPT_P99_MS_MAX, "value": figures.receipt_p99_ms, "met": figures.receipt_p99_ms <= RECEIPT_P99_MS_MAX,
            },
            "seen_p99_ms": { "goal": SEEN_P99_MS_MAX, "value": figures.seen_p99_ms, "met": figures.seen_p99_ms <= SEEN_P99_MS_MAX },
        },
    })
}
