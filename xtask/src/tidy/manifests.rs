//! Versions live once, in the root; members inherit versions and lints; the lock file is committed and names
//! no mirror.

use super::{Finding, line_of};
use std::{fs, path::Path};

/// The tool that reads the compiled widget must be of the very version that the widget was compiled against.
const SAME_VERSION: [&str; 2] = ["wasm-bindgen", "wasm-bindgen-cli-support"];

/// Checks a member's `Cargo.toml`.
pub(super) fn check_member(file: &str, text: &str) -> Vec<Finding> {
    let finding = |line, what: String| Finding { file: file.to_owned(), line, rule: "manifests", what };
    let mut findings = Vec::new();
    // One that begins a workspace is a member of none: what a bench compares with, which nothing else is built with.
    if text.lines().any(|line| line.trim() == "[workspace]") {
        return findings;
    }
    let mut section = "";
    let mut inherits_lints = false;
    for (at, line) in text.lines().map(str::trim).enumerate() {
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']);
            continue;
        }
        let inherits = line.replace(' ', "").contains("workspace=true");
        inherits_lints |= section == "lints" && inherits;
        // A crate that names itself in its tests, to switch a feature on, gives a path and no version.
        let is_itself = line.contains("path = \".\"");
        if let Some(name) = named_dependency(section, line)
            && !inherits
            && !is_itself
        {
            let what = format!(
                "{name} has its own version; put it in the root's [workspace.dependencies] and inherit it"
            );
            findings.push(finding(Some(at + 1), what));
        }
    }
    if !inherits_lints {
        findings.push(finding(
            None,
            "the lints are not the workspace's; add [lints] workspace = true".to_owned(),
        ));
    }
    findings
}

/// The name of the dependency that this line gives, when it gives one on a line of its own.
fn named_dependency<'a>(section: &str, line: &'a str) -> Option<&'a str> {
    let is_table = section.ends_with("dependencies");
    let name = line.split_once('=').map(|(name, _)| name.trim())?;
    let is_comment = line.starts_with('#');
    (is_table && !is_comment).then(|| name.trim_end_matches(".workspace"))
}

/// Checks the lock files of cargo and npm as they would be committed.
pub(super) fn check_lock(files: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if files.iter().any(|it| it == "Cargo.lock") {
        let text = fs::read_to_string("Cargo.lock").unwrap_or_default();
        findings.extend(check_same_version(&text));
        findings.extend(check_sources("Cargo.lock", &text));
    } else {
        findings.push(finding("Cargo.lock", None, "is not in the repository; commit it"));
    }
    for file in
        files.iter().filter(|it| Path::new(it).file_name().is_some_and(|name| name == "package-lock.json"))
    {
        findings.extend(check_sources(file, &fs::read_to_string(file).unwrap_or_default()));
    }
    findings
}

fn finding(file: &str, line: Option<usize>, what: &str) -> Finding {
    Finding { file: file.to_owned(), line, rule: "manifests", what: what.to_owned() }
}

fn check_same_version(lock: &str) -> Option<Finding> {
    let versions = SAME_VERSION.map(|name| locked_version(lock, name));
    let [Some(used), Some(tool)] = versions else { return None };
    (used != tool).then(|| {
        let what =
            format!("wasm-bindgen is {used} but wasm-bindgen-cli-support is {tool}; pin both to one version");
        finding("Cargo.lock", None, &what)
    })
}

/// The version of a package in `Cargo.lock`.
fn locked_version<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let wanted = format!("name = \"{name}\"");
    let version = lock.lines().skip_while(|it| *it != wanted).nth(1)?;
    version.strip_prefix("version = \"")?.strip_suffix('"')
}

/// A lock file that names a mirror builds on one machine only.
fn check_sources(file: &str, text: &str) -> Option<Finding> {
    let names_host = |line: &str| {
        let line = line.trim_start();
        let cargo = line.starts_with("source = ") && !line.contains("github.com/rust-lang/crates.io-index");
        cargo || line.starts_with("\"resolved\": \"http")
    };
    let line = line_of(text, names_host)?;
    Some(finding(file, Some(line), "names the host that it was fetched from; write it anew without a mirror"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_of_its_own_has_its_own_versions() {
        assert!(check_member("peers/Cargo.toml", "[workspace]\n[dependencies]\nserde = \"1\"\n").is_empty());
        assert!(!check_member("peers/Cargo.toml", "[dependencies]\nserde = \"1\"\n").is_empty());
    }

    const GOOD: &str = "[dependencies]\nserde.workspace = true\nwire = { workspace = true }\n# a = \"1\"\n[lints]\nworkspace = true\n";

    #[test]
    fn a_member_that_inherits_everything_is_left_alone() {
        assert_eq!(check_member("a/Cargo.toml", GOOD), []);
    }

    #[test]
    fn a_version_of_its_own_is_found_in_every_kind_of_section() {
        for section in
            ["dependencies", "dev-dependencies", "build-dependencies", "target.'cfg(unix)'.dependencies"]
        {
            let text = format!("[{section}]\nserde = \"1\"\n[lints]\nworkspace = true\n");
            let found = check_member("a/Cargo.toml", &text);
            assert_eq!(found.len(), 1, "{section}");
            assert_eq!(found[0].line, Some(2));
            assert!(found[0].what.starts_with("serde has its own version"));
        }
    }

    #[test]
    fn lints_of_its_own_are_found() {
        assert!(check_member("a/Cargo.toml", "[package]\nname = \"a\"\n")[0].what.contains("[lints]"));
    }

    #[test]
    fn the_bindings_and_their_tool_must_have_one_version() {
        let lock = |tool| {
            format!(
                "[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n\n\
                 [[package]]\nname = \"wasm-bindgen-cli-support\"\nversion = \"{tool}\"\n"
            )
        };
        assert_eq!(check_same_version(&lock("0.2.130")), None);
        assert!(check_same_version(&lock("0.2.131")).unwrap().what.contains("0.2.131"));
    }

    #[test]
    fn a_lock_file_that_names_a_mirror_is_found() {
        let index = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        assert_eq!(check_sources("Cargo.lock", index), None);
        assert_eq!(
            check_sources("Cargo.lock", "\nsource = \"registry+https://mirror.example/\"").unwrap().line,
            Some(2)
        );
        let npm = "{\n  \"resolved\": \"https://mirror.example/a.tgz\",\n";
        assert_eq!(check_sources("package-lock.json", npm).unwrap().line, Some(2));
    }
}
