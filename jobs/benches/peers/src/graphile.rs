//! graphile_worker with a local queue of 500, completions in batches and 24 at once, as its performance page has it.

use crate::Error;
use crate::figures::{self, begin, begun, now_ns, per_second};
use graphile_worker::{
    IntoTaskHandlerResult, JobSpec, LocalQueueConfig, RawJobSpec, TaskHandler, Worker, WorkerContext,
    WorkerOptions,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(Serialize, Deserialize)]
struct Nothing {
    t: u64,
}

impl TaskHandler for Nothing {
    const IDENTIFIER: &'static str = "nothing";

    async fn run(self, _: WorkerContext) -> impl IntoTaskHandlerResult {
        begin(self.t);
        Ok::<(), String>(())
    }
}

async fn worker(url: &str) -> Result<(PgPool, Arc<Worker>), Error> {
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(20).connect(url).await?;
    let options = WorkerOptions::default()
        .pg_pool(pool.clone())
        .schema("graphile_worker")
        .concurrency(24)
        .define_job::<Nothing>()
        .local_queue(LocalQueueConfig::default().with_size(500))
        .complete_job_batch_delay(Duration::from_millis(1));
    let worker = Arc::new(options.init().await?);
    sqlx::query("delete from graphile_worker._private_jobs").execute(&pool).await?;
    Ok((pool, worker))
}

pub(crate) async fn drain(url: &str, count: usize) -> Result<Value, Error> {
    let (pool, worker) = worker(url).await?;
    let jobs: Vec<RawJobSpec> = (0..count)
        .map(|t| RawJobSpec { identifier: "nothing".into(), payload: json!({"t": t}), spec: JobSpec::default() })
        .collect();
    let enqueuing = Instant::now();
    for some in jobs.chunks(1000) {
        worker.create_utils().add_raw_jobs(some).await?;
    }
    let enqueued = per_second(count, enqueuing.elapsed());
    sqlx::query("analyze graphile_worker._private_jobs").execute(&pool).await?;
    let begun_at = Instant::now();
    tokio::spawn(async move { worker.run().await });
    begun(count).await;
    loop {
        let left: i64 =
            sqlx::query_scalar("select count(*) from graphile_worker._private_jobs").fetch_one(&pool).await?;
        if left == 0 {
            break;
        }
    }
    Ok(json!({"enqueue_per_second": enqueued, "drain_per_second": per_second(count, begun_at.elapsed())}))
}

pub(crate) async fn start(url: &str, count: usize) -> Result<Value, Error> {
    let (_, worker) = worker(url).await?;
    let utils = worker.create_utils();
    tokio::spawn(async move { worker.run().await });
    tokio::time::sleep(Duration::from_secs(2)).await;
    figures::forget();
    for number in 1..=count {
        utils.add_job(Nothing { t: now_ns() }, JobSpec::default()).await?;
        begun(number).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(figures::waited())
}
