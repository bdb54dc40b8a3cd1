//! When a job that failed is tried again.

use std::time::Duration;

/// Exponential back-off: the n-th failure is followed by a pause of `first` × 2ⁿ⁻¹, at most `longest`, less up to a fifth at random, so that
/// jobs that failed together do not come back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    pub first: Duration,
    pub longest: Duration,
}

impl Default for Backoff {
    /// 1 s, 2 s, 4 s … an hour.
    fn default() -> Self {
        Self { first: Duration::from_secs(1), longest: Duration::from_secs(3600) }
    }
}

impl Backoff {
    /// The pause after this failed attempt, counted from 1.
    pub fn pause(&self, attempt: u16) -> Duration {
        self.longest_pause(attempt).mul_f64(1.0 - 0.2 * rand::random::<f64>())
    }

    fn longest_pause(&self, attempt: u16) -> Duration {
        let doublings = u32::from(attempt.saturating_sub(1)).min(31);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(1) };
        let pauses = [0, 1, 2, 3, 4, 5, u16::MAX].map(|attempt| backoff.longest_pause(attempt).as_millis());
        assert_eq!(pauses, [100, 100, 200, 400, 800, 1000, 1000]);
    }

    #[test]
    fn a_pause_is_shortened_by_a_fifth_at_most() {
        let backoff = Backoff::default();
        for _ in 0..1000 {
            let pause = backoff.pause(3);
            assert!(pause > Duration::from_millis(3199) && pause <= Duration::from_secs(4), "{pause:?}");
        }
    }
}
