//! Who may use whom. One table, checked against `cargo metadata`; a crate that is not in it fails.
//!
//! Architecture Invariant: knowledge flows downhill. `cricket` and `wire` are pure and compile for wasm32;
//! only the edges know HTTP; only `store` (and `jobs`) knows the database; only `server` and `widget` know
//! the bytes between them.

use crate::tidy::{Finding, line_of};
use serde_json::Value;

/// Our crates, each with those of ours that it may use. Downhill order, the pure ground first; some places
/// are kept for crates to come.
const LAYERS: &[(&str, &[&str])] = &[
    // Pure: no I/O, no clock, no randomness, nothing outside std.
    ("cricket", &[]),
    ("wire", &["cricket"]),
    ("book", &[]),
    // Knows no clock and reads no file: what it judges by is handed to it.
    ("places", &[]),
    // Ground.
    ("postgres-bundle", &[]),
    ("store", &["postgres-bundle"]),
    ("jobs", &["store"]),
    ("market", &["book"]),
    // Visitor.
    ("access", &["places", "store"]),
    // Domains.
    ("wallet", &["access", "jobs", "store"]),
    ("rewards", &["wallet", "access", "book", "jobs", "market", "store"]),
    ("quizzes", &["rewards", "access", "cricket", "jobs", "store"]),
    ("partners", &["access", "jobs", "store"]),
    ("commentary", &["access", "cricket", "jobs", "store"]),
    ("cms", &["access", "jobs", "store"]),
    // Edges.
    (
        "console",
        &[
            "access",
            "cms",
            "commentary",
            "cricket",
            "jobs",
            "partners",
            "quizzes",
            "rewards",
            "store",
            "wallet",
        ],
    ),
    (
        "server",
        &[
            "access",
            "cms",
            "commentary",
            "console",
            "cricket",
            "jobs",
            "partners",
            "quizzes",
            "rewards",
            "store",
            "wallet",
            "wire",
        ],
    ),
    ("widget", &["wire", "cricket"]),
    // Tools.
    ("xtask", &[]),
];

/// Crates from outside that belong to one layer, each with those of ours that may name them, in tests as
/// well.
const RESERVED: &[(&str, &[&str])] = &[
    ("axum", &["server", "console"]),
    ("tower-http", &["server", "console"]),
    ("leptos", &["widget"]),
    ("js-sys", &["widget"]),
    ("wasm-bindgen", &["widget"]),
    ("wasm-bindgen-futures", &["widget"]),
    ("web-sys", &["widget"]),
    ("wasm-bindgen-cli-support", &["xtask"]),
    ("tokio-postgres", &["store", "jobs"]),
    ("deadpool-postgres", &["store", "jobs"]),
    ("redis", &["store", "jobs"]),
];

/// Crates that use nothing from outside std, except in their own tests and behind a feature that the widget
/// leaves off.
const PURE: &[&str] = &["cricket", "wire", "book"];

/// Checks what `cargo metadata --no-deps` says. `manifest` gives a manifest's text by its path, so that a
/// finding names a line.
pub(crate) fn check(metadata: &Value, manifest: &dyn Fn(&str) -> String) -> Vec<Finding> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ours: Vec<&str> = packages.iter().filter_map(|it| it["name"].as_str()).collect();
    packages.iter().flat_map(|it| check_package(it, &ours, manifest)).collect()
}

fn check_package(package: &Value, ours: &[&str], manifest: &dyn Fn(&str) -> String) -> Vec<Finding> {
    let name = package["name"].as_str().unwrap_or_default();
    let path = package["manifest_path"].as_str().unwrap_or_default();
    let finding = |line, what| Finding { file: path.to_owned(), line, rule: "layers", what };
    let Some((_, may_use)) = LAYERS.iter().find(|(it, _)| *it == name) else {
        return vec![finding(None, format!("crate {name} has no layer; give it one in xtask/src/layers.rs"))];
    };
    let text = manifest(path);
    let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    let broken = dependencies.iter().filter_map(|dependency| {
        let used = dependency["name"].as_str().unwrap_or_default();
        let what = refusal(name, may_use, used, ours.contains(&used), kind(dependency))?;
        Some(finding(line_of(&text, |it| it.trim_start().starts_with(used)), what))
    });
    broken.collect()
}

