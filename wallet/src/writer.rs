//! The batch writer: transfers that are asked for at the same time are made in one transaction, one after another by the rules of
//! [`Book`](crate::Book), and answered when it is on the disk.
//!
//! A batch does not wait for the disk, and the next begins at once; [`keep`] waits for all that were written meanwhile together. So one disk
//! write answers many, and locks on an account that many want last as long as its batch is written.
//!
//! A writer judges the next batch while the one before is being written, by what it knows ([`Known`]); a batch says what its chains were when
//! it was judged, and PostgreSQL writes it only if they are. Another process that writes the same chains is thereby never overlooked: the batch
//! is then judged anew, by what is read under locks.

pub(crate) mod batch;
mod keep;
mod known;

use crate::error::Error;
use crate::id::{CHAINS, TransferId};
use crate::ledger::{Act, Made, Reason, Refusal, Transfer};
use crate::metadata::Metadata;
use crate::reverse;
use crate::told;
use batch::{By, Judgement, NotWritten};
use jobs::trace::TRACES;
use keep::{Keeper, Written};
use known::Known;
use std::collections::VecDeque;
use store::{Client, Clock, Statement, Store, Transaction};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tracing::Instrument;

/// Requests that are made in one transaction, at most.
const BATCH_MAX: usize = 512;
/// Requests that wait for the writer: more are refused at once.
const WAITING_MAX: usize = 16_384;
/// Batches that are written and not yet known to be on the disk.
const WRITTEN_MAX: usize = 64;
/// Batches whose changes are still to be told of; of more nothing is told.
const CHANGES_MAX: usize = 1_024;
/// Batches on their way to the database: one that is written, and one that waits for its chains.
const UNDER_WAY_MAX: usize = 2;
/// Transfers that are made together.
const TOGETHER_MAX: usize = 64;
/// How often a batch is begun again that another process came before.
const TRIES_MAX: usize = 5;
/// Batches that are judged under locks, at most, after one was not written because another process came before it: twice as many as the last
/// time.
const WARY_MAX: u32 = 64;
/// How far a clock may be from the database's, seconds.
const APART_MAX: f64 = 300.0;

type Outcome = Result<Made, Refusal>;

/// Transfers that belong together, and who waits for them.
struct Asked {
    together: Vec<Transfer>,
    answer: oneshot::Sender<Result<Made, Error>>,
}

/// Makes transfers. Clones share its writer, which ends with the last clone.
#[derive(Clone)]
pub struct Ledger {
    asked: mpsc::Sender<Asked>,
    store: Store,
}

impl Ledger {
    /// Starts the writer. `writer` names this process in what it writes.
    pub fn start(store: &Store, clock: &Clock, writer: &str) -> Self {
        let (written, kept) = mpsc::channel(WRITTEN_MAX);
        let (changes, changed) = mpsc::channel(CHANGES_MAX);
        let (sender, asked) = mpsc::channel(WAITING_MAX);
        tokio::spawn(told::tell(store.clone(), changed));
        tokio::spawn(Keeper { store: store.clone(), changes }.run(kept));
        let (clock, name) = (clock.clone(), writer.to_owned());
        tokio::spawn(Writer::new(store.clone(), clock, name, written).run(asked));
        Self { asked: sender, store: store.clone() }
    }

    /// Makes a transfer: once, however often it is asked for under its id.
    pub async fn make(&self, transfer: Transfer) -> Result<Made, Error> {
        self.make_together(vec![transfer]).await
    }

    /// Makes transfers that belong together: all, or none.
    pub async fn make_together(&self, together: Vec<Transfer>) -> Result<Made, Error> {
        let reverses = |it: &Transfer| matches!(it.act, Act::Post(of) | Act::Hold { of, .. } if of.reason == Reason::Reversal);
        if together.iter().any(reverses) {
            return Err(Refusal::NotForThis { reason: Reason::Reversal }.into());
        }
        self.ask(together).await
    }

    /// Takes back what a transfer moved, by a transfer the other way: once. The bounds hold for it as well: what was spent since is not there
    /// to be taken.
    pub async fn reverse(&self, id: TransferId, metadata: Metadata) -> Result<Made, Error> {
        let reversal = self.read(async |db| reverse::of(db, id, metadata).await).await?;
        self.ask(vec![reversal]).await
    }

