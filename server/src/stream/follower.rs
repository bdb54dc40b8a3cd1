//! A stream as a body that its connection asks for bytes: where the connection carries other requests too (HTTP/2), or its client
//! does not know chunks (HTTP/1.0). It costs a task and some kilobytes where a shard's stream costs some bytes.

use super::feed::Following;
use super::ring::After;
use super::seats::Seat;
use super::shard::bye;
use super::subscribers::{Retry, Subscription};
use super::topic::Topic;
use crate::config;
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// How often followers are looked after.
const LOOK: Duration = Duration::from_secs(1);

/// Ends a stream from outside: its HTTP/2 stream, or its HTTP/1.0 connection.
pub type Cut = CancellationToken;

/// The open streams of this kind. A body is not asked for more while its socket is full, so one that has stopped reading would never
/// hear that it is too slow: somebody else has to look.
pub(super) struct Followers {
    list: Arc<Mutex<Vec<Weak<Progress>>>>,
}

/// How far a follower has come, seen from outside.
struct Progress {
    topic: Arc<Topic>,
    following: Following,
    /// The cursor at which it last asked for more.
    asked_at: AtomicU64,
    key_id: Option<Arc<str>>,
    revoked: CancellationToken,
    cut: Cut,
    /// The cursor at which it was last seen to lack something, and since when. Only the task that looks after followers uses it.
    behind: Mutex<Option<(u64, Instant)>>,
}

impl Followers {
    /// Starts the task that looks after them; it ends when this is dropped.
    pub(super) fn start(limits: &config::Stream) -> Self {
        let list = Arc::<Mutex<Vec<Weak<Progress>>>>::default();
        let (watched, stalled) = (Arc::downgrade(&list), Duration::from_secs(limits.stalled_seconds_max));
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(LOOK);
            loop {
                ticks.tick().await;
                let Some(list) = watched.upgrade() else { return };
                let open: Vec<_> = {
                    let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
                    list.retain(|it| it.strong_count() > 0);
                    list.iter().filter_map(Weak::upgrade).collect()
                };
                open.iter().for_each(|it| it.look(stalled));
            }
        });
        Self { list }
    }

    /// From here on it is looked after, and told when its key is revoked.
    fn add(&self, progress: &Arc<Progress>) {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(progress));
    }

    pub(super) fn revoke(&self, key_id: &str) {
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let open = list.iter().filter_map(Weak::upgrade);
        open.filter(|it| it.key_id.as_deref() == Some(key_id)).for_each(|it| it.revoked.cancel());
    }
}

impl Progress {
    /// Cuts it off if it has lacked the same for too long.
    fn look(&self, stalled: Duration) {
        let asked_at = self.asked_at.load(Ordering::Relaxed);
        let mut behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.topic.is_after(&self.following, asked_at) {
            *behind = None;
            return;
        }
        let (at, since) = *behind.get_or_insert_with(|| (asked_at, Instant::now()));
        if at != asked_at {
            *behind = Some((asked_at, Instant::now()));
        } else if since.elapsed() >= stalled && !self.cut.is_cancelled() {
            metrics::counter!("stream_byes_total", "reason" => "stalled").increment(1);
            self.cut.cancel();
        }
    }
}

/// The stream's bytes, for as long as somebody asks.
pub(super) fn follow(
    subscription: Subscription,
    limits: &config::Stream,
    followers: &Followers,
    cut: Cut,
    (shutdown, drain): (CancellationToken, Duration),
) -> impl Stream<Item = Result<Bytes, Infallible>> + use<> {
    let Subscription { first, topic, following, cursor, seat } = subscription;
    let progress = Arc::new(Progress {
        topic: topic.clone(),
        following: following.clone(),
        asked_at: AtomicU64::new(cursor),
        key_id: seat.key_id().map(Into::into),
        revoked: CancellationToken::new(),
        cut,
        behind: Mutex::default(),
    });
    followers.add(&progress);
    // Looked at only now: a revocation since then finds it in the list.
    if seat.is_revoked() {
        progress.revoked.cancel();
    }
    let mut heartbeat = tokio::time::interval(Duration::from_secs(limits.heartbeat_seconds.max(1)));
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeat.reset();
    let follower = Follower {
        head: topic.follow(&following),
        topic,
        following,
        cursor,
        progress,
        heartbeat,
        shutdown,
        drain,
        leaves_at: None,
        retry: Retry::of(limits),
        first: Some(first),
        ended: false,
        _seat: seat,
    };
    stream::unfold(follower, |mut follower| async move {
        let bytes = follower.next().await?;
        Some((Ok(bytes), follower))
    })
}

struct Follower {
    topic: Arc<Topic>,
    following: Following,
    head: watch::Receiver<u64>,
    cursor: u64,
    progress: Arc<Progress>,
    heartbeat: Interval,
    shutdown: CancellationToken,
    drain: Duration,
    /// When it is told goodbye; drawn once the process is to stop.
    leaves_at: Option<Instant>,
    retry: Retry,
    first: Option<Bytes>,
    ended: bool,
    _seat: Seat,
}

/// What a follower waits for.
enum Woken {
    Update,
    Heartbeat,
    Shutdown,
    Revoked,
}

impl Follower {
    /// The next bytes for the connection; none when the stream is over.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        if self.ended {
            return None;
        }
        self.progress.asked_at.store(self.cursor, Ordering::Relaxed);
        loop {
            // Seen before looking, so that an update between looking and waiting wakes us.
            self.head.borrow_and_update();
            match self.topic.after(&self.following, self.cursor) {
                After::Frames { bytes, next } => {
                    self.cursor = next;
                    self.heartbeat.reset();
                    return Some(bytes);
                }
                After::Gone => return Some(self.bye("slow")),
                After::Nothing => {}
            }
            match self.wait().await {
                Woken::Update => {}
                Woken::Heartbeat => return Some(Bytes::from_static(b":\n\n")),
                Woken::Shutdown => return Some(self.bye("shutdown")),
                Woken::Revoked => return Some(self.bye("revoked")),
            }
        }
    }

    async fn wait(&mut self) -> Woken {
        let (shutdown, drain, leaves_at) = (&self.shutdown, self.drain, &mut self.leaves_at);
        let deadline = async {
            shutdown.cancelled().await;
            // Kept: updates that come in between must not put it off.
            let at = *leaves_at.get_or_insert_with(|| Instant::now() + drain.mul_f64(rand::random()));
            tokio::time::sleep_until(at).await;
        };
        tokio::select! {
            changed = self.head.changed() => match changed {
                Ok(()) => Woken::Update,
                // The topic's sender lives in the topic, which this follower holds.
                Err(_) => Woken::Shutdown,
            },
            _ = self.heartbeat.tick() => Woken::Heartbeat,
            () = self.progress.revoked.cancelled() => Woken::Revoked,
            () = deadline => Woken::Shutdown,
        }
    }

    fn bye(&mut self, reason: &'static str) -> Bytes {
        self.ended = true;
        metrics::counter!("stream_byes_total", "reason" => reason).increment(1);
        Bytes::from(bye(reason, self.retry.draw_ms()))
    }
}
