//! What can go wrong between us and PostgreSQL or Redis.

use tokio_postgres::error::SqlState;

/// A fact about the store, with its values. No variant carries a password or a row's content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// All connections of the pool stayed busy.
    #[error(
        "no database connection became free within {waited_ms} ms; the pool has {connections_max}: \
         raise its size or look for what holds them"
    )]
    TooFewConnections { connections_max: usize, waited_ms: u64 },

    /// No connection could be made. `address` names host and database, never user or password.
    #[error("PostgreSQL at {address} cannot be reached: {reason}")]
    Unreachable { address: String, reason: String },

    /// The text given as the database's URL is not one.
    #[error(
        "the database URL cannot be read: {reason}; it looks like postgresql://user:password@host:5432/name"
    )]
    InvalidUrl { reason: String },

    /// `sslmode=require`, and nobody to trust.
    #[error(
        "the database URL demands TLS, but this machine has no trusted certificates (install ca-certificates, \
         or set SSL_CERT_FILE): {reason}"
    )]
    NoTrustedCertificates { reason: String },

    /// The server's major version, and the oldest that will do.
    #[error(
        "the database runs PostgreSQL {version}, but {needed} or newer is needed: upgrade it, or name another"
    )]
    TooOld { version: i32, needed: i32 },

    /// PostgreSQL refused a statement, or the answer was not what the statement promises.
    #[error("`{statement}` failed: {reason}")]
    Statement {
        /// The statement's first line.
        statement: String,
        /// PostgreSQL's message and SQLSTATE; its detail, which quotes rows, stays in `source`.
        reason: String,
        source: tokio_postgres::Error,
    },

    /// A statement of the transaction had failed and its error was swallowed, so there was nothing to commit.
    #[error("transaction {name} was not committed: one of its statements had failed")]
    Aborted { name: &'static str },

    /// The connection broke while PostgreSQL was committing: the transaction may or may not stand.
    #[error("transaction {name}: the connection broke during commit, its outcome is unknown: {reason}")]
    CommitUnknown { name: &'static str, reason: String },

    /// The text of a migration step differs from the one that was applied.
    #[error(
        "migration {schema}.{step} was changed after it was applied (applied {applied}, now {now}): \
         restore its text and add a new step"
    )]
    MigrationChanged { schema: String, step: String, applied: String, now: String },

    /// Two steps of one schema have the same name.
    #[error("migration {schema}.{step} is listed twice")]
    MigrationTwice { schema: String, step: String },

    /// A migration step failed; nothing of that step remains.
    #[error("migration {schema}.{step} failed: {reason}")]
    MigrationFailed { schema: String, step: String, reason: String },

    /// Redis refused or could not be reached.
    #[error("Redis {doing}: {reason}")]
    Redis { doing: &'static str, reason: String },

    /// The embedded PostgreSQL could not be had.
    #[error(transparent)]
    Postgres(#[from] crate::postgres::Error),
}

impl Error {
    /// The SQLSTATE with which PostgreSQL refused a statement.
    pub fn sql_state(&self) -> Option<&SqlState> {
        match self {
            Error::Statement { source, .. } => source.code(),
            _ => None,
        }
    }

    /// The constraint or unique index that a statement ran into.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Error::Statement { source, .. } => source.as_db_error()?.constraint(),
            _ => None,
        }
    }

    /// Whether a unique index refused the row.
    pub fn is_unique_violation(&self) -> bool {
        self.sql_state() == Some(&SqlState::UNIQUE_VIOLATION)
    }

    pub(crate) fn statement(sql: &str, source: tokio_postgres::Error) -> Error {
        let statement = sql.trim_start().lines().next().unwrap_or_default().trim_end().to_owned();
        Error::Statement { statement, reason: reason(&source), source }
    }
}

/// What a driver's error says: its own text is just "db error", the facts are in the cause.
pub(crate) fn reason(error: &tokio_postgres::Error) -> String {
    use std::error::Error as _;
    match (error.as_db_error(), error.source()) {
        (Some(db), _) => format!("{} (SQLSTATE {})", db.message(), db.code().code()),
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}
