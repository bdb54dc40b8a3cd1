//! How fast the order book is, beside the order books that there are as libraries, and how fast a market answers for what is on the disk.
//! `cargo xtask bench book` runs it. Read [`engines::Engine`] first.

mod durable;
mod engines;
mod judge;
mod report;
mod stream;

use engines::{Came, Engine, Maker, OURS, PEERS};
use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use stream::{SCENES, Scene, Stream};

/// Where results go, and what is measured.
struct Options {
    out: Option<PathBuf>,
    only: Option<String>,
    /// Only engines whose names begin so, with commas between.
    engines: String,
    rounds: usize,
    /// Where journals are written: a folder of the disk that is measured.
    folder: PathBuf,
    /// For which an engine is asked in each round.
    lasts: Duration,
}

impl Options {
    fn is_wanted(&self, engine: &Maker) -> bool {
        self.engines.split(',').any(|it| engine.name.starts_with(it))
    }
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        out: None,
        only: None,
        engines: String::new(),
        rounds: 7,
        folder: PathBuf::from("."),
        lasts: Duration::from_millis(700),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} has no value"));
        match word.as_str() {
            "--out" => options.out = Some(value()?.into()),
            "--only" => options.only = Some(value()?),
            "--folder" => options.folder = value()?.into(),
            "--engines" => options.engines = value()?,
            "--rounds" => options.rounds = value()?.parse().map_err(|_| "rounds are a number")?,
            "--quick" => (options.rounds, options.lasts) = (1, Duration::from_millis(200)),
            other => return Err(format!("there is no option {other}")),
        }
    }
    Ok(options)
}

/// Requests of a scene: few enough for the processor's cache to hold them beside a book.
const OPS: usize = 400_000;
/// After so many an engine looks at the clock.
const CHUNK: usize = 1_000;
/// Engines that need longer than this for filling a book of a scene are left out of it.
const FILL_S_MAX: f64 = 20.0;

fn main() -> anyhow::Result<()> {
    let options = options().map_err(anyhow::Error::msg)?;
    let mut faults = Map::new();
    let mut engines = Vec::new();
    for maker in std::iter::once(OURS).chain(PEERS).filter(|it| options.is_wanted(it)) {
        let fault = judge::fault(&maker);
        eprintln!("{}: {}", maker.name, fault.as_deref().unwrap_or("as the arbiter does"));
        match fault {
            None => engines.push(maker),
            Some(fault) => drop(faults.insert(maker.name.to_owned(), fault.into())),
        }
    }
    anyhow::ensure!(!faults.contains_key(OURS.name), "ours does what the arbiter does not");
    let mut scenes = Map::new();
    for scene in SCENES {
        let name = format!("{}_resting", scene.resting);
        if options.only.as_ref().is_none_or(|only| name.starts_with(only.as_str())) {
            scenes.insert(name, measure(scene, &engines, &options));
        }
    }
    let is_wanted = options.only.as_ref().is_none_or(|only| "durable".starts_with(only.as_str()));
    let durable = if is_wanted { durable::measure(&options)? } else { json!({}) };
    let report = report::of(scenes, faults.into(), durable);
    println!("{report:#}");
    if let Some(out) = options.out {
        std::fs::write(out, report.to_string())?;
    }
    Ok(())
}

