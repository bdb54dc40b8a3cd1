//! What one node does for all: makes waiting jobs ready, gives the jobs of silent nodes back, looks after partitions and unknown kinds, and
//! prunes. Everything here is right even if two did it at once.

use crate::error::Error;
use crate::flow::{self, Ended};
use crate::node::SILENCE_MS;
use crate::overview::TALLIES_KEPT;
use crate::queue::{self, die, partition_of};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use store::{Row, Store};

/// How many waiting jobs become ready in one statement.
const WAKE_MAX: i64 = 1000;

/// How many jobs at the front of each queue are looked at for kinds that nobody knows, and how long they are left there.
const LOOK_MAX: i64 = 1000;
const UNKNOWN_SECONDS: f64 = 60.0;

/// How many dead jobs go at once.
const PRUNE_MAX: i64 = 1000;

/// Keeps those that several nodes want from being locked in two orders.
const WAKE: &str = "
    update jobs.job set state = 0 where id in (
        select id from jobs.job where state = 1 and run_at <= clock_timestamp() order by run_at limit $1
        for update skip locked)
    returning queue";

const NEXT: &str = "
    select extract(epoch from least(
        (select min(run_at) from jobs.job where state = 1),
        (select min(next_at) from jobs.cron where paused_at is null)) - clock_timestamp())::float8";

const NOW: &str = "select extract(epoch from clock_timestamp())::float8";

/// After a clock that was set back: nothing was seen in the future.
const SET_BACK: &str = "
    update jobs.node set seen_at = clock_timestamp()
    where seen_at > clock_timestamp() + make_interval(secs => $1::float8 / 1000)
    returning epoch";

const SET_BACK_BUCKETS: &str = "
    update jobs.queue set tokens_at = clock_timestamp()
    where tokens_at > clock_timestamp() + make_interval(secs => $1::float8 / 1000)
    returning name";

/// Those that fell silent. Locked, so that two who look at once do not both see them.
const SILENT: &str = "
    select epoch from jobs.node where seen_at < clock_timestamp() - make_interval(secs => $1::float8 / 1000)
    for update skip locked";

const FORGET: &str = "
    with hands as (delete from jobs.hand where node = any($1)) delete from jobs.node where epoch = any($1)";

/// A job whose last attempt ended with its process is dead: perhaps it is what ends them.
const DIE_WITH_NODE: &str = die!(
    "",
    "where node = any($1) and id in (select unnest(ids) from jobs.hand where hand.node = any($1))
        and (attempt >= attempts_max or cancel)",
    "case when cancel then 'cancelled' else 'failed' end",
    "'its process fell silent'"
);

const GIVE_BACK: &str = "
    update jobs.job set node = null,
        failures = failures || jsonb_build_object('attempt', attempt, 'at', clock_timestamp(),
            'reason', 'its process fell silent')
    where node = any($1) and id in (select unnest(ids) from jobs.hand where hand.node = any($1))
    returning id, queue";

/// Partitions that have jobs behind but none at the head: a job may be enqueued at the moment in which the last one before it ends.
const HEADLESS: &str = "
    with recursive part as (
        (select queue, partition_key from jobs.job where state = 2 order by queue, partition_key limit 1)
        union all
        select next.queue, next.partition_key from part cross join lateral (
            select queue, partition_key from jobs.job
            where state = 2 and (queue, partition_key) > (part.queue, part.partition_key)
            order by queue, partition_key limit 1) as next
    )
    select 0::bigint, queue, partition_key from part
    where not exists (select from jobs.job as head
        where head.queue = part.queue and head.partition_key = part.partition_key and head.state < 2)";

/// Those at the front of their queue for so long because no node of it knows their kind or version.
const PARK: &str = "
    update jobs.job set state = 4 where state = 0 and node is null and id in (
        select front.id from (select distinct queue from jobs.node) as known
        cross join lateral (
            select id, queue, kind, version, run_at from jobs.job
            where job.queue = known.queue and state = 0 and node is null order by priority, id limit $1) as front
        where front.run_at < clock_timestamp() - make_interval(secs => $2) and not exists (select from jobs.node
            where node.queue = front.queue
                and front.version <= node.versions[array_position(node.kinds, front.kind)]))
    returning queue, kind, version";

/// Parked jobs that somebody knows now.
const UNPARK: &str = "
    update jobs.job set state = 0
    where state = 4 and exists (select from jobs.node
        where node.queue = job.queue and job.version <= node.versions[array_position(node.kinds, job.kind)])
    returning queue";

const PRUNE: &str = "
    delete from jobs.dead where id in (
        select id from jobs.dead where died_at < clock_timestamp() - make_interval(secs => $1)
        order by died_at limit $2 for update skip locked)
    returning id";

const PRUNE_WINDOWS: &str = "delete from jobs.unique_window where until < clock_timestamp() returning job";

const PRUNE_TALLIES: &str = "
    delete from jobs.tally where minute < clock_timestamp() - make_interval(secs => $1) returning epoch";

/// Makes waiting jobs ready whose time has come; answers when the next one's is, or that of a schedule.
pub(crate) async fn wake(store: &Store) -> Result<Option<Duration>, Error> {
    let woken = store.run_tx("jobs.wake", async |tx| {
        let woken = tx.query(WAKE, &[&WAKE_MAX]).await?;
        queue::ring(tx, queues(&woken, 0));
        tx.query_one(NEXT, &[]).await.map_err(Error::from)
    });
    let next: Option<f64> = woken.await?.get(0);
    Ok(next.map(|it| Duration::from_secs_f64(it.clamp(0.0, 3600.0))))
}

