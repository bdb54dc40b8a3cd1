//! The asking side.

use super::frame::{self, BODY_MAX, Frame, Kind};
use super::outbox::{Outbox, To};
use super::registry::{Instance, Place as Where, Registry};
use super::relay::Line;
use super::server::{Answer, Call, Services};
use super::{CallError, Service};
use crate::handler::panicked;
use crate::node::BEAT;
use crate::trace;
use bytes::{Bytes, BytesMut};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpStream;
use tokio::sync::{Mutex as AsyncMutex, oneshot};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::task::AbortOnDropHandle;

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(1);

/// For how long a server is passed over that said it had too many calls, while others are there.
const OVERLOADED: Duration = Duration::from_millis(20);

/// How a call is to be made. `Terms::default()`: within two seconds, once.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Waiting, connecting and every attempt together.
    pub within: Duration,
    /// Whether it may be run again where the connection to the first server is lost.
    pub is_idempotent: bool,
}

impl Default for Terms {
    fn default() -> Self {
        Self { within: Duration::from_secs(2), is_idempotent: false }
    }
}

/// Makes calls. Cloning is cheap and shares the connections.
#[derive(Clone)]
pub struct Caller(Arc<Inner>);

struct Inner {
    registry: Registry,
    /// The servers of each service, and since when that is known.
    known: Mutex<BTreeMap<&'static str, Known>>,
    peers: Mutex<HashMap<i64, Arc<Peer>>>,
    /// One look at the registry at a time.
    looking: AsyncMutex<()>,
}

struct Known {
    at: Instant,
    instances: Vec<Instance>,
    is_looked_after: bool,
}

impl Caller {
    pub fn new(registry: Registry) -> Caller {
        let (known, peers, looking) = (Mutex::default(), Mutex::default(), AsyncMutex::default());
        Caller(Arc::new(Inner { registry, known, peers, looking }))
    }

    /// Asks one of the live servers of a service. Dropping this future cancels the call.
    pub async fn call<S: Service>(&self, request: &S::Request, terms: &Terms) -> Result<S::Reply, CallError> {
        let service = S::NAME;
        let malformed = |reason: String| CallError::Malformed { service, reason };
        let json = serde_json::to_vec(request).map_err(|error| malformed(error.to_string()))?;
        if json.len() > BODY_MAX {
            return Err(malformed(format!("the request has {} bytes, more than {BODY_MAX}", json.len())));
        }
        let deadline = Instant::now() + terms.within;
        let called = timeout_at(deadline, self.try_all(service, json.into(), terms, deadline)).await;
        let reply = called.map_err(|_| late(service, terms))??;
        serde_json::from_slice(&reply)
            .map_err(|error| malformed(format!("its reply cannot be read: {error}")))
    }

    /// Asks one after the other, as long as it is sure that none has begun, or it does not matter.
    async fn try_all(
        &self,
        service: &'static str,
        json: Bytes,
        terms: &Terms,
        deadline: Instant,
    ) -> Result<Bytes, CallError> {
        if let Where::Local(_) = self.0.registry.place {
            return self.call_local(service, json, terms, deadline).await;
        }
        let mut passed = HashSet::new();
        let mut overloaded = 0;
        loop {
            let Some(peer) = self.pick(service, &passed).await else {
                return Err(unserved(service, overloaded));
            };
            match peer.call(service, &json, deadline).await {
                Ended::Reply(reply) => return Ok(reply),
                Ended::Refused(reason) => return Err(CallError::Refused { service, reason }),
                Ended::Malformed(reason) => return Err(CallError::Malformed { service, reason }),
                Ended::Late => return Err(late(service, terms)),
                Ended::Overloaded => overloaded += 1,
                Ended::NotBegun => {}
                Ended::Lost if terms.is_idempotent => {}
                Ended::Lost => return Err(CallError::Lost { service }),
            }
            passed.insert(peer.instance.number);
        }
    }

