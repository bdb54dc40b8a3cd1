//! The subscribers of one topic on one shard, and the sending to them.

use super::feed::Following;
use super::mailbox::InFlight;
use super::tape::Tape;
use super::topic::{Tail, Topic};
use mio::net::TcpStream;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A feed's tape, and who follows it. One update costs each subscriber one comparison and one `send`: nothing is allocated, formatted
/// or locked for it.
pub(super) struct Audience {
    pub(super) topic: Arc<Topic>,
    pub(super) following: Following,
    tape: Tape,
    subscribers: Vec<Subscriber>,
    /// The next subscriber that a pass serves; none between passes.
    pass: Option<Pass>,
    in_flight: Vec<Waiting>,
    /// When something was last appended.
    pub(super) quiet_since: Instant,
    /// When the last subscriber left; none while there is one.
    empty_since: Option<Instant>,
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
    /// Nobody yet, with the feed's frames so far at hand.
    pub(super) fn new(
        (topic, following): (Arc<Topic>, Following),
        tail: Tail,
        behind_bytes_max: usize,
        now: Instant,
    ) -> Self {
        let mut tape = Tape::new(tail.first, behind_bytes_max);
        tail.frames.iter().for_each(|frame| tape.push(frame));
        Self {
            topic,
            following,
            tape,
            subscribers: Vec::new(),
            pass: None,
            in_flight: Vec::new(),
            quiet_since: now,
            empty_since: Some(now),
        }
    }

    /// For how long nobody has followed; none while somebody does.
    pub(super) fn empty_for(&self, now: Instant) -> Option<Duration> {
        self.empty_since.map(|it| now.saturating_duration_since(it))
    }

    /// Whether somebody may not have everything yet, and could take it.
    pub(super) fn has_work(&self) -> bool {
        self.pass.is_some()
    }

    /// Appends a frame, which [`Audience::serve`] sends; false when it is here already, as part of the tail that the audience began
    /// with: the frame was on its way to the audience before, which had been let go.
    pub(super) fn push(&mut self, number: u64, frame: &[u8], in_flight: Arc<InFlight>, now: Instant) -> bool {
        if number < self.tape.next() {
            return false;
        }
        self.tape.push(frame);
        if !self.subscribers.is_empty() {
            in_flight.await_it(self.subscribers.len());
            self.in_flight.push(Waiting { end: self.tape.end(), _in_flight: in_flight });
        }
        self.appended(now);
        true
    }

    /// Appends a heartbeat.
    pub(super) fn push_comment(&mut self, now: Instant) {
        self.tape.push_comment();
        self.appended(now);
    }

