//! How connections come in: accepted by a thread of their own, admitted at a bounded rate, served by hyper, and, once a stream's head
//! is sent, given up to the shard that feeds it. One that asks for a stream which can be opened at once goes a shorter way
//! (`at_once.rs`), without hyper and the routes.
//!
//! A storm of newcomers must not delay a ball to those who are there: newcomers wait while a shard is sending, and no more than
//! `handshakes_max` of them are being served at once.

mod accept;
mod address;
mod at_once;
mod connection;
mod handover;
mod requests;

pub use address::{ClientAddress, Proxies};
pub use at_once::{AtOnce, Opened};
pub use handover::Handover;

use crate::config;
use crate::stream::Subscribers;
use accept::{Accepted, Accepting};
use connection::{AtDoor, Serving};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long requests that are still open may take, once all streams have left.
const REQUESTS_END_MAX: Duration = Duration::from_secs(2);
/// How long newcomers wait, at most, for shards to have sent an update.
const YIELD_MS_MAX: u64 = 20;
/// How many newcomers come in at most before that is looked at: about a millisecond's work.
const ADMITTED_AT_ONCE: usize = 64;

/// What a port serves.
pub struct Service {
    pub routes: axum::Router,
    /// The short way to a stream, where there are streams.
    pub at_once: Option<Arc<dyn AtOnce>>,
}

/// A bound port.
pub struct Door {
    listener: TcpListener,
    limits: config::Http,
}

impl Door {
    /// Binds the configured address. A peer that takes no bytes for as long as a stream may stall is cut off by the kernel, which alone
    /// can see it.
    pub fn open(limits: config::Http, streams: &config::Stream) -> io::Result<Self> {
        let stalled = Duration::from_secs(streams.stalled_seconds_max);
        let listener = accept::listen(limits.listen, stalled)?;
        if let Err(error) =
            accept::reserve_files(&listener, limits.connections_max.saturating_add(streams.subscribers_max))
        {
            tracing::info!(%error, "no room could be made for open files");
        }
        Ok(Self { listener, limits })
    }

    /// The address that it is bound to.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `shutdown`, then until the streams have left (within `drain` and a second) and open requests are done.
    pub async fn serve(
        self,
        service: Service,
        subscribers: Subscribers,
        shutdown: CancellationToken,
        drain: Duration,
    ) -> io::Result<()> {
        let Self { listener, limits } = self;
        let door_closed = CancellationToken::new();
        let accepted = accept::start(listener, Accepting::of(&limits), door_closed.clone())?;
        let open = TaskTracker::new();
        // Whoever stops waiting for this (or has waited long enough) ends every connection, and the thread that accepts them.
        let abandoned = CancellationToken::new();
        let _ended = (abandoned.clone().drop_guard(), door_closed.clone().drop_guard());
        let admission = Admission {
            accepted,
            handshakes: Arc::new(Semaphore::new(limits.handshakes_max.max(1))),
            rate: Rate::new(limits.accepts_per_second_max),
            serving: Arc::new(Serving::new(service, subscribers.clone(), &limits, shutdown.clone())),
            subscribers: subscribers.clone(),
            open: open.clone(),
            abandoned: abandoned.clone(),
        };
        // A task of its own: on the threads that serve connections, so that none of them is woken from another.
        let mut admitting = tokio::spawn(admission.run(door_closed.clone()));
        // While streams leave, newcomers are told so, and health is answered.
        let draining = async {
            shutdown.cancelled().await;
            let streams_leave = async {
                while subscribers.count() > 0 {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            };
            let _overdue = tokio::time::timeout(drain + Duration::from_secs(1), streams_leave).await;
        };
        let ended = tokio::select! {
            ended = &mut admitting => Some(ended),
            () = draining => None,
        };
        door_closed.cancel();
        let ended = match ended {
            Some(ended) => ended,
            None => admitting.await,
        };
        if let Err(error) = ended {
            return Err(io::Error::other(error));
        }
        open.close();
        if tokio::time::timeout(REQUESTS_END_MAX, open.wait()).await.is_err() {
            tracing::info!("some requests did not end in time");
        }
        Ok(())
    }
}

/// Lets in the connections that were accepted.
struct Admission {
    accepted: mpsc::UnboundedReceiver<Vec<Accepted>>,
    handshakes: Arc<Semaphore>,
    rate: Rate,
    serving: Arc<Serving>,
    subscribers: Subscribers,
    open: TaskTracker,
    abandoned: CancellationToken,
}

impl Admission {
    /// Until the door is closed, and its thread gone: then its port is free for a successor. Whom it took last is turned away by closing.
    async fn run(mut self, door_closed: CancellationToken) {
        tokio::select! {
            () = self.admit_all() => {}
            () = door_closed.cancelled() => {}
        }
        while self.accepted.recv().await.is_some() {}
    }

    async fn admit_all(&mut self) {
        while let Some(accepted) = self.accepted.recv().await {
            for (at, connection) in accepted.into_iter().enumerate() {
                if at % ADMITTED_AT_ONCE == 0 {
                    // Tasks that are ready have their turn, a ball on its way among them, however many connections come in.
                    tokio::task::yield_now().await;
                    self.yield_to_updates().await;
                }
                self.rate.admit().await;
                match self.serving.open_at_once(connection) {
                    AtDoor::Done => {}
                    AtDoor::ToFinish(unsent) => self.spawn(self.serving.clone().finish(unsent)),
                    AtDoor::ToServe(connection, ahead) => {
                        let Ok(permit) = self.handshakes.clone().acquire_owned().await else { return };
                        self.spawn(self.serving.clone().serve(connection, ahead, permit));
                    }
                }
            }
        }
    }

    fn spawn(&self, connection: impl Future<Output = ()> + Send + 'static) {
        self.open.spawn(self.abandoned.clone().run_until_cancelled_owned(connection));
    }

    /// Waits while shards are sending an update, but not for ever.
    async fn yield_to_updates(&self) {
        let yielded_until = Instant::now() + Duration::from_millis(YIELD_MS_MAX);
        while self.subscribers.is_busy() && Instant::now() < yielded_until {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// So many a second, with as many saved up at most.
struct Rate {
    per_second: f64,
    saved: f64,
    looked_at: Instant,
}

impl Rate {
    fn new(per_second: u32) -> Self {
        let per_second = f64::from(per_second.max(1));
        Self { per_second, saved: per_second, looked_at: Instant::now() }
    }

    /// Waits until one more is allowed.
    async fn admit(&mut self) {
        let now = Instant::now();
        self.saved += now.duration_since(self.looked_at).as_secs_f64() * self.per_second;
        self.saved = self.saved.min(self.per_second);
        self.looked_at = now;
        if self.saved < 1.0 {
            let lacking = (1.0 - self.saved).max(self.per_second / 1000.0) / self.per_second;
            tokio::time::sleep(Duration::from_secs_f64(lacking)).await;
        }
        self.saved -= 1.0;
    }
}
