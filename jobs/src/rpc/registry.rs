//! Which servers live, and where.

use super::relay::{Line, channel_of};
use super::server::Services;
use crate::error::Error;
use crate::node::SILENCE_MS;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use store::{Client, Redis, Store};

/// Where servers are found, and how they are reached.
#[derive(Clone)]
pub struct Registry {
    pub(super) place: Place,
    /// For servers that cannot be reached at their address.
    pub(super) line: Option<Arc<Line>>,
}

#[derive(Clone)]
pub(super) enum Place {
    Local(Arc<Mutex<Vec<Weak<Services>>>>),
    Postgres(Store),
    Redis(Arc<Line>),
}

/// A live server elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Instance {
    pub(super) number: i64,
    pub(super) address: SocketAddr,
    pub(super) token: Vec<u8>,
}

impl Registry {
    /// Servers of this process; calls need no network, no database and no Redis.
    pub fn local() -> Registry {
        Registry { place: Place::Local(Arc::default()), line: None }
    }

    /// Servers of all processes on this database.
    pub fn postgres(store: &Store) -> Registry {
        Registry { place: Place::Postgres(store.clone()), line: None }
    }

    /// Servers of all processes on this Redis, by way of which those are called that cannot be reached at their address.
    pub fn redis(redis: &Redis) -> Registry {
        let line = Line::new(redis);
        Registry { place: Place::Redis(Arc::clone(&line)), line: Some(line) }
    }

    /// Servers that cannot be reached at their address are called by way of this Redis. Servers and callers must say the same.
    #[must_use]
    pub fn or_by_way_of(self, redis: &Redis) -> Registry {
        Registry { line: Some(Line::new(redis)), ..self }
    }
}

const JOIN: &str = "
    insert into jobs.server (address, services, token) values ($1, $2, $3) returning number";

const BEAT: &str = "
    update jobs.server set seen_at = clock_timestamp() where number = $1
    returning number, set_config('synchronous_commit', 'off', true)";

const LEAVE: &str = "delete from jobs.server where number = $1";

/// Whoever looks forgets the silent, too.
const FORGET: &str = "
    delete from jobs.server where number in (
        select number from jobs.server where seen_at < clock_timestamp() - make_interval(secs => $1::float8 / 1000)
        for update skip locked)
    returning number";

const LIVE: &str = "
    select number, address, token from jobs.server
    where $1 = any(services) and seen_at > clock_timestamp() - make_interval(secs => $2::float8 / 1000)
    order by number";

/// What a server says of itself on Redis.
#[derive(Serialize, Deserialize)]
struct Card {
    address: SocketAddr,
    services: Vec<String>,
    token: Vec<u8>,
}

const ROLL: &str = "rpc";

impl Registry {
    /// A new server; its number is never given twice.
    pub(super) async fn join(
        &self,
        address: SocketAddr,
        services: &[&str],
        token: &[u8],
    ) -> Result<i64, Error> {
        match &self.place {
            Place::Local(_) => Ok(0),
            Place::Postgres(store) => {
                store.run_one("jobs.server", FORGET, &[&f64::from(SILENCE_MS)]).await?;
                let params: store::Params<'_> = &[&address.to_string(), &services, &token];
                Ok(store.run_one("jobs.server", JOIN, params).await?[0].get(0))
            }
            Place::Redis(_) => {
                let number = rand::random_range(1..i64::MAX);
                self.beat(number, address, services, token).await?;
                Ok(number)
            }
        }
    }

    /// Says that the server is there; whether it still was.
    pub(super) async fn beat(
        &self,
        number: i64,
        address: SocketAddr,
        services: &[&str],
        token: &[u8],
    ) -> Result<bool, Error> {
        match &self.place {
            Place::Local(_) => Ok(true),
            Place::Postgres(store) => Ok(!store.run_one("jobs.server", BEAT, &[&number]).await?.is_empty()),
            Place::Redis(line) => {
                let services = services.iter().map(ToString::to_string).collect();
                let card = Card { address, services, token: token.to_vec() };
                let card = serde_json::to_vec(&card).unwrap_or_default();
                let (open, live) = (line.open().await?, Duration::from_millis(SILENCE_MS.into()));
                let said = open.session.enrol(ROLL, &number.to_string(), &card, live).await;
                if said.is_err() {
                    line.lost(&open).await;
                }
                Ok(said.map(|()| true)?)
            }
        }
    }

    pub(super) async fn leave(&self, number: i64) -> Result<(), Error> {
        match &self.place {
            Place::Local(_) => {}
            Place::Postgres(store) => drop(store.run_one("jobs.server", LEAVE, &[&number]).await?),
            Place::Redis(line) => line.open().await?.session.strike(ROLL, &number.to_string()).await?,
        }
        Ok(())
    }

    /// The live servers of a service.
    pub(super) async fn live(&self, service: &str) -> Result<Vec<Instance>, Error> {
        match &self.place {
            Place::Local(_) => Ok(Vec::new()),
            Place::Postgres(store) => {
                let silence = f64::from(SILENCE_MS);
                let live = async |db: &Client<'_>| db.query(LIVE, &[&service, &silence]).await;
                let rows = store.read("jobs.servers", live).await?;
                let instances = rows.iter().filter_map(|row| {
                    let address = row.get::<_, String>(1).parse().ok()?;
                    Some(Instance { number: row.get(0), address, token: row.get(2) })
                });
                Ok(instances.collect())
            }
            Place::Redis(line) => {
                let open = line.open().await?;
                let all = open.session.call_roll(ROLL).await;
                if all.is_err() {
                    line.lost(&open).await;
                }
                let instances = all?.into_iter().filter_map(|(number, card)| {
                    let Card { address, services, token } = serde_json::from_slice(&card).ok()?;
                    let instance = Instance { number: number.parse().ok()?, address, token };
                    services.iter().any(|it| it == service).then_some(instance)
                });
                let mut instances: Vec<Instance> = instances.collect();
                instances.sort_unstable_by_key(|it| it.number);
                Ok(instances)
            }
        }
    }

    pub(super) fn locals(&self) -> Vec<Arc<Services>> {
        match &self.place {
            Place::Local(all) => {
                let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                all.retain(|it| it.strong_count() > 0);
                all.iter().filter_map(Weak::upgrade).collect()
            }
            Place::Postgres(_) | Place::Redis(_) => Vec::new(),
        }
    }
}

impl Instance {
    /// The channel by which it is called where its address does not help. It is named by the token's first quarter, which Redis then knows; the
    /// rest is asked for all the same.
    pub(super) fn channel(token: &[u8]) -> String {
        channel_of(token.get(..8).unwrap_or(token))
    }
}
