//! What partners use: impressions, opened streams, their time and concurrency, updates, countries, refusals and origins, by key, site, match
//! and hour (UTC).
//!
//! [`Counters`] count in this process's memory, without I/O. [`Counters::flush`] writes what came since the last time, some ten seconds apart and
//! once more at the end. A batch has a number, which is written with it: one whose fate is unknown is written again and counts once. A crash
//! loses what was counted since the last flush, and nothing else.
//!
//! *When.* Opens, countries and stream time belong to the hour in which they happened. All else belongs to the hour in which most of the time
//! between two flushes was, so that it is wrong by half of that time at most, and not at all where flushes come at full multiples of it. That
//! holds as well while the database is away, since counts are collected with each attempt to write them.
//!
//! *Peak.* Concurrency at a moment cannot be added up over processes that look at different moments; time can. So a peak is that of the busiest
//! minute: the time that all streams of all processes were open within it, by sixty seconds, rounded up. A stream that moves to another process
//! counts once; a spike of five seconds counts by a twelfth. Peaks of parts do not add up to the peak of the whole.
//!
//! Read [`Line`] first, then [`Counters::flush`].

mod country;
mod csv;
mod figures;
mod forget;
mod line;
mod lines;
mod origins;
mod refused;
#[cfg(test)]
mod tests;
mod unwritten;
mod write;

pub use csv::{Csv, What, csv};
pub use figures::{
    Dimension, Figures, Part, Point, Rows, Span, Step, Top, TopPlace, Which, by, month, series, summary,
};
pub use forget::{FORGET_MAX, forget_over};
pub use line::{Line, OpenStream, Sent};
pub use refused::{
    InUse, KeyOrigin, Reason, ReasonPlace, RefusedOrigin, RefusedPlace, UsePlace, in_use, origins_of_key,
    reasons, reasons_of_strangers, refused_origins,
};

use crate::Error;
use crate::key::{Mode, Record};
use crate::ring::PartnerKey;
use lines::Lines;
use origins::{Count, Counted, Origins};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Clock, Store, ids};
use unwritten::{Batch, RefusalKey, Unwritten};

/// What stands for all matches and origins that are not told apart.
pub const OTHER: &str = "other";

/// From so many rows that wait for the database on, counts stay where they were counted, and come into a later hour.
const ROWS_WAITING_MAX: usize = 200_000;
/// For how long an origin on which a key is used is remembered, and a place kept for it, when it is not seen again.
const USES_KEPT_MS: i64 = 24 * line::HOUR_MS;
/// The same of one that is refused.
const REFUSALS_KEPT_MS: i64 = line::HOUR_MS;

/// The counts of this process. Cloning shares them.
///
/// In a release build, on one core and with the machine's clock (30 ns a look): [`Sent::add`] costs 7 ns, however many streams there are, [`Counters::impression`] 70 ns,
/// [`Counters::open`] and the end of the stream together 170 ns (100 ns for those who hold the line), [`Counters::origin`] and
/// [`Counters::refusal`] 50 to 150 ns. A flush of 1,000 lines with open streams, 2,000 rows, takes the database 30 ms.
///
/// Memory is bounded: some 300 bytes for each of 50,000 lines, and for one line of each key beyond; 20,000 origins twice, and a handful of each
/// key; 200,000 rows that wait for the database, and those of one more look.
#[derive(Clone)]
pub struct Counters {
    shared: Arc<Shared>,
}

struct Shared {
    /// Names this process among those that write, since it was started: `edge_…`.
    process: String,
    clock: Clock,
    lines: Lines,
    /// Where keys are used.
    uses: Origins,
    /// What was refused, of keys that are known.
    refusals: Origins,
    /// By code, where no key is known.
    strangers: Mutex<HashMap<&'static str, u64>>,
    flushing: tokio::sync::Mutex<Flushing>,
}

/// What has been collected, on its way to the database.
struct Flushing {
    collected_at_ms: i64,
    unwritten: Unwritten,
    /// The number of the last batch that was made.
    number: i64,
    /// That batch, while it is not known to be written. It is written before all others, as it is, under its number.
    unsettled: Option<Batch>,
}

/// A key and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct KeyIds<'a> {
    organisation_id: &'a str,
    site_id: Option<&'a str>,
    key_id: &'a str,
    mode: Mode,
}

impl<'a> From<&'a PartnerKey> for KeyIds<'a> {
    fn from(key: &'a PartnerKey) -> Self {
        Self {
            organisation_id: key.organisation_id(),
            site_id: key.site_id(),
            key_id: key.key_id(),
            mode: key.mode(),
        }
    }
}

/// For refusals of keys that are known, and not good.
impl<'a> From<&'a Record> for KeyIds<'a> {
    fn from(key: &'a Record) -> Self {
        Self {
            organisation_id: &key.organisation_id,
            site_id: key.site_id.as_deref(),
            key_id: &key.id,
            mode: key.mode,
        }
    }
}

/// What somebody tried who was refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tried<'a> {
    /// Where from, as a browser says.
    pub origin: Option<&'a str>,
    /// Of which match, where it is one that exists.
    pub match_id: Option<&'a str>,
}

