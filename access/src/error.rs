//! What can go wrong with users and their sign-in.

use crate::human::Refusal;
use crate::password::Weakness;

/// Why something about a user could not be made, changed or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Email(&'static str),

    #[error("a name has 1 to {max} characters, this one has {found}")]
    NameLength { found: usize, max: usize },

    /// A line break, a tab, or what no keyboard has: letters and lists would be torn by it.
    #[error("a name is one line, without control characters")]
    ControlCharacter,

    #[error(transparent)]
    Password(#[from] Weakness),

    /// The human check was not passed.
    #[error(transparent)]
    NotHuman(#[from] Refusal),

    /// Only said to who has proved to read that address's mail.
    #[error("this address has an account already")]
    EmailTaken,

    /// What passkeys would be made for.
    #[error("the public address is not one of a site: it looks like https://crease.example")]
    Origin,

    #[error("there is no user {id}")]
    UnknownUser { id: String },

    /// As many passwords are being checked as this process has room for.
    #[error("too many people are signing in at this moment")]
    Busy,

    /// A row that this release did not write.
    #[error("{what} has an unreadable {column} in the database")]
    Unreadable { what: String, column: &'static str },

    #[error(transparent)]
    Seal(#[from] store::SealError),

    #[error(transparent)]
    Store(#[from] store::Error),
}
