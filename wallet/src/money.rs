//! An amount whose asset is known at run time alone, of those that are money.

use crate::amount::{self, Amount, AmountError};
use crate::asset::{AssetCode, Convertible, Inr, Usd};
use std::fmt;

/// So many of the smallest unit of an asset that is [`Convertible`]: paise, cents.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Money {
    asset: AssetCode,
    units: i64,
}

/// Why something is no money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoMoney {
    #[error("{} are never money", asset.text())]
    NotConvertible { asset: AssetCode },

    #[error(transparent)]
    Amount(#[from] AmountError),
}

/// All that there are: each is [`Convertible`].
const ASSETS: [AssetCode; 2] = [code::<Inr>(), code::<Usd>()];

const fn code<A: Convertible>() -> AssetCode {
    A::CODE
}

impl Money {
    pub fn new<A: Convertible>(amount: Amount<A>) -> Self {
        Self { asset: A::CODE, units: amount.units() }
    }

    pub fn of(asset: AssetCode, units: i64) -> Result<Self, NoMoney> {
        if !ASSETS.contains(&asset) {
            return Err(NoMoney::NotConvertible { asset });
        }
        Ok(Self { asset, units: amount::units(units)? })
    }

    pub const fn asset(self) -> AssetCode {
        self.asset
    }

    pub const fn units(self) -> i64 {
        self.units
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{} {}", self.units, self.asset.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::{Asset, Coins, Points};

    #[test]
    fn what_is_earned_or_spent_here_alone_is_no_money() {
        for (asset, units, expected) in [
            (Inr::CODE, 100, Ok(100)),
            (Usd::CODE, 1, Ok(1)),
            (Points::CODE, 1, Err(NoMoney::NotConvertible { asset: Points::CODE })),
            (Coins::CODE, 1, Err(NoMoney::NotConvertible { asset: Coins::CODE })),
            (Inr::CODE, 0, Err(AmountError::NotPositive { units: 0 }.into())),
            (Inr::CODE, -5, Err(AmountError::NotPositive { units: -5 }.into())),
            (Inr::CODE, i64::MAX, Err(AmountError::TooLarge.into())),
        ] {
            assert_eq!(Money::of(asset, units).map(Money::units), expected, "{units} {}", asset.text());
        }
    }
}
