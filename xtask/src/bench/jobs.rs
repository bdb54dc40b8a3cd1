//! `cargo xtask bench jobs`: builds the bench of `jobs` and the libraries it is measured beside, and lets it measure.

use crate::{args::Args, process, workspace};
use serde_json::Value;
use std::{path::Path, process::Command};

/// Options of the bench program that are passed on, each with a value.
const OPTIONS: &[&str] = &["--only"];

/// Everything that the bench program reports, with the machine.
pub(super) fn run(args: &mut Args) -> anyhow::Result<Value> {
    let mut command = command(args)?;
    let nats = Command::new("nats-server").arg("--version").output();
    anyhow::ensure!(
        nats.is_ok(),
        "nats-server is missing, which calls are measured beside: apt-get install nats-server"
    );
    let folder = workspace::target_folder()?.join("peers");
    process::step("build the bench and its peers, optimised", || {
        process::run(workspace::cargo().args(["bench", "--package", "jobs", "--bench", "jobs", "--no-run"]))?;
        process::run(&mut peers(&folder))
    })?;
    super::reported("bench-jobs.json", command.env("JOB_PEERS", folder.join("release/job-peers")))
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
