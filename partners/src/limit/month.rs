//! Calendar months, by which quotas count.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::fmt;

/// A month in UTC: `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The one in which a moment is.
    pub fn of(at: Timestamp) -> Month {
        let date = TimeZone::UTC.to_datetime(at).date();
        Month { year: date.year(), month: date.month() }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:02}", self.year, self.month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_at_midnight_in_utc() {
        for (at, month) in [
            ("2026-11-30T23:59:59.999Z", "2026-11"),
            ("2026-12-01T00:00:00Z", "2026-12"),
            ("2026-12-01T04:00:00+05:30", "2026-11"),
            ("0987-01-01T00:00:00Z", "0987-01"),
        ] {
            assert_eq!(Month::of(at.parse().unwrap()).to_string(), month);
        }
    }
}
