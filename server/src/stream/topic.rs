//! A match as this process knows it: its state, its balls in words, and a ring of the last updates.

use super::Lines;
use super::published::{Body, Published, snapshot_frame};
use super::ring::{After, Frame, Limits, Ring};
use super::shard::{InFlight, Mailbox, Note, Tally};
use bytes::Bytes;
use partners::usage::Sent;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use wire::{Position, Snapshot};

/// A match's updates, followed by any number of subscribers.
pub struct Topic {
    /// Tells topics of this process apart: a topic that was let go and read again is another one.
    number: u64,
    id: String,
    sandbox: bool,
    state: Mutex<State>,
    /// The number of the next frame, for the subscribers that wait one by one.
    next: watch::Sender<u64>,
    /// Updates alone: what is counted as delivered.
    sent: Sent,
}

struct State {
    snapshot: Snapshot,
    /// The encoded `snapshot` event at this position, made when first asked for.
    snapshot_frame: Option<Bytes>,
    lines: Arc<Lines>,
    ring: Ring,
    /// What every newcomer is told besides the state: that updates come late, while they do.
    notice: Option<Bytes>,
    /// The same of what happens beside the match.
    aside: Option<Bytes>,
    /// The shards on which somebody follows.
    shards: Vec<Mailbox>,
}

/// How a subscriber begins.
#[derive(Clone, Debug)]
pub struct Start {
    /// Whether it goes on from its last id; else it takes the state first.
    pub is_resumed: bool,
    /// What it is sent at once: all it missed, or the state.
    pub first: Bytes,
    /// The number of the frame that comes after that.
    pub(super) cursor: u64,
}

/// The position is ahead of the match: no such update was ever sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Future {
    pub head: Position,
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

