//! A match as this process knows it: its state, its balls in words, and its feeds: a ring of the last updates, and one for each tone in which
//! somebody follows.

use super::Lines;
use super::feed::{Feed, Following, Voice, Voiced};
use super::published::{Body, Published, snapshot_frame};
use super::ring::{After, Frame, Limits, Ring};
use super::shard::{InFlight, Mailbox, Tally};
use bytes::Bytes;
use partners::usage::Sent;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use wire::{Position, Snapshot};

/// Tones in which one match is followed at once; beyond, streams have the updates alone.
const VOICES_MAX: usize = 64;

/// A match's updates, followed by any number of subscribers.
pub struct Topic {
    id: String,
    sandbox: bool,
    state: Mutex<State>,
    /// Updates alone: what is counted as delivered.
    sent: Sent,
}

struct State {
    snapshot: Snapshot,
    /// The encoded `snapshot` event at this position, made when first asked for.
    snapshot_frame: Option<Bytes>,
    lines: Arc<Lines>,
    /// What every newcomer is told besides the state: that updates come late, while they do.
    notice: Option<Bytes>,
    /// The same of what happens beside the match.
    aside: Option<Bytes>,
    /// The updates alone.
    plain: Feed,
    voiced: Vec<Voiced>,
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
    pub(super) following: Following,
    /// Whether it is the first here to follow in its tone.
    pub is_first: bool,
}

/// A ball in a tone, on its way to those who follow in it.
#[derive(Clone, Debug)]
pub struct Say {
    /// The number of the ball's update.
    pub ball: u64,
    /// The SSE event, ready to send; it has no id.
    pub event: Bytes,
}

