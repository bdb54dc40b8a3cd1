//! One connection, from its first byte until it ends or a shard takes it.

use super::Service;
use super::accept::{Accepted, Protocol};
use super::address::Proxies;
use super::at_once::{self, Outcome};
use super::handover::{Handover, Watched};
use super::requests::Requests;
use crate::config;
use crate::stream::{Cut, Subscribers, Subscription};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, Version, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// How long a connection may hold one of the places for newcomers; one that sends its head in pieces goes on without.
const HANDSHAKE_MAX: Duration = Duration::from_millis(50);
/// Request heads of HTTP/1.1, in bytes: long enough for any key and id.
const HEAD_BYTES_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 64;
/// How long an HTTP/2 connection that is told to end may take, once nothing is asked for any more.
const GOODBYE_MAX: Duration = Duration::from_secs(1);
/// Requests at once on one HTTP/2 connection.
const STREAMS_MAX: u32 = 64;
/// What may wait for a peer of HTTP/2 that does not read.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// What every connection is served with.
pub(super) struct Serving {
    service: Service,
    subscribers: Subscribers,
    proxies: Proxies,
    http1: http1::Builder,
    /// How long a head may take, and a connection be without a request.
    idle_max: Duration,
    shutdown: CancellationToken,
}

/// What becomes of a connection that was let in.
pub(super) enum AtDoor {
    Done,
    ToFinish(Unsent),
    /// So much of it was read.
    ToServe(Accepted, Vec<u8>),
}

/// A stream whose first bytes the kernel did not take at once.
pub(super) struct Unsent {
    accepted: Accepted,
    subscription: Subscription,
    unsent: Vec<u8>,
}

impl Serving {
    pub(super) fn new(
        service: Service,
        subscribers: Subscribers,
        limits: &config::Http,
        shutdown: CancellationToken,
    ) -> Self {
        let head_within = Duration::from_secs(limits.head_seconds_max.max(1));
        let mut http1 = http1::Builder::new();
        // The time for a head is also how long a connection may idle between requests.
        http1.timer(TokioTimer::new()).header_read_timeout(head_within);
        http1.max_header_size(HEAD_BYTES_MAX).max_headers(HEADERS_MAX);
        let proxies = Proxies::new(&limits.trusted_proxies).saying_country(&limits.country_header);
        Self { service, subscribers, proxies, http1, idle_max: head_within, shutdown }
    }

    /// Opens the stream that a connection asks for, if that can be done at once; else it is to be served.
    pub(super) fn open_at_once(&self, accepted: Accepted) -> AtDoor {
        let (Some(at_once), Protocol::Http1) = (&self.service.at_once, accepted.protocol) else {
            return AtDoor::ToServe(accepted, Vec::new());
        };
        match at_once::answer(&**at_once, &accepted.socket, accepted.peer, &self.proxies) {
            Outcome::Sent(subscription) => {
                self.subscribers.take_over(subscription, accepted.socket);
                AtDoor::Done
            }
            Outcome::Partly(subscription, unsent) => {
                AtDoor::ToFinish(Unsent { accepted, subscription, unsent })
            }
            Outcome::Not(ahead) => AtDoor::ToServe(accepted, ahead),
            Outcome::Gone => AtDoor::Done,
        }
    }

    /// Sends the rest of what a stream begins with.
    pub(super) async fn finish(self: Arc<Self>, unsent: Unsent) {
        let Unsent { accepted: Accepted { socket, counted, .. }, subscription, unsent } = unsent;
        let sending = async {
            let mut socket = TcpStream::from_std(socket)?;
            socket.write_all(&unsent).await?;
            socket.into_std()
        };
        match tokio::time::timeout(self.idle_max, sending).await {
            Ok(Ok(socket)) => self.subscribers.take_over(subscription, socket),
            Ok(Err(error)) => tracing::debug!(%error, "a connection ended"),
            Err(_) => tracing::debug!("a connection took no bytes"),
        }
        drop(counted);
    }

    /// Serves a connection, of which `ahead` was read, to its end. The permit is a place among the newcomers, and is given back with the
    /// first answer.
    pub(super) async fn serve(
        self: Arc<Self>,
        accepted: Accepted,
        ahead: Vec<u8>,
        permit: OwnedSemaphorePermit,
    ) {
        let Accepted { socket, peer, counted, protocol } = accepted;
        let outcome = match protocol {
            // On the heap at once: a task's future is moved some times before it has its place, and these are large.
            Protocol::Http1 => Box::pin(self.serve_http1((socket, ahead), peer, permit)).await,
            Protocol::Http2 => {
                drop(permit);
                let Ok(socket) = TcpStream::from_std(socket) else { return };
                Box::pin(self.serve_http2(socket, peer)).await
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, "a connection ended");
        }
        drop(counted);
    }

