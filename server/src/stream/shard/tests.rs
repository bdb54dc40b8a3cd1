//! Shards with real connections: whoever comes, goes, reads slowly or is sent away gets every frame once and in order, up to a known end.

use crate::config::{self, Config};
use crate::stream::published::{Body, Published};
use crate::stream::ring::Limits;
use crate::stream::topic::{Offered, Topic};
use crate::stream::{Caller, Lines, Presence, Subscribers, Subscription};
use bytes::Bytes;
use cricket::{Command, Match, Setup, Team};
use proptest::prelude::*;
use socket2::{Domain, Socket, Type};
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use wire::{Position, Snapshot, Update};

const EPOCH: u64 = 7;
/// Both are small, so that a client that does not read is soon behind.
const BUFFER_BYTES: usize = 4_096;
const BEHIND_BYTES_MAX: usize = 20_000;
/// How long a client waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

fn limits() -> config::Stream {
    let mut limits = Config::from_parts(None, std::iter::empty()).expect("the defaults").stream;
    limits.shards = 2;
    limits.send_buffer_bytes = BUFFER_BYTES;
    limits.behind_bytes_max = BEHIND_BYTES_MAX;
    limits
}

fn topic(id: &str) -> Arc<Topic> {
    let teams = vec![Team::named("Home XI"), Team::named("Away XI")];
    let setup = Setup { teams, balls_per_over: 6, ..Setup::default() };
    let state = Match::new(setup).expect("it can be played");
    let snapshot = Snapshot { id: id.to_owned(), epoch: EPOCH, state, ..Snapshot::default() };
    let ring = Limits { updates_max: 1_000, behind_bytes_max: BEHIND_BYTES_MAX };
    Arc::new(Topic::new(ring, false, snapshot, Lines::default(), Vec::new()))
}

/// The event of an update: as long as `length` and a little more.
fn event(seq: u64, length: usize) -> String {
    format!("id: {EPOCH}.{seq}\ndata: {}\n\n", "x".repeat(length))
}

fn publish(topic: &Topic, length: usize) {
    let seq = topic.position().seq + 1;
    let body = Body::Command(Update { t: 1, rev: 0, command: Command::Resume });
    let frame = Bytes::from(event(seq, length));
    let offered =
        topic.offer(Published { position: Position { epoch: EPOCH, seq }, frame, body, trace: None });
    assert_eq!(offered, Offered::Taken);
}

/// Subscribers with two shards, and the door that their connections come through.
struct Place {
    runtime: Runtime,
    subscribers: Subscribers,
    shutdown: CancellationToken,
    listener: TcpListener,
}

impl Place {
    fn open(drain: Duration) -> Place {
        // Its own threads: the test waits for its sockets on this one.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .build()
            .expect("a runtime");
        let shutdown = CancellationToken::new();
        let started = runtime
            .block_on(async { Subscribers::start(limits(), Presence::default(), drain, shutdown.clone()) });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        Place { runtime, subscribers: started.expect("shards"), shutdown, listener }
    }

    /// A seat from the topic's present on.
    fn admit(&self, topic: &Arc<Topic>) -> Subscription {
        let last = topic.position();
        let start = topic.start(Some(last)).expect("the present is known");
        let caller = Caller { address: IpAddr::V4(Ipv4Addr::LOCALHOST), partner: None };
        self.subscribers.admit(topic.clone(), start, caller).expect("there is room")
    }

    /// Hands a connection to a shard, and answers the client's end.
    fn seat(&self, subscription: Subscription) -> Client {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_recv_buffer_size(BUFFER_BYTES).expect("an option");
        socket.connect(&self.listener.local_addr().expect("an address").into()).expect("connects");
        let socket = TcpStream::from(socket);
        socket.set_read_timeout(Some(PATIENCE)).expect("an option");
        let (server, _) = self.listener.accept().expect("accepts");
        server.set_nonblocking(true).expect("an option");
        self.subscribers.take_over(subscription, server);
        Client { socket, received: Vec::new() }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shutdown.cancel();
        // What its task holds of the shards goes with it.
        self.runtime.block_on(tokio::task::yield_now());
    }
}

struct Client {
    socket: TcpStream,
    received: Vec<u8>,
}

impl Client {
    /// Takes at most so many bytes of what is there now.
    fn read_some(&mut self, bytes_max: usize) {
        self.socket.set_nonblocking(true).expect("an option");
        let mut buffer = vec![0; bytes_max];
        match self.socket.read(&mut buffer) {
            Ok(read) => self.received.extend_from_slice(&buffer[..read]),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
        }
        self.socket.set_nonblocking(false).expect("an option");
    }

    fn read_to_end(&mut self) {
        let read = self.socket.read_to_end(&mut self.received);
        assert!(read.is_ok(), "the server's end of the connection was heard: {read:?}");
    }

