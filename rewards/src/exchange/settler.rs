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
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use store::{Clock, Store};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wallet::{Ledger, Transfer};

/// Groups of commands that are settled together, at most.
const GROUPS_MAX: usize = 64;
/// Steps that are asked of the ledger without waiting, at most.
const ASKED_MAX: usize = 1_000;
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
    /// Cancelled when it can do no more.
    pub(crate) ended: CancellationToken,
    /// Whether it is to end at once.
    pub(crate) stop: CancellationToken,
    stuck: usize,
}

/// A step with what it asks of the ledger, and what came of it.
struct Asked {
    step: Step,
    transfers: Vec<Transfer>,
    refused: Option<String>,
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
        loop {
            let mut some = Vec::new();
            let has_stuck = self.stuck > 0;
            let count = tokio::select! {
                count = notes.recv_many(&mut some, GROUPS_MAX) => count,
                () = tokio::time::sleep_until(again), if has_stuck => usize::MAX,
                () = self.stop.cancelled() => return,
            };
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
            let steps_of = self.orders.take(it);
            // With its orders as they are at the end: what a transfer says of them does not change.
            for step in steps_of {
                let orders: Vec<&Order> = step.orders().filter_map(|it| self.orders.get(it)).collect();
                let transfers = step.transfers(&self.market, &orders)?;
                if !transfers.is_empty() {
                    steps.push(Asked { step, transfers, refused: None });
                }
            }
        }
        let begun = std::time::Instant::now();
        while !steps.is_empty() {
            let later = steps.split_off(steps.len().min(ASKED_MAX));
            record.stuck.extend(self.make(std::mem::replace(&mut steps, later)).await?);
        }
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
    async fn make(&self, mut waiting: Vec<Asked>) -> Result<Vec<StuckStep>, Error> {
        let mut pause = AGAIN;
        loop {
            let mut asked = Vec::with_capacity(waiting.len());
            for it in &waiting {
                let mut made = Box::pin(self.ledger.make_together(it.transfers.clone()));
                // The first look hands it to the ledger: in this order.
                let said = match poll!(&mut made) {
                    Poll::Ready(said) => Some(said),
                    Poll::Pending => None,
                };
                asked.push((made, said));
            }
            let mut is_unsure = false;
            let mut left = Vec::new();
            for ((made, said), mut it) in asked.into_iter().zip(waiting) {
                let said = match said {
                    Some(said) => said,
                    None => made.await,
                };
                match said {
                    Ok(_) => continue,
                    Err(wallet::Error::Refused(refusal)) => it.refused = Some(refusal.to_string()),
                    Err(error) => {
                        tracing::warn!(market = self.market.id, %error, "a step is asked for again");
                        is_unsure = true;
                    }
                }
                left.push(it);
            }
            if !is_unsure {
                let stuck = |it: Asked| Some(StuckStep { step: it.step, reason: it.refused? });
                return Ok(left.into_iter().filter_map(stuck).collect());
            }
            // One that was refused may have needed one that is not made yet.
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