    async fn serve_http1(
        &self,
        (socket, ahead): (std::net::TcpStream, Vec<u8>),
        peer: SocketAddr,
        permit: OwnedSemaphorePermit,
    ) -> Result<(), hyper::Error> {
        let handover = Handover::default();
        let cut = Cut::new();
        let service = service_fn(|request| self.answer(request, peer, Some(handover.clone()), cut.clone()));
        let io = TokioIo::new(Watched::new(socket, ahead, handover.clone()));
        let mut connection = self.http1.serve_connection(io, service);
        let taken = {
            let mut stopping = pin!(self.shutdown.cancelled());
            let mut cutting = pin!(cut.cancelled());
            let mut slow = pin!(tokio::time::sleep(HANDSHAKE_MAX));
            let (mut permit, mut is_stopping, mut is_told) = (Some(permit), false, false);
            poll_fn(|context| {
                if cutting.as_mut().poll(context).is_ready() {
                    return Poll::Ready(Ok(None));
                }
                is_stopping = is_stopping || stopping.as_mut().poll(context).is_ready();
                // hyper closes a connection at once that has said nothing yet; it gets its answer first.
                if is_stopping && !is_told && handover.has_answered() {
                    is_told = true;
                    Pin::new(&mut connection).graceful_shutdown();
                }
                if let Poll::Ready(ended) = Pin::new(&mut connection).poll(context) {
                    return Poll::Ready(ended.map(|()| None));
                }
                if permit.is_some() && (handover.has_answered() || slow.as_mut().poll(context).is_ready()) {
                    permit = None;
                }
                if let Some(subscription) = handover.take() {
                    return Poll::Ready(Ok(Some(subscription)));
                }
                if handover.settle() {
                    context.waker().wake_by_ref();
                }
                Poll::Pending
            })
            .await?
        };
        if let Some(subscription) = taken {
            match connection.into_parts().io.into_inner().into_std() {
                Ok(socket) => self.subscribers.take_over(subscription, socket),
                Err(error) => tracing::warn!(%error, "a stream could not be taken over"),
            }
        }
        Ok(())
    }

    async fn serve_http2(&self, socket: TcpStream, peer: SocketAddr) -> Result<(), hyper::Error> {
        let requests = Requests::new();
        let asking = requests.clone();
        let service = service_fn(move |request| self.answer(request, peer, None, asking.cut_next()));
        let mut connection = self.http2(requests.clone()).serve_connection(TokioIo::new(socket), service);
        let mut stopping = pin!(self.shutdown.cancelled());
        let mut patience = pin!(tokio::time::sleep(self.idle_max));
        let (mut is_stopping, mut is_told) = (false, false);
        poll_fn(|context| {
            is_stopping = is_stopping || stopping.as_mut().poll(context).is_ready();
            while patience.as_mut().poll(context).is_ready() {
                let now = Instant::now();
                let idle_for = requests.idle_since().map(|it| now.saturating_duration_since(it));
                let left = match idle_for {
                    Some(idle_for) if idle_for < self.idle_max => self.idle_max - idle_for,
                    // It was told, or has not even said that it speaks HTTP/2.
                    Some(_) if is_told || !requests.have_begun() => return Poll::Ready(Ok(())),
                    Some(_) => {
                        is_stopping = true;
                        GOODBYE_MAX
                    }
                    None => self.idle_max,
                };
                patience.as_mut().reset((now + left).into());
            }
            if is_stopping && !is_told {
                is_told = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
            Pin::new(&mut connection).poll(context)
        })
        .await
    }

    fn http2(&self, requests: Requests) -> http2::Builder<Requests> {
        let mut http2 = http2::Builder::new(requests);
        http2.timer(TokioTimer::new()).keep_alive_interval(self.idle_max).keep_alive_timeout(self.idle_max);
        http2.max_concurrent_streams(STREAMS_MAX).max_send_buf_size(SEND_BUFFER_BYTES);
        http2.max_header_list_size(u32::try_from(HEAD_BYTES_MAX).expect("a small number"));
        http2
    }

    /// A request's answer by the routes, which are told where it came from and what its connection can do.
    fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        handover: Option<Handover>,
        cut: Cut,
    ) -> impl Future<Output = Result<Response, Infallible>> + Send + use<> {
        let mut request = request.map(Body::new);
        let client = self.proxies.client_of(peer, request.headers_mut());
        let version = request.version();
        let extensions = request.extensions_mut();
        extensions.insert(ConnectInfo(peer));
        extensions.insert(client);
        extensions.insert(cut);
        // HTTP/1.0 knows no chunks, which is what a shard sends.
        if let Some(handover) = handover.filter(|_| version == Version::HTTP_11) {
            extensions.insert(handover);
        }
        let answering = self.service.routes.clone().oneshot(request);
        let shutdown = self.shutdown.clone();
        async move {
            let mut response = answering.await?;
            if version != Version::HTTP_2 && shutdown.is_cancelled() {
                // Said, so that the client does not send another request while it is being closed.
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response)
        }
    }
}