impl<'a> Tried<'a> {
    pub const fn on(origin: &'a str) -> Self {
        Self { origin: Some(origin), match_id: None }
    }

    pub const fn of_match(match_id: &'a str) -> Self {
        Self { origin: None, match_id: Some(match_id) }
    }
}

impl Counters {
    pub fn new(clock: Clock) -> Self {
        let collected_at_ms = clock.now_ms();
        let flushing =
            Flushing { collected_at_ms, unwritten: Unwritten::default(), number: 0, unsettled: None };
        let shared = Shared {
            process: ids::new("edge"),
            clock,
            lines: Lines::default(),
            uses: Origins::keeping(USES_KEPT_MS),
            refusals: Origins::keeping(REFUSALS_KEPT_MS),
            strangers: Mutex::default(),
            flushing: tokio::sync::Mutex::new(flushing),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The counts of a key and a match that exists, to hold on to: while somebody does they are not let go.
    pub fn line(&self, key: &PartnerKey, match_id: &str) -> Arc<Line> {
        self.shared.lines.line(key.into(), match_id, &self.shared.clock)
    }

    /// A frame or snapshot of a match was served.
    pub fn impression(&self, key: &PartnerKey, match_id: &str) {
        self.line(key, match_id).impression();
    }

    /// A stream was opened; it is open until the answer is dropped. `country` is ISO 3166-1 as far as it is known; `sent` counts what the
    /// match's streams are sent.
    pub fn open(
        &self,
        key: &PartnerKey,
        match_id: &str,
        country: Option<[u8; 2]>,
        sent: &Sent,
    ) -> OpenStream {
        Line::open(self.line(key, match_id), country, sent)
    }

    /// A key was used by a page of this origin, as its browser says; empty where none is said: by an app, a frame or a server.
    pub fn origin(&self, key: &PartnerKey, origin: &str) {
        self.shared.uses.count(key.into(), origin, Counted::default());
    }

    /// Something was refused; `code` is the refusal's stable word. Where no key is known, what was tried is nobody's and is not kept.
    pub fn refusal(&self, code: &'static str, key: Option<KeyIds<'_>>, tried: Tried<'_>) {
        match key {
            Some(key) => {
                let what = Counted { match_id: tried.match_id.unwrap_or_default(), code };
                self.shared.refusals.count(key, tried.origin.unwrap_or_default(), what);
            }
            None => *self.strangers().entry(code).or_default() += 1,
        }
    }

    /// Writes what was counted since the last time; says how many rows. On an error, or when it is dropped before its end, nothing is lost and
    /// nothing counts twice: the next call goes on from there.
    pub async fn flush(&self, store: &Store) -> Result<u64, Error> {
        let mut flushing = self.shared.flushing.lock().await;
        self.collect(&mut flushing);
        let mut rows = 0;
        while let Some(batch) = flushing.next_batch() {
            write::write(store, &self.shared.process, batch, self.shared.clock.now()).await?;
            rows += batch.rows() as u64;
            flushing.settled();
        }
        Ok(rows)
    }

    /// Takes what the counters have into what waits for the database.
    fn collect(&self, flushing: &mut Flushing) {
        if flushing.unwritten.rows() >= ROWS_WAITING_MAX {
            return;
        }
        let shared = &self.shared;
        let now_ms = shared.clock.now_ms();
        let middle_ms = flushing.collected_at_ms.midpoint(now_ms);
        let hour = middle_ms.div_euclid(line::HOUR_MS);
        flushing.collected_at_ms = now_ms;
        let into = &mut flushing.unwritten;
        for (of, taken) in shared.lines.take(now_ms) {
            into.add_line(&of, hour, taken);
        }
        for used in shared.uses.take(now_ms) {
            into.add_use(used, now_ms);
        }
        for refused in shared.refusals.take(now_ms) {
            let Count { of, origin, match_id, code, count } = refused;
            into.add_refusal(RefusalKey { of: Some(of), hour, match_id, code, origin }, count, now_ms);
        }
        let strangers = std::mem::take(&mut *self.strangers());
        for (code, count) in strangers {
            let (match_id, origin) = (Box::default(), Box::default());
            into.add_refusal(RefusalKey { of: None, hour, match_id, code, origin }, count, now_ms);
        }
    }

    fn strangers(&self) -> MutexGuard<'_, HashMap<&'static str, u64>> {
        self.shared.strangers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flushing {
    /// What is to be written next: what may have been written already, or what has been collected since.
    fn next_batch(&mut self) -> Option<&Batch> {
        if self.unsettled.is_none() {
            let rows = self.unwritten.next_rows()?;
            self.number += 1;
            self.unsettled = Some(Batch { number: self.number, rows });
        }
        self.unsettled.as_ref()
    }

    /// What was to be written next is.
    fn settled(&mut self) {
        self.unsettled = None;
    }
}

/// Every statement of this module, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&[&str]] =
    &[csv::STATEMENTS, figures::STATEMENTS, forget::STATEMENTS, refused::STATEMENTS, write::STATEMENTS];
