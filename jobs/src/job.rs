//! A job as its caller sees it, and how it is enqueued.

use crate::bell;
use crate::error::Error;
use crate::trace;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use store::types::ToSql;
use store::{Store, Transaction};

const ATTEMPTS_MAX: u16 = 1000;
const KEY_BYTES_MAX: usize = 255;
const SPAN_MAX: Duration = Duration::from_secs(366 * 86_400);

/// Work to be done later, as data. Its JSON outlives the program that wrote it: a field is added with a default, and a change that older
/// programs cannot read is a new `VERSION`, to which `upgrade` brings what they wrote.
pub trait Job: Serialize + DeserializeOwned {
    /// What it is, for as long as jobs of it are stored: "webhook.deliver".
    const KIND: &'static str;
    const VERSION: i16 = 1;

    /// A payload of an older version as one of this version, or why it cannot be one.
    fn upgrade(_from: i16, payload: Value) -> Result<Value, String> {
        Ok(payload)
    }
}

/// How a job is to be run. `Wish::default()` runs it now, in the queue "default", up to 20 times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish<'w> {
    /// 1 to 63 characters of a-z, 0-9, '_' and '-'.
    pub queue: &'w str,
    /// The lowest first; 0 unless said otherwise.
    pub priority: i16,
    /// Not before this moment; at once where it is `None` or past.
    pub run_at: Option<Timestamp>,
    /// How often it is tried in all.
    pub attempts_max: u16,
    /// How long an attempt may take, where it differs from what its worker says.
    pub time_max: Option<Duration>,
    pub unique: Option<Unique<'w>>,
    /// Of the jobs of a queue with the same key one runs at a time, in the order in which they were enqueued: one that failed and waits for
    /// its next attempt holds the others up.
    pub partition: Option<&'w str>,
}

impl Default for Wish<'_> {
    fn default() -> Self {
        Self {
            queue: "default",
            priority: 0,
            run_at: None,
            attempts_max: 20,
            time_max: None,
            unique: None,
            partition: None,
        }
    }
}

/// That there is one job of its kind with this key, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unique<'w> {
    pub key: &'w str,
    pub until: Until,
    /// At least for so long since it was enqueued, whatever became of it.
    pub within: Option<Duration>,
}

/// Until when a job's key is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Until {
    /// Its first attempt begins: another may wait while it runs.
    Begun,
    /// It is done or dead.
    #[default]
    Ended,
    /// It is done, or no longer among the dead.
    Forgotten,
}

impl<'w> From<&'w str> for Unique<'w> {
    fn from(key: &'w str) -> Self {
        Self { key, until: Until::default(), within: None }
    }
}

impl Wish<'_> {
    pub(crate) fn check(&self) -> Result<(), Error> {
        check_queue_name(self.queue)?;
        if !(1..=ATTEMPTS_MAX).contains(&self.attempts_max) {
            return Err(Error::Attempts { given: self.attempts_max, max: ATTEMPTS_MAX });
        }
        check_key("unique key", self.unique.map(|it| it.key))?;
        check_key("partition key", self.partition)?;
        check_span("a time-out", self.time_max)?;
        check_span("the time of a unique key", self.unique.and_then(|it| it.within))
    }
}

pub(crate) fn check_queue_name(name: &str) -> Result<(), Error> {
    let is_letter = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, b'_' | b'-');
    if (1..=63).contains(&name.len()) && name.bytes().all(is_letter) {
        return Ok(());
    }
    Err(Error::QueueName { name: name.to_owned() })
}

fn check_key(what: &'static str, key: Option<&str>) -> Result<(), Error> {
    match key.map(str::len) {
        Some(given) if !(1..=KEY_BYTES_MAX).contains(&given) => {
            Err(Error::Key { what, given, max: KEY_BYTES_MAX })
        }
        _ => Ok(()),
    }
}

fn check_span(what: &'static str, span: Option<Duration>) -> Result<(), Error> {
    match span {
        Some(given) if !(Duration::from_millis(1)..=SPAN_MAX).contains(&given) => {
            let max_ms = SPAN_MAX.as_secs() * 1000;
            Err(Error::Span { what, given_ms: given.as_millis(), min_ms: 1, max_ms })
        }
        _ => Ok(()),
    }
}

