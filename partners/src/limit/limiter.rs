//! Whether a request with a key may pass now.

use super::buckets::Buckets;
use super::rate::Passed;
use super::{Exactness, Plans, Rate, Verdict};
use crate::PartnerKey;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::{Bucket, Clock, Session};

/// How long Redis is waited for, unless somebody says otherwise.
const ANSWER_MAX: Duration = Duration::from_millis(50);
/// For how long it is not asked after it was late: a request in a hundred waits for a Redis that hangs, not each.
const DOUBT_US: u64 = 500_000;

/// What the keys of all organisations get through. Cloning is cheap and shares the counts.
///
/// Its arithmetic is ours and no crate's. `governor` has one rate for each of its limiters, so that each change of a key's limits would begin
/// with a full burst; what it says of a refusal has neither what remains nor when it resets; its table is not bounded; and the same arithmetic is
/// needed for what Redis answers. It would have saved [`Rate`]'s thirty lines, which a test compares with a naive model.
#[derive(Clone)]
pub struct Limiter {
    inner: Arc<Inner>,
}

struct Inner {
    plans: Plans,
    /// By key ids; they were issued, so nobody can invent them.
    buckets: Buckets,
    clock: Clock,
    answer_max: Duration,
    /// Until when Redis is not asked.
    doubted_until_us: AtomicU64,
}

impl Limiter {
    /// Each key has the rate that the plans say. By this clock buckets drain here; in Redis they drain by Redis's own.
    pub fn new(clock: Clock, plans: Plans) -> Limiter {
        Self::waiting(clock, plans, ANSWER_MAX)
    }

    /// The same, which waits so long for Redis.
    pub fn waiting(clock: Clock, plans: Plans, answer_max: Duration) -> Limiter {
        let (buckets, doubted_until_us) = (Buckets::new(usize::MAX), AtomicU64::new(0));
        Limiter { inner: Arc::new(Inner { plans, buckets, clock, answer_max, doubted_until_us }) }
    }

    /// Judges a request in this process's memory, and counts it if it passes; `cost` is how many it counts for, and with none it is only looked.
    /// Costs about 0.1 µs among the keys of 1,000 organisations.
    pub fn check(&self, key: &PartnerKey, cost: u32) -> Verdict {
        let Inner { plans, buckets, clock, .. } = &*self.inner;
        buckets.pour(key.key_id(), plans.rate_of(key), cost, now_us(clock))
    }

    /// Judges a request in Redis, for all processes together. Costs about 90 µs with a Redis on the same machine, and 0.6 ms where 64 requests share
    /// the connection (medians on two cores that others used too; 0.55 and 3.4 ms are the 99th hundredths).
    ///
    /// Where there is no session, Redis fails or does not answer within 50 ms, the request is judged here: a key that is known is served, by what
    /// this process knows of its bucket. That is what Redis said last and what passed here since, so that an outage begins no new burst. A late
    /// answer may count all the same. `limit_fallbacks_total{reason}` counts these: `absent` (in a process without Redis, all of them), `failed`,
    /// `late`, and `doubted` for those that did not wait for a Redis that was late a moment ago.
    pub async fn check_exact(&self, session: Option<&Session>, key: &PartnerKey, cost: u32) -> Verdict {
        let Inner { plans, buckets, clock, .. } = &*self.inner;
        let rate = plans.rate_of(key);
        match self.ask(session, key.key_id(), rate, cost).await {
            Ok(verdict) => {
                let level_us = u64::try_from(verdict.reset_after.as_micros()).unwrap_or(u64::MAX);
                buckets.fill_to(key.key_id(), level_us, now_us(clock));
                verdict
            }
            Err(reason) => {
                metrics::counter!("limit_fallbacks_total", "reason" => reason).increment(1);
                buckets.pour(key.key_id(), rate, cost, now_us(clock))
            }
        }
    }

    /// Judges a request as a route says.
    pub async fn judge(
        &self,
        exactness: Exactness,
        session: Option<&Session>,
        key: &PartnerKey,
        cost: u32,
    ) -> Verdict {
        match exactness {
            Exactness::Local => self.check(key, cost),
            Exactness::Exact => self.check_exact(session, key, cost).await,
        }
    }

    /// How many keys' buckets it keeps. Drained ones are forgotten when there are many, and are no loss.
    pub fn kept(&self) -> usize {
        self.inner.buckets.len()
    }

    /// Redis's verdict, or why there is none.
    async fn ask(
        &self,
        session: Option<&Session>,
        key_id: &str,
        rate: Rate,
        cost: u32,
    ) -> Result<Verdict, &'static str> {
        let Inner { clock, answer_max, doubted_until_us, .. } = &*self.inner;
        let session = session.ok_or("absent")?;
        if now_us(clock) < doubted_until_us.load(Ordering::Relaxed) {
            return Err("doubted");
        }
        let bucket = Bucket { name: key_id, holds: Duration::from_micros(rate.holds_us()) };
        let pouring = session.pour(bucket, Duration::from_micros(rate.amount_us(cost)));
        match tokio::time::timeout(*answer_max, pouring).await {
            Ok(Ok(poured)) => {
                let passed = if poured.fits { Passed::Yes } else { Passed::No { cost } };
                let level_us = u64::try_from(poured.level.as_micros()).unwrap_or(u64::MAX);
                Ok(rate.verdict(passed, level_us, Exactness::Exact))
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, "a rate is judged here");
                Err("failed")
            }
            Err(_late) => {
                doubted_until_us.store(now_us(clock) + DOUBT_US, Ordering::Relaxed);
                Err("late")
            }
        }
    }
}

/// Microseconds since 1970, in steps of the clock's milliseconds.
pub(super) fn now_us(clock: &Clock) -> u64 {
    u64::try_from(clock.now_ms()).unwrap_or(0) * 1_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::partner;
    use crate::{Kind, Mode};

    #[test]
    fn each_key_has_a_burst_that_comes_back_with_time() {
        let clock = Clock::manual("2026-11-29T10:00:00Z".parse().unwrap());
        let limiter = Limiter::new(clock.clone(), Plans::default());
        let secret = || partner("org_1", Kind::Secret, Mode::Live);
        let (key, other) = (secret(), secret());
        let first = limiter.check(&key, 1);
        assert_eq!((first.allowed, first.remaining, first.limit), (true, 299, Rate::SECRET));
        assert_eq!((first.reset_after, first.retry_after), (Duration::from_millis(20), Duration::ZERO));
        assert_eq!(limiter.check(&key, 0), first, "looking counts nothing");
        assert!(limiter.check(&key, 299).allowed);
        let refused = limiter.check(&key, 10);
        assert_eq!((refused.allowed, refused.remaining), (false, 0));
        assert_eq!(
            (refused.reset_after, refused.retry_after),
            (Duration::from_secs(6), Duration::from_millis(200))
        );
        assert_eq!(limiter.check(&other, 1), first, "another key of the same organisation");
        clock.advance(Duration::from_millis(199));
        assert!(!limiter.check(&key, 10).allowed);
        clock.advance(Duration::from_millis(1));
        assert!(limiter.check(&key, 10).allowed);
        let page = limiter.check(&partner("org_1", Kind::Publishable, Mode::Live), 1);
        assert_eq!(page.limit, Rate::PUBLISHABLE);
        assert_eq!(limiter.kept(), 3);
    }
}
