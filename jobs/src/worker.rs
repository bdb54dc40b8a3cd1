//! Runs jobs: claims, spawns, settles, beats.

use crate::error::Error;
use crate::job::Job;
use crate::node;
use crate::queue::{self, Claimed, Outcome};
use crate::retry::Backoff;
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use store::Store;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, Interval, MissedTickBehavior};

/// How often a node says that it lives, looks for those that do not, and asks for jobs.
const BEAT_MS: u64 = 500;
/// After so long without a word a node's jobs go to others.
const SILENCE_MS: u32 = 2500;

/// Why an attempt failed. The reason is kept with the job, for operators to read: no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Worth another attempt.
    Retry(String),
    /// No attempt can succeed.
    Dead(String),
}

type Handled = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;
type Handler = Box<dyn Fn(&str) -> Result<Handled, Failure> + Send + Sync>;

/// A program's handlers, and how much of their work this process does at once.
pub struct Worker {
    store: Store,
    name: String,
    queue: String,
    concurrency: usize,
    time_max: Duration,
    grace: Duration,
    backoff: Backoff,
    handlers: BTreeMap<&'static str, (i16, Handler)>,
}

impl Worker {
    /// A worker without handlers for the queue "default": 16 jobs at once, five minutes for each, and 10 s to finish when it is to stop.
    /// `name` tells operators which process it is; it need not be unique.
    pub fn new(store: Store, name: &str) -> Self {
        Self {
            store,
            name: name.to_owned(),
            queue: "default".to_owned(),
            concurrency: 16,
            time_max: Duration::from_secs(300),
            grace: Duration::from_secs(10),
            backoff: Backoff::default(),
            handlers: BTreeMap::new(),
        }
    }

    #[must_use]
    pub fn queue(self, queue: &str) -> Self {
        Self { queue: queue.to_owned(), ..self }
    }

    /// How many jobs run at once, at least one.
    #[must_use]
    pub fn concurrency(self, concurrency: usize) -> Self {
        Self { concurrency: concurrency.max(1), ..self }
    }

    /// An attempt that takes longer is ended, and has failed.
    #[must_use]
    pub fn time_max(self, time_max: Duration) -> Self {
        Self { time_max, ..self }
    }

    /// How long jobs may go on after the worker was asked to stop; then they go back to the queue.
    #[must_use]
    pub fn grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    #[must_use]
    pub fn backoff(self, backoff: Backoff) -> Self {
        Self { backoff, ..self }
    }

    /// What does jobs of one kind, of its version and the older ones. A payload that is none of `J` is dead at once, with the reason.
    #[must_use]
    pub fn handle<J, H, F>(mut self, handler: H) -> Self
    where
        J: Job,
        H: Fn(J) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let handler: Handler = Box::new(move |payload| match serde_json::from_str(payload) {
            Ok(job) => Ok(Box::pin(handler(job))),
            Err(error) => Err(Failure::Dead(format!("the payload cannot be read: {error}"))),
        });
        self.handlers.insert(J::KIND, (J::VERSION, handler));
        self
    }

    /// Works until `stop` resolves, then lets running jobs finish within the grace and gives the rest back. A database that is away is
    /// waited for; outcomes are kept until they are written down.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), Error> {
        let epoch = node::join(&self.store, &self.name).await?;
        let known =
            (self.handlers.keys().copied().collect(), self.handlers.values().map(|it| it.0).collect());
        let mut shift = Shift {
            worker: &self,
            known,
            epoch,
            running: JoinSet::new(),
            jobs: HashMap::new(),
            outcomes: Vec::new(),
        };
        let mut beats = beats();
        tokio::pin!(stop);
        loop {
            let worked = tokio::select! {
                () = &mut stop => break,
                _ = beats.tick() => shift.beat().await,
                Some(ended) = shift.running.join_next_with_id() => {
                    shift.ended(ended);
                    shift.turn().await
                }
            };
            if let Err(error) = worked {
                tracing::warn!(%error, queue = self.queue, "jobs have to wait for the database");
            }
        }
        shift.finish().await
    }
}

/// What a running worker holds.
struct Shift<'w> {
    worker: &'w Worker,
    known: (Vec<&'static str>, Vec<i16>),
    epoch: i64,
    running: JoinSet<Result<(), Failure>>,
    jobs: HashMap<Id, Claimed>,
    /// Not written down yet.
    outcomes: Vec<(Claimed, Outcome)>,
}

type Ended = Result<(Id, Result<(), Failure>), JoinError>;

