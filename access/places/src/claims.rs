//! What is said of where somebody is: by their address, their browser, themselves.
//!
//! None of it is proof. A browser says what its user lets it say, and an address is that of whatever its traffic leaves by; a fence says which word
//! is enough, and a decision looks whether they contradict one another.

use crate::cell::Cell;
use crate::code::{Code, CodeError};
use crate::countries::Located;
use crate::point::{Point, PointError};
use crate::regions::Regions;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A position that is older says where somebody was.
pub const POSITION_AGE_MAX: SignedDuration = SignedDuration::from_mins(10);
/// Clocks differ, but not by more.
pub const CLOCK_AHEAD_MAX: SignedDuration = SignedDuration::from_mins(2);
/// What knows no better was not measured.
pub const ACCURACY_M_MAX: f64 = 100_000.0;
const ZONE_BYTES_MAX: usize = 64;

/// All that is said.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    /// By the address that a request came from, as the proxies that are trusted have it.
    pub address: Located,
    pub position: Option<Position>,
    /// By the fan.
    pub declared: Option<Declared>,
    pub zone: Option<Zone>,
    /// Where the same fan was when it was last decided.
    pub before: Option<Before>,
}

impl Claims {
    /// All places where the position may be; none without one.
    pub fn near(&self, regions: &Regions) -> Option<Vec<Code>> {
        let Position { point, accuracy_m, .. } = self.position?;
        Some(regions.at(point, accuracy_m).near().collect())
    }
}

/// Why something that was said counts for nothing. The texts are for whoever sent it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ClaimError {
    #[error(transparent)]
    Point(#[from] PointError),
    #[error("an accuracy is more than 0 and at most {ACCURACY_M_MAX} metres")]
    Accuracy,
    #[error("the position is from {minutes} minutes ago, and may be {max} minutes old; ask for it anew", max = POSITION_AGE_MAX.as_mins())]
    Old { minutes: i64 },
    #[error("the position is from a time to come: set the device's clock")]
    Future,
    #[error(transparent)]
    Code(#[from] CodeError),
    #[error("this is no time zone of the IANA; one is like \"Asia/Kolkata\"")]
    Zone,
}

/// Where a browser says that it is (W3C Geolocation). How it is shown says nothing of where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    pub(crate) point: Point,
    pub(crate) accuracy_m: f64,
    pub(crate) at: Timestamp,
}

impl Position {
    /// In degrees and metres; `at` is when the device measured it, by its own clock, `now` is ours.
    pub fn new(
        (lat, lon): (f64, f64),
        accuracy_m: f64,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Self, ClaimError> {
        let point = Point::new(lat, lon)?;
        // Zero is what programs say that pretend.
        if !(accuracy_m > 0.0 && accuracy_m <= ACCURACY_M_MAX) {
            return Err(ClaimError::Accuracy);
        }
        let age = now.duration_since(at);
        if age > POSITION_AGE_MAX {
            return Err(ClaimError::Old { minutes: age.as_mins() });
        }
        if age < -CLOCK_AHEAD_MAX {
            return Err(ClaimError::Future);
        }
        Ok(Self { point, accuracy_m, at })
    }

    /// A position that nobody measured: a pin of a dry run.
    pub(crate) fn pinned(point: Point, accuracy_m: f64, at: Timestamp) -> Self {
        Self { point, accuracy_m, at }
    }
}

/// The place that a fan says to be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared(pub(crate) Code);

impl Declared {
    pub fn new(text: &str) -> Result<Self, ClaimError> {
        Ok(Self(Code::parse(text)?))
    }
}

/// The time zone of a device: its owner's choice, but one that who pretends forgets.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone(pub(crate) TimeZone);

impl Zone {
    pub fn new(name: &str) -> Result<Self, ClaimError> {
        let is_like_one = name.len() <= ZONE_BYTES_MAX
            && name.bytes().all(|it| it.is_ascii_alphanumeric() || b"/_+-".contains(&it));
        let found = is_like_one.then(|| TimeZone::get(name).ok()).flatten();
        found.map(Self).ok_or(ClaimError::Zone)
    }
}

/// Where somebody was, as coarse as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    pub cell: Cell,
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-12-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_position_is_on_the_globe_measured_and_of_now() {
        let said = |lat, lon, accuracy_m, age_s| {
            Position::new((lat, lon), accuracy_m, now() - SignedDuration::from_secs(age_s), now()).map(drop)
        };
        assert_eq!(said(12.97, 77.59, 30.0, 0), Ok(()));
        assert_eq!(said(12.97, 77.59, 100_000.0, 600), Ok(()));
        assert_eq!(said(12.97, 77.59, 30.0, -120), Ok(()));
        assert_eq!(said(91.0, 77.59, 30.0, 0), Err(ClaimError::Point(PointError::Latitude)));
        assert_eq!(said(f64::NAN, 77.59, 30.0, 0), Err(ClaimError::Point(PointError::Latitude)));
        assert_eq!(said(12.97, f64::NEG_INFINITY, 30.0, 0), Err(ClaimError::Point(PointError::Longitude)));
        for accuracy_m in [0.0, -1.0, 100_001.0, f64::NAN, f64::INFINITY] {
            assert_eq!(said(12.97, 77.59, accuracy_m, 0), Err(ClaimError::Accuracy), "{accuracy_m}");
        }
        assert_eq!(said(12.97, 77.59, 30.0, 660), Err(ClaimError::Old { minutes: 11 }));
        assert_eq!(said(12.97, 77.59, 30.0, -121), Err(ClaimError::Future));
        let old = ClaimError::Old { minutes: 11 }.to_string();
        assert_eq!(old, "the position is from 11 minutes ago, and may be 10 minutes old; ask for it anew");
    }

    #[test]
    fn no_log_has_a_position() {
        let position = Position::new((12.971_599, 77.594_566), 30.0, now(), now()).unwrap();
        let claims = Claims { position: Some(position), ..Claims::default() };
        let shown = format!("{claims:?} {claims:#?}");
        for digits in ["12.97", "77.59", "12971", "77594"] {
            assert!(!shown.contains(digits), "{shown}");
        }
    }

    #[test]
    fn zones_and_places_are_those_that_there_are() {
        assert!(Zone::new("Asia/Kolkata").is_ok() && Declared::new("IN-KA").is_ok());
        for name in ["", "Asia/Nowhere", "../../etc/passwd", "Asia/Kolkata\0", &"x".repeat(100)] {
            assert_eq!(Zone::new(name), Err(ClaimError::Zone), "{name}");
        }
        assert!(matches!(Declared::new("ZZ"), Err(ClaimError::Code(_))));
    }
}
