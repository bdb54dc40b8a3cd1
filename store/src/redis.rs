//! Redis, the bus between processes: sessions that carry commands and messages, and say when messages may be missing.
//!
//! Read [`Session`] first. A session does not mend itself: whoever holds it opens another one when it is [`Heard::Lost`] or a command
//! fails, so that there is one place where what was missed is looked for.

mod address;
mod channel;
mod rate;
mod roll;
mod sheet;

pub use channel::{Channel, Keep, Posting};
pub use rate::{Bucket, Poured};
pub use sheet::Sheet;

use crate::error::Error;
use address::Address;
use redis::aio::MultiplexedConnection;
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{SentinelClient, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, Pipeline, PushInfo, PushKind, RedisError,
    RedisResult, Value,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// How long making a connection may take.
const CONNECT_MAX: Duration = Duration::from_secs(2);
/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// How many messages wait for their listener; when there are more, they are let go and he is told.
const WAITING_MAX: usize = 4_096;
/// How often a command is tried again in a Cluster that has moved it elsewhere or is electing, and how long before.
const CLUSTER_RETRIES: u32 = 3;
const CLUSTER_PAUSE_MS_MAX: u64 = 100;

/// Where a Redis is (6.2 or newer; sharded channels need 7).
#[derive(Clone)]
pub struct Redis {
    address: Address,
}

/// Connections to a Redis: one for commands, one for messages, so that neither waits for the other. Cloning shares them.
#[derive(Clone)]
pub struct Session {
    commands: Wire,
    ears: Wire,
    /// Whether channels live where their keys do (Redis 7): in a Cluster, a message then goes to one shard and not to all.
    sharded: bool,
}

/// A connection.
#[derive(Clone)]
enum Wire {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// What a session hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Message {
        channel: String,
        payload: Vec<u8>,
    },
    /// Redis listens to the channel for us: what is sent from now on is heard.
    Joined {
        channel: String,
    },
    /// It does so no longer, because we asked for that or because the channel moved to another server.
    Left {
        channel: String,
    },
    /// A connection broke, or more came than were waited for: messages may be missing.
    Lost,
}

/// The receiving end of a session.
pub struct Hearing {
    heard: mpsc::Receiver<Heard>,
    overflowed: Arc<AtomicBool>,
}

impl Hearing {
    /// The next thing heard; none when the session is over.
    pub async fn next(&mut self) -> Option<Heard> {
        if self.overflowed.swap(false, Ordering::AcqRel) {
            return Some(Heard::Lost);
        }
        self.heard.recv().await
    }
}

impl Redis {
    /// `redis://host:6379/0`, `rediss://…` (TLS), `redis+unix:///path`, `redis-cluster://host,host`,
    /// `redis-sentinel://host,host/master`; `user:password@` may stand before the hosts.
    pub fn at(url: &str) -> Result<Redis, Error> {
        Ok(Redis { address: Address::parse(url)? })
    }

    /// The same, after a look whether it answers.
    pub async fn connect(url: &str) -> Result<Redis, Error> {
        let redis = Redis::at(url)?;
        redis.open().await.map(|_| redis)
    }

    /// Connects.
    pub async fn open(&self) -> Result<(Session, Hearing), Error> {
        let (mouth, heard) = mpsc::channel(WAITING_MAX);
        let overflowed = Arc::<AtomicBool>::default();
        let opening = async {
            let ear = Ear { mouth, overflowed: overflowed.clone() };
            let (commands, ears) = self.wires(&ear).await?;
            let mut session = Session { commands, ears, sharded: false };
            session.sharded = session.can_shard().await?;
            Ok(session)
        };
        let opened = tokio::time::timeout(CONNECT_MAX * 2, opening).await;
        let opened = opened.map_err(|_| Error::Redis {
            doing: "cannot be reached",
            reason: format!("it did not answer within {} ms", (CONNECT_MAX * 2).as_millis()),
        })?;
        let session = opened.map_err(|error: RedisError| failed("cannot be reached", &error))?;
        Ok((session, Hearing { heard, overflowed }))
    }

