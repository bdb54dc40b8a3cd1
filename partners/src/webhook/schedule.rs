//! When a message that did not arrive is tried again. `jobs` has one way to pause for all kinds of a worker; here each try is a job of its own
//! with its time, put in the transaction that writes down why it is needed.

use std::time::Duration;

/// Between one try and the next.
const PAUSES: [Duration; 6] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
];

/// How often a message is tried in a round, over some 18 hours.
pub const TRIES_MAX: u16 = PAUSES.len() as u16 + 1;

/// How long to wait after a try that failed, counted from 1; none after the last. It is longer by up to a tenth at random, so that what failed
/// together does not come back together.
pub(crate) fn pause(tried: u16) -> Option<Duration> {
    let pause = PAUSES.get(usize::from(tried.saturating_sub(1)))?;
    Some(pause.mul_f64(1.0 + 0.1 * rand::random::<f64>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_ten_hours_and_then_it_is_over() {
        for (tried, seconds) in [(1, 5), (2, 300), (3, 1800), (4, 7200), (5, 18_000), (6, 36_000)] {
            for _ in 0..100 {
                let pause = pause(tried).unwrap().as_secs_f64();
                assert!((f64::from(seconds)..=f64::from(seconds) * 1.1).contains(&pause), "{tried}: {pause}");
            }
        }
        assert_eq!([TRIES_MAX, u16::MAX].map(pause), [None, None]);
    }
}
