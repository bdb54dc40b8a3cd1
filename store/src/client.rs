//! What statements run on: a [`Client`] reads, a [`Transaction`] reads and writes.

use crate::error::Error;
use crate::store::Store;
use futures_util::future::join_all;
use std::ops::Deref;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

/// The parameters of a statement: `&[&id, &name]`.
pub type Params<'p> = &'p [&'p (dyn ToSql + Sync)];

/// A statement without rows, and its parameters.
#[derive(Clone, Copy)]
pub struct Statement<'p> {
    pub sql: &'static str,
    pub params: Params<'p>,
}

/// A connection on which one may read. A [`Transaction`] derefs to it, so a function that reads takes `&Client<'_>`
/// and works in both.
///
/// Statements are prepared once a connection and kept, which saves a round trip (about 70 µs on a unix socket) each
/// time; they are `&'static str` so that this memory is bounded by the program's text.
pub struct Client<'c> {
    via: Via<'c>,
    /// The worst that has happened to the open transaction: [`SOUND`], [`FAILED`] or [`CONFLICTED`].
    health: AtomicU8,
}

/// All but PostgreSQL's own.
const TABLES: &str = r#"
    select n.nspname || '.' || c.relname as "table", format('%I.%I', n.nspname, c.relname) as quoted
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname <> 'information_schema' and n.nspname not like 'pg\_%'
    order by n.nspname, c.relname"#;

enum Via<'c> {
    Connection(&'c deadpool_postgres::ClientWrapper),
    Transaction(&'c deadpool_postgres::Transaction<'c>),
}

const SOUND: u8 = 0;
/// A statement failed: PostgreSQL answers COMMIT with a silent ROLLBACK.
const FAILED: u8 = 1;
/// A statement lost against another transaction: running all again may succeed.
const CONFLICTED: u8 = 2;

impl<'c> Client<'c> {
    pub(crate) fn connection(connection: &'c deadpool_postgres::ClientWrapper) -> Client<'c> {
        Client { via: Via::Connection(connection), health: AtomicU8::new(SOUND) }
    }

    /// All rows of a statement.
    pub async fn query(&self, sql: &'static str, params: Params<'_>) -> Result<Vec<Row>, Error> {
        let done = async {
            match &self.via {
                Via::Connection(on) => on.query(&on.prepare_cached(sql).await?, params).await,
                Via::Transaction(on) => on.query(&on.prepare_cached(sql).await?, params).await,
            }
        };
        done.await.map_err(|error| self.refused(sql, error))
    }

    /// The one row of a statement that always has one, such as `insert … returning`.
    pub async fn query_one(&self, sql: &'static str, params: Params<'_>) -> Result<Row, Error> {
        let done = async {
            match &self.via {
                Via::Connection(on) => on.query_one(&on.prepare_cached(sql).await?, params).await,
                Via::Transaction(on) => on.query_one(&on.prepare_cached(sql).await?, params).await,
            }
        };
        done.await.map_err(|error| self.refused(sql, error))
    }

    /// The row of a statement that has at most one.
    pub async fn query_opt(&self, sql: &'static str, params: Params<'_>) -> Result<Option<Row>, Error> {
        let done = async {
            match &self.via {
                Via::Connection(on) => on.query_opt(&on.prepare_cached(sql).await?, params).await,
                Via::Transaction(on) => on.query_opt(&on.prepare_cached(sql).await?, params).await,
            }
        };
        done.await.map_err(|error| self.refused(sql, error))
    }

    /// Asks PostgreSQL to plan a statement without running it: one test prepares every statement of the program.
    pub async fn prepare(&self, sql: &'static str) -> Result<(), Error> {
        let done = match &self.via {
            Via::Connection(on) => on.prepare_cached(sql).await,
            Via::Transaction(on) => on.prepare_cached(sql).await,
        };
        done.map(drop).map_err(|error| self.refused(sql, error))
    }

    /// How many rows each table has, by schema and name ("wallet.transfer"), in their order. It reads all of them.
    pub async fn row_counts(&self) -> Result<Vec<(String, i64)>, Error> {
        let mut counts = Vec::new();
        for row in self.query(TABLES, &[]).await? {
            let (table, quoted): (String, String) = (row.get("table"), row.get("quoted"));
            let sql = format!("select count(*) from {quoted}");
            let done = match &self.via {
                Via::Connection(on) => on.query_one(&sql, &[]).await,
                Via::Transaction(on) => on.query_one(&sql, &[]).await,
            };
            counts.push((table, done.map_err(|error| self.refused(&sql, error))?.get(0)));
        }
        Ok(counts)
    }

    /// Remembers what a failure means for the open transaction. Only PostgreSQL's own refusals abort one; a wrong
    /// parameter type is caught before anything is sent.
    fn refused(&self, sql: &str, error: tokio_postgres::Error) -> Error {
        if let Some(code) = error.code() {
            let health = if is_conflict(code) { CONFLICTED } else { FAILED };
            self.health.fetch_max(health, Ordering::Relaxed);
        }
        Error::statement(sql, error)
    }
}

/// An open transaction. Whoever writes takes `&Transaction<'_>`, which proves that the caller commits or rolls back.
pub struct Transaction<'c> {
    client: Client<'c>,
    open: &'c deadpool_postgres::Transaction<'c>,
    afterwards: Mutex<Vec<Afterwards>>,
}

