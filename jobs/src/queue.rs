//! The statements by which jobs change hands. All compare times by the database's clock.

use crate::error::Error;
use crate::{bell, flow};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use store::{Row, Store, Transaction};

/// A job that this node runs now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) id: i64,
    /// Its kind's place in [`Known`].
    pub(crate) kind: usize,
    pub(crate) version: i16,
    /// Its JSON.
    pub(crate) payload: String,
    /// Counted from 1.
    pub(crate) attempt: i16,
    pub(crate) attempts_max: i16,
    pub(crate) time_max: Option<Duration>,
    /// Since it could have begun.
    pub(crate) waited: Duration,
    pub(crate) partition: Option<String>,
    pub(crate) comes_after: bool,
    pub(crate) is_followed: bool,
    /// The trace in which it was enqueued.
    pub(crate) trace: Option<String>,
    /// Whether it could begin within a minute of that.
    pub(crate) is_soon: bool,
    /// The turn that it was claimed with.
    pub(crate) turn: i64,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// `result` only where others come after it.
    Done {
        result: Option<String>,
    },
    Retry {
        after: Duration,
        reason: String,
    },
    /// As if this attempt had not been.
    Snooze {
        after: Duration,
    },
    Dead {
        reason: String,
    },
    Discard {
        reason: String,
    },
    Cancelled,
}

/// What a worker works on.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) queue: String,
    pub(crate) kinds: Vec<&'static str>,
    /// The newest version of each that is understood.
    pub(crate) versions: Vec<i16>,
}

/// Notes the jobs that are done and takes new ones: one round trip and one commit for both. Jobs of kinds and versions that this program does
/// not know stay where they are. Nothing is claimed for a node that has been taken for dead, and none is taken for dead while it claims:
/// nobody would give such jobs back.
macro_rules! turn {
    ($bucket:literal, $most:literal, $spent:literal, $tokens:literal, $commit:literal) => {
        concat!(
            "with done as (
                delete from jobs.job using unnest($6::bigint[], $7::smallint[]) as done (id, attempt)
                where job.id = done.id and job.attempt = done.attempt and job.node = $5
                returning job.id
            ),",
            $bucket,
            "claimed as (
                select id from jobs.job
                where queue = $1 and state = 0 and node is null and (priority, id) > ($8, $9) and kind = any($2::text[])
                    and version <= ($3::smallint[])[array_position($2::text[], kind)]
                    and not exists (select from jobs.queue where name = $1 and paused_at is not null)
                order by priority, id limit ",
            $most,
            " for update skip locked
            ),
            begun as (
                update jobs.job set attempt = attempt + 1, node = $5,
                    unique_key = case when unique_until_begun then null else unique_key end
                from claimed
                where job.id = claimed.id and case when (select count(*) from claimed) = 0 then false
                    else exists (select from jobs.node where epoch = $5 for key share) end
                returning job.id, array_position($2::text[], job.kind) - 1 as kind, job.version, job.payload::text as payload,
                    job.attempt, job.attempts_max, job.time_max_ms,
                    extract(epoch from clock_timestamp() - job.run_at)::float8 as waited,
                    job.partition_key, job.comes_after, job.followed, job.priority, job.trace,
                    job.run_at < job.created_at + interval '1 minute' as is_soon
            ),
            hand as (
                insert into jobs.hand (node, turn, ids) select $5, $10, array_agg(id) from begun having count(*) > 0
            ),
            let_go as (delete from jobs.hand where node = $5 and turn = any($11::bigint[]))",
            $spent,
            "select (select count(*) from done), ",
            $tokens,
            ", begun.*",
            $commit,
            " from (values (0)) as one left join begun on true"
        )
    };
}

const TURN: &str = turn!("", "$4", "", "null::float8", "");

/// The same where nothing is done that must be kept: a claim that is lost with the server's memory is no claim, and its outcomes are refused.
/// A handler that commits anything commits the claim before it.
const TURN_LIGHT: &str =
    turn!("", "$4", "", "null::float8", ", set_config('synchronous_commit', 'off', true)");

