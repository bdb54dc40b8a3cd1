//! The pool of connections, and the ways to use one: [`Store::run_tx`], [`Store::run_at_once`] and [`Store::read`].

use crate::client::{Client, Params, Statement, Transaction, is_conflict};
use crate::error::{Error, reason};
use crate::shared::Shared;
use crate::{limits, tls};
use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, QueueMode, RecyclingMethod, Runtime, TimeoutType,
};
use futures_util::future::join_all;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a caller waits for a free connection.
const WAIT_MS_MAX: u64 = 5_000;
/// How long making a new connection may take.
const CONNECT_MS_MAX: u64 = 5_000;
/// How often a transaction is tried in all when it keeps losing against others.
const ATTEMPTS_MAX: u32 = 5;
/// The longest pause before the second try; it doubles from try to try.
const PAUSE_MS_MAX: u64 = 10;

/// The oldest PostgreSQL, by its major version, that knows all that our statements say.
const VERSION_MIN: i32 = 15;

const VERSION: &str = "select current_setting('server_version_num')::int";

/// A PostgreSQL database. Cloning is cheap and shares the connections.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    connections_max: usize,
    wait_ms_max: u64,
    /// Host and database, for messages.
    address: Arc<str>,
    /// For connections beside the pool's.
    config: Arc<Config>,
    via: Via,
    shared: Arc<Shared>,
}

/// How the server is spoken to.
#[derive(Clone)]
pub(crate) enum Via {
    Plain,
    Tls(MakeRustlsConnect),
}

impl Store {
    /// Connects to `postgresql://user:password@host:port/name` (or `…?host=/socket/folder`), with at most
    /// `connections_max` connections, and makes the first one to prove that it works. `?sslmode=require` encrypts and
    /// checks the server's certificate; without it the connections are plain. A statement and a silent server are waited
    /// for no longer than `limits.rs` says; the URL may say otherwise. A server older than PostgreSQL 15 is refused.
    pub async fn connect(url: &str, connections_max: usize) -> Result<Store, Error> {
        Store::connect_waiting(url, connections_max, WAIT_MS_MAX).await
    }

    async fn connect_waiting(url: &str, connections_max: usize, wait_ms_max: u64) -> Result<Store, Error> {
        let mut config = Config::from_str(url)
            .map_err(|error| Error::InvalidUrl { reason: reason(&error).replace(url, "…") })?;
        if config.get_application_name().is_none() {
            config.application_name("crease");
        }
        limits::set(&mut config, url);
        let address = address(&config).into();
        let via = match config.get_ssl_mode() {
            SslMode::Require => Via::Tls(tls::connector()?),
            _ => Via::Plain,
        };
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = match &via {
            Via::Tls(tls) => Manager::from_config(config.clone(), tls.clone(), manager),
            Via::Plain => Manager::from_config(config.clone(), NoTls, manager),
        };
        let pool = Pool::builder(manager)
            // The one that was used last: its statements are prepared, and its process is in the caches.
            .queue_mode(QueueMode::Lifo)
            .max_size(connections_max)
            .wait_timeout(Some(Duration::from_millis(wait_ms_max)))
            .create_timeout(Some(Duration::from_millis(CONNECT_MS_MAX)))
            .runtime(Runtime::Tokio1)
            .build()
            .expect("a pool with a runtime can be built");
        let (config, shared) = (Arc::new(config), Arc::default());
        let store = Store { pool, connections_max, wait_ms_max, address, config, via, shared };
        store.refuse_if_too_old().await?;
        Ok(store)
    }

