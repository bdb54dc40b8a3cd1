//! `cargo xtask bench book`: builds the order book's bench with the libraries that it is measured beside, and lets it measure.

use crate::{args::Args, process, workspace};
use serde_json::Value;
use std::process::Command;

/// Options of the bench program that are passed on, each with a value.
const OPTIONS: &[&str] = &["--only", "--engines", "--folder", "--rounds"];

/// Everything that the bench program reports, with the machine.
pub(super) fn run(args: &mut Args) -> anyhow::Result<Value> {
    let folder = workspace::target_folder()?.join("book-bench");
    let mut command = Command::new(folder.join("release/book-bench"));
    // Journals are written beside what is built, whose disk is a real one, unless another folder is named: the last one counts.
    command.arg("--folder").arg(&folder);
    if args.flag("--quick") {
        command.arg("--quick");
    }
    for option in OPTIONS {
        if let Some(value) = args.value::<String>(option)? {
            command.arg(option).arg(value);
        }
    }
    args.done()?;
    process::step("build the bench and its peers, optimised", || {
        let mut build = workspace::cargo();
        build.args(["build", "--release", "--locked", "--manifest-path", "rewards/bench/Cargo.toml"]);
        process::run(build.arg("--target-dir").arg(&folder))
    })?;
    super::reported("bench-book.json", &mut command)
}
