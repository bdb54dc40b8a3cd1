//! A database that goes away and comes back.

use jobs::{Attempt, Job, MIGRATIONS, NotDone, Wish, Worker, enqueue_all, enqueue_alone};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::Store;
use store::postgres::{Embedded, Source, open};
use tokio::sync::mpsc;

#[derive(Serialize, Deserialize)]
struct Number {
    number: u64,
}

impl Job for Number {
    const KIND: &'static str = "number";
}

const JOBS: u64 = 3000;

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_on_when_its_database_is_back_and_effects_are_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = open(folder.path(), Source::Search, Embedded::Allowed).await.unwrap();
    let store = Store::connect(postgres.url(), 8).await.unwrap();
    store.migrate(&[MIGRATIONS]).await.unwrap();
    let table = "create table effect (number bigint not null)";
    store.run_tx("test", async |tx| tx.batch(table).await).await.unwrap();
    let jobs: Vec<Number> = (0..JOBS).map(|number| Number { number }).collect();
    store.run_tx("test", async |tx| enqueue_all(tx, &jobs, &Wish::default()).await).await.unwrap();
    let (begun, mut heard) = mpsc::unbounded_channel();
    let (effects, sum) = (store.clone(), Arc::new(AtomicU64::new(0)));
    let worker = Worker::new(store.clone(), "test").handle(move |Number { number }, attempt: Attempt| {
        let (store, begun, sum) = (effects.clone(), begun.clone(), Arc::clone(&sum));
        async move {
            sum.fetch_add(1, Ordering::Relaxed);
            let _ = begun.send(number);
            let done = store.run_tx("test", async |tx| {
                tx.execute("insert into effect values ($1)", &[&(number as i64)]).await?;
                attempt.complete_in(tx).await
            });
            // Whether it was committed may be unknown: then it is looked for again.
            done.await.map_err(|error| NotDone::Retry(error.to_string()))
        }
    });
    let count = async |sql: &'static str| -> Option<i64> {
        let row = store.read("test", async |db| db.query_one(sql, &[]).await).await;
        row.ok().map(|row| row.get(0))
    };
    let stop = async {
        let mut postgres = Some(postgres);
        for restart in 1..=3 {
            while heard.recv().await.expect("the worker works") < restart * JOBS / 4 {}
            // In the middle of it, connections are cut.
            postgres.take().expect("it runs").stop().await;
            postgres =
                Some(open(folder.path(), Source::Search, Embedded::Allowed).await.expect("it starts again"));
        }
        // The bell is heard again, too.
        while count("select count(*) from jobs.job").await != Some(0) {
            tokio::task::yield_now().await;
        }
        while enqueue_alone(&store, &Number { number: JOBS }, &Wish::default()).await.is_err() {}
        while count("select count(*) from jobs.job").await != Some(0) {
            tokio::task::yield_now().await;
        }
        postgres
    };
    let mut postgres = None;
    worker.run(async { postgres = stop.await }).await.unwrap();
    assert_eq!(count("select count(*) from effect").await, Some(JOBS as i64 + 1));
    assert_eq!(count("select count(distinct number) from effect").await, Some(JOBS as i64 + 1));
    assert_eq!(count("select count(*) from jobs.dead").await, Some(0));
    drop(postgres);
}
