//! Organisations, their API keys, and the in-memory check of a key.
//!
//! An organisation has keys ([`key::issue`], [`key::revoke`]). Each process keeps all of them in a [`KeyRing`], which
//! turns a request's key and origin into a [`PartnerKey`] without I/O: the proof that other crates ask for. It follows what other processes
//! change ([`KeyRing::follow`]).
//!
//! This crate knows no HTTP. It never stores or logs a key's text, only its SHA-256 and its first characters.
//! Read [`Key`] first, then [`KeyRing::check`].

mod error;
mod follow;
pub mod key;
pub mod organisation;
mod origin;
mod ring;

pub use error::Error;
pub use key::{Issued, Key, KeyError, Kind, Mode, NewKey, Record};
pub use organisation::Organisation;
pub use origin::{Origin, OriginError, OriginPattern};
pub use ring::{KeyRefusal, KeyRing, Need, PartnerKey};

use store::{Migrations, Step};

/// The tables of this crate, in the schema `partners`.
pub const MIGRATIONS: Migrations = Migrations {
    schema: "partners",
    steps: &[
        Step { name: "1_keys", sql: include_str!("../migrations/1_keys.sql") },
        Step { name: "2_changes", sql: include_str!("../migrations/2_changes.sql") },
    ],
};
