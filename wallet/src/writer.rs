//! The batch writer: transfers that are asked for at the same time are made in one transaction, one after another by the rules of
//! [`Book`](crate::Book), and answered when it is committed.

mod batch;

use crate::error::Error;
use crate::id::CHAINS;
use crate::ledger::{Act, Made, Refusal, Transfer};
use batch::Lot;
use std::sync::Arc;
use store::{Clock, Store};
use tokio::sync::{mpsc, oneshot};

/// Requests that are made in one transaction, at most.
const BATCH_MAX: usize = 512;
/// Requests that wait on a chain: more are refused at once.
const WAITING_MAX: usize = 16_384;
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

/// Makes transfers. Clones share its writers, one a chain; they end with the last clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    chains: Arc<[mpsc::Sender<Asked>]>,
}

impl Ledger {
    /// Starts the writers. `writer` names this process in what they write.
    pub fn start(store: &Store, clock: &Clock, writer: &str) -> Self {
        let chains = (0..CHAINS).map(|chain| {
            let (sender, asked) = mpsc::channel(WAITING_MAX);
            let writer = Writer {
                store: store.clone(),
                clock: clock.clone(),
                chain: i16::from(chain),
                name: writer.to_owned(),
            };
            tokio::spawn(writer.run(asked));
            sender
        });
        Self { chains: chains.collect() }
    }

    /// Makes a transfer: once, however often it is asked for under its id.
    pub async fn make(&self, transfer: Transfer) -> Result<Made, Error> {
        self.make_together(vec![transfer]).await
    }

    /// Makes transfers that belong together: all, or none.
    pub async fn make_together(&self, together: Vec<Transfer>) -> Result<Made, Error> {
        if together.len() > TOGETHER_MAX {
            return Err(Error::TooMany { max: TOGETHER_MAX });
        }
        let chain = together.first().map(chain_of).ok_or(Refusal::Empty)?;
        let (answer, answered) = oneshot::channel();
        self.chains[usize::from(chain)].try_send(Asked { together, answer }).map_err(
            |error| match error {
                mpsc::error::TrySendError::Full(_) => Error::Busy,
                mpsc::error::TrySendError::Closed(_) => Error::Ended,
            },
        )?;
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

/// Writes a chain.
struct Writer {
    store: Store,
    clock: Clock,
    chain: i16,
    name: String,
}

impl Writer {
    async fn run(self, mut asked: mpsc::Receiver<Asked>) {
        let mut waiting = Vec::with_capacity(BATCH_MAX);
        while asked.recv_many(&mut waiting, BATCH_MAX).await > 0 {
            let all: Vec<&[Transfer]> = waiting.iter().map(|it| it.together.as_slice()).collect();
            let outcomes = self.write(&all).await;
            // Who has gone meanwhile asks again.
            match outcomes {
                Ok(outcomes) => {
                    for (it, outcome) in waiting.drain(..).zip(outcomes) {
                        let _gone = it.answer.send(outcome.map_err(Error::from));
                    }
                }
                Err(error) => {
                    tracing::warn!(chain = self.chain, %error, "transfers were not made");
                    for it in waiting.drain(..) {
                        let _gone = it.answer.send(Err(error.clone()));
                    }
                }
            }
        }
    }

    async fn write(&self, asked: &[&[Transfer]]) -> Result<Vec<Outcome>, Error> {
        let lot = Lot { asked, chain: self.chain, writer: &self.name, now: self.clock.now() };
        for _ in 1..TRIES_MAX {
            match self.store.run_tx("wallet.batch", async |tx| batch::write(tx, &lot).await).await {
                // Another chain's batch has made one of these, or a hold of theirs, since this one looked.
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
pub(crate) use batch::STATEMENTS;
