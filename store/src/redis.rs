//! Redis, the bus between processes: a connection that mends itself, publishing, and subscriptions that say when
//! they may have missed something.

use crate::error::Error;
use futures_util::StreamExt;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, Client};
use std::time::Duration;
use tokio::sync::mpsc;

/// How long making a connection may take.
const CONNECT_MS_MAX: u64 = 2_000;
/// How often a connection is tried again, after some 100 ms each, before the command that needs it fails.
const CONNECT_RETRIES: usize = 1;
/// How long an answer may take.
const ANSWER_MS_MAX: u64 = 2_000;
/// How many messages wait for a subscriber before Redis is read no further.
const WAITING_MAX: usize = 1_024;
/// The first pause before a lost subscription is made again; it doubles up to [`PAUSE_MS_MAX`].
const PAUSE_MS_MIN: u64 = 20;
const PAUSE_MS_MAX: u64 = 2_000;

/// A Redis server (6.2 or newer). Cloning is cheap and shares the connection, which reconnects by itself; a command
/// that was under way when it broke is an error and is not sent again.
#[derive(Clone)]
pub struct Redis {
    client: Client,
    manager: ConnectionManager,
}

impl Redis {
    /// Connects to `redis://host:6379/0` or `redis+unix:///path/to/socket`.
    pub async fn connect(url: &str) -> Result<Redis, Error> {
        let client = Client::open(url).map_err(|error| failed("URL cannot be read", &error))?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(Duration::from_millis(CONNECT_MS_MAX)))
            .set_number_of_retries(CONNECT_RETRIES)
            .set_response_timeout(Some(Duration::from_millis(ANSWER_MS_MAX)));
        let manager = client.get_connection_manager_with_config(config).await;
        let manager = manager.map_err(|error| failed("cannot be reached", &error))?;
        Ok(Redis { client, manager })
    }

    /// The connection, for commands that this type does not name.
    pub fn connection(&self) -> ConnectionManager {
        self.manager.clone()
    }

    /// Sends `payload` to everyone who listens on `channel`; says how many connections that were.
    pub async fn publish(&self, channel: &str, payload: &[u8]) -> Result<u64, Error> {
        let mut connection = self.manager.clone();
        connection.publish(channel, payload).await.map_err(|error| failed("refused to publish", &error))
    }

    /// Listens on `channels` over a connection of its own. Answers when Redis has confirmed all of them: what is
    /// published afterwards is heard.
    pub async fn subscribe(&self, channels: &[&str]) -> Result<Subscription, Error> {
        let channels: Vec<String> = channels.iter().map(|channel| (*channel).to_owned()).collect();
        let listening = listen(&self.client, &channels).await?;
        let (heard, hears) = mpsc::channel(WAITING_MAX);
        let task = tokio::spawn(relay(self.client.clone(), channels, listening, heard)).abort_handle();
        Ok(Subscription { hears, task })
    }
}

/// What a subscriber hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Message {
        channel: String,
        payload: Vec<u8>,
    },
    /// The connection was lost and made again: messages sent in between are gone, so look at the source again.
    Gap,
}

/// An open subscription; dropping it ends it.
pub struct Subscription {
    hears: mpsc::Receiver<Heard>,
    task: tokio::task::AbortHandle,
}

impl Subscription {
    /// The next message or gap. `None` only when the runtime is shutting down.
    pub async fn next(&mut self) -> Option<Heard> {
        self.hears.recv().await
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(client: &Client, channels: &[String]) -> Result<redis::aio::PubSub, Error> {
    let connecting = async {
        let mut listening = client.get_async_pubsub().await?;
        for channel in channels {
            listening.subscribe(channel).await?;
        }
        Ok(listening)
    };
    match tokio::time::timeout(Duration::from_millis(CONNECT_MS_MAX), connecting).await {
        Ok(listening) => listening.map_err(|error: redis::RedisError| failed("refused to subscribe", &error)),
        Err(_) => Err(Error::Redis {
            doing: "did not answer",
            reason: format!("no subscription within {CONNECT_MS_MAX} ms"),
        }),
    }
}

/// Carries messages to the subscriber, and makes the connection again whenever it is lost.
async fn relay(
    client: Client,
    channels: Vec<String>,
    mut listening: redis::aio::PubSub,
    heard: mpsc::Sender<Heard>,
) {
    loop {
        let mut messages = listening.into_on_message();
        while let Some(message) = messages.next().await {
            let channel = message.get_channel_name().to_owned();
            let payload = message.get_payload_bytes().to_vec();
            if heard.send(Heard::Message { channel, payload }).await.is_err() {
                return;
            }
        }
        listening = again(&client, &channels).await;
        if heard.send(Heard::Gap).await.is_err() {
            return;
        }
    }
}

/// Tries until Redis is back; the subscriber's drop aborts it.
async fn again(client: &Client, channels: &[String]) -> redis::aio::PubSub {
    let mut pause_ms = PAUSE_MS_MIN;
    loop {
        match listen(client, channels).await {
            Ok(listening) => return listening,
            Err(error) => tracing::warn!(%error, pause_ms, "a Redis subscription was lost"),
        }
        tokio::time::sleep(Duration::from_millis(rand::random_range(pause_ms / 2..=pause_ms))).await;
        pause_ms = (pause_ms * 2).min(PAUSE_MS_MAX);
    }
}

fn failed(doing: &'static str, error: &redis::RedisError) -> Error {
    Error::Redis { doing, reason: error.to_string() }
}
