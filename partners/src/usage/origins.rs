//! Counts by key and origin: where keys are used, and where they are refused, why, and of which match.

use super::line::KeyName;
use super::{KeyIds, OTHER};
use crate::Origin;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Of one key no more origins are told apart at a time: whoever knows a key can say any origin.
pub(super) const ORIGINS_OF_KEY_MAX: usize = 50;
/// The same of all keys together.
pub(super) const ORIGINS_MAX: usize = 20_000;
/// Of one origin no more matches are told apart at a time: they are told apart for each reason.
pub(super) const MATCHES_OF_ORIGIN_MAX: usize = 16;
/// The longest text that is read as an origin: `https://`, a host's name, and a port.
const ORIGIN_CHARS_MAX: usize = 270;
/// Each has a lock.
const SHARDS: usize = 16;

/// Bounded counts.
pub(super) struct Origins {
    shards: [Mutex<HashMap<Box<str>, OfKey>>; SHARDS],
    /// Of origins with a name of their own.
    named: AtomicUsize,
    /// For how long an origin keeps its place when nothing is counted.
    kept_ms: i64,
}

struct OfKey {
    of: Arc<KeyName>,
    named: usize,
    origins: HashMap<Box<str>, Seen>,
}

/// A handful: what can be refused has some fifteen codes.
#[derive(Default)]
struct Seen {
    tallies: Vec<Tally>,
}

struct Tally {
    match_id: Box<str>,
    code: &'static str,
    count: u64,
    /// None: nothing was taken yet.
    used_at_ms: Option<i64>,
}

/// What is counted of a key and an origin; nothing of either where it is only used.
#[derive(Clone, Copy, Default)]
pub(super) struct Counted<'a> {
    /// One that exists; empty where it is not known.
    pub(super) match_id: &'a str,
    pub(super) code: &'static str,
}

/// What came of a key, an origin, a match and a code.
pub(super) struct Count {
    pub(super) of: Arc<KeyName>,
    pub(super) origin: Box<str>,
    pub(super) match_id: Box<str>,
    pub(super) code: &'static str,
    pub(super) count: u64,
}

impl Origins {
    pub(super) fn keeping(kept_ms: i64) -> Self {
        Self { shards: Default::default(), named: AtomicUsize::new(0), kept_ms }
    }

    /// Counts one. `origin` is what the browser said; empty when it said none.
    pub(super) fn count(&self, key: KeyIds<'_>, origin: &str, what: Counted<'_>) {
        let mut shard = self.shard(key.key_id).lock().unwrap_or_else(PoisonError::into_inner);
        let Some(of_key) = shard.get_mut(key.key_id) else {
            let new = OfKey { of: Arc::new(KeyName::new(key)), named: 0, origins: HashMap::new() };
            return self.count_new(shard.entry(key.key_id.into()).or_insert(new), origin, what);
        };
        // Browsers write origins in their normal form: nothing has to be parsed for one that is known.
        match of_key.origins.get_mut(origin) {
            Some(seen) => seen.count(what),
            None => self.count_new(of_key, origin, what),
        }
    }

    /// Counts one of an origin that may have no place yet.
    fn count_new(&self, of_key: &mut OfKey, origin: &str, what: Counted<'_>) {
        let mut name = normal(origin);
        if is_named(&name) && !of_key.origins.contains_key(&name) {
            let has_room =
                of_key.named < ORIGINS_OF_KEY_MAX && self.named.load(Ordering::Relaxed) < ORIGINS_MAX;
            if has_room {
                of_key.named += 1;
                self.named.fetch_add(1, Ordering::Relaxed);
            } else {
                name = OTHER.into();
            }
        }
        of_key.origins.entry(name).or_default().count(what);
    }

    /// What came since the last time; gives up the places of origins that have not been seen for long.
    pub(super) fn take(&self, now_ms: i64) -> Vec<Count> {
        let mut all = Vec::new();
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.retain(|_, OfKey { of, named, origins }| {
                origins.retain(|origin, seen| {
                    for it in seen.tallies.iter_mut().filter(|it| it.count > 0) {
                        let (match_id, count) = (it.match_id.clone(), std::mem::take(&mut it.count));
                        it.used_at_ms = Some(now_ms);
                        all.push(Count {
                            of: of.clone(),
                            origin: origin.clone(),
                            match_id,
                            code: it.code,
                            count,
                        });
                    }
                    let is_recent = |it: &Tally| it.used_at_ms.is_some_and(|at| now_ms - at < self.kept_ms);
                    seen.tallies.retain(is_recent);
                    let stays = !seen.tallies.is_empty();
                    if !stays && is_named(origin) {
                        *named -= 1;
                        self.named.fetch_sub(1, Ordering::Relaxed);
                    }
                    stays
                });
                !origins.is_empty()
            });
        }
        all
    }

    /// Ids end in what is random about them.
    fn shard(&self, key_id: &str) -> &Mutex<HashMap<Box<str>, OfKey>> {
        let hash = key_id.bytes().rev().take(3).fold(0_usize, |hash, byte| hash * 31 + usize::from(byte));
        &self.shards[hash % SHARDS]
    }
}

impl Seen {
    fn count(&mut self, what: Counted<'_>) {
        let Counted { match_id, code } = what;
        if let Some(found) = self.tallies.iter_mut().find(|it| it.code == code && &*it.match_id == match_id) {
            found.count += 1;
            return;
        }
        let is_full = || {
            let named = |it: &&Tally| !matches!(&*it.match_id, "" | OTHER);
            self.tallies.iter().filter(named).count() >= MATCHES_OF_ORIGIN_MAX
        };
        if !matches!(match_id, "" | OTHER) && is_full() {
            return self.count(Counted { match_id: OTHER, code });
        }
        self.tallies.push(Tally { match_id: match_id.into(), code, count: 1, used_at_ms: None });
    }
}

/// Whether it takes one of the places; the others are there at most once a key.
fn is_named(origin: &str) -> bool {
    !matches!(origin, "" | "null" | OTHER)
}

/// An origin in its normal form. What is none is not kept: a stranger's text.
fn normal(origin: &str) -> Box<str> {
    match origin {
        "" | "null" => origin.into(),
        _ if origin.len() > ORIGIN_CHARS_MAX => OTHER.into(),
        _ => origin.parse::<Origin>().map_or(OTHER.into(), |it| it.to_string().into()),
    }
}
