//! What arrived: every delivery checked against the one before it, and timed.

use crate::mark::Mark;
use hdrhistogram::Histogram;

/// The longest latency that is told apart, nanoseconds: two minutes.
const LATENCY_NS_MAX: u64 = 120_000_000_000;

/// Deliveries of one stretch of updates to the streams that are watched.
pub(crate) struct Tally {
    /// How many streams are watched: an update has reached all when so many have it.
    watched: usize,
    /// The first update of the stretch.
    from: u64,
    pub(crate) deliveries: u64,
    /// Updates that a stream never got, and those that it got again. One that overtakes another counts as both.
    pub(crate) lost: u64,
    pub(crate) repeated: u64,
    latencies: Histogram<u64>,
    /// By place from `from`.
    updates: Vec<Reached>,
    pub(crate) last_received_ns: u64,
}

/// How far an update came.
#[derive(Clone, Copy, Default)]
struct Reached {
    streams: usize,
    slowest_ns: u64,
}

/// A new histogram of latencies in nanoseconds, to three digits.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LATENCY_NS_MAX, 3).expect("the bounds are in order")
}

impl Tally {
    pub(crate) fn new(watched: usize) -> Self {
        Self {
            watched,
            from: 1,
            deliveries: 0,
            lost: 0,
            repeated: 0,
            latencies: histogram(),
            updates: Vec::new(),
            last_received_ns: 0,
        }
    }

    /// Begins a new stretch with update `from`. Losses are kept: they count for the whole run.
    pub(crate) fn begin(&mut self, from: u64) {
        self.from = from;
        self.deliveries = 0;
        self.latencies.clear();
        self.updates.clear();
    }

    /// A stream whose last update was `last` (0: none yet) got another one.
    pub(crate) fn take(&mut self, last: &mut u64, mark: Mark, now_ns: u64) {
        if mark.seq <= *last {
            self.repeated += 1;
            return;
        }
        if *last != 0 {
            self.lost += mark.seq - *last - 1;
        }
        *last = mark.seq;
        let Some(place) = mark.seq.checked_sub(self.from).and_then(|it| usize::try_from(it).ok()) else {
            return;
        };
        if self.updates.len() <= place {
            self.updates.resize(place + 1, Reached::default());
        }
        let latency_ns = now_ns.saturating_sub(mark.at_ns).max(1);
        self.latencies.saturating_record(latency_ns);
        let reached = &mut self.updates[place];
        reached.streams += 1;
        reached.slowest_ns = reached.slowest_ns.max(latency_ns);
        self.deliveries += 1;
        self.last_received_ns = now_ns;
    }

    /// Nothing more is waited for: what of `published` updates has not come counts as lost.
    pub(crate) fn give_up(&mut self, published: u64) {
        let missing = (published * self.watched as u64).saturating_sub(self.deliveries);
        self.lost = self.lost.max(missing);
    }

    /// How many updates of the stretch are out with all the watched streams, if none was lost.
    pub(crate) fn complete(&self) -> u64 {
        self.deliveries / self.watched.max(1) as u64
    }

    /// From publication to each stream.
    pub(crate) fn latencies(&self) -> &Histogram<u64> {
        &self.latencies
    }

    /// From publication to the last of the watched streams, over the updates from place `from` that reached all.
    pub(crate) fn last_subscribers(&self, from: usize) -> Histogram<u64> {
        let mut last = histogram();
        for reached in self.updates.iter().skip(from).filter(|it| it.streams == self.watched) {
            last.saturating_record(reached.slowest_ns);
        }
        last
    }
}
