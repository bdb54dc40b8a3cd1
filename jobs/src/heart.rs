//! What goes on beside a worker's turns: a node says that it lives and learns what is asked of it, and one node has the duties of all.

use crate::bell::Ear;
use crate::error::Error;
use crate::node::{self, BEAT, Pulse, SILENCE_MS};
use crate::queue::Known;
use crate::{cron, duties, overview};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::Store;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior};

/// How often the one node that leads looks for unknown kinds and prunes.
const HOUSEKEEPING: Duration = Duration::from_secs(10);

/// What the heart and the work tell each other.
#[derive(Default)]
pub(crate) struct Load {
    grip: Mutex<Grip>,
    pub(crate) is_hungry: AtomicBool,
}

/// How many jobs this node holds or has asked for, and how many it may. What is given back to others is given up here before they hear of it.
#[derive(Default)]
pub(crate) struct Grip {
    pub(crate) held: usize,
    pub(crate) most: usize,
    /// It is being decided how many.
    pub(crate) is_open: bool,
}

impl Load {
    pub(crate) fn grip(&self) -> MutexGuard<'_, Grip> {
        self.grip.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a worker is: of whoever is to be restarted where it is not well, and of load balancers. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<Beaten>>);

#[derive(Debug, Default)]
struct Beaten {
    last: Option<Instant>,
    is_stopping: bool,
}

impl Health {
    /// Whether its worker takes jobs: it has begun, was not asked to stop, and the database has heard of it within two seconds.
    pub fn is_ready(&self) -> bool {
        let beaten = self.lock();
        !beaten.is_stopping
            && beaten.last.is_some_and(|it| it.elapsed() < Duration::from_millis(SILENCE_MS.into()))
    }

    pub(crate) fn starts(&self) {
        *self.lock() = Beaten::default();
    }

    pub(crate) fn stops(&self) {
        self.lock().is_stopping = true;
    }

    fn lock(&self) -> MutexGuard<'_, Beaten> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that the node lives.
pub(crate) struct Heart {
    pub(crate) health: Health,
    pub(crate) store: Store,
    pub(crate) name: String,
    pub(crate) known: Arc<Known>,
    pub(crate) concurrency: usize,
    pub(crate) load: Arc<Load>,
    pub(crate) ear: Arc<Ear>,
}

impl Heart {
    pub(crate) async fn keep(self, pulse: watch::Sender<Pulse>) {
        let mut beats = every(BEAT);
        loop {
            tokio::select! {
                _ = beats.tick() => {}
                () = self.ear.cancelled.notified() => {}
            }
            let epoch = pulse.borrow().epoch;
            match self.beat(epoch).await {
                // Each beat is news: the worker looks for jobs by it.
                Ok(felt) => drop(pulse.send_replace(felt)),
                Err(error) => {
                    tracing::warn!(%error, queue = self.known.queue, "jobs have to wait for the database");
                }
            }
        }
    }

    pub(crate) async fn beat(&self, epoch: i64) -> Result<Pulse, Error> {
        let held = self.load.grip().held;
        let felt = match node::beat(&self.store, epoch, held).await? {
            Some(felt) => felt,
            None => {
                // Silent for too long: what runs here runs elsewhere by now.
                tracing::warn!(epoch, held, "taken for dead; starting again as a new node");
                let epoch = node::join(&self.store, &self.name, &self.known, 2 * self.concurrency).await?;
                node::beat(&self.store, epoch, 0).await?.unwrap_or(Pulse { epoch, ..Pulse::default() })
            }
        };
        let mut slots = usize::MAX;
        if felt.running_max.is_some() {
            // As long as it is not decided, no more than there are.
            let held = {
                let mut grip = self.load.grip();
                (grip.most, grip.is_open) = (grip.held, true);
                if felt.epoch == epoch { grip.held } else { 0 }
            };
            let is_hungry = self.load.is_hungry.load(Ordering::Relaxed);
            slots = node::share(&self.store, &self.known.queue, felt.epoch, held, is_hungry).await?;
        }
        let mut grip = self.load.grip();
        (grip.most, grip.is_open) = (slots, false);
        drop(grip);
        self.health.lock().last = Some(Instant::now());
        Ok(felt)
    }
}

/// What one node does for all, as long as it is the one; each says how long its queue is.
pub(crate) async fn duties(
    store: Store,
    queue: String,
    mut pulse: watch::Receiver<Pulse>,
    keep_dead: Duration,
) {
    let mut housekeeping = every(HOUSEKEEPING);
    let mut watch = duties::Watch::default();
    let mut next = None;
    loop {
        let is_time = tokio::select! {
            changed = pulse.changed() => match changed {
                Ok(()) => false,
                Err(_) => return,
            },
            _ = housekeeping.tick() => true,
            () = until(next) => false,
        };
        next = None;
        if is_time && let Err(error) = overview::gauge(&store, &queue).await {
            tracing::debug!(%error, queue, "how many jobs there are is not known");
        }
        if !pulse.borrow_and_update().leads {
            continue;
        }
        let done = async {
            let rescued = duties::rescue(&store, &mut watch).await?;
            if rescued > 0 {
                tracing::warn!(rescued, "jobs of silent nodes went back to their queues");
            }
            cron::tick(&store).await?;
            next = duties::wake(&store).await?.map(|it| Instant::now() + it);
            duties::sweep(&store).await?;
            if is_time {
                duties::sort_out_unknown(&store).await?;
                duties::prune(&store, keep_dead).await?;
            }
            Ok::<_, Error>(())
        };
        if let Err(error) = done.await {
            tracing::warn!(%error, "the duties of all nodes have to wait for the database");
        }
    }
}

/// For ever where there is no such moment.
pub(crate) async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// The first at once.
fn every(period: Duration) -> Interval {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
