//! `cargo xtask bench NAME`: measurements that are worth comparing from change to change.

mod book;
mod capacity;
mod content;
mod jobs;
mod keys;
mod ledger;
mod orders;
mod quizzes;
mod stream;
mod widget;

use crate::{
    args::Args,
    bundle::{self, Rebuild},
    e2e, process, workspace,
};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};

/// Folding a whole T20 takes no longer than this, in nanoseconds: a server refolds a match on every correction.
const T20_NS_MAX: f64 = 500_000.0;

/// Name, what it measures, and the function that takes its own options and measures.
type Bench = (&'static str, &'static str, fn(&mut Args) -> anyhow::Result<Value>);

const BENCHES: &[Bench] = &[
    ("score", "folding whole matches with the scoring engine", score),
    ("paint", "from a ball's acceptance to the fan's screen, over one innings in a browser", paint),
    (
        "widget",
        "the widget's bytes and first moments beside plain JavaScript and Preact; fails over budget",
        widget::run,
    ),
    ("stream", "our event streams beside nchan's and a naive server's, in one run", stream::run),
    ("jobs", "our jobs beside graphile_worker's and apalis-postgres's, in one run", jobs::run),
    ("keys", "the check of a key among 100,000, and a route with a key beside itself without one", keys::run),
    (
        "ledger",
        "transfers of the batch writer beside one transaction each and pgledger's approach",
        ledger::run,
    ),
    (
        "book",
        "the order book beside five libraries, and a market's answers from the disk, in one run",
        book::run,
    ),
    (
        "orders",
        "from an order on a market to its acknowledgement over HTTP, at 70 % of what can be had",
        orders::run,
    ),
    (
        "quizzes",
        "from 10,000 answers within 10 s to their receipts, and to the percentages on 500 open streams",
        quizzes::run,
    ),
    (
        "content",
        "lists and searches of a newsroom of 100,000 entries, and what is published on 10,000 open streams",
        content::run,
    ),
    ("capacity", "nothing: computes deploy/capacity.md anew from the measured figures in it", capacity::run),
];

pub(crate) fn run(mut args: Args) -> anyhow::Result<()> {
    let json = args.flag("--json");
    let name = args.word().unwrap_or_default();
    let Some((_, _, measure)) = BENCHES.iter().find(|(it, _, _)| *it == name) else {
        let known: Vec<String> =
            BENCHES.iter().map(|(name, what, _)| format!("  {name:<12} {what}")).collect();
        bail!("there is no bench {name:?}; there are:\n{}", known.join("\n"));
    };
    let result = measure(&mut args)?;
    println!("{:#}\nNext: compare with an earlier run on this machine", result["ours"]);
    if json {
        println!("{result}");
    }
    let passed = result["budgets_passed"].as_array().map_or(0, Vec::len);
    anyhow::ensure!(passed == 0, "over budget: {}", result["budgets_passed"]);
    Ok(())
}

/// Runs cricket's criterion benches and collects what they measured.
fn score(args: &mut Args) -> anyhow::Result<Value> {
    args.done()?;
    process::step("cargo bench -p cricket", || {
        process::run(workspace::cargo().args(["bench", "--package", "cricket"]))
    })?;
    let folder = workspace::target_folder()?.join("criterion");
    let ours = criterion_means(&folder)?;
    let t20_ns = ours["fold/t20"]["mean_ns"].as_f64().context("cricket has no bench fold/t20")?;
    let goals = json!({"t20_ns": {"goal": T20_NS_MAX, "value": t20_ns, "met": t20_ns <= T20_NS_MAX}});
    Ok(report("score", ours, goals))
}

fn paint(args: &mut Args) -> anyhow::Result<Value> {
    args.done()?;
    let measured = in_browser("paint", "play an innings in the browser", &[])?;
    Ok(report("paint", json!({"accepted_to_painted": measured}), json!({})))
}

