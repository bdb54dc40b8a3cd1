//! PostgreSQL 18.4 that comes with `cargo build`: the server, packed into this program.
//!
//! The files are those of the crates `liboliphaunt-native-*-part-*` (MIT and PostgreSQL licences), which are internal
//! parts of another project and therefore pinned to one version. They exist for Linux on x86-64 and arm64 with glibc
//! and for macOS on arm64; elsewhere, and in a program that was compiled on another kind of machine than it runs on,
//! [`unpack`] answers [`Error::Absent`]. On Linux they need glibc 2.38 (Debian 13, Ubuntu 24.04, Fedora 39).
//!
//! Deflate at level 4 was chosen over nothing at all and over zstd. Measured on two cores with 16.4 MB of files:
//!
//! | packing | in the program | build script | unpacking once |
//! |---|---|---|---|
//! | none | 16.4 MB | 0 s | 0 s |
//! | deflate, level 1 | 7.5 MB | 2.4 s | 0.10 s (unoptimized 0.7 s) |
//! | **deflate, level 4** | **6.5 MB** | **3.3 s** | **0.08 s (unoptimized 0.4 s)** |
//! | deflate, level 6 | 6.4 MB | 5.3 s | 0.08 s (unoptimized 0.4 s) |
//! | zstd, level 12 | 5.9 MB | 19.6 s with its C library | 0.08 s |

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Empty where there is no payload.
static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/postgres.tar.deflate"));
/// Names the folder that the archive is unpacked into.
const SHA256: &str = env!("POSTGRES_BUNDLE_SHA256");

/// Why the bundled PostgreSQL cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("this program carries none for {}-{}", std::env::consts::ARCH, std::env::consts::OS)]
    Absent,

    #[error("it cannot be unpacked into {}: {source}", path.display())]
    Unpack { path: PathBuf, source: io::Error },

    #[error(
        "this machine cannot run it (on Linux it needs glibc 2.38 or newer: Debian 13, Ubuntu 24.04, Fedora 39): {said}"
    )]
    CannotRun { said: String },
}

/// Unpacks the server below `into`, unless it is there already; answers its `bin` folder. The folder is named after
/// the archive's content and appears by a rename, so that whatever has its name is whole; several processes may unpack
/// at once.
pub fn unpack(into: &Path) -> Result<PathBuf, Error> {
    if ARCHIVE.is_empty() {
        return Err(Error::Absent);
    }
    let folder = into.join(format!("postgres-{}", &SHA256[..16]));
    let bin = folder.join("bin");
    if bin.is_dir() {
        return Ok(bin);
    }
    let new = folder.with_extension(format!("{}.new", std::process::id()));
    let failed = |source| Error::Unpack { path: new.clone(), source };
    if new.exists() {
        fs::remove_dir_all(&new).map_err(failed)?;
    }
    fs::create_dir_all(&new).map_err(failed)?;
    tar::Archive::new(flate2::read::DeflateDecoder::new(ARCHIVE)).unpack(&new).map_err(failed)?;
    match fs::rename(&new, &folder) {
        Ok(()) => Ok(bin),
        // Another process was faster.
        Err(_) if bin.is_dir() => {
            fs::remove_dir_all(&new).map_err(failed)?;
            Ok(bin)
        }
        Err(error) => Err(failed(error)),
    }
}

/// What the programs of a `bin` folder need in their environment: the way to their libraries, and initdb not to look
/// for collations of ICU, whose data the payload leaves out.
pub fn environment(bin: &Path) -> [(&'static str, OsString); 2] {
    let libraries = if cfg!(target_os = "macos") { "DYLD_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" };
    [
        (libraries, bin.with_file_name("lib").into_os_string()),
        ("OLIPHAUNT_INTERNAL_SKIP_ICU_DISCOVERY", OsString::from("1")),
    ]
}

/// Runs `postgres --version` to see whether this machine can.
pub fn can_run(bin: &Path) -> Result<(), Error> {
    let program = bin.join("postgres");
    let mut postgres = Command::new(&program);
    postgres.arg("--version").env_clear().envs(environment(bin));
    match postgres.output() {
        Ok(done) if done.status.success() => Ok(()),
        Ok(done) => {
            // The loader names each missing symbol; one is enough. Each line holds the program's long path twice.
            let said = String::from_utf8_lossy(&done.stderr);
            let said = said.lines().next().unwrap_or_default();
            Err(Error::CannotRun { said: said.replace(&*program.to_string_lossy(), "postgres") })
        }
        Err(error) => Err(Error::CannotRun { said: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_server_is_unpacked_once_and_whole_or_said_to_be_absent() {
        let temp = tempfile::tempdir().unwrap();
        let bin = match unpack(temp.path()) {
            Ok(bin) => bin,
            Err(error) => {
                assert!(ARCHIVE.is_empty(), "{error}");
                return;
            }
        };
        for program in ["postgres", "initdb"] {
            let mode = fs::metadata(bin.join(program)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o755, "{program}");
        }
        let folder = bin.parent().unwrap();
        for file in [
            "share/postgresql/postgres.bki",
            "share/postgresql/extension/plpgsql.control",
            "licenses/LICENSE",
        ] {
            assert!(folder.join(file).is_file(), "{file}");
        }
        let made = fs::metadata(folder).unwrap().modified().unwrap();
        assert_eq!(unpack(temp.path()).unwrap(), bin);
        assert_eq!(fs::metadata(folder).unwrap().modified().unwrap(), made, "it was left as it is");
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn a_machine_that_cannot_run_it_is_told_why() {
        let temp = tempfile::tempdir().unwrap();
        let error = can_run(temp.path()).unwrap_err();
        assert!(matches!(error, Error::CannotRun { .. }));
        fs::write(temp.path().join("postgres"), "#!/bin/sh\necho $0: GLIBC_2.38 not found >&2\nexit 1\n")
            .unwrap();
        fs::set_permissions(temp.path().join("postgres"), PermissionsExt::from_mode(0o755)).unwrap();
        let text = can_run(temp.path()).unwrap_err().to_string();
        assert!(
            text.contains("needs glibc 2.38 or newer")
                && text.ends_with("Fedora 39): postgres: GLIBC_2.38 not found"),
            "{text}"
        );
    }
}
