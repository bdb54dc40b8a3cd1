//! No drawers: a folder is a crate or a place named by what it holds, and a document lives beside what it
//! describes.

use super::Finding;

/// Names that say nothing about what is inside. `benches` is absent because each bench lives in the crate
/// that it measures.
const ABSENT: &[&str] = &["benches", "common", "core", "docs", "helpers", "scripts", "types", "utils"];

pub(super) fn check(files: &[String]) -> Vec<Finding> {
    let found = ABSENT.iter().filter(|folder| files.iter().any(|it| it.starts_with(&format!("{folder}/"))));
    let finding = |folder: &&str| Finding {
        file: format!("{folder}/"),
        line: None,
        rule: "folders",
        what: "a top-level folder that says nothing of its content; move each file to the crate that owns it"
            .to_owned(),
    };
    found.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawer_in_the_root_is_found_and_a_crates_own_benches_are_not() {
        let files = ["utils/src/lib.rs", "cricket/benches/fold.rs", "coretto/a.rs"].map(str::to_owned);
        let found: Vec<String> = check(&files).into_iter().map(|it| it.file).collect();
        assert_eq!(found, ["utils/"]);
    }
}
