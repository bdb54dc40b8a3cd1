//! Payments through gateways that are spoken to over HTTP, and that fail in every way in which gateways do.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

mod crash;
mod fake;
mod forms;
mod here;
mod localstripe;
mod payout;
mod reconcile;
mod refund;
mod sandbox;
mod storm;
mod top_up;
mod webhook;
