//! What the program calls things: its settings, and what it counts.

use crate::workspace;
use anyhow::Context;
use std::collections::BTreeSet;
use std::fs;

/// "http.listen", and so on, as the configuration's defaults have them.
pub(super) fn settings() -> anyhow::Result<BTreeSet<String>> {
    let text = fs::read_to_string(workspace::root().join("server/src/config.default.toml"))?;
    let table: toml::Table = text.parse().context("the defaults are TOML")?;
    let mut found = BTreeSet::new();
    gather(&table, "", &mut found);
    Ok(found)
}

fn gather(table: &toml::Table, before: &str, found: &mut BTreeSet<String>) {
    for (key, value) in table {
        let name = format!("{before}{key}");
        if let toml::Value::Table(inner) = value {
            gather(inner, &format!("{name}."), found);
        }
        found.insert(name);
    }
}

/// The sources of all our crates but this one, without their tests.
pub(super) fn sources() -> anyhow::Result<Vec<String>> {
    let other = ["target", "node_modules", ".git", "dist", "xtask", "tests"];
    let files = workspace::walk(&workspace::root(), &|name| !other.contains(&name))?;
    let ours = files.iter().filter(|it| it.ends_with(".rs"));
    ours.map(|it| fs::read_to_string(it).with_context(|| it.clone())).collect()
}

/// Whether a metric is one that somebody counts: its name stands right behind a bracket, a macro's or that of who keeps it, or is written out as Prometheus
/// reads it.
pub(super) fn is_counted(sources: &[String], metric: &str) -> bool {
    let (named, written) = (format!("(\"{metric}\""), format!("# TYPE {metric} "));
    sources.iter().any(|it| it.contains(&named) || it.contains(&written))
}
