//! How long PostgreSQL lets a statement run.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

use store::testing::TestStore;
use store::{Error, Migrations, Step, Store};
use tokio_postgres::error::SqlState;

const SLOW: &[Migrations] = &[Migrations {
    schema: "slow",
    steps: &[Step {
        name: "table",
        sql: "select count(*) from generate_series(1, 5000000); create table slow.row (number bigint)",
    }],
}];

/// The test's database with statements that may take 50 ms.
fn hurried(test: &TestStore) -> String {
    let url = test.url();
    let join = if url.contains('?') { '&' } else { '?' };
    format!("{url}{join}options=-c%20statement_timeout%3D50")
}

async fn limit(store: &Store) -> String {
    let row = store.read("limit", async |db| db.query_one("show statement_timeout", &[]).await).await;
    row.unwrap().get(0)
}

#[tokio::test]
async fn a_statement_has_a_limit_and_the_url_may_set_another() {
    let test = TestStore::new(&[]).await;
    assert_eq!(limit(test.store()).await, "15s");
    assert_eq!(limit(&Store::connect(&hurried(&test), 1).await.unwrap()).await, "50ms");
}

#[tokio::test]
async fn a_statement_beyond_its_limit_fails_and_leaves_the_connection_whole() {
    let test = TestStore::new(&[]).await;
    let store = Store::connect(&hurried(&test), 1).await.unwrap();
    let counted = store
        .run_tx("slow", async |tx| {
            tx.execute("select count(*) from generate_series(1, 1000000000)", &[]).await
        })
        .await;
    let error: Error = counted.unwrap_err();
    assert_eq!(error.sql_state(), Some(&SqlState::QUERY_CANCELED), "{error}");
    assert_eq!(limit(&store).await, "50ms");
}

#[tokio::test]
async fn a_migration_has_no_limit_and_what_follows_has_it_again() {
    let test = TestStore::new(&[]).await;
    let store = Store::connect(&hurried(&test), 1).await.unwrap();
    let done = store.migrate(SLOW).await.unwrap();
    assert_eq!(done.applied, ["slow.table"]);
    assert_eq!(limit(&store).await, "50ms");
}