    /// The chunks that came whole, and whether the last one that ends a body was among them.
    fn chunks(&self) -> (Vec<&str>, bool) {
        let (mut chunks, mut rest) = (Vec::new(), std::str::from_utf8(&self.received).expect("text"));
        while let Some((length, data)) = rest.split_once("\r\n") {
            let length = usize::from_str_radix(length, 16).expect("a chunk's length");
            let Some(chunk) = data.get(..length).filter(|_| data.len() >= length + 2) else { break };
            if length == 0 {
                assert_eq!(data, "\r\n", "nothing follows the end");
                return (chunks, true);
            }
            chunks.push(chunk);
            rest = &data[length + 2..];
        }
        (chunks, false)
    }
}

/// A client, and what it should have been sent.
struct Followed {
    client: Client,
    topic: usize,
    /// The number of updates of its topic that it knew when it asked.
    known: usize,
}

#[derive(Clone, Debug)]
enum Step {
    Publish {
        topic: usize,
        length: usize,
    },
    /// A seat is taken; the connection follows later.
    Ask {
        topic: usize,
    },
    /// The oldest of those that asked arrives at its shard.
    Arrive,
    Leave(usize),
    Read {
        client: usize,
        bytes_max: usize,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0usize..2, 1usize..4_000).prop_map(|(topic, length)| Step::Publish { topic, length }),
        3 => (0usize..2).prop_map(|topic| Step::Ask { topic }),
        3 => Just(Step::Arrive),
        1 => (0usize..100).prop_map(Step::Leave),
        4 => (0usize..100, 1usize..9_000).prop_map(|(client, bytes_max)| Step::Read { client, bytes_max }),
    ];
    prop::collection::vec(step, 1..150)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn each_is_sent_every_frame_once_in_order_until_its_end_is_told(steps in steps()) {
        let place = Place::open(Duration::from_millis(20));
        let topics = [topic("mat_0"), topic("mat_1")];
        let mut published: [Vec<String>; 2] = [Vec::new(), Vec::new()];
        let mut asked = std::collections::VecDeque::new();
        let mut followed: Vec<Followed> = Vec::new();
        for step in steps {
            match step {
                Step::Publish { topic, length } => {
                    publish(&topics[topic], length);
                    published[topic].push(event(published[topic].len() as u64 + 1, length));
                }
                Step::Ask { topic } => {
                    asked.push_back((place.admit(&topics[topic]), topic, published[topic].len()));
                }
                Step::Arrive => {
                    if let Some((subscription, topic, known)) = asked.pop_front() {
                        followed.push(Followed { client: place.seat(subscription), topic, known });
                    }
                }
                Step::Leave(at) if !followed.is_empty() => drop(followed.swap_remove(at % followed.len())),
                Step::Read { client, bytes_max } if !followed.is_empty() => {
                    let at = client % followed.len();
                    followed[at].client.read_some(bytes_max);
                }
                Step::Leave(_) | Step::Read { .. } => {}
            }
        }
        drop(asked);
        place.shutdown.cancel();
        for it in &mut followed {
            it.client.read_to_end();
            let wanted = &published[it.topic][it.known..];
            let (mut chunks, is_whole) = it.client.chunks();
            if is_whole {
                let bye = chunks.pop().unwrap_or_default();
                prop_assert!(bye.starts_with("event: bye\ndata: {\"reason\":\"shutdown\""), "{}", bye);
                prop_assert_eq!(&chunks[..], wanted, "who is told goodbye has had everything");
            } else {
                prop_assert!(chunks.len() <= wanted.len() && chunks[..] == wanted[..chunks.len()]);
                let bytes: usize = wanted.iter().map(String::len).sum();
                prop_assert!(bytes > BUFFER_BYTES / 2, "nobody is cut off whose socket can hold all of it");
            }
        }
        let deadline = Instant::now() + PATIENCE;
        while place.subscribers.count() > 0 {
            prop_assert!(Instant::now() < deadline, "{} seats are still taken", place.subscribers.count());
            std::thread::yield_now();
        }
    }
}

#[test]
fn a_seat_is_free_by_the_time_its_client_sees_the_end() {
    let place = Place::open(Duration::ZERO);
    let topic = topic("mat_0");
    for round in 0..50 {
        let mut client = place.seat(place.admit(&topic));
        assert_eq!(place.subscribers.count(), 1, "round {round}");
        // More than a client may say.
        client.socket.write_all(&[b'x'; 5_000]).expect("it is open");
        let end = client.socket.read(&mut [0; 1]);
        assert!(!matches!(end, Ok(1)), "there is nothing to read");
        assert_eq!(place.subscribers.count(), 0, "round {round}");
    }
}

#[test]
fn a_slow_client_is_sent_what_its_socket_holds_and_then_the_end() {
    let place = Place::open(Duration::ZERO);
    let topic = topic("mat_0");
    let mut client = place.seat(place.admit(&topic));
    let deadline = Instant::now() + PATIENCE;
    let mut sent = 0;
    while place.subscribers.count() > 0 {
        assert!(Instant::now() < deadline, "it was never given up");
        publish(&topic, 3_000);
        sent += 1;
    }
    client.read_to_end();
    let (chunks, is_whole) = client.chunks();
    let wanted: Vec<String> = (1..=sent).map(|seq| event(seq, 3_000)).collect();
    assert!(!is_whole && chunks.len() < wanted.len());
    assert_eq!(chunks[..], wanted[..chunks.len()]);
}
