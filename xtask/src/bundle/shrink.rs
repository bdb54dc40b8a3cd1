//! Fewer bytes for the same program: wasm-opt over the wasm, esbuild over the scripts.

use super::File;
use crate::{install::NodeTools, process, workspace};
use anyhow::Context;
use std::fs;

/// Passes that gave few compressed bytes in little time (widget/README.md has those tried). `-tnh` may assume that
/// no trap happens: a Rust panic ends in `unreachable` after its message was given out, so nothing we rely on is
/// lost. Flattening first and `-Oz` twice give one per cent. Not `--converge`: twice the time for no byte of brotli less. Not `--low-memory-unused`, worth one per cent:
/// the linker puts the stack first, so the lowest kilobyte may come into use.
const PASSES: &[&str] = &[
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "-tnh",
    "--strip-debug",
    "--strip-producers",
    "--strip-target-features",
];

/// What the browsers we support can run; rustc's own defaults for wasm32 since 1.82.
const FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// How a script is loaded.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// `<script>`: nothing of it may become a global name.
    Script,
    /// `import`: its exports keep their names.
    Module,
}

/// Shrinks every file that a tool knows.
pub(super) fn all(tools: &NodeTools, files: &mut [File]) -> anyhow::Result<()> {
    for (path, bytes) in files {
        if path.ends_with(".wasm") {
            *bytes = wasm(tools, bytes)?;
        } else if path.ends_with(".js") {
            *bytes = script(tools, bytes, Kind::Module)?;
        }
    }
    Ok(())
}

fn wasm(tools: &NodeTools, bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let folder = workspace::target_folder()?.join("bundle");
    let (from, to) = (folder.join("in.wasm"), folder.join("out.wasm"));
    fs::write(&from, bytes)?;
    process::capture(tools.command("wasm-opt").args(FEATURES).args(PASSES).arg(&from).arg("-o").arg(&to))?;
    fs::read(&to).context("wasm-opt wrote nothing")
}

/// Shortens a script; `kind` decides which names are free to change.
pub(super) fn script(tools: &NodeTools, source: &[u8], kind: Kind) -> anyhow::Result<Vec<u8>> {
    let folder = workspace::target_folder()?.join("bundle");
    fs::create_dir_all(&folder)?;
    let (from, to) = (folder.join("in.js"), folder.join("out.js"));
    fs::write(&from, source)?;
    // A script is read in its page's encoding, whatever that is; a module always in UTF-8 (HTML Living Standard §8.1.4.2).
    let (format, charset) = match kind {
        Kind::Script => ("--format=iife", "--charset=ascii"),
        Kind::Module => ("--format=esm", "--charset=utf8"),
    };
    let out = format!("--outfile={}", to.display());
    let fixed = ["--minify", "--target=es2020", charset, "--log-level=error", format, &out];
    process::capture(tools.command("esbuild").arg(&from).args(fixed))?;
    fs::read(&to).context("esbuild wrote nothing")
}
