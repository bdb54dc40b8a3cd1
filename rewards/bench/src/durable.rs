//! A market on a disk: how long an answer takes from when its command was to be sent, at rates that do not wait for answers; and how fast a journal is read.

use crate::stream::{self, Op, SCENES, Stream, command, rules};
use crate::{Options, median};
use anyhow::Context;
use book::{Command, Time};
use hdrhistogram::Histogram;
use market::{Disk, Epoch, Market, Opening};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::process::Command as Process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Commands a second.
const RATES: [usize; 4] = [10_000, 100_000, 500_000, 1_000_000];
/// A million commands: a second at the highest rate.
const SEGMENT_BYTES: u64 = 1 << 26;

pub(crate) fn measure(options: &Options) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir_in(&options.folder).context("a folder for the journals")?;
    let seconds = if options.rounds > 1 { 4 } else { 1 };
    let mut open_loop = Map::new();
    for rate in RATES {
        let stream = stream::of(SCENES[0], rate * seconds);
        let rounds = if rate == RATES[3] { options.rounds.min(3) } else { 1 };
        let mut measured = Vec::new();
        for round in 0..rounds {
            let path = folder.path().join(format!("{rate}-{round}"));
            let figures = at_rate(&path, &stream, rate)?;
            eprintln!("durable, {rate} a second, round {round}: {figures}");
            measured.push(figures);
            std::fs::remove_dir_all(&path)?;
        }
        open_loop.insert(rate.to_string(), medians(&measured));
    }
    let replay = replay(&folder.path().join("replay"), options)?;
    Ok(json!({"disk": disk(folder.path()), "open_loop": open_loop, "replay": replay}))
}

fn opening(epoch: u64, settled: u64) -> Opening {
    Opening { rules: rules(), epoch: Epoch(epoch), settled, segment_bytes: SEGMENT_BYTES }
}

fn timed(op: &Op) -> (Time, Command) {
    (Time(0), command(op))
}

/// Opens a market and places what rests from the start.
fn opened(path: &Path, stream: &Stream) -> anyhow::Result<Market> {
    let mut market = Market::open(Arc::new(Disk::open(path)?), &opening(1, 0), &mut |_| {})?;
    let fill: Vec<_> = stream.fill.iter().map(timed).collect();
    for group in fill.chunks(market::GROUP_MAX) {
        market.commit(group)?;
    }
    Ok(market)
}

/// How many commands are to have been sent by now, and how to wait for more.
#[derive(Default)]
struct Due {
    count: Mutex<usize>,
    more: Condvar,
}

/// Commands come at their times, whether or not those before are answered; an answer's time counts from when its command was to come.
fn at_rate(path: &Path, stream: &Stream, rate: usize) -> anyhow::Result<Value> {
    let mut market = opened(path, stream)?;
    let commands: Vec<_> = stream.ops.iter().map(timed).collect();
    let mut times = Histogram::<u64>::new_with_bounds(1_000, 60_000_000_000, 3)?;
    let (due, groups) = (Due::default(), AtomicUsize::new(0));
    let begun = Instant::now();
    let at = |number: usize| Duration::from_nanos((number as u64 * 1_000_000_000) / rate as u64);
    std::thread::scope(|scope| -> anyhow::Result<()> {
        scope.spawn(|| {
            let mut sent = 0;
            while sent < commands.len() {
                sent = ((begun.elapsed().as_nanos() * rate as u128 / 1_000_000_000) as usize)
                    .min(commands.len());
                *due.count.lock().expect("nobody panics with it") = sent;
                due.more.notify_one();
                std::thread::sleep(Duration::from_micros(20));
            }
        });
        let mut answered = 0;
        while answered < commands.len() {
            let count = due.count.lock().expect("nobody panics with it");
            let sent = *due.more.wait_while(count, |sent| *sent == answered).expect("nobody panics with it");
            let end = sent.min(answered + market::GROUP_MAX);
            market.commit(&commands[answered..end])?;
            let now = begun.elapsed();
            for number in answered..end {
                times.saturating_record((now.saturating_sub(at(number))).as_nanos() as u64);
            }
            answered = end;
            groups.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    })?;
    let took = begun.elapsed().as_secs_f64();
    Ok(json!({
        "per_second": (commands.len() as f64 / took).round(),
        "p50_ns": times.value_at_quantile(0.5),
        "p99_ns": times.value_at_quantile(0.99),
        "p999_ns": times.value_at_quantile(0.999),
        "max_ns": times.max(),
        "syncs_per_second": (groups.into_inner() as f64 / took).round(),
    }))
}

/// Opening a market whose journal has three million commands, all of them settled; it is in the kernel's memory.
fn replay(path: &Path, options: &Options) -> anyhow::Result<Value> {
    let stream = stream::of(SCENES[0], if options.rounds > 1 { 3_000_000 } else { 500_000 });
    let mut market = opened(path, &stream)?;
    let commands: Vec<_> = stream.ops.iter().map(timed).collect();
    for group in commands.chunks(market::GROUP_MAX) {
        market.commit(group)?;
    }
    let (hash, last) = (market.book()?.state_hash(), market.book()?.seq());
    drop(market);
    let mut per_second = Vec::new();
    for round in 0..options.rounds {
        let disk = Arc::new(Disk::open(path)?);
        let begun = Instant::now();
        let market = Market::open(disk, &opening(2 + round as u64, last), &mut |_| {})?;
        per_second.push(last as f64 / begun.elapsed().as_secs_f64());
        anyhow::ensure!(market.book()?.state_hash() == hash, "the journal makes another book");
    }
    Ok(json!({"commands": last, "per_second": median(&per_second).round(), "state_hash_equal": true}))
}

/// Each figure's median over rounds.
fn medians(rounds: &[Value]) -> Value {
    let of = |key: &String| {
        let numbers: Vec<f64> = rounds.iter().filter_map(|it| it[key].as_f64()).collect();
        median(&numbers)
    };
    let keys = rounds.iter().take(1).filter_map(Value::as_object).flat_map(Map::keys);
    keys.map(|key| (key.clone(), json!(of(key)))).collect::<Map<_, _>>().into()
}

/// On which file system and device the journals were.
fn disk(path: &Path) -> Value {
    let said = Process::new("df").args(["--output=source,fstype"]).arg(path).output();
    let said = said.map(|it| String::from_utf8_lossy(&it.stdout).into_owned()).unwrap_or_default();
    let words: Vec<&str> = said.lines().last().unwrap_or_default().split_whitespace().collect();
    words.join(", ").into()
}
