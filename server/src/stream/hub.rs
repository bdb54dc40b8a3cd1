//! All topics of this process, read from the log when first asked for and kept in step with their writers.

mod aside;
mod catch_up;
mod delay;
mod look;

use super::bus::Bus;
use super::feed::Voice;
use super::lines::Lines;
use super::published::Published;
use super::ring::{Frame, Limits};
use super::shard::Tally;
use super::topic::{Offered, Topic};
use crate::config;
use crate::feed::log::{self, LogError, Stored};
use bytes::Bytes;
use cricket::Op;
use jobs::trace;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::Store;
use tokio::sync::OnceCell;

/// The pause before a topic is read again that could not be.
const RELOAD_PAUSE_MS: u64 = 500;

/// Corrections of a topic that is read from the log that are kept for those who come back: each is as long as the whole state.
const CORRECTIONS_MAX: usize = 8;

/// Why a topic cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    #[error("there is no match {id}")]
    UnknownMatch { id: String },
    #[error(transparent)]
    Log(#[from] LogError),
}

/// The topics. Cloning shares them.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    limits: config::Stream,
    slots: Mutex<HashMap<String, Arc<Slot>>>,
    /// Counts uses, to tell which topic was used longest ago.
    uses: AtomicU64,
    /// To the other processes, when there are any.
    bus: Option<Bus>,
    delay: delay::Delay,
    asides: aside::Asides,
}

#[derive(Default)]
struct Slot {
    topic: OnceCell<Arc<Topic>>,
    used: AtomicU64,
    /// It could not be read after a gap, and will be tried again.
    is_behind: AtomicBool,
    catching_up: catch_up::CatchingUp,
}

impl Hub {
    /// Topics over `store`'s log; `bus` carries updates to other processes, and theirs to this one.
    pub fn new(store: Store, limits: config::Stream, bus: Option<Bus>) -> Self {
        let (slots, uses, delay) = (Mutex::default(), AtomicU64::new(0), delay::Delay::default());
        let asides = aside::Asides::default();
        let hub = Self { inner: Arc::new(Inner { store, limits, slots, uses, bus, delay, asides }) };
        if let Some(bus) = &hub.inner.bus {
            bus.run(&hub);
            tokio::spawn(hub.clone().watch_log(bus.look_every()));
        }
        hub
    }

    /// The topic of a match. The first call reads and folds the match's log (a few milliseconds for a T20).
    pub async fn topic(&self, match_id: &str) -> Result<Arc<Topic>, HubError> {
        let slot = self.slot(match_id);
        let loaded = self.loaded(match_id, &slot).await;
        if loaded.is_err() {
            // Names of matches that do not exist must not fill the table. Others may be waiting for the same slot, and succeed: then
            // it stays, or their topic would hear of nothing.
            let mut slots = self.slots();
            let is_ours = slots.get(match_id).is_some_and(|it| Arc::ptr_eq(it, &slot));
            if is_ours && Arc::strong_count(&slot) == 2 && !slot.topic.initialized() {
                slots.remove(match_id);
            }
        }
        loaded
    }

    /// The topic of a match, if this process has read it.
    pub fn topic_here(&self, match_id: &str) -> Option<Arc<Topic>> {
        let (slot, topic) = self.here(match_id)?;
        self.note_use(&slot);
        Some(topic)
    }

    /// The slot's topic, read by the first who asks.
    async fn loaded(&self, match_id: &str, slot: &Slot) -> Result<Arc<Topic>, HubError> {
        let mut is_new = false;
        let load = async || {
            is_new = true;
            self.load(match_id).await.map(Arc::new)
        };
        let topic = slot.topic.get_or_try_init(load).await?.clone();
        if is_new {
            self.tell_if_delayed(&topic);
            self.tell_aside(&topic);
            self.topics_changed();
        }
        Ok(topic)
    }

    /// The bus listens to what this process holds.
    fn topics_changed(&self) {
        if let Some(bus) = &self.inner.bus {
            bus.topics_changed();
        }
    }

