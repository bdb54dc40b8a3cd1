//! apalis-postgres: to drain, batches of 500, two workers and no locks on tasks; to start, with its notifications and small batches.

use crate::Error;
use crate::figures::{self, begin, begun, now_ns, per_second};
use apalis::prelude::*;
use apalis_postgres::{Config, PostgresStorage};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::future::Future;
use std::time::{Duration, Instant};

async fn handle(t: u64) -> Result<(), BoxDynError> {
    begin(t);
    Ok(())
}

async fn pool(url: &str) -> Result<PgPool, Error> {
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(20).connect(url).await?;
    PostgresStorage::setup(&pool).await?;
    sqlx::query("truncate apalis.jobs cascade").execute(&pool).await?;
    Ok(pool)
}

/// Runs workers beside a measurement: they cannot be spawned.
async fn beside<T>(
    pool: &PgPool,
    config: &Config,
    workers: usize,
    measured: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let mut running = futures::stream::FuturesUnordered::new();
    for number in 0..workers {
        let storage = PostgresStorage::<u64>::new(pool).with_config(config.clone()).with_pubsub();
        let name = format!("worker-{number}-{}", std::process::id());
        let worker = WorkerBuilder::new(name).backend(storage).parallelize(tokio::spawn).build(handle);
        running.push(async move { worker.run().await }.boxed_local());
    }
    tokio::select! {
        measured = measured => measured,
        _ = async { while running.next().await.is_some() {} } => Err("apalis's workers ended".into()),
    }
}

pub(crate) async fn drain(url: &str, count: usize) -> Result<Value, Error> {
    let pool = pool(url).await?;
    let config = Config::default().queue("bench").batch_size(500).lock_tasks(false);
    let mut storage = PostgresStorage::<u64>::new(&pool).with_config(config.clone());
    let enqueuing = Instant::now();
    for some in (0..count as u64).collect::<Vec<_>>().chunks(1000) {
        storage.push_bulk(some.to_vec()).await?;
    }
    let enqueued = per_second(count, enqueuing.elapsed());
    sqlx::query("analyze apalis.jobs").execute(&pool).await?;
    let begun_at = Instant::now();
    let measured = async {
        begun(count).await;
        loop {
            let done: i64 =
                sqlx::query_scalar("select count(*) from apalis.jobs where status = 'Done'").fetch_one(&pool).await?;
            if done as usize >= count {
                return Ok(begun_at.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let took = beside(&pool, &config, 2, measured).await?;
    Ok(json!({"enqueue_per_second": enqueued, "drain_per_second": per_second(count, took)}))
}

pub(crate) async fn start(url: &str, count: usize) -> Result<Value, Error> {
    let pool = pool(url).await?;
    let config = Config::default().queue("bench").batch_size(10).lock_tasks(false);
    let mut storage = PostgresStorage::<u64>::new(&pool).with_config(config.clone());
    let measured: BoxFuture<'_, Result<(), Error>> = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        figures::forget();
        for number in 1..=count {
            storage.push(now_ns()).await?;
            begun(number).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
    .boxed();
    beside(&pool, &config, 1, measured).await?;
    Ok(figures::waited())
}