/// When a dependency is there.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Always,
    /// Behind a feature.
    Optional,
    InTests,
}

fn kind(dependency: &Value) -> Kind {
    match (dependency["kind"].as_str(), dependency["optional"].as_bool()) {
        (Some("dev"), _) => Kind::InTests,
        (_, Some(true)) => Kind::Optional,
        _ => Kind::Always,
    }
}

/// Why crate `name` may not depend on `used`; `None` when it may.
fn refusal(name: &str, may_use: &[&str], used: &str, is_ours: bool, kind: Kind) -> Option<String> {
    if let Some((_, holders)) = RESERVED.iter().find(|(it, _)| *it == used)
        && !holders.contains(&name)
    {
        return Some(format!(
            "{used} is reserved to {}; ask that crate for what {name} needs",
            holders.join(", ")
        ));
    }
    // Tests may look uphill: a crate's own tests are no part of what others build on.
    if kind == Kind::InTests {
        return None;
    }
    if is_ours && !may_use.contains(&used) {
        let allowed = if may_use.is_empty() { "none of ours".to_owned() } else { may_use.join(", ") };
        return Some(format!(
            "{name} may use {allowed}, not {used}; pass what it needs in, or move the code downhill"
        ));
    }
    if !is_ours && kind == Kind::Always && PURE.contains(&name) {
        return Some(format!(
            "{name} is pure and uses nothing outside std, not {used}; keep {used} in an edge"
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The findings' words for one crate that depends on `used`, beside a crate `store` of ours.
    fn findings(name: &str, used: &str, kind: Option<&str>) -> Vec<String> {
        let metadata = json!({"packages": [
            {"name": name, "manifest_path": "x/Cargo.toml", "dependencies": [{"name": used, "kind": kind}]},
            {"name": "store", "manifest_path": "store/Cargo.toml", "dependencies": []},
            {"name": "wire", "manifest_path": "wire/Cargo.toml", "dependencies": []},
        ]});
        let manifest = |_: &str| format!("[dependencies]\n{used}.workspace = true\n");
        check(&metadata, &manifest).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_crate_may_use_what_lies_below_it() {
        for (name, used) in
            [("partners", "store"), ("widget", "wire"), ("server", "axum"), ("store", "redis")]
        {
            assert_eq!(findings(name, used, None), [""; 0], "{name} -> {used}");
        }
    }

    #[test]
    fn an_edge_that_goes_uphill_is_named_with_its_line_and_what_is_allowed() {
        let found = findings("partners", "wire", None);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("x/Cargo.toml:2: layers: partners may use access, jobs, store, not wire"),
            "{found:?}"
        );
    }

    #[test]
    fn a_crate_outside_the_table_fails() {
        assert!(findings("helpers", "serde", None)[0].contains("crate helpers has no layer"));
    }

    #[test]
    fn the_pure_crates_use_nothing_from_outside_but_in_their_tests() {
        assert!(findings("cricket", "serde", None)[0].contains("pure"));
        assert_eq!(findings("cricket", "serde_json", Some("dev")), [""; 0]);
    }

    #[test]
    fn a_reserved_crate_is_refused_even_in_tests() {
        assert!(findings("partners", "tokio-postgres", Some("dev"))[0].contains("reserved to store, jobs"));
        assert!(findings("xtask", "leptos", None)[0].contains("reserved to widget"));
    }

    #[test]
    fn the_table_goes_downhill_only() {
        for (at, (name, may_use)) in LAYERS.iter().enumerate() {
            for used in *may_use {
                let below = LAYERS[..at].iter().any(|(it, _)| it == used);
                assert!(below, "{name} uses {used}, which does not lie below it");
            }
        }
    }
}
