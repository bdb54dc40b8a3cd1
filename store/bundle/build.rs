//! Packs the payload crates' PostgreSQL server into one archive, `postgres.tar.deflate`; an empty one where there is
//! no payload for the target.

use flate2::Compression;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the payload for the machine that builds: cargo picks build dependencies by the host.
const PAYLOAD: &[&str] = {
    #[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
    {
        &[
            liboliphaunt_native_linux_x64_gnu_part_001::PAYLOAD_ROOT,
            liboliphaunt_native_linux_x64_gnu_part_002::PAYLOAD_ROOT,
            liboliphaunt_native_linux_x64_gnu_part_003::PAYLOAD_ROOT,
        ]
    }
    #[cfg(all(target_os = "linux", target_arch = "aarch64", target_env = "gnu"))]
    {
        &[
            liboliphaunt_native_linux_arm64_gnu_part_001::PAYLOAD_ROOT,
            liboliphaunt_native_linux_arm64_gnu_part_002::PAYLOAD_ROOT,
            liboliphaunt_native_linux_arm64_gnu_part_003::PAYLOAD_ROOT,
        ]
    }
    #[cfg(all(target_os = "macos", target_arch = "aarch64"))]
    {
        &[
            liboliphaunt_native_macos_arm64_part_001::PAYLOAD_ROOT,
            liboliphaunt_native_macos_arm64_part_002::PAYLOAD_ROOT,
            liboliphaunt_native_macos_arm64_part_003::PAYLOAD_ROOT,
        ]
    }
    #[cfg(not(any(
        all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), target_env = "gnu"),
        all(target_os = "macos", target_arch = "aarch64")
    )))]
    {
        &[]
    }
};

/// Of the levels tried (in `src/lib.rs`), the one that costs little time for most of the gain.
const LEVEL: u32 = 4;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    // A program for another machine cannot use the payload of this one.
    let native = std::env::var("HOST")? == std::env::var("TARGET")?;
    let files = if native { files()? } else { BTreeMap::new() };
    let archive = if files.is_empty() { Vec::new() } else { pack(&files)? };
    println!("cargo::rustc-env=POSTGRES_BUNDLE_SHA256={:x}", Sha256::digest(&archive));
    fs::write(Path::new(&std::env::var("OUT_DIR")?).join("postgres.tar.deflate"), archive)?;
    Ok(())
}

/// What goes into the archive: path there → path here.
fn files() -> Result<BTreeMap<PathBuf, PathBuf>, Box<dyn Error>> {
    let mut files = BTreeMap::new();
    for part in PAYLOAD {
        let root = Path::new(part).join("files");
        for file in below(&root)? {
            if let Some(packed) = packed_path(file.strip_prefix(&root)?) {
                files.insert(packed, file);
            }
        }
    }
    Ok(files)
}

/// Where a file of the payload goes, if it goes anywhere: the server, its library, modules and share files, and the
/// licences they come under. Left out: embedded C, other encodings than UTF-8, tools.
fn packed_path(path: &Path) -> Option<PathBuf> {
    let name = path.file_name().and_then(OsStr::to_str)?;
    if name.starts_with("LICENSE") || path.starts_with("THIRD_PARTY_LICENSES") {
        return Some(Path::new("licenses").join(name));
    }
    let path = path.strip_prefix("runtime").ok()?;
    let is_kept = if path.starts_with("bin") {
        ["postgres", "initdb"].contains(&name)
    } else if path.starts_with("lib/postgresql") {
        !(name.contains("_and_") || name.starts_with("euc2004"))
    } else if path.starts_with("lib") {
        ["libpq.so.5", "libpq.5.dylib"].contains(&name)
    } else {
        path.starts_with("share")
    };
    is_kept.then(|| path.to_owned())
}

fn pack(files: &BTreeMap<PathBuf, PathBuf>) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut archive = tar::Builder::new(DeflateEncoder::new(Vec::new(), Compression::new(LEVEL)));
    for (packed, file) in files {
        let content = fs::read(file)?;
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(if packed.starts_with("share") { 0o644 } else { 0o755 });
        header.set_mtime(0);
        archive.append_data(&mut header, packed, content.as_slice())?;
    }
    Ok(archive.into_inner()?.finish()?)
}

/// All files below a folder.
fn below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}
