//! The shared archive of real matches.

use cricket::cricsheet::Archive;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Where the archive is; none, with a word, where it is not.
pub(crate) fn archive_folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/cricsheet");
    if folder.join("MANIFEST.json").exists() {
        return Some(folder);
    }
    say(&format!("skipped: {} is not here", folder.display()));
    None
}

#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn say(text: &str) {
    eprintln!("{text}");
}

/// Each match of the archive with what the manifest says of it; none where the archive is not.
pub(crate) fn each_match(mut check: impl FnMut(&Value, &Path, &Archive)) {
    let Some(folder) = archive_folder() else { return };
    let manifest = std::fs::read(folder.join("MANIFEST.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let matches = manifest["matches"].as_array().unwrap();
    assert_eq!(matches.len(), 60);
    for known in matches {
        let path = folder.join(known["file"].as_str().unwrap());
        let archive =
            server::feed::archive::read(&path).unwrap_or_else(|it| panic!("{}: {it}", path.display()));
        check(known, &path, &archive);
    }
}
