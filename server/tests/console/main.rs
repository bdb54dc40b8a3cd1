//! The console over real HTTP and a real PostgreSQL: forms are read off the pages and sent as a browser would.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

mod dashboard;
mod embed;
mod entries;
mod finance;
mod human;
mod identity;
mod innings;
mod limits;
mod newsroom;
mod oidc;
mod operations;
mod presses;
mod reach;
mod redeem;
mod rewards;
mod roles;
mod sessions;
mod support;
mod usage;
mod watching;
mod webhooks;
