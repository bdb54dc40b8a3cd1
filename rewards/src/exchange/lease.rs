//! Who writes a market: a row that says until when, and a number that grows with each holder, by which the folder refuses all before.

use super::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use store::Store;

/// How long a lease lasts from when it was taken or renewed, by the database's clock.
pub(crate) const LASTS: Duration = Duration::from_secs(10);
/// How often it is renewed.
pub(crate) const RENEWED: Duration = Duration::from_secs(3);
/// How long before its end a holder begins nothing new.
const MARGIN: Duration = Duration::from_secs(2);

// A closed market is held as long as something of it waits.
const FREE: &str = "
    select number from rewards.market m
    where (until is null or until < clock_timestamp())
        and (state <> 'closed' or exists (select 1 from rewards.stuck s where s.market = m.number))
    order by number";

const TAKE: &str = "
    update rewards.market set holder = $2, epoch = epoch + 1, until = clock_timestamp() + make_interval(secs => $3)
    where number = $1 and (until is null or until < clock_timestamp()) returning epoch";

const RENEW: &str = "
    update rewards.market set until = clock_timestamp() + make_interval(secs => $3)
    where number = $1 and epoch = $2 returning epoch";

const GIVE_BACK: &str =
    "update rewards.market set until = null, holder = null where number = $1 and epoch = $2 returning epoch";

/// A lease that was had. Whether it still is, the folder and the row say; this tells soon enough that it may not be.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) market: i64,
    pub(crate) epoch: i64,
    /// When it was asked for the last time with success, by this machine's own clock.
    asked: Mutex<Instant>,
}

/// Markets that nobody holds.
pub(crate) async fn free(store: &Store) -> Result<Vec<i64>, Error> {
    let rows = store.read("rewards.leases", async |db| db.query(FREE, &[]).await).await?;
    Ok(rows.iter().map(|it| it.get("number")).collect())
}

/// Takes a lease, if nobody has it.
pub(crate) async fn take(store: &Store, market: i64, holder: &str) -> Result<Option<Lease>, Error> {
    let asked = Instant::now();
    let rows = store.run_one("rewards.lease", TAKE, &[&market, &holder, &LASTS.as_secs_f64()]).await?;
    Ok(rows.first().map(|row| Lease { market, epoch: row.get("epoch"), asked: Mutex::new(asked) }))
}

impl Lease {
    /// Has it for longer; whether it was still had.
    pub(crate) async fn renew(&self, store: &Store) -> Result<bool, Error> {
        let asked = Instant::now();
        let params: store::Params<'_> = &[&self.market, &self.epoch, &LASTS.as_secs_f64()];
        let is_ours = !store.run_one("rewards.lease", RENEW, params).await?.is_empty();
        if is_ours {
            *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = asked;
        }
        Ok(is_ours)
    }

    /// Lets others have it at once.
    pub(crate) async fn give_back(&self, store: &Store) {
        if let Err(error) = store.run_one("rewards.lease", GIVE_BACK, &[&self.market, &self.epoch]).await {
            tracing::warn!(market = self.market, %error, "a lease that is not needed any more lasts to its end");
        }
    }

    /// Whether nobody else can have it yet, with time to spare.
    pub(crate) fn is_good(&self) -> bool {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).elapsed() + MARGIN < LASTS
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[FREE, TAKE, RENEW, GIVE_BACK];
