//! What of a match one kind of reader is sent: the updates alone, or the updates with the balls told in a tone.
//!
//! Each feed has its own numbers, ring and shards. An update goes to all of them, a line in a tone to its own. A topic's lock is held over all of
//! them, so that whoever changes from one to another by a position misses nothing.

use super::ring::{Frame, Ring};
use super::shard::{InFlight, Mailbox, Note};
use bytes::Bytes;
use commentary::Language;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::watch;

/// Lines that a newcomer is told: about what a widget has on its screen.
pub(crate) const LINES_MAX: usize = 30;

/// A tone in one language.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Voice {
    /// "hype"
    pub tone: String,
    pub language: Language,
}

/// The feed that somebody follows; one in a tone is there for as long as this is.
#[derive(Clone, Debug)]
pub(super) struct Following {
    pub(super) number: u64,
    _held: Option<Arc<()>>,
}

/// The updates, for those who want no more.
pub(super) struct Feed {
    number: u64,
    pub(super) ring: Ring,
    /// The shards on which somebody follows.
    pub(super) shards: Vec<Mailbox>,
    /// The number of the next frame, for the subscribers that wait one by one.
    pub(super) next: watch::Sender<u64>,
}

/// A feed with lines in a tone among the updates.
pub(super) struct Voiced {
    pub(super) voice: Voice,
    pub(super) feed: Feed,
    /// The last balls' events by the number of the ball's update, the oldest first.
    lines: VecDeque<(u64, Bytes)>,
    /// How far the match's lines were read; none where the last ones have to be read first.
    pub(super) read_to: Option<i64>,
    held: Arc<()>,
}

impl Feed {
    pub(super) fn new(ring: Ring) -> Self {
        static FEEDS: AtomicU64 = AtomicU64::new(0);
        let (number, next) = (FEEDS.fetch_add(1, Ordering::Relaxed), watch::Sender::new(ring.next()));
        Self { number, ring, shards: Vec::new(), next }
    }

    /// Tells feeds of this process apart: one that was let go and made again is another one.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn following(&self) -> Following {
        Following { number: self.number, _held: None }
    }

    pub(super) fn send(&mut self, frame: Frame, in_flight: &Arc<InFlight>) {
        self.hand_out(&frame, in_flight);
        self.ring.push(frame);
        self.next.send_replace(self.ring.next());
    }

    /// Of what only the latest counts: in the ring it takes the place of the one before.
    pub(super) fn send_latest(&mut self, frame: Frame, in_flight: &Arc<InFlight>) {
        self.hand_out(&frame, in_flight);
        self.ring.push_latest(frame);
        self.next.send_replace(self.ring.next());
    }

    fn hand_out(&self, frame: &Frame, in_flight: &Arc<InFlight>) {
        for shard in &self.shards {
            let (feed, number) = (self.number, self.ring.next());
            let (bytes, in_flight) = (frame.bytes.clone(), in_flight.clone());
            shard.send(Note::Frame { feed, number, bytes, in_flight });
        }
    }
}

impl Voiced {
    /// As the updates stand; no line is known yet.
    pub(super) fn new(voice: Voice, updates: &Ring) -> Self {
        let (lines, held) = (VecDeque::new(), Arc::default());
        Self { voice, feed: Feed::new(updates.clone()), lines, read_to: None, held }
    }

    pub(super) fn following(&self) -> Following {
        Following { number: self.feed.number, _held: Some(self.held.clone()) }
    }

    /// Whether anybody follows, or is on the way to.
    pub(super) fn is_followed(&self) -> bool {
        Arc::strong_count(&self.held) > 1
    }

    /// Another history began: what was told may be of balls that are gone.
    pub(super) fn forget(&mut self) {
        self.lines.clear();
        self.read_to = None;
    }

    /// Keeps a ball's line for newcomers, in the place of an older one.
    pub(super) fn note(&mut self, ball: u64, event: Bytes) {
        if let Some(known) = self.lines.iter_mut().find(|it| it.0 == ball) {
            known.1 = event;
            return;
        }
        self.lines.push_back((ball, event));
        if self.lines.len() > LINES_MAX {
            self.lines.pop_front();
        }
    }

    /// What a newcomer is told.
    pub(super) fn lines(&self) -> impl Iterator<Item = &Bytes> {
        self.lines.iter().map(|it| &it.1)
    }
}
