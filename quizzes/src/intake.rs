//! Answers that come at once: those that come while others are being written go together, in one transaction, and are answered when it stands.

use crate::answer::{Receipt, Submission, accept};
use crate::error::Error;
use jobs::trace::{self, TRACES};
use store::{Clock, Store};
use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument, Span};

/// Answers that are written together, at most.
pub const TOGETHER_MAX: usize = 512;
/// Answers that wait for it: more are refused at once.
pub const WAITING_MAX: usize = 16_384;

struct Waiting {
    submission: Submission,
    /// The span that it came in, where somebody traces.
    trace: Option<String>,
    answer: oneshot::Sender<Result<Receipt, Error>>,
}

/// Where a process hands in its answers. There may be one in each process: they take turns at a question's row. Clones share it; what was handed
/// in is written also when the last one is gone.
///
/// 10,000 answers to one question within 10 s, by two intakes on two cores with the database: receipts after 5 ms in the middle, 11 ms at p99
/// (`examples/burst.rs`).
#[derive(Clone)]
pub struct Intake(mpsc::Sender<Waiting>);

impl Intake {
    pub fn start(store: &Store, clock: &Clock) -> Self {
        let (sender, mut waiting) = mpsc::channel(WAITING_MAX);
        let (store, clock) = (store.clone(), clock.clone());
        tokio::spawn(async move {
            let mut some = Vec::with_capacity(TOGETHER_MAX);
            while waiting.recv_many(&mut some, TOGETHER_MAX).await > 0 {
                let waiting = std::mem::take(&mut some);
                let span = span(&waiting);
                write(&store, &clock, waiting).instrument(span).await;
            }
        });
        Self(sender)
    }

    /// Hands in an answer, and waits until it is kept: who has the receipt has answered, whatever ends then.
    ///
    /// # Errors
    /// [`Error::Refused`]; [`Error::Busy`] where too many wait; [`Error::Unsure`] where it ends meanwhile; and where the database could not.
    pub async fn answer(&self, submission: Submission) -> Result<Receipt, Error> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { submission, trace: trace::here_if_kept(), answer };
        let sent = self.0.try_send(waiting).map_err(|_| Error::Busy);
        let receipt = match sent {
            Ok(()) => answered.await.unwrap_or(Err(Error::Unsure)),
            Err(busy) => Err(busy),
        };
        count(&receipt);
        receipt
    }
}

/// One answer is written in its own trace, with what it brings about; several together in a trace that names where each came from.
fn span(waiting: &[Waiting]) -> Span {
    let traced = || waiting.iter().filter_map(|it| it.trace.as_deref());
    if traced().next().is_none() {
        return Span::none();
    }
    let span =
        tracing::info_span!(target: TRACES, parent: None, "quizzes.answers", answers = waiting.len() as i64);
    match waiting {
        [Waiting { trace: Some(from), .. }] => trace::join(&span, from),
        _ => traced().for_each(|from| trace::link(&span, from)),
    }
    span
}

fn count(receipt: &Result<Receipt, Error>) {
    let outcome = match receipt {
        Ok(_) => "accepted",
        Err(Error::Refused(_)) => "refused",
        Err(Error::Busy) => "busy",
        Err(_) => "failed",
    };
    metrics::counter!("quizzes_answers_total", "outcome" => outcome).increment(1);
}

async fn write(store: &Store, clock: &Clock, waiting: Vec<Waiting>) {
    let (all, answers): (Vec<Submission>, Vec<_>) =
        waiting.into_iter().map(|it| (it.submission, it.answer)).unzip();
    metrics::histogram!("quizzes_answers_together").record(all.len() as f64);
    match try_write(store, clock, &all).await {
        Ok(receipts) => {
            for (receipt, answer) in receipts.into_iter().zip(answers) {
                let _gone = answer.send(receipt);
            }
        }
        // One that the database would not have must not hold up the others.
        Err(Error::Store(error)) if all.len() > 1 && error.sql_state().is_some() => {
            for (submission, answer) in all.into_iter().zip(answers) {
                let written = try_write(store, clock, std::slice::from_ref(&submission)).await;
                let receipt = written.and_then(|it| it.into_iter().next().unwrap_or(Err(Error::Unsure)));
                let _gone = answer.send(receipt);
            }
        }
        Err(error) => {
            for answer in answers {
                let _gone = answer.send(Err(error.clone()));
            }
        }
    }
}

async fn try_write(
    store: &Store,
    clock: &Clock,
    all: &[Submission],
) -> Result<Vec<Result<Receipt, Error>>, Error> {
    let written = store.run_tx("quizzes.answers", async |tx| accept(tx, clock, all).await).await;
    match written {
        Ok(receipts) => Ok(receipts.into_iter().map(|it| it.map_err(Error::from)).collect()),
        Err(Error::Store(error)) if matches!(*error, store::Error::CommitUnknown { .. }) => {
            Err(Error::Unsure)
        }
        Err(error) => Err(error),
    }
}
