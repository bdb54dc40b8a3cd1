//! Rates, and the arithmetic of what passes: the generic cell rate algorithm, told as a bucket that time drains.

use super::{Exactness, LimitRefusal};
use crate::Error;
use std::time::Duration;

/// What a rate may be at most. A request then takes 100 µs to drain; the microseconds that are cut off are a hundredth at most, in the caller's
/// favour.
pub(super) const PER_MINUTE_MAX: u32 = 600_000;
pub(super) const BURST_MAX: u32 = 600_000;

const MINUTE_US: u64 = 60_000_000;

/// So many requests a minute, and so many at once by whoever was silent before.
///
/// A request fills a bucket by what it takes to drain, a minute divided by their number; the bucket holds a burst. In any stretch of time no more
/// pass than the burst and what drains meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    per_minute: u32,
    burst: u32,
}

impl Rate {
    /// Of a secret key, unless its organisation has another: 50 a second.
    pub const SECRET: Rate = Rate { per_minute: 3_000, burst: 300 };
    /// As much as can be given.
    pub const MAX: Rate = Rate { per_minute: PER_MINUTE_MAX, burst: BURST_MAX };
    /// Of a publishable key, which all visitors of a site share: 10,000 a second in each process, more than one serves.
    pub const PUBLISHABLE: Rate = Rate { per_minute: 600_000, burst: 50_000 };

    /// Both from 1 to 600,000.
    pub fn new(per_minute: u32, burst: u32) -> Result<Rate, Error> {
        let numbers = [
            ("the number of requests a minute", per_minute, PER_MINUTE_MAX),
            ("the number of requests at once", burst, BURST_MAX),
        ];
        if let Some((what, found, max)) = numbers.into_iter().find(|it| !(1..=it.2).contains(&it.1)) {
            return Err(Error::LimitOutOfRange { what, min: 1, max: max.into(), found: found.into() });
        }
        Ok(Rate { per_minute, burst })
    }

    pub const fn per_minute(self) -> u32 {
        self.per_minute
    }

    pub const fn burst(self) -> u32 {
        self.burst
    }

    /// What one request takes to drain.
    const fn one_us(self) -> u64 {
        MINUTE_US / self.per_minute as u64
    }

    /// What a full bucket takes to drain.
    pub(super) const fn holds_us(self) -> u64 {
        self.one_us() * self.burst as u64
    }

    /// What a request takes to drain that counts for several. One that counts for more than a burst counts for a burst, or it would never pass.
    pub(super) fn amount_us(self, cost: u32) -> u64 {
        self.one_us() * u64::from(cost.min(self.burst))
    }

    /// Pours a request into a bucket that takes `level_us` to drain; answers what it takes afterwards. None where it does not fit.
    pub(super) fn pour(self, level_us: u64, cost: u32) -> Option<u64> {
        let filled = level_us + self.amount_us(cost);
        (filled <= self.holds_us()).then_some(filled)
    }

    /// What is said of a request that passed or not; `level_us` is the bucket's level afterwards.
    pub(super) fn verdict(self, passed: Passed, level_us: u64, exactness: Exactness) -> Verdict {
        let level_us = level_us.min(self.holds_us());
        let left = (self.holds_us() - level_us) / self.one_us();
        let retry_us = match passed {
            Passed::Yes => 0,
            Passed::No { cost } => (level_us + self.amount_us(cost)).saturating_sub(self.holds_us()),
        };
        Verdict {
            allowed: matches!(passed, Passed::Yes),
            limit: self,
            remaining: u32::try_from(left).expect("a part of a burst, which is a u32"),
            reset_after: Duration::from_micros(level_us),
            retry_after: Duration::from_micros(retry_us),
            exactness,
        }
    }
}

/// Whether a request passed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Passed {
    Yes,
    No { cost: u32 },
}

/// What a limiter says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub allowed: bool,
    /// What it was judged by.
    pub limit: Rate,
    /// How many more would pass at once.
    pub remaining: u32,
    /// When a whole burst would pass again.
    pub reset_after: Duration,
    /// When this request would have passed; zero where it did.
    pub retry_after: Duration,
    /// Where it was counted: an exact check that had to do without Redis says `Local`.
    pub exactness: Exactness,
}