// By the database's clock: a process whose own is wrong does not make jobs early or late for others. One of a partition begins behind, one
// that comes after others ($12 of them) waits for them.
macro_rules! insert {
    ($payloads:literal, $on_conflict:literal) => {
        concat!(
            "insert into jobs.job (queue, kind, version, payload, priority, state, run_at, attempts_max, unique_key,
                unique_until_begun, time_max_ms, partition_key, pending, comes_after, trace)
            select $1, $2, $3, payload, $5,
                case when $12 > 0 then 3 when $11::text is not null then 2
                    when to_timestamp($6::float8) > clock_timestamp() then 1 else 0 end,
                coalesce(to_timestamp($6::float8), clock_timestamp()), $7, $8, $9, $10::bigint::int, $11, $12, $12 > 0, $13
            from ",
            $payloads,
            " as given (payload) ",
            $on_conflict,
            " returning id"
        )
    };
}

/// A job that is ready at once and stands alone, as most do: what need not be decided need not be sent.
const INSERT_READY: &str = "
    insert into jobs.job (queue, kind, version, payload, priority, state, run_at, attempts_max, time_max_ms, trace)
    values ($1, $2, $3, $4::text::json, $5, 0, clock_timestamp(), $6, $7::bigint::int, $8)
    returning id";

/// Without a unique key; to look out for a conflict costs, even where there can be none.
const INSERT: &str = insert!("(select $4::text::json)", "");

const INSERT_UNIQUE: &str = insert!(
    "(select $4::text::json)",
    "on conflict (kind, unique_key) where unique_key is not null do nothing"
);

/// Numbered in the order of the payloads.
const INSERT_ALL: &str = insert!("unnest($4::text[]::json[])", "");

const EXISTING: &str = "select id from jobs.job where kind = $1 and unique_key = $2";

const DEAD: &str = "select id from jobs.dead where kind = $1 and unique_key = $2 order by id desc limit 1";

const TAKE_WINDOW: &str = "
    insert into jobs.unique_window (kind, key, job, until)
    values ($1, $2, $3, clock_timestamp() + make_interval(secs => $4::float8))
    on conflict (kind, key) do update set job = excluded.job, until = excluded.until
        where unique_window.until <= clock_timestamp()
    returning job";

const WINDOW: &str = "select job from jobs.unique_window where kind = $1 and key = $2";

const TAKE_BACK: &str = "delete from jobs.job where id = $1";

/// Puts a job into the caller's transaction: it exists if and when that commits. Answers its id.
pub async fn enqueue<J: Job>(tx: &Transaction<'_>, job: &J, wish: &Wish<'_>) -> Result<i64, Error> {
    wish.check()?;
    let id = put(tx, J::KIND, J::VERSION, &payload(job)?, wish, 0).await?;
    ring(tx, wish);
    Ok(id)
}

/// Puts a job into a transaction of its own, which is one round trip to the database: for whoever has nothing else to write.
pub async fn enqueue_alone<J: Job>(store: &Store, job: &J, wish: &Wish<'_>) -> Result<i64, Error> {
    wish.check()?;
    if wish.unique.is_some() {
        return store.run_tx("jobs.enqueue", async |tx| enqueue(tx, job, wish).await).await;
    }
    let (payload, terms) = (payload(job)?, Terms::of(wish));
    let (kind, version) = (&J::KIND, &J::VERSION);
    let rows = if terms.is_ready() {
        store.run_one("jobs.enqueue", INSERT_READY, &terms.params_ready(kind, version, &payload)).await?
    } else {
        store.run_one("jobs.enqueue", INSERT, &terms.params(kind, version, &payload, &0_i32)).await?
    };
    bell::of(store).ring(store, wish.queue.to_owned(), wish.partition.map(str::to_owned));
    Ok(rows[0].get(0))
}

/// Puts jobs of one kind, all wished alike, into the caller's transaction with one statement. Answers their ids, in their order.
pub async fn enqueue_all<J: Job>(
    tx: &Transaction<'_>,
    jobs: &[J],
    wish: &Wish<'_>,
) -> Result<Vec<i64>, Error> {
    wish.check()?;
    if wish.unique.is_some() {
        return Err(Error::UniqueTogether);
    }
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let payloads = jobs.iter().map(payload).collect::<Result<Vec<String>, Error>>()?;
    let terms = Terms::of(wish);
    let rows = tx.query(INSERT_ALL, &terms.params(&J::KIND, &J::VERSION, &payloads, &0_i32)).await?;
    ring(tx, wish);
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Tells workers, once it is committed.
pub(crate) fn ring(tx: &Transaction<'_>, wish: &Wish<'_>) {
    let (queue, partition) = (wish.queue.to_owned(), wish.partition.map(str::to_owned));
    tx.after_commit(move |store| bell::of(store).ring(store, queue, partition));
}

pub(crate) fn payload<J: Job>(job: &J) -> Result<String, Error> {
    serde_json::to_string(job).map_err(|error| Error::Payload { kind: J::KIND, reason: error.to_string() })
}

/// A wish as the database takes it.
struct Terms<'w> {
    queue: &'w str,
    priority: i16,
    run_at: Option<f64>,
    attempts_max: i16,
    time_max_ms: Option<i64>,
    unique_key: Option<&'w str>,
    until_begun: bool,
    partition: Option<&'w str>,
    trace: Option<String>,
}