    async fn call_local(
        &self,
        service: &'static str,
        json: Bytes,
        terms: &Terms,
        deadline: Instant,
    ) -> Result<Bytes, CallError> {
        let mut all = self.0.registry.locals();
        all.retain(|it: &Arc<Services>| it.has(service));
        let mut overloaded = 0;
        for services in all {
            let call = Call { deadline, context: trace::here().unwrap_or_default() };
            let answer = match services.begin(service, json.clone(), call) {
                Ok(answering) => match AbortOnDropHandle::new(tokio::spawn(answering)).await {
                    Ok(answer) => answer,
                    Err(error) if error.is_panic() => {
                        tracing::error!(service, reason = panicked(error), "a call's handler panicked");
                        Answer::Refused("it panicked".to_owned())
                    }
                    Err(_) => return Err(CallError::Lost { service }),
                },
                Err(refused) => refused,
            };
            match answer {
                Answer::Reply(reply) => return Ok(reply.into()),
                Answer::Refused(reason) => return Err(CallError::Refused { service, reason }),
                Answer::Malformed(reason) => return Err(CallError::Malformed { service, reason }),
                Answer::Late => return Err(late(service, terms)),
                Answer::Overloaded => overloaded += 1,
                Answer::Elsewhere => {}
            }
        }
        Err(unserved(service, overloaded))
    }

    /// Of two live servers at random the one with fewer of our calls, but for those passed over.
    async fn pick(&self, service: &'static str, passed: &HashSet<i64>) -> Option<Arc<Peer>> {
        let mut instances = self.instances(service, false).await;
        instances.retain(|it| !passed.contains(&it.number));
        if instances.is_empty() && passed.is_empty() {
            instances = self.instances(service, true).await;
        }
        let mut peers: Vec<Arc<Peer>> = {
            let mut peers = self.0.lock_peers();
            instances
                .into_iter()
                .map(|it| {
                    Arc::clone(
                        peers
                            .entry(it.number)
                            .or_insert_with(|| Arc::new(Peer::new(it, self.0.registry.line.clone()))),
                    )
                })
                .filter(|it| !it.is_going.load(Ordering::Relaxed))
                .collect()
        };
        if peers.iter().any(|it| !it.is_avoided()) {
            peers.retain(|it| !it.is_avoided());
        }
        if peers.len() < 2 {
            return peers.pop();
        }
        let first = peers.swap_remove(rand::random_range(0..peers.len()));
        let second = peers.swap_remove(rand::random_range(0..peers.len()));
        Some(if first.in_flight() <= second.in_flight() { first } else { second })
    }

    /// The servers of a service, as known; looked up where that is not known yet, or `now`.
    async fn instances(&self, service: &'static str, now: bool) -> Vec<Instance> {
        let asked = Instant::now();
        let fresh = |known: &Known| if now { known.at >= asked } else { true };
        let as_known = || {
            let known = self.0.lock_known();
            known.get(service).filter(|it| fresh(it)).map(|it| it.instances.clone())
        };
        if let Some(instances) = as_known() {
            return instances;
        }
        let _alone = self.0.looking.lock().await;
        if let Some(instances) = as_known() {
            return instances;
        }
        self.0.look(service).await;
        let mut known = self.0.lock_known();
        let Some(known) = known.get_mut(service) else { return Vec::new() };
        if !std::mem::replace(&mut known.is_looked_after, true) {
            // As long as anybody may call.
            let inner = Arc::downgrade(&self.0);
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(BEAT).await;
                    let Some(inner) = inner.upgrade() else { return };
                    inner.look(service).await;
                }
            });
        }
        known.instances.clone()
    }
}

impl Inner {
    /// Learns who serves; what cannot be learnt stays as it was.
    async fn look(&self, service: &'static str) {
        match self.registry.live(service).await {
            Ok(instances) => {
                let mut known = self.lock_known();
                let entry = known.entry(service).or_insert_with(|| Known {
                    at: Instant::now(),
                    instances: Vec::new(),
                    is_looked_after: false,
                });
                (entry.at, entry.instances) = (Instant::now(), instances);
                let live: HashSet<i64> =
                    known.values().flat_map(|it| it.instances.iter().map(|it| it.number)).collect();
                drop(known);
                // Calls that are on their way keep their connection.
                self.lock_peers().retain(|number, _| live.contains(number));
            }
            Err(error) => tracing::warn!(%error, service, "who serves is not known"),
        }
    }

