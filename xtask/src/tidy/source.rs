//! Rules on single lines and on the length of a file.

use super::Finding;
use serde_json::Value;
use std::{fs, path::Path};

/// A file near this many lines has two jobs.
const LINES_MAX: usize = 800;

/// Files that people write and read; lock files, snapshots and pictures are none.
const WRITTEN: &[&str] =
    &["rs", "ts", "tsx", "js", "mjs", "css", "html", "sql", "md", "toml", "yml", "yaml", "sh"];

/// Where a rule holds.
#[derive(Clone, Copy, PartialEq)]
enum Where {
    Everywhere,
    Rust,
    /// Rust tests: files under `tests/` and what follows `#[cfg(test)]`.
    RustTests,
    /// Browser tests.
    BrowserTests,
}

/// A word that must not stand in a file. It is in two parts so that this table does not break its own rules.
struct Forbidden {
    word: (&'static str, &'static str),
    place: Where,
    rule: &'static str,
    what: &'static str,
}

const fn forbidden(
    word: (&'static str, &'static str),
    place: Where,
    rule: &'static str,
    what: &'static str,
) -> Forbidden {
    Forbidden { word, place, rule, what }
}

const NO_STUBS: &str = "finish it or leave it out";
const NO_IGNORED: &str = "an ignored test proves nothing; make it pass or delete it";
const NO_SLEEP: &str = "wait for a fact or move the clock instead of sleeping";
const NO_MACHINE: &str =
    "a path of one machine; say it from the project's root or take it from the environment";
const NO_HOST: &str = "names a registry's host; the package manager's own settings know it";

const FORBIDDEN: &[Forbidden] = &[
    forbidden(("#[ig", "nore"), Where::Rust, "tests", NO_IGNORED),
    forbidden(("to", "do!("), Where::Rust, "stubs", NO_STUBS),
    forbidden(("unimpl", "emented!("), Where::Rust, "stubs", NO_STUBS),
    forbidden(("allow(dead", "_code"), Where::Rust, "stubs", "delete code that nothing calls"),
    forbidden(("sle", "ep("), Where::RustTests, "tests", NO_SLEEP),
    forbidden(("waitFor", "Timeout("), Where::BrowserTests, "tests", NO_SLEEP),
    forbidden(
        (".on", "ly("),
        Where::BrowserTests,
        "tests",
        "runs one test alone; run it with a filter instead",
    ),
    // With a condition and a reason a skip is fair: it is printed, and the condition can change.
    forbidden(("test.sk", "ip('"), Where::BrowserTests, "tests", NO_IGNORED),
    forbidden(("test.sk", "ip(\""), Where::BrowserTests, "tests", NO_IGNORED),
    forbidden(("test.sk", "ip()"), Where::BrowserTests, "tests", NO_IGNORED),
    forbidden(("test.fix", "me"), Where::BrowserTests, "tests", NO_IGNORED),
    forbidden(("describe.sk", "ip"), Where::BrowserTests, "tests", NO_IGNORED),
    forbidden(("/wo", "rk/"), Where::Everywhere, "paths", NO_MACHINE),
    forbidden(("/ho", "me/"), Where::Everywhere, "paths", NO_MACHINE),
    forbidden(("/Us", "ers/"), Where::Everywhere, "paths", NO_MACHINE),
    forbidden(("/root", "/."), Where::Everywhere, "paths", NO_MACHINE),
    forbidden(("registry.", "npmjs.org"), Where::Everywhere, "hosts", NO_HOST),
    forbidden(("index.", "crates.io"), Where::Everywhere, "hosts", NO_HOST),
    forbidden(("static.", "crates.io"), Where::Everywhere, "hosts", NO_HOST),
    forbidden(("files.python", "hosted.org"), Where::Everywhere, "hosts", NO_HOST),
];

/// Checks one file.
pub(super) fn check(file: &str, text: &str) -> Vec<Finding> {
    let mut findings: Vec<Finding> = check_length(file, text).into_iter().collect();
    let tests_from = tests_from(file, text);
    for (at, line) in text.lines().enumerate() {
        let broken =
            FORBIDDEN.iter().filter(|it| holds(it.place, file, at >= tests_from) && contains(line, it));
        findings.extend(broken.map(|it| Finding {
            file: file.to_owned(),
            line: Some(at + 1),
            rule: it.rule,
            what: format!("{}{}: {}", it.word.0, it.word.1, it.what),
        }));
    }
    findings
}

