//! What can go wrong with a job before it runs, and with what is asked of the jobs there are.

/// Why a job was not enqueued, or what was asked could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A job of that kind holds that key, by the rule under which it or the new one was enqueued.
    #[error("a job {kind} with the unique key {key:?} is there already: {id}")]
    Duplicate { kind: String, key: String, id: i64 },

    /// A payload is data; this one cannot be written as JSON.
    #[error("the payload of a job {kind} cannot be written as JSON: {reason}")]
    Payload { kind: &'static str, reason: String },

    /// Names are the labels of metrics and the words of an operator.
    #[error("{name:?} is no name of a queue: it has 1 to 63 characters of a-z, 0-9, '_' and '-'")]
    QueueName { name: String },

    #[error("a job is tried 1 to {max} times, not {given}")]
    Attempts { given: u16, max: u16 },

    #[error("a {what} has 1 to {max} bytes, this one has {given}")]
    Key { what: &'static str, given: usize, max: usize },

    #[error("{what} is between {min_ms} ms and {max_ms} ms, not {given_ms}")]
    Span { what: &'static str, given_ms: u128, min_ms: u64, max_ms: u64 },

    /// Several jobs at once share a wish, and one key cannot be theirs.
    #[error("jobs that are enqueued together have no unique key: enqueue them one by one")]
    UniqueTogether,

    /// A limit of nothing would be a pause, and says so better.
    #[error("a limit lets at least one job through: {what} is {given}")]
    Limit { what: &'static str, given: f64 },

    #[error("the schedule {schedule:?} in {zone:?} is none: {reason}")]
    Schedule { schedule: String, zone: String, reason: String },

    #[error("a server cannot listen on {address}: {reason}")]
    Listen { address: std::net::SocketAddr, reason: String },

    #[error("no connection by way of Redis: {reason}")]
    NoAnswer { reason: &'static str },

    #[error("there is no schedule {name:?}")]
    NoSuchSchedule { name: String },

    #[error("there is no job {id} that waits, runs or is dead")]
    NoSuchJob { id: i64 },

    /// The attempt no longer holds its job: it was cancelled, or given to another node. Roll back.
    #[error("job {id} is no longer this attempt's: what it did must not stand")]
    Lost { id: i64 },

    /// What an earlier job answered is not what was expected, or there is none.
    #[error("the result of the job at place {place} cannot be had: {reason}")]
    Result { place: usize, reason: String },

    #[error(transparent)]
    Store(#[from] store::Error),
}
