//! Why a market was not opened, or goes on no more.

use std::io;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("epoch {held} has opened this market: who comes with {epoch} has lost its lease")]
    Fenced { epoch: u64, held: u64 },
    #[error("{file} is damaged at command {seq}, behind which there are good ones: restore it from a copy")]
    Damaged { file: String, seq: u64 },
    #[error("{file} is missing or unreadable as what it is: restore it from a copy")]
    Unreadable { file: String },
    #[error("the journal ends at command {last}, but {settled} was settled: restore it from a copy")]
    Lost { last: u64, settled: u64 },
    #[error(
        "a snapshot holds all up to command {snapshot}, but only {settled} is settled: what came of those between is not known any more"
    )]
    Compacted { snapshot: u64, settled: u64 },
    #[error("this market was opened with other rules: they hold for as long as it does")]
    OtherRules,
    #[error("these rules make no sense: {0}")]
    Rules(#[from] book::RulesError),
    #[error("at most {max} commands are committed at once")]
    TooMany { max: usize },
    #[error("an earlier failure has stopped this market: open it anew, with a new epoch")]
    Stopped,
    #[error("{doing}: {source}")]
    Io { doing: String, source: io::Error },
}

/// Says what was being done when it failed.
pub(crate) trait While<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error>;
}

impl<T> While<T> for io::Result<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error> {
        self.map_err(|source| Error::Io { doing: what(), source })
    }
}