    /// Runs `body` in a transaction: commits when it answers `Ok`, rolls back when it answers `Err` or is dropped.
    ///
    /// When PostgreSQL gives the transaction up in favour of another one (SQLSTATE 40001 or 40P01), all of `body` runs
    /// again, up to five times in all with short random pauses. Hence `body` must have no effect outside the
    /// transaction (whoever wants to tell others does so after `run_tx` returned) and is cloned for each run: an async
    /// closure that borrows what it uses, `async |tx| …`, can be. `AsyncFn` would say the same more plainly, but the
    /// compiler cannot yet prove that its futures are `Send`, which axum's handlers and `tokio::spawn` ask for.
    ///
    /// `name` labels the histogram `store_tx_seconds{name, outcome}`, with `outcome` one of `committed`,
    /// `rolled_back` (the body said so), `failed` (the database did) and `cancelled` (the caller went away).
    pub async fn run_tx<T, E, F>(&self, name: &'static str, body: F) -> Result<T, E>
    where
        E: From<Error>,
        F: AsyncFnOnce(&Transaction<'_>) -> Result<T, E> + Clone,
    {
        let mut measured = Measured::start("store_tx_seconds", name);
        for attempt in 1.. {
            let mut connection = measured.or_failed(self.connection().await)?;
            let begun = connection.transaction().await.map_err(|error| self.broken(&error));
            let open = measured.or_failed(begun)?;
            let tx = Transaction::of(&open);
            let answer = body.clone()(&tx).await;
            let (failed, mut conflicted) = (tx.has_failed(), tx.has_conflicted());
            let afterwards = tx.afterwards();
            let answer = match answer {
                Ok(_) if failed => Err(E::from(Error::Aborted { name })),
                other => other,
            };
            let lost = match answer {
                Ok(value) => match open.commit().await {
                    Ok(()) => {
                        measured.end("committed");
                        drop(connection);
                        afterwards.into_iter().for_each(|then| then(self));
                        return Ok(value);
                    }
                    Err(error) => {
                        conflicted = error.code().is_some_and(is_conflict);
                        E::from(uncommitted(name, error))
                    }
                },
                Err(error) => {
                    // A connection that cannot even roll back is broken, and the pool will notice.
                    if let Err(error) = open.rollback().await {
                        tracing::debug!(tx = name, reason = reason(&error), "rollback failed");
                    }
                    error
                }
            };
            if !conflicted || attempt == ATTEMPTS_MAX {
                measured.end(if failed || conflicted { "failed" } else { "rolled_back" });
                return Err(lost);
            }
            metrics::counter!("store_tx_retries_total", "name" => name).increment(1);
            drop(connection);
            pause(attempt).await;
        }
        unreachable!("the last attempt returns")
    }

    /// Runs a few statements that are known beforehand as one transaction, in one round trip: all are on their way, and the commit with them,
    /// before the first is answered, so that what they lock is locked no longer than they run. Where one fails, nothing is done; nothing is
    /// tried again. `begun` is called when the first has run. Once they are on their way, they run also if the caller goes away.
    pub async fn run_at_once(
        &self,
        name: &'static str,
        statements: &[Statement<'_>],
        begun: impl FnOnce(),
    ) -> Result<(), Error> {
        let mut measured = Measured::start("store_tx_seconds", name);
        let connection = measured.or_failed(self.connection().await)?;
        let mut prepared = Vec::with_capacity(statements.len());
        for it in statements {
            let done = connection.prepare_cached(it.sql).await;
            prepared.push(measured.or_failed(done.map_err(|error| Error::statement(it.sql, error)))?);
        }
        // What cannot be sent, such as a parameter of another type, has failed when the commit would be sent: the others must not stand then.
        let is_sent = AtomicBool::new(true);
        let run = async |(to, it): (&tokio_postgres::Statement, &Statement<'_>)| {
            let done = connection.execute(to, it.params).await;
            is_sent.fetch_and(done.is_ok(), Ordering::Relaxed);
            done
        };
        let mut all = prepared.iter().zip(statements);
        let Some(first) = all.next() else { return Ok(()) };
        let first = async {
            let done = run(first).await;
            if done.is_ok() {
                begun();
            }
            done
        };
        let commit = async {
            let sql = if is_sent.load(Ordering::Relaxed) { "commit" } else { "rollback" };
            connection.batch_execute(sql).await
        };
        let (begin, first, rest, commit) = tokio::join!(
            biased;
            connection.batch_execute("begin"),
            first,
            join_all(all.map(&run)),
            commit,
        );
        measured.or_failed(begin.map_err(|error| Error::statement("begin", error)))?;
        for (done, it) in std::iter::once(first).chain(rest).zip(statements) {
            measured.or_failed(done.map_err(|error| Error::statement(it.sql, error)))?;
        }
        measured.or_failed(commit.map_err(|error| uncommitted(name, error)))?;
        measured.end("committed");
        Ok(())
    }

    /// Runs one statement that is a transaction by itself: one round trip instead of three. Given up in favour of another transaction it runs
    /// again, as [`Store::run_tx`] does. `name` labels the same histogram.
    pub async fn run_one(
        &self,
        name: &'static str,
        sql: &'static str,
        params: Params<'_>,
    ) -> Result<Vec<Row>, Error> {
        let mut measured = Measured::start("store_tx_seconds", name);
        for attempt in 1.. {
            let connection = measured.or_failed(self.connection().await)?;
            let done = Client::connection(&connection).query(sql, params).await;
            match done {
                Ok(rows) => {
                    measured.end("committed");
                    return Ok(rows);
                }
                Err(error) if attempt < ATTEMPTS_MAX && error.sql_state().is_some_and(is_conflict) => {}
                Err(error) => {
                    measured.end("failed");
                    return Err(error);
                }
            }
            metrics::counter!("store_tx_retries_total", "name" => name).increment(1);
            drop(connection);
            pause(attempt).await;
        }
        unreachable!("the last attempt returns")
    }

    /// Runs `body` on a connection without a transaction: each statement sees the latest committed rows. `name`
    /// labels the histogram `store_read_seconds{name, outcome}`, with `outcome` `read`, `failed` or `cancelled`.
    pub async fn read<T, E, F>(&self, name: &'static str, body: F) -> Result<T, E>
    where
        E: From<Error>,
        F: AsyncFnOnce(&Client<'_>) -> Result<T, E>,
    {
        let mut measured = Measured::start("store_read_seconds", name);
        let connection = measured.or_failed(self.connection().await)?;
        let answer = body(&Client::connection(&connection)).await;
        measured.end(if answer.is_ok() { "read" } else { "failed" });
        answer
    }

    /// What a crate keeps once for a database, such as its listener: made at the first call, shared by all clones.
    pub fn shared<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        self.shared.get()
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn via(&self) -> &Via {
        &self.via
    }

    /// How many connections the pool may hold.
    pub fn connections_max(&self) -> usize {
        self.connections_max
    }

    /// Closes the idle connections and refuses to hand out more; those in use close when they come back.
    pub fn close(&self) {
        self.pool.close();
    }

    async fn refuse_if_too_old(&self) -> Result<(), Error> {
        let connection = self.connection().await?;
        let row = Client::connection(&connection).query_one(VERSION, &[]).await?;
        refuse_version(row.get(0))
    }

    pub(crate) async fn connection(&self) -> Result<Object, Error> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => Error::TooFewConnections {
                connections_max: self.connections_max,
                waited_ms: self.wait_ms_max,
            },
            PoolError::Timeout(_) => self.unreachable(format!("no answer within {CONNECT_MS_MAX} ms")),
            PoolError::Backend(error) => self.broken(&error),
            other => self.unreachable(other.to_string()),
        })
    }

    pub(crate) fn broken(&self, error: &tokio_postgres::Error) -> Error {
        self.unreachable(reason(error))
    }

    fn unreachable(&self, reason: String) -> Error {
        Error::Unreachable { address: self.address.to_string(), reason }
    }
}

/// `version` is PostgreSQL's `server_version_num`: 150004 is 15.4.
fn refuse_version(version: i32) -> Result<(), Error> {
    let major = version / 10_000;
    if major < VERSION_MIN { Err(Error::TooOld { version: major, needed: VERSION_MIN }) } else { Ok(()) }
}

/// PostgreSQL refuses a commit with an SQLSTATE; anything else means that its answer never came.
fn uncommitted(name: &'static str, error: tokio_postgres::Error) -> Error {
    match error.code() {
        Some(_) => Error::statement("commit", error),
        None => Error::CommitUnknown { name, reason: reason(&error) },
    }
}

/// Waits at random, so that two transactions that met do not meet again.
async fn pause(attempt: u32) {
    let ms = rand::random_range(1..=PAUSE_MS_MAX << (attempt - 1));
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

/// `host:port/database`, without user and password.
fn address(config: &Config) -> String {
    use tokio_postgres::config::Host;
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        #[cfg(unix)]
        Some(Host::Unix(folder)) => folder.display().to_string(),
        None => "localhost".into(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    format!("{host}:{port}/{}", config.get_dbname().unwrap_or("postgres"))
}

/// Times one use of a connection; a drop before the end counts as `cancelled`.
struct Measured {
    histogram: &'static str,
    name: &'static str,
    started: Instant,
    outcome: &'static str,
}

impl Measured {
    fn start(histogram: &'static str, name: &'static str) -> Measured {
        Measured { histogram, name, started: Instant::now(), outcome: "cancelled" }
    }

    fn end(&mut self, outcome: &'static str) {
        self.outcome = outcome;
    }

    fn or_failed<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        if result.is_err() {
            self.end("failed");
        }
        result
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let seconds = self.started.elapsed().as_secs_f64();
        metrics::histogram!(self.histogram, "name" => self.name, "outcome" => self.outcome).record(seconds);
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::testing::TestStore;

    #[test]
    fn a_server_older_than_needed_is_refused() {
        let refused = |version| refuse_version(version).err().map(|error| error.to_string());
        let said = "the database runs PostgreSQL 14, but 15 or newer is needed: upgrade it, or name another";
        assert_eq!(refused(140_019).as_deref(), Some(said));
        assert_eq!([150_000, 150_004, 180_001].map(refused), [None, None, None]);
        assert!(matches!(refuse_version(90_624), Err(Error::TooOld { version: 9, needed: 15 })));
    }

    #[tokio::test]
    async fn a_pool_without_a_free_connection_says_so_instead_of_waiting_for_ever() {
        let test = TestStore::new(&[]).await;
        let narrow = Store::connect_waiting(&test.url(), 1, 20).await.unwrap();
        let inside =
            async |_: &Client<'_>| narrow.read("inner", async |db| db.query("select 1", &[]).await).await;
        let error = narrow.read("outer", inside).await.unwrap_err();
        assert!(matches!(error, Error::TooFewConnections { connections_max: 1, waited_ms: 20 }), "{error}");
    }

    #[tokio::test]
    async fn statements_at_once_are_all_done_or_none() {
        let test = TestStore::new(&[]).await;
        let store = test.store();
        let create = "create table public.it (id int primary key)";
        store.run_tx("test", async |tx| tx.batch(create).await).await.unwrap();
        const INSERT: &str = "insert into public.it values ($1)";
        let begun = std::cell::Cell::new(0);
        let at_once =
            async |all: &[Statement<'_>]| store.run_at_once("test", all, || begun.set(begun.get() + 1)).await;
        let (one, two): (Params<'_>, Params<'_>) = (&[&1], &[&2]);
        at_once(&[Statement { sql: INSERT, params: one }, Statement { sql: INSERT, params: two }])
            .await
            .unwrap();
        // The second is there before; the first is there before.
        for (ids, has_begun) in [([3, 1], 2), ([2, 4], 2)] {
            let (first, second): (Params<'_>, Params<'_>) = (&[&ids[0]], &[&ids[1]]);
            let all = [first, second].map(|params| Statement { sql: INSERT, params });
            let error = at_once(&all).await.unwrap_err();
            assert!(error.is_unique_violation(), "{error}");
            assert_eq!(begun.get(), has_begun);
        }
        // One that cannot even be sent.
        let (three, none): (Params<'_>, Params<'_>) = (&[&3], &[&"four"]);
        for all in [[three, none], [none, three]] {
            let error = at_once(&all.map(|params| Statement { sql: INSERT, params })).await.unwrap_err();
            assert!(error.sql_state().is_none(), "{error}");
        }
        at_once(&[]).await.unwrap();
        let sum = "select sum(id)::int from public.it";
        let row = store.read("test", async |db| db.query_one(sum, &[]).await).await.unwrap();
        assert_eq!(row.get::<_, i32>(0), 3);
    }
}
