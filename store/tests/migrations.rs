//! Migrations on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

use store::testing::TestStore;
use store::{Applied, Error, Migrations, Step, Store};

const STEPS: &[Step] = &[
    Step { name: "account", sql: "create table bank.account (id text primary key)" },
    Step { name: "balance", sql: "alter table bank.account add column balance bigint not null default 0" },
];

fn bank(steps: &'static [Step]) -> Migrations {
    Migrations { schema: "bank", steps }
}

async fn tables(store: &Store) -> Vec<String> {
    const TABLES: &str =
        "select table_name::text from information_schema.tables where table_schema = 'bank' order by 1";
    let rows = store.read("tables", async |db| db.query(TABLES, &[]).await).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn each_step_is_applied_once() {
    let test = TestStore::new(&[]).await;
    let first = test.store().migrate(&[bank(&STEPS[..1])]).await.unwrap();
    assert_eq!(first.applied, ["bank.account"]);
    let second = test.store().migrate(&[bank(STEPS)]).await.unwrap();
    assert_eq!((second.applied, second.present), (vec!["bank.balance".to_owned()], 1));
    let third = test.store().migrate(&[bank(STEPS)]).await.unwrap();
    assert_eq!(third, Applied { applied: vec![], present: 2, unknown: vec![] });
}

#[tokio::test]
async fn processes_that_migrate_at_once_apply_each_step_once_between_them() {
    let test = TestStore::new(&[]).await;
    let stores = [test.store().clone(), Store::connect(&test.url(), 2).await.unwrap()];
    let [one, two] = &stores;
    let migrations = [bank(STEPS)];
    let done = tokio::join!(one.migrate(&migrations), two.migrate(&migrations), one.migrate(&migrations));
    let done = [done.0.unwrap(), done.1.unwrap(), done.2.unwrap()];
    assert_eq!(done.iter().map(|done| done.applied.len()).sum::<usize>(), 2);
    assert_eq!(done.iter().map(|done| done.present).sum::<usize>(), 4);
}

#[tokio::test]
async fn a_step_whose_text_changed_after_it_was_applied_is_refused() {
    let test = TestStore::new(&[bank(STEPS)]).await;
    const CHANGED: &[Step] =
        &[Step { name: "account", sql: "create table bank.account (id bigint primary key)" }];
    let error = test.store().migrate(&[bank(CHANGED)]).await.unwrap_err();
    assert!(matches!(error, Error::MigrationChanged { .. }));
    assert!(error.to_string().contains("bank.account was changed after it was applied"), "{error}");
}

#[tokio::test]
async fn a_step_that_fails_leaves_nothing_of_itself_and_keeps_the_earlier_ones() {
    let test = TestStore::new(&[]).await;
    const BROKEN: &[Step] = &[
        Step { name: "account", sql: "create table bank.account (id text)" },
        Step { name: "broken", sql: "create table bank.half (id text); create table bank.account (id text)" },
    ];
    let error = test.store().migrate(&[bank(BROKEN)]).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("bank.broken failed") && text.contains("already exists"), "{text}");
    assert_eq!(tables(test.store()).await, ["account"]);
    let again = test.store().migrate(&[bank(&BROKEN[..1])]).await.unwrap();
    assert_eq!((again.applied.len(), again.present), (0, 1));
}

#[tokio::test]
async fn steps_of_a_newer_release_are_reported_and_left_alone() {
    let test = TestStore::new(&[bank(STEPS)]).await;
    let older = test.store().migrate(&[bank(&STEPS[..1])]).await.unwrap();
    assert_eq!(older, Applied { applied: vec![], present: 1, unknown: vec!["bank.balance".to_owned()] });
}

#[tokio::test]
async fn a_step_named_twice_is_refused_before_anything_is_applied() {
    let test = TestStore::new(&[]).await;
    let error = test.store().migrate(&[bank(STEPS), bank(STEPS)]).await.unwrap_err();
    assert!(matches!(error, Error::MigrationTwice { .. }), "{error}");
    assert_eq!(tables(test.store()).await, [""; 0]);
}