/// The values of header fields that tell a caller how he stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// `RateLimit-Policy`: `"key";q=300;w=6`.
    pub policy: String,
    /// `RateLimit`: `"key";r=299;t=1`.
    pub limit: String,
    /// `Retry-After`, of a refusal alone.
    pub retry_after: Option<String>,
}

impl Verdict {
    /// The refusal where it is one.
    pub fn judged(self) -> Result<Verdict, LimitRefusal> {
        if self.allowed { Ok(self) } else { Err(LimitRefusal::RateLimited { verdict: self }) }
    }

    /// As draft-ietf-httpapi-ratelimit-headers-11 has them, under the name of a policy: ASCII without quotation marks and backslashes.
    ///
    /// `q` is the burst and `w` the seconds in which it drains, so that `q / w` is the rate. `t` is when all of it is there again; of a refusal it
    /// is when to come back, since `Retry-After` should not be earlier (§6 there). All seconds are rounded up: who keeps to them is let in.
    pub fn fields(&self, policy: &str) -> Fields {
        let window = seconds(Duration::from_micros(self.limit.holds_us()));
        let (until, retry_after) = match self.allowed {
            true => (seconds(self.reset_after), None),
            false => (seconds(self.retry_after), Some(seconds(self.retry_after).to_string())),
        };
        Fields {
            policy: format!("\"{policy}\";q={};w={window}", self.limit.burst),
            limit: format!("\"{policy}\";r={};t={until}", self.remaining),
            retry_after,
        }
    }
}

