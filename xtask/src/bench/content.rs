//! `cargo xtask bench content`: a newsroom of 100,000 entries, and what it publishes on 10,000 streams.

use crate::{args::Args, process, workspace};
use serde_json::Value;

/// Everything that the bench program reports, with the machine.
pub(super) fn run(args: &mut Args) -> anyhow::Result<Value> {
    args.done()?;
    let bench = ["bench", "--package", "server", "--bench", "content"];
    process::step("build the server and its clients, optimised", || {
        process::run(workspace::cargo().args(bench).arg("--no-run"))
    })?;
    let mut command = workspace::cargo();
    command.args(bench).args(["--quiet", "--"]);
    super::reported("bench-content.json", &mut command)
}
