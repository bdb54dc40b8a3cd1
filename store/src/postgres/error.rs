//! Why there is no PostgreSQL.

use super::find::WAYS_OUT;
use std::path::PathBuf;

/// A reason why a PostgreSQL could not be had, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("no PostgreSQL 15 or newer was found, and the bundled one cannot be used: {bundled}\n{WAYS_OUT}")]
    NotFound {
        /// Why the bundled PostgreSQL does not serve.
        bundled: String,
    },

    #[error(
        "production is set, so no private PostgreSQL is started: set DATABASE_URL to the one to use, \
         such as postgresql://user:password@host:5432/crease"
    )]
    EmbeddedInProduction,

    #[error("PG_BIN or the found folder {} holds no usable PostgreSQL: {reason}", bin.display())]
    Unusable { bin: PathBuf, reason: String },

    #[error(
        "no {name} was found: install PostgreSQL's programs for clients (apt-get install postgresql-client), \
         or set PG_BIN to the folder that has them"
    )]
    NoProgram { name: &'static str },

    #[error("the address of the database cannot be read: {0}")]
    Address(tokio_postgres::Error),

    #[error("{} is PostgreSQL {version}; 15 or newer is needed\n{WAYS_OUT}", bin.display())]
    TooOld { bin: PathBuf, version: String },

    #[error(
        "PostgreSQL does not run as root, and neither of the accounts `postgres` and `nobody` exists: \
         create one (useradd --system postgres), or start this program as another user"
    )]
    NoAccount,

    #[error(
        "PostgreSQL must run as {account}, who may not enter {}: move it elsewhere, \
         or start this program as another user",
        path.display()
    )]
    OutOfReach { path: PathBuf, account: String },

    #[error("cannot {doing} {}: {source}", path.display())]
    Folder { doing: &'static str, path: PathBuf, source: std::io::Error },

    #[error(
        "{holder} already uses the data in {}: stop it, or give this one a data folder of its own",
        folder.display()
    )]
    InUse {
        folder: PathBuf,
        /// The process that does, in words.
        holder: String,
    },

    #[error(
        "the data in {} were written by PostgreSQL {data}, but this is PostgreSQL {binary} ({origin}): install \
         PostgreSQL {data} or set PG_BIN to its bin folder; to move to {binary}, run pg_dumpall with {data} first; \
         to start anew, move that folder away",
        folder.display()
    )]
    MajorVersion { folder: PathBuf, data: u32, binary: u32, origin: String },

    #[error("initdb of {origin} failed:\n{output}")]
    Initdb { origin: String, output: String },

    #[error("PostgreSQL ended while starting ({status}); its last words in {}:\n{tail}", log.display())]
    Ended { status: String, log: PathBuf, tail: String },

    #[error(
        "PostgreSQL is not ready after {waited_ms} ms and was stopped; its last words in {}:\n{tail}",
        log.display()
    )]
    NotReady { waited_ms: u64, log: PathBuf, tail: String },

    #[error(
        "process {process_id}, an earlier PostgreSQL on these data, does not stop: end it by hand (kill -QUIT {process_id})"
    )]
    OrphanStays { process_id: i32 },
}

impl Error {
    /// Turns an I/O error into one that names the folder.
    pub(super) fn folder(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Folder { doing, path, source }
    }
}
