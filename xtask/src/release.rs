//! `cargo xtask release`: all files of a release, in one folder, with their sums.
//!
//! ```text
//! target/crease-0.1.0/
//!     crease-0.1.0-x86_64-unknown-linux-gnu.tar.gz    the program, with its settings, pages for operators and licences
//!     crease-bundle-0.1.0.tar.gz                      what partners load: dist/, to be served from elsewhere
//!     crease-match-0.1.0.tgz                          the npm package
//!     crease-image-0.1.0.tar.gz                       a context: `docker build -t crease - < …`
//!     LICENCES.txt                                    whose work is in it
//!     SHA256SUMS                                      of all of these
//! ```
//!
//! Archives have no times, users or orders of this machine: the same tree gives the same bytes. It publishes nothing.

use crate::process::step;
use crate::{args::Args, bundle, bundle::Rebuild, licences, process, workspace};
use anyhow::{Context, ensure};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What an operator has beside the program.
const BESIDE: [&str; 6] =
    ["LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md", "server/src/config.default.toml", "deploy"];
const SUMS: &str = "SHA256SUMS";

pub(crate) fn run(mut args: Args) -> anyhow::Result<()> {
    let unfinished = args.flag("--unfinished");
    args.done()?;
    if !unfinished {
        ready(&fs::read_to_string("CHANGELOG.md")?, &fs::read_to_string("widget/npm/package.json")?)?;
        let changed = process::capture(Command::new("git").args(["status", "--porcelain"]))?;
        ensure!(
            changed.is_empty(),
            "there are changes that are not committed (--unfinished builds anyway):\n{changed}"
        );
    }
    let version = workspace::version();
    let folder = workspace::target_folder()?.join(format!("crease-{version}"));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    step("build what partners load", || bundle::build(Rebuild::WhenChanged).map(drop))?;
    let program = step("build the program, optimised", build)?;
    step("pack", || pack(&folder, &program))?;
    let sums = sums(&folder)?;
    fs::write(folder.join(SUMS), &sums)?;
    print!("{sums}");
    println!("Next: {} has all of it; nothing is published", folder.display());
    Ok(())
}

/// Whether what is written fits this version.
fn ready(changelog: &str, package: &str) -> anyhow::Result<()> {
    let version = workspace::version();
    let heading = format!("## {version}");
    ensure!(
        changelog.lines().any(|it| it == heading || it.starts_with(&format!("{heading} "))),
        "CHANGELOG.md has no section \"{heading}\" (--unfinished builds anyway)"
    );
    let package: serde_json::Value = serde_json::from_str(package).context("widget/npm/package.json")?;
    ensure!(package["version"] == version, "widget/npm/package.json says version {}", package["version"]);
    Ok(())
}

/// The program alone: it brings no PostgreSQL, which nobody uses in production.
fn build() -> anyhow::Result<std::path::PathBuf> {
    let build =
        ["build", "--locked", "--release", "--package", "server", "--bin", "crease", "--no-default-features"];
    process::run(workspace::cargo().args(build))?;
    Ok(workspace::target_folder()?.join("release/crease"))
}

fn pack(folder: &Path, program: &Path) -> anyhow::Result<()> {
    let (version, root) = (workspace::version(), workspace::root());
    let moment = process::capture(Command::new("git").args(["log", "-1", "--format=%ct"]))
        .map_or_else(|_| "0".to_owned(), |it| it.trim().to_owned());
    let licences = folder.join("LICENCES.txt");
    fs::write(&licences, licences::report()?)?;
    let staged = folder.join("staged");
    let host = process::capture(Command::new("rustc").arg("-vV"))?;
    let host = host.lines().find_map(|it| it.strip_prefix("host: ")).context("rustc says its host")?;

    let named = format!("crease-{version}-{host}");
    let inside = staged.join(&named);
    fs::create_dir_all(&inside)?;
    fs::copy(program, inside.join("crease"))?;
    fs::copy(&licences, inside.join("LICENCES.txt"))?;
    for path in BESIDE {
        let name = Path::new(path).file_name().context("a name")?;
        copy(&root.join(path), &inside.join(name))?;
    }
    archive(&staged, &named, &folder.join(format!("{named}.tar.gz")), &moment)?;

    archive(&root, bundle::DIST, &folder.join(format!("crease-bundle-{version}.tar.gz")), &moment)?;

    let context = staged.join("image");
    fs::create_dir_all(&context)?;
    fs::copy(program, context.join("crease"))?;
    fs::copy(&licences, context.join("LICENCES.txt"))?;
    copy(&root.join(bundle::DIST), &context.join("dist"))?;
    let dockerfile = prebuilt(&fs::read_to_string(root.join("deploy/Dockerfile"))?)?;
    fs::write(context.join("Dockerfile"), dockerfile)?;
    fs::create_dir_all(context.join("data"))?;
    archive(&context, ".", &folder.join(format!("crease-image-{version}.tar.gz")), &moment)?;

    let mut npm = Command::new("npm");
    npm.args(["pack", "--silent", "--pack-destination"]).arg(folder).current_dir(root.join("widget/npm"));
    process::capture(&mut npm)?;
    Ok(fs::remove_dir_all(&staged)?)
}

