//! `cargo xtask bench jobs`: builds the bench of `jobs` and the libraries it is measured beside, and lets it measure.

use crate::{args::Args, process, workspace};
use anyhow::Context;
use serde_json::Value;
use std::{fs, path::Path, process::Command};

/// Options of the bench program that are passed on, each with a value.
const OPTIONS: &[&str] = &["--only"];

/// Everything that the bench program reports, with the machine.
pub(super) fn run(args: &mut Args) -> anyhow::Result<Value> {
    let mut command = command(args)?;
    let folder = workspace::target_folder()?.join("peers");
    process::step("build the bench and its peers, optimised", || {
        process::run(workspace::cargo().args(["bench", "--package", "jobs", "--bench", "jobs", "--no-run"]))?;
        process::run(&mut peers(&folder))
    })?;
    let report = workspace::target_folder()?.join("bench-jobs.json");
    if report.exists() {
        fs::remove_file(&report).with_context(|| format!("removing {}", report.display()))?;
    }
    command.arg("--out").arg(&report).env("JOB_PEERS", folder.join("release/job-peers"));
    process::step("measure", || process::run(&mut command))?;
    let text = fs::read_to_string(&report).with_context(|| format!("reading {}", report.display()))?;
    let mut report: Value = serde_json::from_str(&text).context("the bench's report is no JSON")?;
    report["machine"] = super::machine().into();
    Ok(report)
}

/// Builds the other libraries: a workspace of its own.
fn peers(folder: &Path) -> Command {
    let mut command = workspace::cargo();
    command.args([
        "build",
        "--release",
        "--locked",
        "--manifest-path",
        "jobs/benches/peers/Cargo.toml",
        "--target-dir",
    ]);
    command.arg(folder);
    command
}

/// The bench program with the options that were given.
fn command(args: &mut Args) -> anyhow::Result<Command> {
    let mut command = workspace::cargo();
    command.args(["bench", "--quiet", "--package", "jobs", "--bench", "jobs", "--"]);
    if args.flag("--quick") {
        command.arg("--quick");
    }
    for option in OPTIONS {
        if let Some(value) = args.value::<String>(option)? {
            command.arg(option).arg(value);
        }
    }
    args.done()?;
    Ok(command)
}
