//! How much an organisation and each of its keys may use: requests a minute, streams at once, a month's quotas.
//!
//! [`Limits`] are an organisation's, an [`Override`] is a key's; [`table`] keeps them, and each process has all of them in its [`Plans`], which
//! follow what other processes change. From there:
//! - [`Limiter`] says whether a request with a key may pass now, [`Networks`] whether one without a key may; both answer with a [`Verdict`];
//! - [`StreamGate`] says whether one more stream may be opened, of numbers that its caller has;
//! - [`judge`] compares a month's sums with the quotas, [`Standing`] remembers who has used up what, and [`cross`] is true once for whoever is to be
//!   told.
//!
//! Nothing of this counts usage: sums and open streams come from whoever does. Read [`Exactness`] first, then [`Limiter::check`].

mod buckets;
mod limiter;
mod month;
mod network;
mod plans;
mod quota;
mod rate;
mod refusal;
mod standing;
mod streams;
pub mod table;
#[cfg(test)]
mod tests;
pub(crate) mod told;

pub use limiter::Limiter;
pub use month::Month;
pub use network::Networks;
pub use plans::Plans;
pub use quota::{Quota, QuotaKind, QuotaState, State, Sums, Threshold, judge};
pub use rate::{Fields, Rate, Verdict};
pub use refusal::LimitRefusal;
pub use standing::Standing;
pub use streams::{Admission, Open, StreamGate};
pub use table::{Limits, Override};
pub use told::cross;

/// Where a key's requests are counted.
///
/// The way of fans (snapshots, frames, streams) does no I/O: there it is [`Local`](Exactness::Local), whichever kind of key is shown. What
/// partners' servers manage with secret keys (everything under `/v1` that changes something or is rare) is [`Exact`](Exactness::Exact): it
/// does I/O anyway, a tenth of a millisecond more is not felt, and a partner counts on the number in the contract. The edge chooses, by the route; feeds and streams it does
/// not count at all, for a ball is not turned away, and fans come back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exactness {
    /// In this process's memory. Each process counts for itself, so that n of them let n times as much through.
    Local,
    /// In Redis, for all processes together: no more passes than the rate and its burst say. While Redis is away or late, local.
    Exact,
}