    pub(crate) async fn read<T>(
        &self,
        body: impl AsyncFnOnce(&Client<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.store.read("wallet.ledger", body).await
    }

    /// The same of reversals as well, which this crate makes where it knows what they take back.
    pub(crate) async fn ask(&self, together: Vec<Transfer>) -> Result<Made, Error> {
        if together.len() > TOGETHER_MAX {
            return Err(Error::TooMany { max: TOGETHER_MAX });
        }
        if together.is_empty() {
            return Err(Refusal::Empty.into());
        }
        let transfers = together.len() as i64;
        let (answer, answered) = oneshot::channel();
        self.asked.try_send(Asked { together, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Error::Busy,
            mpsc::error::TrySendError::Closed(_) => Error::Ended,
        })?;
        let span = tracing::info_span!(target: TRACES, "wallet.transfer", transfers);
        answered.instrument(span).await.map_err(|_| Error::Ended)?
    }
}

/// Where it is written: with its owner's others, if it names an account.
fn chain_of(transfer: &Transfer) -> u8 {
    match transfer.act {
        Act::Post(of) | Act::Hold { of, .. } => of.debit.chain(),
        Act::Finish { hold, .. } | Act::Void { hold } | Act::Lapse { hold } => {
            (hold.number() % u128::from(CHAINS)) as u8
        }
    }
}

/// A batch on its way to the database.
struct UnderWay {
    /// Ends with what was asked, where that was not written.
    task: JoinHandle<Result<(), Vec<Asked>>>,
    ids: Vec<TransferId>,
    chains: Vec<u8>,
    /// Whether its chains are locked: the next must not be before it.
    locked: watch::Receiver<bool>,
}

struct Writer {
    store: Store,
    clock: Clock,
    name: String,
    written: mpsc::Sender<Written>,
    known: Known,
    /// In their order.
    under_way: VecDeque<UnderWay>,
    /// Batches that are judged under locks before one is again by what is known, and how many that were the last time.
    wary: (u32, u32),
}

impl Writer {
    fn new(store: Store, clock: Clock, name: String, written: mpsc::Sender<Written>) -> Self {
        let (known, under_way) = (Known::default(), VecDeque::new());
        Self { store, clock, name, written, known, under_way, wary: (0, 0) }
    }

    async fn run(mut self, mut asked: mpsc::Receiver<Asked>) {
        loop {
            if self.under_way.len() == UNDER_WAY_MAX {
                self.settle_first().await;
                continue;
            }
            let mut waiting = Vec::with_capacity(BATCH_MAX);
            let count = tokio::select! {
                biased;
                count = asked.recv_many(&mut waiting, BATCH_MAX) => Some(count),
                () = first_ends(&mut self.under_way) => None,
            };
            match count {
                Some(0) => break,
                Some(_) => self.make(waiting).await,
                None => self.settle_first().await,
            }
        }
        self.settle_all().await;
    }

    async fn make(&mut self, asked: Vec<Asked>) {
        if self.known.is_full() {
            self.settle_all().await;
            self.known = Known::default();
        }
        if self.wary.0 > 0 {
            self.wary.0 -= 1;
            self.settle_all().await;
            return self.make_under_locks(asked).await;
        }
        let judged = match self.known.book(&self.store, &asked).await {
            Ok(Some((chains, book))) => {
                let by = self.by();
                Some((batch::judge(&asked, &chains, book, by.now), by))
            }
            Ok(None) => None,
            // The same is asked again below, and may be answered.
            Err(error) => {
                tracing::debug!(%error, "the ledger's writer could not look something up");
                None
            }
        };
        // The next must not be before it. One that ends without having locked anything is not written.
        let is_next = match self.under_way.back_mut() {
            Some(last) => last.locked.wait_for(|it| *it).await.is_ok(),
            None => true,
        };
        match judged {
            Some((judgement, by)) if is_next => self.send(asked, judgement, by),
            _ => {
                self.settle_all().await;
                self.make_under_locks(asked).await;
            }
        }
    }

    fn by(&self) -> By {
        let apart_max = self.clock.is_system().then_some(APART_MAX);
        By { writer: self.name.clone(), now: self.clock.now(), apart_max }
    }