fn check_length(file: &str, text: &str) -> Option<Finding> {
    let extension = Path::new(file).extension().and_then(|it| it.to_str()).unwrap_or_default();
    let lines = text.lines().count();
    if !WRITTEN.contains(&extension) || lines <= LINES_MAX {
        return None;
    }
    let what = format!("{lines} lines, over {LINES_MAX}: it has more than one job; split it by noun");
    Some(Finding { file: file.to_owned(), line: None, rule: "length", what })
}

/// The line (from 0) at which a Rust file's tests begin; past the end when it has none.
fn tests_from(file: &str, text: &str) -> usize {
    if file.contains("/tests/") || file.starts_with("tests/") || file.ends_with("/tests.rs") {
        return 0;
    }
    text.lines().position(|it| it.trim() == "#[cfg(test)]").unwrap_or(usize::MAX)
}

fn holds(place: Where, file: &str, in_tests: bool) -> bool {
    let is_rust = file.ends_with(".rs");
    match place {
        Where::Everywhere => true,
        Where::Rust => is_rust,
        Where::RustTests => is_rust && in_tests,
        Where::BrowserTests => file.starts_with("e2e/") && !is_rust && !file.ends_with(".md"),
    }
}

/// Whether the word stands in the line. A path's first part must begin there: an address may well have a
/// folder of that name.
fn contains(line: &str, forbidden: &Forbidden) -> bool {
    let word = format!("{}{}", forbidden.word.0, forbidden.word.1);
    let Some(at) = line.find(&word) else { return false };
    let before = line[..at].chars().next_back();
    !(word.starts_with('/') && before.is_some_and(|it| it.is_alphanumeric() || ".-_}*".contains(it)))
}

/// Each crate begins with `//!`: what it is, what it never does, the type to read first.
pub(super) fn check_roots(metadata: &Value) -> Vec<Finding> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let targets = packages.flat_map(|it| it["targets"].as_array().into_iter().flatten());
    let roots = targets.filter(|it| {
        let kinds = it["kind"].as_array().into_iter().flatten().filter_map(Value::as_str);
        kinds.into_iter().any(|kind| ["lib", "rlib", "cdylib", "proc-macro", "bin"].contains(&kind))
    });
    let paths = roots.filter_map(|it| it["src_path"].as_str());
    let silent = paths.filter(|path| !fs::read_to_string(path).unwrap_or_default().starts_with("//!"));
    let finding = |path: &str| Finding {
        file: path.to_owned(),
        line: Some(1),
        rule: "crates",
        what: "open the crate with //!: what it is, what it never does, the type to read first".to_owned(),
    };
    silent.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules that a file of this text breaks.
    fn broken(file: &str, text: &str) -> Vec<(Option<usize>, &'static str)> {
        check(file, text).into_iter().map(|it| (it.line, it.rule)).collect()
    }

    #[test]
    fn a_sleep_is_refused_in_tests_and_allowed_before_them() {
        let nap = concat!("    tokio::time::sle", "ep(pause).await;\n");
        assert_eq!(broken("store/src/retry.rs", nap), []);
        assert_eq!(broken("store/tests/retry.rs", nap), [(Some(1), "tests")]);
        assert_eq!(
            broken("store/src/retry.rs", &format!("{nap}#[cfg(test)]\nmod tests {{\n{nap}}}\n")),
            [(Some(4), "tests")]
        );
    }

    #[test]
    fn stubs_and_ignored_tests_are_refused() {
        assert_eq!(broken("a/src/lib.rs", concat!("to", "do!()")), [(Some(1), "stubs")]);
        assert_eq!(broken("a/src/lib.rs", concat!("#[ig", "nore]")), [(Some(1), "tests")]);
        assert_eq!(broken("e2e/tests/a.spec.ts", concat!("test.on", "ly('x')")), [(Some(1), "tests")]);
        assert_eq!(broken("e2e/tests/a.spec.ts", concat!("test.sk", "ip('x')")), [(Some(1), "tests")]);
        assert_eq!(broken("e2e/tests/a.spec.ts", concat!("test.sk", "ip(!archive, 'no archive')")), []);
    }

    #[test]
    fn a_path_of_one_machine_is_refused_and_an_address_is_not() {
        assert_eq!(broken("a.md", concat!("see /ho", "me/ada/notes")), [(Some(1), "paths")]);
        assert_eq!(broken("a.md", concat!("https://example.org/ho", "me/notes")), []);
    }

    #[test]
    fn a_long_file_is_refused_unless_a_tool_writes_it() {
        let long = "x\n".repeat(LINES_MAX + 1);
        assert_eq!(broken("a/src/lib.rs", &long), [(None, "length")]);
        assert_eq!(broken("a/src/lib.rs", &"x\n".repeat(LINES_MAX)), []);
        assert_eq!(broken("e2e/package-lock.json", &long), []);
    }
}
