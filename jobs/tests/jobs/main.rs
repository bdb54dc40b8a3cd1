//! Jobs on a real PostgreSQL, from the transaction that enqueues them to what stays of them.

mod basics;
mod flow;
mod keys;
mod limits;
mod operate;

use jobs::{Attempt, Backoff, Error, Job, NotDone, Wish, Worker, enqueue};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use store::Store;
use store::testing::TestStore;
use tokio::sync::mpsc;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Greet {
    name: String,
}

impl Job for Greet {
    const KIND: &'static str = "greet";
}

fn greet(name: &str) -> Greet {
    Greet { name: name.to_owned() }
}

async fn put<J: Job>(store: &Store, job: &J, wish: &Wish<'_>) -> Result<i64, Error> {
    store.run_tx("test", async |tx| enqueue(tx, job, wish).await).await
}

/// The first row's number.
async fn count(store: &Store, sql: &'static str) -> i64 {
    let row = store.read("test", async |client| client.query_one(sql, &[]).await).await;
    row.expect("a row").get(0)
}

const LIVE: &str = "select count(*) from jobs.job";

/// A worker that does not let jobs wait for long.
fn quick(store: &Store) -> Worker {
    let backoff = Backoff { first: Duration::from_millis(1), longest: Duration::from_millis(2) };
    Worker::new(store.clone(), "test").backoff(backoff).time_max(Duration::from_millis(200))
}

/// A worker that tells which names it greets, and fails as the names say.
fn worker(store: &Store, heard: mpsc::UnboundedSender<String>) -> Worker {
    quick(store).handle(move |Greet { name }: Greet, _: Attempt| {
        let heard = heard.clone();
        async move {
            heard.send(name.clone()).expect("the test listens");
            match name.as_str() {
                "nobody" => Err(NotDone::Retry("nobody is there".to_owned())),
                "never" => Err(NotDone::Dead("there is no such person".to_owned())),
                "panic" => panic!("no name"),
                "slow" => std::future::pending().await,
                _ => Ok(()),
            }
        }
    })
}

/// Until a statement's number is this one.
async fn becomes(store: &Store, sql: &'static str, number: i64) {
    while count(store, sql).await != number {
        tokio::task::yield_now().await;
    }
}

/// Runs a worker until no job is left; answers whom it greeted.
async fn work(test: &TestStore) -> Vec<String> {
    let (sender, mut heard) = mpsc::unbounded_channel();
    let store = test.store();
    worker(store, sender).run(becomes(store, LIVE, 0)).await.expect("the worker works");
    let mut names = Vec::new();
    while let Ok(name) = heard.try_recv() {
        names.push(name);
    }
    names
}