/// The same under a rate: whoever takes tokens from the bucket holds it until the jobs are taken, too.
const TURN_RATED: &str = turn!(
    "bucket as (
        select least(rate_burst, tokens + rate_per_second
            * greatest(0, extract(epoch from clock_timestamp() - tokens_at)))::float8 as tokens, rate_per_second
        from jobs.queue where name = $1 for update
    ),",
    "(select greatest(0, least($4::bigint, floor(tokens)))::bigint from bucket)",
    ", spent as (
        update jobs.queue set tokens = bucket.tokens - (select count(*) from begun), tokens_at = clock_timestamp()
        from bucket where name = $1 and (select count(*) from begun) > 0
    )",
    "(select (1 - (tokens - (select count(*) from begun))) / rate_per_second from bucket)",
    ""
);

const DONE: &str = "
    delete from jobs.job using unnest($1::bigint[], $2::smallint[]) as done (id, attempt)
    where job.id = done.id and job.attempt = done.attempt and job.node = $3
    returning job.id, job.queue, job.partition_key";

const RETRY: &str = "
    update jobs.job set state = 1, node = null, run_at = clock_timestamp() + make_interval(secs => fate.pause),
        failures = failures || jsonb_build_object('attempt', job.attempt, 'at', clock_timestamp(), 'reason', fate.reason)
    from unnest($1::bigint[], $2::smallint[], $4::float8[], $5::text[]) as fate (id, attempt, pause, reason)
    where job.id = fate.id and job.attempt = fate.attempt and job.node = $3";

const SNOOZE: &str = "
    update jobs.job set state = 1, node = null, run_at = clock_timestamp() + make_interval(secs => fate.pause),
        attempt = job.attempt - 1
    from unnest($1::bigint[], $2::smallint[], $4::float8[]) as fate (id, attempt, pause)
    where job.id = fate.id and job.attempt = fate.attempt and job.node = $3";

/// Moves jobs to jobs.dead, with an ending and a reason for it each.
macro_rules! die {
    ($given:literal, $which:literal, $ending:literal, $reason:literal) => {
        concat!(
            "with ",
            $given,
            "gone as (delete from jobs.job ",
            $which,
            " returning job.*, ",
            $ending,
            " as ending, ",
            $reason,
            " as reason)
            insert into jobs.dead (id, queue, kind, version, payload, priority, attempts_max, time_max_ms, unique_key,
                unique_until_begun, partition_key, comes_after, followed, trace, ending, failures, created_at)
            select id, queue, kind, version, payload, priority, attempts_max, time_max_ms, unique_key, unique_until_begun,
                partition_key, comes_after, followed, trace, ending,
                failures || jsonb_build_object('attempt', attempt, 'at', clock_timestamp(), 'reason', reason), created_at
            from gone
            returning id, queue, partition_key, ending"
        )
    };
}
pub(crate) use die;

const DIE: &str = die!(
    "fate as (
        select * from unnest($1::bigint[], $2::smallint[], $4::text[], $5::text[]) as fate (id, attempt, ending, reason)
    ), ",
    "using fate where job.id = fate.id and job.attempt = fate.attempt and job.node = $3",
    "fate.ending",
    "fate.reason"
);

/// The first behind becomes the head of each of these partitions that has none.
const PROMOTE: &str = "
    update jobs.job set state = case when run_at > clock_timestamp() then 1 else 0 end
    where id in (
        select (select id from jobs.job
            where job.queue = given.queue and job.partition_key = given.key and job.state = 2
            order by job.id limit 1)
        from unnest($1::text[], $2::text[]) as given (queue, key)
        where not exists (select from jobs.job as head
            where head.queue = given.queue and head.partition_key = given.key and head.partition_key is not null
                and head.state < 2)
    )
    returning queue";

/// What is said is a hint, not worth a write to the disk.
const NOTIFY: &str = "
    select pg_notify('crease_jobs', said), set_config('synchronous_commit', 'off', true) from unnest($1::text[]) as said";

const PROGRESS: &str = "
    update jobs.job set progress = given.done, note = given.note
    from unnest($1::bigint[], $2::smallint[], $4::real[], $5::text[]) as given (id, attempt, done, note)
    where job.id = given.id and job.attempt = given.attempt and job.node = $3
    returning job.id";

const GIVE_BACK: &str = "
    update jobs.job set state = 1, node = null, run_at = clock_timestamp() + interval '1 s',
        failures = failures || jsonb_build_object('attempt', job.attempt, 'at', clock_timestamp(),
            'reason', 'its transaction was not committed')
    from unnest($1::bigint[], $2::smallint[]) as given (id, attempt)
    where job.id = given.id and job.attempt = given.attempt and job.node = $3
    returning job.id";

