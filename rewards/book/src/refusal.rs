//! Why a command changed nothing.

use crate::{OrderId, Price, Quantity, Time};
use std::fmt;

/// A command that was not carried out. Of the book nothing is changed by it but the number of commands and the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Halted,
    /// An order with this id rests already.
    DuplicateOrder(OrderId),
    /// No such order of this owner rests.
    UnknownOrder(OrderId),
    /// A quantity is so many lots, at least one.
    NotInLots {
        lot: Quantity,
    },
    QuantityTooLarge {
        max: Quantity,
    },
    OutOfRange {
        low: Price,
        high: Price,
    },
    NotOnTick {
        tick: Price,
    },
    OutsideCollar {
        low: Price,
        high: Price,
    },
    /// It is post-only, and this is the best price on the other side.
    WouldCross {
        best: Price,
    },
    AlreadyOver {
        until: Time,
    },
    BookFull {
        max: u32,
    },
    TooManyOrders {
        max: u32,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Halted => write!(f, "the market is halted: only cancelling is taken"),
            Self::DuplicateOrder(id) => write!(f, "order {} rests already", id.0),
            Self::UnknownOrder(id) => write!(f, "no order {} of this owner rests", id.0),
            Self::NotInLots { lot } => write!(f, "a quantity is a multiple of {lot}, and not 0"),
            Self::QuantityTooLarge { max } => write!(f, "a quantity is at most {max}"),
            Self::OutOfRange { low, high } => write!(f, "a price is {low} to {high} points"),
            Self::NotOnTick { tick } => {
                write!(f, "prices are {tick} points apart, counted from the lowest one")
            }
            Self::OutsideCollar { low, high } => write!(f, "a price is {low} to {high} points for now"),
            Self::WouldCross { best } => {
                write!(f, "a post-only order would cross: the other side's best is {best} points")
            }
            Self::AlreadyOver { until } => write!(f, "its date, {} ms, has passed", until.0),
            Self::BookFull { max } => write!(f, "{max} orders rest in this market, which is all it holds"),
            Self::TooManyOrders { max } => {
                write!(f, "{max} orders of this owner rest, which is all it may have")
            }
        }
    }
}

impl std::error::Error for Refusal {}
