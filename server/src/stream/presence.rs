//! Who is watching: open streams by match, by key and by organisation.
//!
//! A stream holds a [`Guard`], eight bytes, for as long as it is open. The guard is a reference to a counter that all streams of one
//! (match, key) share, and the count is the number of those references: joining takes a lock once a stream, leaving takes none, and a
//! stream that ends in any way, a panic included, is counted out.

mod census;

pub use census::Census;

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Matches, and keys, that `/metrics` lists by name; the largest. The rest are in the total alone.
const LISTED_MAX: usize = 200;
/// Abandoned pairs are looked for once there are this many, and each time their number has doubled since.
const PAIRS_MIN: usize = 1_024;

/// The open streams of this process. Cloning shares them.
#[derive(Clone, Default)]
pub struct Presence {
    pairs: Arc<Mutex<Pairs>>,
}

#[derive(Default)]
struct Pairs {
    /// By match, then by key ("" for streams without one). Invariant: the map holds one reference to each pair.
    by_match: HashMap<Box<str>, HashMap<Box<str>, Pair>>,
    /// How many there are, abandoned ones included.
    count: usize,
    /// How many were in use when abandoned ones were last let go.
    kept: usize,
}

/// What streams of one match and key refer to, for its own count of references. In it is the organisation whose key it is; empty without one.
type Pair = Arc<Box<str>>;

/// An open stream; dropping it counts it out.
pub struct Guard {
    _pair: Pair,
}

/// Open streams at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub total: u64,
    pub by_match: HashMap<String, u64>,
    pub by_key: HashMap<String, u64>,
    pub by_organisation: HashMap<String, u64>,
}

/// With what a stream was opened: `key_…` of `org_…`.
#[derive(Clone, Copy, Debug)]
pub struct OfKey<'a> {
    pub key_id: &'a str,
    pub organisation_id: &'a str,
}

impl Presence {
    /// Counts a stream of a match in, opened with a key where one is asked for.
    pub fn join(&self, match_id: &str, key: Option<OfKey<'_>>) -> Guard {
        let key = key.unwrap_or(OfKey { key_id: "", organisation_id: "" });
        Guard { _pair: self.pairs().of(match_id, key) }
    }

    /// Open streams of a match in this process.
    pub fn here(&self, match_id: &str) -> u64 {
        let pairs = self.pairs();
        pairs.by_match.get(match_id).into_iter().flat_map(HashMap::values).map(open).sum()
    }

    /// All of this process, now. Costs some 50 ns a (match, key).
    pub fn counts(&self) -> Counts {
        let mut pairs = self.pairs();
        pairs.let_go();
        let mut counts = Counts::default();
        for (match_id, keys) in &pairs.by_match {
            for (key_id, pair) in keys {
                let open = open(pair);
                counts.total += open;
                *counts.by_match.entry(match_id.to_string()).or_default() += open;
                if !key_id.is_empty() {
                    *counts.by_key.entry(key_id.to_string()).or_default() += open;
                    *counts.by_organisation.entry(pair.to_string()).or_default() += open;
                }
            }
        }
        counts
    }

    /// The counts in Prometheus' text format: `stream_subscribers`, and by match and by key the largest 200. They are written here and
    /// not kept as gauges, which would stay for ever for each match that ever was.
    pub fn render(&self) -> String {
        let counts = self.counts();
        let mut text = format!(
            "# HELP stream_subscribers Open streams of this process\n# TYPE stream_subscribers gauge\n\
             stream_subscribers {}\n",
            counts.total
        );
        list(&mut text, ("stream_match_subscribers", "match"), counts.by_match);
        list(&mut text, ("stream_key_subscribers", "key"), counts.by_key);
        text
    }

