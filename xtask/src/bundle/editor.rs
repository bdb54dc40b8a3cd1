//! The console's editor of texts: what is in `console/editor`, with what npm has for it, in one file.

use super::DIST;
use super::manifest::{self, Entry};
use crate::{
    process::{self, step},
    workspace,
};
use anyhow::Context;
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const FOLDER: &str = "console/editor";
const LOCK: &str = "package-lock.json";

/// Bundles it into `dist/console/` under a name that follows its sources, with the licences of what is in it beside it; those of before go. None,
/// with a word, where its packages cannot be had.
pub(super) fn write() -> anyhow::Result<Option<Entry>> {
    let packages = match install() {
        Ok(packages) => packages,
        Err(why) => {
            println!("  no editor: {why:#}");
            return Ok(None);
        }
    };
    let script = step("bundle the editor", || bundle(&packages))?;
    let name = name()?;
    remove_others()?;
    manifest::write_file(&name.replace(".js", ".licences.txt"), licences(&packages)?.as_bytes())?;
    manifest::write_file(&name, &script).map(Some)
}

/// A page that is open has its editor already.
fn remove_others() -> anyhow::Result<()> {
    let Ok(files) = fs::read_dir(Path::new(DIST).join("console")) else { return Ok(()) };
    for file in files {
        let file = file?;
        if file.file_name().to_string_lossy().starts_with("editor-") {
            fs::remove_file(file.path())?;
        }
    }
    Ok(())
}

/// Its name in `dist/`. The console (`console/src/rich.rs`) says the same of the same files: a page never asks for another's.
pub(super) fn name() -> anyhow::Result<String> {
    let mut hasher = Sha256::new();
    for file in sources()? {
        hasher.update(fs::read(&file).with_context(|| format!("reading {}", file.display()))?);
    }
    let hash: String = hasher.finalize().iter().take(8).map(|it| format!("{it:02x}")).collect();
    Ok(format!("console/editor-{hash}.js"))
}

/// The lock file, which says every package and its version, and then our own files by name.
fn sources() -> anyhow::Result<Vec<PathBuf>> {
    let own = workspace::walk(&workspace::root().join(FOLDER).join("src"), &|_| true)?;
    let lock = workspace::root().join(FOLDER).join(LOCK);
    Ok(std::iter::once(lock).chain(own.into_iter().map(PathBuf::from)).collect())
}

/// `npm ci`, once for each lock file, away from the sources; answers where its packages are. None of them runs a program of its own.
fn install() -> anyhow::Result<PathBuf> {
    let folder = workspace::target_folder()?.join("tools/editor");
    let packages = folder.join("node_modules");
    let from = workspace::root().join(FOLDER);
    let lock = fs::read_to_string(from.join(LOCK)).context("reading the editor's lock file")?;
    let note = folder.join("installed");
    if fs::read_to_string(&note).is_ok_and(|it| it == lock) {
        return Ok(packages);
    }
    step("npm ci for the editor", || {
        fs::create_dir_all(&folder)?;
        for file in ["package.json", LOCK] {
            fs::copy(from.join(file), folder.join(file))?;
        }
        let quiet = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"];
        process::capture(Command::new("npm").args(quiet).current_dir(&folder))?;
        fs::write(&note, &lock).context("noting what was installed")
    })?;
    Ok(packages)
}

fn bundle(packages: &Path) -> anyhow::Result<Vec<u8>> {
    let to = workspace::target_folder()?.join("bundle/editor.js");
    let out = format!("--outfile={}", to.display());
    let fixed = [
        "--bundle",
        "--minify",
        "--format=esm",
        "--target=es2020",
        "--charset=utf8",
        "--legal-comments=none",
        "--log-level=error",
    ];
    let mut esbuild = Command::new(packages.join(".bin/esbuild"));
    esbuild.arg(workspace::root().join(FOLDER).join("src/editor.js")).args(fixed).arg(&out);
    process::capture(esbuild.env("NODE_PATH", packages))?;
    fs::read(&to).context("esbuild wrote nothing")
}

/// What the licences of the packages ask for: their texts, with what was bundled. Tools are no part of it.
fn licences(packages: &Path) -> anyhow::Result<String> {
    let mut all = String::new();
    for file in workspace::walk(packages, &|name| !["@esbuild", "esbuild", ".bin"].contains(&name))? {
        let path = Path::new(&file);
        let is_licence = path
            .file_stem()
            .is_some_and(|it| it.eq_ignore_ascii_case("licence") || it.eq_ignore_ascii_case("license"));
        let package = path.strip_prefix(packages)?.parent().unwrap_or(Path::new("")).display();
        if is_licence {
            all += &format!("{package}\n\n{}\n\n", fs::read_to_string(path)?.trim());
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_asks_for_the_editor_by_the_same_files() {
        let console = fs::read_to_string(workspace::root().join("console/src/rich.rs")).unwrap();
        let wanted: Vec<String> = sources()
            .unwrap()
            .iter()
            .map(|it| {
                format!(
                    "include_bytes!(\"../{}\")",
                    it.strip_prefix(workspace::root().join("console")).unwrap().display()
                )
            })
            .collect();
        let said: Vec<String> = console
            .lines()
            .filter(|it| it.trim_start().starts_with("include_bytes!(\"../editor/"))
            .map(|it| it.trim().trim_end_matches(',').to_owned())
            .collect();
        assert_eq!(said, wanted);
    }
}