/// What is done once a transaction stands.
pub(crate) type Afterwards = Box<dyn FnOnce(&Store) + Send>;

impl<'c> Transaction<'c> {
    pub(crate) fn of(open: &'c deadpool_postgres::Transaction<'c>) -> Transaction<'c> {
        let client = Client { via: Via::Transaction(open), health: AtomicU8::new(SOUND) };
        Transaction { client, open, afterwards: Mutex::default() }
    }

    /// Calls `then` when this transaction has been committed, and never otherwise: for hints to others, such as "there is work", since a
    /// process may end in between. It must not block.
    pub fn after_commit(&self, then: impl FnOnce(&Store) + Send + 'static) {
        self.afterwards.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(then));
    }

    pub(crate) fn afterwards(self) -> Vec<Afterwards> {
        self.afterwards.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a statement without rows; says how many it touched.
    pub async fn execute(&self, sql: &'static str, params: Params<'_>) -> Result<u64, Error> {
        let done = async { self.open.execute(&self.open.prepare_cached(sql).await?, params).await };
        done.await.map_err(|error| self.client.refused(sql, error))
    }

    /// Runs several statements without parameters, such as a migration step.
    pub async fn batch(&self, sql: &str) -> Result<(), Error> {
        self.open.batch_execute(sql).await.map_err(|error| self.client.refused(sql, error))
    }

    /// Runs a few statements one after the other: each is on its way before the first is answered. The first failure is answered.
    pub async fn run(&self, statements: &[Statement<'_>]) -> Result<(), Error> {
        let mut prepared = Vec::with_capacity(statements.len());
        for it in statements {
            prepared.push(
                self.open.prepare_cached(it.sql).await.map_err(|error| self.client.refused(it.sql, error))?,
            );
        }
        let all = prepared.iter().zip(statements).map(|(to, it)| self.open.execute(to, it.params));
        let done = join_all(all).await;
        for (done, it) in done.into_iter().zip(statements) {
            done.map_err(|error| self.client.refused(it.sql, error))?;
        }
        Ok(())
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.client.health.load(Ordering::Relaxed) != SOUND
    }

    pub(crate) fn has_conflicted(&self) -> bool {
        self.client.health.load(Ordering::Relaxed) == CONFLICTED
    }
}

impl<'c> Deref for Transaction<'c> {
    type Target = Client<'c>;

    fn deref(&self) -> &Client<'c> {
        &self.client
    }
}

/// Whether PostgreSQL gave up on this transaction in favour of another one.
pub(crate) fn is_conflict(code: &SqlState) -> bool {
    *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED
}
