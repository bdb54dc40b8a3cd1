//! Whether a bundle would come out as the one that is there.

use super::{DIST, manifest};
use crate::{install::NodeTools, workspace};
use anyhow::Context;
use sha2::{Digest, Sha256};
use std::{fs, path::Path};

/// Folders and files that decide the bundle's bytes.
const INPUTS: &[&str] = &[
    "widget",
    "wire",
    "cricket",
    "console/editor",
    "xtask/src/bundle",
    "xtask/src/bundle.rs",
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
];

/// A hash over everything that goes into a bundle, the tools among them.
pub(super) fn of_inputs(tools: &Option<NodeTools>) -> anyhow::Result<String> {
    let mut hasher = Sha256::new();
    hasher.update(workspace::version());
    hasher.update(tools.as_ref().map_or("no npm", |_| crate::install::NODE_PACKAGES_TEXT));
    for input in INPUTS {
        let path = Path::new(input);
        let files = if path.is_dir() {
            workspace::walk(path, &|name| name != "node_modules")?
        } else {
            vec![(*input).to_owned()]
        };
        for file in files {
            hasher.update(&file);
            hasher.update(fs::read(&file).with_context(|| format!("reading {file}"))?);
        }
    }
    Ok(format!("{:x}", hasher.finalize()))
}

/// True when `dist/` was built from these inputs and every file is still there.
pub(super) fn is_current(print: &str) -> bool {
    let kept = fs::read_to_string(kept_at()).unwrap_or_default();
    let whole = |entries: Vec<manifest::Entry>| {
        entries
            .iter()
            .all(|it| fs::metadata(Path::new(DIST).join(&it.path)).is_ok_and(|file| file.len() == it.bytes))
    };
    kept == print && manifest::read().is_ok_and(whole)
}

pub(super) fn keep(print: &str) -> anyhow::Result<()> {
    fs::write(kept_at(), print).context("keeping the bundle's fingerprint")
}

fn kept_at() -> std::path::PathBuf {
    Path::new(DIST).join(".fingerprint")
}