/// What a shard starts with when the first of its subscribers comes: the frames still held, the first of them being `first`.
pub(super) struct Tail {
    pub(super) first: u64,
    pub(super) frames: Vec<Bytes>,
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
        static TOPICS: AtomicU64 = AtomicU64::new(0);
        let mut ring = Ring::new(limits, snapshot.position());
        recent.into_iter().for_each(|frame| ring.push(frame));
        Self {
            number: TOPICS.fetch_add(1, Ordering::Relaxed),
            id: snapshot.id.clone(),
            sandbox,
            next: watch::Sender::new(ring.next()),
            sent: Sent::default(),
            state: Mutex::new(State {
                snapshot,
                snapshot_frame: None,
                lines: Arc::new(lines),
                ring,
                notice: None,
                aside: None,
                shards: Vec::new(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// "mat_…"
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The last position.
    pub fn position(&self) -> Position {
        self.state().ring.head()
    }

    /// How many updates its streams were sent.
    pub fn sent(&self) -> &Sent {
        &self.sent
    }

    /// Whether it is the match that test keys may see.
    pub fn is_sandbox(&self) -> bool {
        self.sandbox
    }

    /// A receiver that wakes with each frame.
    pub(super) fn follow(&self) -> watch::Receiver<u64> {
        self.next.subscribe()
    }

    /// The state now.
    pub fn snapshot(&self) -> Snapshot {
        self.state().snapshot.clone()
    }

    /// The state's position and revision.
    pub fn revision(&self) -> (Position, u32) {
        let state = self.state();
        (state.snapshot.position(), state.snapshot.rev)
    }

    /// The state, and the balls that led to it.
    pub fn lines(&self) -> (Snapshot, Arc<Lines>) {
        let state = self.state();
        (state.snapshot.clone(), state.lines.clone())
    }

    /// How a subscriber that last saw `last` begins.
    pub fn start(&self, last: Option<Position>) -> Result<Start, Future> {
        let mut state = self.state();
        let head = state.ring.head();
        let resumed = match last {
            Some(last) if last.epoch == head.epoch && last.seq > head.seq => return Err(Future { head }),
            Some(last) => state.ring.resume(last),
            None => None,
        };
        let first = match resumed.map(|cursor| state.ring.after(cursor)) {
            Some(After::Frames { bytes, .. }) => bytes,
            Some(After::Nothing) => Bytes::new(),
            Some(After::Gone) | None => state.snapshot_frame(),
        };
        let first = match (&state.notice, &state.aside) {
            (None, None) => first,
            (notice, aside) => {
                let besides = [notice, aside].into_iter().flatten();
                Bytes::from(
                    std::iter::once(&first).chain(besides).map(|it| &it[..]).collect::<Vec<_>>().concat(),
                )
            }
        };
        Ok(Start { is_resumed: resumed.is_some(), first, cursor: state.ring.next() })
    }

    /// Everything from a cursor on, and the cursor behind it.
    pub(super) fn after(&self, cursor: u64) -> After {
        self.state().ring.after(cursor)
    }

    /// Whether there is anything from a cursor on.
    pub(super) fn is_after(&self, cursor: u64) -> bool {
        self.state().ring.next() > cursor
    }

    /// Takes the next update. Folding costs about a microsecond, and nothing is encoded here.
    pub(super) fn offer(&self, published: Published) -> Offered {
        let mut state = self.state();
        let head = state.ring.head();
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
        self.send(&mut state, Frame { position, bytes, is_snapshot });
        self.sent.add();
        Offered::Taken
    }

    /// Takes another topic's state in place: after a gap, or when a new history began. Subscribers are sent what they missed, where
    /// that is known, else the state. One that was read before the last update came in is let go: a topic never goes back.
    pub(super) fn replace(&self, by: Topic) {
        let mut fresh = by.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.state();
        let head = state.ring.head();
        if fresh.ring.head() < head {
            return;
        }
        let missed: Option<Vec<Frame>> = fresh.ring.since(head).map(|frames| frames.cloned().collect());
        let missed = missed.unwrap_or_else(|| {
            let position = fresh.ring.head();
            vec![Frame { position, bytes: fresh.snapshot_frame(), is_snapshot: true }]
        });
        state.snapshot = fresh.snapshot;
        state.snapshot_frame = fresh.snapshot_frame;
        state.lines = fresh.lines;
        for frame in missed {
            self.send(&mut state, frame);
            self.sent.add();
        }
    }

    /// Tells every subscriber, and each newcomer from now on, that updates come late; none: that they come at once again, by `now`.
    /// The events have no id.
    pub(super) fn set_notice(&self, notice: Option<Bytes>, now: Bytes) {
        let mut state = self.state();
        state.notice = notice;
        let position = state.ring.head();
        self.send(&mut state, Frame { position, bytes: now, is_snapshot: false });
    }

    /// Tells those who follow now something that is no update of the match, and has no id. Who comes back later has to ask for it. The tally
    /// counts them, but for who is on the way to a shard just now.
    pub(super) fn tell(&self, event: Bytes, tally: &Arc<Tally>) {
        let mut state = self.state();
        // Streams that are not a shard's.
        tally.add(self.next.receiver_count());
        let frame = Frame { position: state.ring.head(), bytes: event, is_snapshot: false };
        self.send_as(&mut state, frame, InFlight::counted(tally.clone()));
    }

    /// What each newcomer is told from now on, beside the state.
    pub(super) fn set_aside(&self, aside: Option<Bytes>) {
        self.state().aside = aside;
    }

    /// Whether anybody follows it here.
    pub(super) fn is_followed(&self) -> bool {
        !self.state().shards.is_empty() || self.next.receiver_count() > 0
    }

    /// As [`Topic::tell`], of what nobody counts.
    pub(super) fn tell_uncounted(&self, event: Bytes) {
        let mut state = self.state();
        let frame = Frame { position: state.ring.head(), bytes: event, is_snapshot: false };
        self.send(&mut state, frame);
    }

    /// The same of something of which only the latest counts: in the ring it takes the place of the one before.
    pub(super) fn tell_latest(&self, event: Bytes) {
        let mut state = self.state();
        let frame = Frame { position: state.ring.head(), bytes: event, is_snapshot: false };
        self.hand_out(&state, &frame, InFlight::now());
        state.ring.push_latest(frame);
        self.next.send_replace(state.ring.next());
    }

    /// From now on the shard is sent every frame; what came before is in the tail.
    pub(super) fn attach(&self, shard: Mailbox) -> Tail {
        let mut state = self.state();
        state.shards.push(shard);
        let (first, frames) = state.ring.tail();
        let frames = frames.map(|it| it.bytes.clone()).collect();
        Tail { first, frames }
    }

    /// The shard follows no longer.
    pub(super) fn detach(&self, shard: &Mailbox) {
        self.state().shards.retain(|it| !it.is_same(shard));
    }

    /// Under the lock, so that everybody is told of frames in the order in which they came about.
    fn send(&self, state: &mut State, frame: Frame) {
        self.send_as(state, frame, InFlight::now());
    }

    fn send_as(&self, state: &mut State, frame: Frame, in_flight: InFlight) {
        self.hand_out(state, &frame, in_flight);
        state.ring.push(frame);
        self.next.send_replace(state.ring.next());
    }

    fn hand_out(&self, state: &State, frame: &Frame, in_flight: InFlight) {
        if !state.shards.is_empty() {
            let in_flight = Arc::new(in_flight);
            for shard in &state.shards {
                let (topic, number) = (self.number, state.ring.next());
                let (bytes, in_flight) = (frame.bytes.clone(), in_flight.clone());
                shard.send(Note::Frame { topic, number, bytes, in_flight });
            }
        }
    }
}

impl State {
    fn snapshot_frame(&mut self) -> Bytes {
        self.snapshot_frame.get_or_insert_with(|| snapshot_frame(&self.snapshot)).clone()
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
    const LIMITS: Limits = Limits { updates_max: 10, behind_bytes_max: 100 };

    fn state() -> Match {
        let teams = vec![Team::named("Home XI"), Team::named("Away XI")];
        let setup = Setup { teams, balls_per_over: 6, ..Setup::default() };
        Match::new(setup).expect("it can be played")
    }

    fn snapshot(seq: u64, rev: u32) -> Snapshot {
        Snapshot { epoch: EPOCH, seq, rev, state: state(), ..Snapshot::default() }
    }

    fn topic() -> Topic {
        Topic::new(LIMITS, false, snapshot(0, 0), Lines::default(), Vec::new())
    }

    fn at(seq: u64) -> Position {
        Position { epoch: EPOCH, seq }
    }

    fn update(seq: u64, rev: u32) -> Published {
        let body = Body::Command(Update { t: 1, rev, command: Command::Resume });
        Published { position: at(seq), frame: Bytes::from(format!("{seq} ")), body }
    }

    fn correction(seq: u64, rev: u32) -> Published {
        Published { frame: Bytes::from(format!("c{seq} ")), ..Published::snapshot(snapshot(seq, rev), None) }
    }

    /// What a subscriber at a cursor is sent.
    fn after(topic: &Topic, cursor: u64) -> String {
        match topic.after(cursor) {
            After::Frames { bytes, .. } => String::from_utf8(bytes.to_vec()).expect("text"),
            After::Nothing => String::new(),
            After::Gone => panic!("gone"),
        }
    }

    #[test]
    fn updates_are_taken_in_order_once() {
        let topic = topic();
        assert_eq!(topic.offer(update(1, 0)), Offered::Taken);
        assert_eq!(topic.offer(update(1, 0)), Offered::Old);
        assert_eq!(topic.offer(update(3, 0)), Offered::Gap);
        assert_eq!(topic.offer(update(2, 1)), Offered::Gap, "of another history");
        let of_another_epoch = Published { position: Position { epoch: 8, seq: 2 }, ..update(2, 0) };
        assert_eq!(topic.offer(of_another_epoch), Offered::Gap);
        assert_eq!(topic.offer(correction(2, 1)), Offered::Taken);
        assert_eq!(topic.offer(update(3, 1)), Offered::Taken);
        assert_eq!((topic.position(), after(&topic, 0)), (at(3), "1 c2 3 ".to_owned()));
    }

    #[test]
    fn a_topic_that_is_replaced_sends_what_was_missed_or_the_state_and_never_goes_back() {
        let live = topic();
        (1..=3).for_each(|seq| assert_eq!(live.offer(update(seq, 0)), Offered::Taken));
        let fresh = |position: Position, frames: std::ops::Range<u64>| {
            let frame = |seq| Frame { position: at(seq), bytes: update(seq, 0).frame, is_snapshot: false };
            let snapshot = Snapshot { epoch: position.epoch, seq: position.seq, ..snapshot(0, 0) };
            Topic::new(LIMITS, false, snapshot, Lines::default(), frames.map(frame).collect())
        };
        live.replace(fresh(at(2), 1..3));
        live.replace(fresh(Position { epoch: EPOCH - 1, seq: 9 }, 0..0));
        assert_eq!((live.position(), after(&live, 3)), (at(3), String::new()));
        live.replace(fresh(at(5), 2..6));
        assert_eq!((live.position(), after(&live, 3)), (at(5), "4 5 ".to_owned()));
        live.replace(fresh(at(9), 8..10));
        assert_eq!(live.position(), at(9));
        assert!(after(&live, 5).starts_with(&format!("id: {EPOCH}.9\nevent: snapshot\n")));
        let next = Position { epoch: EPOCH + 1, seq: 0 };
        live.replace(fresh(next, 0..0));
        assert_eq!((live.position(), live.snapshot().position()), (next, next));
        assert!(after(&live, 6).starts_with(&format!("id: {}.0\nevent: snapshot\n", EPOCH + 1)));
        assert_eq!(live.start(Some(at(9))).map(|it| it.is_resumed), Ok(false));
    }

    #[test]
    fn what_is_beside_reaches_each_newcomer_and_of_what_passes_the_ring_keeps_the_latest() {
        let topic = topic();
        topic.offer(update(1, 0));
        topic.set_aside(Some(Bytes::from_static(b"open ")));
        (1..=20).for_each(|it| topic.tell_latest(Bytes::from(format!("{it}% "))));
        topic.tell_uncounted(Bytes::from_static(b"locked "));
        topic.offer(update(2, 0));
        let start = topic.start(Some(at(0))).expect("it was there");
        let first = String::from_utf8(start.first.to_vec()).expect("text").replace(":\n\n", "");
        assert_eq!(first, "1 20% locked 2 open ");
        topic.set_aside(None);
        assert_eq!(topic.start(Some(at(2))).map(|it| it.first), Ok(Bytes::new()));
        assert!(!topic.is_followed());
    }

    #[test]
    fn a_notice_reaches_who_is_there_and_who_comes_while_it_stands() {
        let topic = topic();
        topic.offer(update(1, 0));
        topic.set_notice(Some(Bytes::from_static(b"late ")), Bytes::from_static(b"late "));
        let start = topic.start(Some(at(0))).expect("it was there");
        assert_eq!((&start.first[..], start.is_resumed), (&b"1 late late "[..], true));
        topic.set_notice(None, Bytes::from_static(b"on time "));
        assert_eq!(after(&topic, 1), "late on time ");
        assert_eq!(topic.start(Some(at(1))).map(|it| it.first), Ok(Bytes::new()));
    }
}
