//! What there is, for operators and their page. Counting stops at [`COUNT_MAX`]: a queue of a million jobs must not be slowed by who looks at it.

use crate::error::Error;
use crate::tally::{BUCKETS, quantile};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use store::{Client, Row, Store};

/// A count that is larger is this one.
pub const COUNT_MAX: i64 = 10_001;

/// How many jobs of each list are shown.
pub const LIST_MAX: i64 = 50;

/// For how long figures by the minute are kept.
pub(crate) const TALLIES_KEPT: Duration = Duration::from_secs(86_400);

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overview {
    pub queues: Vec<QueueView>,
    pub nodes: Vec<NodeView>,
    /// Running, the first enqueued first.
    pub running: Vec<JobView>,
    /// Failed, and waiting for the next attempt: the next first.
    pub retrying: Vec<JobView>,
    /// The last one first.
    pub dead: Vec<DeadView>,
    pub dead_count: i64,
    pub schedules: Vec<ScheduleView>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct QueueView {
    pub name: String,
    pub ready: i64,
    pub waiting: i64,
    pub running: i64,
    /// Behind others of their partition.
    pub behind: i64,
    /// After others of their flow.
    pub after: i64,
    /// Of kinds that no running worker knows.
    pub unknown: i64,
    /// How long the one that is ready for the longest has been so, of the first thousand in line.
    pub oldest: Option<Duration>,
    pub is_paused: bool,
    pub running_max: Option<i32>,
    pub rate_per_second: Option<f64>,
    /// By the minute, the oldest first; minutes without any attempt are left out.
    pub minutes: Vec<MinuteView>,
}

/// What all nodes did of a queue within a minute.
#[derive(Clone, Debug, PartialEq)]
pub struct MinuteView {
    pub minute: Timestamp,
    pub done: i64,
    pub failed: i64,
    pub dead: i64,
    /// From when jobs could have begun to when they did.
    pub waited_p50: Option<Duration>,
    pub waited_p99: Option<Duration>,
    pub ran_p50: Option<Duration>,
    pub ran_p99: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NodeView {
    pub epoch: i64,
    pub name: String,
    pub queue: String,
    pub running: i32,
    pub kinds: Vec<String>,
    pub started_at: Timestamp,
    pub silent: Duration,
    pub leads: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct JobView {
    pub id: i64,
    pub queue: String,
    pub kind: String,
    pub attempt: i16,
    pub attempts_max: i16,
    pub run_at: Timestamp,
    /// The name of the node that runs it.
    pub node: Option<String>,
    /// From 0 to 1.
    pub progress: Option<f32>,
    pub note: Option<String>,
    pub last_failure: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DeadView {
    pub id: i64,
    pub queue: String,
    pub kind: String,
    pub version: i16,
    pub payload: Value,
    pub is_cancelled: bool,
    /// Each with its attempt's number, when it was, and the reason.
    pub failures: Vec<(i64, String, String)>,
    pub created_at: Timestamp,
    pub died_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ScheduleView {
    pub name: String,
    pub schedule: String,
    pub zone: String,
    pub queue: String,
    pub kind: String,
    pub next_at: Timestamp,
    pub last_at: Option<Timestamp>,
    pub is_paused: bool,
}

const QUEUES: &str = "
    with recursive ready as (
        (select queue from jobs.job where state = 0 order by queue limit 1)
        union all
        select (select queue from jobs.job where state = 0 and queue > ready.queue order by queue limit 1)
        from ready where ready.queue is not null
    ),
    counted as (
        select queue, state, count(*) as count from (
            (select queue, state from jobs.job where state = 1 limit $1)
            union all (select queue, state from jobs.job where state = 2 limit $1)
            union all (select queue, state from jobs.job where state = 3 limit $1)
            union all (select queue, state from jobs.job where state = 4 limit $1)) as part
        group by queue, state
        union all
        select queue, 0, count(*) from jobs.job
        where node is not null and id in (select unnest(ids) from jobs.hand) group by queue
    ),
    names as (
        select queue as name from ready where queue is not null
        union select queue from counted union select queue from jobs.node union select name from jobs.queue
    )
    select names.name,
        (select count(*) from (select from jobs.job where queue = names.name and state = 0 and node is null limit $1) as part),
        array(select coalesce((select count from counted where queue = names.name and counted.state = wanted), 0)
            from unnest(array[1, 0, 2, 3, 4]) with ordinality as wanted (wanted, place) order by place),
        (select extract(epoch from clock_timestamp() - min(run_at))::float8 from (
            select run_at from jobs.job where queue = names.name and state = 0 and node is null
            order by priority, id limit 1000) as front),
        queue.paused_at is not null, queue.running_max, queue.rate_per_second
    from names left join jobs.queue on queue.name = names.name
    order by names.name";

const MINUTES: &str = "
    select queue, (extract(epoch from minute) * 1000000)::bigint, done, failed, dead, waited, ran from jobs.tally
    where minute > clock_timestamp() - interval '1 hour' order by queue, minute";

const NODES: &str = "
    select epoch, name, queue, running, kinds, (extract(epoch from started_at) * 1000000)::bigint,
        extract(epoch from clock_timestamp() - seen_at)::float8,
        exists (select from jobs.lease where lease.epoch = node.epoch)
    from jobs.node order by queue, name, epoch";

macro_rules! jobs {
    ($which:literal) => {
        concat!(
            "select job.id, job.queue, job.kind, job.attempt, job.attempts_max,
                (extract(epoch from job.run_at) * 1000000)::bigint, node.name, job.progress, job.note,
                job.failures->-1->>'reason'
            from ",
            $which,
            " limit $1"
        )
    };
}

const RUNNING: &str = jobs!(
    "jobs.job join jobs.node on node.epoch = job.node
        where job.id in (select unnest(ids) from jobs.hand) order by job.id"
);

const RETRYING: &str = jobs!(
    "jobs.job left join jobs.node on node.epoch = job.node
        where job.state = 1 and job.attempt > 0 order by job.run_at"
);

const DEAD: &str = "
    select id, queue, kind, version, payload, ending = 'cancelled', failures,
        (extract(epoch from created_at) * 1000000)::bigint, (extract(epoch from died_at) * 1000000)::bigint
    from jobs.dead order by died_at desc, id desc limit $1";

const DEAD_COUNT: &str = "select count(*) from (select from jobs.dead limit $1) as part";

const SCHEDULES: &str = "
    select name, schedule, zone, queue, kind, (extract(epoch from next_at) * 1000000)::bigint,
        (extract(epoch from last_at) * 1000000)::bigint, paused_at is not null
    from jobs.cron order by name";

const GAUGES: &str = "
    select (select count(*) from (select from jobs.job where queue = $1 and state = 0 and node is null limit $2) as part),
        (select count(*) from (select from jobs.job where queue = $1 and state = 1 limit $2) as part),
        (select count(*) from (select from jobs.job where queue = $1 and state = 2 limit $2) as part),
        (select count(*) from (select from jobs.job where queue = $1 and state = 4 limit $2) as part),
        (select count(*) from (select from jobs.dead where queue = $1 limit $2) as part),
        (select coalesce(extract(epoch from clock_timestamp() - min(run_at)), 0)::float8 from (
            select run_at from jobs.job where queue = $1 and state = 0 and node is null
            order by priority, id limit 1000) as front)";

/// Says in metrics how long a queue is, up to [`COUNT_MAX`], and for how long its oldest ready job has been so. Every worker of a queue says
/// the same: the largest is the newest.
pub(crate) async fn gauge(store: &Store, queue: &str) -> Result<(), Error> {
    let row = store.read("jobs.gauges", async |db| db.query_one(GAUGES, &[&queue, &COUNT_MAX]).await).await?;
    for (place, state) in ["ready", "waiting", "behind", "unknown", "dead"].into_iter().enumerate() {
        let depth = metrics::gauge!("jobs_queue_depth", "queue" => queue.to_owned(), "state" => state);
        depth.set(row.get::<_, i64>(place) as f64);
    }
    metrics::gauge!("jobs_queue_oldest_seconds", "queue" => queue.to_owned())
        .set(row.get::<_, f64>(5).max(0.0));
    Ok(())
}

/// All of it, as it is now.
pub async fn overview(store: &Store) -> Result<Overview, Error> {
    store.read("jobs.overview", async |db| read(db).await).await
}

async fn read(db: &Client<'_>) -> Result<Overview, Error> {
    let mut minutes = minutes(&db.query(MINUTES, &[]).await?);
    let queues = db.query(QUEUES, &[&COUNT_MAX]).await?;
    let queues = queues.iter().map(|row| {
        let name: String = row.get(0);
        let counts: Vec<i64> = row.get(2);
        let [waiting, running, behind, after, unknown] = counts.try_into().unwrap_or_default();
        QueueView {
            ready: row.get(1),
            waiting,
            running,
            behind,
            after,
            unknown,
            oldest: row.get::<_, Option<f64>>(3).map(span),
            is_paused: row.get(4),
            running_max: row.get(5),
            rate_per_second: row.get(6),
            minutes: minutes.remove(&name).unwrap_or_default(),
            name,
        }
    });
    let queues = queues.collect();
    let nodes = db.query(NODES, &[]).await?;
    let nodes = nodes.iter().map(|row| NodeView {
        epoch: row.get(0),
        name: row.get(1),
        queue: row.get(2),
        running: row.get(3),
        kinds: row.get(4),
        started_at: at(row.get(5)),
        silent: span(row.get(6)),
        leads: row.get(7),
    });
    let nodes = nodes.collect();
    let running = db.query(RUNNING, &[&LIST_MAX]).await?.iter().map(job).collect();
    let retrying = db.query(RETRYING, &[&LIST_MAX]).await?.iter().map(job).collect();
    let dead = db.query(DEAD, &[&LIST_MAX]).await?.iter().map(dead).collect();
    let dead_count = db.query_one(DEAD_COUNT, &[&COUNT_MAX]).await?.get(0);
    let schedules = db.query(SCHEDULES, &[]).await?;
    let schedules = schedules.iter().map(|row| ScheduleView {
        name: row.get(0),
        schedule: row.get(1),
        zone: row.get(2),
        queue: row.get(3),
        kind: row.get(4),
        next_at: at(row.get(5)),
        last_at: row.get::<_, Option<i64>>(6).map(at),
        is_paused: row.get(7),
    });
    Ok(Overview { queues, nodes, running, retrying, dead, dead_count, schedules: schedules.collect() })
}

/// Nodes and kinds together: by queue, then by minute.
fn minutes(rows: &[Row]) -> BTreeMap<String, Vec<MinuteView>> {
    type Sums = (i64, i64, i64, Vec<i64>, Vec<i64>);
    let mut sums: BTreeMap<(String, i64), Sums> = BTreeMap::new();
    for row in rows {
        let none = || (0, 0, 0, vec![0; BUCKETS], vec![0; BUCKETS]);
        let sum = sums.entry((row.get(0), row.get(1))).or_insert_with(none);
        sum.0 += row.get::<_, i64>(2);
        sum.1 += row.get::<_, i64>(3);
        sum.2 += row.get::<_, i64>(4);
        let add =
            |to: &mut Vec<i64>, of: Vec<i32>| to.iter_mut().zip(of).for_each(|(to, it)| *to += i64::from(it));
        add(&mut sum.3, row.get(5));
        add(&mut sum.4, row.get(6));
    }
    let mut minutes: BTreeMap<String, Vec<MinuteView>> = BTreeMap::new();
    for ((queue, minute), (done, failed, dead, waited, ran)) in sums {
        minutes.entry(queue).or_default().push(MinuteView {
            minute: at(minute),
            done,
            failed,
            dead,
            waited_p50: quantile(&waited, 0.5),
            waited_p99: quantile(&waited, 0.99),
            ran_p50: quantile(&ran, 0.5),
            ran_p99: quantile(&ran, 0.99),
        });
    }
    minutes
}

fn job(row: &Row) -> JobView {
    JobView {
        id: row.get(0),
        queue: row.get(1),
        kind: row.get(2),
        attempt: row.get(3),
        attempts_max: row.get(4),
        run_at: at(row.get(5)),
        node: row.get(6),
        progress: row.get(7),
        note: row.get(8),
        last_failure: row.get(9),
    }
}

fn dead(row: &Row) -> DeadView {
    let failures: Value = row.get(6);
    let text = |of: &Value| of.as_str().unwrap_or_default().to_owned();
    let failures = failures.as_array().map(Vec::as_slice).unwrap_or_default().iter();
    DeadView {
        id: row.get(0),
        queue: row.get(1),
        kind: row.get(2),
        version: row.get(3),
        payload: row.get(4),
        is_cancelled: row.get(5),
        failures: failures
            .map(|it| (it["attempt"].as_i64().unwrap_or(0), text(&it["at"]), text(&it["reason"])))
            .collect(),
        created_at: at(row.get(7)),
        died_at: at(row.get(8)),
    }
}

fn at(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::MAX)
}

fn span(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds.max(0.0))
}