    async fn wires(&self, ear: &Ear) -> RedisResult<(Wire, Wire)> {
        match &self.address {
            Address::One(info) => connect_one(&Client::open(info.clone())?, ear).await,
            Address::Sentinel { sentinels, master, server } => {
                let (sentinels, master) = (sentinels.clone(), master.clone());
                let kind = SentinelServerType::Master;
                let mut client = SentinelClient::build(sentinels, master, Some(server.clone()), kind)?;
                connect_one(&client.async_get_client().await?, ear).await
            }
            Address::Cluster(nodes) => {
                let connect = async || {
                    let client = ClusterClientBuilder::new(nodes.clone())
                        .connection_timeout(CONNECT_MAX)
                        .response_timeout(ANSWER_MAX)
                        .retries(CLUSTER_RETRIES)
                        .max_retry_wait(CLUSTER_PAUSE_MS_MAX)
                        .push_sender(ear.clone().into_sender())
                        .build()?;
                    client.get_async_connection().await.map(Wire::Cluster)
                };
                Ok((connect().await?, connect().await?))
            }
        }
    }
}

async fn connect_one(client: &Client, ear: &Ear) -> RedisResult<(Wire, Wire)> {
    let connect = async || {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_MAX))
            .set_response_timeout(Some(ANSWER_MAX))
            .set_push_sender(ear.clone().into_sender());
        client.get_multiplexed_async_connection_with_config(&config).await.map(Wire::One)
    };
    Ok((connect().await?, connect().await?))
}

/// Where a connection puts what Redis says unasked.
#[derive(Clone)]
struct Ear {
    mouth: mpsc::Sender<Heard>,
    overflowed: Arc<AtomicBool>,
}

impl Ear {
    fn into_sender(self) -> impl Fn(PushInfo) -> Result<(), ()> + Send + Sync + 'static {
        move |push| {
            if let Some(heard) = understood(push)
                && self.mouth.try_send(heard).is_err()
            {
                self.overflowed.store(true, Ordering::Release);
            }
            Ok(())
        }
    }
}

fn understood(PushInfo { kind, data }: PushInfo) -> Option<Heard> {
    let mut data = data.into_iter();
    let mut next = || match data.next() {
        Some(Value::BulkString(bytes)) => Some(bytes),
        Some(Value::SimpleString(text)) => Some(text.into_bytes()),
        _ => None,
    };
    let mut channel = || String::from_utf8(next()?).ok();
    match kind {
        PushKind::Message | PushKind::SMessage => {
            let channel = channel()?;
            Some(Heard::Message { channel, payload: next()? })
        }
        PushKind::Subscribe | PushKind::SSubscribe => Some(Heard::Joined { channel: channel()? }),
        PushKind::Unsubscribe | PushKind::SUnsubscribe => Some(Heard::Left { channel: channel()? }),
        PushKind::Disconnection => Some(Heard::Lost),
        _ => None,
    }
}

impl Session {
    /// Whether it leads to one server, so that it is over as a whole once a connection breaks. In a Cluster others go on.
    pub fn is_one(&self) -> bool {
        matches!(self.commands, Wire::One(_))
    }

    /// Whether both connections answer, every node of a Cluster included.
    pub async fn ping(&self) -> Result<(), Error> {
        let ping = redis::cmd("PING");
        let both =
            futures_util::future::try_join(self.commands.ask::<Value>(&ping), self.ears.ask::<Value>(&ping));
        both.await.map(drop).map_err(|error| failed("does not answer", &error))
    }

    async fn can_shard(&self) -> RedisResult<bool> {
        let known = redis::cmd("COMMAND").arg("INFO").arg("SPUBLISH").to_owned();
        let known: Value = self.commands.ask(&known).await?;
        Ok(matches!(known, Value::Array(found) if found.iter().any(|it| matches!(it, Value::Array(_)))))
    }
}

impl Wire {
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        match self.clone() {
            Wire::One(mut connection) => command.query_async(&mut connection).await,
            Wire::Cluster(mut connection) => command.query_async(&mut connection).await,
        }
    }

    async fn ask_all<T: FromRedisValue>(&self, commands: &Pipeline) -> RedisResult<T> {
        match self.clone() {
            Wire::One(mut connection) => commands.query_async(&mut connection).await,
            Wire::Cluster(mut connection) => commands.query_async(&mut connection).await,
        }
    }
}

fn failed(doing: &'static str, error: &RedisError) -> Error {
    Error::Redis { doing, reason: error.to_string() }
}