    fn pairs(&self) -> MutexGuard<'_, Pairs> {
        self.pairs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pairs {
    fn of(&mut self, match_id: &str, key: OfKey<'_>) -> Pair {
        if let Some(pair) = self.by_match.get(match_id).and_then(|keys| keys.get(key.key_id)) {
            return pair.clone();
        }
        if self.count >= (self.kept * 2).max(PAIRS_MIN) {
            self.let_go();
        }
        self.count += 1;
        let keys = self.by_match.entry(match_id.into()).or_default();
        keys.entry(key.key_id.into()).or_insert_with(|| Arc::new(key.organisation_id.into())).clone()
    }

    /// Forgets pairs that no stream refers to.
    fn let_go(&mut self) {
        self.by_match.retain(|_, keys| {
            keys.retain(|_, pair| open(pair) > 0);
            !keys.is_empty()
        });
        self.count = self.by_match.values().map(HashMap::len).sum();
        self.kept = self.count;
    }
}

/// Streams that refer to a pair of the map. Under the lock it can fall, but not rise: so none that is open is forgotten.
fn open(pair: &Pair) -> u64 {
    (Arc::strong_count(pair) - 1) as u64
}

/// The largest of some counts. Names are ids that we made: nothing in them has to be escaped.
fn list(text: &mut String, (metric, label): (&str, &str), counts: HashMap<String, u64>) {
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_unstable_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(&two.0)));
    counts.truncate(LISTED_MAX);
    // Writing to a text cannot fail.
    let _written =
        writeln!(text, "# HELP {metric} Open streams of this process, by {label}\n# TYPE {metric} gauge");
    for (name, open) in counts {
        let _written = writeln!(text, "{metric}{{{label}=\"{name}\"}} {open}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: OfKey<'_> = OfKey { key_id: "key_a", organisation_id: "org_1" };

    #[test]
    fn streams_are_counted_by_match_key_and_organisation_while_they_are_open() {
        let presence = Presence::default();
        let one = presence.join("mat_1", Some(A));
        let two = presence.join("mat_1", Some(OfKey { key_id: "key_b", organisation_id: "org_1" }));
        let three = presence.clone().join("mat_2", Some(A));
        let four = presence.join("mat_2", None);
        assert_eq!((presence.here("mat_1"), presence.here("mat_2"), presence.here("mat_3")), (2, 2, 0));
        let counts = presence.counts();
        assert_eq!((counts.total, counts.by_key["key_a"], counts.by_key["key_b"]), (4, 2, 1));
        assert_eq!(counts.by_key.len(), 2, "those without a key are nobody's");
        assert_eq!(counts.by_organisation, HashMap::from([("org_1".to_owned(), 3)]));
        drop((one, two, four));
        assert_eq!(presence.counts().by_match, HashMap::from([("mat_2".to_owned(), 1)]));
        drop(three);
        assert_eq!(presence.counts(), Counts::default());
        assert_eq!(presence.pairs().count, 0);
    }

    #[test]
    fn a_guard_is_a_pointer_large() {
        assert_eq!(size_of::<Guard>(), size_of::<usize>());
    }

    #[test]
    fn matches_that_are_over_leave_nothing_behind() {
        let presence = Presence::default();
        let _open: Vec<Guard> = (0..10).map(|at| presence.join(&format!("mat_{at}"), None)).collect();
        for at in 0..100_000 {
            drop(presence.join(&format!("mat_{at}"), Some(A)));
        }
        let count = presence.pairs().count;
        assert!(count <= PAIRS_MIN, "{count} pairs are held");
        assert_eq!(presence.counts().total, 10);
    }

    #[test]
    fn the_largest_are_listed_for_prometheus() {
        let presence = Presence::default();
        let _open: Vec<Guard> = (0..300)
            .flat_map(|at| (0..=at).map(move |_| at))
            .map(|at| presence.join(&format!("mat_{at:03}"), Some(A)))
            .collect();
        let text = presence.render();
        let lines: Vec<&str> = text.lines().filter(|it| !it.starts_with('#')).collect();
        assert_eq!(lines.len(), 1 + LISTED_MAX + 1);
        assert_eq!(lines[0], "stream_subscribers 45150");
        assert_eq!(lines[1], "stream_match_subscribers{match=\"mat_299\"} 300");
        assert_eq!(lines[200], "stream_match_subscribers{match=\"mat_100\"} 101");
        assert_eq!(lines[201], "stream_key_subscribers{key=\"key_a\"} 45150");
    }
}
