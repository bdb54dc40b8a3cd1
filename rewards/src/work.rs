//! The jobs that judge triggers and pay what they earn.

use crate::error::Error;
use crate::inbox;
use crate::review::{self, LookOver};
use crate::rewards::Rewards;
use jobs::{Attempt, Cron, Job, NotDone, Wish, Worker};
use serde::{Deserialize, Serialize};

/// The queue of rewards.
pub const QUEUE: &str = "rewards";
/// Fans of whom one job tells.
const FANS: i64 = 500;

/// Judges a trigger for a fan, and pays what it earns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judge {
    pub trigger: i64,
    pub fan_id: String,
}

impl Job for Judge {
    const KIND: &'static str = "rewards.judge";
}

/// Has a trigger of a match judged for all who follow it, some at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    pub trigger: i64,
    /// The last fan of whom it was told.
    pub after: String,
}

impl Job for Spread {
    const KIND: &'static str = "rewards.spread";
}

/// Takes back what was paid for a trigger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeBack {
    pub trigger: i64,
}

impl Job for TakeBack {
    const KIND: &'static str = "rewards.take-back";
}

impl Rewards {
    /// Has this worker, of the queue [`QUEUE`], judge and pay.
    pub fn on(&self, worker: Worker) -> Worker {
        let (one, two, three, four) = (self.clone(), self.clone(), self.clone(), self.clone());
        let looks = Cron::new("rewards-signals", "*/10 * * * *", "UTC").expect("a schedule that is one");
        worker
            .handle(move |job: Judge, _| {
                let rewards = one.clone();
                async move { rewards.judge(job.trigger, &job.fan_id).await.map(drop).map_err(later) }
            })
            .handle(move |job: Spread, attempt| {
                let rewards = two.clone();
                async move { rewards.spread(job, attempt).await.map_err(later) }
            })
            .handle(move |job: TakeBack, _| {
                let rewards = three.clone();
                async move { rewards.take_back(job.trigger).await.map_err(later) }
            })
            .handle(move |_: LookOver, _| {
                let rewards = four.clone();
                async move { rewards.look_over().await.map(drop).map_err(later) }
            })
            .repeat(looks, &LookOver {})
    }

    /// Looks over what was earned lately; answers how many signals there are more to look at.
    pub async fn look_over(&self) -> Result<u64, Error> {
        let now = self.clock.now();
        self.store.run_tx("rewards.look_over", async |tx| review::look_over(tx, now).await).await
    }

    async fn spread(&self, job: Spread, attempt: Attempt) -> Result<(), Error> {
        let spread = self.store.run_tx("rewards.spread", async |tx| {
            let fans = inbox::followers(tx, job.trigger, &job.after, FANS).await?;
            let wish = Wish { queue: QUEUE, ..Wish::default() };
            let judge = |fan_id: &String| Judge { trigger: job.trigger, fan_id: fan_id.clone() };
            let all: Vec<Judge> = fans.iter().map(judge).collect();
            jobs::enqueue_all(tx, &all, &wish).await?;
            if let Some(last) = fans.last().filter(|_| fans.len() as i64 == FANS) {
                let next = Spread { trigger: job.trigger, after: last.clone() };
                jobs::enqueue(tx, &next, &wish).await?;
            }
            // With what it has enqueued, so that nobody is told twice.
            attempt.complete_in(tx).await?;
            Ok::<_, Error>(())
        });
        spread.await
    }
}

fn later(error: Error) -> NotDone {
    NotDone::Retry(error.to_string())
}