const GIVE_BACK_TURNS: &str = "
    with lost as (delete from jobs.hand where node = $1 and turn = any($2) returning ids)
    update jobs.job set node = null, attempt = attempt - 1
    where node = $1 and id in (select unnest(ids) from lost) returning id";

/// The attempt does not count: the process was asked to end.
const RELEASE: &str = "
    update jobs.job set node = null, attempt = attempt - 1
    where node = $1 and id in (select unnest(ids) from jobs.hand where hand.node = $1) returning id";

const LEAVE: &str =
    "with hands as (delete from jobs.hand where node = $1) delete from jobs.node where epoch = $1";

const LEAVE_LEASE: &str = "delete from jobs.lease where epoch = $1";

/// A place in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) priority: i16,
    pub(crate) id: i64,
}

impl Place {
    pub(crate) const FRONT: Place = Place { priority: i16::MIN, id: i64::MIN };
}

/// What a turn is to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) epoch: i64,
    /// Its number, counted by the node.
    pub(crate) turn: i64,
    pub(crate) most: usize,
    /// Only jobs behind this place: the index keeps the places of jobs that have gone until it is vacuumed, and to step over them takes longer
    /// the more there are.
    pub(crate) behind: Place,
    pub(crate) is_rated: bool,
}

/// What a turn brought.
#[derive(Debug, Default)]
pub(crate) struct Turned {
    /// In line: the first first.
    pub(crate) claimed: Vec<Claimed>,
    pub(crate) last: Option<Place>,
    /// How many outcomes came too late: their jobs have gone to others since.
    pub(crate) late: u64,
    /// Under a rate: when the next token is there.
    pub(crate) token_in: Option<Duration>,
}

/// Writes outcomes down, lets go of the turns of which all has ended, and takes jobs.
pub(crate) async fn turn(
    store: &Store,
    known: &Known,
    outcomes: &[(Claimed, Outcome)],
    let_go: &[i64],
    order: Order,
) -> Result<Turned, Error> {
    let Order { epoch, turn, most, behind: Place { priority, id }, is_rated } = order;
    let (plain, others): (Vec<_>, Vec<_>) =
        outcomes.iter().partition(|(job, outcome)| is_plain(job, outcome));
    let (ids, attempts): (Vec<i64>, Vec<i16>) = plain.iter().map(|(job, _)| (job.id, job.attempt)).unzip();
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let statement = match (is_rated, ids.is_empty()) {
        (true, _) => TURN_RATED,
        (false, true) => TURN_LIGHT,
        (false, false) => TURN,
    };
    let params: store::Params<'_> = &[
        &known.queue,
        &known.kinds,
        &known.versions,
        &most,
        &epoch,
        &ids,
        &attempts,
        &priority,
        &id,
        &turn,
        &let_go,
    ];
    // Within a transaction of others' outcomes the light one would make these light, too.
    let statement = if statement == TURN_LIGHT && !others.is_empty() { TURN } else { statement };
    let (rows, settled) = if others.is_empty() {
        (store.run_one("jobs.turn", statement, params).await?, 0)
    } else {
        let others: Vec<_> = others.into_iter().cloned().collect();
        let done = store.run_tx("jobs.turn", async |tx| {
            let settled = settle_in(tx, epoch, &others).await?;
            Ok::<_, Error>((tx.query(statement, params).await?, settled))
        });
        done.await?
    };
    let mut turned = Turned::default();
    let noted = rows.first().map_or(0, |row| row.get::<_, i64>(0));
    turned.late = outcomes.len() as u64 - settled - u64::try_from(noted).unwrap_or(0);
    let token_in: Option<f64> = rows.first().and_then(|row| row.get(1));
    turned.token_in = token_in.map(|it| Duration::from_secs_f64(it.clamp(0.0, 3600.0)));
    let mut claimed: Vec<(i16, Claimed)> = rows.iter().filter_map(|row| claimed(row, turn)).collect();
    claimed.sort_unstable_by_key(|(priority, job)| (*priority, job.id));
    turned.last = claimed.last().map(|(priority, job)| Place { priority: *priority, id: job.id });
    turned.claimed = claimed.into_iter().map(|(_, job)| job).collect();
    Ok(turned)
}