impl<'w> Terms<'w> {
    /// The parameters of the statements that [`insert!`] makes.
    fn params<'p>(
        &'p self,
        kind: &'p (dyn ToSql + Sync),
        version: &'p (dyn ToSql + Sync),
        payload: &'p (dyn ToSql + Sync),
        pending: &'p (dyn ToSql + Sync),
    ) -> [&'p (dyn ToSql + Sync); 13] {
        [
            &self.queue,
            kind,
            version,
            payload,
            &self.priority,
            &self.run_at,
            &self.attempts_max,
            &self.unique_key,
            &self.until_begun,
            &self.time_max_ms,
            &self.partition,
            pending,
            &self.trace,
        ]
    }

    /// Whether [`INSERT_READY`] says all of it.
    fn is_ready(&self) -> bool {
        self.run_at.is_none() && self.partition.is_none() && self.unique_key.is_none()
    }

    /// The parameters of [`INSERT_READY`].
    fn params_ready<'p>(
        &'p self,
        kind: &'p (dyn ToSql + Sync),
        version: &'p (dyn ToSql + Sync),
        payload: &'p (dyn ToSql + Sync),
    ) -> [&'p (dyn ToSql + Sync); 8] {
        [
            &self.queue,
            kind,
            version,
            payload,
            &self.priority,
            &self.attempts_max,
            &self.time_max_ms,
            &self.trace,
        ]
    }

    fn of(wish: &Wish<'w>) -> Terms<'w> {
        Terms {
            queue: wish.queue,
            priority: wish.priority,
            unique_key: wish.unique.map(|it| it.key),
            until_begun: wish.unique.is_some_and(|it| it.until == Until::Begun),
            partition: wish.partition,
            trace: trace::here(),
            run_at: wish.run_at.map(|it| it.as_microsecond() as f64 / 1e6),
            attempts_max: i16::try_from(wish.attempts_max).unwrap_or(i16::MAX),
            time_max_ms: wish.time_max.map(|it| i64::try_from(it.as_millis()).unwrap_or(i64::MAX)),
        }
    }
}

/// A job that comes after `pending` others. Its wish has been checked.
pub(crate) async fn put(
    tx: &Transaction<'_>,
    kind: &str,
    version: i16,
    payload: &str,
    wish: &Wish<'_>,
    pending: i32,
) -> Result<i64, Error> {
    let terms = Terms::of(wish);
    if pending == 0 && terms.is_ready() {
        return Ok(tx.query_one(INSERT_READY, &terms.params_ready(&kind, &version, &payload)).await?.get(0));
    }
    let key = wish.unique.map(|it| it.key);
    // Between the insert that met another job and the look at it, that one may have been done.
    let id: i64 = loop {
        let row = tx
            .query_opt(
                if key.is_some() { INSERT_UNIQUE } else { INSERT },
                &terms.params(&kind, &version, &payload, &pending),
            )
            .await?;
        if let Some(row) = row {
            break row.get(0);
        }
        let key = key.unwrap_or_default();
        if let Some(row) = tx.query_opt(EXISTING, &[&kind, &key]).await? {
            return Err(duplicate(kind, key, row.get(0)));
        }
    };
    let Some(unique) = wish.unique else { return Ok(id) };
    if let Some(other) = taken(tx, kind, id, &unique).await? {
        // The caller may go on and commit.
        tx.execute(TAKE_BACK, &[&id]).await?;
        return Err(duplicate(kind, unique.key, other));
    }
    Ok(id)
}

/// Which job that is no longer there has the key still.
async fn taken(tx: &Transaction<'_>, kind: &str, id: i64, unique: &Unique<'_>) -> Result<Option<i64>, Error> {
    if unique.until == Until::Forgotten
        && let Some(row) = tx.query_opt(DEAD, &[&kind, &unique.key]).await?
    {
        return Ok(Some(row.get(0)));
    }
    let Some(within) = unique.within else { return Ok(None) };
    let seconds = within.as_secs_f64();
    if tx.query_opt(TAKE_WINDOW, &[&kind, &unique.key, &id, &seconds]).await?.is_some() {
        return Ok(None);
    }
    Ok(Some(tx.query_one(WINDOW, &[&kind, &unique.key]).await?.get(0)))
}

fn duplicate(kind: &str, key: &str, id: i64) -> Error {
    Error::Duplicate { kind: kind.to_owned(), key: key.to_owned(), id }
}
