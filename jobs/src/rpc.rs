//! Calls to other processes: a request and its reply, typed, over one connection for each pair of processes.
//!
//! A [`Server`] answers for services and says in a [`Registry`] where it is; a [`Caller`] finds the live servers there, spreads its calls over
//! them and says how a call ended. A call is run at most once, unless its caller says that it may be repeated: a server that refuses one
//! before it began ([`CallError::Overloaded`], or one that ends) is passed over for another; a connection that is lost in the middle is
//! [`CallError::Lost`]. Nothing of it is durable: what must happen in any case is a job.
//!
//! Connections are not encrypted and belong into a private network; who calls proves by the server's token that it may read the registry.

mod caller;
mod frame;
mod outbox;
mod registry;
mod relay;
mod server;

pub use caller::{Caller, Terms};
pub use registry::Registry;
pub use server::{Call, Server};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What may be asked of a server. Requests and replies travel as JSON between programs of different releases: fields are added with a default.
pub trait Service {
    /// 1 to 63 characters: "tones.rewrite".
    const NAME: &'static str;
    type Request: Serialize + DeserializeOwned + Send;
    type Reply: Serialize + DeserializeOwned + Send;
}

/// How a call ended that has no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// No live server has this service.
    #[error("nobody serves {service}")]
    Nobody { service: &'static str },

    /// Every server has as many calls as it takes: it was not begun anywhere. Ask less, or later.
    #[error("all {servers} servers of {service} have as many calls as they take")]
    Overloaded { service: &'static str, servers: usize },

    /// The reply did not come in time; the server was told to stop.
    #[error("{service} did not reply within {within_ms} ms")]
    Late { service: &'static str, within_ms: u64 },

    /// The connection was lost after the call was sent: it may or may not have been done.
    #[error("the connection to a server of {service} was lost: whether the call was done is unknown")]
    Lost { service: &'static str },

    /// The service said no, or panicked.
    #[error("{service} refused: {reason}")]
    Refused { service: &'static str, reason: String },

    /// A request or a reply that is not what the service says, or too large.
    #[error("{service}: {reason}")]
    Malformed { service: &'static str, reason: String },
}
