//! What a command did.

use crate::{DepthChange, FillId, OrderId, OwnerId, Price, Quantity, Side};

/// What became of a command that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// What is neither filled nor rests was cancelled: [`Effects::cancelled`] says why.
    Placed {
        filled: Quantity,
        rests: Quantity,
    },
    /// The same of the order that was amended; `filled` is what it filled now.
    Amended {
        filled: Quantity,
        rests: Quantity,
    },
    /// So much was still open.
    Cancelled {
        quantity: Quantity,
    },
    /// So many orders are gone.
    CancelledAll {
        orders: u32,
    },
    Halted,
    Reopened,
    Expired,
}

/// What commands did to orders and to the depth, in order. A book only appends; who has read them clears them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    pub fills: Vec<Fill>,
    pub cancelled: Vec<Cancelled>,
    pub depth: Vec<DepthChange>,
}

impl Effects {
    /// Forgets all, and keeps the room.
    pub fn clear(&mut self) {
        self.fills.clear();
        self.cancelled.clear();
        self.depth.clear();
    }
}

/// A quantity that changes hands, at the price of the order that rested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    pub id: FillId,
    pub price: Price,
    pub quantity: Quantity,
    /// The order that rested, and whose it is.
    pub maker: OrderId,
    pub maker_owner: OwnerId,
    /// What is left of it; with nothing left it is gone.
    pub maker_left: Quantity,
    /// The order that came.
    pub taker: OrderId,
    pub taker_owner: OwnerId,
    pub taker_side: Side,
}

/// A quantity that will not be filled any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled {
    pub order: OrderId,
    pub owner: OwnerId,
    pub quantity: Quantity,
    /// What is left of the order; with nothing left it is gone.
    pub left: Quantity,
    pub reason: Reason,
}

/// Why a quantity was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its owner said so.
    Asked,
    /// All of its owner's orders were cancelled, or everybody's.
    Mass,
    /// It was amended to less.
    Amended,
    /// There was no more to fill at once.
    Unfilled,
    /// It could not be filled whole.
    Killed,
    /// It would have filled an order of the same owner.
    SelfTrade,
    /// Its date was reached.
    Expired,
}
