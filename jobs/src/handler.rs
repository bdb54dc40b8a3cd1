//! What a program does with jobs of a kind.

use crate::attempt::Attempt;
use crate::job::Job;
use crate::queue::{Claimed, Outcome};
use crate::retry::Backoff;
use metrics::{Counter, Histogram};
use serde::Serialize;
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use tokio::task::JoinError;

/// Why an attempt did not do its job. The reasons are kept with the job, for operators to read: no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotDone {
    /// Worth another attempt, after the worker's pause.
    Retry(String),
    /// Not its time yet: again after this pause, and this attempt does not count.
    Snooze(Duration),
    /// No attempt can succeed: it is kept among the dead, for an operator.
    Dead(String),
    /// It need not be done any more; nothing of it is kept.
    Discard(String),
}

/// What an attempt answers: where other jobs come after it, its result as JSON.
pub(crate) type Answer = Result<Option<String>, NotDone>;
pub(crate) type Handled = Pin<Box<dyn Future<Output = Answer> + Send>>;
type Handle = Box<dyn Fn(&Claimed, Attempt) -> Result<Handled, NotDone> + Send + Sync>;

/// One for each kind.
pub(crate) struct Handler {
    pub(crate) kind: &'static str,
    pub(crate) version: i16,
    pub(crate) handle: Handle,
}

impl Handler {
    pub(crate) fn new<J, H, F, T>(handle: H) -> Handler
    where
        J: Job,
        H: Fn(J, Attempt) -> F + Send + Sync + 'static,
        F: Future<Output = Result<T, NotDone>> + Send + 'static,
        T: Serialize,
    {
        let handle: Handle = Box::new(move |claimed, attempt| {
            let job = read::<J>(claimed.version, &claimed.payload)
                .map_err(|reason| NotDone::Dead(format!("the payload cannot be read: {reason}")))?;
            let (handled, is_followed) = (handle(job, attempt), claimed.is_followed);
            Ok(Box::pin(async move {
                let result = handled.await?;
                if !is_followed {
                    return Ok(None);
                }
                let text = serde_json::to_string(&result);
                text.map(Some)
                    .map_err(|error| NotDone::Dead(format!("its result cannot be written as JSON: {error}")))
            }))
        });
        Handler { kind: J::KIND, version: J::VERSION, handle }
    }
}

pub(crate) fn read<J: Job>(version: i16, payload: &str) -> Result<J, String> {
    if version == J::VERSION {
        return serde_json::from_str(payload).map_err(|error| error.to_string());
    }
    let payload: Value = serde_json::from_str(payload).map_err(|error| error.to_string())?;
    serde_json::from_value(J::upgrade(version, payload)?).map_err(|error| error.to_string())
}

/// An attempt that takes no longer than this.
pub(crate) async fn within(time_max: Duration, handled: Handled) -> Answer {
    match tokio::time::timeout(time_max, handled).await {
        Ok(answer) => answer,
        Err(_) => Err(NotDone::Retry(format!("took longer than {} ms", time_max.as_millis()))),
    }
}

/// "panicked: index out of bounds"
pub(crate) fn panicked(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => {
            let text = panic.downcast_ref::<&str>().map(ToString::to_string);
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            format!("panicked: {}", text.unwrap_or_default())
        }
        Err(error) => error.to_string(),
    }
}

/// What becomes of a job after what its attempt answered.
pub(crate) fn outcome(job: &Claimed, answer: Answer, backoff: &Backoff) -> Outcome {
    match answer {
        Ok(result) => Outcome::Done { result },
        Err(NotDone::Snooze(after)) => Outcome::Snooze { after },
        Err(NotDone::Discard(reason)) => Outcome::Discard { reason },
        Err(NotDone::Retry(reason)) if job.attempt < job.attempts_max => {
            let attempt = u16::try_from(job.attempt).unwrap_or(1);
            Outcome::Retry { after: backoff.pause(attempt), reason }
        }
        Err(NotDone::Retry(reason) | NotDone::Dead(reason)) => Outcome::Dead { reason },
    }
}

/// The figures of one kind in one queue, looked up once.
pub(crate) struct Meter {
    /// From when it could have begun to when it did: seconds.
    pub(crate) waited: Histogram,
    /// An attempt's time: seconds.
    pub(crate) ran: Histogram,
    done: Counter,
    retried: Counter,
    snoozed: Counter,
    dead: Counter,
    discarded: Counter,
    cancelled: Counter,
}

impl Meter {
    pub(crate) fn new(queue: &str, kind: &'static str) -> Meter {
        let queue = queue.to_owned();
        let ended = |outcome: &'static str| metrics::counter!("jobs_attempts_total", "queue" => queue.clone(), "kind" => kind, "outcome" => outcome);
        Meter {
            waited: metrics::histogram!("jobs_wait_seconds", "queue" => queue.clone(), "kind" => kind),
            ran: metrics::histogram!("jobs_run_seconds", "queue" => queue.clone(), "kind" => kind),
            done: ended("done"),
            retried: ended("retried"),
            snoozed: ended("snoozed"),
            dead: ended("dead"),
            discarded: ended("discarded"),
            cancelled: ended("cancelled"),
        }
    }

    pub(crate) fn count(&self, outcome: &Outcome) {
        let counter = match outcome {
            Outcome::Done { .. } => &self.done,
            Outcome::Retry { .. } => &self.retried,
            Outcome::Snooze { .. } => &self.snoozed,
            Outcome::Dead { .. } => &self.dead,
            Outcome::Discard { .. } => &self.discarded,
            Outcome::Cancelled => &self.cancelled,
        };
        counter.increment(1);
    }
}
