//! The order book of one market: who buys and sells a voucher at which price in points, crossed by price and then by time.
//!
//! A [`Book`] is the fold of a sequence of [`Command`]s: [`Book::apply`] refuses one with a typed [`Refusal`], or carries it out, says what became
//! of it ([`Done`]) and appends what it did to others to [`Effects`]: fills, cancelled quantities and changes of the depth. The same commands at the same
//! times give the same book, fill for fill ([`Book::state_hash`]): a journal of commands is a journal of the book.
//!
//! It never reads a clock (time comes in with each command), does no I/O, knows neither balances nor people, and has no floating point. It does not
//! allocate while it works, but to grow beyond the most orders, owners or effects of a command that it has had ([`Book::reserve`]).
//!
//! # Rules, and where they come from
//!
//! - **Price-time priority**: a better price is filled first; at one price who came first. A fill is at the price of the order that rested. An amendment that
//!   lowers the quantity keeps its place; any other goes to the back (as venues do with FIX `OrderCancelReplaceRequest`; its `OrderQty` is the
//!   order's whole quantity, what was filled included, and so is ours).
//! - **Time in force** (FIX tag 59): good till cancel (1), immediate or cancel (3), fill or kill (4), good till date (6). Market orders (tag 40 = 1) are immediate or
//!   kill. Post-only is "participate don't initiate" (tag 18 = 6).
//! - **Self-trade prevention** as venues name it: cancel newest, cancel oldest, cancel both, decrement and cancel. The mode is the taker's.
//! - **Collar**: a limit price lies within so many basis points of the last fill's (or a reference) price; a market order goes no further than that.
//! - **Halt**: orders rest, nothing but cancelling is taken (and what is over by its date goes); reopening is without an auction: nothing
//!   can have come to cross meanwhile.
//! - **Depth**: each change of a level's total has the next number, without a gap; a [`Depth`] says up to which number it includes.
//!
//! # Limits
//!
//! Prices are at most 10⁹ points and an order's quantity at most 10⁶ units, so an order is worth at most 10¹⁵ points, and a level of at most 2²⁴ orders holds
//! less than 2⁴⁴ units: no sum or product overflows 64 bits.
//!
//! # Cost
//!
//! Orders lie in one slab, half a line of the cache each, linked to their neighbours at the same price. Prices are the indexes of one dense array, and a
//! 64-ary tree of bits a side finds the best. An order is found by its id in one bucket of a table, and its owner's other orders in one entry of another. So
//! all but crossing is O(1), and what it costs is cache misses: four or five of them in a book of a million orders. `cargo xtask bench book` measures it.
//!
//! Read [`Command`] first, then [`Book`].

mod ahead;
mod bits;
mod book;
mod bytes;
mod command;
mod cross;
mod depth;
mod effects;
mod id;
mod index;
mod ladder;
mod lapse;
mod owners;
mod refusal;
mod rules;
mod slab;
mod snapshot;
mod units;

pub use ahead::AHEAD;
pub use book::{Book, Phase, Resting};
pub use bytes::{COMMAND_BYTES, Malformed};
pub use command::{
    Amendment, Command, Immediate, Order, Posting, SelfTrade, Side, Terms, TimeInForce, Whose,
};
pub use depth::{Depth, DepthChange, Gap, Level, Top};
pub use effects::{Cancelled, Done, Effects, Fill, Reason};
pub use id::{FillId, MarketId, OrderId, OwnerId};
pub use refusal::Refusal;
pub use rules::{Around, Collar, ORDERS_MAX, Rules, RulesError, TICKS_MAX};
pub use snapshot::{Snapshot, SnapshotError};
pub use units::{Price, Quantity, Time};
