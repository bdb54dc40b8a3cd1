//! What reaches a shard from outside its thread.

use super::feed::Following;
use super::seats::Seat;
use super::topic::Topic;
use bytes::Bytes;
use jobs::trace::{self, TRACES};
use opentelemetry::trace::SpanContext;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tracing::Span;
use tracing::field::Empty;

/// A message to a shard.
pub(super) enum Note {
    /// A feed's next frame.
    Frame {
        feed: u64,
        /// The frame's number in its feed.
        number: u64,
        bytes: Bytes,
        in_flight: Arc<InFlight>,
    },
    /// A stream whose head and first bytes are sent.
    Join(Box<Joining>),
    /// Close every stream of a key.
    Revoke {
        key_id: Arc<str>,
    },
    /// Tell every stream goodbye, each at its own random moment within this time.
    Drain {
        within: Duration,
    },
    Stop,
}

/// A stream that a shard takes over.
pub(super) struct Joining {
    pub(super) topic: Arc<Topic>,
    pub(super) following: Following,
    /// The number of the first frame that it has not been sent.
    pub(super) cursor: u64,
    /// Not blocking, with nothing left to write.
    pub(super) socket: TcpStream,
    pub(super) seat: Seat,
}

/// A frame on its way to subscribers. Each shard holds it until its last subscriber that keeps up has been sent the frame; the last
/// shard to drop it has measured the time.
pub(super) struct InFlight {
    /// None where nobody measures.
    published: Option<Instant>,
    /// Whether anybody is to be sent it.
    is_awaited: AtomicBool,
    /// Who wants to know how many that are.
    tally: Option<Arc<Tally>>,
    /// Where it is traced.
    flush: Option<Flush>,
}

/// The one span of a frame's way to all streams: from its publication to its last write.
struct Flush {
    span: Span,
    streams: AtomicUsize,
}

impl Flush {
    /// One in the trace in which the update came about, if that is one that is kept.
    fn of(trace: &str) -> Option<Self> {
        let from = trace::read(trace).filter(SpanContext::is_sampled)?;
        let span = tracing::info_span!(
            target: TRACES,
            parent: None,
            "stream.flush",
            otel.kind = "producer",
            streams = Empty
        );
        trace::join_span(&span, from);
        (!span.is_disabled()).then_some(Self { span, streams: AtomicUsize::new(0) })
    }
}

impl InFlight {
    pub(super) fn now() -> Self {
        Self::of(Some(Instant::now()), None)
    }

    /// That of an update. Where nobody traces, or this trace is not kept, it is [`InFlight::now`].
    pub(super) fn traced(trace: Option<&str>) -> Self {
        let mut in_flight = Self::now();
        in_flight.flush = trace.and_then(Flush::of);
        in_flight
    }

    /// The same of what is counted.
    pub(super) fn counted(tally: Arc<Tally>) -> Self {
        Self::of(Some(Instant::now()), Some(tally))
    }

    /// That of what is no update of a match.
    pub(super) fn unmeasured() -> Self {
        Self::of(None, None)
    }

    fn of(published: Option<Instant>, tally: Option<Arc<Tally>>) -> Self {
        Self { published, is_awaited: AtomicBool::new(false), tally, flush: None }
    }

    /// So many are to be sent it.
    pub(super) fn await_it(&self, streams: usize) {
        self.is_awaited.store(true, Ordering::Relaxed);
        if let Some(tally) = &self.tally {
            tally.add(streams);
        }
        if let Some(flush) = &self.flush {
            flush.streams.fetch_add(streams, Ordering::Relaxed);
        }
    }
}

/// Counts the streams that frames go to; when the last of the frames is with everybody, the count is told.
pub(super) struct Tally {
    streams: AtomicUsize,
    told: Option<oneshot::Sender<usize>>,
}

impl Tally {
    /// The count comes when every clone is gone.
    pub(super) fn new() -> (Arc<Self>, oneshot::Receiver<usize>) {
        let (told, hears) = oneshot::channel();
        (Arc::new(Self { streams: AtomicUsize::new(0), told: Some(told) }), hears)
    }

    pub(super) fn add(&self, streams: usize) {
        self.streams.fetch_add(streams, Ordering::Relaxed);
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        if let Some(told) = self.told.take() {
            // Who has asked may have given up.
            let _is_heard = told.send(*self.streams.get_mut());
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Some(published) = self.published
            && *self.is_awaited.get_mut()
        {
            metrics::histogram!("stream_fan_out_seconds").record(published.elapsed().as_secs_f64());
        }
        if let Some(flush) = &mut self.flush {
            flush.span.record("streams", i64::try_from(*flush.streams.get_mut()).unwrap_or(i64::MAX));
        }
    }
}

/// The sending end. Cloning is cheap.
#[derive(Clone)]
pub(super) struct Mailbox {
    notes: Sender<Note>,
    bell: Arc<Bell>,
}

struct Bell {
    waker: mio::Waker,
    /// Whether it has rung since the shard last looked: then it need not ring again.
    has_rung: AtomicBool,
    /// Whether a note was left without ringing.
    is_due: AtomicBool,
}

/// The receiving end.
pub(super) struct Inbox {
    notes: Receiver<Note>,
    bell: Arc<Bell>,
}

/// A mailbox that wakes a poll by an event with this token.
pub(super) fn open(poll: &mio::Poll, token: mio::Token) -> std::io::Result<(Mailbox, Inbox)> {
    let waker = mio::Waker::new(poll.registry(), token)?;
    let bell = Arc::new(Bell { waker, has_rung: AtomicBool::new(false), is_due: AtomicBool::new(false) });
    let (sender, receiver) = mpsc::channel();
    Ok((Mailbox { notes: sender, bell: bell.clone() }, Inbox { notes: receiver, bell }))
}

impl Mailbox {
    /// Never waits. A shard that has stopped hears nothing.
    pub(super) fn send(&self, note: Note) {
        if self.notes.send(note).is_ok() {
            self.ring();
        }
    }

    /// Leaves a note that the shard takes when it is next woken, in the order of all notes: by one that is sent, or by
    /// [`Mailbox::ring_if_due`], which the caller sees to.
    pub(super) fn leave(&self, note: Note) {
        if self.notes.send(note).is_ok() {
            self.bell.is_due.store(true, Ordering::Release);
        }
    }

    /// Wakes the shard if a note was left.
    pub(super) fn ring_if_due(&self) {
        if self.bell.is_due.swap(false, Ordering::AcqRel) {
            self.ring();
        }
    }

    fn ring(&self) {
        if !self.bell.has_rung.swap(true, Ordering::AcqRel)
            && let Err(error) = self.bell.waker.wake()
        {
            tracing::error!(%error, "a shard could not be woken");
        }
    }

    /// Whether both reach the same shard.
    pub(super) fn is_same(&self, other: &Mailbox) -> bool {
        Arc::ptr_eq(&self.bell, &other.bell)
    }
}

impl Inbox {
    /// Whatever has arrived. Nothing is missed: what is sent after this looked rings again.
    pub(super) fn take(&self) -> impl Iterator<Item = Note> {
        // A note sent between the two is read now, and its bell rings for nothing.
        self.bell.has_rung.swap(false, Ordering::AcqRel);
        self.notes.try_iter()
    }
}
