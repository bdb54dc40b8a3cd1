//! A worker as its program declares it: handlers, limits, schedules. What it does while it runs is a [`Shift`].

use crate::attempt::Attempt;
use crate::bell;
use crate::cron::{self, Cron, Repeated};
use crate::error::Error;
use crate::handler::{Handler, NotDone};
use crate::heart::{Health, Heart, Load, duties};
use crate::job::{Job, check_queue_name};
use crate::node;
use crate::queue::Known;
use crate::retry::Backoff;
use crate::shift::Shift;
use serde::Serialize;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A program's handlers, and how much of their work this process does at once.
pub struct Worker {
    pub(crate) store: Store,
    name: String,
    pub(crate) queue: String,
    pub(crate) concurrency: usize,
    pub(crate) time_max: Duration,
    pub(crate) grace: Duration,
    pub(crate) backoff: Backoff,
    keep_dead: Duration,
    pub(crate) handlers: Vec<Handler>,
    repeated: Vec<Repeated>,
    pub(crate) health: Health,
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
            keep_dead: Duration::from_secs(30 * 86_400),
            handlers: Vec::new(),
            repeated: Vec::new(),
            health: Health::default(),
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

    /// An attempt that takes longer is ended, and has failed; a job may say otherwise.
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

    /// How long dead jobs are kept; 30 days unless said otherwise.
    #[must_use]
    pub fn keep_dead(self, keep_dead: Duration) -> Self {
        Self { keep_dead, ..self }
    }

    /// Tells how this worker is, to whoever decides whether its process is to be kept.
    #[must_use]
    pub fn health(self, health: &Health) -> Self {
        Self { health: health.clone(), ..self }
    }

    /// What does jobs of one kind, of its version and the older ones; a second one for a kind takes the first one's place. A payload that is
    /// none of `J` is dead at once, with the reason. What it answers is for jobs that come after it.
    #[must_use]
    pub fn handle<J, H, F, T>(mut self, handler: H) -> Self
    where
        J: Job,
        H: Fn(J, Attempt) -> F + Send + Sync + 'static,
        F: Future<Output = Result<T, NotDone>> + Send + 'static,
        T: Serialize,
    {
        self.handlers.retain(|it| it.kind != J::KIND);
        self.handlers.push(Handler::new(handler));
        self
    }

    /// Enqueues this job, in this worker's queue, whenever the schedule says so: once, however many workers declare it. It goes on while no worker
    /// that declares it runs, as long as any worker does, until [`crate::drop_cron`].
    #[must_use]
    pub fn repeat<J: Job>(mut self, cron: Cron, job: &J) -> Self {
        self.repeated.push(Repeated::new(cron, job));
        self
    }

    /// Works until `stop` resolves, then lets running jobs finish within the grace and gives the rest back. A database that is away is
    /// waited for; outcomes are kept until they are written down.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), Error> {
        let known = Arc::new(self.known()?);
        self.health.starts();
        let hearing = bell::of(&self.store).hear(&self.store, &self.queue);
        let epoch = node::join(&self.store, &self.name, &known, 2 * self.concurrency).await?;
        cron::declare(&self.store, &self.queue, &self.repeated).await?;
        let load = Arc::new(Load::default());
        let heart = Heart {
            store: self.store.clone(),
            name: self.name.clone(),
            known: Arc::clone(&known),
            concurrency: self.concurrency,
            load: Arc::clone(&load),
            ear: Arc::clone(&hearing.ear),
            health: self.health.clone(),
        };
        // Once before anything is claimed, so that limits hold from the beginning.
        let first = heart.beat(epoch).await?;
        let (pulse, felt) = watch::channel(first);
        let mut tasks = JoinSet::new();
        tasks.spawn(duties(self.store.clone(), self.queue.clone(), felt.clone(), self.keep_dead));
        tasks.spawn(heart.keep(pulse));
        Shift::new(&self, known, felt, hearing, load).run(stop, tasks).await
    }

    pub(crate) fn known(&self) -> Result<Known, Error> {
        check_queue_name(&self.queue)?;
        Ok(Known {
            queue: self.queue.clone(),
            kinds: self.handlers.iter().map(|it| it.kind).collect(),
            versions: self.handlers.iter().map(|it| it.version).collect(),
        })
    }
}
