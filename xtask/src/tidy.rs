//! `cargo xtask tidy`: the rules of the house that no compiler checks. Each finding says file, line, rule and
//! what to do about it.

mod folders;
mod links;
mod manifests;
mod source;

use crate::{args::Args, layers, workspace};
use anyhow::bail;
use std::{fmt, fs};

/// One broken rule.
#[derive(Debug, PartialEq)]
pub(crate) struct Finding {
    pub(crate) file: String,
    /// Counted from 1; `None` when the file as a whole is meant.
    pub(crate) line: Option<usize>,
    pub(crate) rule: &'static str,
    /// What is wrong and what to do.
    pub(crate) what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}: {}", self.file, self.rule, self.what),
            None => write!(f, "{}: {}: {}", self.file, self.rule, self.what),
        }
    }
}

/// The first line that `is` describes, counted from 1.
pub(crate) fn line_of(text: &str, is: impl Fn(&str) -> bool) -> Option<usize> {
    text.lines().position(is).map(|at| at + 1)
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    args.done()?;
    check_all()?;
    println!("Next: cargo xtask test");
    Ok(())
}

/// Prints every finding; fails when there is one.
pub(crate) fn check_all() -> anyhow::Result<()> {
    let (findings, files) = check()?;
    for finding in &findings {
        println!("{finding}");
    }
    if !findings.is_empty() {
        bail!("{} findings in {files} files; each line above says what to do", findings.len());
    }
    println!("  {files} files, nothing to complain about");
    Ok(())
}

/// Every finding, and how many files were read.
fn check() -> anyhow::Result<(Vec<Finding>, usize)> {
    let metadata = workspace::metadata()?;
    let files = workspace::files()?;
    let mut findings = layers::check(&metadata, &|path| fs::read_to_string(path).unwrap_or_default());
    findings.extend(folders::check(&files));
    findings.extend(manifests::check_lock(&files));
    findings.extend(source::check_roots(&metadata));
    for file in &files {
        // What is no text (pictures, fonts) has no lines to judge.
        let Ok(text) = fs::read_to_string(file) else { continue };
        findings.extend(source::check(file, &text));
        findings.extend(links::check(file, &text, &|path| path.exists()));
        if file.ends_with("Cargo.toml") && file != "Cargo.toml" {
            findings.extend(manifests::check_member(file, &text));
        }
    }
    shorten_paths(&mut findings);
    Ok((findings, files.len()))
}

/// Cargo speaks of absolute paths; readers want them from the root.
fn shorten_paths(findings: &mut [Finding]) {
    let root = format!("{}/", workspace::root().display());
    for finding in findings {
        if let Some(short) = finding.file.strip_prefix(&root) {
            finding.file = short.to_owned();
        }
    }
}
