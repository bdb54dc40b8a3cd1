//! Where things are: the project's root, its files, and what cargo says about its crates.

use crate::process;
use anyhow::Context;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The folder that holds the workspace's `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("xtask lies in the project's root").to_owned()
}

/// The cargo that runs us, so that a chosen toolchain stays chosen.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What cargo tells this program of itself would look to build scripts that ask for it (ring's) like another build: everything above
    // them would be compiled anew each time that somebody calls cargo directly in between.
    for (name, _) in std::env::vars_os() {
        let is_of_this_program = name.to_str().is_some_and(|it| {
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
                .iter()
                .any(|prefix| it.starts_with(prefix))
        });
        if is_of_this_program {
            command.env_remove(name);
        }
    }
    command
}

/// `cargo metadata` of our own crates, without their dependencies' trees.
pub(crate) fn metadata() -> anyhow::Result<serde_json::Value> {
    let text = process::capture(cargo().args(["metadata", "--no-deps", "--format-version=1"]))?;
    serde_json::from_str(&text).context("cargo metadata printed no JSON")
}

/// Files that are, or would be, in the repository: tracked ones and new ones that git does not ignore,
/// relative to the root, sorted. Without git (an unpacked archive) every file outside the folders that builds
/// write.
pub(crate) fn files() -> anyhow::Result<Vec<String>> {
    let listed = process::capture(Command::new("git").args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]));
    let mut files: Vec<String> = match listed {
        Ok(text) => text.split('\0').filter(|it| !it.is_empty()).map(str::to_owned).collect(),
        Err(_) => {
            let built = ["target", "data", "dist", "node_modules", ".git"];
            walk(Path::new("."), &|name| !built.contains(&name))?
        }
    };
    files.retain(|it| Path::new(it).is_file());
    files.sort();
    files.dedup();
    Ok(files)
}

/// Every file under `folder` as a path that starts with it, sorted. `enter` is asked for each folder's name.
pub(crate) fn walk(folder: &Path, enter: &dyn Fn(&str) -> bool) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            if !entry.file_type()?.is_dir() {
                let shown = path.strip_prefix(".").unwrap_or(&path);
                found.push(shown.to_string_lossy().into_owned());
            } else if enter(&entry.file_name().to_string_lossy()) {
                folders.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Where cargo builds: `target/` unless the environment says otherwise.
pub(crate) fn target_folder() -> anyhow::Result<PathBuf> {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => std::path::absolute(folder).context("CARGO_TARGET_DIR names no folder"),
        None => Ok(root().join("target")),
    }
}

/// The project's version, from `[workspace.package]`.
pub(crate) fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
