//! What may be asked of a book.

use crate::{OrderId, OwnerId, Price, Quantity, Time};

/// One request. With the time at which it came it is all that a book needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Place(Order),
    Amend(Amendment),
    /// Takes a resting order out, if it is this owner's.
    Cancel {
        order: OrderId,
        owner: OwnerId,
    },
    CancelAll(Whose),
    /// From now on only cancelling is taken. Said twice it is said once.
    Halt,
    /// Goes on crossing, without an auction.
    Reopen {
        /// The new centre of the collar; without one it stays where it was.
        reference: Option<Price>,
    },
    /// Nothing but that time goes on: orders that are over by their date go, as they do before every command.
    Expire,
}

/// Whose orders are cancelled together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Of one owner, by id.
    Owner(OwnerId),
    /// Of everybody, as when a market closes: both sides from the best price, first come first.
    Everybody,
}

/// A new order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    pub id: OrderId,
    pub owner: OwnerId,
    pub side: Side,
    pub quantity: Quantity,
    pub terms: Terms,
    /// What happens where it would fill an order of the same owner.
    pub self_trade: SelfTrade,
}

/// A resting order as its owner wants it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amendment {
    pub order: OrderId,
    pub owner: OwnerId,
    pub price: Price,
    /// In all, what was filled included. Where that much is filled already, the order is cancelled.
    pub quantity: Quantity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    Buy,
    Sell,
}

impl Side {
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

/// At which price, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    /// At any price that the collar allows.
    Market(Immediate),
    /// At this price or a better one.
    Limit(Price, TimeInForce),
}

/// Of an order that never rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Immediate {
    /// Fills what it can at once; the rest is cancelled.
    OrCancel,
    /// Fills whole and at once, or not at all.
    FillOrKill,
}

/// How long a limit order stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeInForce {
    GoodTillCancel(Posting),
    /// Up to this time, at which it is over.
    GoodTillDate(Time, Posting),
    Immediate(Immediate),
}

/// Whether an order may fill others on its way into the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posting {
    MayTake,
    /// It is refused where it would cross.
    PostOnly,
}

/// What happens where an order would fill one of the same owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfTrade {
    /// What is left of the incoming one is cancelled.
    CancelNewest,
    /// The resting one is cancelled, and the incoming one goes on.
    CancelOldest,
    /// Both are cancelled.
    CancelBoth,
    /// The smaller quantity is cancelled from both.
    Decrement,
}
