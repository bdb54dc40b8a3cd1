//! Throw-away PostgreSQL and Redis for tests: real ones, a database or a server for each test.
//!
//! PostgreSQL is the server that `CREASE_TEST_DATABASE_URL` names (a superuser's URL; one for a whole test run saves
//! 0.4 s a process), else one that the test process starts at its first [`TestStore`] and that ends with it. Each
//! set of migrations runs once, in a template database; a test's database is a copy of that, made in some 10 ms.

mod redis;
mod scratch;
mod server;

pub use redis::{TestCluster, TestRedis, TestSentinel};

use crate::migrate::{Migrations, sha256};
use crate::store::Store;
use server::Server;

/// How many connections a test's [`Store`] may open.
const CONNECTIONS_MAX: usize = 8;

/// A migrated database for one test. Dropping it drops the database.
pub struct TestStore {
    store: Store,
    database: String,
    server: &'static Server,
}

impl TestStore {
    /// A new database to which these migrations have been applied.
    ///
    /// # Panics
    /// When there is no PostgreSQL, or a migration fails; the message says why.
    pub async fn new(migrations: &[Migrations]) -> TestStore {
        let starting = tokio::task::spawn_blocking(Server::of_this_process);
        let server = starting.await.expect("starting a PostgreSQL for tests");
        let template = server.template(&template_name(migrations), migrations).await;
        let database = server.copy(&template).await;
        let store = Store::connect(&server.url(&database), CONNECTIONS_MAX).await;
        TestStore { store: store.expect("connecting to the test's own database"), database, server }
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The URL of the test's database, for another [`Store`] or another process.
    pub fn url(&self) -> String {
        self.server.url(&self.database)
    }
}

impl Drop for TestStore {
    fn drop(&mut self) {
        self.store.close();
        self.server.drop_database(&self.database);
    }
}

/// The same for the same migrations, in every process.
fn template_name(migrations: &[Migrations]) -> String {
    let steps = migrations.iter().flat_map(|ours| ours.steps.iter().map(|step| (ours.schema, step)));
    let texts = steps.map(|(schema, step)| format!("{schema}\0{}\0{}\0", step.name, step.sql));
    format!("crease_template_{}", &sha256(&texts.collect::<String>())[..16])
}
