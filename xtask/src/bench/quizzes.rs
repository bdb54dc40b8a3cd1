//! `cargo xtask bench quizzes`: answers of many fans at once, over HTTP.

use crate::{args::Args, process, workspace};
use serde_json::Value;

/// Everything that the bench program reports, with the machine.
pub(super) fn run(args: &mut Args) -> anyhow::Result<Value> {
    args.done()?;
    let bench = ["bench", "--package", "server", "--bench", "quizzes"];
    process::step("build the server and its clients, optimised", || {
        process::run(workspace::cargo().args(bench).arg("--no-run"))
    })?;
    let mut command = workspace::cargo();
    command.args(bench).args(["--quiet", "--"]);
    super::reported("bench-quizzes.json", &mut command)
}
