//! What can go wrong beside a model, of which nobody hears.

use std::sync::Arc;

/// Why something was not read or kept.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error("a line has a language that is none of ours: {tag}")]
    UnknownLanguage { tag: String },

    #[error("{what}: {given} at once, {max} at most")]
    TooMany { what: &'static str, given: usize, max: usize },

    #[error("the address of a model's server must be https, or http on this machine: {url}")]
    Address { url: String },

    #[error("{what} of a model has 1 to {max} visible characters")]
    Text { what: &'static str, max: usize },

    #[error("no client for a model's server: {reason}")]
    NoClient { reason: String },

    #[error("{0}")]
    Jobs(Arc<jobs::Error>),

    #[error("{0}")]
    Store(Arc<store::Error>),
}

impl From<jobs::Error> for Error {
    fn from(error: jobs::Error) -> Self {
        Self::Jobs(Arc::new(error))
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(Arc::new(error))
    }
}
