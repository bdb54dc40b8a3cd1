//! What a market allows, and its grid of prices.

use crate::{MarketId, Price, Quantity, Refusal, Side};
use std::fmt;

/// The most prices that a market may have: what three levels of 64 bits reach.
pub const TICKS_MAX: u32 = 64 * 64 * 64 - 2;
/// The most orders that may rest in a market.
pub const ORDERS_MAX: u32 = 1 << 24;

/// The rules of a market. They hold for as long as it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    pub market: MarketId,
    /// The lowest price, and what prices are apart.
    pub low: Price,
    pub tick: Price,
    /// The highest price: a whole number of ticks above the lowest, at most [`TICKS_MAX`] prices in all.
    pub high: Price,
    /// Quantities are multiples of it.
    pub lot: Quantity,
    /// The most that one order may be for.
    pub quantity_max: Quantity,
    pub collar: Option<Collar>,
    /// What may rest in all: 1 to [`ORDERS_MAX`].
    pub orders_max: u32,
    /// And of one owner.
    pub orders_per_owner_max: u32,
}

/// How far prices may be from a centre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collar {
    pub around: Around,
    /// The centre until the first fill, or the first reopening that names another.
    pub reference: Price,
    /// 1/10,000 of the centre, to both sides; points are rounded down, and one tick is the least.
    pub basis_points: u32,
}

/// What a collar's centre is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Around {
    /// What the rules or the last reopening say.
    Reference,
    /// The last fill's price.
    LastFill,
}

impl Rules {
    /// Whether these rules make sense.
    pub fn check(&self) -> Result<(), RulesError> {
        let span = self.high.points().checked_sub(self.low.points()).ok_or(RulesError::Range)?;
        let tick = self.tick.points();
        if tick == 0 || !span.is_multiple_of(tick) {
            return Err(RulesError::Tick);
        }
        if span / tick >= TICKS_MAX {
            return Err(RulesError::TooManyTicks);
        }
        let lot = self.lot.units();
        if lot == 0 || self.quantity_max < self.lot {
            return Err(RulesError::Lot);
        }
        if !(1..=ORDERS_MAX).contains(&self.orders_max) || self.orders_per_owner_max == 0 {
            return Err(RulesError::Orders);
        }
        match self.collar {
            Some(collar) if !(self.low..=self.high).contains(&collar.reference) => Err(RulesError::Reference),
            _ => Ok(()),
        }
    }

    /// What an order may be for.
    pub(crate) fn check_quantity(&self, quantity: Quantity) -> Result<(), Refusal> {
        let (units, lot) = (quantity.units(), self.lot.units());
        // Most markets trade single units, and a division costs as much as the rest of these checks.
        if units == 0 || (lot != 1 && !units.is_multiple_of(lot)) {
            return Err(Refusal::NotInLots { lot: self.lot });
        }
        if quantity > self.quantity_max {
            return Err(Refusal::QuantityTooLarge { max: self.quantity_max });
        }
        Ok(())
    }
}

/// Rules that make no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulesError {
    Range,
    Tick,
    TooManyTicks,
    Lot,
    Orders,
    Reference,
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range => write!(f, "the highest price is below the lowest"),
            Self::Tick => {
                write!(
                    f,
                    "a tick is 1 or more, and the highest price a whole number of ticks above the lowest"
                )
            }
            Self::TooManyTicks => write!(f, "a market has at most {TICKS_MAX} prices: choose a larger tick"),
            Self::Lot => write!(f, "a lot is 1 or more, and no more than an order may be for"),
            Self::Orders => write!(f, "1 to {ORDERS_MAX} orders may rest, and at least one of each owner"),
            Self::Reference => write!(f, "the collar's reference is outside the range of prices"),
        }
    }
}

impl std::error::Error for RulesError {}

/// Prices as numbers from 1 on, in ticks from the lowest; and seen from a side as keys, of which the smaller is the better price.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    low: u32,
    tick: u32,
    /// From the lowest to the highest price, in points.
    span: u32,
    /// How many prices there are, and so the highest tick and key.
    pub(crate) count: u32,
}

impl Grid {
    pub(crate) fn of(rules: &Rules) -> Self {
        let (low, tick) = (rules.low.points(), rules.tick.points());
        let span = rules.high.points() - low;
        Self { low, tick, span, count: span / tick + 1 }
    }

    pub(crate) fn tick(&self, price: Price) -> Result<u32, Refusal> {
        // A lower price wraps to one above any span.
        let above = price.points().wrapping_sub(self.low);
        if above > self.span {
            return Err(Refusal::OutOfRange { low: Price::within(self.low), high: self.price(self.count) });
        }
        if self.tick == 1 {
            return Ok(above + 1);
        }
        match above % self.tick {
            0 => Ok(above / self.tick + 1),
            _ => Err(Refusal::NotOnTick { tick: Price::within(self.tick) }),
        }
    }

    pub(crate) fn price(&self, tick: u32) -> Price {
        Price::within(self.low + (tick - 1) * self.tick)
    }

    /// The key of a tick among a side's orders: for the sellers' the tick, for the buyers' counted from the top. The same leads back. Without
    /// a branch, since which side comes next is anybody's guess.
    pub(crate) fn key(&self, side: Side, tick: u32) -> u32 {
        // -1 for buyers, 0 for sellers.
        let buyers = (side as u32).wrapping_sub(1);
        (tick ^ buyers).wrapping_add(buyers & (self.count + 2))
    }
}

/// The ticks within which prices are allowed for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Band {
    pub(crate) low: u32,
    pub(crate) high: u32,
}

impl Band {
    pub(crate) fn around(centre: Price, collar: Option<Collar>, grid: &Grid) -> Self {
        let Some(collar) = collar else { return Self { low: 1, high: grid.count } };
        let points = u64::from(centre.points()) * u64::from(collar.basis_points) / 10_000;
        let ticks = u32::try_from(points / u64::from(grid.tick)).unwrap_or(u32::MAX).max(1);
        // A centre that lies between two ticks counts as the lower.
        let tick = (centre.points() - grid.low) / grid.tick + 1;
        Self { low: tick.saturating_sub(ticks).max(1), high: tick.saturating_add(ticks).min(grid.count) }
    }

    pub(crate) fn check(&self, tick: u32, grid: &Grid) -> Result<(), Refusal> {
        if self.low <= tick && tick <= self.high {
            return Ok(());
        }
        Err(Refusal::OutsideCollar { low: grid.price(self.low), high: grid.price(self.high) })
    }

    /// The worst tick at which a market order of this side may fill.
    pub(crate) fn worst(&self, side: Side) -> u32 {
        match side {
            Side::Buy => self.high,
            Side::Sell => self.low,
        }
    }
}