    /// Tells a match's readers, here and in other processes, of an update that is committed.
    pub async fn publish(&self, match_id: &str, mut published: Published) {
        published.trace = trace::here_if_kept();
        if let Some(bus) = &self.inner.bus {
            bus.send(match_id, &published);
        }
        self.receive(match_id, published).await;
    }

    /// Takes an update into this process's topic, if it has one: who asks later reads it from the log.
    pub(super) async fn receive(&self, match_id: &str, published: Published) {
        if let Some((slot, topic)) = self.held(match_id).await
            && topic.offer(published) == Offered::Gap
        {
            self.catch_up_by_log(match_id, &slot, &topic).await;
        }
    }

    /// The topic, if this process has it. One that is just being read may or may not have seen the latest update, so that is waited
    /// for.
    async fn held(&self, match_id: &str) -> Option<(Arc<Slot>, Arc<Topic>)> {
        let slot = self.slots().get(match_id).cloned()?;
        let topic = self.loaded(match_id, &slot).await.ok()?;
        Some((slot, topic))
    }

    /// The topic, if this process has read it: who reads it just now will look for what came in between.
    fn here(&self, match_id: &str) -> Option<(Arc<Slot>, Arc<Topic>)> {
        let slot = self.slots().get(match_id).cloned()?;
        let topic = slot.topic.get().cloned()?;
        Some((slot, topic))
    }

    /// Tells every open stream of this process something that is no update of a match; answers, when all that keep up have been sent it, how
    /// many they are.
    pub fn tell_all(&self, event: &Bytes) -> impl Future<Output = usize> + use<> {
        let (tally, count) = Tally::new();
        for (_, topic) in self.held_topics() {
            topic.tell(event.clone(), &tally);
        }
        drop(tally);
        async move { count.await.unwrap_or_default() }
    }

    /// Every topic that this process has read.
    pub(crate) fn held_topics(&self) -> Vec<(String, Arc<Topic>)> {
        let slots = self.slots();
        slots.iter().filter_map(|(id, slot)| Some((id.clone(), slot.topic.get().cloned()?))).collect()
    }

    /// The tones in which somebody follows a match here.
    pub(crate) fn voices(&self) -> Vec<(String, Voice)> {
        let topics = self.held_topics().into_iter();
        let voices =
            topics.map(|(id, topic)| topic.followed().into_iter().map(move |it| (id.clone(), it.voice)));
        voices.flatten().collect()
    }

    /// Their matches.
    pub(super) fn held_ids(&self) -> Vec<String> {
        let slots = self.slots();
        slots.iter().filter(|(_, slot)| slot.topic.initialized()).map(|(id, _)| id.clone()).collect()
    }

    /// The match began a new history.
    pub async fn start_over(&self, match_id: &str) {
        self.refresh(match_id).await;
        if let Some(bus) = &self.inner.bus {
            bus.send_look(match_id);
        }
    }

    /// Reads a topic again, if this process has it.
    pub(super) async fn refresh(&self, match_id: &str) {
        if let Some((slot, topic)) = self.held(match_id).await {
            self.reload(match_id, &slot, &topic).await;
        }
    }

    async fn reload(&self, match_id: &str, slot: &Arc<Slot>, topic: &Topic) {
        metrics::counter!("stream_topic_reloads_total").increment(1);
        match self.load(match_id).await {
            Ok(fresh) => topic.replace(fresh),
            Err(error) => {
                tracing::error!(match_id, %error, "a topic could not be read again");
                self.reload_later(match_id, slot);
            }
        }
    }

