//! Who may write: the holder of the highest epoch that ever opened the folder.

use crate::error::{Error, While};
use crate::folder::{Folder, replace};
use std::io;

/// The number of a lease on a market: each new holder's is higher than all before. Given out elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

const FILE: &str = "epoch";

/// Takes the folder for this epoch. The caller holds the lock.
pub(crate) fn raise(folder: &dyn Folder, epoch: Epoch) -> Result<(), Error> {
    let held = held(folder)?;
    if epoch <= held {
        return Err(Error::Fenced { epoch: epoch.0, held: held.0 });
    }
    let number = epoch.0.to_le_bytes();
    let bytes = [&number[..], &crc32c::crc32c(&number).to_le_bytes()].concat();
    replace(folder, FILE, &bytes).doing(|| format!("writing {FILE}"))
}

/// Whether nobody else has taken it since.
pub(crate) fn check(folder: &dyn Folder, epoch: Epoch) -> Result<(), Error> {
    match held(folder)? {
        held if held == epoch => Ok(()),
        held => Err(Error::Fenced { epoch: epoch.0, held: held.0 }),
    }
}

/// The highest so far; 0 where there is none.
fn held(folder: &dyn Folder) -> Result<Epoch, Error> {
    let bytes = match folder.read(FILE) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Epoch(0)),
        Err(error) => return Err(error).doing(|| format!("reading {FILE}")),
    };
    let read = || {
        let (number, crc) = bytes.split_first_chunk::<8>()?;
        let crc = u32::from_le_bytes(crc.try_into().ok()?);
        (crc32c::crc32c(number) == crc).then(|| u64::from_le_bytes(*number))
    };
    read().map(Epoch).ok_or_else(|| Error::Unreadable { file: FILE.to_owned() })
}
