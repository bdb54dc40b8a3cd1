//! Which servers live, and where.

use crate::error::Error;
use crate::node::SILENCE_MS;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use store::Store;

use super::server::Services;

/// Where servers are found.
#[derive(Clone)]
pub struct Registry(pub(super) Kind);

#[derive(Clone)]
pub(super) enum Kind {
    Local(Arc<Mutex<Vec<Weak<Services>>>>),
    Postgres(Store),
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
        Registry(Kind::Local(Arc::default()))
    }

    /// Servers of all processes on this database.
    pub fn postgres(store: &Store) -> Registry {
        Registry(Kind::Postgres(store.clone()))
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

/// A new server; its number is never given twice.
pub(super) async fn join(
    store: &Store,
    address: SocketAddr,
    services: &[&str],
    token: &[u8],
) -> Result<i64, Error> {
    store.run_one("jobs.server", FORGET, &[&f64::from(SILENCE_MS)]).await?;
    let rows = store.run_one("jobs.server", JOIN, &[&address.to_string(), &services, &token]).await?;
    Ok(rows[0].get(0))
}

/// Whether the server is still known.
pub(super) async fn beat(store: &Store, number: i64) -> Result<bool, Error> {
    Ok(!store.run_one("jobs.server", BEAT, &[&number]).await?.is_empty())
}

pub(super) async fn leave(store: &Store, number: i64) -> Result<(), Error> {
    store.run_one("jobs.server", LEAVE, &[&number]).await?;
    Ok(())
}

/// The live servers of a service.
pub(super) async fn live(store: &Store, service: &str) -> Result<Vec<Instance>, Error> {
    let silence = f64::from(SILENCE_MS);
    let rows = store.read("jobs.servers", async |db| db.query(LIVE, &[&service, &silence]).await).await?;
    let instances = rows.iter().filter_map(|row| {
        let address = row.get::<_, String>(1).parse().ok()?;
        Some(Instance { number: row.get(0), address, token: row.get(2) })
    });
    Ok(instances.collect())
}

impl Registry {
    pub(super) fn locals(&self) -> Vec<Arc<Services>> {
        match &self.0 {
            Kind::Local(all) => {
                let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                all.retain(|it| it.strong_count() > 0);
                all.iter().filter_map(Weak::upgrade).collect()
            }
            Kind::Postgres(_) => Vec::new(),
        }
    }
}
