//! What is counted of one key and match.

use super::KeyIds;
use super::country::{Country, country};
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Clock;

const MINUTE_MS: i64 = 60_000;
pub(super) const HOUR_MS: i64 = 60 * MINUTE_MS;

/// What is not collected for longer counts for a later hour.
const HOURS_MAX: usize = 4;
/// What is not collected for longer counts for no peak.
const MINUTES_MAX: usize = 180;

/// Counts of a key and a match in this process: what a stream, or a group of streams that are sent the same, holds on to.
pub struct Line {
    of: Arc<LineName>,
    clock: Clock,
    impressions: AtomicU64,
    updates: AtomicU64,
    streams: Mutex<Streams>,
}

/// What a line is of.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LineName {
    pub(super) key: Arc<KeyName>,
    pub(super) match_id: Box<str>,
}

/// A key and whose it is. It is the same key, whatever else is said of it: a table's row must not be in one batch twice.
#[derive(Debug)]
pub(super) struct KeyName {
    pub(super) organisation_id: Box<str>,
    pub(super) key_id: Box<str>,
    /// Empty for a key of no site.
    pub(super) site_id: Box<str>,
    pub(super) mode: &'static str,
}

impl KeyName {
    pub(super) fn new(key: KeyIds<'_>) -> Self {
        Self {
            organisation_id: key.organisation_id.into(),
            key_id: key.key_id.into(),
            site_id: key.site_id.unwrap_or_default().into(),
            mode: key.mode.word(),
        }
    }
}

impl Ord for KeyName {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.organisation_id, &self.key_id).cmp(&(&other.organisation_id, &other.key_id))
    }
}

impl PartialOrd for KeyName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for KeyName {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for KeyName {}

/// How many updates of a match this process has sent to each of its streams, since it first read the match. Cloning shares the number.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    updates: Arc<AtomicU64>,
}

impl Sent {
    /// One more.
    pub fn add(&self) {
        self.updates.fetch_add(1, Relaxed);
    }

    fn now(&self) -> u64 {
        self.updates.load(Relaxed)
    }
}

/// The streams of a line.
struct Streams {
    open: u64,
    /// What all of them are sent, and up to which number that has been counted.
    sent: Option<(Sent, u64)>,
    /// Up to when the time of those that are open has been counted.
    counted_to_ms: i64,
    /// In order.
    hours: Vec<Hour>,
    /// In order.
    minutes: VecDeque<Minute>,
}

/// What happened in an hour.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Hour {
    /// Hours since 1970.
    pub(super) hour: i64,
    pub(super) opens: u64,
    /// Milliseconds for which streams were open, of all of them together.
    pub(super) stream_ms: u64,
    pub(super) countries: Vec<(Country, u64)>,
}

/// For how long streams were open within a minute.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Minute {
    /// Minutes since 1970.
    pub(super) minute: i64,
    /// Milliseconds, of all streams together.
    pub(super) stream_ms: u64,
}

/// What was counted on a line since it was last taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) impressions: u64,
    pub(super) updates: u64,
    pub(super) hours: Vec<Hour>,
    pub(super) minutes: VecDeque<Minute>,
}

/// An open stream, eight bytes; dropping it counts it out.
pub struct OpenStream {
    line: Arc<Line>,
}

impl OpenStream {
    pub fn line(&self) -> &Arc<Line> {
        &self.line
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut streams = self.line.counted();
        streams.open = streams.open.saturating_sub(1);
    }
}

impl Line {
    pub(super) fn new(of: LineName, clock: Clock) -> Self {
        let counted_to_ms = clock.now_ms();
        let streams =
            Streams { open: 0, sent: None, counted_to_ms, hours: Vec::new(), minutes: VecDeque::new() };
        Self {
            of: Arc::new(of),
            clock,
            impressions: AtomicU64::new(0),
            updates: AtomicU64::new(0),
            streams: Mutex::new(streams),
        }
    }

    pub(super) fn of(&self) -> &Arc<LineName> {
        &self.of
    }

    /// A frame or snapshot was served.
    pub fn impression(&self) {
        self.impressions.fetch_add(1, Relaxed);
    }

