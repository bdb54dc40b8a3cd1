//! For tests of programs that use jobs: what was enqueued, and running it here and now, in the order in which workers would.
//!
//! Time is the database's, so it is not the clock that is moved: [`pass`] brings everything nearer that is to come.

use crate::attempt::Attempt;
use crate::duties;
use crate::error::Error;
use crate::handler::{self, NotDone, panicked};
use crate::job::{Job, Wish, enqueue_alone};
use crate::node;
use crate::queue::{self, Claimed, Order, Outcome, Place};
use crate::worker::Worker;
use jiff::Timestamp;
use std::fmt::Debug;
use std::time::Duration;
use store::Store;

/// An attempt that was made, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    pub job: i64,
    pub kind: &'static str,
    /// Counted from 1.
    pub attempt: u16,
    pub end: End,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Done,
    Retry { after: Duration, reason: String },
    Snooze { after: Duration },
    Dead { reason: String },
    Discard { reason: String },
}

/// A job that has not begun.
#[derive(Clone, Debug, PartialEq)]
pub struct Enqueued<J> {
    pub id: i64,
    pub queue: String,
    pub priority: i16,
    pub run_at: Timestamp,
    pub job: J,
}

/// Runs the jobs of this worker's queue one after the other, with those that they enqueue, until none is ready. What is to come later, and
/// what is to be tried again, stays: see [`pass`].
pub async fn drain(worker: &Worker) -> Result<Vec<Ran>, Error> {
    run(worker, usize::MAX).await
}

/// Enqueues this job, runs it here before all others, and answers what became of it.
pub async fn perform<J: Job>(worker: &Worker, job: &J) -> Result<End, Error> {
    let wish = Wish { queue: &worker.queue, priority: i16::MIN, ..Wish::default() };
    let id = enqueue_alone(&worker.store, job, &wish).await?;
    let ran = run(worker, 1).await?;
    ran.into_iter().find(|it| it.job == id).map(|it| it.end).ok_or(Error::NoSuchJob { id })
}

async fn run(worker: &Worker, most: usize) -> Result<Vec<Ran>, Error> {
    let (store, known) = (&worker.store, worker.known()?);
    let epoch = node::join(store, "test", &known, 1).await?;
    let (mut ran, mut outcomes) = (Vec::new(), Vec::new());
    for turn in 1.. {
        node::beat(store, epoch, 0).await?;
        duties::wake(store).await?;
        duties::sweep(store).await?;
        let most = usize::from(ran.len() < most);
        let order = Order { epoch, turn, most, behind: Place::FRONT, is_rated: false };
        let turned = queue::turn(store, &known, &outcomes, &[], order).await?;
        outcomes.clear();
        let Some(job) = turned.claimed.into_iter().next() else { break };
        let outcome = attempt(worker, epoch, &job).await;
        let number = u16::try_from(job.attempt).unwrap_or(1);
        let end = outcome.as_ref().map_or(End::Done, End::of);
        ran.push(Ran { job: job.id, kind: known.kinds[job.kind], attempt: number, end });
        outcomes.extend(outcome.map(|it| (job, it)));
    }
    queue::release(store, &known.queue, epoch).await?;
    Ok(ran)
}

/// None where the handler has ended the job itself.
async fn attempt(worker: &Worker, epoch: i64, job: &Claimed) -> Option<Outcome> {
    let attempt = Attempt::new(worker.store.clone(), epoch, job.clone());
    let answer = match (worker.handlers[job.kind].handle)(job, attempt.clone()) {
        Ok(handled) => {
            let time_max = job.time_max.unwrap_or(worker.time_max);
            let attempted = tokio::spawn(handler::within(time_max, handled)).await;
            attempted.unwrap_or_else(|error| Err(NotDone::Retry(panicked(error))))
        }
        Err(not_done) => Err(not_done),
    };
    if attempt.is_completed() && answer.is_ok() {
        return None;
    }
    Some(handler::outcome(job, answer, &worker.backoff))
}

impl End {
    fn of(outcome: &Outcome) -> End {
        match outcome.clone() {
            Outcome::Done { .. } => End::Done,
            Outcome::Retry { after, reason } => End::Retry { after, reason },
            Outcome::Snooze { after } => End::Snooze { after },
            Outcome::Dead { reason } => End::Dead { reason },
            Outcome::Discard { reason } => End::Discard { reason },
            Outcome::Cancelled => End::Dead { reason: "cancelled".to_owned() },
        }
    }
}

const PASS: &str = "
    update jobs.job set run_at = run_at - make_interval(secs => {s}) where state = 1;
    update jobs.cron set next_at = next_at - make_interval(secs => {s});
    update jobs.unique_window set until = until - make_interval(secs => {s});
    update jobs.dead set died_at = died_at - make_interval(secs => {s});
    update jobs.queue set tokens_at = tokens_at - make_interval(secs => {s})";

/// As if so much time had passed: waiting jobs, schedules, keys that are taken for a time, rates.
pub async fn pass(store: &Store, span: Duration) -> Result<(), Error> {
    let sql = PASS.replace("{s}", &span.as_secs_f64().to_string());
    store.run_tx("jobs.pass", async |tx| tx.batch(&sql).await).await?;
    Ok(())
}

const ENQUEUED: &str = "
    select id, queue, priority, (extract(epoch from run_at) * 1000000)::bigint, version, payload::text from jobs.job
    where kind = $1 and node is null order by id";

/// The jobs of a kind that have not begun, or wait to be tried again: the first enqueued first. A payload that is none of `J` is an error.
pub async fn enqueued<J: Job>(store: &Store) -> Result<Vec<Enqueued<J>>, Error> {
    let rows = store.read("jobs.enqueued", async |db| db.query(ENQUEUED, &[&J::KIND]).await).await?;
    let enqueued = rows.iter().map(|row| {
        let job = handler::read(row.get(4), row.get(5))
            .map_err(|reason| Error::Payload { kind: J::KIND, reason })?;
        let run_at = Timestamp::from_microsecond(row.get(3)).unwrap_or(Timestamp::MAX);
        Ok(Enqueued { id: row.get(0), queue: row.get(1), priority: row.get(2), run_at, job })
    });
    enqueued.collect()
}

/// Panics, with those that there are, unless a job of the kind is enqueued of which `is_it` holds; answers it.
pub async fn assert_enqueued<J: Job + Debug>(store: &Store, is_it: impl Fn(&J) -> bool) -> Enqueued<J> {
    let mut all = enqueued::<J>(store).await.unwrap_or_else(|error| panic!("{error}"));
    match all.iter().position(|it| is_it(&it.job)) {
        Some(place) => all.swap_remove(place),
        None => panic!("no such {} is enqueued, but {all:#?}", J::KIND),
    }
}
