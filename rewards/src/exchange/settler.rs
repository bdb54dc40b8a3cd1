//! Settling: what came of commands goes to the ledger in the order of the journal, and then into the tables. A crash anywhere is repaired by
//! doing it again, since every transfer has an id that follows from the journal.

use super::carried::Carried;
use super::error::Error;
use super::lease::Lease;
use super::listing::Listing;
use super::order::{self, Order};
use super::orders::Orders;
use super::record::{self, FillRow, Record, StuckStep, Top};
use super::step::Step;
use futures_util::poll;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use store::{Clock, Store};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wallet::{Ledger, Transfer};

/// Groups of commands that are settled together, at most.
const GROUPS_MAX: usize = 64;
/// Steps that are under way to the ledger: few, since a batch of many takes long, and holds of new orders wait behind it; more where many wait,
/// since settling must not fall behind for long.
const ASKED_MIN: usize = 24;
const ASKED_MAX: usize = 128;
/// How often it settles, at least apart, where nobody waits for it: a round costs the database more than what is in it.
const PACE: Duration = Duration::from_millis(20);
/// How soon it is tried again where something was away; it doubles up to the longest.
const AGAIN: Duration = Duration::from_millis(20);
const AGAIN_MAX: Duration = Duration::from_secs(2);
/// How often what is stuck is tried again.
const STUCK_AGAIN: Duration = Duration::from_secs(2);
/// Steps that are tried again at a time.
const STUCK_MAX: i64 = 500;

/// What the settler is told.
pub(crate) enum Note {
    Group {
        carried: Vec<Carried>,
        top: Top,
    },
    /// Tries now what is stuck; answers how much still is.
    Try(oneshot::Sender<usize>),
}

pub(crate) struct Settler {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) ledger: Ledger,
    pub(crate) market: Arc<Listing>,
    pub(crate) lease: Arc<Lease>,
    pub(crate) orders: Orders,
    /// Up to which command all is in the tables.
    pub(crate) recorded: watch::Sender<u64>,
    /// Notified where somebody waits for that.
    pub(crate) waited: Arc<Notify>,
    /// Cancelled when it can do no more.
    pub(crate) ended: CancellationToken,
    /// Whether it is to end at once.
    pub(crate) stop: CancellationToken,
    stuck: usize,
}

/// A step with what it asks of the ledger.
struct Asked {
    step: Step,
    transfers: Vec<Transfer>,
}

impl Settler {
    pub(crate) fn new(
        (store, clock, ledger): (&Store, &Clock, &Ledger),
        market: &Arc<Listing>,
        lease: &Arc<Lease>,
        orders: Orders,
        recorded: watch::Sender<u64>,
        (ended, stop): (&CancellationToken, &CancellationToken),
    ) -> Self {
        Self {
            store: store.clone(),
            clock: clock.clone(),
            ledger: ledger.clone(),
            market: Arc::clone(market),
            lease: Arc::clone(lease),
            orders,
            recorded,
            waited: Arc::default(),
            ended: ended.clone(),
            stop: stop.clone(),
            stuck: 0,
        }
    }

    /// Settles what comes, until nobody sends more; or the lease is somebody else's, who does it then.
    pub(crate) async fn run(mut self, mut notes: mpsc::UnboundedReceiver<Note>) {
        if let Err(error) = self.look_at_stuck().await {
            tracing::warn!(market = self.market.id, %error, "what is stuck could not be read");
        }
        let mut again = Instant::now() + STUCK_AGAIN;
        let mut begun = None;
        loop {
            if let Some(begun) = begun {
                tokio::select! {
                    () = tokio::time::sleep_until(begun + PACE) => {}
                    () = self.waited.notified() => {}
                    () = self.stop.cancelled() => return,
                }
            }
            let mut some = Vec::new();
            let has_stuck = self.stuck > 0;
            let count = tokio::select! {
                count = notes.recv_many(&mut some, GROUPS_MAX) => count,
                () = tokio::time::sleep_until(again), if has_stuck => usize::MAX,
                () = self.stop.cancelled() => return,
            };
            begun = Some(Instant::now());
            let done = match count {
                0 => return,
                usize::MAX => Ok(()),
                _ => self.take(some).await,
            };
            let done = match done {
                Ok(()) if self.stuck > 0 && Instant::now() >= again => {
                    again = Instant::now() + STUCK_AGAIN;
                    self.try_stuck().await
                }
                other => other,
            };
            if let Err(error) = done {
                tracing::warn!(market = self.market.id, %error, "a market is settled by somebody else from now on");
                self.ended.cancel();
                return;
            }
        }
    }

