//! What was collected from the counters and is not in the database yet.

use super::country::Country;
use super::line::{KeyName, LineName, Taken};
use super::origins::Count;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows of each table that are written at once. A transaction of them takes a second or two at most.
const ROWS_MAX: usize = 10_000;

/// What is to be added to the tables' rows. In order, as all processes write them: so none waits for another that waits for it.
#[derive(Default)]
pub(super) struct Unwritten {
    /// By line and hour.
    hours: BTreeMap<HourKey, HourCounts>,
    /// By line, hour and country: opens.
    countries: BTreeMap<CountryKey, u64>,
    /// Milliseconds.
    minutes: BTreeMap<MinuteKey, u64>,
    refusals: BTreeMap<RefusalKey, Occurred>,
    /// By key and origin: uses.
    uses: BTreeMap<UseKey, Occurred>,
}

pub(super) type HourKey = (Arc<LineName>, i64);
pub(super) type CountryKey = (Arc<LineName>, i64, Country);
pub(super) type UseKey = (Arc<KeyName>, Box<str>);

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct HourCounts {
    pub(super) impressions: u64,
    pub(super) opens: u64,
    pub(super) stream_ms: u64,
    pub(super) updates: u64,
}

/// A minute of a part of what an organisation has.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MinuteKey {
    pub(super) organisation_id: Box<str>,
    pub(super) minute: i64,
    pub(super) kind: &'static str,
    pub(super) part: Box<str>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RefusalKey {
    /// None: the key is not known.
    pub(super) of: Option<Arc<KeyName>>,
    pub(super) hour: i64,
    /// Empty where it is not known.
    pub(super) match_id: Box<str>,
    pub(super) code: &'static str,
    pub(super) origin: Box<str>,
}

/// How often, and when: as exactly as it is collected.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Occurred {
    pub(super) count: u64,
    pub(super) first_at_ms: i64,
    pub(super) last_at_ms: i64,
}

/// What one transaction writes.
pub(super) struct Batch {
    pub(super) number: i64,
    pub(super) rows: Rows,
}

pub(super) struct Rows {
    pub(super) hours: Vec<(HourKey, HourCounts)>,
    pub(super) countries: Vec<(CountryKey, u64)>,
    pub(super) minutes: Vec<(MinuteKey, u64)>,
    pub(super) refusals: Vec<(RefusalKey, Occurred)>,
    pub(super) uses: Vec<(UseKey, Occurred)>,
}

impl Batch {
    pub(super) fn rows(&self) -> usize {
        let Rows { hours, countries, minutes, refusals, uses } = &self.rows;
        hours.len() + countries.len() + minutes.len() + refusals.len() + uses.len()
    }
}

impl Unwritten {
    pub(super) fn rows(&self) -> usize {
        self.hours.len() + self.countries.len() + self.minutes.len() + self.refusals.len() + self.uses.len()
    }

    /// `hour` is that of what says none itself.
    pub(super) fn add_line(&mut self, of: &Arc<LineName>, hour: i64, taken: Taken) {
        if taken.impressions > 0 || taken.updates > 0 {
            let counts = self.hours.entry((of.clone(), hour)).or_default();
            counts.impressions += taken.impressions;
            counts.updates += taken.updates;
        }
        for it in taken.hours {
            let counts = self.hours.entry((of.clone(), it.hour)).or_default();
            counts.opens += it.opens;
            counts.stream_ms += it.stream_ms;
            for (country, opens) in it.countries {
                *self.countries.entry((of.clone(), it.hour, country)).or_default() += opens;
            }
        }
        for it in taken.minutes {
            let key = &of.key;
            let line = format!("{} {}", key.key_id, of.match_id);
            for (kind, part) in [
                ("organisation", ""),
                ("mode", key.mode),
                ("site", &key.site_id),
                ("key", &key.key_id),
                ("match", &of.match_id),
                ("line", &line),
            ] {
                let organisation_id = key.organisation_id.clone();
                let minute = MinuteKey { organisation_id, minute: it.minute, kind, part: part.into() };
                *self.minutes.entry(minute).or_default() += it.stream_ms;
            }
        }
    }

    pub(super) fn add_use(&mut self, used: Count, now_ms: i64) {
        occur(&mut self.uses, (used.of, used.origin), used.count, now_ms);
    }

    pub(super) fn add_refusal(&mut self, key: RefusalKey, count: u64, now_ms: i64) {
        occur(&mut self.refusals, key, count, now_ms);
    }

    /// What is written next; none when there is nothing.
    pub(super) fn next_rows(&mut self) -> Option<Rows> {
        (self.rows() > 0).then(|| Rows {
            hours: first(&mut self.hours),
            countries: first(&mut self.countries),
            minutes: first(&mut self.minutes),
            refusals: first(&mut self.refusals),
            uses: first(&mut self.uses),
        })
    }
}

fn occur<K: Ord>(occurred: &mut BTreeMap<K, Occurred>, key: K, count: u64, now_ms: i64) {
    let new = Occurred { count: 0, first_at_ms: now_ms, last_at_ms: now_ms };
    let found = occurred.entry(key).or_insert(new);
    found.count += count;
    found.last_at_ms = now_ms;
}

fn first<K: Ord, V>(rows: &mut BTreeMap<K, V>) -> Vec<(K, V)> {
    std::iter::from_fn(|| rows.pop_first()).take(ROWS_MAX).collect()
}
