//! A reader of a topic: an SSE body that follows the ring.

use super::topic::{After, Start, Topic};
use crate::config;
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use wire::{Bye, Position};

/// Counts the open streams of this process and opens new ones within the limits.
#[derive(Clone)]
pub struct Readers {
    limits: config::Stream,
    drain: Duration,
    counts: Arc<Mutex<Counts>>,
    shutdown: CancellationToken,
}

#[derive(Default)]
struct Counts {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// No further stream may be opened now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    Process { max: usize },
    Address { max: usize },
    ShuttingDown,
}

impl Readers {
    /// No readers yet. When `shutdown` fires, each is told goodbye at a random moment within `drain`.
    pub fn new(limits: config::Stream, drain: Duration, shutdown: CancellationToken) -> Self {
        Self { limits, drain, counts: Arc::default(), shutdown }
    }

    /// Opens a stream for a reader at `address`, or says why not.
    pub fn open(
        &self,
        topic: Arc<Topic>,
        start: Start,
        address: IpAddr,
    ) -> Result<impl Stream<Item = Result<Bytes, Infallible>> + use<>, Full> {
        let seat = self.seat(address)?;
        let (from, first) = match start {
            Start::Resume { from } => (from, Bytes::new()),
            Start::Snapshot { from, frame } => (from, frame),
        };
        let retry_ms = self.retry_ms();
        let mut heartbeat = tokio::time::interval(Duration::from_secs(self.limits.heartbeat_seconds.max(1)));
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        heartbeat.reset();
        let (notice, told) = topic.notices();
        let notice = notice.unwrap_or_default();
        let reader = Reader {
            head: topic.follow(),
            told,
            topic,
            at: from,
            heartbeat,
            shutdown: self.shutdown.clone(),
            drain: self.drain,
            leaves_at: None,
            retry_ms,
            first: Some(Bytes::from([format!("retry: {retry_ms}\n\n").as_bytes(), &first, &notice].concat())),
            ended: false,
            _seat: seat,
        };
        Ok(stream::unfold(reader, |mut reader| async move {
            let bytes = reader.next().await?;
            Some((Ok(bytes), reader))
        }))
    }

    fn seat(&self, address: IpAddr) -> Result<Seat, Full> {
        if self.shutdown.is_cancelled() {
            return Err(Full::ShuttingDown);
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.all >= self.limits.subscribers_max {
            return Err(Full::Process { max: self.limits.subscribers_max });
        }
        let here = counts.by_address.entry(address).or_default();
        if *here >= self.limits.subscribers_per_address_max {
            return Err(Full::Address { max: self.limits.subscribers_per_address_max });
        }
        *here += 1;
        counts.all += 1;
        metrics::gauge!("stream_readers").set(counts.all as f64);
        Ok(Seat { counts: self.counts.clone(), address })
    }

    /// Spread, so that readers cut off together do not come back together.
    fn retry_ms(&self) -> u32 {
        let (min, max) = (self.limits.retry_ms_min, self.limits.retry_ms_max);
        rand::random_range(min..=max.max(min))
    }
}

/// A place among the counted; given back when the stream is dropped, however it ends.
struct Seat {
    counts: Arc<Mutex<Counts>>,
    address: IpAddr,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all -= 1;
        metrics::gauge!("stream_readers").set(counts.all as f64);
        if let Some(here) = counts.by_address.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                counts.by_address.remove(&self.address);
            }
        }
    }
}

/// One open stream. Its memory is this struct: updates stay in the ring until the socket takes them.
struct Reader {
    topic: Arc<Topic>,
    head: watch::Receiver<Position>,
    told: watch::Receiver<Bytes>,
    at: Position,
    heartbeat: Interval,
    shutdown: CancellationToken,
    drain: Duration,
    /// When it is told goodbye; drawn once the process is to stop.
    leaves_at: Option<Instant>,
    retry_ms: u32,
    /// The `retry` line and, for a newcomer, the snapshot.
    first: Option<Bytes>,
    ended: bool,
    _seat: Seat,
}

/// What a reader waits for.
enum Woken {
    Update,
    Told,
    Heartbeat,
    Shutdown,
}

impl Reader {
    /// The next bytes for the socket; none when the stream is over.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        if self.ended {
            return None;
        }
        loop {
            // Seen before looking, so that an update between looking and waiting wakes us.
            self.head.borrow_and_update();
            match self.topic.after(self.at) {
                After::Frames { bytes, to } => {
                    self.at = to;
                    self.heartbeat.reset();
                    return Some(bytes);
                }
                After::Gone if self.head.borrow().epoch != self.at.epoch => return Some(self.restart()),
                After::Gone => return Some(self.bye("slow")),
                After::Nothing => {}
            }
            match self.wait().await {
                Woken::Update => {}
                Woken::Told => return Some(self.told.borrow_and_update().clone()),
                Woken::Heartbeat => return Some(Bytes::from_static(b":\n\n")),
                Woken::Shutdown => return Some(self.bye("shutdown")),
            }
        }
    }

    async fn wait(&mut self) -> Woken {
        let (shutdown, drain, leaves_at) = (&self.shutdown, self.drain, &mut self.leaves_at);
        let deadline = async {
            shutdown.cancelled().await;
            // Kept: updates that come in between must not put it off.
            let at = *leaves_at.get_or_insert_with(|| Instant::now() + drain.mul_f64(rand::random()));
            tokio::time::sleep_until(at).await;
        };
        tokio::select! {
            changed = self.head.changed() => match changed {
                Ok(()) => Woken::Update,
                // The topic's sender lives in the topic, which this reader holds.
                Err(_) => Woken::Shutdown,
            },
            Ok(()) = self.told.changed() => Woken::Told,
            _ = self.heartbeat.tick() => Woken::Heartbeat,
            () = deadline => Woken::Shutdown,
        }
    }

    /// A new history of the match began: the reader takes its state.
    fn restart(&mut self) -> Bytes {
        match self.topic.start(None) {
            Ok(Start::Snapshot { from, frame }) => {
                self.at = from;
                frame
            }
            Ok(Start::Resume { .. }) | Err(_) => self.bye("slow"),
        }
    }

    fn bye(&mut self, reason: &'static str) -> Bytes {
        self.ended = true;
        metrics::counter!("stream_byes_total", "reason" => reason).increment(1);
        let bye = Bye { reason: reason.to_owned(), retry_ms: self.retry_ms };
        Bytes::from(format!("event: bye\ndata: {}\n\n", wire::encode(&bye)))
    }
}
