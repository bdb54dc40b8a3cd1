//! What is measured.

use crate::figures::{per_second, times};
use jobs::{Attempt, Job, Limits, NotDone, Wish, Worker, enqueue, enqueue_all, enqueue_alone, limit};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use store::Store;
use tokio::sync::{Notify, mpsc};

pub(crate) struct Scene {
    pub(crate) store: Store,
    pub(crate) is_quick: bool,
}

type Measured = Pin<Box<dyn Future<Output = Result<Value, jobs::Error>>>>;
type Measure = fn(Scene) -> Measured;

pub(crate) const ALL: &[(&str, Measure)] = &[
    ("enqueue", |it| Box::pin(enqueue_together(it))),
    ("enqueue_one", |it| Box::pin(enqueue_one_by_one(it))),
    ("start", |it| Box::pin(start(it))),
    ("drain", |it| Box::pin(drain(it))),
    ("backlog", |it| Box::pin(backlog(it))),
];

/// How many jobs one process runs at once where it does as many as it can.
const CONCURRENCY: usize = 500;

#[derive(Serialize, Deserialize)]
struct Nothing {
    t: i64,
}

impl Job for Nothing {
    const KIND: &'static str = "nothing";
}

async fn put(store: &Store, count: usize, wish: &Wish<'_>) -> Result<(), jobs::Error> {
    let all: Vec<Nothing> = (0..count).map(|t| Nothing { t: t as i64 }).collect();
    for some in all.chunks(1000) {
        store.run_tx("bench", async |tx| enqueue_all(tx, some, wish).await).await?;
    }
    Ok(())
}

async fn empty(store: &Store) -> Result<(), jobs::Error> {
    store
        .run_tx("bench", async |tx| {
            tx.batch("truncate jobs.job, jobs.dead, jobs.node, jobs.hand, jobs.queue").await
        })
        .await?;
    Ok(())
}

/// What others left to be done is done before anybody is measured: a checkpoint or a vacuum in the middle would be nobody's own.
pub(crate) async fn rest(store: &Store) -> Result<(), jobs::Error> {
    store.run_one("bench", "vacuum", &[]).await?;
    store.run_one("bench", "checkpoint", &[]).await?;
    Ok(())
}

/// What filling a table leaves to be done is done before, not while it is measured.
async fn settle(store: &Store) -> Result<(), jobs::Error> {
    store.run_one("bench", "vacuum analyze jobs.job", &[]).await?;
    store.run_one("bench", "checkpoint", &[]).await?;
    Ok(())
}

/// 1,000 jobs in a transaction.
async fn enqueue_together(scene: Scene) -> Result<Value, jobs::Error> {
    let count = if scene.is_quick { 2_000 } else { 100_000 };
    empty(&scene.store).await?;
    let begun = Instant::now();
    put(&scene.store, count, &Wish::default()).await?;
    Ok(json!({"per_second": per_second(count, begun.elapsed())}))
}

/// What the same would be with a notification in each transaction.
const TOLD: &str = "
    with put as (
        insert into jobs.job (queue, kind, version, payload, priority, state, run_at, attempts_max)
        values ('default', 'nothing', 1, $1::text::json, 0, 0, clock_timestamp(), 20)
        returning id
    )
    select id, pg_notify('bench', '') from put";

