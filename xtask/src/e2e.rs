//! `cargo xtask e2e`: a real browser against a real server and the example pages.

use crate::{
    args::Args,
    bundle::{self, Rebuild},
    demo, install, process,
    process::step,
    workspace,
};
use anyhow::Context;
use std::{fs, path::Path, process::Command};

const FOLDER: &str = "e2e";

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    args.done()?;
    install::for_tests()?;
    let crease = step("build the server", demo::build_server)?;
    bundle::build(Rebuild::WhenChanged)?;
    process::run(&mut command(&crease, Browsers::All, &args.rest)?)?;
    println!(
        "Next: cargo xtask e2e -- --headed, or -- -g NAME for one test; cargo xtask test runs everything"
    );
    Ok(())
}

/// Which browsers a run is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Browsers {
    /// Chromium, and Firefox where it is.
    All,
    Chromium,
}

/// Playwright, ready to run with these further words.
pub(crate) fn command(crease: &Path, browsers: Browsers, words: &[String]) -> anyhow::Result<Command> {
    install_packages()?;
    let mut command = Command::new("node_modules/.bin/playwright");
    command.arg("test").args(words).current_dir(workspace::root().join(FOLDER));
    command.env("CREASE_BIN", crease);
    if let Some(chromium) = install::chromium() {
        command.env("CHROMIUM_BIN", chromium);
    }
    if browsers == Browsers::All {
        if let Some(firefox) = install::firefox() {
            command.env("FIREFOX_BIN", firefox);
        }
        if let Some(wordpress) = install::wordpress() {
            command.env("WORDPRESS_DIR", wordpress);
        }
    }
    Ok(command)
}

/// `npm ci`, once for each lock file. Nothing downloads a browser: the system's is used.
fn install_packages() -> anyhow::Result<()> {
    let folder = Path::new(FOLDER);
    let lock =
        fs::read_to_string(folder.join("package-lock.json")).context("reading e2e/package-lock.json")?;
    let note = folder.join("node_modules/.installed-lock");
    if fs::read_to_string(&note).is_ok_and(|it| it == lock) {
        return Ok(());
    }
    step("npm ci in e2e/", || {
        let quiet = ["ci", "--no-audit", "--no-fund"];
        process::capture(
            Command::new("npm").args(quiet).current_dir(folder).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"),
        )?;
        fs::write(&note, &lock).context("noting what was installed")
    })
}
