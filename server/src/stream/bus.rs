//! Updates between processes, over Redis. The log in PostgreSQL is the truth; the bus brings its news in a millisecond.
//!
//! A match is a channel with a memory ([`store::Session::post`]). Its writer posts each update under its position; every process that
//! holds the match's topic listens, and after it began to listen reads what it missed from that memory, the *tail*, so that many
//! processes that come back at once do not all read and fold the log. Where the tail does not reach back far enough, it cannot say so,
//! but it shows it: it does not hold the position that the process is at. Then, and while Redis is away, the log is asked.
//!
//! Invariant: nothing here is waited for on the way of an update to this process's own readers.

mod link;
mod outbox;
mod sender;

use super::hub::Hub;
use super::published::{Body, Published};
use crate::config;
use bytes::Bytes;
use outbox::{Letter, Outbox};
use std::sync::Arc;
use std::time::Duration;
use store::{Channel, Keep, Posting, Redis, Session};
use tokio::sync::{Notify, watch};
use wire::{Position, Update};

/// Updates waiting for Redis, at most. When it is away longer, processes elsewhere are told to look at the log.
const WAITING_MAX: usize = 4096;
/// How long a tail is waited for before the log is asked.
const TAIL_MAX: Duration = Duration::from_millis(250);
/// The pause before something is tried again; it doubles up to the longest, and is cut short at random so that processes that lost
/// the same Redis do not come back together.
const PAUSE_MS_MIN: u64 = 20;
const PAUSE_MS_MAX: u64 = 1_000;

/// The way to the other processes. Cloning shares it.
#[derive(Clone)]
pub struct Bus {
    inner: Arc<Inner>,
}

struct Inner {
    redis: Redis,
    keep: Keep,
    look_every: Duration,
    outbox: Outbox,
    /// The session, while there is one.
    session: watch::Sender<Option<Open>>,
    /// This process holds another topic, or one less.
    has_other_topics: Notify,
}

/// A session, and the word that it took no message.
#[derive(Clone)]
struct Open {
    session: Session,
    is_in_doubt: Arc<Notify>,
}

impl Bus {
    /// A bus over `redis`, which need not be there yet.
    pub fn new(redis: Redis, settings: &config::Redis) -> Self {
        let keep = Keep {
            postings_min: settings.tail_updates,
            after_last: Duration::from_secs(settings.tail_seconds),
        };
        let inner = Inner {
            redis,
            keep,
            look_every: Duration::from_secs(settings.look_seconds.max(1)),
            outbox: Outbox::new(WAITING_MAX),
            session: watch::Sender::new(None),
            has_other_topics: Notify::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Sends, and keeps `hub` in step with the writers elsewhere, until the process ends.
    pub(super) fn run(&self, hub: &Hub) {
        tokio::spawn(sender::run(self.clone()));
        tokio::spawn(link::run(self.clone(), hub.clone()));
    }

    /// How often topics are compared with the log while Redis is there.
    pub(super) fn look_every(&self) -> Duration {
        self.inner.look_every
    }

    /// Queues an update; never waits.
    pub(super) fn send(&self, match_id: &str, published: &Published) {
        let frame = match &published.body {
            Body::Command(_) => published.frame.clone(),
            // The others fold the match anew from the log, whose balls this does not hold; so they need not be sent the state.
            Body::Snapshot(..) => Bytes::from(format!("id: {}\nevent: snapshot\n\n", published.position)),
        };
        self.inner.outbox.push(match_id, Letter { position: published.position, frame });
    }

    /// Queues the word that the log has to be looked at.
    pub(super) fn send_look(&self, match_id: &str) {
        self.inner.outbox.push_look(match_id);
    }

    /// The hub holds other topics than before.
    pub(super) fn topics_changed(&self) {
        self.inner.has_other_topics.notify_one();
    }

    /// The session, while Redis is there.
    pub fn session(&self) -> Option<Session> {
        self.inner.session.borrow().as_ref().map(|it| it.session.clone())
    }

    /// What the tail of a match holds from a position on; none when it cannot be had soon.
    pub(super) async fn tail(&self, match_id: &str, from: Position) -> Option<Vec<Posting<Vec<u8>>>> {
        let session = self.session()?;
        let asked = session.from(Channel(match_id), (from.epoch, from.seq));
        match tokio::time::timeout(TAIL_MAX, asked).await {
            Ok(Ok(tail)) => Some(tail),
            Ok(Err(error)) => {
                tracing::debug!(match_id, %error, "a tail could not be read");
                None
            }
            Err(_) => None,
        }
    }
}

/// Pauses that double.
struct Pause {
    ms: u64,
}

impl Pause {
    fn new() -> Self {
        Self { ms: PAUSE_MS_MIN }
    }

    /// Whether several have passed.
    fn is_long(&self) -> bool {
        self.ms >= 10 * PAUSE_MS_MIN
    }

    async fn wait(&mut self) {
        let ms = rand::random_range(self.ms / 2..=self.ms);
        self.ms = (self.ms * 2).min(PAUSE_MS_MAX);
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

/// What a frame from the bus says.
pub(super) enum News {
    Update(Published),
    /// A correction, or what a newer release sends: only the log has all of it.
    Position(Position),
    /// The log has to be looked at.
    Look,
}

/// Reads a frame that another process has sent.
pub(super) fn read(frame: Vec<u8>) -> News {
    let frame = Bytes::from(frame);
    match (position(&frame), update(&frame)) {
        (Some(position), Some(update)) => {
            News::Update(Published { position, frame, body: Body::Command(update) })
        }
        (Some(position), None) => News::Position(position),
        (None, _) => News::Look,
    }
}

fn position(frame: &[u8]) -> Option<Position> {
    std::str::from_utf8(frame).ok()?.lines().next()?.strip_prefix("id: ")?.parse().ok()
}

/// The update in a `ball` or `state` frame.
fn update(frame: &[u8]) -> Option<Update> {
    let mut lines = std::str::from_utf8(frame).ok()?.lines().skip(1);
    let event = lines.next()?.strip_prefix("event: ")?;
    let data = lines.next()?.strip_prefix("data: ")?;
    matches!(event, "ball" | "state").then(|| wire::decode(data).ok())?
}
