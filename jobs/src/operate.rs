//! What an operator, or a program, does to jobs and queues that are there.

use crate::bell;
use crate::error::Error;
use crate::flow::{self, Ended};
use crate::job::check_queue_name;
use crate::queue::{self, die, partition_of};
use std::collections::BTreeSet;
use store::Transaction;

const PAUSE: &str = "
    insert into jobs.queue (name, paused_at) values ($1, clock_timestamp())
    on conflict (name) do update set paused_at = coalesce(queue.paused_at, excluded.paused_at)";

const RESUME: &str = "update jobs.queue set paused_at = null where name = $1";

const LIMIT: &str = "
    insert into jobs.queue (name, running_max, rate_per_second, rate_burst, tokens)
    values ($1, $2, $3, $4, coalesce($4, 0))
    on conflict (name) do update set running_max = excluded.running_max,
        rate_per_second = excluded.rate_per_second, rate_burst = excluded.rate_burst,
        tokens = least(queue.tokens, coalesce(excluded.rate_burst, 0))";

const ASK: &str = "update jobs.job set cancel = true where id = $1 and node is not null returning id";

const CANCEL: &str = die!("", "where id = $1 and node is null", "'cancelled'", "'cancelled before it ran'");

const REVIVE: &str = "
    insert into jobs.job (id, queue, kind, version, payload, priority, state, run_at, attempts_max, time_max_ms,
        unique_key, unique_until_begun, partition_key, comes_after, pending, followed, trace, failures, created_at)
    overriding system value
    select id, queue, kind, version, payload, priority,
        case when open.count > 0 then 3 when partition_key is not null then 2 else 0 end, clock_timestamp(),
        attempts_max, time_max_ms, unique_key, unique_until_begun, partition_key, comes_after, open.count, followed,
        trace, failures, created_at
    from jobs.dead
    cross join lateral (select count(*)::int from jobs.edge where edge.job = dead.id and not edge.met) as open
    where id = $1
    on conflict (kind, unique_key) where unique_key is not null do nothing
    returning id, queue, partition_key";

const HOLDER: &str = "
    select job.id, dead.kind, dead.unique_key from jobs.dead
    join jobs.job on job.kind = dead.kind and job.unique_key = dead.unique_key
    where dead.id = $1";

const FORGET: &str = "delete from jobs.dead where id = $1 returning id";

/// How much of a queue may run, on all nodes together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// Jobs at once.
    pub running_max: Option<u32>,
    pub rate: Option<Rate>,
}

/// In any `t` seconds at most `burst` + `per_second` × `t` attempts begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    pub per_second: f64,
    pub burst: u32,
}

/// No job of this queue begins from now on; those that run go on.
pub async fn pause(tx: &Transaction<'_>, queue: &str) -> Result<(), Error> {
    check_queue_name(queue)?;
    tx.execute(PAUSE, &[&queue]).await?;
    Ok(())
}

/// Lets jobs of this queue begin again.
pub async fn resume(tx: &Transaction<'_>, queue: &str) -> Result<(), Error> {
    tx.execute(RESUME, &[&queue]).await?;
    queue::ring(tx, BTreeSet::from([queue.to_owned()]));
    Ok(())
}

/// Sets a queue's limits, in place of those it had; workers follow within half a second.
pub async fn limit(tx: &Transaction<'_>, queue: &str, limits: &Limits) -> Result<(), Error> {
    check_queue_name(queue)?;
    let (mut per_second, mut burst) = (None, None);
    if let Some(rate) = limits.rate {
        if !(rate.per_second.is_finite() && rate.per_second > 0.0) {
            return Err(Error::Limit { what: "the rate per second", given: rate.per_second });
        }
        (per_second, burst) = (Some(rate.per_second), Some(counted("the burst", rate.burst)?));
    }
    let running_max = limits.running_max.map(|it| counted("the number of running jobs", it)).transpose()?;
    tx.execute(LIMIT, &[&queue, &running_max, &per_second, &burst]).await?;
    queue::ring(tx, BTreeSet::from([queue.to_owned()]));
    Ok(())
}

fn counted(what: &'static str, given: u32) -> Result<i32, Error> {
    match i32::try_from(given) {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(Error::Limit { what, given: f64::from(given) }),
    }
}

/// Ends a job: one that waits is at once among the dead, as cancelled; the attempt of one that runs is ended at the next point at which it waits
/// for something, as soon as its node hears of it. Jobs that come after it are cancelled, too.
pub async fn cancel(tx: &Transaction<'_>, id: i64) -> Result<(), Error> {
    // Between the two statements it may begin, or end.
    for _ in 0..3 {
        if !tx.query(ASK, &[&id]).await?.is_empty() {
            tx.after_commit(|store| bell::of(store).cancel(store));
            return Ok(());
        }
        let gone = tx.query(CANCEL, &[&id]).await?;
        if !gone.is_empty() {
            let partitions = gone.iter().filter_map(partition_of).collect();
            return end(tx, Ended::gone(id, "it was cancelled"), partitions).await;
        }
    }
    Err(Error::NoSuchJob { id })
}

/// Tries a dead job again, with all its attempts before it.
pub async fn revive(tx: &Transaction<'_>, id: i64) -> Result<(), Error> {
    let Some(row) = tx.query_opt(REVIVE, &[&id]).await? else {
        return Err(match tx.query_opt(HOLDER, &[&id]).await? {
            Some(row) => Error::Duplicate { id: row.get(0), kind: row.get(1), key: row.get(2) },
            None => Error::NoSuchJob { id },
        });
    };
    tx.execute(FORGET, &[&id]).await?;
    let (queue, partition): (String, Option<String>) = (row.get(1), row.get(2));
    tx.after_commit(move |store| bell::of(store).ring(store, queue, partition));
    Ok(())
}

/// Forgets a dead job for good; jobs that come after it are cancelled.
pub async fn forget(tx: &Transaction<'_>, id: i64) -> Result<(), Error> {
    if tx.query(FORGET, &[&id]).await?.is_empty() {
        return Err(Error::NoSuchJob { id });
    }
    end(tx, Ended::gone(id, "it was forgotten"), BTreeSet::new()).await
}

async fn end(
    tx: &Transaction<'_>,
    ended: Ended,
    mut partitions: BTreeSet<(String, String)>,
) -> Result<(), Error> {
    let mut ready = flow::ended(tx, vec![ended], &mut partitions).await?;
    ready.extend(queue::promote_in(tx, &partitions).await?);
    queue::ring(tx, ready);
    Ok(())
}