    /// A stream was opened, which is sent all that comes from now on; nothing is done for each update.
    pub fn open(line: Arc<Line>, said: Option<[u8; 2]>, sent: &Sent) -> OpenStream {
        let mut streams = line.counted();
        match &streams.sent {
            Some((known, _)) if Arc::ptr_eq(&known.updates, &sent.updates) => {}
            // The match was let go, which no stream followed, and read again.
            _ => streams.sent = Some((sent.clone(), sent.now())),
        }
        streams.open += 1;
        let minute = streams.counted_to_ms.div_euclid(MINUTE_MS);
        let hour = streams.hour(minute.div_euclid(60));
        hour.opens += 1;
        count_country(&mut hour.countries, country(said), 1);
        drop(streams);
        OpenStream { line }
    }

    /// What came since the last time; none when nothing did and no stream is open.
    pub(super) fn take(&self) -> Option<Taken> {
        let mut streams = self.counted();
        let taken = Taken {
            impressions: self.impressions.swap(0, Relaxed),
            updates: self.updates.swap(0, Relaxed),
            hours: mem::take(&mut streams.hours),
            minutes: mem::take(&mut streams.minutes),
        };
        let is_used = taken.impressions > 0 || taken.updates > 0 || !taken.hours.is_empty();
        (is_used || streams.open > 0).then_some(taken)
    }

    /// The streams, their time and their updates counted up to now. The clock is read under the lock, so that it only goes back where the machine's does.
    fn counted(&self) -> MutexGuard<'_, Streams> {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.count_time(self.clock.now_ms());
        self.updates.fetch_add(streams.count_updates(), Relaxed);
        streams
    }
}

impl Streams {
    /// Updates that came since the last time, times the streams that they were sent to.
    fn count_updates(&mut self) -> u64 {
        let Some((sent, counted_to)) = &mut self.sent else { return 0 };
        let now = sent.now();
        now.saturating_sub(mem::replace(counted_to, now)) * self.open
    }

    fn count_time(&mut self, now_ms: i64) {
        let mut at_ms = mem::replace(&mut self.counted_to_ms, now_ms);
        while self.open > 0 && at_ms < now_ms {
            let minute = at_ms.div_euclid(MINUTE_MS);
            let end_ms = now_ms.min((minute + 1) * MINUTE_MS);
            let stream_ms = end_ms.abs_diff(at_ms) * self.open;
            self.minute(minute).stream_ms += stream_ms;
            self.hour(minute.div_euclid(60)).stream_ms += stream_ms;
            at_ms = end_ms;
        }
    }

    /// The counts of an hour; of the last one, where the clock was put back.
    fn hour(&mut self, hour: i64) -> &mut Hour {
        if self.hours.last().is_none_or(|last| last.hour < hour) {
            self.hours.push(Hour { hour, ..Hour::default() });
        }
        if self.hours.len() > HOURS_MAX {
            let over = self.hours.remove(0);
            self.hours[0].take_in(over);
        }
        self.hours.last_mut().expect("one was pushed if there was none")
    }

    /// The same of a minute.
    fn minute(&mut self, minute: i64) -> &mut Minute {
        if self.minutes.back().is_none_or(|last| last.minute < minute) {
            self.minutes.push_back(Minute { minute, stream_ms: 0 });
        }
        if self.minutes.len() > MINUTES_MAX {
            self.minutes.pop_front();
        }
        self.minutes.back_mut().expect("one was pushed if there was none")
    }
}

impl Hour {
    fn take_in(&mut self, other: Hour) {
        self.opens += other.opens;
        self.stream_ms += other.stream_ms;
        for (country, opens) in other.countries {
            count_country(&mut self.countries, country, opens);
        }
    }
}

/// A line has a handful of countries in an hour: the frequent ones come first by themselves.
fn count_country(countries: &mut Vec<(Country, u64)>, country: Country, opens: u64) {
    match countries.iter_mut().find(|it| it.0 == country) {
        Some(found) => found.1 += opens,
        None => countries.push((country, opens)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_put_back_takes_no_time_away_and_gives_none() {
        let mut streams = Streams {
            open: 2,
            sent: None,
            counted_to_ms: HOUR_MS,
            hours: Vec::new(),
            minutes: VecDeque::new(),
        };
        for now_ms in [HOUR_MS + 1_000, HOUR_MS - 5_000, HOUR_MS - 4_000, HOUR_MS - 4_000] {
            streams.count_time(now_ms);
        }
        let all = |stream_ms| Hour { hour: 1, stream_ms, ..Hour::default() };
        assert_eq!(streams.hours, [all(4_000)], "it stays in the last hour");
        assert_eq!(streams.minutes, [Minute { minute: 60, stream_ms: 4_000 }]);
    }
}
