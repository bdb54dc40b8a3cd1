//! The widget's crate → `crease.wasm` and the JavaScript that binds it.

use super::File;
use crate::{process, workspace};
use anyhow::Context;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "widget";

/// Compiles and binds; the files are `crease.js` (an ES module), `crease.wasm` and what the crate's inline
/// snippets ask for.
pub(super) fn build_and_bind() -> anyhow::Result<Vec<File>> {
    let flags = remap_flags()?.join("\u{1f}");
    process::run(
        workspace::cargo()
            .args(["build", "--package", "widget", "--lib", "--profile", PROFILE, "--target", TARGET])
            .env("CARGO_ENCODED_RUSTFLAGS", flags),
    )?;
    let wasm = workspace::target_folder()?.join(TARGET).join(PROFILE).join("widget.wasm");
    anyhow::ensure!(wasm.is_file(), "{} was not written; is widget's crate-type cdylib?", wasm.display());
    bind(&wasm)
}

/// The glue leaves out where the wasm lies: the loader, which knows the bundle's address, passes it.
fn bind(wasm: &Path) -> anyhow::Result<Vec<File>> {
    let folder = workspace::target_folder()?.join("bundle");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    Bindgen::new()
        .input_path(wasm)
        .out_name("crease")
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        .generate(&folder)
        .context("binding the wasm to JavaScript")?;
    let read = |path: String| {
        let name = Path::new(&path).strip_prefix(&folder).unwrap_or(Path::new(&path)).to_string_lossy();
        let name = name.replace("crease_bg.wasm", "crease.wasm");
        fs::read(&path).map(|bytes| (name, bytes)).with_context(|| format!("reading {path}"))
    };
    workspace::walk(&folder, &|_| true)?.into_iter().map(read).collect()
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
