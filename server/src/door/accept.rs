//! The thread that takes connections from the kernel as fast as they come: its queue is short, and one that finds it full comes back
//! only after a second.

use crate::config;
use crate::door::address::Proxies;
use mio::{Events, Interest, Poll, Token};
use rustix::io::fcntl_dupfd_cloexec;
use rustix::process::{Resource, getrlimit};
use slab::Slab;
use socket2::{Domain, Socket, Type};
use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Connections that the kernel keeps for us until we take them; it may keep fewer (net.core.somaxconn).
const BACKLOG: i32 = 65_535;
/// How often the thread looks whether the process stops.
const LOOK: Duration = Duration::from_millis(100);
/// How HTTP/2 begins (RFC 9113 §3.4); no method of HTTP/1.1 does.
const HTTP2: [u8; 3] = *b"PRI";
/// From one round of the thread to the next, at least. In a storm each round then finds many connections, with their requests come in,
/// and the threads that serve them are woken once for all; one that comes alone is taken at once.
const ROUND: Duration = Duration::from_millis(1);
const LISTENER: Token = Token(usize::MAX);
/// One that was turned away is heard out for so long, and so many at once: closing while it speaks would reset the connection, and
/// the reason would be lost.
const HEARD_OUT_MAX: Duration = Duration::from_secs(1);
const TURNED_AWAY_MAX: usize = 1024;
/// What each of them may say.
const HEARD_BYTES_MAX: usize = 64 * 1024;
/// The pause when the process has no file left for a connection.
const NO_FILES_PAUSE: Duration = Duration::from_millis(50);

/// What one that is turned away at once is told.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\n\
access-control-allow-origin: *\r\nretry-after: 2\r\nconnection: close\r\ncontent-length: 108\r\n\r\n\
{\"type\":\"/problems/busy\",\"title\":\"Too many connections\",\"status\":503,\
\"detail\":\"no further one is taken now\"}";

/// What is done with a new connection.
pub(super) struct Accepting {
    books: Books,
    head_within: Duration,
    proxies: Proxies,
}

/// Open connections that are not streams.
#[derive(Clone)]
struct Books {
    open: Arc<Mutex<Open>>,
    all_max: usize,
    per_address_max: usize,
}

#[derive(Default)]
struct Open {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A connection, and that it is counted.
pub(super) struct Accepted {
    pub(super) socket: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) counted: Counted,
    pub(super) protocol: Protocol,
}

/// What a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// Counts a connection for as long as it is not a stream.
pub(super) struct Counted {
    books: Books,
    /// None for one from a proxy, behind which there are many.
    address: Option<IpAddr>,
}

impl Accepting {
    pub(super) fn of(limits: &config::Http) -> Self {
        let books = Books {
            open: Arc::default(),
            all_max: limits.connections_max,
            per_address_max: limits.connections_per_address_max,
        };
        let head_within = Duration::from_secs(limits.head_seconds_max);
        Self { books, head_within, proxies: Proxies::new(&limits.trusted_proxies) }
    }
}

/// A listening socket with a long queue. What is set here, the connections that it accepts have too.
pub(super) fn listen(address: SocketAddr, stalled: Duration) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(socket2::Protocol::TCP))?;
    // A restart must not wait for the old process's connections to be forgotten.
    socket.set_reuse_address(true)?;
    // Updates are small and must not wait for each other.
    socket.set_tcp_nodelay(true)?;
    limit_stall(&socket, stalled)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Makes room for as many open files, as far as the process may have them. The kernel doubles its table of a process's files when that is
/// full, and where there are threads it lets each of them wait for that, for some ten milliseconds: in a storm, the one that accepts.
pub(super) fn reserve_files(listener: &TcpListener, files: usize) -> io::Result<()> {
    let allowed = getrlimit(Resource::Nofile).current.and_then(|it| usize::try_from(it).ok());
    let last = allowed.map_or(files, |it| it.min(files)).saturating_sub(1);
    // The table keeps the size that the copy needed.
    drop(fcntl_dupfd_cloexec(listener, i32::try_from(last).unwrap_or(i32::MAX))?);
    Ok(())
}

