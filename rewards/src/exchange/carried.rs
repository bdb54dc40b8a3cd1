//! A command that the journal has, with what came of it.

use super::order::Order;
use book::{Cancelled, Command, Done, Fill, Refusal, Time};
use market::Redone;

/// All that is needed to settle it.
#[derive(Clone, Debug)]
pub(crate) struct Carried {
    pub(crate) seq: u64,
    pub(crate) at: Time,
    pub(crate) command: Command,
    pub(crate) done: Result<Done, Refusal>,
    pub(crate) fills: Vec<Fill>,
    pub(crate) cancelled: Vec<Cancelled>,
    /// The order that came, where it is not known from the tables.
    pub(crate) order: Option<Box<Order>>,
    /// Under which number an amendment has held something beforehand.
    pub(crate) extra: Option<u32>,
}

impl Carried {
    /// One that is told again when a market is opened.
    pub(crate) fn again(it: &Redone<'_>) -> Self {
        Self {
            seq: it.seq,
            at: it.at,
            command: *it.command,
            done: *it.done,
            fills: it.effects.fills.clone(),
            cancelled: it.effects.cancelled.clone(),
            order: None,
            extra: None,
        }
    }
}
