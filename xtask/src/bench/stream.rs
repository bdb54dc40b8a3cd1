//! `cargo xtask bench stream`: builds `crease` and the bench program (`server/benches/stream`) and lets it measure.

use crate::{args::Args, process, workspace};
use serde_json::Value;
use std::process::Command;

/// Options of the bench program that are passed on, each with a value.
const OPTIONS: &[&str] = &["--conns", "--size", "--repeats", "--only", "--scenario"];

/// Everything that the bench program reports, with the machine.
pub(super) fn run(args: &mut Args) -> anyhow::Result<Value> {
    let mut command = command(args)?;
    process::step("build crease and the bench, optimised", || {
        process::run(workspace::cargo().args([
            "bench",
            "--package",
            "server",
            "--bench",
            "stream",
            "--no-run",
        ]))
    })?;
    super::reported("bench-stream.json", &mut command)
}

/// The bench program with the options that were given.
fn command(args: &mut Args) -> anyhow::Result<Command> {
    let mut command = workspace::cargo();
    command.args(["bench", "--quiet", "--package", "server", "--bench", "stream", "--"]);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_the_bench_are_passed_on_and_others_refused() {
        let words = |it: &[&str]| it.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
        let mut args = Args::new(words(&["--quick", "--conns=1000,5000", "--size", "300"])).unwrap();
        let shown = process::shown(&command(&mut args).unwrap());
        assert!(shown.ends_with("--bench stream -- --quick --conns 1000,5000 --size 300"), "{shown}");
        let mut args = Args::new(words(&["--con", "1000"])).unwrap();
        assert!(command(&mut args).is_err());
    }
}