    /// Tries again after a pause: no further update may come that would show the gap.
    fn reload_later(&self, match_id: &str, slot: &Arc<Slot>) {
        if slot.is_behind.swap(true, Ordering::Relaxed) {
            return;
        }
        let (hub, match_id, slot) = (self.clone(), match_id.to_owned(), slot.clone());
        let again: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(RELOAD_PAUSE_MS)).await;
            slot.is_behind.store(false, Ordering::Relaxed);
            hub.refresh(&match_id).await;
        });
        tokio::spawn(again);
    }

    async fn load(&self, match_id: &str) -> Result<Topic, HubError> {
        let read =
            self.inner.store.read("stream.load", async |client| log::load(client, match_id).await).await?;
        let stored = read.ok_or_else(|| HubError::UnknownMatch { id: match_id.to_owned() })?;
        let limits = Limits {
            updates_max: self.inner.limits.ring_updates_max,
            behind_bytes_max: self.inner.limits.behind_bytes_max,
        };
        match tokio::task::spawn_blocking(move || fold(stored, limits)).await {
            Ok(topic) => Ok(topic?),
            Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
            // The runtime is shutting down, and this future with it.
            Err(_) => std::future::pending().await,
        }
    }

    fn slots(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Slot>>> {
        self.inner.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(&self, match_id: &str) -> Arc<Slot> {
        let mut slots = self.slots();
        if !slots.contains_key(match_id) && slots.len() >= self.inner.limits.matches_max {
            let_go_of_one(&mut slots);
            self.topics_changed();
        }
        let slot = slots.entry(match_id.to_owned()).or_default().clone();
        self.note_use(&slot);
        slot
    }

    fn note_use(&self, slot: &Slot) {
        slot.used.store(self.inner.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// Drops the topic used longest ago that nobody follows. When all are followed, the table grows past its bound: a reader is never cut
/// off for a newcomer's match.
fn let_go_of_one(slots: &mut HashMap<String, Arc<Slot>>) {
    let is_free = |slot: &Arc<Slot>| {
        Arc::strong_count(slot) == 1 && slot.topic.get().is_none_or(|topic| Arc::strong_count(topic) == 1)
    };
    let oldest = slots
        .iter()
        .filter(|(_, slot)| is_free(slot))
        .min_by_key(|(_, slot)| slot.used.load(Ordering::Relaxed))
        .map(|(id, _)| id.clone());
    if let Some(id) = oldest {
        slots.remove(&id);
    }
}

/// Folds a stored log into a topic whose ring holds the last updates exactly as they were sent.
fn fold(stored: Stored, limits: Limits) -> Result<Topic, LogError> {
    // A correction holds the whole state, so what came before it is not needed; but who missed it alone is better off with it alone.
    let entries = &stored.entries;
    let corrections = entries.iter().enumerate().rev().filter(|(_, it)| !matches!(it.op, Op::Append(_)));
    let oldest = corrections.map(|(at, _)| at).nth(CORRECTIONS_MAX - 1).unwrap_or(0);
    let ring_from = entries.len().saturating_sub(limits.updates_max).max(oldest);
    let row = stored.row.clone();
    let (mut ring, mut at, mut t) = (Vec::new(), 0, row.changed_at_ms);
    let (row, log) = stored.fold(|log, entry| {
        t = entry.accepted_at_ms;
        if at >= ring_from {
            let (published, is_snapshot) = match &entry.op {
                Op::Append(command) => {
                    (Published::command(row.epoch, &entry, log.rev(), command.clone()), false)
                }
                _ => (Published::snapshot(log::snapshot(&row, log, t), None), true),
            };
            ring.push(Frame { position: published.position, bytes: published.frame, is_snapshot });
        }
        at += 1;
    })?;
    Ok(Topic::new(limits, row.sandbox, log::snapshot(&row, &log, t), Lines::of(&log), ring))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use store::testing::TestStore;

    #[tokio::test]
    async fn names_of_matches_that_do_not_exist_leave_nothing_behind() {
        let database = TestStore::new(&[log::MIGRATIONS]).await;
        let config = Config::from_parts(None, std::iter::empty()).expect("the defaults");
        let hub = Hub::new(database.store().clone(), config.stream, None);
        let asking = (0..20).map(|at| {
            let hub = hub.clone();
            async move { hub.topic(&format!("mat_{}", at % 3)).await.map(drop) }
        });
        for answer in futures_util::future::join_all(asking).await {
            assert!(matches!(answer, Err(HubError::UnknownMatch { .. })));
        }
        assert_eq!(hub.slots().len(), 0);
    }
}
