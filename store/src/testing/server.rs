//! The PostgreSQL server that the tests of a process share.

use super::scratch::Scratch;
use crate::ids;
use crate::migrate::Migrations;
use crate::postgres::{self, Postgres, Source, Tuning};
use crate::store::Store;
use std::sync::OnceLock;
use tokio_postgres::{Client, NoTls};

/// Under this lock one process makes a template and the others wait.
const TEMPLATE_LOCK: i64 = 0x74_656d_706c_6174; // "templat"

pub(super) struct Server {
    /// The URL of its maintenance database.
    url: String,
    _private: Option<(Postgres, Scratch)>,
}

impl Server {
    /// The server of this process, started by whoever asks first; blocks for that long.
    pub(super) fn of_this_process() -> &'static Server {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(|| match std::env::var("CREASE_TEST_DATABASE_URL") {
            Ok(url) if !url.is_empty() => Server { url, _private: None },
            _ => Server::start(),
        })
    }

    fn start() -> Server {
        let scratch =
            Scratch::new("postgres/cluster/postmaster.pid").expect("making a folder for a PostgreSQL");
        let bin = match Source::from_env() {
            Source::Bin(bin) => Some(bin),
            Source::Url(_) | Source::Search => None,
        };
        let started = postgres::start(scratch.folder(), bin, Tuning::Throwaway);
        let postgres = started.unwrap_or_else(|error| panic!("no PostgreSQL for tests: {error}"));
        Server { url: postgres.url().to_owned(), _private: Some((postgres, scratch)) }
    }

    pub(super) fn url(&self, database: &str) -> String {
        with_database(&self.url, database)
    }

    /// Makes the template database of that name, unless it is there.
    pub(super) async fn template(&self, name: &str, migrations: &[Migrations]) -> String {
        let client = self.connect().await;
        client.query("select pg_advisory_lock($1)", &[&TEMPLATE_LOCK]).await.expect("locking templates");
        let known = client.query("select from pg_database where datname = $1", &[&name]).await;
        if known.expect("looking for a template").is_empty() {
            let new = format!("{name}_new");
            run(&client, &format!("drop database if exists {new} with (force)")).await;
            run(&client, &format!("create database {new}")).await;
            let store = Store::connect(&self.url(&new), 1).await.expect("connecting to a new template");
            store.migrate(migrations).await.unwrap_or_else(|error| panic!("{error}"));
            store.close();
            // Waits up to 5 s for the connections above to be gone.
            run(&client, &format!("alter database {new} rename to {name}")).await;
        }
        name.to_owned()
    }

    /// A copy of the template; answers its name.
    pub(super) async fn copy(&self, template: &str) -> String {
        let name = format!("crease_test_{}", ids::random_base62(16).to_lowercase());
        run(&self.connect().await, &format!("create database {name} template {template} strategy file_copy"))
            .await;
        name
    }

    /// Drops a database, on a thread of its own because the caller's runtime may be ending. What fails stays behind
    /// until the server goes.
    pub(super) fn drop_database(&self, database: &str) {
        let sql = format!("drop database if exists {database} with (force)");
        std::thread::scope(|scope| {
            let dropping = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(async { connected(&self.url).await?.batch_execute(&sql).await })?;
                Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
            });
            if let Ok(Err(error)) = dropping.join() {
                tracing::debug!(%error, database, "a test's database stays");
            }
        });
    }

    async fn connect(&self) -> Client {
        connected(&self.url).await.expect("connecting to the test server")
    }
}

async fn connected(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn run(client: &Client, sql: &str) {
    client
        .batch_execute(sql)
        .await
        .unwrap_or_else(|error| panic!("`{sql}`: {}", crate::error::reason(&error)));
}

/// `postgresql://user@host/old?x=y` → `postgresql://user@host/new?x=y`.
fn with_database(url: &str, database: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(address, query)| (address, Some(query)));
    let host_at = address.find("://").map_or(0, |at| at + 3);
    let end = address[host_at..].find('/').map_or(address.len(), |at| host_at + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{database}{query}", &address[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_pointed_at_another_database() {
        for (url, expected) in [
            ("postgresql://u:p@h:5433/old", "postgresql://u:p@h:5433/new"),
            ("postgresql://u@h", "postgresql://u@h/new"),
            ("postgresql://u@/old?host=/tmp/a", "postgresql://u@/new?host=/tmp/a"),
        ] {
            assert_eq!(with_database(url, "new"), expected);
        }
    }
}