/// All engines on one scene, one after the other in rounds, so that a slow second of the machine is everybody's.
fn measure(scene: Scene, engines: &[Maker], options: &Options) -> Value {
    let stream = stream::of(scene, OPS);
    let mut rounds: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut latency: BTreeMap<&str, Value> = BTreeMap::new();
    let mut absent: BTreeMap<&str, String> = BTreeMap::new();
    for round in 0..=options.rounds {
        for maker in engines {
            if absent.contains_key(maker.name) {
                continue;
            }
            let mut engine = (maker.make)(&stream);
            if let Err(why) = fill(engine.as_mut(), &stream) {
                absent.insert(maker.name, why);
                continue;
            }
            if round == options.rounds {
                latency.insert(maker.name, latencies(engine.as_mut(), &stream, options.lasts));
                continue;
            }
            let (ops, took, came) = ask(engine.as_mut(), &stream, options.lasts);
            drop(engine);
            let per_second = ops as f64 / took.as_secs_f64();
            eprintln!("{} resting, round {round}: {} {per_second:.0}/s", scene.resting, maker.name);
            rounds.entry(maker.name).or_default().push(per_second);
            if round == 0 && !does_the_same(&stream, ops, came) {
                absent.insert(maker.name, format!("not the fills of the arbiter's equals in {ops} requests"));
                rounds.remove(maker.name);
            }
        }
    }
    let ours = rounds.get(OURS.name).cloned().unwrap_or_default();
    let mut figures = Map::new();
    for (name, per_second) in rounds {
        // What a round of ours is to the same round of a peer: the machine's moods are in both.
        let ratios: Vec<f64> = ours.iter().zip(&per_second).map(|(own, theirs)| own / theirs).collect();
        let mut of = json!({
            "per_second": median(&per_second).round(),
            "least": per_second.iter().copied().fold(f64::MAX, f64::min).round(),
            "most": per_second.iter().copied().fold(0.0, f64::max).round(),
        });
        if !ratios.is_empty() && name != OURS.name {
            of["ours_to_it"] = json!(median(&ratios));
        }
        if let (Some(of), Some(Value::Object(more))) = (of.as_object_mut(), latency.remove(name)) {
            of.extend(more);
        }
        figures.insert(name.to_owned(), of);
    }
    figures.extend(absent.into_iter().map(|(name, why)| (name.to_owned(), json!({"absent": why}))));
    figures.into()
}

fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn fill(engine: &mut dyn Engine, stream: &Stream) -> Result<(), String> {
    let begun = Instant::now();
    for (at, op) in stream.fill.iter().enumerate() {
        engine.apply(op, None);
        if at % CHUNK == 0 && begun.elapsed().as_secs_f64() > FILL_S_MAX {
            return Err(format!("{at} orders had been placed after {FILL_S_MAX} s"));
        }
    }
    Ok(())
}

/// As many requests as fit into the time: how many, how long it took, and what came of them.
fn ask(engine: &mut dyn Engine, stream: &Stream, lasts: Duration) -> (usize, Duration, Came) {
    let mut sum = Came::default();
    let mut ops = 0;
    let begun = Instant::now();
    loop {
        for some in stream.ops[ops..ops + CHUNK].chunks(book::AHEAD) {
            engine.look_ahead(some);
            for op in some {
                sum = judge::plus(sum, engine.apply(op, None));
            }
        }
        ops += CHUNK;
        let took = begun.elapsed();
        if took >= lasts || ops == stream.ops.len() {
            return (ops, took, sum);
        }
    }
}

/// Whether our engine, which is the arbiter's equal, does the same by as many requests.
fn does_the_same(stream: &Stream, ops: usize, came: Came) -> bool {
    let mut ours = (OURS.make)(stream);
    fill(ours.as_mut(), stream).is_ok() && judge::totals(ours.as_mut(), stream, ops) == came
}

/// How long single requests take; reading the clock is in it, some 25 ns.
fn latencies(engine: &mut dyn Engine, stream: &Stream, lasts: Duration) -> Value {
    let mut times =
        Histogram::<u64>::new_with_bounds(1, 1_000_000_000, 3).expect("three digits are possible");
    let begun = Instant::now();
    for op in &stream.ops {
        let before = Instant::now();
        std::hint::black_box(engine.apply(op, None));
        let after = Instant::now();
        times.saturating_record((after - before).as_nanos() as u64);
        if after - begun > lasts {
            break;
        }
    }
    json!({"p50_ns": times.value_at_quantile(0.5), "p99_ns": times.value_at_quantile(0.99),
        "p999_ns": times.value_at_quantile(0.999)})
}
