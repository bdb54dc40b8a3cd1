//! How a process learns what others change.

use crate::key::{self, CHANNEL};
use crate::{Error, KeyRing, Record};
use std::time::Duration;
use store::{Listener, Store};
use tokio::time::{Instant, sleep_until};

/// What no notification told of is found by looking: a notification is a hint, and may be lost.
const LOOK: Duration = Duration::from_secs(1);

/// After how long a lost connection is made again.
const AGAIN: Duration = Duration::from_millis(500);

impl KeyRing {
    /// Keeps up with the keys, for ever: what is issued or revoked anywhere is known here as soon as PostgreSQL says so, and within a second
    /// whatever becomes of that word. `changed` is called with each key that changed, after the ring knows it. Begin at the number that
    /// [`KeyRing::load`] answered. While the database is away, what is known stays good.
    pub async fn follow(&self, store: &Store, since: i64, changed: impl Fn(&Record)) {
        let changed = &changed;
        keep_up(store, CHANNEL, since, move |since| self.catch_up(store, since, changed)).await;
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

/// Calls `catch_up` with the number up to which changes are known, for ever: at each notification, and each second without one. It answers the
/// next number.
pub(crate) async fn keep_up<F>(
    store: &Store,
    channel: &'static str,
    mut since: i64,
    catch_up: impl Fn(i64) -> F,
) where
    F: Future<Output = Result<i64, Error>>,
{
    let mut listener: Option<Listener> = None;
    let mut again_at = Instant::now();
    let mut is_away = false;
    loop {
        if listener.is_none() && again_at <= Instant::now() {
            again_at = Instant::now() + AGAIN;
            // Where it cannot be had, looking has to do.
            listener = store.listen(channel).await.ok();
        }
        match catch_up(since).await {
            Ok(last) => (since, is_away) = (last, false),
            Err(error) => {
                if !is_away {
                    tracing::warn!(%error, channel, "what has changed is not known");
                }
                is_away = true;
            }
        }
        let look_at = Instant::now() + LOOK;
        match listener.as_mut() {
            Some(listening) => tokio::select! {
                heard = listening.next() => if heard.is_none() {
                    listener = None;
                },
                () = sleep_until(look_at) => {}
            },
            None => sleep_until(look_at.min(again_at)).await,
        }
    }
}
