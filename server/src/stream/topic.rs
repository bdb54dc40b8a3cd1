//! A match as this process knows it: its state, its balls in words, and a ring of the last updates.

use super::Lines;
use super::published::{Body, Published, snapshot_frame};
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use wire::{Position, Snapshot};

/// Bounds of a topic's ring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub ring_updates_max: usize,
    /// An update goes once more than this follows it. So one that is larger by itself (a correction's state) still reaches whoever
    /// has everything before it.
    pub behind_bytes_max: usize,
}

/// A match's updates, followed by any number of readers.
pub struct Topic {
    limits: Limits,
    sandbox: bool,
    state: Mutex<State>,
    /// The last position; readers wait on it.
    head: watch::Sender<Position>,
    /// What was last told beside the updates.
    told: watch::Sender<Bytes>,
}

struct State {
    snapshot: Snapshot,
    /// The encoded `snapshot` event at this position, made when first asked for.
    snapshot_frame: Option<Bytes>,
    lines: Arc<Lines>,
    ring: VecDeque<Frame>,
    ring_bytes: usize,
    /// What every newcomer is told besides the state: that updates come late, while they do.
    notice: Option<Bytes>,
}

/// An update in the ring.
pub(super) struct Frame {
    pub seq: u64,
    pub bytes: Bytes,
    /// Whether it is a correction: it holds the whole state, and so all that came before it.
    pub is_snapshot: bool,
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
    /// Updates after that place have left the ring, or a new history began.
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
        recent: Vec<Frame>,
    ) -> Self {
        let head = watch::Sender::new(snapshot.position());
        let mut state = State {
            snapshot,
            snapshot_frame: None,
            lines: Arc::new(lines),
            ring: VecDeque::new(),
            ring_bytes: 0,
            notice: None,
        };
        for frame in recent {
            state.keep(frame, limits);
        }
        Self { limits, sandbox, state: Mutex::new(state), head, told: watch::Sender::new(Bytes::new()) }
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

    /// Tells every reader, and each newcomer from now on, that updates come late; none: that they come at once again, by `now`. The
    /// events have no id.
    pub(super) fn set_notice(&self, notice: Option<Bytes>, now: Bytes) {
        self.state().notice = notice;
        self.told.send_replace(now);
    }

    /// What newcomers are told, and a receiver that wakes with what is told later.
    pub(super) fn notices(&self) -> (Option<Bytes>, watch::Receiver<Bytes>) {
        let state = self.state();
        (state.notice.clone(), self.told.subscribe())
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

    /// Everything after `from`, joined: a reader that is several updates behind gets them in one write. One for whom updates are
    /// gone goes on from the last correction, when that is still here.
    pub(super) fn after(&self, from: Position) -> After {
        let state = self.state();
        let head = state.snapshot.position();
        if from == head {
            return After::Nothing;
        }
        let first = if state.holds_after(from) {
            state.ring.partition_point(|it| it.seq <= from.seq)
        } else {
            let may_skip = from.epoch == head.epoch && from.seq < head.seq;
            match state.ring.iter().rposition(|it| it.is_snapshot).filter(|_| may_skip) {
                Some(correction) => correction,
                None => return After::Gone,
            }
        };
        let bytes = match state.ring.len() - first {
            1 => state.ring[first].bytes.clone(),
            _ => {
                let length = state.ring.range(first..).map(|it| it.bytes.len()).sum();
                let mut joined = BytesMut::with_capacity(length);
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
        let Published { position, frame: bytes, body } = published;
        let is_snapshot = matches!(body, Body::Snapshot(..));
        if position.seq != head.seq + 1 || !state.fold(position.seq, body) {
            return Offered::Gap;
        }
        state.snapshot_frame = None;
        state.keep(Frame { seq: position.seq, bytes, is_snapshot }, self.limits);
        // Under the lock, as in `replace`: positions are told in the order in which they came about.
        self.head.send_replace(position);
        Offered::Taken
    }

    /// Takes another topic's state in place: after a gap, or when a new history began. One that was read before the last update
    /// came in is let go: a topic never goes back.
    pub(super) fn replace(&self, by: Topic) {
        let mut fresh = by.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let position = fresh.snapshot.position();
        let mut state = self.state();
        fresh.notice = state.notice.clone();
        if position >= state.snapshot.position() {
            *state = fresh;
            self.head.send_replace(position);
        }
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

    fn keep(&mut self, frame: Frame, limits: Limits) {
        self.ring_bytes += frame.bytes.len();
        self.ring.push_back(frame);
        while let Some(first) = self.ring.front() {
            let following = self.ring_bytes - first.bytes.len();
            if self.ring.len() <= limits.ring_updates_max && following <= limits.behind_bytes_max {
                break;
            }
            self.ring_bytes = following;
            self.ring.pop_front();
        }
    }

    fn fold(&mut self, seq: u64, body: Body) -> bool {
        match body {
            Body::Snapshot(snapshot, lines) => {
                self.snapshot = *snapshot;
                if let Some(lines) = lines {
                    self.lines = lines;
                }
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

#[cfg(test)]
mod tests {
    use super::*;
    use cricket::{Command, Match, Setup, Team};
    use wire::Update;

    const EPOCH: u64 = 7;

    fn state() -> Match {
        let teams = vec![Team::named("Home XI"), Team::named("Away XI")];
        let setup = Setup { teams, balls_per_over: 6, ..Setup::default() };
        Match::new(setup).expect("it can be played")
    }

    fn snapshot(seq: u64, rev: u32) -> Snapshot {
        Snapshot { epoch: EPOCH, seq, rev, state: state(), ..Snapshot::default() }
    }

    fn topic(limits: Limits) -> Topic {
        Topic::new(limits, false, snapshot(0, 0), Lines::default(), Vec::new())
    }

    fn at(seq: u64) -> Position {
        Position { epoch: EPOCH, seq }
    }

    /// An update whose frame has so many bytes.
    fn update(seq: u64, rev: u32, bytes: usize) -> Published {
        let body = Body::Command(Update { t: 1, rev, command: Command::Resume });
        Published { position: at(seq), frame: Bytes::from(vec![b'u'; bytes]), body }
    }

    fn correction(seq: u64, rev: u32, bytes: usize) -> Published {
        let frame = Bytes::from(vec![b'c'; bytes]);
        Published { frame, ..Published::snapshot(snapshot(seq, rev), None) }
    }

    /// What a reader at `seq` gets, in letters; none when it is too far behind.
    fn after(topic: &Topic, seq: u64) -> Option<String> {
        match topic.after(at(seq)) {
            After::Frames { bytes, to } => {
                assert_eq!(to, topic.position());
                Some(String::from_utf8(bytes.to_vec()).expect("letters"))
            }
            After::Nothing => Some(String::new()),
            After::Gone => None,
        }
    }

    fn resumes(topic: &Topic, seq: u64) -> bool {
        matches!(topic.start(Some(at(seq))), Ok(Start::Resume { .. }))
    }

    #[test]
    fn updates_are_taken_in_order_once() {
        let topic = topic(Limits { ring_updates_max: 10, behind_bytes_max: 100 });
        assert_eq!(topic.offer(update(1, 0, 1)), Offered::Taken);
        assert_eq!(topic.offer(update(1, 0, 1)), Offered::Old);
        assert_eq!(topic.offer(update(3, 0, 1)), Offered::Gap);
        assert_eq!(topic.offer(update(2, 1, 1)), Offered::Gap, "of another history");
        assert_eq!(
            topic.offer(Published { position: Position { epoch: 8, seq: 2 }, ..update(2, 0, 1) }),
            Offered::Gap
        );
        assert_eq!(topic.offer(correction(2, 1, 1)), Offered::Taken);
        assert_eq!(topic.offer(update(3, 1, 1)), Offered::Taken);
        assert_eq!((topic.position(), after(&topic, 0).as_deref()), (at(3), Some("ucu")));
    }

    #[test]
    fn the_ring_is_bounded_in_updates_and_in_the_bytes_behind() {
        for (limits, held) in [
            (Limits { ring_updates_max: 3, behind_bytes_max: 1000 }, 3),
            (Limits { ring_updates_max: 10, behind_bytes_max: 25 }, 3),
            (Limits { ring_updates_max: 10, behind_bytes_max: 20 }, 3),
            (Limits { ring_updates_max: 10, behind_bytes_max: 19 }, 2),
            (Limits { ring_updates_max: 10, behind_bytes_max: 0 }, 1),
        ] {
            let topic = topic(limits);
            for seq in 1..=8 {
                assert_eq!(topic.offer(update(seq, 0, 10)), Offered::Taken);
            }
            for seq in 0..=8 {
                assert_eq!(resumes(&topic, seq), seq >= 8 - held, "{limits:?} from {seq}");
                assert_eq!(
                    after(&topic, seq).is_some(),
                    resumes(&topic, seq),
                    "who resumes is never told it is slow"
                );
            }
        }
    }

    #[test]
    fn a_correction_larger_than_the_bound_reaches_the_next_and_takes_others_along() {
        let topic = topic(Limits { ring_updates_max: 10, behind_bytes_max: 5 });
        topic.offer(update(1, 0, 2));
        topic.offer(update(2, 0, 2));
        topic.offer(correction(3, 1, 9));
        assert_eq!(after(&topic, 2).as_deref(), Some("ccccccccc"));
        assert_eq!(after(&topic, 0).as_deref(), Some("ccccccccc"), "the state holds what has left the ring");
        topic.offer(update(4, 1, 2));
        assert_eq!(after(&topic, 1).as_deref(), Some("cccccccccuu"));
        topic.offer(update(5, 1, 4));
        assert_eq!((after(&topic, 2), after(&topic, 3).as_deref()), (None, Some("uuuuuu")));
    }

    #[test]
    fn a_topic_never_goes_back() {
        let limits = Limits { ring_updates_max: 10, behind_bytes_max: 100 };
        let live = topic(limits);
        for seq in 1..=3 {
            live.offer(update(seq, 0, 1));
        }
        let fresh = |position: Position| {
            let snapshot = Snapshot { epoch: position.epoch, seq: position.seq, ..snapshot(0, 0) };
            Topic::new(limits, false, snapshot, Lines::default(), Vec::new())
        };
        live.replace(fresh(at(2)));
        assert_eq!((live.position(), after(&live, 0).as_deref()), (at(3), Some("uuu")));
        live.replace(fresh(Position { epoch: EPOCH - 1, seq: 9 }));
        assert_eq!(live.position(), at(3));
        live.replace(fresh(at(5)));
        assert_eq!(live.position(), at(5));
        let next = Position { epoch: EPOCH + 1, seq: 0 };
        live.replace(fresh(next));
        assert_eq!((live.position(), live.snapshot().position()), (next, next));
    }
}
