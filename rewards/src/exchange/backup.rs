//! What of markets is not in the database: their books, as of what is settled.

use super::error::Error;
use market::Disk;
use std::path::{Path, PathBuf};
use store::Client;

/// A market that was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// "mkt_…"
    pub id: String,
    /// The last command of whose effects nothing is left to do.
    pub settled: u64,
}

const SETTLED: &str = "select id, settled from rewards.market order by number";

/// Copies each market's book, as of what the database says is settled, from the folder of all markets into another one. Whoever writes them goes on
/// meanwhile. What was in a journal and not settled at that moment is asked anew, or given up, by who opens the copy.
///
/// Answers `None` where a market's files do not hold that moment any more: what was settled later has been compacted. Ask at a newer moment.
///
/// # Errors
/// [`Error::Failed`] where a market's files are not there, and what reading and writing them says.
pub async fn back_up(client: &Client<'_>, folder: &Path, into: &Path) -> Result<Option<Vec<Copied>>, Error> {
    let mut copied = Vec::new();
    for row in client.query(SETTLED, &[]).await? {
        let market = Copied { id: row.get("id"), settled: row.get::<_, i64>("settled").unsigned_abs() };
        let (from, to) = (folder.join(&market.id), into.join(&market.id));
        let settled = market.settled;
        let copying = tokio::task::spawn_blocking(move || copy(from, settled, to));
        match copying.await.unwrap_or(Err(Error::Unsure)) {
            Ok(true) => copied.push(market),
            Ok(false) => {}
            Err(Error::Market(error)) if matches!(*error, market::Error::Compacted { .. }) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Some(copied))
}

/// Whether there was anything.
fn copy(from: PathBuf, settled: u64, to: PathBuf) -> Result<bool, Error> {
    if !from.is_dir() {
        let reason = || format!("{} is not there, which the market's writer has", from.display());
        return if settled == 0 { Ok(false) } else { Err(Error::Failed { reason: reason() }) };
    }
    let open = |path: PathBuf| {
        let doing = format!("opening {}", path.display());
        Disk::open(path).map_err(|source| market::Error::Io { doing, source })
    };
    Ok(market::copy(&open(from)?, settled, &open(to)?)?)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[SETTLED];
