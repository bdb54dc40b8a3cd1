//! `cargo xtask bundle`: everything that a partner's page loads, into `dist/`.
//!
//! The widget is compiled for wasm32 in its own profile, bound to JavaScript, shrunk, named by the hash of
//! its content, compressed ahead and listed with sizes and SRI hashes in `dist/manifest.json`. The same
//! sources give the same bytes on every machine that has the same tools; without npm two shrinking steps are
//! left out and the bundle is a few per cent larger.

mod compile;
mod content;
mod editor;
mod fingerprint;
mod languages;
mod manifest;
mod messages;
mod shrink;
mod source;
mod style;
mod trim;
mod wallet;

use crate::{args::Args, install, process::step};
use anyhow::Context;
use manifest::Entry;
use sha2::{Digest, Sha256};
use std::{fs, path::Path};

/// Where partners' files are written.
pub(crate) const DIST: &str = "dist";
/// Written by scripts that pages name where the bundle's hash belongs.
const PLACEHOLDER: &str = "__CREASE_BUNDLE__";
/// Written by the widget's browser part where the parts' files belong.
const PARTS: &str = "__CREASE_PARTS__";
/// Written by scripts where the tags of the languages beside English belong.
const LANGUAGES: &str = "__CREASE_LANGUAGES__";
/// Lists of matches; and where a script's style belongs in it.
const MATCHES: &str = "widget/loader/matches.js";
const STYLE: &str = "__CREASE_STYLE__";
const LOADER: &str = "widget/loader/crease.js";
/// The loader in its bundle's folder, for pages that pin it by its hash.
const PINNED_LOADER: &str = "loader.js";
/// What the bundle's script does beside binding the wasm, in this order.
const BROWSER: &[&str] = &["widget/loader/takeover.js", "widget/loader/stream.js"];

/// Who is signed in on the page: downloaded where a page says it.
const FAN: &str = "widget/loader/fan.js";

/// What the console's pages load beside their own files: where it is among the tools, and its name in `dist/`, which holds its version.
const HTMX: (&str, &str) = ("htmx.org/dist/htmx.min.js", "console/htmx-4.0.1.js");

/// A file of the bundle: its path inside the bundle's folder and its content.
type File = (String, Vec<u8>);

pub(crate) fn run(mut args: Args) -> anyhow::Result<()> {
    let force = args.flag("--force");
    args.done()?;
    let how = if force { Rebuild::Always } else { Rebuild::WhenChanged };
    build(how)?;
    println!("Next: cargo xtask demo shows it on a partner's page");
    Ok(())
}

/// Path and bytes of brotli of each file in `dist/`.
pub(crate) fn sizes() -> anyhow::Result<Vec<(String, u64)>> {
    Ok(manifest::read()?.into_iter().map(|it| (it.path, it.brotli)).collect())
}

/// Whether unchanged inputs are bundled again.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Rebuild {
    Always,
    WhenChanged,
}

/// Builds `dist/` and prints its sizes.
pub(crate) fn build(how: Rebuild) -> anyhow::Result<()> {
    let tools = install::node_tools();
    let print = fingerprint::of_inputs(&tools)?;
    if how == Rebuild::WhenChanged && fingerprint::is_current(&print) {
        println!("» bundle: unchanged (--force builds it again)");
        return manifest::print_table(&manifest::read()?);
    }
    install::wasm_target()?;
    let compile::Built { mut files, parts } =
        step("widget → wasm32 (profile widget)", compile::build_and_bind)?;
    trim(&mut files)?;
    let languages = languages::tables()?;
    append_browser(&mut files, &parts, &languages)?;
    files.extend(languages);
    files.push(("fan.js".to_owned(), fs::read(FAN).with_context(|| format!("reading {FAN}"))?));
    files.extend(wallet::files()?);
    files.extend(content::files()?);
    files.push(("crease.css".to_owned(), style::sheet(style::MATCH)?.into_bytes()));
    match &tools {
        Some(tools) => step("shrink (wasm-opt, esbuild)", || shrink::all(tools, &mut files))?,
        None => println!("» no npm here: wasm-opt and esbuild are left out; the bundle is 2 to 4 % larger"),
    }
    files.sort();
    let source = fs::read_to_string(LOADER).with_context(|| format!("reading {LOADER}"))?;
    // The loader's source counts too: a copy of it lies among the bundle's files, whose addresses never change their content.
    files.push((PINNED_LOADER.to_owned(), source.clone().into_bytes()));
    let hash = hash_of(&files);
    let loader = loader(&source, &hash, tools.as_ref())?;
    files.pop();
    files.push((PINNED_LOADER.to_owned(), loader.clone()));
    let matches = matches(tools.as_ref())?;
    let wallet = wallet::script(&hash, tools.as_ref())?;
    let scripts = [("crease.js", loader), ("crease-matches.js", matches), ("crease-wallet.js", wallet)];
    let entries = step("compress and write dist/", || write(&hash, &scripts, &files))?;
    match &tools {
        Some(tools) => {
            let htmx = manifest::write_file(HTMX.1, &tools.file(HTMX.0)?)?;
            let all: Vec<Entry> = editor::write()?.into_iter().chain([htmx]).collect();
            manifest::write_of_console(&all)?;
        }
        None => println!(
            "» no npm here: the console does without htmx, and loads a page again where it would change a part; texts are \
             edited without their structure"
        ),
    }
    fingerprint::keep(&print)?;
    manifest::print_table(&entries)
}