/// Tells whether the database's clock went as ours did.
#[derive(Default)]
pub(crate) struct Watch {
    last: Option<(f64, Instant)>,
}

impl Watch {
    /// Whether the clock was set forward since the last look, by more than a second; it tells of jumps back, too, with `false`.
    fn has_jumped(&mut self, now: f64) -> bool {
        let (seconds, at) = self.last.replace((now, Instant::now())).unwrap_or((now, Instant::now()));
        now - seconds > at.elapsed().as_secs_f64() + 1.0
    }
}

/// Gives the jobs of nodes back that have been silent for too long, and forgets these; answers how many jobs. After the clock was set forward
/// everybody seems silent: they get a chance to say something.
pub(crate) async fn rescue(store: &Store, watch: &mut Watch) -> Result<u64, Error> {
    let silence = f64::from(SILENCE_MS);
    let now: f64 = store.read("jobs.now", async |db| db.query_one(NOW, &[]).await).await?.get(0);
    if watch.has_jumped(now) {
        tracing::warn!("the database's clock was set forward");
        return Ok(0);
    }
    if !store.run_one("jobs.clock", SET_BACK, &[&silence]).await?.is_empty() {
        tracing::warn!("the database's clock was set back");
        store.run_one("jobs.clock", SET_BACK_BUCKETS, &[&silence]).await?;
    }
    let rescued = store.run_tx("jobs.rescue", async |tx| {
        let silent: Vec<i64> = tx.query(SILENT, &[&silence]).await?.iter().map(|row| row.get(0)).collect();
        if silent.is_empty() {
            return Ok::<_, Error>(0);
        }
        let dead = tx.query(DIE_WITH_NODE, &[&silent]).await?;
        let back = tx.query(GIVE_BACK, &[&silent]).await?;
        tx.execute(FORGET, &[&silent]).await?;
        let ended = dead.iter().map(|row| match row.get::<_, &str>(3) {
            "cancelled" => Ended::gone(row.get(0), "it was cancelled"),
            _ => Ended::dead(row.get(0), "its process fell silent"),
        });
        let mut partitions: BTreeSet<_> = dead.iter().filter_map(partition_of).collect();
        let mut ready = flow::ended(tx, ended.collect(), &mut partitions).await?;
        ready.extend(queue::promote_in(tx, &partitions).await?);
        ready.extend(queues(&back, 1));
        queue::ring(tx, ready);
        Ok((dead.len() + back.len()) as u64)
    });
    rescued.await
}

/// Finds partitions whose next job was overlooked.
pub(crate) async fn sweep(store: &Store) -> Result<(), Error> {
    let headless = store.read("jobs.headless", async |db| db.query(HEADLESS, &[]).await).await?;
    let partitions: BTreeSet<_> = headless.iter().filter_map(partition_of).collect();
    if partitions.is_empty() {
        return Ok(());
    }
    let swept = store.run_tx("jobs.sweep", async |tx| {
        let ready = queue::promote_in(tx, &partitions).await?;
        queue::ring(tx, ready);
        Ok(())
    });
    swept.await
}

/// Takes jobs of kinds that nobody knows out of the others' way, and back as soon as somebody does; reports them.
pub(crate) async fn sort_out_unknown(store: &Store) -> Result<(), Error> {
    let sorted = store.run_tx("jobs.unknown", async |tx| {
        let back = tx.query(UNPARK, &[]).await?;
        queue::ring(tx, queues(&back, 0));
        tx.query(PARK, &[&LOOK_MAX, &UNKNOWN_SECONDS]).await
    });
    let parked = sorted.await?;
    let kinds: BTreeSet<(String, String, i16)> =
        parked.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    for (queue, kind, version) in kinds {
        tracing::warn!(
            queue,
            kind,
            version,
            "no running worker knows this kind of job: they stay until one does"
        );
    }
    Ok(())
}

/// Forgets the dead of long ago, keys whose time is over, and yesterday's figures.
pub(crate) async fn prune(store: &Store, kept: Duration) -> Result<(), Error> {
    let seconds = kept.as_secs_f64();
    let pruned = store.run_tx("jobs.prune", async |tx| {
        let pruned = tx.query(PRUNE, &[&seconds, &PRUNE_MAX]).await?;
        let ended = pruned.iter().map(|row| Ended::gone(row.get(0), "it was forgotten")).collect();
        let mut partitions = BTreeSet::new();
        let mut ready = flow::ended(tx, ended, &mut partitions).await?;
        ready.extend(queue::promote_in(tx, &partitions).await?);
        queue::ring(tx, ready);
        tx.query(PRUNE_WINDOWS, &[]).await?;
        tx.query(PRUNE_TALLIES, &[&TALLIES_KEPT.as_secs_f64()]).await?;
        Ok::<_, Error>(pruned.len())
    });
    let pruned = pruned.await?;
    if pruned > 0 {
        tracing::info!(pruned, "forgot jobs that died long ago");
    }
    Ok(())
}

fn queues(rows: &[Row], column: usize) -> BTreeSet<String> {
    rows.iter().map(|row| row.get(column)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_forward_is_noticed() {
        let mut watch = Watch::default();
        assert_eq!(
            [1000.0, 1000.5, 4600.0, 4600.5, 1000.0, 1000.5].map(|now| watch.has_jumped(now)),
            [false, false, true, false, false, false]
        );
    }
}
