//! What can go wrong with a job before it runs.

/// Why a job was not enqueued, or its outcome not written down.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A job of that kind with that key waits or runs already.
    #[error("a job {kind} with the unique key {key:?} is there already: {id}")]
    Duplicate { kind: &'static str, key: String, id: i64 },

    /// A payload is data; this one cannot be written as JSON.
    #[error("the payload of a job {kind} cannot be written as JSON: {reason}")]
    Payload { kind: &'static str, reason: String },

    /// Names are the labels of metrics and the words of an operator.
    #[error("{name:?} is no name of a queue: it has 1 to 63 characters of a-z, 0-9, '_' and '-'")]
    QueueName { name: String },

    #[error("a job is tried 1 to {max} times, not {given}")]
    Attempts { given: u16, max: u16 },

    #[error("a unique key has 1 to {max} bytes, this one has {given}")]
    UniqueKey { given: usize, max: usize },

    #[error(transparent)]
    Store(#[from] store::Error),
}
