//! A fan-out thread: it owns the sockets of its streams and does nothing but send.
//!
//! There is one a core. Nothing here waits for anything but the kernel's word on a socket; a turn of the loop serves one slice of one
//! topic's audience, so that many topics, newcomers and goodbyes take turns. Everything that could be slow (accepting, keys, folding,
//! PostgreSQL, Redis) is on other threads and reaches this one through its [`Mailbox`].

use super::audience::{Audience, Turn};
use super::feed::Following;
use super::mailbox::{self, Inbox};
pub(super) use super::mailbox::{InFlight, Joining, Mailbox, Note, Tally};
use super::seats::Seat;
use super::subscribers::Retry;
use super::tape::{LAST_CHUNK, write_chunk};
use super::topic::Topic;
use crate::config;
use mio::event::Event;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use slab::Slab;
use socket2::SockRef;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use wire::Bye;

/// Sends between two looks at what else there is to do: about a millisecond.
const SENDS_MAX: usize = 256;
/// Socket events taken at once.
const EVENTS_MAX: usize = 1024;
/// How often heartbeats and stalled connections are looked after.
const TICK: Duration = Duration::from_millis(250);
/// How long a topic that nobody follows here is kept at hand.
const EMPTY_MAX: Duration = Duration::from_secs(30);
/// What a client may say on a stream before it is cut off. It has nothing to say.
const HEARD_BYTES_MAX: usize = 4096;

const BELL: Token = Token(usize::MAX);

/// How many shards are sending now. Work that is not urgent waits while it is not zero.
#[derive(Clone, Default)]
pub(super) struct Busy(Arc<AtomicUsize>);

impl Busy {
    pub(super) fn is_busy(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

/// One thread's streams.
pub(super) struct Shard {
    poll: Poll,
    inbox: Inbox,
    mailbox: Mailbox,
    limits: config::Stream,
    audiences: Slab<Audience>,
    by_feed: HashMap<u64, usize>,
    places: Slab<Place>,
    /// Audiences with a pass under way, in turn.
    working: VecDeque<usize>,
    /// Places whose sockets were full when last tried; some have gone or go on since.
    blocked: Vec<u32>,
    /// When each place is told goodbye, once the process is to stop; a place may have gone since.
    leaving: BinaryHeap<Reverse<(Instant, u32)>>,
    leaves_by: Option<Instant>,
    next_tick: Instant,
    busy: Busy,
    ended: Vec<(u32, Turn)>,
}

/// Where a stream's socket is, and what else is known of it.
struct Place {
    audience: usize,
    index: usize,
    heard_bytes: usize,
    blocked_since: Option<Instant>,
    seat: Seat,
}

/// Why we close a stream.
#[derive(Clone, Copy)]
enum Reason {
    Slow,
    Stalled,
    Shutdown,
    Revoked,
    /// It said too much.
    Talkative,
}

impl Reason {
    fn word(self) -> &'static str {
        match self {
            Reason::Slow => "slow",
            Reason::Stalled => "stalled",
            Reason::Shutdown => "shutdown",
            Reason::Revoked => "revoked",
            Reason::Talkative => "talkative",
        }
    }
}

impl Shard {
    /// Starts a shard's thread and answers the way to it.
    pub(super) fn start(name: String, limits: config::Stream, busy: Busy) -> io::Result<Mailbox> {
        let poll = Poll::new()?;
        let (mailbox, inbox) = mailbox::open(&poll, BELL)?;
        let shard = Self {
            poll,
            inbox,
            mailbox: mailbox.clone(),
            limits,
            audiences: Slab::new(),
            by_feed: HashMap::new(),
            places: Slab::new(),
            working: VecDeque::new(),
            blocked: Vec::new(),
            leaving: BinaryHeap::new(),
            leaves_by: None,
            next_tick: Instant::now() + TICK,
            busy,
            ended: Vec::new(),
        };
        std::thread::Builder::new().name(name).spawn(move || shard.run())?;
        Ok(mailbox)
    }

    fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS_MAX);
        loop {
            if let Err(error) = self.poll.poll(&mut events, Some(self.patience()))
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "a shard cannot wait for its sockets");
                return;
            }
            for event in &events {
                if event.token() != BELL {
                    self.notice(event);
                }
            }
            if !self.take_notes() {
                return;
            }
            self.serve();
            let now = Instant::now();
            if now >= self.next_tick {
                self.tick(now);
            }
            self.say_goodbyes(now);
        }
    }

    /// How long it may wait for something to happen.
    fn patience(&self) -> Duration {
        if !self.working.is_empty() {
            return Duration::ZERO;
        }
        let due = self.leaving.peek().map_or(self.next_tick, |it| it.0.0.min(self.next_tick));
        due.saturating_duration_since(Instant::now())
    }

    /// Reads its mail; false when it is to stop.
    fn take_notes(&mut self) -> bool {
        let notes: Vec<Note> = self.inbox.take().collect();
        for note in notes {
            match note {
                Note::Frame { feed, number, bytes, in_flight } => {
                    self.push(feed, number, &bytes, in_flight);
                }
                Note::Join(joining) => self.join(*joining),
                Note::Revoke { key_id } => self.revoke(&key_id),
                Note::Drain { within } => self.drain(within),
                Note::Stop => return false,
            }
        }
        true
    }

    fn push(&mut self, feed: u64, number: u64, bytes: &[u8], in_flight: Arc<InFlight>) {
        // One that was let go meanwhile has nobody to send to.
        let Some(key) = self.by_feed.get(&feed).copied() else { return };
        let had_work = self.audiences[key].has_work();
        if self.audiences[key].push(number, bytes, in_flight, Instant::now()) && !had_work {
            self.begin(key);
        }
    }

    /// An audience that had nothing to do has work.
    fn begin(&mut self, key: usize) {
        if self.working.is_empty() {
            self.busy.0.fetch_add(1, Ordering::Relaxed);
        }
        self.working.push_back(key);
    }

    /// One slice of one audience.
    fn serve(&mut self) {
        let Some(key) = self.working.pop_front() else { return };
        let mut ended = std::mem::take(&mut self.ended);
        self.audiences[key].serve(SENDS_MAX, &mut ended);
        for (place, turn) in ended.drain(..) {
            self.settle(place, turn);
        }
        self.ended = ended;
        if self.audiences[key].has_work() {
            self.working.push_back(key);
        } else if self.working.is_empty() {
            self.busy.0.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Takes note of how a turn ended.
    fn settle(&mut self, place: u32, turn: Turn) {
        match turn {
            Turn::Served => {
                if let Some(it) = self.places.get_mut(place as usize) {
                    it.blocked_since = None;
                }
            }
            Turn::Blocked => {
                if let Some(it) = self.places.get_mut(place as usize)
                    && it.blocked_since.is_none()
                {
                    it.blocked_since = Some(Instant::now());
                    self.blocked.push(place);
                }
            }
            Turn::Slow => self.cut(place, Reason::Slow),
            Turn::Gone => self.remove(place),
        }
    }

    fn join(&mut self, joining: Joining) {
        let Joining { topic, following, cursor, socket, seat } = joining;
        let now = Instant::now();
        let socket = TcpStream::from_std(socket);
        // What a peer that stops reading can pin in the kernel; left alone, Linux lets it grow to megabytes.
        if let Err(error) = SockRef::from(&socket).set_send_buffer_size(self.limits.send_buffer_bytes) {
            tracing::debug!(%error, "a send buffer could not be bounded");
        }
        let key = self.audience(topic, following, now);
        let entry = self.places.vacant_entry();
        let place = u32::try_from(entry.key()).expect("fewer streams than 2^32: each is an open file");
        let index = match self.audiences[key].join(socket, place, cursor) {
            Ok(index) => index,
            // What it lacks has been let go on its way here.
            Err(socket) => {
                count(Reason::Slow);
                give_up_after(&socket, self.limits.stalled_seconds_max);
                return;
            }
        };
        entry.insert(Place { audience: key, index, heard_bytes: 0, blocked_since: None, seat });
        let interest = Interest::READABLE | Interest::WRITABLE;
        let socket = self.audiences[key].socket(index);
        if let Err(error) = self.poll.registry().register(socket, Token(place as usize), interest) {
            tracing::warn!(%error, "a stream could not be watched");
            return self.remove(place);
        }
        let is_revoked = self.places[place as usize].seat.is_revoked();
        let turn = self.audiences[key].serve_one(index);
        self.settle(place, turn);
        // Revoked before it came here; a revocation from now on finds it.
        if is_revoked {
            self.say_goodbye(place, Reason::Revoked);
        }
        if let Some(by) = self.leaves_by {
            self.leaving.push(Reverse((random_before(now, by), place)));
        }
    }

    /// The audience of a feed, which from now on is sent its frames.
    fn audience(&mut self, topic: Arc<Topic>, following: Following, now: Instant) -> usize {
        let number = following.number;
        if let Some(key) = self.by_feed.get(&number) {
            return *key;
        }
        let tail = topic.attach(&following, self.mailbox.clone());
        let behind_bytes_max = self.limits.behind_bytes_max;
        let key = self.audiences.insert(Audience::new((topic, following), tail, behind_bytes_max, now));
        self.by_feed.insert(number, key);
        key
    }

    /// A socket has something to say, or takes more.
    fn notice(&mut self, event: &Event) {
        let Ok(place) = u32::try_from(event.token().0) else { return };
        if event.is_error() || event.is_read_closed() || event.is_write_closed() {
            return self.remove(place);
        }
        if event.is_readable() {
            self.hear(place);
        }
        let Some(it) = self.places.get(place as usize) else { return };
        if event.is_writable() && it.blocked_since.is_some() {
            let turn = self.audiences[it.audience].serve_one(it.index);
            self.settle(place, turn);
            // It has taken a good part of what its socket held; a slow one is not a stalled one.
            if let Some(since) = self.places.get_mut(place as usize).and_then(|it| it.blocked_since.as_mut())
            {
                *since = Instant::now();
            }
        }
    }

    /// Reads what nobody asked for, so that the end of the connection is seen behind it.
    fn hear(&mut self, place: u32) {
        let mut buffer = [0; 512];
        loop {
            let Some(it) = self.places.get_mut(place as usize) else { return };
            match self.audiences[it.audience].socket(it.index).read(&mut buffer) {
                Ok(0) => return self.remove(place),
                Ok(heard) => {
                    it.heard_bytes += heard;
                    if it.heard_bytes > HEARD_BYTES_MAX {
                        return self.cut(place, Reason::Talkative);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return self.remove(place),
            }
        }
    }

    /// Heartbeats for quiet topics, an end for stalled connections, and topics that nobody follows are let go.
    fn tick(&mut self, now: Instant) {
        self.next_tick = now + TICK;
        let heartbeat = Duration::from_secs(self.limits.heartbeat_seconds.max(1));
        let (mut quiet, mut empty) = (Vec::new(), Vec::new());
        for (key, audience) in &self.audiences {
            let is_quiet = now.saturating_duration_since(audience.quiet_since) >= heartbeat;
            match audience.empty_for(now) {
                _ if audience.has_work() => {}
                Some(empty_for) if empty_for >= EMPTY_MAX => empty.push(key),
                None if is_quiet => quiet.push(key),
                Some(_) | None => {}
            }
        }
        for key in quiet {
            self.audiences[key].push_comment(now);
            self.begin(key);
        }
        for key in empty {
            let audience = self.audiences.remove(key);
            self.by_feed.remove(&audience.following.number);
            audience.topic.detach(&audience.following, &self.mailbox);
        }
        let stalled = Duration::from_secs(self.limits.stalled_seconds_max);
        // One that was blocked, went on and is blocked again is listed twice.
        self.blocked.sort_unstable();
        self.blocked.dedup();
        for place in std::mem::take(&mut self.blocked) {
            let since = self.places.get(place as usize).and_then(|it| it.blocked_since);
            match since.map(|it| now.saturating_duration_since(it)) {
                Some(blocked_for) if blocked_for >= stalled => self.cut(place, Reason::Stalled),
                Some(_) => self.blocked.push(place),
                None => {}
            }
        }
    }

    /// Tells every stream goodbye, each at its own moment: they do not come back all at once.
    fn drain(&mut self, within: Duration) {
        let now = Instant::now();
        let by = now + within;
        self.leaves_by = Some(by);
        for (place, _) in &self.places {
            let place = u32::try_from(place).expect("it was made from one");
            self.leaving.push(Reverse((random_before(now, by), place)));
        }
    }

    fn say_goodbyes(&mut self, now: Instant) {
        while let Some(Reverse((due, place))) = self.leaving.peek().copied() {
            if due > now {
                return;
            }
            self.leaving.pop();
            self.say_goodbye(place, Reason::Shutdown);
        }
    }

    fn revoke(&mut self, key_id: &str) {
        let holds = |audience: &Audience| audience.places().collect::<Vec<_>>();
        let places: Vec<u32> = self.audiences.iter().flat_map(|(_, it)| holds(it)).collect();
        for place in places {
            if self.places.get(place as usize).is_some_and(|it| it.seat.key_id() == Some(key_id)) {
                self.say_goodbye(place, Reason::Revoked);
            }
        }
    }

    /// Ends a stream as HTTP ends one, with the reason, after everything that it lacks; where its socket does not take all of that, it
    /// is cut off.
    fn say_goodbye(&mut self, place: u32, reason: Reason) {
        let Some(it) = self.places.get(place as usize) else { return };
        let retry_ms = Retry::of(&self.limits).draw_ms();
        let mut bytes = Vec::new();
        write_chunk(&mut bytes, bye(reason.word(), retry_ms).as_bytes());
        bytes.extend_from_slice(LAST_CHUNK);
        if self.audiences[it.audience].say_goodbye(it.index, &bytes) {
            count(reason);
            self.remove(place);
        } else {
            self.cut(place, reason);
        }
    }

    /// Ends a connection in the middle of what it lacks. The stream goes on from its last id elsewhere.
    ///
    /// One that takes nothing is reset, so that the kernel drops what it holds for it. One that still reads is closed instead: the kernel
    /// repeats the end of a connection until it is heard, but says a reset only once, and a client that missed it would wait for ever.
    fn cut(&mut self, place: u32, reason: Reason) {
        let Some(it) = self.places.get(place as usize) else { return };
        count(reason);
        let socket = self.audiences[it.audience].socket(it.index);
        match reason {
            Reason::Stalled | Reason::Talkative => reset(socket),
            Reason::Slow | Reason::Shutdown | Reason::Revoked => {
                give_up_after(socket, self.limits.stalled_seconds_max);
            }
        }
        self.remove(place);
    }

    /// Lets a stream go; dropping its socket closes it.
    fn remove(&mut self, place: u32) {
        let Some(it) = self.places.try_remove(place as usize) else { return };
        let (mut socket, moved) = self.audiences[it.audience].leave(it.index);
        if let Some(moved) = moved {
            self.places[moved as usize].index = it.index;
        }
        // Before the client can see the end: who comes back at once must find the seat free.
        drop(it.seat);
        // Closing takes a socket out of the poll by itself; this only keeps its books.
        let _left = self.poll.registry().deregister(&mut socket);
    }
}

/// The event that says why a stream ends, and when to come back.
pub(super) fn bye(reason: &str, retry_ms: u32) -> String {
    let bye = Bye { reason: reason.to_owned(), retry_ms };
    format!("event: bye\ndata: {}\n\n", wire::encode(&bye))
}

/// Makes closing throw away what is unsent, and the kernel forget the connection.
fn reset(socket: &TcpStream) {
    if let Err(error) = SockRef::from(socket).set_linger(Some(Duration::ZERO)) {
        tracing::debug!(%error, "a connection could not be reset");
    }
}

/// Bounds how long the kernel goes on sending what it holds once the socket is closed; left alone, Linux does so for minutes.
fn give_up_after(socket: &TcpStream, seconds: u64) {
    #[cfg(target_os = "linux")]
    if let Err(error) = SockRef::from(socket).set_tcp_user_timeout(Some(Duration::from_secs(seconds))) {
        tracing::debug!(%error, "what a closed connection holds could not be bounded in time");
    }
}

fn count(reason: Reason) {
    metrics::counter!("stream_byes_total", "reason" => reason.word()).increment(1);
}

fn random_before(now: Instant, by: Instant) -> Instant {
    now + by.saturating_duration_since(now).mul_f64(rand::random())
}

#[cfg(test)]
mod tests;
