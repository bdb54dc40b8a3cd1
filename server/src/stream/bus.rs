//! Updates between processes over Redis pub/sub. It is only the doorbell with the news in hand: the log in PostgreSQL is the truth,
//! and a process that missed a message notices by the `seq` and reads the log.

use super::hub::Hub;
use super::published::{Body, Published};
use bytes::Bytes;
use store::{Heard, Redis};
use tokio::sync::mpsc;
use wire::Update;

/// One channel for all matches: each process holds topics of any of them.
const CHANNEL: &str = "crease:updates";
/// Updates waiting for Redis, at most; when it is away longer, others catch up from the log.
const WAITING_MAX: usize = 4096;

/// The sending end.
#[derive(Clone)]
pub struct Bus {
    queue: mpsc::Sender<Vec<u8>>,
}

impl Bus {
    /// Starts the task that sends, in order.
    pub fn start(redis: Redis) -> Self {
        let (queue, mut waiting) = mpsc::channel::<Vec<u8>>(WAITING_MAX);
        tokio::spawn(async move {
            while let Some(message) = waiting.recv().await {
                if let Err(error) = redis.publish(CHANNEL, &message).await {
                    metrics::counter!("bus_lost_total").increment(1);
                    tracing::warn!(%error, "an update did not reach the bus; other processes read it from the log");
                }
            }
        });
        Self { queue }
    }

    /// Queues an update; never waits, so that a slow Redis cannot hold up the readers of this process. An empty frame says that the
    /// match began a new history.
    pub(super) fn send(&self, match_id: &str, frame: &[u8]) {
        let message = [match_id.as_bytes(), b"\n", frame].concat();
        if self.queue.try_send(message).is_err() {
            metrics::counter!("bus_lost_total").increment(1);
        }
    }
}

/// Listens until the process ends, and keeps `hub` in step with the writers elsewhere.
pub async fn follow(redis: Redis, hub: Hub) -> Result<(), store::Error> {
    let mut subscription = redis.subscribe(&[CHANNEL]).await?;
    tokio::spawn(async move {
        while let Some(heard) = subscription.next().await {
            match heard {
                Heard::Message { payload, .. } => hear(&hub, payload).await,
                Heard::Gap => hub.refresh_all().await,
            }
        }
    });
    Ok(())
}

async fn hear(hub: &Hub, payload: Vec<u8>) {
    let Some(end) = payload.iter().position(|it| *it == b'\n') else { return };
    let Ok(match_id) = std::str::from_utf8(&payload[..end]) else { return };
    let match_id = match_id.to_owned();
    let frame = Bytes::from(payload).slice(end + 1..);
    match parse(&frame) {
        Some(published) => hub.receive(&match_id, published).await,
        // A correction or a new history: this process's own copy comes from the log.
        None => hub.refresh(&match_id).await,
    }
}

/// The update in a `ball` or `state` frame.
fn parse(frame: &Bytes) -> Option<Published> {
    let mut lines = std::str::from_utf8(frame).ok()?.lines();
    let position = lines.next()?.strip_prefix("id: ")?.parse().ok()?;
    let event = lines.next()?.strip_prefix("event: ")?;
    let data = lines.next()?.strip_prefix("data: ")?;
    let update: Update = matches!(event, "ball" | "state").then(|| wire::decode(data).ok())??;
    Some(Published { position, frame: frame.clone(), body: Body::Command(update) })
}