    fn appended(&mut self, now: Instant) {
        self.quiet_since = now;
        match &mut self.pass {
            Some(pass) if pass.next == 0 => pass.begun_at = self.tape.end(),
            Some(pass) => pass.again = true,
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
        self.empty_since = None;
        Ok(self.subscribers.len() - 1)
    }

    pub(super) fn socket(&mut self, index: usize) -> &mut TcpStream {
        &mut self.subscribers[index].socket
    }

    /// Takes a subscriber out. The last one comes to stand at its index; its place is given.
    pub(super) fn leave(&mut self, index: usize) -> (TcpStream, Option<u32>) {
        let last = self.subscribers.len() - 1;
        let subscriber = self.subscribers.swap_remove(index);
        if let Some(pass) = &mut self.pass {
            // One may have come from the part that this pass has not served to the part that it has.
            pass.again |= index < pass.next && last >= pass.next;
            pass.next = pass.next.min(last);
        }
        if self.subscribers.is_empty() {
            self.empty_since = Some(Instant::now());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Lines;
    use crate::stream::ring::Limits;
    use proptest::prelude::*;
    use std::io::Read;
    use std::net::{Ipv4Addr, TcpListener};

    fn topic() -> Arc<Topic> {
        let limits = Limits { updates_max: 10, behind_bytes_max: 1000 };
        Arc::new(Topic::new(limits, false, wire::Snapshot::default(), Lines::default(), Vec::new()))
    }

    fn audience(behind_bytes_max: usize) -> Audience {
        let topic = topic();
        let following = topic.start(None).expect("a start").following;
        Audience::new(
            (topic, following),
            Tail { first: 0, frames: Vec::new() },
            behind_bytes_max,
            Instant::now(),
        )
    }

    /// The server's and the client's end of a connection.
    fn connection(listener: &TcpListener) -> (TcpStream, std::net::TcpStream) {
        let client =
            std::net::TcpStream::connect(listener.local_addr().expect("an address")).expect("connects");
        let (server, _) = listener.accept().expect("accepts");
        server.set_nonblocking(true).expect("an option");
        (TcpStream::from_std(server), client)
    }

    fn listener() -> TcpListener {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port")
    }

    /// A frame with its number in it, and the chunk that it is sent as.
    fn frame(number: u64) -> (Vec<u8>, Vec<u8>) {
        let frame = format!("id: 1.{number}\n\n").into_bytes();
        let mut chunk = Vec::new();
        crate::stream::tape::write_chunk(&mut chunk, &frame);
        (frame, chunk)
    }

    /// What a test knows of a client: its end, and what it should have been sent.
    struct Client {
        socket: std::net::TcpStream,
        wanted: Vec<u8>,
    }

    #[derive(Clone, Debug)]
    enum Step {
        Push,
        Serve(usize),
        Join,
        Leave(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            3 => Just(Step::Push),
            4 => (1usize..5).prop_map(Step::Serve),
            3 => Just(Step::Join),
            1 => (0usize..100).prop_map(Step::Leave),
        ];
        prop::collection::vec(step, 1..120)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

        /// Whoever comes and goes in the middle of passes: each is sent every frame since it came, once and in order.
        #[test]
        fn each_is_sent_every_frame_once_in_order(steps in steps()) {
            let (mut audience, listener) = (audience(1_000_000), listener());
            let mut clients: Vec<Client> = Vec::new();
            // The place in the shard, kept as the index among the clients.
            let (mut ended, mut number) = (Vec::new(), 0);
            for step in steps {
                match step {
                    Step::Push => {
                        let (frame, chunk) = frame(number);
                        let is_new = audience.push(number, &frame, Arc::new(InFlight::now()), Instant::now());
                        prop_assert!(is_new);
                        let again = audience.push(number, &frame, Arc::new(InFlight::now()), Instant::now());
                        prop_assert!(!again, "a frame that is here already is not taken twice");
                        number += 1;
                        clients.iter_mut().for_each(|it| it.wanted.extend_from_slice(&chunk));
                    }
                    Step::Serve(sends_max) => audience.serve(sends_max, &mut ended),
                    Step::Join => {
                        let (server, socket) = connection(&listener);
                        let place = u32::try_from(clients.len()).expect("few");
                        let index = audience.join(server, place, number);
                        prop_assert_eq!(index.ok(), Some(clients.len()));
                        clients.push(Client { socket, wanted: Vec::new() });
                    }
                    Step::Leave(at) if !clients.is_empty() => {
                        let at = at % clients.len();
                        let (socket, moved) = audience.leave(at);
                        clients.swap_remove(at);
                        drop(socket);
                        prop_assert_eq!(moved.is_some(), at < clients.len());
                    }
                    Step::Leave(_) => {}
                }
            }
            while audience.has_work() {
                audience.serve(3, &mut ended);
            }
            prop_assert_eq!(ended, Vec::new());
            prop_assert!(audience.in_flight.is_empty(), "every frame has reached everyone");
            for client in &mut clients {
                let mut received = vec![0; client.wanted.len()];
                client.socket.read_exact(&mut received).expect("all of it was sent");
                prop_assert_eq!(&received, &client.wanted);
                client.socket.set_nonblocking(true).expect("an option");
                prop_assert!(client.socket.read(&mut [0; 1]).is_err(), "nothing more was sent");
            }
        }
    }

    #[test]
    fn one_whose_socket_is_full_waits_and_is_given_up_when_it_is_too_far_behind() {
        let (mut audience, listener) = (audience(100_000), listener());
        let (server, mut client) = connection(&listener);
        assert_eq!(audience.join(server, 0, 0).ok(), Some(0));
        let (mut ended, frame) = (Vec::new(), vec![b'x'; 50_000]);
        let push = |audience: &mut Audience, ended: &mut Vec<(u32, Turn)>| {
            let number = audience.tape.next();
            assert!(audience.push(number, &frame, Arc::new(InFlight::now()), Instant::now()));
            audience.serve(10, ended);
        };
        while ended.is_empty() {
            push(&mut audience, &mut ended);
        }
        assert_eq!(ended, [(0, Turn::Blocked)]);
        assert!(audience.in_flight.is_empty(), "who is blocked is not waited for");
        // It takes some, and is served again.
        client.read_exact(&mut vec![0; 300_000]).expect("it was sent more than that");
        let mut turn = audience.serve_one(0);
        while turn == Turn::Blocked
            && audience.tape.from(audience.subscribers[0].at).is_some_and(|it| it.len() > 50_020)
        {
            client.read_exact(&mut vec![0; 10_000]).expect("there is more");
            turn = audience.serve_one(0);
        }
        ended.clear();
        while ended.iter().all(|it| it.1 == Turn::Blocked) {
            push(&mut audience, &mut ended);
        }
        assert_eq!(ended.last(), Some(&(0, Turn::Slow)));
    }
}
