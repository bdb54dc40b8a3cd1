//! Rates without floating point.

use crate::text;
use std::fmt;

/// A rate in hundredths, rounded half up: 745 is "7.45" runs an over, or a strike rate of "7.45" runs a hundred balls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(pub u32);

impl Rate {
    /// `runs` for each `per` balls, over `balls` balls; none where no ball was bowled.
    pub fn new(runs: u32, per: u32, balls: u32) -> Option<Self> {
        if balls == 0 {
            return None;
        }
        let hundredths = (u64::from(runs) * u64::from(per) * 100 + u64::from(balls / 2)) / u64::from(balls);
        Some(Rate(u32::try_from(hundredths).unwrap_or(u32::MAX)))
    }
}

impl Rate {
    /// "7.45": two places always.
    pub fn text(self) -> String {
        let places = self.0 % 100;
        text!((self.0 / 100).to_string(), if places < 10 { ".0" } else { "." }, places.to_string())
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::Rate;

    #[test]
    fn a_rate_is_rounded_half_up_to_two_places() {
        for (runs, per, balls, text) in
            [(10, 6, 6, "10.00"), (1, 6, 7, "0.86"), (149, 6, 120, "7.45"), (0, 6, 5, "0.00")]
        {
            assert_eq!(Rate::new(runs, per, balls).map(|it| it.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Rate::new(10, 6, 0), None);
    }
}
