//! Whose work is in ours, and by which licence: a report, and the check that nothing came by another one than `deny.toml` allows.
//!
//! `cargo deny check` says the same, and reads advisories as well; it takes minutes to build and a database from elsewhere, so that it is run
//! by hand. This runs with each change.

use crate::{args::Args, process, workspace};
use anyhow::{Context, bail};
use serde_json::Value;
use spdx::{Expression, ParseMode};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

/// What may be depended on, as `deny.toml` says.
#[derive(Debug)]
struct Allowed {
    /// SPDX names, some with their exception.
    licences: BTreeSet<String>,
    /// By crate.
    exceptions: BTreeMap<String, BTreeSet<String>>,
}

/// A crate of others.
#[derive(Debug)]
struct Dependency {
    name: String,
    version: String,
    licence: String,
    source: String,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    args.done()?;
    print!("{}", report()?);
    Ok(())
}

/// Fails where a crate came by a licence that is not allowed.
pub(crate) fn check() -> anyhow::Result<()> {
    let (allowed, dependencies) = (allowed()?, dependencies()?);
    let refused: Vec<String> = dependencies.iter().filter_map(|it| refusal(it, &allowed)).collect();
    anyhow::ensure!(dependencies.len() > 100, "only {} dependencies are seen", dependencies.len());
    if !refused.is_empty() {
        bail!("by another licence than deny.toml allows:\n{}", refused.join("\n"));
    }
    Ok(())
}

/// A line each: crate, version, licence, where it is from. What the console's editor is made of is listed beside it in `dist/console`.
pub(crate) fn report() -> anyhow::Result<String> {
    let mut text = String::from(
        "Crease is built from these crates of others, each by its licence; the console's editor also from the npm packages listed beside it.\n\n",
    );
    for Dependency { name, version, licence, source } in dependencies()? {
        writeln!(text, "{name} {version}: {licence} ({source})")?;
    }
    Ok(text)
}

/// Of all crates that are not ours, whatever they are needed for.
fn dependencies() -> anyhow::Result<Vec<Dependency>> {
    let mut asking = workspace::cargo();
    let text = process::capture(asking.args(["metadata", "--format-version=1", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&text).context("cargo metadata printed no JSON")?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists packages")?;
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    let mut found: Vec<Dependency> = packages
        .iter()
        .filter(|it| it["source"].is_string())
        .map(|it| Dependency {
            name: text(&it["name"]),
            version: text(&it["version"]),
            licence: text(&it["license"]),
            source: text(&it["repository"]),
        })
        .collect();
    found.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(found)
}

fn allowed() -> anyhow::Result<Allowed> {
    let path = workspace::root().join("deny.toml");
    parse(&fs::read_to_string(&path).with_context(|| path.display().to_string())?)
}

fn parse(text: &str) -> anyhow::Result<Allowed> {
    let deny: toml::Table = text.parse()?;
    let names = |it: Option<&toml::Value>| -> anyhow::Result<BTreeSet<String>> {
        let list = it.and_then(toml::Value::as_array).context("deny.toml: a list of licences is missing")?;
        list.iter().map(|it| it.as_str().map(str::to_owned).context("a licence is a text")).collect()
    };
    let licences = deny.get("licenses").context("deny.toml has no [licenses]")?;
    let mut exceptions = BTreeMap::new();
    for it in licences.get("exceptions").and_then(toml::Value::as_array).into_iter().flatten() {
        let name = it.get("crate").and_then(toml::Value::as_str).context("an exception names a crate")?;
        exceptions.insert(name.to_owned(), names(it.get("allow"))?);
    }
    Ok(Allowed { licences: names(licences.get("allow"))?, exceptions })
}

/// Why a crate may not be used, if so.
fn refusal(it: &Dependency, allowed: &Allowed) -> Option<String> {
    let Dependency { name, version, licence, .. } = it;
    // Some older ones write MIT/Apache-2.0.
    let Ok(expression) = Expression::parse_mode(licence, ParseMode::LAX) else {
        return Some(format!("{name} {version}: {licence:?} is no licence that is known"));
    };
    let own = allowed.exceptions.get(name);
    let is_good = expression.evaluate(|required| {
        let required = required.to_string();
        allowed.licences.contains(&required) || own.is_some_and(|it| it.contains(&required))
    });
    (!is_good).then(|| format!("{name} {version}: {licence}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str, licence: &str) -> bool {
        let deny = r#"
            [licenses]
            allow = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "Unicode-3.0"]
            exceptions = [{ crate = "passkeys", allow = ["MPL-2.0"] }]
        "#;
        let it = Dependency {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence: licence.to_owned(),
            source: String::new(),
        };
        refusal(&it, &parse(deny).unwrap()).is_some()
    }

    #[test]
    fn a_licence_that_is_not_allowed_is_refused_unless_another_may_be_chosen() {
        for good in [
            "MIT",
            "MIT OR GPL-3.0-only",
            "MIT/Apache-2.0",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(!refused("any", good), "{good}");
        }
        for bad in ["GPL-3.0-only", "MIT AND GPL-3.0-only", "MPL-2.0", "MIT WITH LLVM-exception", "", "Mine"]
        {
            assert!(refused("any", bad), "{bad}");
        }
        assert!(!refused("passkeys", "MPL-2.0"));
    }

    #[test]
    fn what_we_use_is_allowed() {
        check().unwrap();
        let report = report().unwrap();
        assert!(
            report.lines().any(|it| it.starts_with("serde 1.") && it.contains("MIT OR Apache-2.0")),
            "{report}"
        );
    }
}
