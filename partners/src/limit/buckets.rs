//! Many buckets in this process's memory.

use super::Exactness;
use super::rate::{Passed, Rate, Verdict};
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// More than any machine has cores, so that two requests seldom want the same lock.
const SHARDS: usize = 64;
/// Drained buckets of a shard are looked for once there are this many, and each time their number has doubled since.
const SWEEP_MIN: usize = 64;
/// In a shard where most are in use, they are looked for once in so long at most.
const SWEEP_PAUSE_US: u64 = 1_000_000;

/// When each bucket will be empty, by microseconds since 1970. One that is drained is none, so that nothing has to be made or removed.
///
/// A bucket's name is its hash under a seed of this process: 16 bytes each, one hash a request. Two names among a million share a bucket with a
/// probability of 3 in 10⁸, and nobody can look for such names.
pub(super) struct Buckets {
    shards: [Mutex<Shard>; SHARDS],
    seed: RandomState,
    in_shard_max: usize,
}

#[derive(Default)]
struct Shard {
    empty_at: HashMap<u64, u64, BuildHasherDefault<AsItIs>>,
    /// Of the one that all share who find no place.
    rest_empty_at: u64,
    /// With so many, and from then on, drained ones are looked for.
    sweep_len: usize,
    sweep_at_us: u64,
}

impl Buckets {
    /// At most so many in use at once, rounded up to a multiple of 64. Those that come when there are more share 64 buckets, so that neither memory
    /// nor what passes grows with the number of names that somebody invents.
    pub(super) fn new(max: usize) -> Buckets {
        let shards = std::array::from_fn(|_| Mutex::default());
        Buckets { shards, seed: RandomState::new(), in_shard_max: max.div_ceil(SHARDS) }
    }

    /// Judges a request, and pours it into the bucket of that name if it passes.
    pub(super) fn pour(&self, name: impl Hash, rate: Rate, cost: u32, now_us: u64) -> Verdict {
        let name = self.seed.hash_one(name);
        let mut shard = self.shard(name);
        let empty_at = shard.place(name, now_us, self.in_shard_max);
        // One that is fuller than it holds, because its rate was changed or the clock was set back, counts as full.
        let level_us = empty_at.saturating_sub(now_us).min(rate.holds_us());
        match rate.pour(level_us, cost) {
            Some(filled_us) => {
                *empty_at = now_us + filled_us;
                rate.verdict(Passed::Yes, filled_us, Exactness::Local)
            }
            None => rate.verdict(Passed::No { cost }, level_us, Exactness::Local),
        }
    }

    /// Fills a bucket up to a level, where it is emptier.
    pub(super) fn fill_to(&self, name: impl Hash, level_us: u64, now_us: u64) {
        let name = self.seed.hash_one(name);
        let mut shard = self.shard(name);
        let empty_at = shard.place(name, now_us, self.in_shard_max);
        *empty_at = (*empty_at).max(now_us + level_us);
    }

    /// How many are kept; drained ones, until they are looked for, among them.
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|it| it.lock().unwrap_or_else(PoisonError::into_inner).empty_at.len()).sum()
    }

    fn shard(&self, name: u64) -> MutexGuard<'_, Shard> {
        // Not the bits that the map goes by.
        let at = (name >> 40) as usize % SHARDS;
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    /// The bucket of a name, or where there is no room for one more, the one that is shared.
    fn place(&mut self, name: u64, now_us: u64, max: usize) -> &mut u64 {
        if !self.empty_at.contains_key(&name) {
            if self.empty_at.len() >= self.sweep_len.clamp(SWEEP_MIN.min(max), max)
                && now_us >= self.sweep_at_us
            {
                self.sweep(now_us);
            }
            if self.empty_at.len() >= max {
                return &mut self.rest_empty_at;
            }
        }
        self.empty_at.entry(name).or_insert(0)
    }

    fn sweep(&mut self, now_us: u64) {
        self.empty_at.retain(|_, empty_at| *empty_at > now_us);
        self.sweep_len = 2 * self.empty_at.len();
        self.empty_at.shrink_to(self.sweep_len);
        self.sweep_at_us = now_us + SWEEP_PAUSE_US;
    }
}

