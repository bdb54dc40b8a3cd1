//! What can go wrong with webhooks, apart from what endpoints answer: that is in the log of deliveries.

use super::destination::DestinationError;

/// Why something about an endpoint or a message could not be made, changed or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Destination(#[from] DestinationError),

    #[error("there is no organisation {id}")]
    UnknownOrganisation { id: String },

    /// Or it is another organisation's.
    #[error("there is no webhook {id}")]
    UnknownEndpoint { id: String },

    /// Or it was never on its way to that endpoint, or is forgotten.
    #[error("there is no message {id} to that webhook; messages are kept for 30 days")]
    UnknownMessage { id: String },

    #[error("an organisation has at most {max} webhooks")]
    TooManyEndpoints { max: usize },

    #[error("choose at least one kind of message for the webhook")]
    KindsMissing,

    #[error("a description has at most {max} characters, this one has {found}")]
    DescriptionLength { found: usize, max: usize },

    #[error("webhook {id} is disabled: enable it first")]
    Disabled { id: String },

    /// Receivers expect small bodies.
    #[error("a message {kind} has at most {max} bytes, this one has {found}")]
    MessageLength { kind: &'static str, found: usize, max: usize },

    /// Only at the start of a program, for want of trusted certificates.
    #[error("messages cannot be sent by HTTPS (are ca-certificates installed?): {reason}")]
    NoClient { reason: String },

    /// A row that this release did not write.
    #[error("{what} has an unreadable {column} in the database")]
    Unreadable { what: String, column: &'static str },

    #[error(transparent)]
    Seal(#[from] store::SealError),

    #[error(transparent)]
    Access(#[from] access::Error),

    #[error(transparent)]
    Jobs(#[from] jobs::Error),

    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Error {
    pub(crate) fn unknown_endpoint(id: &str) -> Self {
        Error::UnknownEndpoint { id: id.to_owned() }
    }
}