/// Starts the thread; what it accepts comes out of the channel, round by round, which ends once `shutdown` fires.
pub(super) fn start(
    listener: TcpListener,
    accepting: Accepting,
    shutdown: CancellationToken,
) -> io::Result<mpsc::UnboundedReceiver<Vec<Accepted>>> {
    // Unbounded, but no fuller than `connections_max`: each is counted.
    let (sender, receiver) = mpsc::unbounded_channel();
    let mut listener = mio::net::TcpListener::from_std(listener);
    let poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let lobby =
        Lobby { poll, accepting, listener, waiting: Slab::new(), turned_away: 0, taken: Vec::new(), sender };
    std::thread::Builder::new().name("door".to_owned()).spawn(move || lobby.run(&shutdown))?;
    Ok(receiver)
}

/// The thread's own: the listener, and connections that have not said anything yet. They cost their file and some bytes here, where a
/// task and hyper's buffers would cost kilobytes.
struct Lobby {
    poll: Poll,
    accepting: Accepting,
    listener: mio::net::TcpListener,
    waiting: Slab<Waiting>,
    turned_away: usize,
    /// In this round.
    taken: Vec<Accepted>,
    sender: mpsc::UnboundedSender<Vec<Accepted>>,
}

struct Waiting {
    socket: mio::net::TcpStream,
    peer: SocketAddr,
    role: Role,
    since: Instant,
}

enum Role {
    Newcomer(Counted),
    /// Told so; what it says is read and thrown away.
    TurnedAway {
        heard_bytes: usize,
    },
}

/// What the first bytes of a connection say.
enum First {
    Nothing,
    Speaks(Protocol),
    Gone,
}

impl Lobby {
    fn run(mut self, shutdown: &CancellationToken) {
        let mut events = Events::with_capacity(1024);
        let (mut looked_at, mut round_begun) = (Instant::now(), Instant::now());
        while !shutdown.is_cancelled() {
            if let Err(error) = self.poll.poll(&mut events, Some(LOOK))
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "the door cannot wait for connections");
                return;
            }
            if let Some(early) = ROUND.checked_sub(round_begun.elapsed()) {
                std::thread::sleep(early);
            }
            round_begun = Instant::now();
            for event in &events {
                match event.token() {
                    LISTENER => self.accept(),
                    Token(key) => self.hear(key),
                }
            }
            self.pass_on();
            if looked_at.elapsed() >= Duration::from_secs(1) {
                looked_at = Instant::now();
                self.end_overdue();
            }
        }
    }

    fn accept(&mut self) {
        loop {
            match self.listener.accept() {
                Ok((socket, peer)) => self.enter(socket, peer),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if is_of_the_peer(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be accepted");
                    metrics::counter!("connections_refused_total", "reason" => "files").increment(1);
                    std::thread::sleep(NO_FILES_PAUSE);
                    // Its event has been taken, and there will be none for those that wait already.
                    let _registered =
                        self.poll.registry().reregister(&mut self.listener, LISTENER, Interest::READABLE);
                    return;
                }
            }
        }
    }

    fn enter(&mut self, mut socket: mio::net::TcpStream, peer: SocketAddr) {
        match self.accepting.admit(&mut socket, peer) {
            Some(counted) => match first(&socket) {
                First::Speaks(protocol) => self.take(socket, peer, counted, protocol),
                First::Gone => {}
                First::Nothing => self.wait(socket, peer, Role::Newcomer(counted)),
            },
            None if self.turned_away < TURNED_AWAY_MAX => {
                // Its end is in order whether or not this succeeds.
                let _said = socket.shutdown(Shutdown::Write);
                self.turned_away += 1;
                self.wait(socket, peer, Role::TurnedAway { heard_bytes: 0 });
            }
            None => {}
        }
    }

    fn wait(&mut self, mut socket: mio::net::TcpStream, peer: SocketAddr, role: Role) {
        let entry = self.waiting.vacant_entry();
        let registered = self.poll.registry().register(&mut socket, Token(entry.key()), Interest::READABLE);
        let key = entry.key();
        entry.insert(Waiting { socket, peer, role, since: Instant::now() });
        if let Err(error) = registered {
            tracing::warn!(%error, "a connection could not be watched");
            self.let_go(key);
        }
    }

    fn hear(&mut self, key: usize) {
        let Some(waiting) = self.waiting.get_mut(key) else { return };
        if let Role::TurnedAway { heard_bytes } = &mut waiting.role {
            if !hear_out(&mut waiting.socket, heard_bytes) {
                self.let_go(key);
            }
            return;
        }
        let first = first(&waiting.socket);
        if matches!(first, First::Nothing) {
            return;
        }
        let Some(Waiting { mut socket, peer, role, .. }) = self.let_go(key) else { return };
        if let (First::Speaks(protocol), Role::Newcomer(counted), Ok(())) =
            (first, role, self.poll.registry().deregister(&mut socket))
        {
            self.take(socket, peer, counted, protocol);
        }
    }

    fn end_overdue(&mut self) {
        let head_within = self.accepting.head_within;
        let is_overdue = |it: &Waiting| match it.role {
            Role::Newcomer(_) => it.since.elapsed() >= head_within,
            Role::TurnedAway { .. } => it.since.elapsed() >= HEARD_OUT_MAX,
        };
        let overdue: Vec<usize> =
            self.waiting.iter().filter(|(_, it)| is_overdue(it)).map(|(key, _)| key).collect();
        for key in overdue {
            self.let_go(key);
        }
    }

    fn let_go(&mut self, key: usize) -> Option<Waiting> {
        let waiting = self.waiting.try_remove(key)?;
        if matches!(waiting.role, Role::TurnedAway { .. }) {
            self.turned_away -= 1;
        }
        Some(waiting)
    }

    fn take(&mut self, socket: mio::net::TcpStream, peer: SocketAddr, counted: Counted, protocol: Protocol) {
        self.taken.push(Accepted { socket: socket.into(), peer, counted, protocol });
    }

    fn pass_on(&mut self) {
        if !self.taken.is_empty() {
            // Nobody listens once the process stops: the connections are closed.
            let _heard = self.sender.send(std::mem::take(&mut self.taken));
        }
    }
}

