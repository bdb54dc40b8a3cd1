//! Where somebody is, and whether a fence lets them in.
//!
//! It knows no clock, no database and no network, and reads no file: what is judged is handed to it, so that a decision can be made again. It is a
//! crate of its own since it needs nothing of `access`, whose tests need a PostgreSQL, and since it is compiled beside it.
//!
//! Read [`regions::Regions`] first: the borders of the world, which say what is near to a point.

pub mod code;
pub mod pins;
pub mod point;
pub mod regions;
