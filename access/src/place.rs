//! Where somebody is, and what fences make of it: the crate `places`, with what it needs from outside.
//!
//! [`World`] knows borders and addresses, [`Fences`] has the fences that are kept, and [`decision`] keeps what they have said, without a
//! coordinate.

pub mod decision;
pub mod fence;
mod world;

pub use fence::{Current, Fences, Owner};
pub use places::*;
pub use world::{World, WorldError};

/// Why a fence could not be kept, read or judged by.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}", said(.0))]
    Rules(Vec<Problem>),

    #[error("a fence's name has 1 to {max} characters on one line")]
    Name { max: usize },

    #[error("there is no fence {id}")]
    Unknown { id: String },

    #[error("the fence {id} was retired")]
    Retired { id: String },

    /// Somebody else was faster.
    #[error("the fence {id} is at version {found} already, and was changed from version {expected}")]
    Clash { id: String, expected: u32, found: u32 },

    #[error("there are {max} {what} at most")]
    TooMany { what: &'static str, max: i64 },

    /// A row that this release did not write.
    #[error("{what} has an unreadable {column} in the database")]
    Unreadable { what: String, column: &'static str },

    #[error(transparent)]
    Access(#[from] crate::Error),

    #[error(transparent)]
    Store(#[from] store::Error),
}

fn said(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Every statement of this module, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&[&str]] = &[decision::STATEMENTS, fence::STATEMENTS];

#[cfg(test)]
mod tests;
