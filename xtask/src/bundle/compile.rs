//! The widget's crate → `crease.wasm` and the JavaScript that binds it.

use super::{File, trim};
use crate::{process, workspace};
use anyhow::Context;
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "widget";
/// The module before it is bound, without the parts.
const MAIN: &str = "main.wasm";
/// A script that loads parts, which is not used: `widget/loader/takeover.js` does it in fewer bytes and without another request.
const LINK: &str = "./parts.js";

/// The widget's files, and which of them each part consists of, by the part's name.
pub(super) struct Built {
    pub(super) files: Vec<File>,
    pub(super) parts: Parts,
}

/// Names of files without ".wasm"; the part's own comes last.
pub(super) type Parts = BTreeMap<String, Vec<String>>;

/// Compiles, cuts and binds; the files are `crease.js` (an ES module), `crease.wasm`, those of the parts, and what the crate's inline
/// snippets ask for.
pub(super) fn build_and_bind() -> anyhow::Result<Built> {
    let mut flags = remap_flags()?;
    // Cutting the parts out needs to know what refers to what.
    flags.push("-Clink-arg=--emit-relocs".to_owned());
    process::run(
        workspace::cargo()
            .args(["build", "--package", "widget", "--lib", "--profile", PROFILE, "--target", TARGET])
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")),
    )?;
    let wasm = workspace::target_folder()?.join(TARGET).join(PROFILE).join("widget.wasm");
    anyhow::ensure!(wasm.is_file(), "{} was not written; is widget's crate-type cdylib?", wasm.display());
    let folder = workspace::target_folder()?.join("bundle");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let parts = split(&wasm, &folder)?;
    let mut files = bind(&folder.join(MAIN), &folder)?;
    files.retain(|it| it.0 != MAIN && it.0 != "parts.js");
    Ok(Built { files, parts })
}

/// Cuts the module at `widget/src/parts.rs`: into what every fan downloads, and a file each for what waits until it is needed.
fn split(wasm: &Path, folder: &Path) -> anyhow::Result<Parts> {
    let input = fs::read(wasm).with_context(|| format!("reading {}", wasm.display()))?;
    let input = trim::unused_classes(&trim::panics(&input)?)?;
    let main = folder.join(MAIN);
    let mut options = wasm_split_cli_support::Options::new(&input);
    options.output_dir = folder;
    options.main_out_path = &main;
    options.link_name = LINK;
    options.main_module = "./crease.js";
    let split = wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow::anyhow!("cutting parts out of the wasm: {error:#}"))?;
    Ok(split.prefetch_map.into_iter().collect())
}

/// The glue leaves out where the wasm lies: the loader, which knows the bundle's address, passes it.
fn bind(wasm: &Path, folder: &Path) -> anyhow::Result<Vec<File>> {
    Bindgen::new()
        .input_path(wasm)
        .out_name("crease")
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        .keep_lld_exports(true)
        .generate(folder)
        .context("binding the wasm to JavaScript")?;
    let read = |path: String| {
        let name = Path::new(&path).strip_prefix(folder).unwrap_or(Path::new(&path)).to_string_lossy();
        let name = name.replace("crease_bg.wasm", "crease.wasm");
        fs::read(&path).map(|bytes| (name, bytes)).with_context(|| format!("reading {path}"))
    };
    workspace::walk(folder, &|_| true)?.into_iter().map(read).collect()
}

/// Compiler flags that replace every path of this machine: panics carry file names, and what fans download
/// must neither tell where it was built nor differ between two machines.
fn remap_flags() -> anyhow::Result<Vec<String>> {
    let sysroot = process::capture(Command::new("rustc").args(["--print", "sysroot"]))?;
    let mut from_to = vec![
        (workspace::root(), "crease"),
        (Path::new(sysroot.trim()).join("lib/rustlib/src/rust"), "rust"),
        (cargo_home()?.join("git/checkouts"), "crates"),
    ];
    // Each registry has a folder named by a hash of its address.
    if let Ok(registries) = fs::read_dir(cargo_home()?.join("registry/src")) {
        from_to.extend(registries.filter_map(Result::ok).map(|it| (it.path(), "crates")));
    }
    Ok(from_to.into_iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).collect())
}

fn cargo_home() -> anyhow::Result<PathBuf> {
    match env::var_os("CARGO_HOME") {
        Some(folder) => Ok(folder.into()),
        None => {
            Ok(PathBuf::from(env::var_os("HOME").context("neither CARGO_HOME nor HOME is set")?)
                .join(".cargo"))
        }
    }
}
