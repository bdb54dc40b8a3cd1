//! What tests stand on.

use store::testing::TestStore;
use store::{Error, Migrations, Step, Store};

const MIGRATIONS: &[Migrations] = &[Migrations {
    schema: "box",
    steps: &[Step { name: "thing", sql: "create table box.thing (name text primary key)" }],
}];

const ADD: &str = "insert into box.thing (name) values ($1)";
const COUNT: &str = "select count(*) from box.thing";
const PRESENT: &str = "select from pg_database where datname = $1";

async fn add(store: &Store, name: &str) -> Result<u64, Error> {
    store.run_tx("add", async |tx| tx.execute(ADD, &[&name]).await).await
}

#[tokio::test]
async fn each_test_has_a_migrated_database_of_its_own() {
    let (one, two) = tokio::join!(TestStore::new(MIGRATIONS), TestStore::new(MIGRATIONS));
    for test in [&one, &two] {
        assert_eq!(add(test.store(), "ball").await.ok(), Some(1));
        let count = test.store().read("count", async |db| db.query_one(COUNT, &[]).await).await;
        assert_eq!(count.ok().map(|row| row.get::<_, i64>(0)), Some(1));
    }
}

#[tokio::test]
async fn a_dropped_test_store_takes_its_database_along_even_while_it_is_in_use() {
    let stays = TestStore::new(&[]).await;
    let goes = TestStore::new(MIGRATIONS).await;
    let url = goes.url();
    let name =
        url.rsplit('/').find(|part| part.starts_with("crease_test_")).map(|part| part.split('?').next());
    let present = async || {
        let name = name.flatten();
        let rows = stays.store().read("present", async |db| db.query(PRESENT, &[&name]).await).await;
        rows.map(|rows| rows.len())
    };
    assert_eq!(present().await.ok(), Some(1));
    let elsewhere = Store::connect(&url, 1).await;
    drop(goes);
    assert_eq!(present().await.ok(), Some(0));
    let error = add(&elsewhere.expect("it was there"), "ball").await.expect_err("the database is gone");
    assert!(matches!(error, Error::Unreachable { .. } | Error::Statement { .. }), "{error}");
}