/// Whole ones, at least one: a window of none is not allowed, and "come back at once" is no answer.
fn seconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros().div_ceil(1_000_000)).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    /// What it should do, without any arithmetic of moments: requests wait in a queue, and the first one is worked off until it is done.
    #[derive(Default)]
    struct Queue {
        /// What is left of each, in microseconds.
        left: VecDeque<u64>,
    }

    impl Queue {
        fn pass_time(&mut self, mut us: u64) {
            while let Some(first) = self.left.front_mut() {
                let done = us.min(*first);
                *first -= done;
                us -= done;
                if *first > 0 {
                    return;
                }
                self.left.pop_front();
            }
        }

        fn admits(&mut self, rate: Rate, cost: u32) -> bool {
            let one_us = 60_000_000 / u64::from(rate.per_minute);
            let waiting: u64 = self.left.iter().sum();
            let cost = u64::from(cost.min(rate.burst));
            if waiting + cost * one_us > u64::from(rate.burst) * one_us {
                return false;
            }
            self.left.extend((0..cost).map(|_| one_us));
            true
        }
    }

    proptest! {
        #[test]
        fn requests_pass_as_a_queue_would_take_them(
            per_minute in prop_oneof![1..100_u32, 1..=PER_MINUTE_MAX],
            burst in 1..40_u32,
            requests in prop::collection::vec((0..3_000_000_u64, 0..50_u32), 1..200),
        ) {
            let rate = Rate::new(per_minute, burst).unwrap();
            let (mut queue, mut empty_at, mut now) = (Queue::default(), 0_u64, 0_u64);
            let mut passed: Vec<(u64, u64)> = Vec::new();
            for (pause_us, cost) in requests {
                now += pause_us;
                queue.pass_time(pause_us);
                let level_us = empty_at.saturating_sub(now);
                let filled = rate.pour(level_us, cost);
                prop_assert_eq!(filled.is_some(), queue.admits(rate, cost));
                let verdict = match filled {
                    Some(filled_us) => {
                        empty_at = now + filled_us;
                        passed.push((now, u64::from(cost.min(burst))));
                        rate.verdict(Passed::Yes, filled_us, Exactness::Local)
                    }
                    None => rate.verdict(Passed::No { cost }, level_us, Exactness::Local),
                };
                // What it says of the next ones is so.
                let reset_us = verdict.reset_after.as_micros() as u64;
                let retry_us = verdict.retry_after.as_micros() as u64;
                prop_assert!(rate.pour(reset_us, verdict.remaining).is_some());
                prop_assert!(verdict.remaining == burst || rate.pour(reset_us, verdict.remaining + 1).is_none());
                prop_assert_eq!(verdict.allowed, retry_us == 0);
                if !verdict.allowed {
                    prop_assert!(rate.pour(reset_us - retry_us, cost).is_some());
                    prop_assert!(rate.pour(reset_us - retry_us + 1, cost).is_none());
                }
            }
            // In any stretch of time: the burst, and what drains meanwhile.
            let one_us = 60_000_000 / u64::from(per_minute);
            for (at, (since, _)) in passed.iter().enumerate() {
                let mut sum = 0;
                for (until, cost) in &passed[at..] {
                    sum += cost;
                    prop_assert!(sum * one_us <= u64::from(burst) * one_us + (until - since));
                }
            }
        }
    }

    #[test]
    fn a_request_that_counts_for_more_than_a_burst_counts_for_one() {
        let rate = Rate::new(60, 5).unwrap();
        assert_eq!(rate.pour(0, 1_000), Some(5_000_000));
        assert_eq!(rate.pour(1, 1_000), None);
        assert_eq!(rate.pour(5_000_000, 0), Some(5_000_000));
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for (per_minute, burst, said) in [
            (0, 1, "the number of requests a minute is 1 to 600000, not 0"),
            (600_001, 1, "the number of requests a minute is 1 to 600000, not 600001"),
            (1, 0, "the number of requests at once is 1 to 600000, not 0"),
            (1, u32::MAX, "the number of requests at once is 1 to 600000, not 4294967295"),
        ] {
            assert_eq!(Rate::new(per_minute, burst).unwrap_err().to_string(), said);
        }
        for rate in [Rate::SECRET, Rate::PUBLISHABLE] {
            assert_eq!(Rate::new(rate.per_minute, rate.burst).unwrap(), rate);
        }
    }

    #[test]
    fn a_caller_is_told_how_he_stands_in_whole_seconds() {
        let rate = Rate::new(3_000, 300).unwrap();
        let check = |verdict: Verdict, policy: &str, limit: &str, retry_after: Option<&str>| {
            let fields = verdict.fields("key");
            assert_eq!((fields.policy.as_str(), fields.limit.as_str()), (policy, limit));
            assert_eq!(fields.retry_after.as_deref(), retry_after);
        };
        let yes = |rate: Rate, level_us| rate.verdict(Passed::Yes, level_us, Exactness::Local);
        let no = |rate: Rate, cost, level_us| rate.verdict(Passed::No { cost }, level_us, Exactness::Local);
        let policy = r#""key";q=300;w=6"#;
        check(yes(rate, 0), policy, r#""key";r=300;t=1"#, None);
        check(yes(rate, 20_000), policy, r#""key";r=299;t=1"#, None);
        check(yes(rate, 6_000_000), policy, r#""key";r=0;t=6"#, None);
        check(no(rate, 1, 6_000_000), policy, r#""key";r=0;t=1"#, Some("1"));
        check(no(rate, 101, 4_000_001), policy, r#""key";r=99;t=1"#, Some("1"));
        let slow = Rate::new(1, 2).unwrap();
        check(no(slow, 1, 61_000_001), r#""key";q=2;w=120"#, r#""key";r=0;t=2"#, Some("2"));
        check(no(slow, 2, 120_000_000), r#""key";q=2;w=120"#, r#""key";r=0;t=120"#, Some("120"));
        check(no(slow, 1, 900_000_000), r#""key";q=2;w=120"#, r#""key";r=0;t=60"#, Some("60"));
    }

    #[test]
    fn a_refusal_says_the_rate_and_when_to_come_back() {
        let verdict = Rate::SECRET.verdict(Passed::No { cost: 5 }, 6_000_000, Exactness::Exact);
        let refusal = verdict.judged().unwrap_err();
        assert_eq!(refusal.code(), "rate_limited");
        let said = "too many requests: 3000 a minute, 300 at once; try again in 0.1 s";
        assert_eq!(refusal.to_string(), said);
        let passed = Rate::SECRET.verdict(Passed::Yes, 0, Exactness::Exact);
        assert_eq!(passed.judged(), Ok(passed));
    }
}
