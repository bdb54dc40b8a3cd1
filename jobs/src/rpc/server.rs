//! The answering side.

use super::Service;
use super::frame::{self, BODY_MAX, Kind};
use super::outbox::Outbox;
use super::outbox::To;
use super::registry::{Instance, Place as Where, Registry};
use super::relay::Line;
use crate::error::Error;
use crate::node::BEAT;
use crate::trace;
use bytes::{Bytes, BytesMut};
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpListener;
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// A token's bytes, and how long a connection may take to show it.
const TOKEN: usize = 32;
const HELLO: Duration = Duration::from_secs(2);

/// How many connections a server keeps: one for each process that calls it.
const CONNECTIONS_MAX: usize = 4096;

/// What a handler knows of its call besides the request.
#[derive(Clone, Debug)]
pub struct Call {
    /// When its caller will have given up.
    pub deadline: Instant,
    /// The caller's span, as a `traceparent`; empty where there is none.
    pub(super) context: String,
}

/// How a call went, as it is sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Reply(Vec<u8>),
    Refused(String),
    Malformed(String),
    Overloaded,
    Elsewhere,
    Late,
}

type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;
type Handler = Box<dyn Fn(Bytes, Call) -> Answering + Send + Sync>;

/// What a server does, wherever the calls come from.
pub(super) struct Services {
    handlers: BTreeMap<&'static str, Handler>,
    in_flight: AtomicUsize,
    in_flight_max: usize,
    is_ending: AtomicBool,
}

/// Answers calls. As a child of a supervisor it is started again when it fails.
pub struct Server {
    services: Services,
    listen: SocketAddr,
    advertise: Option<SocketAddr>,
    grace: Duration,
}

impl Server {
    /// A server that will listen on this address, port 0 for any, with up to 1,024 calls at once.
    pub fn new(listen: SocketAddr) -> Server {
        let services = Services {
            handlers: BTreeMap::new(),
            in_flight: AtomicUsize::new(0),
            in_flight_max: 1024,
            is_ending: AtomicBool::new(false),
        };
        Server { services, listen, advertise: None, grace: Duration::from_secs(10) }
    }

    /// The address at which others reach it, where that is not the one it listens on: a pod's, for instance.
    #[must_use]
    pub fn advertise(self, address: SocketAddr) -> Server {
        Server { advertise: Some(address), ..self }
    }

    /// How many calls it has at once; one more is refused as too many before it begins.
    #[must_use]
    pub fn in_flight_max(mut self, in_flight_max: usize) -> Server {
        self.services.in_flight_max = in_flight_max;
        self
    }

    /// How long calls may go on after it was asked to stop.
    #[must_use]
    pub fn grace(self, grace: Duration) -> Server {
        Server { grace, ..self }
    }

    /// What answers for a service; a refusal is for the caller to read.
    #[must_use]
    pub fn serve<S, H, F>(self, handler: H) -> Server
    where
        S: Service,
        H: Fn(S::Request, Call) -> F + Send + Sync + 'static,
        F: Future<Output = Result<S::Reply, String>> + Send + 'static,
    {
        self.serve_what::<S, _, _, _>(|_| true, handler)
    }

