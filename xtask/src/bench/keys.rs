//! `cargo xtask bench keys`: what the check of a key costs, alone and in a request.

use crate::{args::Args, process, workspace};
use serde_json::Value;

/// Everything that the bench program reports, with the machine.
pub(super) fn run(args: &mut Args) -> anyhow::Result<Value> {
    args.done()?;
    let bench = ["bench", "--package", "server", "--bench", "keys"];
    process::step("build the server and its clients, optimised", || {
        process::run(workspace::cargo().args(bench).arg("--no-run"))
    })?;
    let mut command = workspace::cargo();
    command.args(bench).args(["--quiet", "--"]);
    super::reported("bench-keys.json", &mut command)
}
