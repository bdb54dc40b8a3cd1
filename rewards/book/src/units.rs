//! What is counted: points, units of a product, and time.

use std::fmt;

/// A price in whole points for one unit: 0 to [`Price::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(u32);

impl Price {
    /// 10⁹ points.
    pub const MAX: Self = Self(1_000_000_000);

    /// `None` above [`Price::MAX`].
    pub const fn new(points: u32) -> Option<Self> {
        if points <= Self::MAX.0 { Some(Self(points)) } else { None }
    }

    /// For prices that come from the grid of a market, which lies within the limit.
    pub(crate) const fn within(points: u32) -> Self {
        debug_assert!(points <= Self::MAX.0);
        Self(points)
    }

    /// In points.
    pub const fn points(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// So many units of what a market trades: 0 to [`Quantity::MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(u32);

impl Quantity {
    pub const ZERO: Self = Self(0);
    /// 10⁶ units.
    pub const MAX: Self = Self(1_000_000);

    /// `None` above [`Quantity::MAX`].
    pub const fn new(units: u32) -> Option<Self> {
        if units <= Self::MAX.0 { Some(Self(units)) } else { None }
    }

    /// For parts of a quantity that was within the limit.
    pub(crate) const fn within(units: u32) -> Self {
        debug_assert!(units <= Self::MAX.0);
        Self(units)
    }

    /// In units.
    pub const fn units(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Milliseconds since 1970, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);
