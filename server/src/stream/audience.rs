//! The subscribers of one topic on one shard, and the sending to them.

use super::mailbox::InFlight;
use super::tape::Tape;
use super::topic::{Tail, Topic};
use mio::net::TcpStream;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

/// A topic's tape, and who follows it. One update costs each subscriber one comparison and one `send`: nothing is allocated, formatted
/// or locked for it.
pub(super) struct Audience {
    pub(super) topic: Arc<Topic>,
    tape: Tape,
    subscribers: Vec<Subscriber>,
    /// The next subscriber that a pass serves; none between passes.
    pass: Option<Pass>,
    in_flight: Vec<Waiting>,
    /// When something was last appended.
    pub(super) quiet_since: Instant,
}

/// An open stream: 24 bytes, of which it is one socket and one offset.
struct Subscriber {
    socket: TcpStream,
    /// The key of its place in the shard.
    place: u32,
    /// Its socket took no more; it waits until it takes more.
    is_blocked: bool,
    /// Where on the tape it stands.
    at: u64,
}

#[derive(Clone, Copy)]
struct Pass {
    next: usize,
    /// The tape's end when it began: all are sent at least so much.
    begun_at: u64,
    /// Somebody who had been passed over needs another pass.
    again: bool,
}

/// A frame that a pass has yet to bring to everyone.
struct Waiting {
    end: u64,
    _in_flight: Arc<InFlight>,
}

/// What became of a subscriber's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It has everything.
    Served,
    /// Its socket is full.
    Blocked,
    /// It fell too far behind.
    Slow,
    /// Its connection is gone.
    Gone,
}

impl Audience {
    /// Nobody yet, with the topic's frames so far at hand.
    pub(super) fn new(topic: Arc<Topic>, tail: Tail, behind_bytes_max: usize, now: Instant) -> Self {
        let mut tape = Tape::new(tail.first, behind_bytes_max);
        tail.frames.iter().for_each(|frame| tape.push(frame));
        Self { topic, tape, subscribers: Vec::new(), pass: None, in_flight: Vec::new(), quiet_since: now }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.subscribers.is_empty()
    }

    /// Whether somebody may not have everything yet, and could take it.
    pub(super) fn has_work(&self) -> bool {
        self.pass.is_some()
    }

    /// Appends a frame; [`Audience::serve`] sends it.
    pub(super) fn push(&mut self, frame: &[u8], in_flight: Arc<InFlight>, now: Instant) {
        self.tape.push(frame);
        self.in_flight.push(Waiting { end: self.tape.end(), _in_flight: in_flight });
        self.appended(now);
    }

    /// Appends a heartbeat.
    pub(super) fn push_comment(&mut self, now: Instant) {
        self.tape.push_comment();
        self.appended(now);
    }

    fn appended(&mut self, now: Instant) {
        self.quiet_since = now;
        match &mut self.pass {
            Some(pass) => pass.again |= pass.next > 0,
            None => self.begin_pass(),
        }
    }

    fn begin_pass(&mut self) {
        self.pass = Some(Pass { next: 0, begun_at: self.tape.end(), again: false });
    }

    /// Lets a stream follow from frame `cursor` on, and says at which index it stands; none when that frame has been let go.
    pub(super) fn join(&mut self, socket: TcpStream, place: u32, cursor: u64) -> Result<usize, TcpStream> {
        let Some(at) = self.tape.offset_of(cursor) else { return Err(socket) };
        self.subscribers.push(Subscriber { socket, place, is_blocked: false, at });
        Ok(self.subscribers.len() - 1)
    }

    pub(super) fn socket(&mut self, index: usize) -> &mut TcpStream {
        &mut self.subscribers[index].socket
    }

    /// Takes a subscriber out. The last one comes to stand at its index; its place is given.
    pub(super) fn leave(&mut self, index: usize) -> (TcpStream, Option<u32>) {
        let last = self.subscribers.len() - 1;
        let subscriber = self.subscribers.swap_remove(index);
        if let Some(pass) = &mut self.pass
            && index < pass.next
            && last >= pass.next
        {
            // It came from the part that this pass has not served to the part that it has.
            pass.again = true;
        }
        (subscriber.socket, self.subscribers.get(index).map(|it| it.place))
    }

    /// Sends what they lack to some of the subscribers, so that others can have a turn; `ended` takes the places of those whose turn
    /// did not end well.
    pub(super) fn serve(&mut self, sends_max: usize, ended: &mut Vec<(u32, Turn)>) {
        let Some(mut pass) = self.pass.take() else { return };
        let to = self.subscribers.len().min(pass.next + sends_max);
        let end = self.tape.end();
        for subscriber in &mut self.subscribers[pass.next..to] {
            if subscriber.at == end || subscriber.is_blocked {
                // One that is blocked is sent more when its socket takes more; here it is only seen whether it is too far behind.
                if subscriber.is_blocked && self.tape.from(subscriber.at).is_none() {
                    ended.push((subscriber.place, Turn::Slow));
                }
                continue;
            }
            match subscriber.send(&self.tape) {
                Turn::Served => {}
                turn => ended.push((subscriber.place, turn)),
            }
        }
        pass.next = to;
        if to < self.subscribers.len() {
            self.pass = Some(pass);
            return;
        }
        self.in_flight.retain(|it| it.end > pass.begun_at);
        if pass.again {
            self.begin_pass();
        }
    }

    /// Sends a subscriber what it lacks: its socket takes more, or it has just come.
    pub(super) fn serve_one(&mut self, index: usize) -> Turn {
        self.subscribers[index].send(&self.tape)
    }

    /// Sends the end of the stream, whole or not at all: whether it was sent.
    pub(super) fn say_goodbye(&mut self, index: usize, bytes: &[u8]) -> bool {
        let subscriber = &mut self.subscribers[index];
        subscriber.send(&self.tape) == Turn::Served
            && matches!(subscriber.socket.write(bytes), Ok(sent) if sent == bytes.len())
    }

    /// The subscribers' places.
    pub(super) fn places(&self) -> impl Iterator<Item = u32> {
        self.subscribers.iter().map(|it| it.place)
    }
}

impl Subscriber {
    fn send(&mut self, tape: &Tape) -> Turn {
        loop {
            let Some(lacking) = tape.from(self.at) else { return Turn::Slow };
            if lacking.is_empty() {
                self.is_blocked = false;
                return Turn::Served;
            }
            match self.socket.write(lacking) {
                Ok(0) => return Turn::Gone,
                Ok(sent) => self.at += sent as u64,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.is_blocked = true;
                    return Turn::Blocked;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Turn::Gone,
            }
        }
    }
}
