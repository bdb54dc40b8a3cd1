//! Waiting for a fact that nobody announces.

use std::time::{Duration, Instant};

/// How often to look.
const LOOK_EVERY_MS: u64 = 2;

/// Looks until `fact` is there or `ms_max` milliseconds have passed.
pub(super) fn until<T>(ms_max: u64, mut fact: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + Duration::from_millis(ms_max);
    loop {
        if let Some(found) = fact() {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(Duration::from_millis(LOOK_EVERY_MS));
    }
}
