//! What a handler is told about the attempt it makes, and what it may do beyond answering.

use crate::error::Error;
use crate::flow;
use crate::queue::{self, Claimed, Outcome};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use store::{Store, Transaction};

/// One attempt at a job.
#[derive(Clone)]
pub struct Attempt(Arc<Inner>);

struct Inner {
    store: Store,
    epoch: i64,
    job: Claimed,
    /// The handler has put the end of the job into a transaction of its own.
    is_completed: AtomicBool,
    /// Not written down yet.
    progress: Mutex<Option<Progress>>,
}

/// How far a job is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Progress {
    pub(crate) done: f32,
    pub(crate) note: String,
}

impl Attempt {
    pub(crate) fn new(store: Store, epoch: i64, job: Claimed) -> Attempt {
        let (is_completed, progress) = (AtomicBool::new(false), Mutex::default());
        Attempt(Arc::new(Inner { store, epoch, job, is_completed, progress }))
    }

    pub fn job_id(&self) -> i64 {
        self.0.job.id
    }

    /// Which attempt it is, counted from 1.
    pub fn number(&self) -> u16 {
        u16::try_from(self.0.job.attempt).unwrap_or(1)
    }

    /// Whether a failure would be the last.
    pub fn is_last(&self) -> bool {
        self.0.job.attempt >= self.0.job.attempts_max
    }

    /// Says how far it is, from 0 to 1, and in what: written down within half a second, for operators.
    pub fn progress(&self, done: f32, note: &str) {
        let progress = Progress { done: done.clamp(0.0, 1.0), note: note.chars().take(200).collect() };
        *self.0.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
    }

    /// Ends the job in the transaction that has its effect: both stand or neither does, so the effect is there exactly once. Refused with
    /// [`Error::Lost`], upon which the transaction must be rolled back, if the job is no longer this attempt's. Answer `Ok(())` after the
    /// commit, or a failure if that failed.
    pub async fn complete_in(&self, tx: &Transaction<'_>) -> Result<(), Error> {
        self.complete_with(tx, &()).await
    }

    /// Does so with a result for the jobs that come after this one.
    pub async fn complete_with<T: Serialize>(&self, tx: &Transaction<'_>, result: &T) -> Result<(), Error> {
        let id = self.job_id();
        let result = if self.0.job.is_followed {
            let text = serde_json::to_string(result);
            let kind = "with that result";
            Some(text.map_err(|error| Error::Payload { kind, reason: error.to_string() })?)
        } else {
            None
        };
        self.0.is_completed.store(true, Ordering::Relaxed);
        let outcomes = [(self.0.job.clone(), Outcome::Done { result })];
        if queue::settle_in(tx, self.0.epoch, &outcomes).await? == 0 {
            return Err(Error::Lost { id });
        }
        Ok(())
    }

    /// What the job answered that this one comes after, at this place of the list it was given in (from 0).
    pub async fn result<T: DeserializeOwned>(&self, place: usize) -> Result<T, Error> {
        let told = flow::result(&self.0.store, self.job_id(), place).await?;
        let read = told.and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()));
        read.map_err(|reason| Error::Result { place, reason })
    }

    pub(crate) fn is_completed(&self) -> bool {
        self.0.is_completed.load(Ordering::Relaxed)
    }

    pub(crate) fn take_progress(&self) -> Option<Progress> {
        self.0.progress.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn job(&self) -> &Claimed {
        &self.0.job
    }
}