    /// Sends a batch on its way that was judged by what is known.
    fn send(&mut self, asked: Vec<Asked>, judgement: Judgement, by: By) {
        self.known.take(&judgement, &asked);
        let ids = judgement.made(&asked).map(|it| it.id).collect();
        let chains = judgement.links.iter().map(|it| it.chain.number).collect();
        let (lock, locked) = watch::channel(false);
        let (store, written) = (self.store.clone(), self.written.clone());
        let task = tokio::spawn(async move {
            let locked = || {
                lock.send_replace(true);
            };
            let run = async |all: &[Statement<'_>]| store.run_at_once("wallet.batch", all, locked).await;
            match judgement.write(&asked, &by, run).await.map_err(NotWritten::from) {
                Ok(()) => {
                    // The keeper ends after its writers.
                    let _ended = written.send(Written::of(asked, judgement)).await;
                    Ok(())
                }
                Err(why) => {
                    tracing::debug!(?why, "a batch of the ledger is judged anew");
                    Err(asked)
                }
            }
        });
        self.under_way.push_back(UnderWay { task, ids, chains, locked });
    }

    /// Waits for the first batch under way; for all, and makes again what was not written, if it was not.
    async fn settle_first(&mut self) {
        let Some(first) = self.under_way.pop_front() else { return };
        let Some(asked) = self.end(first).await else {
            self.wary.1 /= 2;
            return;
        };
        let mut again = vec![asked];
        while let Some(next) = self.under_way.pop_front() {
            again.extend(self.end(next).await);
        }
        self.wary.1 = (2 * self.wary.1 + 1).min(WARY_MAX);
        self.wary.0 = self.wary.1;
        for asked in again {
            self.make_under_locks(asked).await;
        }
    }

    async fn settle_all(&mut self) {
        while !self.under_way.is_empty() {
            self.settle_first().await;
        }
    }

    /// What was asked, where that was not written.
    async fn end(&mut self, batch: UnderWay) -> Option<Vec<Asked>> {
        let ended = batch.task.await;
        self.known.ended(&batch.ids);
        match ended {
            Ok(Ok(())) => None,
            Ok(Err(asked)) => {
                self.known.forget(&batch.chains);
                Some(asked)
            }
            // Who asked hears that nothing is known of it.
            Err(error) => {
                tracing::error!(%error, "a batch of the ledger was lost on its way");
                self.known.forget(&batch.chains);
                Some(Vec::new())
            }
        }
    }

    /// Makes what nothing is known of, or what another process came before. Nothing is under way.
    async fn make_under_locks(&mut self, asked: Vec<Asked>) {
        match self.write(&asked).await {
            Ok(judgement) => {
                self.known.learn(&judgement);
                let _ended = self.written.send(Written::of(asked, judgement)).await;
            }
            Err(error) => {
                tracing::warn!(%error, "transfers were not made");
                for it in asked {
                    let _gone = it.answer.send(Err(error.clone()));
                }
            }
        }
    }

    async fn write(&self, asked: &[Asked]) -> Result<Judgement, Error> {
        let by = self.by();
        let write = async |tx: &Transaction<'_>| {
            let (chains, book) = batch::read(tx, asked, &by.writer).await?;
            let judgement = batch::judge(asked, &chains, book, by.now);
            judgement.write(asked, &by, async |all: &[Statement<'_>]| tx.run(all).await).await?;
            Ok(judgement)
        };
        for _ in 1..TRIES_MAX {
            match self.store.run_tx("wallet.batch", write).await {
                // Another process has made one of these, or a hold of theirs, since this one looked.
                Err(NotWritten::Again) => {}
                other => return other.map_err(Error::from),
            }
        }
        Ok(self.store.run_tx("wallet.batch", write).await?)
    }
}

/// When the first batch under way has ended; never, where there is none.
async fn first_ends(under_way: &mut VecDeque<UnderWay>) {
    match under_way.front_mut() {
        // Its sender goes with the batch.
        Some(first) => while first.locked.changed().await.is_ok() {},
        None => std::future::pending().await,
    }
}

/// Every statement below, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: [&[&str]; 3] = [batch::STATEMENTS, keep::STATEMENTS, known::STATEMENTS];
