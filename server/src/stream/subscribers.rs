//! Who may follow, how many, and where their streams are served.

use super::feed::Following;
use super::follower::{self, Cut};
use super::mailbox::{Joining, Mailbox, Note};
use super::presence::Presence;
use super::seats::{Caller, Full, Seat, Seats};
use super::shard::{Busy, Shard};
use super::tape::write_chunk;
use super::topic::{Start, Topic};
use crate::config;
use bytes::Bytes;
use futures_util::stream::Stream;
use partners::limit::Threshold;
use std::convert::Infallible;
use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

/// The open streams of this process. Cloning shares them; when the last is dropped, the shards stop.
#[derive(Clone)]
pub struct Subscribers {
    inner: Arc<Inner>,
}

struct Inner {
    limits: config::Stream,
    presence: Presence,
    seats: Seats,
    shards: Vec<Mailbox>,
    /// Streams are dealt to the shards in turn.
    next_shard: AtomicUsize,
    arrivals: Arc<Arrivals>,
    busy: Busy,
    /// Streams that are not a shard's: of HTTP/2 and HTTP/1.0.
    followers: follower::Followers,
    drain: Duration,
    shutdown: CancellationToken,
}

/// A stream that may be opened: first these bytes, then whatever the topic sends.
pub struct Subscription {
    /// `retry`, and what it missed or the state.
    pub first: Bytes,
    pub(super) topic: Arc<Topic>,
    pub(super) following: Following,
    pub(super) cursor: u64,
    pub(super) seat: Seat,
}

impl Subscription {
    /// Appends the first bytes as HTTP/1.1 sends them; then the subscription has none.
    pub fn write_first(&mut self, into: &mut Vec<u8>) {
        write_chunk(into, &std::mem::take(&mut self.first));
    }
}

impl Subscribers {
    /// Nobody yet. When `shutdown` fires, each is told goodbye at a random moment within `drain`.
    pub fn start(
        limits: config::Stream,
        presence: Presence,
        drain: Duration,
        shutdown: CancellationToken,
    ) -> io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let count = if limits.shards == 0 { cores } else { limits.shards };
        let busy = Busy::default();
        let shards = (0..count).map(|at| Shard::start(format!("shard-{at}"), limits.clone(), busy.clone()));
        let shards: Vec<Mailbox> = shards.collect::<io::Result<_>>()?;
        let (stopping, mailboxes) = (shutdown.clone(), shards.clone());
        tokio::spawn(async move {
            stopping.cancelled().await;
            mailboxes.iter().for_each(|it| it.send(Note::Drain { within: drain }));
        });
        let inner = Inner {
            followers: follower::Followers::start(&limits),
            limits,
            presence,
            seats: Seats::default(),
            arrivals: Arc::new(Arrivals {
                shards: shards.clone(),
                is_announced: AtomicBool::new(false),
                runtime: Handle::current(),
            }),
            shards,
            next_shard: AtomicUsize::new(0),
            busy,
            drain,
            shutdown,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Takes a seat for a stream that begins at `start`, or says why there is none.
    pub fn admit(&self, topic: Arc<Topic>, start: Start, caller: Caller) -> Result<Subscription, Full> {
        let seat = self.seat(&topic, caller)?;
        let retry = format!("retry: {}\n\n", Retry::of(&self.inner.limits).draw_ms());
        let first = Bytes::from([retry.as_bytes(), &start.first].concat());
        Ok(Subscription { first, topic, following: start.following, cursor: start.cursor, seat })
    }

    /// Gives a stream to a shard. Its head and first bytes are sent, and nothing of it is unread or unwritten elsewhere.
    pub fn take_over(&self, subscription: Subscription, socket: TcpStream) {
        let Subscription { topic, following, cursor, seat, .. } = subscription;
        let Inner { shards, next_shard, arrivals, .. } = &*self.inner;
        let at = next_shard.fetch_add(1, Ordering::Relaxed) % shards.len();
        shards[at].leave(Note::Join(Box::new(Joining { topic, following, cursor, socket, seat })));
        arrivals.announce();
    }

    /// The stream as a body that is asked for its bytes, for connections that carry other requests too. `cut` ends its connection.
    pub fn follow(
        &self,
        subscription: Subscription,
        cut: Cut,
    ) -> impl Stream<Item = Result<Bytes, Infallible>> + use<> {
        let Inner { limits, followers, drain, shutdown, .. } = &*self.inner;
        follower::follow(subscription, limits, followers, cut, (shutdown.clone(), *drain))
    }

    /// Whether updates are being sent: what can wait should.
    pub fn is_busy(&self) -> bool {
        self.inner.busy.is_busy()
    }

    /// Closes the streams of a key that was revoked, with a goodbye; it opens none any more.
    pub fn revoke(&self, key_id: &str) {
        let key_id: Arc<str> = key_id.into();
        self.inner.seats.revoke(key_id.clone());
        for shard in &self.inner.shards {
            shard.send(Note::Revoke { key_id: key_id.clone() });
        }
        self.inner.followers.revoke(&key_id);
    }

    /// Open streams.
    pub fn count(&self) -> usize {
        self.inner.seats.count()
    }

    /// Organisations that came near the number of streams that they may have open, or to it, since this was last asked.
    pub fn take_pressed(&self) -> Vec<(Arc<str>, Threshold)> {
        self.inner.seats.take_pressed()
    }

    fn seat(&self, topic: &Topic, caller: Caller) -> Result<Seat, Full> {
        let Inner { limits, seats, presence, shutdown, .. } = &*self.inner;
        if shutdown.is_cancelled() {
            return Err(Full::ShuttingDown);
        }
        seats.take(limits, presence, topic, caller)
    }
}

/// Newcomers that shards have yet to hear of. In a storm they are many, and a shard is woken once for those of one round of the
/// runtime; an update wakes it anyway, and finds them in.
struct Arrivals {
    shards: Vec<Mailbox>,
    is_announced: AtomicBool,
    runtime: Handle,
}

impl Arrivals {
    /// Wakes the shards for whom something was left, when the tasks that are ready now have had their turn.
    fn announce(self: &Arc<Self>) {
        if !self.is_announced.swap(true, Ordering::AcqRel) {
            let arrivals = self.clone();
            self.runtime.spawn(async move {
                tokio::task::yield_now().await;
                arrivals.is_announced.swap(false, Ordering::AcqRel);
                arrivals.shards.iter().for_each(Mailbox::ring_if_due);
            });
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shards.iter().for_each(|it| it.send(Note::Stop));
    }
}

/// When clients are told to come back: spread, so that those cut off together do not come back together.
#[derive(Clone, Copy)]
pub(super) struct Retry {
    ms_min: u32,
    ms_max: u32,
}

impl Retry {
    pub(super) fn of(limits: &config::Stream) -> Self {
        Self { ms_min: limits.retry_ms_min, ms_max: limits.retry_ms_max.max(limits.retry_ms_min) }
    }

    pub(super) fn draw_ms(self) -> u32 {
        rand::random_range(self.ms_min..=self.ms_max)
    }
}
