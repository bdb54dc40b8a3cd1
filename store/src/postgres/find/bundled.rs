//! The PostgreSQL of `postgres-bundle`, in programs that were built with the feature `bundled`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Unpacks it if need be and proves that this machine can run it; answers its `bin` folder, or why not.
#[cfg(feature = "bundled")]
pub(super) fn unpack(into: &Path) -> Result<PathBuf, String> {
    let bin = postgres_bundle::unpack(into).map_err(|error| error.to_string())?;
    postgres_bundle::can_run(&bin).map_err(|error| error.to_string())?;
    Ok(bin)
}

#[cfg(feature = "bundled")]
pub(super) fn environment(bin: &Path) -> Vec<(&'static str, OsString)> {
    postgres_bundle::environment(bin).into()
}

#[cfg(not(feature = "bundled"))]
pub(super) fn unpack(_into: &Path) -> Result<PathBuf, String> {
    Err("this program was built without it".into())
}

#[cfg(not(feature = "bundled"))]
pub(super) fn environment(_bin: &Path) -> Vec<(&'static str, OsString)> {
    Vec::new()
}