    /// The same where not every server of the service has what every request is about: one that is about something else is not begun here, and its
    /// caller asks the next server.
    #[must_use]
    pub fn serve_what<S, P, H, F>(mut self, has: P, handler: H) -> Server
    where
        S: Service,
        P: Fn(&S::Request) -> bool + Send + Sync + 'static,
        H: Fn(S::Request, Call) -> F + Send + Sync + 'static,
        F: Future<Output = Result<S::Reply, String>> + Send + 'static,
    {
        let handler: Handler = Box::new(move |json, call| match serde_json::from_slice(&json) {
            Ok(request) if !has(&request) => Box::pin(std::future::ready(Answer::Elsewhere)),
            Ok(request) => {
                let answering = handler(request, call);
                Box::pin(async move {
                    match answering.await.map(|reply| serde_json::to_vec(&reply)) {
                        Ok(Ok(reply)) if reply.len() <= BODY_MAX => Answer::Reply(reply),
                        Ok(Ok(reply)) => Answer::Malformed(format!(
                            "its reply has {} bytes, more than {BODY_MAX}",
                            reply.len()
                        )),
                        Ok(Err(error)) => Answer::Malformed(format!("its reply is no JSON: {error}")),
                        Err(reason) => Answer::Refused(reason),
                    }
                })
            }
            Err(error) => {
                let reason = format!("it cannot read the request: {error}");
                Box::pin(std::future::ready(Answer::Malformed(reason)))
            }
        });
        self.services.handlers.insert(S::NAME, handler);
        self
    }

    /// Answers calls until `stop` is cancelled, then takes no more, lets those there are end within the grace, and goes.
    pub async fn run(self, registry: Registry, stop: CancellationToken) -> Result<(), Error> {
        let services = Arc::new(self.services);
        match &registry.place {
            Where::Local(all) => {
                all.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&services));
                stop.cancelled().await;
                services.end(self.grace).await;
                Ok(())
            }
            Where::Postgres(_) | Where::Redis(_) => {
                let refused =
                    |error: std::io::Error| Error::Listen { address: self.listen, reason: error.to_string() };
                let listener = TcpListener::bind(self.listen).await.map_err(refused)?;
                let address = match self.advertise {
                    Some(address) => address,
                    None => listener.local_addr().map_err(refused)?,
                };
                let token: [u8; TOKEN] = rand::random();
                let names: Vec<&str> = services.handlers.keys().copied().collect();
                let going = CancellationToken::new();
                let mut tasks = JoinSet::new();
                tasks.spawn(accept(listener, Arc::clone(&services), token, going.clone()));
                if let Some(line) = &registry.line {
                    tasks.spawn(relayed(Arc::clone(line), Arc::clone(&services), token, going.clone()));
                }
                // Whoever finds it in the registry finds it listening.
                let number = registry.join(address, &names, &token).await?;
                let present =
                    Present { registry: registry.clone(), address, token: token.to_vec(), number, names };
                let number = present.keep(stop.cancelled()).await;
                if let Err(error) = registry.leave(number).await {
                    tracing::warn!(%error, "a server that ends stays in the registry until it counts as silent");
                }
                services.is_ending.store(true, Ordering::SeqCst);
                going.cancel();
                services.end(self.grace).await;
                tasks.shutdown().await;
                Ok(())
            }
        }
    }
}

/// A server's place in the registry.
struct Present<'s> {
    registry: Registry,
    address: SocketAddr,
    token: Vec<u8>,
    number: i64,
    names: Vec<&'s str>,
}

impl Present<'_> {
    /// Says that the server lives, until `stop`; answers its last number.
    async fn keep(mut self, stop: impl Future<Output = ()>) -> i64 {
        tokio::pin!(stop);
        let mut beats = tokio::time::interval(BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = &mut stop => return self.number,
                _ = beats.tick() => {}
            }
            let beaten = async {
                let Self { registry, address, token, number, names } = &self;
                if !registry.beat(*number, *address, names, token).await? {
                    tracing::warn!(number, "taken for dead; registering again");
                    self.number = registry.join(*address, names, token).await?;
                }
                Ok::<_, Error>(())
            };
            if let Err(error) = beaten.await {
                tracing::warn!(%error, "the registry cannot be reached");
            }
        }
    }
}