/// What a connection begins with, left unread.
fn first(socket: &mio::net::TcpStream) -> First {
    let mut bytes = [0; HTTP2.len()];
    match socket.peek(&mut bytes) {
        Ok(0) => First::Gone,
        Ok(seen) if seen == HTTP2.len() && bytes == HTTP2 => First::Speaks(Protocol::Http2),
        // "P" may become either; the rest of it makes another event.
        Ok(seen) if HTTP2.starts_with(&bytes[..seen]) => First::Nothing,
        Ok(_) => First::Speaks(Protocol::Http1),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
            First::Nothing
        }
        Err(_) => First::Gone,
    }
}

/// Reads what there is, to no end; false once there will be no more, or it is too much.
fn hear_out(socket: &mut mio::net::TcpStream, heard_bytes: &mut usize) -> bool {
    let mut buffer = [0; 4096];
    while *heard_bytes < HEARD_BYTES_MAX {
        match socket.read(&mut buffer) {
            Ok(0) => return false,
            Ok(heard) => *heard_bytes += heard,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
    false
}

/// The connection ended before it was taken: nothing is wrong with us.
fn is_of_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

impl Accepting {
    fn admit(&self, socket: &mut mio::net::TcpStream, peer: SocketAddr) -> Option<Counted> {
        let address = (!self.proxies.trust(peer.ip())).then(|| peer.ip().to_canonical());
        let counted = match self.books.enter(address) {
            Ok(counted) => counted,
            Err(reason) => {
                metrics::counter!("connections_refused_total", "reason" => reason).increment(1);
                // As far as its empty send buffer takes it, which is all of it.
                let _told = socket.write(FULL);
                return None;
            }
        };
        Some(counted)
    }
}

impl Books {
    fn enter(&self, address: Option<IpAddr>) -> Result<Counted, &'static str> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.all >= self.all_max {
            return Err("process");
        }
        if let Some(address) = address {
            let here = open.by_address.entry(address).or_default();
            if *here >= self.per_address_max {
                return Err("address");
            }
            *here += 1;
        }
        open.all += 1;
        Ok(Counted { books: self.clone(), address })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.books.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all -= 1;
        if let Some(address) = self.address
            && let Some(here) = open.by_address.get_mut(&address)
        {
            *here -= 1;
            if *here == 0 {
                open.by_address.remove(&address);
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn limit_stall(socket: &Socket, stalled: Duration) -> io::Result<()> {
    socket.set_tcp_user_timeout(Some(stalled))
}

#[cfg(not(target_os = "linux"))]
fn limit_stall(_socket: &Socket, _stalled: Duration) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn who_is_turned_away_is_told_in_well_formed_http() {
        let text = std::str::from_utf8(super::FULL).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(&format!("content-length: {}", body.len())), "{}", body.len());
        let problem: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(problem["status"], 503);
    }
}
