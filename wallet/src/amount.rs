//! How much of an asset.

use crate::asset::Asset;
use std::fmt;
use std::marker::PhantomData;

/// The most units that one amount has, and that any balance may reach on either side of zero: below 2⁵³, so that every reader of JSON has
/// it exactly.
pub const UNITS_MAX: i64 = 9_000_000_000_000_000;

/// So many of an asset's smallest unit: 1 to [`UNITS_MAX`].
///
/// Those of one asset are added; those of two are not:
///
/// ```
/// use wallet::{Amount, Points};
/// let three = Amount::<Points>::new(1).unwrap().plus(Amount::<Points>::new(2).unwrap()).unwrap();
/// assert_eq!(three.units(), 3);
/// ```
///
/// ```compile_fail,E0308
/// use wallet::{Amount, Coins, Points};
/// let both = Amount::<Points>::new(1).unwrap().plus(Amount::<Coins>::new(2).unwrap());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount<A> {
    units: i64,
    asset: PhantomData<fn() -> A>,
}

/// Why something is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    #[error("an amount is 1 or more, not {units}")]
    NotPositive { units: i64 },

    #[error("an amount is at most {UNITS_MAX}")]
    TooLarge,
}

/// The units of an amount whose asset is known at run time alone.
pub(crate) fn units(units: i64) -> Result<i64, AmountError> {
    match units {
        ..=0 => Err(AmountError::NotPositive { units }),
        1..=UNITS_MAX => Ok(units),
        _ => Err(AmountError::TooLarge),
    }
}

impl<A: Asset> Amount<A> {
    pub fn new(of_units: i64) -> Result<Self, AmountError> {
        units(of_units).map(|units| Self { units, asset: PhantomData })
    }

    pub const fn units(self) -> i64 {
        self.units
    }

    pub fn plus(self, other: Self) -> Result<Self, AmountError> {
        // Two of the largest fit.
        Self::new(self.units + other.units)
    }

    /// None where nothing is left, or less.
    pub fn minus(self, other: Self) -> Option<Self> {
        Self::new(self.units - other.units).ok()
    }
}

impl<A: Asset> fmt::Debug for Amount<A> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{} {}", self.units, A::CODE.text())
    }
}

/// As people write it, without grouping: "12.50" of rupees.
impl<A: Asset> fmt::Display for Amount<A> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_i64.pow(u32::from(A::PLACES));
        match A::PLACES {
            0 => write!(to, "{}", self.units),
            places => {
                let (whole, part) = (self.units / one, self.units % one);
                write!(to, "{whole}.{part:0width$}", width = usize::from(places))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::{Inr, Points};

    #[test]
    fn what_is_no_amount_is_refused() {
        for (units, expected) in [
            (0, Err(AmountError::NotPositive { units: 0 })),
            (-1, Err(AmountError::NotPositive { units: -1 })),
            (i64::MIN, Err(AmountError::NotPositive { units: i64::MIN })),
            (1, Ok(1)),
            (UNITS_MAX, Ok(UNITS_MAX)),
            (UNITS_MAX + 1, Err(AmountError::TooLarge)),
            (i64::MAX, Err(AmountError::TooLarge)),
        ] {
            assert_eq!(Amount::<Points>::new(units).map(Amount::units), expected, "{units}");
        }
    }

    #[test]
    fn sums_and_differences_stay_amounts() {
        let of = |units| Amount::<Points>::new(units).unwrap();
        assert_eq!(of(UNITS_MAX).plus(of(UNITS_MAX)), Err(AmountError::TooLarge));
        assert_eq!(of(5).minus(of(5)), None);
        assert_eq!(of(5).minus(of(7)), None);
        assert_eq!(of(5).minus(of(2)), Some(of(3)));
    }

    #[test]
    fn people_read_the_places_of_the_asset() {
        let of = |units| Amount::<Inr>::new(units).unwrap().to_string();
        assert_eq!([of(5), of(50), of(1250), of(100_000)], ["0.05", "0.50", "12.50", "1000.00"]);
        assert_eq!(Amount::<Points>::new(1250).unwrap().to_string(), "1250");
    }
}