    /// Writes down how the book is where nothing is to be settled.
    pub(crate) async fn begin(&mut self, top: Top) -> Result<(), Error> {
        let seq = *self.recorded.borrow();
        self.write(&Record { seq, top: Some(top), ..Record::default() }).await
    }

    async fn take(&mut self, notes: Vec<Note>) -> Result<(), Error> {
        let (mut carried, mut top, mut tries) = (Vec::new(), None, Vec::new());
        for note in notes {
            match note {
                Note::Group { carried: some, top: is } => {
                    carried.extend(some);
                    top = Some(is);
                }
                Note::Try(answer) => tries.push(answer),
            }
        }
        if !carried.is_empty() {
            self.settle(carried, top).await?;
        }
        if !tries.is_empty() {
            self.try_stuck().await?;
        }
        for answer in tries {
            let _gone = answer.send(self.stuck);
        }
        Ok(())
    }

    /// Settles these commands and writes it down.
    pub(crate) async fn settle(&mut self, carried: Vec<Carried>, top: Option<Top>) -> Result<(), Error> {
        let Some(seq) = carried.last().map(|it| it.seq) else { return Ok(()) };
        let mut record = Record { seq, top, ..Record::default() };
        let mut steps = Vec::new();
        for it in carried {
            record.fills.extend(it.fills.iter().map(|fill| FillRow { fill: *fill, at: it.at }));
            let steps_of = self.orders.take(it)?;
            // With its orders as they are at the end: what a transfer says of them does not change.
            for step in steps_of {
                let orders: Vec<&Order> = step.orders().filter_map(|it| self.orders.get(it)).collect();
                let transfers = step.transfers(&self.market, &orders)?;
                if !transfers.is_empty() {
                    steps.push(Asked { step, transfers });
                }
            }
        }
        let begun = std::time::Instant::now();
        record.stuck = self.make(steps).await?;
        for it in &record.stuck {
            tracing::warn!(market = self.market.id, seq = it.step.seq, reason = it.reason, "a step is stuck");
        }
        self.stuck += record.stuck.len();
        (record.orders, record.without_extra) = self.orders.changed();
        self.write(&record).await?;
        self.orders.forget_over(&record.orders);
        self.recorded.send_replace(seq);
        metrics::histogram!("market_settle_seconds").record(begun.elapsed().as_secs_f64());
        Ok(())
    }