impl Services {
    /// Begins a call, or says at once why not.
    pub(super) fn begin(
        self: &Arc<Self>,
        service: &str,
        json: Bytes,
        call: Call,
    ) -> Result<Answering, Answer> {
        if self.is_ending.load(Ordering::SeqCst) {
            return Err(Answer::Elsewhere);
        }
        let Some(handler) = self.handlers.get(service) else { return Err(Answer::Elsewhere) };
        let place = Place::take(self).ok_or(Answer::Overloaded)?;
        let deadline = call.deadline;
        let span =
            tracing::info_span!("call", otel.name = service, otel.kind = "server", rpc.method = service);
        trace::join(&span, &call.context);
        let answering = span.in_scope(|| handler(json, call));
        let answering = async move {
            let _place = place;
            match timeout_at(deadline, answering).await {
                Ok(answer) => answer,
                Err(_) => Answer::Late,
            }
        };
        Ok(Box::pin(answering.instrument(span)))
    }

    pub(super) fn has(&self, service: &str) -> bool {
        self.handlers.contains_key(service) && !self.is_ending.load(Ordering::SeqCst)
    }

    /// Waits for the calls there are.
    async fn end(&self, grace: Duration) {
        self.is_ending.store(true, Ordering::SeqCst);
        let ended = async {
            while self.in_flight.load(Ordering::SeqCst) > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if timeout(grace, ended).await.is_err() {
            let left = self.in_flight.load(Ordering::SeqCst);
            tracing::warn!(left, "calls did not end within the grace");
        }
    }
}

/// One of the calls that a server has at once.
struct Place(Arc<Services>);

impl Place {
    fn take(services: &Arc<Services>) -> Option<Place> {
        let place = Place(Arc::clone(services));
        (services.in_flight.fetch_add(1, Ordering::SeqCst) < services.in_flight_max).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn accept(
    listener: TcpListener,
    services: Arc<Services>,
    token: [u8; TOKEN],
    going: CancellationToken,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() < CONNECTIONS_MAX => {
                    let (services, going) = (Arc::clone(&services), going.clone());
                    connections.spawn(async move {
                        if stream.set_nodelay(true).is_err() {
                            return;
                        }
                        let (from, to) = stream.into_split();
                        connected(from, To::Socket(to), &services, &token, &going).await;
                    });
                }
                Ok(_) => tracing::warn!("too many callers: one was turned away"),
                Err(error) => {
                    // No file descriptors, most likely.
                    tracing::warn!(%error, "a caller could not be let in");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Those who come by way of Redis.
async fn relayed(line: Arc<Line>, services: Arc<Services>, token: [u8; TOKEN], going: CancellationToken) {
    let connections = Arc::new(Mutex::new(JoinSet::new()));
    let take = |pipe| {
        let (services, going) = (Arc::clone(&services), going.clone());
        let mut connections = connections.lock().unwrap_or_else(PoisonError::into_inner);
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            let (from, to) = tokio::io::split(pipe);
            connected(from, To::Pipe(AsyncMutex::new(to)), &services, &token, &going).await;
        });
    };
    line.accept(Instance::channel(&token), take).await;
}

async fn connected(
    from: impl AsyncRead + Unpin,
    to: To,
    services: &Arc<Services>,
    token: &[u8],
    going: &CancellationToken,
) {
    if let Err(reason) = connection(from, to, services, token, going).await {
        tracing::debug!(reason, "a caller's connection ended");
    }
}

async fn connection(
    mut from: impl AsyncRead + Unpin,
    to: To,
    services: &Arc<Services>,
    token: &[u8],
    going: &CancellationToken,
) -> Result<(), &'static str> {
    let outbox = Arc::new(Outbox::new(to));
    let mut bytes = BytesMut::with_capacity(16 << 10);
    let hello = async {
        loop {
            // Nobody unknown gets to fill our memory.
            if let Some(hello) = frame::read(&mut bytes, TOKEN)? {
                return Ok(hello);
            }
            if from.read_buf(&mut bytes).await.map_or(true, |read| read == 0) {
                return Err("it said nothing");
            }
        }
    };
    let hello = timeout(HELLO, hello).await.map_err(|_| "it said nothing in time")??;
    if hello.kind != Kind::Hello || !bool::from(hello.body.ct_eq(token)) {
        return Err("it does not know the token");
    }
    let calls = Arc::new(Calls::default());
    let _ended = AbortAll(Arc::clone(&calls));
    let mut is_told = false;
    let reading = async {
        loop {
            while let Some(frame) = frame::read(&mut bytes, BODY_MAX + 1024)? {
                match frame.kind {
                    Kind::Request => request(frame, services, &calls, &outbox)?,
                    Kind::Cancel => calls.cancel(frame.call),
                    _ => return Err("a frame that callers do not send"),
                }
            }
            tokio::select! {
                read = from.read_buf(&mut bytes) => if read.map_or(true, |read| read == 0) {
                    return Ok(());
                },
                () = going.cancelled(), if !is_told => {
                    is_told = true;
                    outbox.send(true, |to| frame::write(to, Kind::Elsewhere, 0, &[]));
                }
            }
        }
    };
    tokio::select! {
        read = reading => read,
        () = outbox.write() => Err("it does not read"),
    }
}

fn request(
    frame: frame::Frame,
    services: &Arc<Services>,
    calls: &Arc<Calls>,
    outbox: &Arc<Outbox>,
) -> Result<(), &'static str> {
    let number = frame.call;
    let request = frame::read_request(frame.body).ok_or("a request that is none")?;
    let deadline = Instant::now() + Duration::from_millis(request.left_ms.into());
    let call = Call { deadline, context: request.context };
    match services.begin(&request.service, request.json, call) {
        Ok(answering) => {
            let (own, outbox) = (Arc::clone(calls), Arc::clone(outbox));
            let mut running = calls.lock();
            let task = tokio::spawn(async move {
                let ended = EndOf { calls: own, number, outbox };
                let answer = answering.await;
                ended.answer(answer);
            });
            running.insert(number, task.abort_handle());
        }
        Err(refused) => send(outbox, number, true, &refused),
    }
    Ok(())
}

fn send(outbox: &Outbox, call: u64, now: bool, answer: &Answer) {
    let (kind, body): (Kind, &[u8]) = match answer {
        Answer::Reply(json) => (Kind::Reply, json),
        Answer::Refused(reason) => (Kind::Refused, reason.as_bytes()),
        Answer::Malformed(reason) => (Kind::Malformed, reason.as_bytes()),
        Answer::Overloaded => (Kind::Overloaded, &[]),
        Answer::Elsewhere => (Kind::Elsewhere, &[]),
        Answer::Late => (Kind::Late, &[]),
    };
    outbox.send(now, |to| frame::write(to, kind, call, &[body]));
}

/// The calls of one connection.
#[derive(Default)]
struct Calls(Mutex<HashMap<u64, AbortHandle>>);

impl Calls {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, AbortHandle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cancel(&self, number: u64) {
        if let Some(task) = self.lock().remove(&number) {
            task.abort();
        }
    }
}

/// Whoever called is gone, and waits for nothing.
struct AbortAll(Arc<Calls>);

impl Drop for AbortAll {
    fn drop(&mut self) {
        self.0.lock().drain().for_each(|(_, task)| task.abort());
    }
}

/// Answers for a call, even where its handler panics.
struct EndOf {
    calls: Arc<Calls>,
    number: u64,
    outbox: Arc<Outbox>,
}

impl EndOf {
    fn answer(self, answer: Answer) {
        let is_alone = {
            let mut calls = self.calls.lock();
            calls.remove(&self.number);
            calls.is_empty()
        };
        send(&self.outbox, self.number, is_alone, &answer);
    }
}

impl Drop for EndOf {
    fn drop(&mut self) {
        if std::thread::panicking() && self.calls.lock().remove(&self.number).is_some() {
            send(&self.outbox, self.number, true, &Answer::Refused("it panicked".to_owned()));
        }
    }
}
