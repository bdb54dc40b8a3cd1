//! Transactions on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use store::testing::TestStore;
use store::{Client, Error, Migrations, Step, Store, Transaction};
use tokio::sync::Barrier;

const MIGRATIONS: &[Migrations] = &[Migrations {
    schema: "shop",
    steps: &[Step {
        name: "item",
        sql: "create table shop.item (name text primary key, stock bigint not null check (stock >= 0))",
    }],
}];

const ADD: &str = "insert into shop.item (name, stock) values ($1, $2)";
const SET: &str = "update shop.item set stock = $2 where name = $1";
const STOCK: &str = "select stock from shop.item where name = $1";
const NAMES: &str = "select name from shop.item order by name";

/// A domain's own error, which holds ours.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("sold out")]
    SoldOut,
    #[error(transparent)]
    Store(#[from] Error),
}

async fn add(tx: &Transaction<'_>, name: &str, stock: i64) -> Result<u64, Error> {
    tx.execute(ADD, &[&name, &stock]).await
}

async fn stock(client: &Client<'_>, name: &str) -> Result<Option<i64>, Error> {
    Ok(client.query_opt(STOCK, &[&name]).await?.map(|row| row.get(0)))
}

async fn names(store: &Store) -> Vec<String> {
    let rows = store.read("names", async |db| db.query(NAMES, &[]).await).await;
    rows.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_transaction_that_answers_ok_is_committed_and_one_that_refuses_leaves_nothing() {
    let test = TestStore::new(MIGRATIONS).await;
    let sell = async |name: &str, refuse: bool| {
        let sold = test.store().run_tx("sell", async |tx| {
            add(tx, name, 1).await?;
            assert_eq!(stock(tx, name).await?, Some(1), "a transaction sees its own rows");
            if refuse { Err(Refusal::SoldOut) } else { Ok(name.len()) }
        });
        sold.await
    };
    assert_eq!(sell("bat", false).await.unwrap(), 3);
    assert!(matches!(sell("ball", true).await, Err(Refusal::SoldOut)));
    assert_eq!(names(test.store()).await, ["bat"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_that_borrow_can_be_spawned_on_other_threads() {
    let test = TestStore::new(MIGRATIONS).await;
    let store = test.store().clone();
    let spawned = tokio::spawn(async move {
        let names = ["bat".to_owned(), "ball".to_owned()];
        let borrowed = &names;
        let added = store.run_tx("add", async |tx| {
            for name in borrowed {
                add(tx, name, 7).await?;
            }
            Ok::<_, Refusal>(borrowed.len())
        });
        let added = added.await?;
        let left = store.read("stock", async |db| stock(db, &names[0]).await).await?;
        Ok::<_, Refusal>((added, left))
    });
    assert_eq!(spawned.await.unwrap().unwrap(), (2, Some(7)));
}

#[tokio::test]
async fn a_statement_that_postgres_refuses_says_which_and_why_but_no_row() {
    let test = TestStore::new(MIGRATIONS).await;
    let twice = test.store().run_tx("twice", async |tx| {
        add(tx, "secret-name", 1).await?;
        add(tx, "secret-name", 1).await
    });
    let error = twice.await.unwrap_err();
    assert!(error.is_unique_violation());
    assert_eq!(error.constraint(), Some("item_pkey"));
    let text = error.to_string();
    assert!(text.contains(ADD) && text.contains("23505"), "{text}");
    assert!(!text.contains("secret-name"), "{text}");
}

#[tokio::test]
async fn a_swallowed_failure_is_not_mistaken_for_a_commit() {
    let test = TestStore::new(MIGRATIONS).await;
    let swallowed = test.store().run_tx("swallow", async |tx| {
        add(tx, "bat", 1).await?;
        let refused = add(tx, "bat", 1).await;
        assert!(refused.is_err());
        Ok::<(), Error>(())
    });
    assert!(matches!(swallowed.await, Err(Error::Aborted { name: "swallow" })));
    assert_eq!(names(test.store()).await, [""; 0]);
}

#[tokio::test]
async fn a_transaction_that_is_dropped_half_way_leaves_nothing() {
    let test = TestStore::new(MIGRATIONS).await;
    let reached = Barrier::new(2);
    {
        let stuck = test.store().run_tx("stuck", async |tx| {
            add(tx, "bat", 1).await?;
            reached.wait().await;
            std::future::pending::<Result<(), Error>>().await
        });
        tokio::select! {
            _ = stuck => unreachable!("it never ends"),
            _ = reached.wait() => {}
        }
    }
    assert_eq!(names(test.store()).await, [""; 0]);
}

/// Two transactions lock two rows in opposite orders and meet in the middle: PostgreSQL gives one up.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_loses_a_deadlock_is_run_again() {
    let test = TestStore::new(MIGRATIONS).await;
    let store = test.store();
    let added = store.run_tx("add", async |tx| {
        add(tx, "bat", 0).await?;
        add(tx, "ball", 0).await
    });
    added.await.unwrap();
    let (meeting, runs) = (Barrier::new(2), AtomicU32::new(0));
    let update = async |first: &str, second: &str, stock: i64| {
        let updated = store.run_tx("update", async |tx| {
            tx.execute(SET, &[&first, &stock]).await?;
            // Only the first two runs meet; the one that is run again finds nobody.
            if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                meeting.wait().await;
            }
            tx.execute(SET, &[&second, &stock]).await
        });
        updated.await
    };
    let (one, two) = tokio::join!(update("bat", "ball", 1), update("ball", "bat", 2));
    assert_eq!((one.unwrap(), two.unwrap()), (1, 1));
    assert_eq!(runs.load(Ordering::SeqCst), 3, "exactly one was run again");
    let bat = store.read("stock", async |db| stock(db, "bat").await).await.unwrap();
    let ball = store.read("stock", async |db| stock(db, "ball").await).await.unwrap();
    assert_eq!(bat, ball, "the two were not mixed");
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named_without_its_password() {
    let test = TestStore::new(MIGRATIONS).await;
    let missing = test.url().replace("/crease_test_", "/missing_").replace("postgres@", "postgres:hunter2@");
    let error = Store::connect(&missing, 1).await.err().expect("there is no such database");
    let text = error.to_string();
    assert!(text.contains("missing_") && text.contains("does not exist"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    for (url, expected) in
        [("not a url", "looks like postgresql://"), ("postgresql://u:hunter2@h:port/x", "port")]
    {
        let text = Store::connect(url, 1).await.err().expect("that is no URL").to_string();
        assert!(text.contains(expected) && !text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn what_is_to_be_done_after_a_commit_is_done_after_it_and_not_otherwise() {
    let test = TestStore::new(MIGRATIONS).await;
    let done = Arc::new(AtomicU32::new(0));
    let sell = async |name: &str, refuse: bool| {
        let sold = test.store().run_tx("sell", async |tx| {
            let done = Arc::clone(&done);
            tx.after_commit(move |store| {
                assert_eq!(store.connections_max(), 8, "with the same store");
                done.fetch_add(1, Ordering::SeqCst);
            });
            add(tx, name, 1).await?;
            if refuse { Err(Refusal::SoldOut) } else { Ok(()) }
        });
        sold.await
    };
    sell("bat", true).await.unwrap_err();
    assert_eq!(done.load(Ordering::SeqCst), 0);
    sell("bat", false).await.unwrap();
    assert_eq!(done.load(Ordering::SeqCst), 1);
    sell("bat", false).await.unwrap_err();
    assert_eq!(done.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn one_statement_is_a_transaction_by_itself() {
    let test = TestStore::new(MIGRATIONS).await;
    let put = "insert into shop.item (name, stock) values ($1, $2) returning name";
    let rows = test.store().run_one("put", put, &[&"bat", &1_i64]).await.unwrap();
    assert_eq!(rows[0].get::<_, &str>(0), "bat");
    let refused = test.store().run_one("put", put, &[&"ball", &-1_i64]).await.unwrap_err();
    assert_eq!(refused.constraint(), Some("item_stock_check"));
    assert_eq!(names(test.store()).await, ["bat"]);
}

#[tokio::test]
async fn a_listener_hears_what_was_committed_and_learns_that_its_connection_is_gone() {
    let test = TestStore::new(MIGRATIONS).await;
    let mut listener = test.store().listen("shop").await.unwrap();
    let say = async |what: &str, refuse: bool| {
        let said = test.store().run_tx("say", async |tx| {
            tx.query("select pg_notify('shop', $1)", &[&what]).await?;
            if refuse { Err(Refusal::SoldOut) } else { Ok(()) }
        });
        said.await
    };
    say("bat", false).await.unwrap();
    say("ball", true).await.unwrap_err();
    say("cap", false).await.unwrap();
    assert_eq!(
        [listener.next().await, listener.next().await],
        [Some("bat".to_owned()), Some("cap".to_owned())]
    );
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen \"shop\"' and datname = current_database()";
    let cut = test.store().read("cut", async |db| db.query(cut, &[]).await).await.unwrap();
    assert_eq!(cut.len(), 1);
    assert_eq!(listener.next().await, None);
}

#[tokio::test]
async fn what_is_kept_for_a_store_is_the_same_for_its_clones_alone() {
    let test = TestStore::new(MIGRATIONS).await;
    let count = test.store().shared::<AtomicU32>();
    count.fetch_add(7, Ordering::SeqCst);
    assert_eq!(test.store().clone().shared::<AtomicU32>().load(Ordering::SeqCst), 7);
    let other = Store::connect(&test.url(), 1).await.unwrap();
    assert_eq!(other.shared::<AtomicU32>().load(Ordering::SeqCst), 0);
}
