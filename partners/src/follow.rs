//! How a process learns what others change.

use crate::key::{self, CHANNEL};
use crate::{Error, KeyRing, Record};
use store::Store;

impl KeyRing {
    /// Keeps up with the keys, for ever: what is issued or revoked anywhere is known here as soon as PostgreSQL says so, and within a second
    /// whatever becomes of that word. `changed` is called with each key that changed, after the ring knows it. Begin at the number that
    /// [`KeyRing::load`] answered. While the database is away, what is known stays good.
    pub async fn follow(&self, store: &Store, since: i64, changed: impl Fn(&Record)) {
        let changed = &changed;
        store.keep_up(CHANNEL, since, move |since| self.catch_up(store, since, changed)).await;
    }

    /// Takes in what has changed since a number; answers the last one.
    async fn catch_up(&self, store: &Store, since: i64, changed: &impl Fn(&Record)) -> Result<i64, Error> {
        let read = store.read("partners_keys_changed", async |db| key::changed(db, since).await);
        let (records, last) = read.await?;
        self.insert_all(&records);
        records.iter().for_each(changed);
        Ok(last)
    }
}
