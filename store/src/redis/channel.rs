//! Channels with a memory: what is posted is heard by all who listen, and the last postings stay for those who come later.
//!
//! A channel is a Redis channel and, in the same Cluster slot, a Redis stream. The id of an entry is the posting's place in its
//! channel, which the sender gives: a posting that is sent twice is refused by the stream, and one that is older than what the stream
//! has as well, so that the stream is in order whatever happens. It may have holes.

use super::{Session, failed};
use crate::error::Error;
use redis::{RedisError, Value};
use std::time::Duration;

/// The name of a channel: letters, digits and underscores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel<'a>(pub &'a str);

/// A message and its place: a higher one comes later. Neither part of a place may exceed 2^64 - 1, and 0-0 is nothing's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting<P> {
    pub at: (u64, u64),
    pub payload: P,
}

/// What a channel remembers.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// At least so many of the last postings; Redis keeps up to a hundred more.
    pub postings_min: usize,
    /// Until so long after the last one.
    pub after_last: Duration,
}

const PREFIX: &str = "crease:{";

impl<'a> Channel<'a> {
    fn name(self) -> String {
        format!("{PREFIX}{}}}", self.0)
    }

    fn tail(self) -> String {
        format!("{PREFIX}{}}}:tail", self.0)
    }

    /// The channel that Redis calls so.
    pub fn named(name: &'a str) -> Option<Self> {
        name.strip_prefix(PREFIX)?.strip_suffix('}').map(Self)
    }
}

impl Session {
    /// Posts in order: into the channel's memory, and to those who listen. On an error some may have been posted; sending all of them
    /// again does no harm.
    pub async fn post(
        &self,
        channel: Channel<'_>,
        postings: &[Posting<&[u8]>],
        keep: Keep,
    ) -> Result<(), Error> {
        let (name, tail) = (channel.name(), channel.tail());
        let mut pipe = redis::pipe();
        pipe.ignore_errors();
        for Posting { at: (major, minor), payload } in postings {
            let add = pipe.cmd("XADD").arg(&tail).arg("MAXLEN").arg("~").arg(keep.postings_min);
            add.arg(format!("{major}-{minor}")).arg("f").arg(*payload);
            pipe.cmd(self.publish()).arg(&name).arg(*payload);
        }
        let millis = u64::try_from(keep.after_last.as_millis()).unwrap_or(u64::MAX);
        pipe.cmd("PEXPIRE").arg(&tail).arg(millis);
        let answers: Vec<Result<Value, RedisError>> =
            self.commands.ask_all(&pipe).await.map_err(|error| failed("did not take a message", &error))?;
        match answers.into_iter().filter_map(Result::err).find(|it| !is_known(it)) {
            None => Ok(()),
            Some(error) => Err(failed("refused a message", &error)),
        }
    }

    /// Tells those who listen something that is not remembered.
    pub async fn say(&self, channel: Channel<'_>, payload: &[u8]) -> Result<(), Error> {
        let mut publish = redis::cmd(self.publish());
        publish.arg(channel.name()).arg(payload);
        self.commands.ask(&publish).await.map_err(|error| failed("did not take a message", &error))
    }

    /// What the channel remembers from a place on, including it: whoever finds his own place knows that nothing between is missing
    /// but what was posted out of order.
    pub async fn from(&self, channel: Channel<'_>, at: (u64, u64)) -> Result<Vec<Posting<Vec<u8>>>, Error> {
        let mut range = redis::cmd("XRANGE");
        range.arg(channel.tail()).arg(format!("{}-{}", at.0, at.1)).arg("+");
        let found: Vec<(String, Vec<Vec<u8>>)> = self
            .commands
            .ask(&range)
            .await
            .map_err(|error| failed("did not tell what it remembers", &error))?;
        Ok(found.into_iter().filter_map(posting).collect())
    }

    /// Asks to listen; [`super::Heard::Joined`] says from when on it does.
    pub async fn listen(&self, channel: Channel<'_>) -> Result<(), Error> {
        let mut listen = redis::cmd(if self.sharded { "SSUBSCRIBE" } else { "SUBSCRIBE" });
        listen.arg(channel.name());
        self.ears
            .ask::<Value>(&listen)
            .await
            .map(drop)
            .map_err(|error| failed("refused to subscribe", &error))
    }

    /// Asks to listen no longer.
    pub async fn leave(&self, channel: Channel<'_>) -> Result<(), Error> {
        let mut leave = redis::cmd(if self.sharded { "SUNSUBSCRIBE" } else { "UNSUBSCRIBE" });
        leave.arg(channel.name());
        self.ears
            .ask::<Value>(&leave)
            .await
            .map(drop)
            .map_err(|error| failed("refused to unsubscribe", &error))
    }

    fn publish(&self) -> &'static str {
        if self.sharded { "SPUBLISH" } else { "PUBLISH" }
    }
}

/// The stream has this posting already, or a later one.
fn is_known(error: &RedisError) -> bool {
    error.detail().is_some_and(|it| it.contains("equal or smaller than the target stream top item"))
}

/// An entry of a stream; none when somebody else has written there.
fn posting((id, fields): (String, Vec<Vec<u8>>)) -> Option<Posting<Vec<u8>>> {
    let (major, minor) = id.split_once('-')?;
    let payload = fields.into_iter().nth(1)?;
    Some(Posting { at: (major.parse().ok()?, minor.parse().ok()?), payload })
}
