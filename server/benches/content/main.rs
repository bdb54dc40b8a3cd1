//! A newsroom of 100,000 entries, over HTTP: how soon its lists, searches and pickers answer, what fans' pages ask for, and how soon what is
//! published is on 10,000 open streams.
//!
//! `cargo xtask bench content [--json]` runs it, optimised. The clients are on the same processors: what is reached here is less than what the server
//! can. A publication's time counts from before its transaction begins, and ends for a stream when the client has the whole event.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench talks, and ends where something is wrong"
)]

mod newsroom;
mod readers;

use hdrhistogram::Histogram;
use newsroom::Newsroom;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};

const ENTRIES: u32 = 100_000;
const STREAMS: usize = 10_000;
/// Each list, search and picker answers so soon, at p95, in milliseconds.
const LIST_P95_MS_MAX: f64 = 200.0;
/// What is published is on open streams so soon, at p99, in milliseconds.
const PUBLISH_P99_MS_MAX: f64 = 1000.0;
/// Requests of each kind, two at a time.
const ASKS: usize = 300;
const PUBLICATIONS: usize = 40;
/// From one publication to the next.
const PAUSE: Duration = Duration::from_millis(500);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut out = PathBuf::from("bench-content.json");
    while let Some(argument) = arguments.next() {
        if argument == "--out" {
            out = arguments.next().expect("--out FILE").into();
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let report = runtime.block_on(measure());
    std::fs::write(out, report.to_string()).unwrap();
}

async fn measure() -> Value {
    let newsroom = Newsroom::open(ENTRIES).await;
    let (mut asked, mut worst) = (serde_json::Map::new(), 0_f64);
    for (name, path) in newsroom.paths() {
        let figures = ask(&newsroom, &path).await;
        println!("{name}: {figures}");
        if newsroom::is_of_editors(&path) {
            worst = worst.max(figures["p95_ms"].as_f64().unwrap());
        }
        asked.insert(name.to_owned(), figures);
    }
    let published = publish(&newsroom).await;
    println!("published to {STREAMS} streams: {published}");
    let p99 = published["p99_ms"].as_f64().unwrap();
    let goal = |goal: f64, value: f64| json!({ "goal": goal, "value": value, "met": value <= goal });
    json!({
        "bench": "content",
        "peers": {},
        "ours": { "entries": ENTRIES, "asked": asked, "streams": STREAMS, "published": published },
        "ratios": {},
        "goals": {
            "list_p95_ms": goal(LIST_P95_MS_MAX, worst),
            "publish_p99_ms": goal(PUBLISH_P99_MS_MAX, p99),
        },
    })
}

/// How soon a path answers, asked by two at once.
async fn ask(newsroom: &Newsroom, path: &str) -> Value {
    let asking = async || {
        let mut times = Histogram::<u64>::new(3).unwrap();
        for _ in 0..ASKS / 2 {
            let begun = Instant::now();
            newsroom.get(path).await;
            times.record(u64::try_from(begun.elapsed().as_micros()).unwrap()).unwrap();
        }
        times
    };
    let (mut one, other) = tokio::join!(asking(), asking());
    one.add(other).unwrap();
    figures(&one)
}

/// How soon what is published is on all streams.
async fn publish(newsroom: &Newsroom) -> Value {
    let mut readers = readers::Readers::open(newsroom, STREAMS).await;
    let (mut each, mut last) = (Histogram::<u64>::new(3).unwrap(), Histogram::<u64>::new(3).unwrap());
    for number in 0..PUBLICATIONS {
        let begun = Instant::now();
        newsroom.publish(number).await;
        let times = readers.next(number, begun).await;
        last.record(*times.iter().max().unwrap()).unwrap();
        times.iter().for_each(|it| each.record(*it).unwrap());
        tokio::time::sleep(PAUSE).await;
    }
    let mut figures = figures(&each);
    figures["last_stream_p50_ms"] = json!(ms(last.value_at_quantile(0.5)));
    figures["last_stream_max_ms"] = json!(ms(last.max()));
    figures["publications"] = json!(PUBLICATIONS);
    figures
}

fn figures(times: &Histogram<u64>) -> Value {
    let at = |quantile: f64| ms(times.value_at_quantile(quantile));
    json!({ "p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99), "max_ms": ms(times.max()) })
}

fn ms(us: u64) -> f64 {
    us as f64 / 1000.0
}
