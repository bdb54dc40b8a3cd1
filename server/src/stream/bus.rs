//! Updates between processes over Redis pub/sub. It is only the doorbell with the news in hand: the log in PostgreSQL is the truth,
//! and a process that missed a message notices by the `seq` and reads the log.

use super::hub::Hub;
use super::published::{Body, Published};
use bytes::Bytes;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{Channel, Heard, Hearing, Redis, Session};
use tokio::sync::mpsc;
use wire::{Position, Update};

/// One channel for all matches: each process holds topics of any of them.
const CHANNEL: Channel<'_> = Channel("updates");
/// Updates waiting for Redis, at most; when it is away longer, others catch up from the log.
const WAITING_MAX: usize = 4096;

/// The pause before a message is sent again; it doubles up to the longest.
const PAUSE_MS_MIN: u64 = 20;
const PAUSE_MS_MAX: u64 = 2_000;

/// The sending end.
#[derive(Clone)]
pub struct Bus {
    queue: mpsc::Sender<Vec<u8>>,
    /// Matches with updates that found the queue full: their readers elsewhere are told to look at the log.
    overflowed: Arc<Mutex<BTreeSet<String>>>,
}

impl Bus {
    /// Starts the task that sends, in order.
    pub fn start(redis: Redis) -> Self {
        let (queue, mut waiting) = mpsc::channel::<Vec<u8>>(WAITING_MAX);
        let overflowed = Arc::<Mutex<BTreeSet<String>>>::default();
        let bus = Self { queue, overflowed: overflowed.clone() };
        tokio::spawn(async move {
            let mut session = None;
            while let Some(message) = waiting.recv().await {
                deliver(&redis, &mut session, &message).await;
                let missed = std::mem::take(&mut *overflowed.lock().unwrap_or_else(PoisonError::into_inner));
                for match_id in missed {
                    deliver(&redis, &mut session, &message_of(&match_id, &[])).await;
                }
            }
        });
        bus
    }

    /// Queues an update; never waits, so that a slow Redis cannot hold up the readers of this process. An empty frame says that the
    /// log has to be read.
    pub(super) fn send(&self, match_id: &str, frame: &[u8]) {
        if self.queue.try_send(message_of(match_id, frame)).is_err() {
            metrics::counter!("bus_lost_total").increment(1);
            self.overflowed.lock().unwrap_or_else(PoisonError::into_inner).insert(match_id.to_owned());
        }
    }
}

fn message_of(match_id: &str, frame: &[u8]) -> Vec<u8> {
    [match_id.as_bytes(), b"\n", frame].concat()
}

/// Sends until Redis has it. A message that arrives twice does no harm; one that never does would leave others behind until the
/// match's next update, which after a result may never come.
async fn deliver(redis: &Redis, session: &mut Option<Session>, message: &[u8]) {
    let mut pause_ms = PAUSE_MS_MIN;
    loop {
        let sent = match session {
            Some(session) => session.say(CHANNEL, message).await,
            None => match redis.open().await {
                Ok((opened, _)) => {
                    *session = Some(opened);
                    continue;
                }
                Err(error) => Err(error),
            },
        };
        let Err(error) = sent else { return };
        *session = None;
        tracing::warn!(%error, pause_ms, "an update did not reach the bus; it is sent again");
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        pause_ms = (pause_ms * 2).min(PAUSE_MS_MAX);
    }
}

/// Listens until the process ends, and keeps `hub` in step with the writers elsewhere.
pub async fn follow(redis: Redis, hub: Hub) -> Result<(), store::Error> {
    let (mut _session, mut hearing) = listen(&redis).await?;
    tokio::spawn(async move {
        loop {
            match hearing.next().await {
                Some(Heard::Message { payload, .. }) => hear(&hub, payload).await,
                Some(Heard::Joined { .. }) => hub.refresh_all().await,
                Some(Heard::Left { .. }) => {}
                Some(Heard::Lost) | None => {
                    (_session, hearing) = loop {
                        if let Ok(opened) = listen(&redis).await {
                            break opened;
                        }
                        tokio::time::sleep(Duration::from_millis(PAUSE_MS_MIN)).await;
                    };
                }
            }
        }
    });
    Ok(())
}

async fn listen(redis: &Redis) -> Result<(Session, Hearing), store::Error> {
    let (session, hearing) = redis.open().await?;
    session.listen(CHANNEL).await?;
    Ok((session, hearing))
}

async fn hear(hub: &Hub, payload: Vec<u8>) {
    let Some(end) = payload.iter().position(|it| *it == b'\n') else { return };
    let Ok(match_id) = std::str::from_utf8(&payload[..end]) else { return };
    let match_id = match_id.to_owned();
    let frame = Bytes::from(payload).slice(end + 1..);
    match (position(&frame), update(&frame)) {
        (Some(position), Some(update)) => {
            hub.receive(&match_id, Published { position, frame, body: Body::Command(update) }).await;
        }
        // A correction, or what a newer release sends: this process's own copy comes from the log, unless it wrote that itself.
        (Some(position), None) => hub.catch_up(&match_id, position).await,
        (None, _) => hub.refresh(&match_id).await,
    }
}

fn position(frame: &[u8]) -> Option<Position> {
    std::str::from_utf8(frame).ok()?.lines().next()?.strip_prefix("id: ")?.parse().ok()
}

/// The update in a `ball` or `state` frame.
fn update(frame: &[u8]) -> Option<Update> {
    let mut lines = std::str::from_utf8(frame).ok()?.lines().skip(1);
    let event = lines.next()?.strip_prefix("event: ")?;
    let data = lines.next()?.strip_prefix("data: ")?;
    matches!(event, "ball" | "state").then(|| wire::decode(data).ok())?
}