/// One job in a transaction, on 16 connections: by itself, with others' statements, and as it would be if each notified.
async fn enqueue_one_by_one(scene: Scene) -> Result<Value, jobs::Error> {
    let count = if scene.is_quick { 160 } else { 16_000 };
    let mut results = [0.0; 3];
    for (how, result) in results.iter_mut().enumerate() {
        empty(&scene.store).await?;
        let begun = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let store = scene.store.clone();
            tasks.spawn(async move {
                for t in 0..count / 16 {
                    put_one(&store, how, t as i64).await?;
                }
                Ok::<_, jobs::Error>(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.expect("it does not panic")?;
        }
        *result = per_second(count, begun.elapsed());
    }
    let [alone, within, notified] = results;
    Ok(json!({"per_second": alone, "in_transaction_per_second": within, "notified_per_second": notified}))
}

async fn put_one(store: &Store, how: usize, t: i64) -> Result<(), jobs::Error> {
    let (job, wish) = (Nothing { t }, Wish::default());
    match how {
        0 => enqueue_alone(store, &job, &wish).await.map(drop),
        1 => store.run_tx("bench", async |tx| enqueue(tx, &job, &wish).await).await.map(drop),
        _ => {
            let payload = format!("{{\"t\":{t}}}");
            store.run_one("bench", TOLD, &[&payload]).await?;
            Ok(())
        }
    }
}

/// From the call that enqueues a job to its handler's first line, one at a time.
async fn start(scene: Scene) -> Result<Value, jobs::Error> {
    let count = if scene.is_quick { 20 } else { 1_000 };
    empty(&scene.store).await?;
    let (sender, mut begun) = mpsc::unbounded_channel();
    let worker = Worker::new(scene.store.clone(), "bench").handle(move |_: Nothing, _: Attempt| {
        let now = Instant::now();
        let sender = sender.clone();
        async move { sender.send(now).map_err(|_| NotDone::Discard("nobody measures".to_owned())) }
    });
    let mut took = Vec::with_capacity(count);
    let store = scene.store.clone();
    let measured = async {
        for t in 0..count {
            let asked = Instant::now();
            let job = Nothing { t: t as i64 };
            enqueue_alone(&store, &job, &Wish::default()).await.expect("a job");
            took.push(begun.recv().await.expect("the worker works").saturating_duration_since(asked));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    worker.run(measured).await?;
    Ok(times(took))
}

/// Jobs that do nothing, all enqueued before; without a limit, and with one for all nodes that does not bind.
async fn drain(scene: Scene) -> Result<Value, jobs::Error> {
    let count = if scene.is_quick { 1_000 } else { 100_000 };
    let mut results = [0.0; 2];
    let limit_of_all = Limits { running_max: Some(1_000_000), rate: None };
    for (limits, result) in [Limits::default(), limit_of_all].iter().zip(&mut results) {
        empty(&scene.store).await?;
        scene.store.run_tx("bench", async |tx| limit(tx, "default", limits).await).await?;
        put(&scene.store, count, &Wish::default()).await?;
        settle(&scene.store).await?;
        *result = per_second(count, work(&scene.store, count).await?);
    }
    Ok(json!({"per_second": results[0], "limited_per_second": results[1]}))
}

/// How long one worker takes for so many jobs, until the database shows that none is left.
async fn work(store: &Store, count: usize) -> Result<Duration, jobs::Error> {
    let (done, all) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let told = Arc::clone(&all);
    let worker = Worker::new(store.clone(), "bench").concurrency(CONCURRENCY).handle(
        move |it: Nothing, _: Attempt| {
            let (done, told) = (Arc::clone(&done), Arc::clone(&told));
            async move {
                std::hint::black_box(it.t);
                if done.fetch_add(1, Ordering::Relaxed) + 1 == count {
                    told.notify_one();
                }
                Ok(())
            }
        },
    );
    let begun = Instant::now();
    let mut took = Duration::ZERO;
    let stop = async {
        all.notified().await;
        loop {
            let left =
                store.read("bench", async |db| db.query_one("select count(*) from jobs.job", &[]).await);
            if left.await.expect("a count").get::<_, i64>(0) == 0 {
                break;
            }
        }
        took = begun.elapsed();
    };
    worker.run(stop).await?;
    Ok(took)
}

/// From the call to the start, as [`start`], while so many jobs of low priority wait in the same queue.
async fn backlog(scene: Scene) -> Result<Value, jobs::Error> {
    let sizes = if scene.is_quick { [100, 1_000] } else { [10_000, 1_000_000] };
    let mut results = Vec::new();
    for size in sizes {
        empty(&scene.store).await?;
        put(&scene.store, size, &Wish { priority: 9, ..Wish::default() }).await?;
        settle(&scene.store).await?;
        results.push(claims(&scene).await?);
    }
    Ok(json!({"few": results[0], "many": results[1], "sizes": sizes}))
}

/// Times from one job's end to the next one's start where one runs at a time: a turn of the worker each.
async fn claims(scene: &Scene) -> Result<Value, jobs::Error> {
    let count = if scene.is_quick { 20 } else { 2_000 };
    let (sender, mut begun) = mpsc::unbounded_channel();
    let worker =
        Worker::new(scene.store.clone(), "bench").concurrency(1).handle(move |_: Nothing, _: Attempt| {
            let now = Instant::now();
            let sender = sender.clone();
            async move { sender.send(now).map_err(|_| NotDone::Discard("nobody measures".to_owned())) }
        });
    let mut took = Vec::with_capacity(count);
    let measured = async {
        let mut last = begun.recv().await.expect("the worker works");
        for _ in 0..count {
            let next = begun.recv().await.expect("the worker works");
            took.push(next.saturating_duration_since(last));
            last = next;
        }
    };
    worker.grace(Duration::ZERO).run(measured).await?;
    Ok(times(took))
}