/// Whether the job's row just goes.
fn is_plain(job: &Claimed, outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Done { .. }) && job.partition.is_none() && !job.comes_after && !job.is_followed
}

fn claimed(row: &Row, turn: i64) -> Option<(i16, Claimed)> {
    let id: Option<i64> = row.get(2);
    let time_max: Option<i32> = row.get(8);
    let job = Claimed {
        id: id?,
        kind: usize::try_from(row.get::<_, i32>(3)).unwrap_or(usize::MAX),
        version: row.get(4),
        payload: row.get(5),
        attempt: row.get(6),
        attempts_max: row.get(7),
        time_max: time_max.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(1))),
        waited: Duration::from_secs_f64(row.get::<_, f64>(9).max(0.0)),
        partition: row.get(10),
        comes_after: row.get(11),
        is_followed: row.get(12),
        trace: row.get(14),
        is_soon: row.get(15),
        turn,
    };
    Some((row.get(13), job))
}

/// Writes outcomes down and answers of how many: the others' jobs have gone to another node since, and what they became here does not count.
pub(crate) async fn settle(store: &Store, epoch: i64, outcomes: &[(Claimed, Outcome)]) -> Result<u64, Error> {
    store.run_tx("jobs.settle", async |tx| settle_in(tx, epoch, outcomes).await).await
}

pub(crate) async fn settle_in(
    tx: &Transaction<'_>,
    epoch: i64,
    outcomes: &[(Claimed, Outcome)],
) -> Result<u64, Error> {
    let mut fates = Fates::default();
    outcomes.iter().for_each(|(job, outcome)| fates.add(job, outcome));
    let mut gone = Vec::new();
    let mut settled = 0;
    if !fates.gone.0.is_empty() {
        gone.extend(tx.query(DONE, &[&fates.gone.0, &fates.gone.1, &epoch]).await?);
    }
    if !fates.dead.0.is_empty() {
        let params: store::Params<'_> =
            &[&fates.dead.0, &fates.dead.1, &epoch, &fates.endings, &fates.dead_reasons];
        gone.extend(tx.query(DIE, params).await?);
    }
    if !fates.retry.0.is_empty() {
        let params: store::Params<'_> =
            &[&fates.retry.0, &fates.retry.1, &epoch, &fates.retry_pauses, &fates.retry_reasons];
        settled += tx.execute(RETRY, params).await?;
    }
    if !fates.snooze.0.is_empty() {
        let params: store::Params<'_> = &[&fates.snooze.0, &fates.snooze.1, &epoch, &fates.snooze_pauses];
        settled += tx.execute(SNOOZE, params).await?;
    }
    settled += gone.len() as u64;
    let ids: BTreeSet<i64> = gone.iter().map(|row| row.get(0)).collect();
    let ended: Vec<flow::Ended> = outcomes
        .iter()
        .filter(|(job, _)| ids.contains(&job.id) && (job.is_followed || job.comes_after))
        .map(|(job, outcome)| flow::Ended::of(job.id, outcome))
        .collect();
    let mut partitions: BTreeSet<(String, String)> = gone.iter().filter_map(partition_of).collect();
    let mut queues = flow::ended(tx, ended, &mut partitions).await?;
    queues.extend(promote_in(tx, &partitions).await?);
    ring(tx, queues);
    Ok(settled)
}

/// The partition of a row (id, queue, partition_key …).
pub(crate) fn partition_of(row: &Row) -> Option<(String, String)> {
    row.get::<_, Option<String>>(2).map(|key| (row.get(1), key))
}

/// Outcomes as the statements take them.
#[derive(Default)]
struct Fates {
    gone: Jobs,
    dead: Jobs,
    endings: Vec<&'static str>,
    dead_reasons: Vec<String>,
    retry: Jobs,
    retry_pauses: Vec<f64>,
    retry_reasons: Vec<String>,
    snooze: Jobs,
    snooze_pauses: Vec<f64>,
}

/// Ids and attempts.
#[derive(Default)]
struct Jobs(Vec<i64>, Vec<i16>);

impl Jobs {
    fn push(&mut self, job: &Claimed) {
        self.0.push(job.id);
        self.1.push(job.attempt);
    }
}