    fn lock_known(&self) -> MutexGuard<'_, BTreeMap<&'static str, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_peers(&self) -> MutexGuard<'_, HashMap<i64, Arc<Peer>>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why no server took a call, of which so many had too many.
fn unserved(service: &'static str, overloaded: usize) -> CallError {
    match overloaded {
        0 => CallError::Nobody { service },
        servers => CallError::Overloaded { service, servers },
    }
}

fn late(service: &'static str, terms: &Terms) -> CallError {
    CallError::Late { service, within_ms: u64::try_from(terms.within.as_millis()).unwrap_or(u64::MAX) }
}

/// A server elsewhere, and the connection to it.
struct Peer {
    instance: Instance,
    /// For when it cannot be reached at its address.
    line: Option<Arc<Line>>,
    connection: AsyncMutex<Option<Arc<Connection>>>,
    /// The same, to be had without waiting.
    open: Mutex<Option<Arc<Connection>>>,
    in_flight: AtomicUsize,
    /// It takes no more calls.
    is_going: AtomicBool,
    avoided_until: Mutex<Option<Instant>>,
}

/// How a call to one server ended.
enum Ended {
    Reply(Bytes),
    Refused(String),
    Malformed(String),
    Late,
    Overloaded,
    NotBegun,
    Lost,
}

impl Peer {
    fn new(instance: Instance, line: Option<Arc<Line>>) -> Peer {
        Peer {
            instance,
            line,
            connection: AsyncMutex::default(),
            open: Mutex::default(),
            in_flight: AtomicUsize::new(0),
            is_going: AtomicBool::new(false),
            avoided_until: Mutex::default(),
        }
    }

    fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    fn is_avoided(&self) -> bool {
        let until = *self.avoided_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|it| it > Instant::now())
    }

    fn avoid(&self, span: Duration) {
        *self.avoided_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + span);
    }

    async fn call(self: &Arc<Self>, service: &str, json: &[u8], deadline: Instant) -> Ended {
        let Some(connection) = self.connected().await else {
            // Its process is gone, and the registry will say so before long.
            self.avoid(BEAT);
            return Ended::NotBegun;
        };
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        let _counted = Counted(&self.in_flight);
        let number = connection.numbers.fetch_add(1, Ordering::Relaxed);
        let (sender, replied) = oneshot::channel();
        let is_alone = {
            let mut waiting = connection.lock();
            let Some(waiting) = waiting.as_mut() else { return Ended::NotBegun };
            waiting.insert(number, sender);
            waiting.len() == 1
        };
        let wanted = Wanted { connection: &connection, number };
        let left = deadline.saturating_duration_since(Instant::now()).as_millis();
        let left_ms = u32::try_from(left).unwrap_or(u32::MAX);
        let context = trace::here().unwrap_or_default();
        let is_sent = connection.outbox.send(is_alone, |to| {
            frame::write_request(to, number, left_ms, service, &context, json);
        });
        if !is_sent {
            return Ended::NotBegun;
        }
        let replied = replied.await;
        std::mem::forget(wanted);
        let Ok(Frame { kind, body, .. }) = replied else { return Ended::Lost };
        let text = || String::from_utf8_lossy(&body).into_owned();
        match kind {
            Kind::Reply => Ended::Reply(body),
            Kind::Refused => Ended::Refused(text()),
            Kind::Overloaded => {
                self.avoid(OVERLOADED);
                Ended::Overloaded
            }
            Kind::Elsewhere => Ended::NotBegun,
            Kind::Late => Ended::Late,
            _ => Ended::Malformed(text()),
        }
    }

    /// The connection, made where there is none.
    async fn connected(self: &Arc<Self>) -> Option<Arc<Connection>> {
        let open = || self.open.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(connection) = open().filter(|it| !it.outbox.is_closed()) {
            return Some(connection);
        }
        let mut connection = self.connection.lock().await;
        if let Some(connection) = connection.as_ref().filter(|it| !it.outbox.is_closed()) {
            return Some(Arc::clone(connection));
        }
        let (from, to) = self.reach().await?;
        let new = Arc::new(Connection {
            outbox: Outbox::new(to),
            waiting: Mutex::new(Some(HashMap::new())),
            numbers: AtomicU64::new(1),
        });
        new.outbox.send(false, |to| frame::write(to, Kind::Hello, 0, &[&self.instance.token]));
        let (peer, of) = (Arc::downgrade(self), Arc::clone(&new));
        tokio::spawn(async move {
            let going = || {
                if let Some(peer) = peer.upgrade() {
                    peer.is_going.store(true, Ordering::Relaxed);
                }
            };
            tokio::select! {
                () = of.read(from, going) => {}
                () = of.outbox.write() => {}
            }
            of.outbox.close();
            // Whoever waits hears that nothing comes any more.
            drop(of.lock().take());
        });
        *connection = Some(Arc::clone(&new));
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&new));
        Some(new)
    }
}

