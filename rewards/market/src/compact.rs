//! Forgetting what is settled.

use crate::error::{Error, While};
use crate::folder::Folder;
use crate::journal::{self, Position, segments};
use crate::market::replay;
use crate::snapshot::{self, Kept};
use book::Effects;

/// Writes a snapshot of what all segments but the last led to that are settled whole, and removes them. Answers the snapshot's last command, or `None` where
/// there was nothing to do.
///
/// It reads the disk alone, so that whoever writes the market goes on meanwhile: let another thread do it. It costs what reading those segments costs, and a
/// second book's memory.
pub fn compact(folder: &dyn Folder, settled: u64) -> Result<Option<u64>, Error> {
    let _lock = folder.lock().doing(|| "locking the folder".to_owned())?;
    let listing = || folder.names().doing(|| "listing the folder".to_owned());
    let names = listing()?;
    let Some(Kept { mut book, chain }) = snapshot::read(folder, &names)? else { return Ok(None) };
    let market = book.rules().market.0;
    let mut position = Position { seq: book.seq(), chain };
    let mut effects = Effects::default();
    let (segments, mut done) = segments(&names);
    let overtaken = done.len();
    for pair in segments.windows(2).take_while(|pair| pair[1].first <= settled.saturating_add(1)) {
        if pair[1].first > position.seq + 1 {
            let bytes = pair[0].read(folder)?;
            journal::read_whole(&bytes, market, pair[0], pair[1], &mut position, &mut |record| {
                effects.clear();
                replay(&mut book, record, &mut effects).map(drop)
            })?;
        }
        done.push(pair[0]);
    }
    let seq = book.seq();
    if done.len() == overtaken {
        return Ok(None);
    }
    snapshot::write(folder, &Kept { book, chain: position.chain })?;
    // The oldest first, so that those that are left follow one another wherever it ends.
    for name in done.into_iter().map(|it| it.name()) {
        folder.remove(&name).doing(|| format!("removing {name}"))?;
    }
    snapshot::forget_old(folder, &listing()?)?;
    folder.sync().doing(|| "syncing the folder".to_owned())?;
    Ok(Some(seq))
}
