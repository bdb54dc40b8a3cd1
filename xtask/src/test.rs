//! `cargo xtask test`: the one test command. It finds or installs what the tests need, runs every check in
//! order, goes on after a failure, and ends with a table and one closing line.

mod tally;

use crate::{
    api,
    args::Args,
    bundle::{self, Rebuild},
    deploy, e2e, install, licences, process, tidy, workspace,
};
use anyhow::bail;
use std::{
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};
use tally::Tally;

/// Lines shown of a check that failed in a form of its own, such as a compiler's; the whole is in its log.
const LINES_OF_A_FAILURE: usize = 120;
/// Lines shown of the failures that a check reports test by test.
const LINES_OF_FAILURES: usize = 400;

/// A check and what came of it.
struct Outcome {
    name: &'static str,
    took: Duration,
    /// Counts a check without tests of its own as one.
    tally: Tally,
    /// Why it failed: shown again at the end, which is what a reader of a long log sees first.
    reason: String,
}

/// The checks of one run, as they finish.
#[derive(Default)]
struct Report {
    outcomes: Vec<Outcome>,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    args.done()?;
    // Without these most checks would fail, each in its own words and late.
    process::step("what the tests need", install::for_tests)?;
    let mut report = Report::default();
    report.check("wasm target", install::wasm_target);
    report.check("tidy", tidy::check_all);
    report.cargo("fmt", &["fmt", "--all", "--check"]);
    report.cargo("clippy", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    report.cargo(
        "clippy wasm32",
        &["clippy", "--package", "widget", "--target", "wasm32-unknown-unknown", "--", "-D", "warnings"],
    );
    report.cargo("unit and integration", &["test", "--workspace", "--no-fail-fast"]);
    report.cargo(
        "benches run",
        &["bench", "--package", "cricket", "--profile", "dev", "--benches", "--", "--test"],
    );
    report.check("bundle", || bundle::build(Rebuild::WhenChanged));
    report.check("deploy", deploy::check);
    report.check("licences", licences::check);
    report.check("api", || server().and_then(|crease| api::try_all(&crease)).map(drop));
    report.browser();
    report.close()
}

/// The server as the integration tests have it built: built alone it would have other features of its dependencies, and be compiled again.
fn server() -> anyhow::Result<PathBuf> {
    process::run(workspace::cargo().args(["test", "--workspace", "--no-run", "--quiet"]))?;
    Ok(workspace::target_folder()?.join("debug/crease"))
}

impl Report {
    /// A check that has no tests of its own.
    fn check(&mut self, name: &'static str, work: impl FnOnce() -> anyhow::Result<()>) {
        println!("\n» {name}");
        let begun = Instant::now();
        let (tally, reason) = match work() {
            Ok(()) => (Tally { passed: 1, failed: 0 }, String::new()),
            Err(error) => (Tally { passed: 0, failed: 1 }, format!("  {error:#}")),
        };
        self.keep(Outcome { name, took: begun.elapsed(), tally, reason });
    }

    fn cargo(&mut self, name: &'static str, words: &[&str]) {
        self.command(name, workspace::cargo().args(words));
    }

    /// A program that checks something; its tests are counted from what it prints.
    fn command(&mut self, name: &'static str, command: &mut Command) {
        println!("\n» {name}: {}", process::shown(command));
        let begun = Instant::now();
        let log = log_file(name);
        let (tally, reason) = match process::logged(command, &log) {
            Ok((status, said)) => {
                for line in tally::closing_lines(&said) {
                    println!("  {line}");
                }
                let reason = match status.success() {
                    true => String::new(),
                    false => format!("{}\n  {status}; all of it: {}", reason(&said), log.display()),
                };
                (tally::count(&said, status.success()), reason)
            }
            Err(error) => (Tally { passed: 0, failed: 1 }, format!("  {error:#}")),
        };
        self.keep(Outcome { name, took: begun.elapsed(), tally, reason });
    }

    /// The browser's tests need a server, whose failure to compile has been reported already.
    fn browser(&mut self) {
        let name = "browser";
        match server().and_then(|crease| e2e::command(&crease, e2e::Browsers::All, &[])) {
            Ok(mut command) => self.command(name, &mut command),
            Err(error) => self.check(name, || Err(error)),
        }
    }

    fn keep(&mut self, it: Outcome) {
        if !it.reason.is_empty() {
            println!("{}", it.reason);
        }
        println!("  {}: {} in {:.1} s", it.name, verdict(&it.tally), it.took.as_secs_f64());
        self.outcomes.push(it);
    }

    /// Prints what failed once more, the table and the closing line.
    fn close(&self) -> anyhow::Result<()> {
        for it in self.outcomes.iter().filter(|it| !it.reason.is_empty()) {
            println!("\n» {} failed\n{}", it.name, it.reason);
        }
        println!("\n  {:<24} {:>8} {:>8} {:>8}", "check", "passed", "failed", "seconds");
        for it in &self.outcomes {
            let seconds = it.took.as_secs_f64();
            println!("  {:<24} {:>8} {:>8} {seconds:>8.1}", it.name, it.tally.passed, it.tally.failed);
        }
        let seconds: f64 = self.outcomes.iter().map(|it| it.took.as_secs_f64()).sum();
        let all = self.outcomes.iter().fold(Tally::default(), |sum, it| sum.plus(it.tally));
        println!("  {:<24} {:>8} {:>8} {seconds:>8.1}\n", "all", all.passed, all.failed);
        let failed: Vec<&str> =
            self.outcomes.iter().filter(|it| it.tally.failed > 0).map(|it| it.name).collect();
        println!("{} passed, {} failed", all.passed, all.failed);
        if !failed.is_empty() {
            bail!("failed: {}. Each check's output is in {}", failed.join(", "), log_file("NAME").display());
        }
        Ok(())
    }
}

/// The failures that a program reports test by test, or else the end of what it said.
fn reason(said: &str) -> String {
    let failures = tally::failures(said);
    match failures.len() {
        0 => process::tail(said, LINES_OF_A_FAILURE),
        1..=LINES_OF_FAILURES => failures.join("\n"),
        more => format!(
            "{}\n  … {} more lines",
            failures[..LINES_OF_FAILURES].join("\n"),
            more - LINES_OF_FAILURES
        ),
    }
}

fn verdict(tally: &Tally) -> String {
    match tally {
        Tally { failed: 0, passed: 1 } => "passed".to_owned(),
        Tally { failed: 0, passed } => format!("{passed} passed"),
        Tally { failed, passed } => format!("{failed} FAILED, {passed} passed"),
    }
}

fn log_file(name: &str) -> PathBuf {
    PathBuf::from("target/test-logs").join(format!("{}.log", name.replace(' ', "-")))
}
