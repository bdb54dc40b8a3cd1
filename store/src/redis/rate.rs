//! Buckets that all processes fill and time drains: what exact rate limits are made of.
//!
//! A bucket is measured in time: what is poured into it takes so long to drain. Redis keeps the moment at which it will be empty, under a key that
//! expires then, so that an idle bucket costs nothing.
//!
//! Invariant: the clock is Redis's own, and a script reads and writes at once. So processes need no common clock, and however many pour at the
//! same moment, no more goes in than the bucket holds. When a replica takes over, or its clock differs, buckets are a little fuller or emptier than
//! they were, never fuller than full.

use super::{Session, failed};
use crate::error::Error;
use redis::{Cmd, ErrorKind, ServerErrorKind};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use std::sync::LazyLock;
use std::time::Duration;

/// A bucket, and how much it holds.
#[derive(Clone, Copy, Debug)]
pub struct Bucket<'a> {
    /// Another one is another bucket, perhaps on another node of a Cluster.
    pub name: &'a str,
    /// How long it takes to drain when it is full: to a microsecond, and less than a year.
    pub holds: Duration,
}

/// What came of pouring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poured {
    /// Whether all of it went in; nothing did otherwise.
    pub fits: bool,
    /// How long the bucket takes to drain now.
    pub level: Duration,
}

/// Microseconds since 1970 are whole numbers below 2⁵³, which Lua's numbers are exact for. A bucket that is fuller than it holds now, because it
/// became smaller or the clock was set back, counts as full.
const POUR: &str = "
    local time = redis.call('TIME')
    local now = time[1] * 1000000 + time[2]
    local holds, amount = tonumber(ARGV[1]), tonumber(ARGV[2])
    local empty_at = tonumber(redis.call('GET', KEYS[1]) or 0) or 0
    local level = math.min(math.max(empty_at - now, 0), holds)
    if level + amount > holds then
        return {0, level}
    end
    level = level + amount
    if amount > 0 then
        redis.call('SET', KEYS[1], string.format('%.0f', now + level), 'PX', math.ceil(level / 1000))
    end
    return {1, level}";

/// What Redis calls the script once it has seen it.
static POUR_SHA1: LazyLock<String> = LazyLock::new(|| {
    let sha1 = digest(&SHA1_FOR_LEGACY_USE_ONLY, POUR.as_bytes());
    sha1.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
});

impl Session {
    /// Pours into a bucket what takes `amount` to drain, if it fits. One round trip; two when that server has not seen the script since its start.
    pub async fn pour(&self, bucket: Bucket<'_>, amount: Duration) -> Result<Poured, Error> {
        let known = command("EVALSHA", &POUR_SHA1, bucket, amount);
        let answer: Result<(i64, u64), _> = match self.commands.ask(&known).await {
            // Sent whole it is remembered by the node that has the key, and no other is asked.
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.commands.ask(&command("EVAL", POUR, bucket, amount)).await
            }
            answer => answer,
        };
        let (fits, level_us) = answer.map_err(|error| failed("did not fill a bucket", &error))?;
        Ok(Poured { fits: fits == 1, level: Duration::from_micros(level_us) })
    }
}

fn command(verb: &str, script: &str, bucket: Bucket<'_>, amount: Duration) -> Cmd {
    let micros = |it: Duration| u64::try_from(it.as_micros()).unwrap_or(u64::MAX);
    let mut command = redis::cmd(verb);
    command.arg(script).arg(1).arg(key(bucket.name)).arg(micros(bucket.holds)).arg(micros(amount));
    command
}

/// The name alone chooses the slot, so that buckets spread over a Cluster.
fn key(name: &str) -> String {
    format!("crease:{{{name}}}:level")
}
