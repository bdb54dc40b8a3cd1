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
            Body::Command(_) => match &published.trace {
                Some(trace) => traced(&published.frame, trace),
                None => published.frame.clone(),
            },
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

/// How the comment begins that says which span an update came about in. Processes of a release before this one send it on to readers, who
/// know by SSE to leave comments out.
const TRACE: &[u8] = b": traceparent ";
/// `00-<trace id>-<span id>-<flags>`
const TRACE_BYTES: usize = 55;

/// A frame as it goes to other processes.
fn traced(frame: &Bytes, trace: &str) -> Bytes {
    // The empty line stays the last.
    let event = frame.strip_suffix(b"\n").unwrap_or(frame);
    Bytes::from([event, TRACE, trace.as_bytes(), b"\n\n"].concat())
}

/// The frame as readers are sent it, and the span that it came about in.
fn untraced(mut frame: Vec<u8>) -> (Bytes, Option<String>) {
    let comment = frame.len().checked_sub(TRACE.len() + TRACE_BYTES + 2);
    let begun = comment.filter(|at| *at > 0 && frame[at - 1] == b'\n' && frame[*at..].starts_with(TRACE));
    let Some(at) = begun else { return (Bytes::from(frame), None) };
    let trace = frame[at + TRACE.len()..].trim_ascii_end().to_vec();
    frame.truncate(at);
    frame.push(b'\n');
    (Bytes::from(frame), String::from_utf8(trace).ok())
}

/// Reads a frame that another process has sent.
pub(super) fn read(frame: Vec<u8>) -> News {
    let (frame, trace) = untraced(frame);
    match (position(&frame), update(&frame)) {
        (Some(position), Some(update)) => {
            News::Update(Published { position, frame, body: Body::Command(update), trace })
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

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &[u8] = b"id: 1.2\nevent: ball\ndata: {}\n\n";
    const SPAN: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_frame_says_on_its_way_where_it_came_about_and_reaches_readers_as_it_was() {
        let sent = traced(&Bytes::from_static(FRAME), SPAN);
        let comment = format!("id: 1.2\nevent: ball\ndata: {{}}\n: traceparent {SPAN}\n\n");
        assert_eq!(sent, comment.as_bytes(), "to who does not know it, a comment of SSE");
        assert_eq!(untraced(sent.to_vec()), (Bytes::from_static(FRAME), Some(SPAN.to_owned())));
    }

    #[test]
    fn a_frame_without_it_is_left_alone() {
        for frame in [FRAME, b"", b"\n\n", b": traceparent x\n\n", TRACE] {
            assert_eq!(untraced(frame.to_vec()), (Bytes::copy_from_slice(frame), None));
        }
    }
}