impl Shift<'_> {
    async fn beat(&mut self) -> Result<(), Error> {
        let store = &self.worker.store;
        if !node::beat(store, self.epoch).await? {
            // Silent for too long: what runs here runs elsewhere by now.
            tracing::warn!(
                epoch = self.epoch,
                running = self.jobs.len(),
                "taken for dead; starting again as a new node"
            );
            // Ended without being waited for: one that blocks its thread must not hold up the others.
            self.running = JoinSet::new();
            self.jobs.clear();
            self.outcomes.clear();
            self.epoch = node::join(store, &self.worker.name).await?;
        }
        let rescued = queue::rescue(store, SILENCE_MS).await?;
        if rescued > 0 {
            tracing::warn!(rescued, "jobs of silent nodes went back to their queues");
        }
        queue::wake(store).await?;
        self.turn().await
    }

    /// Writes down what has ended and takes as many new jobs as there is room for.
    async fn turn(&mut self) -> Result<(), Error> {
        while let Some(ended) = self.running.try_join_next_with_id() {
            self.ended(ended);
        }
        self.settle().await?;
        let room = self.worker.concurrency.saturating_sub(self.jobs.len());
        if room > 0 {
            let claimed =
                queue::claim(&self.worker.store, self.epoch, &self.worker.queue, &self.known, room).await?;
            claimed.into_iter().for_each(|it| self.start(it));
        }
        Ok(())
    }

    async fn settle(&mut self) -> Result<(), Error> {
        if self.outcomes.is_empty() {
            return Ok(());
        }
        let settled = queue::settle(&self.worker.store, self.epoch, &self.outcomes).await?;
        let late = self.outcomes.len() as u64 - settled;
        if late > 0 {
            tracing::warn!(late, "jobs had gone to another node before they ended here");
        }
        self.outcomes.clear();
        Ok(())
    }

    fn start(&mut self, job: Claimed) {
        let handled = match self.worker.handlers.get(job.kind.as_str()) {
            Some((_, handler)) => handler(&job.payload),
            None => Err(Failure::Retry("no handler for its kind".to_owned())),
        };
        match handled {
            Ok(handled) => {
                let time_max = self.worker.time_max;
                let timed = async move {
                    match tokio::time::timeout(time_max, handled).await {
                        Ok(result) => result,
                        Err(_) => {
                            Err(Failure::Retry(format!("took longer than {} ms", time_max.as_millis())))
                        }
                    }
                };
                let id = self.running.spawn(timed).id();
                self.jobs.insert(id, job);
            }
            Err(failure) => {
                let outcome = self.outcome(&job, Err(failure));
                self.outcomes.push((job, outcome));
            }
        }
    }

    fn ended(&mut self, ended: Ended) {
        let (id, result) = match ended {
            Ok(ended) => ended,
            Err(error) => (error.id(), Err(Failure::Retry(panicked(error)))),
        };
        if let Some(job) = self.jobs.remove(&id) {
            let outcome = self.outcome(&job, result);
            self.outcomes.push((job, outcome));
        }
    }

    fn outcome(&self, job: &Claimed, result: Result<(), Failure>) -> Outcome {
        match result {
            Ok(()) => Outcome::Done,
            Err(Failure::Retry(reason)) if job.attempt < job.attempts_max => {
                let attempt = u16::try_from(job.attempt).unwrap_or(1);
                Outcome::Retry { after: self.worker.backoff.pause(attempt), reason }
            }
            Err(Failure::Retry(reason) | Failure::Dead(reason)) => Outcome::Dead { reason },
        }
    }

    /// Lets what runs end within the grace; the rest, and what was not begun, goes back. The node goes on beating meanwhile.
    async fn finish(mut self) -> Result<(), Error> {
        let deadline = Instant::now() + self.worker.grace;
        let mut beats = beats();
        while !self.jobs.is_empty() {
            tokio::select! {
                () = tokio::time::sleep_until(deadline) => break,
                _ = beats.tick() => {
                    if let Err(error) = node::beat(&self.worker.store, self.epoch).await {
                        tracing::warn!(%error, "the database is away while the worker ends");
                    }
                }
                Some(ended) = self.running.join_next_with_id() => self.ended(ended),
            }
        }
        self.running.abort_all();
        self.settle().await?;
        let released = queue::release(&self.worker.store, self.epoch).await?;
        if released > 0 {
            tracing::info!(released, "jobs that did not end in time went back to their queue");
        }
        Ok(())
    }
}

/// The first at once.
fn beats() -> Interval {
    let mut beats = tokio::time::interval(Duration::from_millis(BEAT_MS));
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beats
}

/// "panicked: index out of bounds"
fn panicked(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => {
            let text = panic.downcast_ref::<&str>().map(ToString::to_string);
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            format!("panicked: {}", text.unwrap_or_default())
        }
        Err(error) => error.to_string(),
    }
}
