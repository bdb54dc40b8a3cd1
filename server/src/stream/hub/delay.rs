//! Whether updates of other processes come late, and how fans are told.

use super::{Hub, Topic};
use bytes::Bytes;
use serde::Serialize;
use std::sync::{Mutex, PoisonError};
use store::Clock;
use tokio::sync::watch;

/// The state of it.
pub(super) struct Delay {
    /// What newcomers are told, while it lasts.
    notice: Mutex<Option<Bytes>>,
    is_on: watch::Sender<bool>,
}

impl Default for Delay {
    fn default() -> Self {
        Self { notice: Mutex::default(), is_on: watch::Sender::new(false) }
    }
}

/// The `delayed` event: it has no id, for it is about this process and not about the match.
#[derive(Serialize)]
struct Delayed {
    on: bool,
    /// When it began or ended, in ms since 1970.
    t: i64,
}

impl Hub {
    /// Tells every subscriber that updates come late from now on, or at once again; who comes in between is told as well.
    pub(in crate::stream) fn set_delayed(&self, on: bool) {
        let Delay { notice, is_on } = &self.inner.delay;
        // Held throughout, so that all topics are told the same last.
        let mut notice = notice.lock().unwrap_or_else(PoisonError::into_inner);
        if notice.is_some() == on {
            return;
        }
        let frame = frame(&Delayed { on, t: Clock::system().now_ms() });
        *notice = on.then(|| frame.clone());
        metrics::gauge!("bus_delayed").set(if on { 1.0 } else { 0.0 });
        for (_, topic) in self.held_topics() {
            topic.set_notice(notice.clone(), frame.clone());
        }
        is_on.send_replace(on);
    }

    /// Wakes when that changes.
    pub(super) fn delays(&self) -> watch::Receiver<bool> {
        self.inner.delay.is_on.subscribe()
    }

    /// For a topic that this process did not hold when it began.
    pub(super) fn tell_if_delayed(&self, topic: &Topic) {
        let notice = self.inner.delay.notice.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(frame) = &*notice {
            topic.set_notice(Some(frame.clone()), frame.clone());
        }
    }
}

fn frame(delayed: &Delayed) -> Bytes {
    let data = serde_json::to_string(delayed).expect("a flag and a number are JSON");
    Bytes::from(format!("event: delayed\ndata: {data}\n\n"))
}