type From = Box<dyn AsyncRead + Send + Unpin>;

impl Peer {
    /// At its address, else by way of Redis.
    async fn reach(&self) -> Option<(From, To)> {
        let address = self.instance.address;
        let failed = match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true).ok()?;
                let (from, to) = stream.into_split();
                return Some((Box::new(from), To::Socket(to)));
            }
            failed => failed,
        };
        let Some(line) = &self.line else {
            tracing::debug!(%address, ?failed, "a server cannot be reached");
            return None;
        };
        match line.dial(&Instance::channel(&self.instance.token)).await {
            Ok(pipe) => {
                let (from, to) = tokio::io::split(pipe);
                Some((Box::new(from), To::Pipe(AsyncMutex::new(to))))
            }
            Err(error) => {
                tracing::debug!(%address, ?failed, %error, "a server cannot be reached, by way of Redis neither");
                None
            }
        }
    }
}

impl Drop for Peer {
    /// No longer in the registry, and nobody's call is on its way.
    fn drop(&mut self) {
        if let Some(connection) = self.open.get_mut().unwrap_or_else(PoisonError::into_inner) {
            connection.outbox.close();
        }
    }
}

struct Connection {
    outbox: Outbox,
    /// Calls without a reply; `None` once the connection is lost.
    waiting: Mutex<Option<HashMap<u64, oneshot::Sender<Frame>>>>,
    numbers: AtomicU64,
}

impl Connection {
    fn lock(&self) -> MutexGuard<'_, Option<HashMap<u64, oneshot::Sender<Frame>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands replies out, until the connection ends.
    async fn read(&self, mut from: From, going: impl Fn()) {
        let mut bytes = BytesMut::with_capacity(16 << 10);
        loop {
            loop {
                match frame::read(&mut bytes, BODY_MAX) {
                    Ok(Some(Frame { kind: Kind::Elsewhere, call: 0, .. })) => going(),
                    Ok(Some(frame)) => {
                        let waits = self.lock().as_mut().and_then(|it| it.remove(&frame.call));
                        if let Some(waits) = waits {
                            // Its caller may have given up just now.
                            let _ = waits.send(frame);
                        }
                    }
                    Ok(None) => break,
                    Err(reason) => {
                        tracing::warn!(reason, "a server sent what it should not");
                        return;
                    }
                }
            }
            if from.read_buf(&mut bytes).await.map_or(true, |read| read == 0) {
                return;
            }
        }
    }
}

/// A call whose caller waits; dropped before its reply, the server is told.
struct Wanted<'c> {
    connection: &'c Connection,
    number: u64,
}

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        let waited = self.connection.lock().as_mut().and_then(|it| it.remove(&self.number));
        if waited.is_some() {
            self.connection.outbox.send(false, |to| frame::write(to, Kind::Cancel, self.number, &[]));
        }
    }
}

struct Counted<'c>(&'c AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