impl Fates {
    fn add(&mut self, job: &Claimed, outcome: &Outcome) {
        match outcome {
            Outcome::Done { .. } | Outcome::Discard { .. } => self.gone.push(job),
            Outcome::Dead { reason } => self.die(job, "failed", reason),
            Outcome::Cancelled => self.die(job, "cancelled", "cancelled while it ran"),
            Outcome::Retry { after, reason } => {
                self.retry.push(job);
                self.retry_pauses.push(after.as_secs_f64());
                self.retry_reasons.push(reason.clone());
            }
            Outcome::Snooze { after } => {
                self.snooze.push(job);
                self.snooze_pauses.push(after.as_secs_f64());
            }
        }
    }

    fn die(&mut self, job: &Claimed, ending: &'static str, reason: &str) {
        self.dead.push(job);
        self.endings.push(ending);
        self.dead_reasons.push(reason.to_owned());
    }
}

/// Tells the workers of these queues, once it is committed.
pub(crate) fn ring(tx: &Transaction<'_>, queues: BTreeSet<String>) {
    if !queues.is_empty() {
        tx.after_commit(move |store| {
            let bell: Arc<bell::Bell> = bell::of(store);
            queues.into_iter().for_each(|it| bell.ring(store, it, None));
        });
    }
}

/// Lets those step forward that are next in these partitions; answers the queues that have more ready jobs now.
pub(crate) async fn promote(
    store: &Store,
    partitions: &BTreeSet<(String, String)>,
) -> Result<BTreeSet<String>, Error> {
    let (queues, keys) = split(partitions);
    let rows = store.run_one("jobs.promote", PROMOTE, &[&queues, &keys]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

pub(crate) async fn promote_in(
    tx: &Transaction<'_>,
    partitions: &BTreeSet<(String, String)>,
) -> Result<BTreeSet<String>, Error> {
    if partitions.is_empty() {
        return Ok(BTreeSet::new());
    }
    let (queues, keys) = split(partitions);
    let rows = tx.query(PROMOTE, &[&queues, &keys]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

fn split(partitions: &BTreeSet<(String, String)>) -> (Vec<&str>, Vec<&str>) {
    partitions.iter().map(|(queue, key)| (queue.as_str(), key.as_str())).unzip()
}

pub(crate) async fn notify(store: &Store, said: &[String]) -> Result<(), Error> {
    store.run_one("jobs.notify", NOTIFY, &[&said]).await?;
    Ok(())
}

/// Takes jobs from the node that say to have been ended, and are there still; answers how many.
pub(crate) async fn give_back(store: &Store, epoch: i64, jobs: &[(i64, i16)]) -> Result<u64, Error> {
    let (ids, attempts): (Vec<i64>, Vec<i16>) = jobs.iter().copied().unzip();
    let back = store.run_one("jobs.give_back", GIVE_BACK, &[&ids, &attempts, &epoch]).await?;
    Ok(back.len() as u64)
}

/// Gives what these turns took back, which this program never heard of: their answers were lost.
pub(crate) async fn give_back_turns(store: &Store, epoch: i64, turns: &[i64]) -> Result<u64, Error> {
    Ok(store.run_one("jobs.give_back", GIVE_BACK_TURNS, &[&epoch, &turns]).await?.len() as u64)
}

/// How far running jobs are: id, attempt, share done, note.
pub(crate) async fn note_progress(
    store: &Store,
    epoch: i64,
    notes: &[(i64, i16, f32, String)],
) -> Result<(), Error> {
    let ids: Vec<i64> = notes.iter().map(|it| it.0).collect();
    let attempts: Vec<i16> = notes.iter().map(|it| it.1).collect();
    let done: Vec<f32> = notes.iter().map(|it| it.2).collect();
    let texts: Vec<&str> = notes.iter().map(|it| it.3.as_str()).collect();
    store.run_one("jobs.progress", PROGRESS, &[&ids, &attempts, &epoch, &done, &texts]).await?;
    Ok(())
}

/// Gives the jobs of a node back that ends as it was asked to, and forgets the node.
pub(crate) async fn release(store: &Store, queue: &str, epoch: i64) -> Result<u64, Error> {
    let released = store.run_tx("jobs.release", async |tx| {
        let released = tx.query(RELEASE, &[&epoch]).await?.len() as u64;
        tx.execute(LEAVE, &[&epoch]).await?;
        tx.execute(LEAVE_LEASE, &[&epoch]).await?;
        if released > 0 {
            ring(tx, BTreeSet::from([queue.to_owned()]));
        }
        Ok::<_, Error>(released)
    });
    released.await
}