/// A tone in which somebody follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    pub voice: Voice,
    /// How far the match's lines were read; none where the last ones have to be read first.
    pub read_to: Option<i64>,
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
        let mut ring = Ring::new(limits, snapshot.position());
        recent.into_iter().for_each(|frame| ring.push(frame));
        Self {
            id: snapshot.id.clone(),
            sandbox,
            sent: Sent::default(),
            state: Mutex::new(State {
                snapshot,
                snapshot_frame: None,
                lines: Arc::new(lines),
                notice: None,
                aside: None,
                plain: Feed::new(ring),
                voiced: Vec::new(),
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

    /// The last position.
    pub fn position(&self) -> Position {
        self.state().plain.ring.head()
    }

    /// How many updates its streams were sent.
    pub fn sent(&self) -> &Sent {
        &self.sent
    }

    /// Whether it is the match that test keys may see.
    pub fn is_sandbox(&self) -> bool {
        self.sandbox
    }

    /// A receiver that wakes with each frame of a feed.
    pub(super) fn follow(&self, following: &Following) -> watch::Receiver<u64> {
        self.state().feed(following).next.subscribe()
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
        let (following, lines) = (state.plain.following(), Vec::new());
        state.start(last, following, lines)
    }

    /// The same for one who follows in a tone: it is told the last balls in it, too, as far as they have been told.
    pub fn start_in(&self, voice: &Voice, last: Option<Position>) -> Result<Start, Future> {
        let mut state = self.state();
        let known = state.voiced.iter().position(|it| it.voice == *voice);
        let at = match known {
            Some(at) => at,
            None if state.voiced.len() >= VOICES_MAX => {
                let following = state.plain.following();
                return state.start(last, following, Vec::new());
            }
            None => {
                let fresh = Voiced::new(voice.clone(), &state.plain.ring);
                state.voiced.push(fresh);
                state.voiced.len() - 1
            }
        };
        let (following, lines) = (state.voiced[at].following(), state.voiced[at].lines().cloned().collect());
        let start = state.start(last, following, lines)?;
        Ok(Start { is_first: known.is_none(), ..start })
    }

    /// Everything of a feed from a cursor on, and the cursor behind it.
    pub(super) fn after(&self, following: &Following, cursor: u64) -> After {
        self.state().feed(following).ring.after(cursor)
    }

    /// Whether there is anything from a cursor on.
    pub(super) fn is_after(&self, following: &Following, cursor: u64) -> bool {
        self.state().feed(following).ring.next() > cursor
    }

    /// The tones in which somebody follows; others are let go.
    pub fn followed(&self) -> Vec<Followed> {
        let mut state = self.state();
        state.voiced.retain(Voiced::is_followed);
        let followed = |it: &Voiced| Followed { voice: it.voice.clone(), read_to: it.read_to };
        state.voiced.iter().map(followed).collect()
    }

    /// Tells balls to those who follow in a tone, and to each newcomer. `read_to` is where they were read. False, and nothing is told, where
    /// they are of another history than `rev`: it began while they were read.
    pub fn say(&self, voice: &Voice, rev: u32, read_to: i64, lines: Vec<Say>) -> bool {
        let mut state = self.state();
        if state.snapshot.rev != rev {
            return false;
        }
        let position = state.plain.ring.head();
        let Some(voiced) = state.voiced.iter_mut().find(|it| it.voice == *voice) else { return true };
        voiced.read_to = Some(read_to);
        if lines.is_empty() {
            return true;
        }
        let bytes = Bytes::from(lines.iter().map(|it| &it.event[..]).collect::<Vec<_>>().concat());
        lines.into_iter().for_each(|it| voiced.note(it.ball, it.event));
        // They are no update: how long they take is not what is measured of those.
        let frame = Frame { position, bytes, is_snapshot: false };
        voiced.feed.send(frame, &Arc::new(InFlight::unmeasured()));
        true
    }

    /// Takes the next update. Folding costs about a microsecond, and nothing is encoded here.
    pub(super) fn offer(&self, published: Published) -> Offered {
        let mut state = self.state();
        let head = state.plain.ring.head();
        if published.position.epoch != head.epoch {
            return Offered::Gap;
        }
        if published.position.seq <= head.seq {
            return Offered::Old;
        }
        let Published { position, frame: bytes, body, trace } = published;
        let is_snapshot = matches!(body, Body::Snapshot(..));
        if position.seq != head.seq + 1 || !state.fold(position.seq, body) {
            return Offered::Gap;
        }
        state.snapshot_frame = None;
        if is_snapshot {
            state.voiced.iter_mut().for_each(Voiced::forget);
        }
        state.send_as(&Frame { position, bytes, is_snapshot }, InFlight::traced(trace.as_deref()));
        self.sent.add();
        Offered::Taken
    }

    /// Takes another topic's state in place: after a gap, or when a new history began. Subscribers are sent what they missed, where
    /// that is known, else the state. One that was read before the last update came in is let go: a topic never goes back.
    pub(super) fn replace(&self, by: Topic) {
        let mut fresh = by.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.state();
        let head = state.plain.ring.head();
        if fresh.plain.ring.head() < head {
            return;
        }
        let missed: Option<Vec<Frame>> = fresh.plain.ring.since(head).map(|frames| frames.cloned().collect());
        let missed = missed.unwrap_or_else(|| {
            let position = fresh.plain.ring.head();
            vec![Frame { position, bytes: fresh.snapshot_frame(), is_snapshot: true }]
        });
        if (fresh.snapshot.epoch, fresh.snapshot.rev) != (state.snapshot.epoch, state.snapshot.rev) {
            state.voiced.iter_mut().for_each(Voiced::forget);
        }
        state.snapshot = fresh.snapshot;
        state.snapshot_frame = fresh.snapshot_frame;
        state.lines = fresh.lines;
        for frame in missed {
            state.send(&frame);
            self.sent.add();
        }
    }

    /// Tells every subscriber, and each newcomer from now on, that updates come late; none: that they come at once again, by `now`.
    /// The events have no id.
    pub(super) fn set_notice(&self, notice: Option<Bytes>, now: Bytes) {
        let mut state = self.state();
        state.notice = notice;
        let position = state.plain.ring.head();
        state.send(&Frame { position, bytes: now, is_snapshot: false });
    }

    /// Tells those who follow now something that is no update of the match, and has no id. Who comes back later has to ask for it. The tally
    /// counts them, but for who is on the way to a shard just now.
    pub(super) fn tell(&self, event: Bytes, tally: &Arc<Tally>) {
        let mut state = self.state();
        // Streams that are not a shard's.
        tally.add(state.feeds().map(|it| it.next.receiver_count()).sum());
        let frame = Frame { position: state.plain.ring.head(), bytes: event, is_snapshot: false };
        state.send_as(&frame, InFlight::counted(tally.clone()));
    }

    /// What each newcomer is told from now on, beside the state.
    pub(super) fn set_aside(&self, aside: Option<Bytes>) {
        self.state().aside = aside;
    }

    /// Whether anybody follows it here.
    pub(super) fn is_followed(&self) -> bool {
        let is_followed = |it: &Feed| !it.shards.is_empty() || it.next.receiver_count() > 0;
        self.state().feeds().any(is_followed)
    }

    /// As [`Topic::tell`], of what nobody counts.
    pub(super) fn tell_uncounted(&self, event: Bytes) {
        let mut state = self.state();
        let frame = Frame { position: state.plain.ring.head(), bytes: event, is_snapshot: false };
        state.send(&frame);
    }

    /// The same of something of which only the latest counts: in the rings it takes the place of the one before.
    pub(super) fn tell_latest(&self, event: Bytes) {
        let mut state = self.state();
        let frame = Frame { position: state.plain.ring.head(), bytes: event, is_snapshot: false };
        let in_flight = Arc::new(InFlight::now());
        state.feeds_mut().for_each(|it| it.send_latest(frame.clone(), &in_flight));
    }

    /// From now on the shard is sent every frame of a feed; what came before is in the tail.
    pub(super) fn attach(&self, following: &Following, shard: Mailbox) -> Tail {
        let mut state = self.state();
        let feed = state.feed_mut(following);
        feed.shards.push(shard);
        let (first, frames) = feed.ring.tail();
        let frames = frames.map(|it| it.bytes.clone()).collect();
        Tail { first, frames }
    }

    /// The shard follows no longer.
    pub(super) fn detach(&self, following: &Following, shard: &Mailbox) {
        self.state().feed_mut(following).shards.retain(|it| !it.is_same(shard));
    }
}

impl State {
    fn feeds(&self) -> impl Iterator<Item = &Feed> {
        std::iter::once(&self.plain).chain(self.voiced.iter().map(|it| &it.feed))
    }

    fn feeds_mut(&mut self) -> impl Iterator<Item = &mut Feed> {
        std::iter::once(&mut self.plain).chain(self.voiced.iter_mut().map(|it| &mut it.feed))
    }

    /// The feed that somebody follows. One in a tone is there while it is followed.
    fn feed(&self, following: &Following) -> &Feed {
        self.feeds().find(|it| it.number() == following.number).unwrap_or(&self.plain)
    }

    fn feed_mut(&mut self, following: &Following) -> &mut Feed {
        let voiced = self.voiced.iter_mut().map(|it| &mut it.feed);
        voiced.into_iter().find(|it| it.number() == following.number).unwrap_or(&mut self.plain)
    }

    /// Under the lock, so that everybody is told of frames in the order in which they came about.
    fn send(&mut self, frame: &Frame) {
        self.send_as(frame, InFlight::now());
    }

    fn send_as(&mut self, frame: &Frame, in_flight: InFlight) {
        let in_flight = Arc::new(in_flight);
        self.feeds_mut().for_each(|it| it.send(frame.clone(), &in_flight));
    }

    fn start(
        &mut self,
        last: Option<Position>,
        following: Following,
        lines: Vec<Bytes>,
    ) -> Result<Start, Future> {
        let ring = &self.feed(&following).ring;
        let (head, cursor) = (ring.head(), ring.next());
        let resumed = match last {
            Some(last) if last.epoch == head.epoch && last.seq > head.seq => return Err(Future { head }),
            Some(last) => ring.resume(last),
            None => None,
        };
        let missed = resumed.map(|cursor| ring.after(cursor));
        let mut first = match missed {
            Some(After::Frames { bytes, .. }) => bytes,
            Some(After::Nothing) => Bytes::new(),
            Some(After::Gone) | None => self.snapshot_frame(),
        };
        if self.notice.is_some() || self.aside.is_some() || !lines.is_empty() {
            let parts = std::iter::once(&first).chain(&self.notice).chain(&self.aside).chain(&lines);
            first = Bytes::from(parts.map(|it| &it[..]).collect::<Vec<_>>().concat());
        }
        Ok(Start { is_resumed: resumed.is_some(), first, cursor, following, is_first: false })
    }

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
        Published { position: at(seq), frame: Bytes::from(format!("{seq} ")), body, trace: None }
    }

    fn correction(seq: u64, rev: u32) -> Published {
        Published { frame: Bytes::from(format!("c{seq} ")), ..Published::snapshot(snapshot(seq, rev), None) }
    }

    /// What a subscriber at a cursor is sent.
    fn after(topic: &Topic, cursor: u64) -> String {
        let following = topic.start(None).expect("the present is known").following;
        sent(topic, &following, cursor)
    }

    /// The same of a feed.
    fn sent(topic: &Topic, following: &Following, cursor: u64) -> String {
        match topic.after(following, cursor) {
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

    fn hype() -> Voice {
        Voice { tone: "hype".to_owned(), language: commentary::Language::English }
    }

    fn say(ball: u64, text: &str) -> Say {
        Say { ball, event: Bytes::from(text.to_owned()) }
    }

    #[test]
    fn lines_go_to_those_who_follow_in_the_tone_and_updates_to_all() {
        let topic = topic();
        assert_eq!(topic.offer(update(1, 0)), Offered::Taken);
        let plain = topic.start(None).expect("the present");
        let start = topic.start_in(&hype(), Some(at(0))).expect("the past is known");
        assert_eq!((&start.first[..], start.is_resumed), (&b"1 "[..], true));
        assert!(topic.say(&hype(), 0, 5, vec![say(1, "one! ")]));
        assert_eq!(topic.offer(update(2, 0)), Offered::Taken);
        assert_eq!(sent(&topic, &start.following, start.cursor), "one! 2 ");
        assert_eq!(sent(&topic, &plain.following, plain.cursor), "2 ");
        assert_eq!(topic.followed(), [Followed { voice: hype(), read_to: Some(5) }]);
        // Who comes back has the lines of the last balls again, a newer one in the place of an older one.
        assert!(topic.say(&hype(), 0, 6, vec![say(1, "ONE! "), say(2, "two! ")]));
        let back = topic.start_in(&hype(), Some(at(1))).expect("the past is known");
        assert_eq!(&back.first[..], b"2 ONE! two! ONE! two! ");
        assert_eq!(topic.start(Some(at(1))).expect("known").first, Bytes::from_static(b"2 "));
    }

    #[test]
    fn a_tone_is_let_go_when_nobody_follows_in_it_and_not_before() {
        let topic = topic();
        let start = topic.start_in(&hype(), None).expect("the present");
        assert_eq!(topic.followed().len(), 1);
        drop(start);
        assert_eq!(topic.followed(), []);
        assert!(topic.say(&hype(), 0, 1, vec![say(1, "to nobody")]), "that is no error");
        let tones: Vec<Start> = (0..VOICES_MAX + 1)
            .map(|at| Voice { tone: at.to_string(), ..hype() })
            .map(|voice| topic.start_in(&voice, None).expect("the present"))
            .collect();
        assert_eq!(topic.followed().len(), VOICES_MAX);
        let plain = topic.start(None).expect("the present").following;
        assert_eq!(tones.last().map(|it| it.following.number), Some(plain.number), "it has the updates");
    }

    #[test]
    fn lines_of_another_history_are_forgotten_and_none_are_told_late() {
        let topic = topic();
        topic.offer(update(1, 0));
        let start = topic.start_in(&hype(), None).expect("the present");
        assert!(topic.say(&hype(), 0, 3, vec![say(1, "one! ")]));
        assert_eq!(topic.offer(correction(2, 1)), Offered::Taken);
        assert_eq!(topic.followed(), [Followed { voice: hype(), read_to: None }]);
        assert!(!topic.say(&hype(), 0, 4, vec![say(1, "one! ")]), "it was read before the correction");
        let cursor = start.cursor + 1;
        assert!(!sent(&topic, &start.following, cursor).contains("one!"));
        let newcomer = topic.start_in(&hype(), Some(at(2))).expect("the present");
        assert_eq!(newcomer.first, Bytes::new());
        let fresh = Snapshot { epoch: EPOCH + 1, ..snapshot(0, 1) };
        assert!(topic.say(&hype(), 1, 5, vec![say(1, "ONE! ")]));
        topic.replace(Topic::new(LIMITS, false, fresh, Lines::default(), Vec::new()));
        assert_eq!(topic.followed(), [Followed { voice: hype(), read_to: None }]);
    }
}
