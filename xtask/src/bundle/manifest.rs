//! `dist/manifest.json`: what there is, how heavy it is, and the hash that a page may pin.

use super::DIST;
use crate::workspace;
use anyhow::Context;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use sha2::{Digest, Sha384};
use std::{fs, io::Write, path::Path};

/// Brotli's slowest and best; the files are compressed once and sent many times.
const BROTLI_QUALITY: u32 = 11;
/// log2 of brotli's window in bytes: 16 MiB, more than the whole bundle.
const BROTLI_WINDOW: u32 = 24;

/// A file as the manifest lists it. Sizes are in bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// Relative to `dist/`, and to `/v1/` on a server.
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) gzip: u64,
    pub(super) brotli: u64,
    /// Subresource Integrity: `sha384-` and base64.
    pub(super) integrity: String,
}

/// Writes a file below `dist/` with its `.gz` and `.br` beside it.
pub(super) fn write_file(path: &str, bytes: &[u8]) -> anyhow::Result<Entry> {
    let (gzip, brotli) = (gzip(bytes)?, brotli(bytes)?);
    let file = Path::new(DIST).join(path);
    fs::create_dir_all(file.parent().expect("a file in dist/ has a folder"))?;
    for (suffix, content) in [("", bytes), (".gz", &gzip), (".br", &brotli)] {
        let name = format!("{}{suffix}", file.display());
        fs::write(&name, content).with_context(|| format!("writing {name}"))?;
    }
    Ok(entry(path, bytes, gzip.len(), brotli.len()))
}

fn entry(path: &str, bytes: &[u8], gzip: usize, brotli: usize) -> Entry {
    let integrity = format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(bytes)));
    Entry {
        path: path.to_owned(),
        bytes: bytes.len() as u64,
        gzip: gzip as u64,
        brotli: brotli as u64,
        integrity,
    }
}

fn gzip(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn brotli(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 64 << 10, BROTLI_QUALITY, BROTLI_WINDOW);
    encoder.write_all(bytes)?;
    Ok(encoder.into_inner())
}

/// Writes the manifest last: whoever reads it finds every file that it names.
pub(super) fn write(bundle: &str, entries: &[Entry]) -> anyhow::Result<()> {
    let text = format!("{:#}\n", to_json(bundle, entries));
    fs::write(Path::new(DIST).join("manifest.json"), text).context("writing the manifest")
}

/// `dist/console.json`: the same of what the console's pages load. Fans download none of it, so that the sums have it not.
pub(super) fn write_of_console(entries: &[Entry]) -> anyhow::Result<()> {
    let files: Vec<Value> = entries.iter().map(entry_json).collect();
    let text = format!("{:#}\n", json!({"files": files}));
    fs::write(Path::new(DIST).join("console.json"), text).context("writing the console's manifest")
}

fn entry_json(it: &Entry) -> Value {
    json!({"path": it.path, "bytes": it.bytes, "gzip": it.gzip, "brotli": it.brotli, "integrity": it.integrity})
}

fn to_json(bundle: &str, entries: &[Entry]) -> Value {
    let files: Vec<Value> = entries.iter().map(entry_json).collect();
    json!({"version": workspace::version(), "bundle": bundle, "files": files})
}

/// The entries of the manifest that is there.
pub(super) fn read() -> anyhow::Result<Vec<Entry>> {
    let text = fs::read_to_string(Path::new(DIST).join("manifest.json"))?;
    from_json(&serde_json::from_str(&text)?)
}

fn from_json(manifest: &Value) -> anyhow::Result<Vec<Entry>> {
    let files = manifest["files"].as_array().context("the manifest lists no files")?;
    let entry = |it: &Value| {
        Some(Entry {
            path: it["path"].as_str()?.to_owned(),
            bytes: it["bytes"].as_u64()?,
            gzip: it["gzip"].as_u64()?,
            brotli: it["brotli"].as_u64()?,
            integrity: it["integrity"].as_str()?.to_owned(),
        })
    };
    files.iter().map(|it| entry(it).with_context(|| format!("no entry of a manifest: {it}"))).collect()
}

/// Sizes as a table, in bytes, with their sum: what a fan downloads.
pub(super) fn print_table(entries: &[Entry]) -> anyhow::Result<()> {
    let sum = |size: fn(&Entry) -> u64| entries.iter().map(size).sum::<u64>();
    println!("\n  {:<44} {:>9} {:>9} {:>9}", "dist/", "raw", "gzip", "brotli");
    for it in entries {
        println!("  {:<44} {:>9} {:>9} {:>9}", it.path, it.bytes, it.gzip, it.brotli);
    }
    println!(
        "  {:<44} {:>9} {:>9} {:>9}\n",
        "all",
        sum(|it| it.bytes),
        sum(|it| it.gzip),
        sum(|it| it.brotli)
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_carries_sizes_and_the_hash_that_browsers_check() {
        let entry = entry("crease.js", b"alert(1)", 28, 12);
        assert_eq!((entry.bytes, entry.gzip, entry.brotli), (8, 28, 12));
        // printf 'alert(1)' | openssl dgst -sha384 -binary | base64
        assert_eq!(
            entry.integrity,
            "sha384-HT2E9NfWiuQ/w1PRai+hTyqW16NIoCGA/m8VQDUopfAtcz6YQjtsMmQd5uRbVDpW"
        );
    }

    #[test]
    fn a_manifest_reads_back_as_it_was_written() {
        let entries = [entry("crease.js", b"a", 21, 5), entry("bundle/0123/crease.wasm", b"\0asm", 24, 8)];
        let json = to_json("0123", &entries);
        assert_eq!(json["bundle"], "0123");
        assert_eq!(json["version"], workspace::version());
        assert_eq!(from_json(&json).unwrap(), entries);
    }

    #[test]
    fn both_compressed_forms_unpack_to_the_original() {
        let text = b"the ball is bowled, the ball is bowled again".repeat(20);
        let mut unpacked = Vec::new();
        std::io::copy(&mut flate2::read::GzDecoder::new(gzip(&text).unwrap().as_slice()), &mut unpacked)
            .unwrap();
        assert_eq!(unpacked, text);
        unpacked.clear();
        std::io::copy(&mut brotli::Decompressor::new(brotli(&text).unwrap().as_slice(), 4096), &mut unpacked)
            .unwrap();
        assert_eq!(unpacked, text);
    }
}