/// Takes out of the wasm and its glue what is of no use.
fn trim(files: &mut [File]) -> anyhow::Result<()> {
    let by_name = |name| move |it: &&mut File| it.0 == name;
    let script = files.iter_mut().find(by_name("crease.js")).context("there is no crease.js")?;
    let glue = trim::glue(std::str::from_utf8(&script.1)?)?;
    script.1 = glue.clone().into_bytes();
    let module = files.iter_mut().find(by_name("crease.wasm")).context("there is no crease.wasm")?;
    module.1 = trim::wasm(&module.1, &glue)?;
    Ok(())
}

/// Puts the widget's browser part behind the glue, in the same module: one file is one round trip.
fn append_browser(files: &mut [File], parts: &compile::Parts, languages: &[File]) -> anyhow::Result<()> {
    let script = files.iter_mut().find(|it| it.0 == "crease.js").context("there is no crease.js")?;
    let mut source = String::new();
    for path in BROWSER {
        source += &fs::read_to_string(path).with_context(|| format!("reading {path}"))?;
    }
    let tags: Vec<&str> = languages.iter().map(|it| it.0.trim_end_matches(".txt")).collect();
    for (mark, value) in [(PARTS, serde_json::to_string(parts)?), (LANGUAGES, serde_json::to_string(&tags)?)]
    {
        anyhow::ensure!(source.contains(mark), "{BROWSER:?} do not contain {mark}");
        source = source.replace(mark, &value);
    }
    script.1.extend(source.into_bytes());
    Ok(())
}

/// The bundle's name: 16 hexadecimal digits over the paths and contents of its files.
fn hash_of(files: &[File]) -> String {
    let mut hasher = Sha256::new();
    for (path, bytes) in files {
        hasher.update(path.as_bytes());
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    }
    hasher.finalize().iter().take(8).map(|it| format!("{it:02x}")).collect()
}

/// The loader that knows its bundle.
fn loader(source: &str, hash: &str, tools: Option<&install::NodeTools>) -> anyhow::Result<Vec<u8>> {
    anyhow::ensure!(source.contains(PLACEHOLDER), "{LOADER} does not contain {PLACEHOLDER}");
    let source = source.replace(PLACEHOLDER, hash).into_bytes();
    match tools {
        Some(tools) => shrink::script(tools, &source, shrink::Kind::Script),
        None => Ok(source),
    }
}

/// The script of lists of matches, which needs nothing else.
fn matches(tools: Option<&install::NodeTools>) -> anyhow::Result<Vec<u8>> {
    let source = fs::read_to_string(MATCHES).with_context(|| format!("reading {MATCHES}"))?;
    anyhow::ensure!(source.contains(STYLE), "{MATCHES} does not contain {STYLE}");
    let source = source.replace(STYLE, &style::sheet(style::MATCHES)?).into_bytes();
    match tools {
        Some(tools) => shrink::script(tools, &source, shrink::Kind::Script),
        None => Ok(source),
    }
}

/// Bundles that are left in `dist/`: the newest, and those before it that open pages may still ask for.
const BUNDLES_KEPT: usize = 4;

/// Writes the bundle first, then the scripts that lead to it and the one that does not, then the manifest; at last the oldest bundles go.
fn write(hash: &str, scripts: &[(&str, Vec<u8>)], files: &[File]) -> anyhow::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for (path, bytes) in files {
        entries.push(manifest::write_file(&format!("bundle/{hash}/{path}"), bytes)?);
    }
    for (at, (name, script)) in scripts.iter().enumerate() {
        entries.insert(at, manifest::write_file(name, script)?);
    }
    manifest::write(hash, &entries)?;
    remove_oldest(&Path::new(DIST).join("bundle"), hash)?;
    Ok(entries)
}

/// Leaves `hash` and the newest of the others in a folder of bundles.
fn remove_oldest(folder: &Path, hash: &str) -> anyhow::Result<()> {
    let mut others = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() != hash {
            others.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    others.sort();
    let too_many = others.len().saturating_sub(BUNDLES_KEPT - 1);
    others.drain(..too_many).try_for_each(|(_, path)| fs::remove_dir_all(path))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_bundles_stay_for_pages_that_are_open() {
        let folder = tempfile::tempdir().unwrap();
        for age in 0..6_u64 {
            let path = folder.path().join(format!("{age}"));
            fs::create_dir(&path).unwrap();
            let then = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000 - age);
            fs::File::open(&path).unwrap().set_modified(then).unwrap();
        }
        // Built again after others: the one that was just written stays, whatever its age.
        remove_oldest(folder.path(), "5").unwrap();
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["0", "1", "2", "5"]);
    }

    #[test]
    fn the_console_loads_the_version_that_is_installed() {
        let version = HTMX.1.trim_start_matches("console/htmx-").trim_end_matches(".js");
        assert!(install::NODE_PACKAGES_TEXT.ends_with(&format!("htmx.org@{version}")));
        let pages = fs::read_to_string(crate::workspace::root().join("console/src/layout.rs")).unwrap();
        assert!(
            pages.contains(&format!("/{}", HTMX.1.trim_start_matches("console/"))),
            "the pages load another"
        );
    }

    #[test]
    fn the_name_of_a_bundle_follows_content_and_paths() {
        let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
        let one = hash_of(&[file("crease.js", "a"), file("crease.wasm", "b")]);
        assert_eq!(one.len(), 16);
        assert_eq!(one, hash_of(&[file("crease.js", "a"), file("crease.wasm", "b")]));
        assert_ne!(one, hash_of(&[file("crease.js", "ab"), file("crease.wasm", "")]));
        assert_ne!(one, hash_of(&[file("crease.jsa", ""), file("crease.wasm", "b")]));
    }
}
