//! One at a time for a ball: who comes second takes what the first one got.

use super::{Retold, Task};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Mutex as AsyncMutex, MutexGuard};

/// Lines by a tone's label and version.
pub(super) type Known = BTreeMap<(String, u32), Retold>;
type Seat = Arc<AsyncMutex<Known>>;

/// The balls that are being told.
#[derive(Default)]
pub(super) struct Flights(Mutex<HashMap<String, Seat>>);

impl Flights {
    pub(super) fn board(&self, task: &Task<'_>) -> Flight<'_> {
        let key = format!("{}/{}/{}/{}", task.game, task.innings, task.ball, task.subject.hash());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seat = Arc::clone(all.entry(key.clone()).or_default());
        Flight { flights: self, key, seat }
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// A ball that is being told, until it is dropped.
pub(super) struct Flight<'f> {
    flights: &'f Flights,
    key: String,
    seat: Seat,
}

impl Flight<'_> {
    /// What others have got, once they are done.
    pub(super) async fn known(&self) -> MutexGuard<'_, Known> {
        self.seat.lock().await
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut all = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Its own, and the map's: nobody else waits for it.
        if Arc::strong_count(&self.seat) == 2 {
            all.remove(&self.key);
        }
    }
}