/// The last stage of the Dockerfile, with the program of this context in place of the one that its first stage builds.
fn prebuilt(dockerfile: &str) -> anyhow::Result<String> {
    let (_, last) = dockerfile.rsplit_once("\nFROM ").context("the Dockerfile has two stages")?;
    let mut text = String::from("# syntax=docker/dockerfile:1\nFROM ");
    for line in last.lines() {
        let line = line
            .replace(
                "COPY --from=build --chown=nonroot:nonroot /out/var/lib/crease ",
                "COPY --chown=nonroot:nonroot data ",
            )
            .replace("COPY --from=build /out/usr/local/bin/crease ", "COPY --chmod=755 crease ")
            .replace("COPY --from=build /out/srv/crease /srv/crease", "COPY dist /srv/crease/dist");
        writeln!(text, "{line}")?;
    }
    ensure!(!text.contains("--from="), "the Dockerfile copies more than a context has");
    Ok(text)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    process::run(Command::new("cp").arg("-R").args([from, to]))
}

/// The same bytes for the same files, whoever packs them and when. It takes GNU's tar.
fn archive(beside: &Path, name: &str, to: &Path, moment: &str) -> anyhow::Result<()> {
    let mut tar = Command::new("tar");
    tar.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--format=gnu"]);
    tar.arg(format!("--mtime=@{moment}")).args(["--use-compress-program", "gzip -9n", "-cf"]).arg(to);
    process::run(tar.arg("-C").arg(beside).arg(name))
}

/// Of all files of a folder, as `sha256sum --check` reads it.
fn sums(folder: &Path) -> anyhow::Result<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder)?.map(|it| it.map(|it| it.file_name())).collect::<Result<_, _>>()?;
    names.sort();
    let mut text = String::new();
    for name in names.iter().filter(|it| *it != SUMS) {
        for byte in Sha256::digest(fs::read(folder.join(name))?) {
            write!(text, "{byte:02x}")?;
        }
        writeln!(text, "  {}", name.display())?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_of_a_version_that_is_written_about() {
        let version = workspace::version();
        let package = format!(r#"{{"version": "{version}"}}"#);
        ready(&format!("# Changelog\n\n## {version} – 2026-06-01\n"), &package).unwrap();
        for (changelog, package) in [
            ("## Unreleased\n".to_owned(), package.clone()),
            (format!("## {version}9\n"), package),
            (format!("## {version}\n"), r#"{"version": "0.0.1"}"#.to_owned()),
        ] {
            ready(&changelog, &package).unwrap_err();
        }
        let own = fs::read_to_string(workspace::root().join("widget/npm/package.json")).unwrap();
        ready(&format!("## {version}\n"), &own).unwrap();
    }

    #[test]
    fn archives_are_the_same_whenever_they_are_packed_and_their_sums_are_right() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("inside/deep");
        let pack = |name: &str| {
            let to = folder.path().join(name);
            archive(folder.path(), "inside", &to, "1700000000").unwrap();
            fs::read(to).unwrap()
        };
        fs::create_dir_all(&inside).unwrap();
        fs::write(inside.join("b"), "b").unwrap();
        fs::write(inside.join("a"), "a").unwrap();
        let first = pack("one.tar.gz");
        fs::remove_file(inside.join("b")).unwrap();
        fs::write(inside.join("b"), "b").unwrap();
        assert_eq!(pack("two.tar.gz"), first);
        fs::remove_dir_all(folder.path().join("inside")).unwrap();
        let sums = sums(folder.path()).unwrap();
        fs::write(folder.path().join(SUMS), &sums).unwrap();
        let check = || {
            let mut command = Command::new("sha256sum");
            process::capture(command.args(["--check", "--strict", SUMS]).current_dir(folder.path()))
        };
        check().unwrap();
        fs::write(folder.path().join("two.tar.gz"), "other").unwrap();
        check().unwrap_err();
    }

    #[test]
    fn an_image_is_made_of_what_its_context_has() {
        let dockerfile = fs::read_to_string(workspace::root().join("deploy/Dockerfile")).unwrap();
        let made = prebuilt(&dockerfile).unwrap();
        let copied: Vec<&str> = made.lines().filter(|it| it.starts_with("COPY")).collect();
        assert_eq!(
            copied,
            [
                "COPY --chown=nonroot:nonroot data /var/lib/crease",
                "COPY --chmod=755 crease /usr/local/bin/crease",
                "COPY dist /srv/crease/dist"
            ]
        );
        assert_eq!(made.matches("FROM ").count(), 1);
        assert!(made.contains("\nENTRYPOINT [\"/usr/local/bin/crease\"]\n"), "{made}");
    }
}
