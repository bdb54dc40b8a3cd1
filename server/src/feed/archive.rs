//! Cricsheet files on disk, compressed or not.

use cricket::cricsheet::{self, Archive};
use std::io::Read;
use std::path::Path;

/// Why a file cannot be read; the path is said by the caller.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("is larger than {max} bytes when unpacked")]
    TooLarge { max: usize },
    #[error("{0}")]
    Cricsheet(cricsheet::Error),
}

/// Reads a match file; one whose content is gzip is unpacked, whatever its name. What it unpacks to is bounded.
pub fn read(path: &Path) -> Result<Archive, ArchiveError> {
    let max = cricsheet::BYTES_MAX;
    let mut content = Vec::new();
    std::fs::File::open(path)?.take(max as u64 + 1).read_to_end(&mut content)?;
    if content.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        flate2::read::MultiGzDecoder::new(content.as_slice())
            .take(max as u64 + 1)
            .read_to_end(&mut unpacked)?;
        content = unpacked;
    }
    if content.len() > max {
        return Err(ArchiveError::TooLarge { max });
    }
    cricsheet::read(&content).map_err(ArchiveError::Cricsheet)
}
