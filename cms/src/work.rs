//! What is done in the background.

use crate::error::Error;
use crate::schedule::{self, Due, Ran};
use crate::window::{self, Edge};
use jobs::{Cron, Job, NotDone, Worker};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use store::{Clock, Store};

/// The queue of this crate's jobs.
pub const QUEUE: &str = "cms";

/// Looks for schedules whose time has come and for which no job has woken us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {}

impl Job for Sweep {
    const KIND: &'static str = "cms.sweep";
}

/// The content of a process, as its worker has it. Clones share everything.
#[derive(Clone)]
pub struct Cms {
    store: Store,
    clock: Clock,
}

impl Cms {
    pub fn new(store: &Store, clock: &Clock) -> Self {
        Self { store: store.clone(), clock: clock.clone() }
    }

    /// Has this worker, of the queue [`QUEUE`], do what is scheduled.
    pub fn on(&self, worker: Worker) -> Worker {
        let (one, two, three) = (self.clone(), self.clone(), self.clone());
        let sweep = Cron::new("cms-sweep", "* * * * *", "UTC").expect("a schedule that is one");
        worker
            .handle(move |job: Due, _| {
                let cms = one.clone();
                async move { cms.due(&job.schedule).await }
            })
            .handle(move |job: Edge, _| {
                let cms = two.clone();
                async move { cms.edge(&job).await }
            })
            .handle(move |_: Sweep, _| {
                let cms = three.clone();
                async move { cms.sweep().await.map(drop).map_err(later) }
            })
            .repeat(sweep, &Sweep {})
    }

    async fn due(&self, id: &str) -> Result<(), NotDone> {
        match schedule::run(&self.store, &self.clock, id).await.map_err(later)? {
            Ran::Over(_) => Ok(()),
            Ran::Early(left) => Err(NotDone::Snooze(wait(left))),
        }
    }

    async fn edge(&self, edge: &Edge) -> Result<(), NotDone> {
        let now = self.clock.now();
        if edge.at > now {
            return Err(NotDone::Snooze(wait(edge.at.duration_since(now))));
        }
        self.store.run_tx("cms.edge", async |tx| window::tell(tx, edge, now).await).await.map_err(later)
    }

    /// Does what is due; answers how many that were.
    pub async fn sweep(&self) -> Result<usize, Error> {
        let now = self.clock.now();
        let due = self.store.read("cms.due", async |db| schedule::due(db, now).await).await?;
        for id in &due {
            schedule::run(&self.store, &self.clock, id).await?;
        }
        Ok(due.len())
    }
}

/// The database's clock, by which jobs run, is a little ahead of ours.
fn wait(left: jiff::SignedDuration) -> Duration {
    left.unsigned_abs().max(Duration::from_millis(1))
}

fn later(error: Error) -> NotDone {
    NotDone::Retry(error.to_string())
}
