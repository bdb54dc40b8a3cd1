//! Every balance: points, coins, vouchers' value, money in minor units.
//!
//! A [`Transfer`] moves an [`Amount`] of one asset from one [`Account`](Standing) to another; nothing else changes a balance. The rules by
//! which it may are [`Book`]'s: pure, and the same for one transfer as for hundreds in a batch.
//!
//! Architecture Invariant: no floating point. Amounts are whole numbers of an asset's smallest unit, and an asset is a type.

mod amount;
mod asset;
mod id;
mod ledger;

pub use amount::{Amount, AmountError, UNITS_MAX};
pub use asset::{Asset, AssetCode, Coins, Convertible, Inr, Origin, Points, Usd};
pub use id::{AccountId, TransferId};
pub use ledger::{
    Act, Book, Bounds, Entry, Hold, HoldState, Kind, Made, Move, Reason, Refusal, Standing, Transfer,
};
