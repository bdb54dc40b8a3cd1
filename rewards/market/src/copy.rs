//! A market as it was after a command, for a backup.

use crate::error::{Error, While};
use crate::folder::Folder;
use crate::journal::Position;
use crate::market::{read_all, replay};
use crate::snapshot::{self, Kept};
use book::Effects;

/// Writes into another folder a snapshot of what all commands up to `settled` led to: a market that is opened there goes on from it, and whoever writes
/// this one goes on meanwhile. Answers whether there is anything: a market that was never opened has none.
///
/// # Errors
/// [`Error::Compacted`] where a snapshot holds more than that by now, [`Error::Lost`] where the journal does not go so far, and those of reading.
pub fn copy(folder: &dyn Folder, settled: u64, into: &dyn Folder) -> Result<bool, Error> {
    // Nothing is compacted meanwhile.
    let _lock = folder.lock().doing(|| "locking the folder".to_owned())?;
    let names = folder.names().doing(|| "listing the folder".to_owned())?;
    let Some(Kept { mut book, chain }) = snapshot::read(folder, &names)? else {
        return if settled == 0 { Ok(false) } else { Err(Error::Lost { last: 0, settled }) };
    };
    if book.seq() > settled {
        return Err(Error::Compacted { snapshot: book.seq(), settled });
    }
    let market = book.rules().market.0;
    let mut position = Position { seq: book.seq(), chain };
    let mut effects = Effects::default();
    let mut each = |record: &_| {
        effects.clear();
        match book.seq() < settled {
            true => replay(&mut book, record, &mut effects).map(drop),
            // What is behind it is of no interest, and may be half written.
            false => Err(Error::Stopped),
        }
    };
    let read = read_all(folder, market, &mut position, &mut each);
    if position.seq < settled {
        read?;
        return Err(Error::Lost { last: position.seq, settled });
    }
    snapshot::write(into, &Kept { book, chain: position.chain })?;
    Ok(true)
}
