//! Snapshots on the disk: the book after a command, from which the journal behind it is read.

use crate::error::{Error, While};
use crate::folder::{Folder, replace};
use crate::record::Chain;
use book::{Book, Snapshot};

const PREFIX: &str = "snapshot-";
const MAGIC: u64 = u64::from_le_bytes(*b"creasnp\x01");
const HEADER_BYTES: usize = 32;

/// A book with the checksum of its last command's record.
pub(crate) struct Kept {
    pub(crate) book: Book,
    pub(crate) chain: Chain,
}

fn name(seq: u64) -> String {
    format!("{PREFIX}{seq:020}")
}

/// The numbers of all snapshots that there are, the newest last.
fn seqs(names: &[String]) -> Vec<u64> {
    let of = |name: &String| name.strip_prefix(PREFIX)?.parse().ok();
    let mut seqs: Vec<u64> = names.iter().filter_map(of).collect();
    seqs.sort_unstable();
    seqs
}

/// Returns when it is on the disk.
pub(crate) fn write(folder: &dyn Folder, kept: &Kept) -> Result<(), Error> {
    let body = kept.book.snapshot().to_bytes();
    let mut bytes = Vec::with_capacity(HEADER_BYTES + body.len());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&kept.chain.to_le_bytes());
    bytes.extend_from_slice(&MAGIC.to_le_bytes());
    bytes.extend_from_slice(&kept.book.state_hash().to_le_bytes());
    bytes.extend_from_slice(&(body.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&body);
    let crc = crc32c::crc32c(&bytes[4..]);
    bytes[..4].copy_from_slice(&crc.to_le_bytes());
    let name = name(kept.book.seq());
    replace(folder, &name, &bytes).doing(|| format!("writing {name}"))
}

/// The newest; `None` where there never was one.
pub(crate) fn read(folder: &dyn Folder, names: &[String]) -> Result<Option<Kept>, Error> {
    let Some(seq) = seqs(names).pop() else { return Ok(None) };
    let name = name(seq);
    let bytes = folder.read(&name).doing(|| format!("reading {name}"))?;
    match parse(&bytes) {
        Some(kept) if kept.book.seq() == seq => Ok(Some(kept)),
        _ => Err(Error::Unreadable { file: name }),
    }
}

fn parse(bytes: &[u8]) -> Option<Kept> {
    let (header, body) = bytes.split_at_checked(HEADER_BYTES)?;
    let crc = u32::from_le_bytes(header[..4].try_into().ok()?);
    let chain = u32::from_le_bytes(header[4..8].try_into().ok()?);
    let word = |at: usize| Some(u64::from_le_bytes(header[at..at + 8].try_into().ok()?));
    if crc32c::crc32c(&bytes[4..]) != crc || word(8)? != MAGIC || word(24)? != body.len() as u64 {
        return None;
    }
    let book = Book::restore(&Snapshot::from_bytes(body).ok()?).ok()?;
    (book.state_hash() == word(16)?).then_some(Kept { book, chain })
}

/// Removes all but the newest.
pub(crate) fn forget_old(folder: &dyn Folder, names: &[String]) -> Result<(), Error> {
    let mut seqs = seqs(names);
    seqs.pop();
    for name in seqs.into_iter().map(name) {
        folder.remove(&name).doing(|| format!("removing {name}"))?;
    }
    Ok(())
}
