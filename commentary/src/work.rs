//! The jobs that have balls told.

use crate::error::Error;
use crate::facts::{Facts, Kind};
use crate::figures;
use crate::line::{self, Line};
use crate::preset::Preset;
use crate::retell::{Ball, Retell, Retold};
use jobs::{Attempt, Cron, Job, NotDone, Unique, Wish, Worker};
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::time::Duration;
use store::Transaction;
use tokio_util::sync::CancellationToken;

/// The queue of commentary.
pub const QUEUE: &str = "commentary";
/// Wickets and sixes come before others.
const PRIORITY_BIG: i16 = -10;
/// A ball is old after a minute or two: it is not tried for long.
const ATTEMPTS_MAX: u16 = 3;

/// Has a ball told in the tones that are watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetellBall {
    pub game: String,
    /// The history of the match in which it is this ball.
    pub rev: i64,
    /// The innings, and the ball in it, both from 0.
    pub innings: i32,
    pub ball: i32,
    /// Counts the match's balls.
    pub number: u32,
}

impl Job for RetellBall {
    const KIND: &'static str = "commentary.retell-ball";
}

/// Forgets old accounts and cached lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sweep {}

impl Job for Sweep {
    const KIND: &'static str = "commentary.sweep";
}

/// What a job needs of who keeps the matches.
#[derive(Clone, Debug)]
pub struct ToTell {
    pub facts: Facts,
    /// The tones that somebody watches now.
    pub presets: Vec<Preset>,
    /// Cancelled once two more balls have been bowled.
    pub late: CancellationToken,
}

/// Has a ball told once the caller's transaction is committed. One that is waiting to be told already is not told twice.
pub async fn enqueue(tx: &Transaction<'_>, job: &RetellBall, kind: Kind) -> Result<(), Error> {
    let key = format!("{}/{}/{}/{}", job.game, job.rev, job.innings, job.ball);
    let wish = Wish {
        queue: QUEUE,
        priority: if kind.is_big() { PRIORITY_BIG } else { 0 },
        attempts_max: ATTEMPTS_MAX,
        unique: Some(Unique::from(key.as_str())),
        ..Wish::default()
    };
    match jobs::enqueue(tx, job, &wish).await {
        Ok(_) | Err(jobs::Error::Duplicate { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

impl Retell {
    /// Has this worker, of the queue [`QUEUE`], tell balls, and forget accounts and cached lines that are older than `keep`.
    ///
    /// `find` says what a ball is: none where that history of the match is over, and then the job is dropped; why not is for
    /// another attempt. `told` hears which lines are new, once they are kept: they may be heard twice, and are the same by their
    /// positions.
    pub fn on<F, Found, T>(&self, worker: Worker, keep: Duration, find: F, told: T) -> Worker
    where
        F: Fn(RetellBall) -> Found + Send + Sync + 'static,
        Found: Future<Output = Result<Option<ToTell>, String>> + Send + 'static,
        T: Fn(&str, &[Line]) + Clone + Send + Sync + 'static,
    {
        let (one, two) = (self.clone(), self.clone());
        let sweeps = Cron::new("commentary-sweep", "23 * * * *", "UTC").expect("a schedule that is one");
        worker
            .handle(move |job: RetellBall, attempt| {
                let (retell, found, told) = (one.clone(), find(job.clone()), told.clone());
                async move {
                    let found = found.await.map_err(NotDone::Retry)?;
                    let Some(found) = found else {
                        return Err(NotDone::Discard("the match has another history now".to_owned()));
                    };
                    let new = retell.tell_and_keep(&job, &found, attempt).await.map_err(later)?;
                    if !new.is_empty() {
                        told(&job.game, &new);
                    }
                    Ok(())
                }
            })
            .handle(move |_: Sweep, _| {
                let retell = two.clone();
                async move { figures::sweep(retell.store(), retell.clock().now(), keep).await.map_err(later) }
            })
            .repeat(sweeps, &Sweep {})
    }

    async fn tell_and_keep(
        &self,
        job: &RetellBall,
        found: &ToTell,
        attempt: Attempt,
    ) -> Result<Vec<Line>, Error> {
        let ball = Ball {
            game: &job.game,
            innings: job.innings,
            ball: job.ball,
            number: job.number,
            facts: &found.facts,
        };
        let told = self.tell(&ball, &found.presets, &found.late).await;
        let facts = found.facts.hash();
        let lines: Vec<Line> = told.into_iter().map(|it| kept(job, &facts, it)).collect();
        let now = self.clock().now();
        let kept = self.store().run_tx("commentary.keep", async |tx| {
            let new = line::put(tx, &job.game, &lines, now).await?;
            attempt.complete_in(tx).await?;
            Ok::<_, Error>(new)
        });
        kept.await
    }
}

fn kept(job: &RetellBall, facts: &str, retold: Retold) -> Line {
    Line {
        innings: job.innings,
        ball: job.ball,
        source: retold.source.name().to_owned(),
        tone: retold.tone,
        language: retold.language,
        rev: job.rev,
        facts: facts.to_owned(),
        preset: retold.preset,
        text: retold.text,
        position: 0,
    }
}

fn later(error: Error) -> NotDone {
    NotDone::Retry(error.to_string())
}

#[cfg(test)]
mod tests;
