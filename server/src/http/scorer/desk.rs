//! The matches that are scored through this process: each folded once, and taken up by one request at a time.

use super::loaded::{Loaded, catch_up};
use crate::feed::log::LogError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::Store;
use tokio::sync::OwnedMutexGuard;

/// Matches kept before those that nobody is looking at are dropped; one takes a quarter of a megabyte.
const MATCHES_MAX: usize = 64;

/// What this process remembers of matches.
#[derive(Clone, Default)]
pub(super) struct Desk {
    slots: Arc<Mutex<HashMap<String, Slot>>>,
}

type Slot = Arc<tokio::sync::Mutex<Option<Loaded>>>;

/// A match that is this request's alone in this process, as it was stored a moment ago. Other processes may write it
/// meanwhile: that no press counts twice rests on the ids that presses are sent under, and not on this.
pub(super) struct Held {
    slot: OwnedMutexGuard<Option<Loaded>>,
    organisation_id: String,
    match_id: String,
}

impl Desk {
    /// Waits until no other request of this process holds the match, and brings it up to date. None when this
    /// organisation has no such match.
    pub(super) async fn hold(
        &self,
        store: &Store,
        organisation_id: &str,
        match_id: &str,
    ) -> Result<Option<Held>, LogError> {
        if !store::ids::is_valid("mat", match_id) {
            return Ok(None);
        }
        let mut held = Held {
            slot: self.slot(match_id).lock_owned().await,
            organisation_id: organisation_id.to_owned(),
            match_id: match_id.to_owned(),
        };
        Ok(held.catch_up(store).await?.then_some(held))
    }

    fn slot(&self, match_id: &str) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MATCHES_MAX {
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        slots.entry(match_id.to_owned()).or_default().clone()
    }
}

impl Held {
    /// Reads what was written since; whether the match is still there.
    pub(super) async fn catch_up(&mut self, store: &Store) -> Result<bool, LogError> {
        // On an error nothing is kept: the next request reads the whole match.
        let known = self.slot.take();
        *self.slot = catch_up(store, &self.organisation_id, &self.match_id, known).await?;
        Ok(self.slot.is_some())
    }

    pub(super) fn loaded(&self) -> &Loaded {
        self.slot.as_ref().expect("a match is held only while it is loaded")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_for_one_match_take_turns_and_those_for_others_do_not_wait() {
        let desk = Desk::default();
        let held = desk.slot("mat_1").lock_owned().await;
        let _other = desk.slot("mat_2").lock_owned().await;
        let mut waiting = std::pin::pin!(desk.slot("mat_1").lock_owned());
        assert!(futures_util::poll!(waiting.as_mut()).is_pending());
        drop(held);
        waiting.await;
    }

    #[tokio::test]
    async fn matches_that_nobody_looks_at_are_let_go() {
        let desk = Desk::default();
        let _held = desk.slot("mat_held").lock_owned().await;
        for at in 0..2 * MATCHES_MAX {
            desk.slot(&format!("mat_{at}"));
        }
        let slots = desk.slots.lock().unwrap();
        assert!(slots.len() <= MATCHES_MAX && slots.contains_key("mat_held"), "{}", slots.len());
    }
}