    /// Has the ledger make these, in their order; answers those that it refuses. Waits as long as the ledger cannot say.
    async fn make(&self, steps: Vec<Asked>) -> Result<Vec<StuckStep>, Error> {
        let at_once = (steps.len() / 2).clamp(ASKED_MIN, ASKED_MAX);
        let (mut waiting, mut stuck, mut pause) = (VecDeque::from(steps), Vec::new(), AGAIN);
        loop {
            let (mut asked, mut left) = (VecDeque::with_capacity(at_once), VecDeque::new());
            loop {
                // After one of which nothing is known no other is begun.
                while left.is_empty() && asked.len() < at_once {
                    let Some(it) = waiting.pop_front() else { break };
                    let mut made = Box::pin(self.ledger.make_together(it.transfers.clone()));
                    // The first look hands it to the ledger: in this order.
                    let said = match poll!(&mut made) {
                        Poll::Ready(said) => Some(said),
                        Poll::Pending => None,
                    };
                    asked.push_back((made, said, it));
                }
                let Some((made, said, it)) = asked.pop_front() else { break };
                let said = match said {
                    Some(said) => said,
                    None => made.await,
                };
                match said {
                    Ok(_) => {}
                    Err(wallet::Error::Refused(refusal)) if left.is_empty() => {
                        stuck.push(StuckStep { step: it.step, reason: refusal.to_string() });
                    }
                    // It may have needed one that is not made yet.
                    Err(wallet::Error::Refused(_)) => left.push_back(it),
                    Err(error) => {
                        tracing::warn!(market = self.market.id, %error, "a step is asked for again");
                        left.push_back(it);
                    }
                }
            }
            if left.is_empty() {
                return Ok(stuck);
            }
            left.append(&mut waiting);
            waiting = left;
            self.pause(&mut pause).await?;
        }
    }

    async fn write(&self, record: &Record) -> Result<(), Error> {
        let (market, mut pause) = ((self.market.number, self.lease.epoch, self.market.id.as_str()), AGAIN);
        loop {
            match record.write(&self.store, market, self.clock.now()).await {
                Err(Error::Store(error)) => {
                    tracing::warn!(market = market.2, %error, "what is settled is written down again");
                }
                other => return other,
            }
            self.pause(&mut pause).await?;
        }
    }

    /// Waits a little longer each time; not for ever, where it is to stop.
    async fn pause(&self, pause: &mut Duration) -> Result<(), Error> {
        tokio::select! {
            () = tokio::time::sleep(*pause) => {}
            () = self.stop.cancelled() => return Err(Error::Away { id: self.market.id.clone() }),
        }
        *pause = (*pause * 2).min(AGAIN_MAX);
        Ok(())
    }

    async fn look_at_stuck(&mut self) -> Result<(), Error> {
        let number = self.market.number;
        let all =
            self.store.read("rewards.stuck", async |db| record::stuck(db, number, STUCK_MAX).await).await?;
        self.stuck = all.len();
        Ok(())
    }

    /// Tries what is stuck, in the order of the journal; what needs an order of which something is stuck still waits with it.
    async fn try_stuck(&mut self) -> Result<(), Error> {
        let number = self.market.number;
        let read = self.store.read("rewards.stuck", async |db| {
            let all = record::stuck(db, number, STUCK_MAX).await?;
            let numbers: BTreeSet<i64> = all.iter().flat_map(|it| it.step.orders()).collect();
            let orders = order::by_numbers(db, &numbers.into_iter().collect::<Vec<_>>()).await?;
            Ok::<_, Error>((all, orders))
        });
        let Ok((all, orders)) = read.await else { return Ok(()) };
        let orders: HashMap<i64, Order> = orders.into_iter().map(|it| (it.number, it)).collect();
        let (mut behind, mut still) = (BTreeSet::new(), 0);
        for it in &all {
            let of_step: Vec<i64> = it.step.orders().collect();
            if of_step.iter().any(|it| behind.contains(it)) {
                still += 1;
                continue;
            }
            let of: Vec<&Order> = of_step.iter().filter_map(|it| orders.get(it)).collect();
            let transfers = it.step.transfers(&self.market, &of)?;
            let refused = match self.ledger.make_together(transfers).await {
                Ok(_) => None,
                Err(error) => Some(error.to_string()),
            };
            if refused.is_some() {
                behind.extend(of_step);
                still += 1;
            }
            let now = self.clock.now();
            if let Err(error) = record::tried(&self.store, number, &it.step, refused.as_deref(), now).await {
                // It is made and counts as stuck, until it is made again, which changes nothing.
                tracing::warn!(market = self.market.id, %error, "what was stuck could not be written down");
            }
        }
        self.stuck = still;
        Ok(())
    }
}