/// Runs a measurement of e2e/bench, which prints one JSON object.
fn in_browser(name: &str, what: &str, environment: &[(&str, String)]) -> anyhow::Result<Value> {
    let crease = process::step("build the server, as it is released", || {
        process::run(workspace::cargo().args(["build", "--release", "--package", "server"]))?;
        Ok(workspace::target_folder()?.join("release/crease"))
    })?;
    bundle::build(Rebuild::WhenChanged)?;
    let mut command = e2e::command(&crease, e2e::Browsers::Chromium, &[name.to_owned()])?;
    command.env("CREASE_BENCH", "1").envs(environment.iter().map(|(name, value)| (name, value)));
    let log = workspace::target_folder()?.join(format!("test-logs/bench-{name}.log"));
    let (status, said) = process::step(what, || process::logged(&mut command, &log))?;
    let measured =
        said.lines().find_map(|it| serde_json::from_str::<Value>(it.trim()).ok().filter(Value::is_object));
    match measured {
        Some(measured) if status.success() => Ok(measured),
        _ => bail!("it measured nothing ({status})\n{}", process::tail(&said, 40)),
    }
}

/// Lets a bench program of ours measure; answers what it writes into this file of the target folder, with the machine.
fn reported(file: &str, command: &mut Command) -> anyhow::Result<Value> {
    let report = workspace::target_folder()?.join(file);
    if report.exists() {
        fs::remove_file(&report).with_context(|| format!("removing {}", report.display()))?;
    }
    command.arg("--out").arg(&report);
    process::step("measure", || process::run(command))?;
    let text = fs::read_to_string(&report).with_context(|| format!("reading {}", report.display()))?;
    let mut report: Value = serde_json::from_str(&text).context("the bench's report is no JSON")?;
    report["machine"] = machine().into();
    Ok(report)
}

/// The object that `--json` prints: what CONTRACT.md promises. Times are in nanoseconds.
fn report(bench: &str, ours: Value, goals: Value) -> Value {
    json!({"bench": bench, "machine": machine(), "peers": {}, "ours": ours, "ratios": {}, "goals": goals})
}

/// The mean of each benchmark under criterion's folder, in nanoseconds, by its full name.
fn criterion_means(folder: &Path) -> anyhow::Result<Value> {
    let read = |path: &Path| -> anyhow::Result<Value> {
        let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))
    };
    let mut means = serde_json::Map::new();
    for path in workspace::walk(folder, &|_| true)?.iter().filter(|it| it.ends_with("/new/estimates.json")) {
        let estimates = Path::new(path);
        let name = read(&estimates.with_file_name("benchmark.json"))?;
        let name = name["full_id"].as_str().context("a benchmark without a name")?.to_owned();
        means.insert(name, json!({"mean_ns": read(estimates)?["mean"]["point_estimate"]}));
    }
    Ok(Value::Object(means))
}

/// The processor and how many threads it has, so that figures of two machines are not compared by mistake.
fn machine() -> String {
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        model.lines().find_map(|it| it.strip_prefix("model name")?.split_once(": ")).map(|(_, name)| name);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{} × {threads}, {}", model.unwrap_or(std::env::consts::ARCH), std::env::consts::OS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_collected_by_full_name() {
        let folder = tempfile::tempdir().unwrap();
        let new = folder.path().join("fold/t20/new");
        fs::create_dir_all(&new).unwrap();
        fs::write(new.join("benchmark.json"), r#"{"full_id": "fold/t20"}"#).unwrap();
        fs::write(new.join("estimates.json"), r#"{"mean": {"point_estimate": 41250.5}}"#).unwrap();
        assert_eq!(criterion_means(folder.path()).unwrap(), json!({"fold/t20": {"mean_ns": 41250.5}}));
    }

    #[test]
    fn a_report_has_every_field_that_readers_expect() {
        let report = report("score", json!({}), json!({}));
        for field in ["bench", "machine", "peers", "ours", "ratios", "goals"] {
            assert!(report.get(field).is_some(), "{field}");
        }
    }
}