/// Takes a hash for its own hash.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("the names of buckets are u64s");
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A request takes a second to drain, and a bucket holds ten.
    fn rate() -> Rate {
        Rate::new(60, 10).unwrap()
    }

    const SECOND_US: u64 = 1_000_000;
    const NOW_US: u64 = 1_764_410_400 * SECOND_US;

    fn passes(buckets: &Buckets, name: &str, at_us: u64) -> usize {
        (0..100).filter(|_| buckets.pour(name, rate(), 1, at_us).allowed).count()
    }

    #[test]
    fn each_name_has_a_bucket_of_its_own_that_drains_with_time() {
        let buckets = Buckets::new(1_000);
        assert_eq!([passes(&buckets, "a", NOW_US), passes(&buckets, "b", NOW_US)], [10, 10]);
        assert_eq!(passes(&buckets, "a", NOW_US + 3 * SECOND_US), 3);
        assert_eq!(passes(&buckets, "b", NOW_US + 3 * SECOND_US - 1), 2);
        assert_eq!(passes(&buckets, "a", NOW_US + 1_000 * SECOND_US), 10);
    }

    #[test]
    fn many_threads_get_no_more_than_one() {
        let buckets = Buckets::new(1_000);
        let passed: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| passes(&buckets, "a", NOW_US))).collect();
            threads.into_iter().map(|it| it.join().unwrap()).sum()
        });
        assert_eq!(passed, 10);
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_out_for_longer_than_a_full_bucket_would() {
        let buckets = Buckets::new(1_000);
        assert_eq!(passes(&buckets, "a", NOW_US), 10);
        let back_us = NOW_US - 3_600 * SECOND_US;
        let refused = buckets.pour("a", rate(), 1, back_us);
        assert!(!refused.allowed && refused.retry_after.as_secs() == 1, "{refused:?}");
        // From the first request that passes it counts by the new time.
        buckets.fill_to("b", 9 * SECOND_US, back_us);
        assert_eq!(passes(&buckets, "b", back_us), 1);
    }

    #[test]
    fn a_bucket_is_filled_up_to_a_level_and_never_emptied() {
        let buckets = Buckets::new(1_000);
        buckets.fill_to("a", 8 * SECOND_US, NOW_US);
        buckets.fill_to("a", 3 * SECOND_US, NOW_US);
        assert_eq!(passes(&buckets, "a", NOW_US), 2);
    }

    #[test]
    fn drained_buckets_are_forgotten_without_being_asked_for() {
        let buckets = Buckets::new(usize::MAX);
        let fill = |names: std::ops::Range<u32>, at_us| {
            names.for_each(|name| assert!(buckets.pour(name, rate(), 1, at_us).allowed));
        };
        fill(0..100_000, NOW_US);
        assert_eq!(buckets.len(), 100_000, "all are in use");
        fill(100_000..150_000, NOW_US + 2 * SECOND_US);
        fill(150_000..300_000, NOW_US + 4 * SECOND_US);
        assert!(buckets.len() < 260_000, "{}", buckets.len());
        fill(300_000..500_000, NOW_US + 60 * SECOND_US);
        assert!(buckets.len() <= 400_000, "{}", buckets.len());
    }

    #[test]
    fn invented_names_take_no_memory_and_pass_no_oftener_than_the_bound_says() {
        let buckets = Buckets::new(6_400);
        let known: Vec<u32> = (0..100).collect();
        assert!(known.iter().all(|name| buckets.pour(name, rate(), 1, NOW_US).allowed));
        let passed =
            (0..1_000_000_u32).filter(|name| buckets.pour(("x", name), rate(), 1, NOW_US).allowed).count();
        assert_eq!(buckets.len(), 6_400);
        assert_eq!(passed, 6_300 + SHARDS * 10, "those with a bucket, and what the shared ones hold");
        assert!(
            known.iter().all(|name| buckets.pour(name, rate(), 9, NOW_US).allowed),
            "who was there stays"
        );
        // When they have drained there is room again.
        assert!(buckets.pour("new", rate(), 10, NOW_US + 20 * SECOND_US).allowed);
        assert!(buckets.len() < 6_400);
        assert_eq!(passes(&buckets, "new", NOW_US + 20 * SECOND_US), 0);
    }
}
