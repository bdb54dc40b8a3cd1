//! Scripts of the widget as they stand in the tree, with what belongs in the place of their marks.

use anyhow::Context;
use std::fs;

/// Files of a folder, one behind the other.
pub(super) fn joined(folder: &str, names: &[&str]) -> anyhow::Result<String> {
    names.iter().map(|name| read(&format!("{folder}/{name}.js"))).collect()
}

/// A source with what belongs in the place of its marks; it has each of them.
pub(super) fn filled(path: &str, mut source: String, values: &[(&str, String)]) -> anyhow::Result<String> {
    for (mark, value) in values {
        anyhow::ensure!(source.contains(mark), "{path} does not contain {mark}");
        source = source.replace(mark, value);
    }
    Ok(source)
}

pub(super) fn read(path: &str) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading {path}"))
}
