//! What rests at which price: as a whole, and as changes that are folded into it.

use crate::{Price, Side};
use std::fmt;

/// A level has this much now; with nothing it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepthChange {
    /// One more than the change before it.
    pub seq: u64,
    pub side: Side,
    pub price: Price,
    /// In units, of all orders at this price.
    pub total: u64,
}

/// A price and what rests there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    pub price: Price,
    /// In units.
    pub total: u64,
}

/// The best level of each side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Top {
    pub bid: Option<Level>,
    pub ask: Option<Level>,
}

/// The levels of both sides, the best first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// The last change that is in it.
    pub seq: u64,
    pub bids: Vec<Level>,
    pub asks: Vec<Level>,
}

impl Depth {
    /// Folds a change into the whole depth. One that is in it already changes nothing, so that a feed may begin before the snapshot.
    ///
    /// # Errors
    /// [`Gap`] where changes are missing in between: take a new snapshot.
    pub fn fold(&mut self, change: &DepthChange) -> Result<(), Gap> {
        if change.seq <= self.seq {
            return Ok(());
        }
        if change.seq != self.seq + 1 {
            return Err(Gap { expected: self.seq + 1, got: change.seq });
        }
        self.seq = change.seq;
        let levels = match change.side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        let found = levels.binary_search_by(|it| match change.side {
            Side::Buy => change.price.cmp(&it.price),
            Side::Sell => it.price.cmp(&change.price),
        });
        match (found, change.total) {
            (Ok(at), 0) => drop(levels.remove(at)),
            (Ok(at), total) => levels[at].total = total,
            (Err(_), 0) => {}
            (Err(at), total) => levels.insert(at, Level { price: change.price, total }),
        }
        Ok(())
    }
}

/// Changes of the depth are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    pub expected: u64,
    pub got: u64,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "depth change {} came where {} was next: take a new snapshot", self.got, self.expected)
    }
}

impl std::error::Error for Gap {}
