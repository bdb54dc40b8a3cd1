//! The lines of this process.

use super::line::{HOUR_MS, KeyName, Line, LineName, Taken};
use super::{KeyIds, OTHER};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use store::Clock;

/// Beyond so many, matches are not told apart any more, only keys.
pub(super) const LINES_MAX: usize = 50_000;
/// The longest text that is taken for a match's id.
const MATCH_ID_CHARS_MAX: usize = 64;
/// A line on which nothing was counted for so long is let go.
const IDLE_MS: i64 = HOUR_MS;
/// Each has a lock. The one that is taken from keeps those waiting who want a line of it: 1 ms where there are 50,000 lines, 0.5 µs each.
const SHARDS: usize = 32;

/// By key and match.
#[derive(Default)]
pub(super) struct Lines {
    shards: [Mutex<Shard>; SHARDS],
    count: AtomicUsize,
}

/// By key, then by match.
type Shard = HashMap<Box<str>, HashMap<Box<str>, Held>>;

struct Held {
    line: Arc<Line>,
    /// When something was last taken from it.
    used_at_ms: i64,
}

impl Lines {
    /// The line of a key and match, made if there is none.
    pub(super) fn line(&self, key: KeyIds<'_>, match_id: &str, clock: &Clock) -> Arc<Line> {
        let match_id = if is_id(match_id) { match_id } else { OTHER };
        let mut shard = self.shard(key.key_id, match_id).lock().unwrap_or_else(PoisonError::into_inner);
        let of_key = shard.get(key.key_id);
        if let Some(held) = of_key.and_then(|matches| matches.get(match_id)) {
            return held.line.clone();
        }
        if match_id != OTHER && self.count.load(Ordering::Relaxed) >= LINES_MAX {
            drop(shard);
            return self.line(key, OTHER, clock);
        }
        let name = LineName { key: Arc::new(KeyName::new(key)), match_id: match_id.into() };
        let line = Arc::new(Line::new(name, clock.clone()));
        let held = Held { line: line.clone(), used_at_ms: clock.now_ms() };
        shard.entry(key.key_id.into()).or_default().insert(match_id.into(), held);
        self.count.fetch_add(1, Ordering::Relaxed);
        line
    }

    /// What came since the last time, of the lines on which something did or a stream is open; lets idle lines go.
    pub(super) fn take(&self, now_ms: i64) -> Vec<(Arc<LineName>, Taken)> {
        let mut all = Vec::new();
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.retain(|_, matches| {
                matches.retain(|_, held| {
                    let stays = held.take(now_ms, &mut all);
                    if !stays {
                        self.count.fetch_sub(1, Ordering::Relaxed);
                    }
                    stays
                });
                !matches.is_empty()
            });
        }
        all
    }

    /// Ids end in what is random about them.
    fn shard(&self, key_id: &str, match_id: &str) -> &Mutex<Shard> {
        let ends = key_id.bytes().rev().take(3).chain(match_id.bytes().rev().take(3));
        let hash = ends.fold(0_usize, |hash, byte| hash.wrapping_mul(31) + usize::from(byte));
        &self.shards[hash % SHARDS]
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}

impl Held {
    /// Whether the line stays, of which what came is put to the rest.
    ///
    /// Who holds it can count on it, and who does not needs the shard's lock first, which is ours: so if nobody holds it now, nothing can come
    /// after what is taken here.
    fn take(&mut self, now_ms: i64, all: &mut Vec<(Arc<LineName>, Taken)>) -> bool {
        let is_held = Arc::get_mut(&mut self.line).is_none();
        match self.line.take() {
            Some(taken) => {
                self.used_at_ms = now_ms;
                all.push((self.line.of().clone(), taken));
                true
            }
            None => is_held || now_ms - self.used_at_ms < IDLE_MS,
        }
    }
}

/// Whether a text can be an id: the database takes every one of them.
fn is_id(text: &str) -> bool {
    (1..=MATCH_ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
