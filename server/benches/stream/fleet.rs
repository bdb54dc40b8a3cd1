//! Thousands of event streams read by one thread.

use crate::decode::{Decoder, Refused};
use crate::mark::{Mark, now_ns};
use crate::tally::Tally;
use anyhow::{Context, bail};
use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;
use socket2::{Domain, Socket, Type};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// Streams from one local address, at most: an address has some 28,000 ports for outgoing connections.
const STREAMS_PER_ADDRESS_MAX: usize = 5_000;
/// Connections begun between two looks at the sockets.
const OPENED_AT_ONCE: usize = 64;
/// All streams have to be open within this time.
const OPEN_MAX: Duration = Duration::from_secs(90);
/// Sockets handled in one turn.
const EVENTS_MAX: usize = 512;
/// What one read takes: more than a burst for one stream.
const READ_BYTES: usize = 256 * 1024;

/// Where streams are opened, and how.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    /// Path and query.
    pub(crate) path: String,
}

impl Target {
    pub(crate) fn request(&self) -> Vec<u8> {
        let Self { address, path } = self;
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n").into_bytes()
    }
}

/// The open streams. Dropping it closes them all at once.
pub(crate) struct Fleet {
    request: Vec<u8>,
    address: SocketAddr,
    epoll: OwnedFd,
    streams: Vec<Stream>,
    open: usize,
    closed: usize,
    /// What the first streams got, as many as it watches.
    pub(crate) tally: Tally,
    watched: usize,
    events: Vec<epoll::Event>,
    buffer: Vec<u8>,
    scratch: Vec<u8>,
}

struct Stream {
    socket: TcpStream,
    is_asked: bool,
    decoder: Decoder,
    /// The last update that came.
    last: u64,
}

impl Fleet {
    /// A fleet without streams, whose tally watches the first `watched`.
    pub(crate) fn new(target: &Target, watched: usize) -> anyhow::Result<Self> {
        Ok(Self {
            request: target.request(),
            address: target.address,
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            streams: Vec::new(),
            open: 0,
            closed: 0,
            tally: Tally::new(watched),
            watched,
            events: Vec::with_capacity(EVENTS_MAX),
            buffer: vec![0; READ_BYTES],
            scratch: Vec::new(),
        })
    }

    /// Streams whose response has begun, and those that the server ended.
    pub(crate) fn open(&self) -> usize {
        self.open
    }

    pub(crate) fn closed(&self) -> usize {
        self.closed
    }

    /// Opens streams at once until there are `count`, and waits until all are open; says how many seconds that took.
    pub(crate) fn open_all(&mut self, count: usize) -> anyhow::Result<f64> {
        let begun = now_ns();
        let limit = begun + OPEN_MAX.as_nanos() as u64;
        while self.open < count {
            let wait = if self.begin_some(count, OPENED_AT_ONCE)? { Duration::ZERO } else { TURN };
            self.turn(wait)?;
            if now_ns() > limit {
                bail!("only {} of {count} streams opened within {OPEN_MAX:?}", self.open);
            }
        }
        Ok((now_ns() - begun) as f64 / 1e9)
    }

    /// Begins up to `some` connections, as long as there are fewer than `count`; whether any was begun.
    pub(crate) fn begin_some(&mut self, count: usize, some: usize) -> anyhow::Result<bool> {
        let more = count.saturating_sub(self.streams.len()).min(some);
        for _ in 0..more {
            self.begin_one()?;
        }
        Ok(more > 0)
    }

    fn begin_one(&mut self) -> anyhow::Result<()> {
        let at = self.streams.len();
        let socket = connect(self.address, at, None).with_context(|| format!("opening stream {at}"))?;
        let flags = epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::ET;
        epoll::add(&self.epoll, &socket, epoll::EventData::new_u64(at as u64), flags)?;
        self.streams.push(Stream { socket, is_asked: false, decoder: Decoder::default(), last: 0 });
        Ok(())
    }

    /// Handles what has arrived; waits for at most `wait` when nothing has.
    pub(crate) fn turn(&mut self, wait: Duration) -> anyhow::Result<()> {
        let mut events = std::mem::take(&mut self.events);
        events.clear();
        let wait = Timespec { tv_sec: 0, tv_nsec: i64::from(wait.subsec_nanos()) };
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), Some(&wait)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => bail!("waiting for sockets: {error}"),
        }
        for event in &events {
            let at = event.data.u64() as usize;
            self.attend(at).with_context(|| format!("stream {at}"))?;
        }
        self.events = events;
        Ok(())
    }

    /// A socket can be written for the first time, or has something to read.
    fn attend(&mut self, at: usize) -> anyhow::Result<()> {
        let Self { streams, tally, buffer, scratch, .. } = self;
        let stream = &mut streams[at];
        if !stream.is_asked {
            match stream.socket.write(&self.request) {
                Ok(written) if written == self.request.len() => stream.is_asked = true,
                Ok(_) => bail!("a request in pieces"),
                Err(error) if [ErrorKind::WouldBlock, ErrorKind::NotConnected].contains(&error.kind()) => {}
                Err(error) => return Err(error).context("asking"),
            }
            return Ok(());
        }
        let (is_watched, was_open) = (at < self.watched, stream.decoder.is_open());
        // A read that does not fill the buffer has emptied the socket; what comes later is another event.
        loop {
            let got = match stream.socket.read(buffer) {
                Ok(0) => {
                    self.closed += 1;
                    break;
                }
                Ok(got) => got,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                // The server cut it off.
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                    self.closed += 1;
                    break;
                }
                Err(error) => return Err(error).context("reading"),
            };
            let now_ns = now_ns();
            let Stream { decoder, last, .. } = stream;
            let mut each = |event: &[u8]| {
                if let Some(mark) = Mark::read(event).filter(|_| is_watched) {
                    tally.take(last, mark, now_ns);
                }
            };
            if let Err(Refused(answer)) = decoder.feed(&buffer[..got], scratch, &mut each) {
                bail!("was refused: {answer}");
            }
            if got < buffer.len() {
                break;
            }
        }
        self.open += usize::from(!was_open && stream.decoder.is_open());
        Ok(())
    }
}

/// How long a turn waits when nothing else is due.
pub(crate) const TURN: Duration = Duration::from_millis(1);

/// A connection that is under way: from one of the addresses 127.0.0.x, and closed without a farewell, so that thousands of ports are
/// free again at once. `receive_bytes` bounds what the kernel takes for a reader that does not read.
pub(crate) fn connect(to: SocketAddr, at: usize, receive_bytes: Option<usize>) -> anyhow::Result<TcpStream> {
    let host = u8::try_from(1 + at / STREAMS_PER_ADDRESS_MAX).context("too many streams")?;
    let from = SocketAddr::from((Ipv4Addr::new(127, 0, 0, host), 0));
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.set_linger(Some(Duration::ZERO))?;
    if let Some(bytes) = receive_bytes {
        socket.set_recv_buffer_size(bytes)?;
    }
    socket.bind(&from.into())?;
    match socket.connect(&to.into()) {
        Err(error) if error.raw_os_error() != Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => {
            Err(error.into())
        }
        _ => Ok(socket.into()),
    }
}
