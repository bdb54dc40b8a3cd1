//! Where time comes from, so that tests can move it.

use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The wall clock, or one that stands still until told to [`advance`](Clock::advance). Clones share the hand.
#[derive(Clone, Debug)]
pub struct Clock {
    hand: Hand,
}

#[derive(Clone, Debug)]
enum Hand {
    /// Off by so many milliseconds.
    System(i64),
    /// Milliseconds since 1970.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Clock {
        Clock { hand: Hand::System(0) }
    }

    /// The machine's clock as it would be if it were wrong by so much: for tests of what then happens.
    pub fn system_off_by(by: SignedDuration) -> Clock {
        Clock { hand: Hand::System(i64::try_from(by.as_millis()).unwrap_or_default()) }
    }

    /// A clock that shows `start` until it is advanced.
    pub fn manual(start: Timestamp) -> Clock {
        Clock { hand: Hand::Manual(Arc::new(AtomicI64::new(start.as_millisecond()))) }
    }

    /// Whether it shows the machine's time, which should be everybody's.
    pub fn is_system(&self) -> bool {
        matches!(self.hand, Hand::System(_))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn now_ms(&self) -> i64 {
        match &self.hand {
            Hand::System(off) => Timestamp::now().as_millisecond() + off,
            Hand::Manual(ms) => ms.load(Ordering::SeqCst),
        }
    }

    /// The same, as a timestamp of whole milliseconds. `SystemTime::from` turns it into what a `timestamptz`
    /// parameter takes.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms()).expect("a clock shows a year that jiff knows")
    }

    /// Moves a manual clock forward.
    ///
    /// # Panics
    /// On the system's clock, which nobody can move.
    pub fn advance(&self, by: Duration) {
        match &self.hand {
            Hand::System(_) => panic!("the system's clock cannot be advanced"),
            Hand::Manual(ms) => {
                let by_ms = i64::try_from(by.as_millis())
                    .expect("a test advances by less than the age of the universe");
                ms.fetch_add(by_ms, Ordering::SeqCst);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told_and_its_clones_move_with_it() {
        let clock = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
        let other = clock.clone();
        assert_eq!(clock.now_ms(), 1_767_225_600_000);
        clock.advance(Duration::from_millis(1500));
        assert_eq!(other.now().to_string(), "2026-01-01T00:00:01.5Z");
    }

    #[test]
    fn the_system_clock_shows_the_present() {
        let clock = Clock::system();
        let (before, shown, after) =
            (Timestamp::now().as_millisecond(), clock.now_ms(), Timestamp::now().as_millisecond());
        assert!((before..=after).contains(&shown));
    }
}
