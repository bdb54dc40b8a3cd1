//! The batch writer: transfers that are asked for at the same time are made in one transaction, one after another by the rules of
//! [`Book`](crate::Book), and answered when it is on the disk.
//!
//! A batch does not wait for the disk, and the next begins at once; [`keep`] waits for all that were written meanwhile together. So one disk
//! write answers many, and locks on an account that many want last as long as its batch is computed.

pub(crate) mod batch;
mod keep;

use crate::error::Error;
use crate::id::{CHAINS, TransferId};
use crate::ledger::{Act, Made, Reason, Refusal, Transfer};
use crate::metadata::Metadata;
use crate::reverse;
use crate::told;
use batch::{Judged, Lot};
use keep::{Keeper, Written};
use std::sync::Arc;
use store::{Client, Clock, Store};
use tokio::sync::{mpsc, oneshot};

/// Writers of a process; each writes every so manieth chain.
const LANES: usize = 2;
/// Requests that are made in one transaction, at most.
const BATCH_MAX: usize = 512;
/// Requests that wait for a writer: more are refused at once.
const WAITING_MAX: usize = 16_384;
/// Batches that are written and not yet known to be on the disk.
const WRITTEN_MAX: usize = 64;
/// Transfers that are made together.
const TOGETHER_MAX: usize = 64;
/// How often a batch is begun again that another process came before.
const TRIES_MAX: usize = 5;

type Outcome = Result<Made, Refusal>;

/// Transfers that belong together, and who waits for them.
struct Asked {
    together: Vec<Transfer>,
    answer: oneshot::Sender<Result<Made, Error>>,
}

/// Makes transfers. Clones share its writers, which end with the last clone.
#[derive(Clone)]
pub struct Ledger {
    lanes: Arc<[mpsc::Sender<Asked>]>,
    store: Store,
}

impl Ledger {
    /// Starts the writers. `writer` names this process in what they write.
    pub fn start(store: &Store, clock: &Clock, writer: &str) -> Self {
        let (written, kept) = mpsc::channel(WRITTEN_MAX);
        let (changes, changed) = mpsc::channel(WRITTEN_MAX);
        tokio::spawn(told::tell(store.clone(), changed));
        tokio::spawn(Keeper { store: store.clone(), changes }.run(kept));
        let lanes = (0..LANES).map(|_| {
            let (sender, asked) = mpsc::channel(WAITING_MAX);
            let writer = Writer { store: store.clone(), clock: clock.clone(), name: writer.to_owned() };
            tokio::spawn(writer.run(asked, written.clone()));
            sender
        });
        Self { lanes: lanes.collect(), store: store.clone() }
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
        let chain = together.first().map(chain_of).ok_or(Refusal::Empty)?;
        let (answer, answered) = oneshot::channel();
        self.lanes[usize::from(chain) % LANES].try_send(Asked { together, answer }).map_err(|error| {
            match error {
                mpsc::error::TrySendError::Full(_) => Error::Busy,
                mpsc::error::TrySendError::Closed(_) => Error::Ended,
            }
        })?;
        answered.await.map_err(|_| Error::Ended)?
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

/// Writes the chains of a lane.
struct Writer {
    store: Store,
    clock: Clock,
    name: String,
}

impl Writer {
    async fn run(self, mut asked: mpsc::Receiver<Asked>, written: mpsc::Sender<Written>) {
        let mut waiting = Vec::with_capacity(BATCH_MAX);
        while asked.recv_many(&mut waiting, BATCH_MAX).await > 0 {
            let all: Vec<&[Transfer]> = waiting.iter().map(|it| it.together.as_slice()).collect();
            let judged = self.write(&all).await;
            match judged {
                Ok(judged) => {
                    // The keeper ends after its writers.
                    let _ended = written.send(Written::of(waiting.drain(..), judged)).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "transfers were not made");
                    for it in waiting.drain(..) {
                        let _gone = it.answer.send(Err(error.clone()));
                    }
                }
            }
        }
    }

    async fn write(&self, asked: &[&[Transfer]]) -> Result<Judged, Error> {
        let lot = Lot { asked, writer: &self.name, now: self.clock.now() };
        for _ in 1..TRIES_MAX {
            match self.store.run_tx("wallet.batch", async |tx| batch::write(tx, &lot).await).await {
                // Another process has made one of these, or a hold of theirs, since this one looked.
                Err(batch::NotWritten::Again) => {}
                Err(batch::NotWritten::Error(Error::Store(error))) if error.is_unique_violation() => {}
                other => return other.map_err(Error::from),
            }
        }
        Ok(self.store.run_tx("wallet.batch", async |tx| batch::write(tx, &lot).await).await?)
    }
}

/// Every statement below, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: [&[&str]; 2] = [batch::STATEMENTS, keep::STATEMENTS];
