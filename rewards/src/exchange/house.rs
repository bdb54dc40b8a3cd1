//! The markets that this process writes: their leases are taken, renewed and given back.

use super::desk::Desk;
use super::error::Error;
use super::lease::{self, RENEWED};
use super::opening::{self, Working};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{Clock, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wallet::Ledger;

/// How often it is looked whether a market is free.
const LOOKED: Duration = Duration::from_secs(2);
/// How often it is looked for what was left on its way.
const SWEPT: Duration = Duration::from_secs(10);
/// Commands after which what is settled is forgotten from a journal: the disk is busy with it for a tenth of a second, and so it is not done often.
/// As many are read again in some thirty milliseconds when the market is opened.
const COMPACTED: u64 = 256_000;
/// How long what was committed may take to be settled when a market is given back.
const SETTLES: Duration = Duration::from_secs(5);

/// What a process has of markets.
pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) ledger: Ledger,
    /// What operators know this process by.
    pub(crate) name: String,
    /// Where journals are; none of a process that writes no market.
    pub(crate) folder: Option<PathBuf>,
    desks: Mutex<HashMap<String, Arc<Desk>>>,
    /// One look for leases at a time.
    looking: tokio::sync::Mutex<()>,
    kept: TaskTracker,
    stop: Mutex<CancellationToken>,
}

impl House {
    pub(crate) fn new(
        (store, clock, ledger): (&Store, &Clock, &Ledger),
        name: &str,
        folder: Option<PathBuf>,
    ) -> Self {
        Self {
            store: store.clone(),
            clock: clock.clone(),
            ledger: ledger.clone(),
            name: name.to_owned(),
            folder,
            desks: Mutex::default(),
            looking: tokio::sync::Mutex::default(),
            kept: TaskTracker::new(),
            stop: Mutex::default(),
        }
    }

    /// The desk of a market that this process writes.
    pub(crate) fn desk(&self, market: &str) -> Option<Arc<Desk>> {
        self.lock().get(market).filter(|it| !it.ended.is_cancelled()).cloned()
    }

    /// Cancelled when all markets are to be given back.
    fn stop(&self) -> CancellationToken {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Desk>>> {
        self.desks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the leases that nobody has, and opens those markets; answers how many.
    pub(crate) async fn look(self: &Arc<Self>) -> Result<usize, Error> {
        let Some(folder) = &self.folder else { return Ok(0) };
        let _alone = self.looking.lock().await;
        let mut opened = 0;
        for number in lease::free(&self.store).await? {
            if self.stop().is_cancelled() {
                break;
            }
            let Some(lease) = lease::take(&self.store, number, &self.name).await? else { continue };
            let epoch = lease.epoch;
            match opening::open(self, folder, lease).await {
                Ok(working) => {
                    let id = working.desk.market.id.clone();
                    tracing::info!(market = id, epoch, "opened a market");
                    self.lock().insert(id, Arc::clone(&working.desk));
                    self.kept.spawn(Arc::clone(self).keep(working));
                    opened += 1;
                }
                // The lease lasts to its end, before it is tried again.
                Err(error) => tracing::error!(market = number, epoch, %error, "a market cannot be opened"),
            }
        }
        Ok(opened)
    }

    /// Looks for markets until `stop`, then gives all back in order.
    pub(crate) async fn run(self: Arc<Self>, stop: CancellationToken) -> Result<(), Error> {
        // Also after an earlier run.
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner) = CancellationToken::new();
        self.kept.reopen();
        loop {
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "it was not looked for markets that nobody writes");
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(LOOKED) => {}
            }
        }
        self.end().await;
        Ok(())
    }

    /// Gives all markets back.
    pub(crate) async fn end(&self) {
        self.stop().cancel();
        self.kept.close();
        self.kept.wait().await;
    }

    /// Keeps a market that is open, until it has to be given back.
    async fn keep(self: Arc<Self>, working: Working) {
        let (desk, stop) = (Arc::clone(&working.desk), self.stop());
        let mut renewed = tokio::time::interval(RENEWED);
        // At once, and then now and then.
        let mut swept = tokio::time::interval(SWEPT);
        // What others have left is looked at once.
        let mut compacted = 0;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = desk.ended.cancelled() => break,
                _ = renewed.tick() => match desk.lease.renew(&self.store).await {
                    Ok(true) => {}
                    Ok(false) => {
                        tracing::warn!(market = desk.market.id, "the lease is somebody else's");
                        desk.stop.cancel();
                        break;
                    }
                    Err(error) if !desk.lease.is_good() => {
                        tracing::warn!(market = desk.market.id, %error, "the lease could not be renewed in time");
                        desk.stop.cancel();
                        break;
                    }
                    Err(_) => {}
                },
                _ = swept.tick() => {
                    if let Err(error) = desk.close_if_over().await {
                        tracing::warn!(market = desk.market.id, %error, "a market whose product is over is closed later");
                    }
                    if let Err(error) = desk.sweep().await {
                        tracing::warn!(market = desk.market.id, %error, "what was left on its way waits");
                    }
                    compacted = compact(&working, compacted).await;
                    if desk.is_closed.load(Ordering::Relaxed) && desk.try_stuck().await.is_ok_and(|it| it == 0) {
                        break;
                    }
                }
            }
        }
        self.close(working).await;
    }

    /// What is committed is settled, if the lease is still had, and then others may have it.
    async fn close(&self, working: Working) {
        let Working { desk, writer, settler, .. } = working;
        drop(desk.tasks.lock().unwrap_or_else(PoisonError::into_inner).take());
        let joined = tokio::task::spawn_blocking(move || writer.join());
        if !matches!(joined.await, Ok(Ok(()))) {
            tracing::error!(market = desk.market.id, "the market's thread has panicked");
        }
        let abort = settler.abort_handle();
        if tokio::time::timeout(SETTLES, settler).await.is_err() {
            abort.abort();
        }
        desk.ended.cancel();
        desk.stop.cancel();
        self.lock().retain(|_, it| !Arc::ptr_eq(it, &desk));
        desk.lease.give_back(&self.store).await;
    }
}

/// Forgets what is settled, where that is much; answers up to where that was done.
async fn compact(working: &Working, done: u64) -> u64 {
    let settled = *working.desk.recorded.borrow();
    if settled < done + COMPACTED {
        return done;
    }
    let disk = Arc::clone(&working.disk);
    let compacted = tokio::task::spawn_blocking(move || market::compact(disk.as_ref(), settled)).await;
    if let Ok(Err(error)) = compacted {
        tracing::warn!(market = working.desk.market.id, %error, "a journal was not made shorter");
    }
    settled
}
