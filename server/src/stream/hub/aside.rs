//! What the streams of one match are told that is no update of it: what happens beside, such as questions.

use super::{Hub, Topic};
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What newcomers to a match are told besides the state.
#[derive(Default)]
pub(super) struct Asides(Mutex<HashMap<String, Bytes>>);

impl Hub {
    /// What every newcomer to this match is told from now on besides the state; none: nothing.
    pub fn set_aside(&self, match_id: &str, aside: Option<Bytes>) {
        // Held throughout, so that a topic that is just being read is told the same.
        let mut all = self.inner.asides.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &aside {
            Some(bytes) => all.insert(match_id.to_owned(), bytes.clone()),
            None => all.remove(match_id),
        };
        if let Some((_, topic)) = self.here(match_id) {
            topic.set_aside(aside);
        }
    }

    /// For a topic that this process did not hold when it was set.
    pub(super) fn tell_aside(&self, topic: &Topic) {
        let all = self.inner.asides.0.lock().unwrap_or_else(PoisonError::into_inner);
        topic.set_aside(all.get(topic.id()).cloned());
    }

    /// Whether anybody follows the match in this process.
    pub fn is_followed(&self, match_id: &str) -> bool {
        self.here(match_id).is_some_and(|(_, topic)| topic.is_followed())
    }

    /// Tells the streams of a match that are open in this process. The event has no id: who comes back is told by [`Hub::set_aside`].
    pub fn tell(&self, match_id: &str, event: &Bytes) {
        if let Some((_, topic)) = self.here(match_id) {
            topic.tell_uncounted(event.clone());
        }
    }

    /// The same of something of which only the latest counts: who is behind is not sent those before it.
    pub fn tell_latest(&self, match_id: &str, event: &Bytes) {
        if let Some((_, topic)) = self.here(match_id) {
            topic.tell_latest(event.clone());
        }
    }
}
