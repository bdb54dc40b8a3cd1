//! A match as this process knows it: its state, its balls in words, and a ring of the last updates.

use super::Lines;
use super::published::{Body, Published, snapshot_frame};
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use wire::{Position, Snapshot};

/// Bounds of a topic.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub ring_updates_max: usize,
    pub behind_bytes_max: usize,
}

/// A match's updates, followed by any number of readers.
pub struct Topic {
    limits: Limits,
    sandbox: bool,
    state: Mutex<State>,
    /// The last position; readers wait on it.
    head: watch::Sender<Position>,
}

struct State {
    snapshot: Snapshot,
    /// The encoded `snapshot` event at this position, made when first asked for.
    snapshot_frame: Option<Bytes>,
    lines: Arc<Lines>,
    ring: VecDeque<Frame>,
    /// Bytes ever put into the ring.
    written: u64,
}

struct Frame {
    seq: u64,
    bytes: Bytes,
    /// [`State::written`] after it.
    end: u64,
}

/// How a reader begins.
#[derive(Clone, Debug)]
pub enum Start {
    /// Everything after its last id is in the ring.
    Resume { from: Position },
    /// It takes the state first, and goes on from there.
    Snapshot { from: Position, frame: Bytes },
}

/// The position is ahead of the match: no such update was ever sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Future {
    pub head: Position,
}

/// What follows a place in the ring.
pub(super) enum After {
    Frames {
        bytes: Bytes,
        to: Position,
    },
    Nothing,
    /// Updates after that place are gone, or more than [`Limits::behind_bytes_max`] wait, or a new history began.
    Gone,
}

/// What a topic made of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offered {
    Taken,
    /// It was known.
    Old,
    /// Updates between were missed, or it does not fold: the topic must be read again from the store.
    Gap,
}

impl Topic {
    /// A topic at a state, with the last updates that led there.
    pub(super) fn new(
        limits: Limits,
        sandbox: bool,
        snapshot: Snapshot,
        lines: Lines,
        recent: Vec<(u64, Bytes)>,
    ) -> Self {
        let head = watch::Sender::new(snapshot.position());
        let mut state = State {
            snapshot,
            snapshot_frame: None,
            lines: Arc::new(lines),
            ring: VecDeque::new(),
            written: 0,
        };
        for (seq, bytes) in recent {
            state.keep(seq, bytes, limits.ring_updates_max);
        }
        Self { limits, sandbox, state: Mutex::new(state), head }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last position.
    pub fn position(&self) -> Position {
        *self.head.borrow()
    }

    /// Whether it is the match that test keys may see.
    pub fn is_sandbox(&self) -> bool {
        self.sandbox
    }

    /// A receiver that wakes with each update.
    pub(super) fn follow(&self) -> watch::Receiver<Position> {
        self.head.subscribe()
    }

    /// The state now.
    pub fn snapshot(&self) -> Snapshot {
        self.state().snapshot.clone()
    }

    /// The state's position, revision and balls.
    pub fn lines(&self) -> (Position, u32, Arc<Lines>) {
        let state = self.state();
        (state.snapshot.position(), state.snapshot.rev, state.lines.clone())
    }

    /// How a reader that last saw `last` begins.
    pub fn start(&self, last: Option<Position>) -> Result<Start, Future> {
        let mut state = self.state();
        let head = state.snapshot.position();
        match last {
            Some(last) if last.epoch == head.epoch && last.seq > head.seq => return Err(Future { head }),
            Some(last) if state.holds_after(last) => return Ok(Start::Resume { from: last }),
            _ => {}
        }
        let State { snapshot, snapshot_frame: cached, .. } = &mut *state;
        let frame = cached.get_or_insert_with(|| snapshot_frame(snapshot)).clone();
        Ok(Start::Snapshot { from: head, frame })
    }

    /// Everything after `from`, joined: a reader that is several updates behind gets them in one write.
    pub(super) fn after(&self, from: Position) -> After {
        let state = self.state();
        let head = state.snapshot.position();
        if from == head {
            return After::Nothing;
        }
        if !state.holds_after(from) {
            return After::Gone;
        }
        let first = state.ring.partition_point(|it| it.seq <= from.seq);
        let begin = state.ring[first].end - state.ring[first].bytes.len() as u64;
        if state.written - begin > self.limits.behind_bytes_max as u64 {
            return After::Gone;
        }
        let bytes = match state.ring.len() - first {
            1 => state.ring[first].bytes.clone(),
            _ => {
                let mut joined = BytesMut::with_capacity((state.written - begin) as usize);
                state.ring.range(first..).for_each(|it| joined.extend_from_slice(&it.bytes));
                joined.freeze()
            }
        };
        After::Frames { bytes, to: head }
    }

    /// Takes the next update. Folding costs about a microsecond, and nothing is encoded here.
    pub(super) fn offer(&self, published: Published) -> Offered {
        let mut state = self.state();
        let head = state.snapshot.position();
        if published.position.epoch != head.epoch {
            return Offered::Gap;
        }
        if published.position.seq <= head.seq {
            return Offered::Old;
        }
        if published.position.seq != head.seq + 1 || !state.fold(published.position.seq, published.body) {
            return Offered::Gap;
        }
        state.snapshot_frame = None;
        state.keep(published.position.seq, published.frame, self.limits.ring_updates_max);
        drop(state);
        self.head.send_replace(published.position);
        Offered::Taken
    }

    /// Takes another topic's state in place: after a gap, or when a new history began.
    pub(super) fn replace(&self, by: Topic) {
        let fresh = by.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let position = fresh.snapshot.position();
        *self.state() = fresh;
        self.head.send_replace(position);
    }
}

impl State {
    /// Whether every update after `last` is in the ring.
    fn holds_after(&self, last: Position) -> bool {
        let head = self.snapshot.position();
        last.epoch == head.epoch
            && last.seq <= head.seq
            && (last.seq == head.seq || self.ring.front().is_some_and(|it| it.seq <= last.seq + 1))
    }

    fn keep(&mut self, seq: u64, bytes: Bytes, updates_max: usize) {
        self.written += bytes.len() as u64;
        self.ring.push_back(Frame { seq, bytes, end: self.written });
        if self.ring.len() > updates_max {
            self.ring.pop_front();
        }
    }

    fn fold(&mut self, seq: u64, body: Body) -> bool {
        match body {
            Body::Snapshot(snapshot, lines) => {
                self.snapshot = *snapshot;
                self.lines = lines;
                true
            }
            Body::Command(update) => {
                if update.rev != self.snapshot.rev || self.snapshot.state.apply(&update.command).is_err() {
                    return false;
                }
                self.snapshot.seq = seq;
                self.snapshot.t = update.t;
                // Nobody holds the lines for longer than a page takes, so this seldom copies.
                Arc::make_mut(&mut self.lines).note(seq, &update.command, &self.snapshot.state);
                true
            }
        }
    }
}
