//! The rules of double entry.

mod book;
mod transfer;

pub use book::{
    Book, Bounds, Day, DayLimits, Direction, Entry, Hold, HoldState, Kind, Made, Refusal, Standing,
};
pub use transfer::{Act, Move, Reason, Transfer};

#[cfg(test)]
mod tests;
