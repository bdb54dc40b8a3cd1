//! What a backup must have.

use anyhow::{Context, ensure};
use rewards::exchange::backup::Copied;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Of the files beside it.
const FORMAT: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    format: u32,
    /// The release that made it.
    pub(super) crease: String,
    /// When it was finished.
    made_at: jiff::Timestamp,
    /// Rows, by schema and table.
    pub(super) tables: BTreeMap<String, i64>,
    /// The last command that is settled, by market.
    pub(super) markets: BTreeMap<String, u64>,
    /// By their place in the folder.
    pub(super) files: BTreeMap<String, Sum>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sum {
    bytes: u64,
    /// Hexadecimal.
    sha256: String,
}

impl Manifest {
    /// Of what is in a folder.
    pub(super) fn of(
        folder: &Path,
        tables: BTreeMap<String, i64>,
        markets: Vec<Copied>,
    ) -> anyhow::Result<Self> {
        let mut files = BTreeMap::new();
        for path in paths(folder)? {
            let name = path.strip_prefix(folder)?.to_str().context("a name is no text")?.to_owned();
            let sum = Sum::of(&path)?;
            files.insert(name, sum);
        }
        Ok(Self {
            format: FORMAT,
            crease: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: jiff::Timestamp::now(),
            tables,
            markets: markets.into_iter().map(|it| (it.id, it.settled)).collect(),
            files,
        })
    }

    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{}: without it this is no whole backup", path.display()))?;
        let manifest: Self = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        let format = manifest.format;
        ensure!(format == FORMAT, "this backup has the format {format}; this release reads {FORMAT}");
        Ok(manifest)
    }

    /// On the disk when it returns.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let mut file = File::create_new(path).with_context(|| format!("making {}", path.display()))?;
        file.write_all(serde_json::to_string_pretty(self)?.as_bytes())?;
        Ok(file.sync_all()?)
    }

    /// Whether each file is as it was.
    pub(super) fn check(&self, folder: &Path) -> anyhow::Result<()> {
        for (name, sum) in &self.files {
            let is_inside =
                Path::new(name).components().all(|it| matches!(it, std::path::Component::Normal(_)));
            ensure!(is_inside, "{name} is no place in this backup");
            ensure!(Sum::of(&folder.join(name))? == *sum, "{name} is not what was backed up");
        }
        Ok(())
    }

    /// Tables with other rows than there were: what, how many there were, and are.
    pub(super) fn differing(&self, now: &BTreeMap<String, i64>) -> Vec<(String, i64, i64)> {
        let names = self.tables.keys().chain(now.keys().filter(|it| !self.tables.contains_key(*it)));
        let rows = |of: &BTreeMap<String, i64>, name: &str| of.get(name).copied().unwrap_or(0);
        let each = names.map(|it| (it.clone(), rows(&self.tables, it), rows(now, it)));
        each.filter(|it| it.1 != it.2).collect()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.files.values().map(|it| it.bytes).sum()
    }
}

impl Sum {
    fn of(path: &Path) -> anyhow::Result<Self> {
        let reading = || format!("reading {}", path.display());
        let mut file = File::open(path).with_context(reading)?;
        let mut digest = Sha256::new();
        let bytes = std::io::copy(&mut file, &mut digest).with_context(reading)?;
        let sha256 = digest.finalize().iter().fold(String::new(), |mut text, byte| {
            // A text takes whatever is written to it.
            let _written = write!(text, "{byte:02x}");
            text
        });
        Ok(Self { bytes, sha256 })
    }
}

/// All files below a folder.
fn paths(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => found.extend(paths(&entry.path())?),
            false => found.push(entry.path()),
        }
    }
    Ok(found)
}
