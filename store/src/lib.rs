//! The only door to PostgreSQL and Redis, and the owner of time and identity.
//!
//! Read [`Store`] first: every write happens in a named [`Store::run_tx`], or in [`Store::run_one`] where it is one statement; every read
//! without a transaction in a named [`Store::read`]. A crate that keeps data hands its [`Migrations`] to [`Store::migrate`] and touches only its
//! own schema. [`Seal`] keeps values secret at rest. [`postgres::open`] finds or starts the PostgreSQL behind it; [`Clock`] and [`ids`] are where time and
//! randomness come from, so that tests can move the one and recognise the other.
//!
//! This crate knows no table but its own list of applied migrations, and no domain. It never builds SQL: statements
//! are constants beside their callers, within what PostgreSQL 15 to 18 share, without extensions.

mod at;
mod client;
mod clock;
mod error;
pub mod ids;
mod keep_up;
mod like;
mod limits;
mod listen;
mod migrate;
pub mod postgres;
mod redis;
pub mod seal;
mod shared;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;

pub use at::At;
pub use client::{Client, Params, Statement, Transaction};
pub use clock::Clock;
pub use error::Error;
pub use keep_up::Numbered;
pub use like::like;
pub use listen::Listener;
pub use migrate::{Applied, Migrations, Step};
pub use redis::{Bucket, Channel, Heard, Hearing, Keep, Posting, Poured, Redis, Session, Sheet};
pub use seal::{Seal, SealError};
pub use store::Store;
pub use tokio_postgres::{Row, types};
