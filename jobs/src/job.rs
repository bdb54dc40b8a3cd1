//! A job as its caller sees it, and how it is enqueued.

use crate::error::Error;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::Transaction;

const ATTEMPTS_MAX: u16 = 1000;
const UNIQUE_KEY_BYTES_MAX: usize = 255;

/// Work to be done later, as data. Its JSON outlives the program that wrote it: a field is added with a default, and a change that older
/// programs cannot read is a new `VERSION`.
pub trait Job: Serialize + DeserializeOwned {
    /// What it is, for as long as jobs of it are stored: "webhook.deliver".
    const KIND: &'static str;
    const VERSION: i16 = 1;
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
    /// At most one job of its kind with this key waits or runs.
    pub unique_key: Option<&'w str>,
}

impl Default for Wish<'_> {
    fn default() -> Self {
        Self { queue: "default", priority: 0, run_at: None, attempts_max: 20, unique_key: None }
    }
}

impl Wish<'_> {
    fn check(&self) -> Result<(), Error> {
        let is_letter = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, b'_' | b'-');
        if !(1..=63).contains(&self.queue.len()) || !self.queue.bytes().all(is_letter) {
            return Err(Error::QueueName { name: self.queue.to_owned() });
        }
        if !(1..=ATTEMPTS_MAX).contains(&self.attempts_max) {
            return Err(Error::Attempts { given: self.attempts_max, max: ATTEMPTS_MAX });
        }
        match self.unique_key.map(str::len) {
            Some(given) if !(1..=UNIQUE_KEY_BYTES_MAX).contains(&given) => {
                Err(Error::UniqueKey { given, max: UNIQUE_KEY_BYTES_MAX })
            }
            _ => Ok(()),
        }
    }
}

// By the database's clock: a process whose own is wrong does not make jobs early or late for others.
const INSERT: &str = "
    insert into jobs.job (queue, kind, version, payload, priority, state, run_at, attempts_max, unique_key)
    select $1, $2, $3, $4::text::json, $5,
        case when to_timestamp($6::float8) > clock_timestamp() then 1 else 0 end,
        coalesce(to_timestamp($6::float8), clock_timestamp()), $7, $8
    on conflict (kind, unique_key) where unique_key is not null do nothing
    returning id";

const EXISTING: &str = "select id from jobs.job where kind = $1 and unique_key = $2";

/// Puts a job into the caller's transaction: it exists if and when that commits. Answers its id.
pub async fn enqueue<J: Job>(tx: &Transaction<'_>, job: &J, wish: &Wish<'_>) -> Result<i64, Error> {
    wish.check()?;
    let payload = serde_json::to_string(job)
        .map_err(|error| Error::Payload { kind: J::KIND, reason: error.to_string() })?;
    let run_at = wish.run_at.map(|it| it.as_microsecond() as f64 / 1e6);
    let attempts_max = i16::try_from(wish.attempts_max).unwrap_or(i16::MAX);
    // Between the insert that met another job and the look at it, that one may have been done.
    loop {
        let row = tx
            .query_opt(
                INSERT,
                &[
                    &wish.queue,
                    &J::KIND,
                    &J::VERSION,
                    &payload,
                    &wish.priority,
                    &run_at,
                    &attempts_max,
                    &wish.unique_key,
                ],
            )
            .await?;
        if let Some(row) = row {
            return Ok(row.get(0));
        }
        let key = wish.unique_key.unwrap_or_default();
        if let Some(row) = tx.query_opt(EXISTING, &[&J::KIND, &key]).await? {
            return Err(Error::Duplicate { kind: J::KIND, key: key.to_owned(), id: row.get(0) });
        }
    }
}
