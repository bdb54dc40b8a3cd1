//! Processes that do jobs and are killed, again and again: what is lost, what is done twice, and how long it takes until others have their jobs.

use crate::figures::times;
use jobs::{Attempt, Job, NotDone, Wish, Worker, enqueue_all};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::process::Stdio;
use std::time::{Duration, Instant};
use store::Store;
use tokio::process::{Child, Command};

pub(crate) const WORD: &str = "do-jobs";

const PROCESSES: usize = 3;

#[derive(Serialize, Deserialize)]
struct Effect {
    number: i64,
}

impl Job for Effect {
    const KIND: &'static str = "effect";
}

/// Nothing but the transaction keeps an effect from being there twice.
const EFFECT: &str = "insert into effect (number) values ($1)";

/// Does jobs until killed; its node has the name of its process.
pub(crate) async fn work(url: &str) -> anyhow::Result<()> {
    let store = Store::connect(url, 8).await?;
    let effects = store.clone();
    let name = std::process::id().to_string();
    let worker =
        Worker::new(store, &name).concurrency(8).handle(move |Effect { number }, attempt: Attempt| {
            let store = effects.clone();
            async move {
                let done = store.run_tx("bench", async |tx| {
                    tx.execute(EFFECT, &[&number]).await?;
                    attempt.complete_in(tx).await
                });
                done.await.map_err(|error| NotDone::Retry(error.to_string()))
            }
        });
    worker.run(std::future::pending()).await?;
    Ok(())
}

fn start(url: &str) -> anyhow::Result<Child> {
    let program = std::env::current_exe()?;
    Ok(Command::new(program).args([WORD, url]).stdin(Stdio::null()).kill_on_drop(true).spawn()?)
}

async fn count(store: &Store, sql: &'static str) -> anyhow::Result<i64> {
    let row = store.read("bench", async |db| db.query_one(sql, &[]).await).await;
    Ok(row.map_err(anyhow::Error::from)?.get(0))
}

const HELD: &str = "
    select count(*) from jobs.job join jobs.node on node.epoch = job.node
    where node.name = $1";

/// Kills a process every tenth of a second, at whatever it is doing.
pub(crate) async fn kills(store: Store, url: String, is_quick: bool) -> anyhow::Result<Value> {
    let kills = if is_quick { 3 } else { 210 };
    let tables = "truncate jobs.job, jobs.dead, jobs.node, jobs.hand, jobs.queue; create table if not exists effect (number bigint);
        truncate effect";
    store.run_tx("bench", async |tx| tx.batch(tables).await).await.map_err(anyhow::Error::from)?;
    let mut processes: VecDeque<Child> = (0..PROCESSES).map(|_| start(&url)).collect::<Result<_, _>>()?;
    let (mut enqueued, mut rescued) = (0, Vec::new());
    let wish = Wish { attempts_max: 1000, ..Wish::default() };
    for _ in 0..kills {
        if count(&store, "select count(*) from jobs.job").await? < 2_000 {
            let jobs: Vec<Effect> = (enqueued..enqueued + 2_000).map(|number| Effect { number }).collect();
            store.run_tx("bench", async |tx| enqueue_all(tx, &jobs, &wish).await).await?;
            enqueued += 2_000;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        if let Some(mut process) = processes.pop_front() {
            let name = process.id().unwrap_or_default().to_string();
            // Child::kill is SIGKILL.
            process.kill().await?;
            let (killed, store) = (Instant::now(), store.clone());
            rescued.push(tokio::spawn(async move {
                loop {
                    let held = store.read("bench", async |db| db.query_one(HELD, &[&name]).await).await?;
                    if held.get::<_, i64>(0) == 0 {
                        return Ok::<_, store::Error>(killed.elapsed());
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }));
        }
        processes.push_back(start(&url)?);
    }
    let until = Instant::now() + Duration::from_secs(60);
    while count(&store, "select count(*) from jobs.job").await? > 0 {
        anyhow::ensure!(Instant::now() < until, "jobs are left");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut took = Vec::new();
    for one in rescued {
        took.push(one.await??);
    }
    let effects = count(&store, "select count(*) from effect").await?;
    let different = count(&store, "select count(distinct number) from effect").await?;
    let dead = count(&store, "select count(*) from jobs.dead").await?;
    Ok(json!({
        "kills": kills,
        "jobs": enqueued,
        "lost": enqueued - different + dead,
        "doubled": effects - different,
        "rescued": times(took),
    }))
}
