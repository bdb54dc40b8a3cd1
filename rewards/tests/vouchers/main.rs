//! Vouchers on a real PostgreSQL: each thing once, whatever is asked at the same time, in whichever order, and wherever
//! it stops.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

mod crash;
mod expiry;
mod here;
mod model;
mod once;
mod redeem;
mod stock;
