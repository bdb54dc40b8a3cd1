//! The jobs of quizzes: what opens and locks by the clock, what is settled, who is ranked, what is kept no longer.

use crate::error::Error;
use crate::quizzes::Quizzes;
use crate::{keep, rank, settlement, turn};
use jiff::SignedDuration;
use jobs::{Attempt, Cron, Job, NotDone, Wish, Worker};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The queue of quizzes.
pub const QUEUE: &str = "quizzes";

/// A question's time has come to open or to lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    pub question: i64,
}

impl Job for Turn {
    const KIND: &'static str = "quizzes.turn";
}

/// Brings what is right of a question to all who have answered it, some at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settle {
    pub question: i64,
    /// Which time that what is right has changed: of an older one nothing is done any more.
    pub generation: i32,
    /// The last fan to whom it was brought.
    pub after: String,
}

impl Job for Settle {
    const KIND: &'static str = "quizzes.settle";
}

/// Looks whose answers to a quiz were all right, some at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finish {
    pub quiz: i64,
    pub after: String,
}

impl Job for Finish {
    const KIND: &'static str = "quizzes.finish";
}

/// Looks anew whether these fans are ranked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rank {
    pub fans: Vec<String>,
}

impl Job for Rank {
    const KIND: &'static str = "quizzes.rank";
}

/// Deletes what is kept no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {}

impl Job for Sweep {
    const KIND: &'static str = "quizzes.sweep";
}

pub(crate) fn wish() -> Wish<'static> {
    Wish { queue: QUEUE, ..Wish::default() }
}

impl Quizzes {
    /// Has this worker, of the queue [`QUEUE`], do the jobs.
    pub fn on(&self, worker: Worker) -> Worker {
        let nightly = Cron::new("quizzes-sweep", "17 3 * * *", "UTC").expect("a schedule that is one");
        let (one, two, three, four, five) =
            (self.clone(), self.clone(), self.clone(), self.clone(), self.clone());
        worker
            .handle(move |job: Turn, _| {
                let quizzes = one.clone();
                async move { quizzes.turn(&job).await }
            })
            .handle(move |job: Settle, attempt| {
                let quizzes = two.clone();
                async move { quizzes.settle(&job, &attempt).await.map_err(later) }
            })
            .handle(move |job: Finish, attempt| {
                let quizzes = three.clone();
                async move { quizzes.finish(&job, &attempt).await.map_err(later) }
            })
            .handle(move |job: Rank, _| {
                let quizzes = four.clone();
                async move { quizzes.rank(&job).await.map_err(later) }
            })
            .handle(move |_: Sweep, _| {
                let quizzes = five.clone();
                async move { quizzes.sweep().await.map(drop).map_err(later) }
            })
            .repeat(nightly, &Sweep {})
    }

    /// By this process' clock: the database's, by which jobs come, may be ahead of it.
    async fn turn(&self, job: &Turn) -> Result<(), NotDone> {
        let now = self.clock.now();
        let done =
            self.store.run_tx("quizzes.turn", async |tx| turn::is_due(tx, job.question, now).await).await;
        match done.map_err(later)? {
            Some(at) => {
                let left = at.duration_since(now).max(SignedDuration::from_millis(1));
                Err(NotDone::Snooze(Duration::try_from(left).unwrap_or_default()))
            }
            None => Ok(()),
        }
    }

    async fn settle(&self, job: &Settle, attempt: &Attempt) -> Result<(), Error> {
        let now = self.clock.now();
        self.store
            .run_tx("quizzes.settle", async |tx| {
                if let Some(next) = settlement::settle_some(tx, job, now).await? {
                    jobs::enqueue(tx, &next, &wish()).await?;
                }
                // With what it has done, so that it goes on where it stopped.
                Ok(attempt.complete_in(tx).await?)
            })
            .await
    }

    async fn finish(&self, job: &Finish, attempt: &Attempt) -> Result<(), Error> {
        let now = self.clock.now();
        self.store
            .run_tx("quizzes.finish", async |tx| {
                if let Some(next) = settlement::finish_some(tx, job, now).await? {
                    jobs::enqueue(tx, &next, &wish()).await?;
                }
                Ok(attempt.complete_in(tx).await?)
            })
            .await
    }

    async fn rank(&self, job: &Rank) -> Result<(), Error> {
        self.store.run_tx("quizzes.rank", async |tx| rank::rank_again(tx, &job.fans).await).await
    }

    /// Deletes what is kept no longer; answers how many answers that were.
    pub async fn sweep(&self) -> Result<u64, Error> {
        let now = self.clock.now();
        let mut deleted = 0;
        loop {
            let some = self.store.run_tx("quizzes.sweep", async |tx| keep::sweep_some(tx, now).await).await?;
            deleted += some.deleted;
            if some.is_last {
                return Ok(deleted);
            }
        }
    }
}

fn later(error: Error) -> NotDone {
    NotDone::Retry(error.to_string())
}
