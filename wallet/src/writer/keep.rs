//! Answers who asked when what was made for them is on the disk.

use super::batch::Judgement;
use super::{Asked, Outcome};
use crate::error::Error;
use crate::id::AccountId;
use crate::ledger::{Kind, Made};
use store::Store;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// Batches that one write to the disk keeps, at most.
const TOGETHER_MAX: usize = 64;

/// A batch that others can read, and that a crash of the database may still undo.
pub(super) struct Written {
    /// Transfers that answers speak of: all that was made now is there if one of it is, since a batch is made wholly or not at all.
    speaks_of: Vec<Uuid>,
    answers: Vec<(oneshot::Sender<Result<Made, Error>>, Outcome)>,
    /// Fans' accounts that are not as they were.
    changed: Vec<AccountId>,
}

impl Written {
    pub(super) fn of(asked: Vec<Asked>, judgement: Judgement) -> Self {
        let changed = judgement.changed().filter(|it| it.1.kind == Kind::Fan).map(|it| it.0).collect();
        let (mut now, mut speaks_of) = (None, Vec::new());
        let one = |(it, outcome): (Asked, Outcome)| {
            let first = it.together.first().map(|it| it.id.uuid());
            match outcome {
                Ok(Made::Now) => now = first,
                Ok(Made::Before) => speaks_of.extend(first),
                Err(_) => {}
            }
            (it.answer, outcome)
        };
        let answers = asked.into_iter().zip(judgement.outcomes).map(one).collect();
        speaks_of.extend(now);
        Self { speaks_of, answers, changed }
    }
}

/// Commits something small and waits for the disk, and so for all that was committed before it. In between, the database may have gone down,
/// come back and lost what was not on the disk, hence the count: what this statement sees is kept by its own commit.
const KEEP: &str = "
    select count(*) as there, pg_logical_emit_message(true, 'wallet', '')::text as place
    from wallet.transfer where id = any($1)";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[KEEP];

pub(super) struct Keeper {
    pub(super) store: Store,
    /// Where is heard what is kept.
    pub(super) changes: mpsc::Sender<Vec<AccountId>>,
}

impl Keeper {
    pub(super) async fn run(self, mut written: mpsc::Receiver<Written>) {
        let mut waiting = Vec::with_capacity(TOGETHER_MAX);
        while written.recv_many(&mut waiting, TOGETHER_MAX).await > 0 {
            let kept = self.keep(&waiting).await;
            if let Err(error) = &kept {
                tracing::warn!(%error, "it is not known whether transfers were kept");
            }
            for written in waiting.drain(..) {
                if !written.changed.is_empty() && kept.is_ok() {
                    // A hint that there is no room for is not waited for.
                    let _full = self.changes.try_send(written.changed);
                }
                for (answer, outcome) in written.answers {
                    // Who has gone meanwhile asks again.
                    let _gone = answer.send(match &kept {
                        Ok(()) => outcome.map_err(Error::from),
                        Err(error) => Err(error.clone()),
                    });
                }
            }
        }
    }

    async fn keep(&self, written: &[Written]) -> Result<(), Error> {
        let mut ids: Vec<Uuid> = written.iter().flat_map(|it| it.speaks_of.iter().copied()).collect();
        ids.sort_unstable();
        ids.dedup();
        let rows = self.store.run_one("wallet.keep", KEEP, &[&ids]).await?;
        let there: i64 = rows.first().map_or(0, |it| it.get("there"));
        if there == ids.len() as i64 { Ok(()) } else { Err(Error::NotKept) }
    }
}
