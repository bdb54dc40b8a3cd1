//! The statements by which jobs change hands. All compare times by the database's clock.

use crate::node;
use std::time::Duration;
use store::{Error, Store, Transaction};

/// How many waiting jobs become ready in one statement.
const WAKE_MAX: i64 = 1000;

/// A job that this node runs now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) id: i64,
    pub(crate) kind: String,
    /// Its JSON.
    pub(crate) payload: String,
    /// Counted from 1.
    pub(crate) attempt: i16,
    pub(crate) attempts_max: i16,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    Retry { after: Duration, reason: String },
    Dead { reason: String },
}

/// Jobs of kinds and versions that this program does not know stay where they are. Nothing is claimed for a node that has been taken for
/// dead, and none is taken for dead while it claims: nobody would give such jobs back.
const CLAIM: &str = "
    with alive as (select epoch from jobs.node where epoch = $5 for key share),
    claimed as (
        select job.id from jobs.job
        join unnest($2::text[], $3::smallint[]) as known (kind, version)
            on known.kind = job.kind and job.version <= known.version
        where job.queue = $1 and job.state = 0 and exists (select from alive)
        order by job.priority, job.id limit $4
        for update of job skip locked
    )
    update jobs.job set state = 2, attempt = attempt + 1, node = $5 from claimed where job.id = claimed.id
    returning job.id, job.kind, job.payload::text, job.attempt, job.attempts_max, job.priority";

const DONE: &str = "
    delete from jobs.job using unnest($1::bigint[], $2::smallint[]) as done (id, attempt)
    where job.id = done.id and job.attempt = done.attempt and job.node = $3";

const RETRY: &str = "
    update jobs.job set state = 1, node = null, run_at = clock_timestamp() + make_interval(secs => $4),
        failures = failures || jsonb_build_object('attempt', attempt, 'at', clock_timestamp(), 'reason', $5::text)
    where id = $1 and attempt = $2 and node = $3";

/// Moves jobs to jobs.dead, with this reason for their last failure.
macro_rules! die {
    ($which:literal, $reason:literal) => {
        concat!(
            "with gone as (delete from jobs.job where ", $which, " returning *)
            insert into jobs.dead (id, queue, kind, version, payload, priority, attempts_max, failures, created_at)
            select id, queue, kind, version, payload, priority, attempts_max,
                failures || jsonb_build_object('attempt', attempt, 'at', clock_timestamp(), 'reason', ", $reason, "),
                created_at
            from gone"
        )
    };
}

const DIE: &str = die!("id = $1 and attempt = $2 and node = $3", "$4::text");

const WAKE: &str = "
    update jobs.job set state = 0 where id in (
        select id from jobs.job where state = 1 and run_at <= clock_timestamp() order by run_at limit $1
        for update skip locked
    )";

/// The attempt does not count: the process was asked to end.
const RELEASE: &str = "update jobs.job set state = 0, node = null, attempt = attempt - 1 where node = $1";

/// A job whose last attempt ended with its process is dead: perhaps it is what ends them.
const DIE_WITH_NODE: &str = die!("node = any($1) and attempt >= attempts_max", "'its process fell silent'");

const GIVE_BACK: &str = "
    update jobs.job set state = 0, node = null,
        failures = failures || jsonb_build_object('attempt', attempt, 'at', clock_timestamp(),
            'reason', 'its process fell silent')
    where node = any($1)";

/// Up to `most` ready jobs of these kinds (each with the newest version that is understood), the first in line first.
pub(crate) async fn claim(
    store: &Store,
    epoch: i64,
    queue: &str,
    known: &(Vec<&str>, Vec<i16>),
    most: usize,
) -> Result<Vec<Claimed>, Error> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let (kinds, versions) = known;
    let claimed = store
        .run_tx("jobs.claim", async |tx| tx.query(CLAIM, &[&queue, kinds, versions, &most, &epoch]).await);
    let mut rows = claimed.await?;
    rows.sort_by_key(|row| (row.get::<_, i16>(5), row.get::<_, i64>(0)));
    let claimed = |row: &store::Row| Claimed {
        id: row.get(0),
        kind: row.get(1),
        payload: row.get(2),
        attempt: row.get(3),
        attempts_max: row.get(4),
    };
    Ok(rows.iter().map(claimed).collect())
}

/// Writes outcomes down and answers of how many: the others' jobs have gone to another node since, and what they became here does not count.
pub(crate) async fn settle(store: &Store, epoch: i64, outcomes: &[(Claimed, Outcome)]) -> Result<u64, Error> {
    store.run_tx("jobs.settle", async |tx| settle_in(tx, epoch, outcomes).await).await
}

async fn settle_in(tx: &Transaction<'_>, epoch: i64, outcomes: &[(Claimed, Outcome)]) -> Result<u64, Error> {
    let done = outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::Done);
    let (ids, attempts): (Vec<i64>, Vec<i16>) = done.map(|(job, _)| (job.id, job.attempt)).unzip();
    let mut settled = if ids.is_empty() { 0 } else { tx.execute(DONE, &[&ids, &attempts, &epoch]).await? };
    for (job, outcome) in outcomes {
        settled += match outcome {
            Outcome::Done => 0,
            Outcome::Retry { after, reason } => {
                let pause = after.as_secs_f64();
                tx.execute(RETRY, &[&job.id, &job.attempt, &epoch, &pause, reason]).await?
            }
            Outcome::Dead { reason } => tx.execute(DIE, &[&job.id, &job.attempt, &epoch, reason]).await?,
        };
    }
    Ok(settled)
}

/// Makes waiting jobs ready whose time has come; answers how many.
pub(crate) async fn wake(store: &Store) -> Result<u64, Error> {
    store.run_tx("jobs.wake", async |tx| tx.execute(WAKE, &[&WAKE_MAX]).await).await
}

/// Gives the jobs of a node back that ends as it was asked to.
pub(crate) async fn release(store: &Store, epoch: i64) -> Result<u64, Error> {
    let released = store.run_tx("jobs.release", async |tx| {
        let released = tx.execute(RELEASE, &[&epoch]).await?;
        node::leave(tx, &[epoch]).await?;
        Ok::<_, Error>(released)
    });
    released.await
}

/// Gives the jobs of nodes back that have been silent for so long, and forgets these; answers how many jobs.
pub(crate) async fn rescue(store: &Store, silence_ms: u32) -> Result<u64, Error> {
    let rescued = store.run_tx("jobs.rescue", async |tx| {
        let silent = node::silent(tx, silence_ms).await?;
        if silent.is_empty() {
            return Ok::<_, Error>(0);
        }
        let dead = tx.execute(DIE_WITH_NODE, &[&silent]).await?;
        let back = tx.execute(GIVE_BACK, &[&silent]).await?;
        node::leave(tx, &silent).await?;
        Ok(dead + back)
    });
    rescued.await
}
