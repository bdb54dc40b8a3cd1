//! Brings a topic that has missed something up to date: from the tail in Redis where that reaches back far enough, else from the log;
//! with the updates that are missing where they are that, else by folding the whole log.

use super::{Hub, HubError, Slot, Topic};
use crate::feed::log::{self, LogError};
use crate::stream::bus::{News, read};
use crate::stream::published::Published;
use crate::stream::topic::Offered;
use cricket::Op;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use store::Client;
use wire::Position;

/// Catching up with a match goes on once at a time.
#[derive(Default)]
pub(super) struct CatchingUp {
    /// [`IDLE`], [`RUNNING`], or [`AGAIN`]: somebody asked after it began.
    state: AtomicU8,
    /// As far as it is known that there is something; [`BEYOND`]: only the log knows.
    wanted: Mutex<Position>,
}

const IDLE: u8 = 0;
const RUNNING: u8 = 1;
const AGAIN: u8 = 2;

const BEYOND: Position = Position { epoch: u64::MAX, seq: u64::MAX };

impl CatchingUp {
    fn wants(&self, position: Position) {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        *wanted = position.max(*wanted);
    }

    fn take(&self) -> Position {
        std::mem::take(&mut *self.wanted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the log has that a topic has not.
enum Later {
    /// Just these updates.
    Updates(Vec<Published>),
    /// Corrections, or a new history: the topic has to be folded anew.
    Rewritten,
}

impl Hub {
    /// Takes in an update of another process. Never waits.
    pub(in crate::stream) fn hear(&self, match_id: &str, published: Published) {
        let position = published.position;
        if let Some((_, topic)) = self.here(match_id)
            && topic.offer(published) == Offered::Gap
        {
            metrics::counter!("bus_gaps_total").increment(1);
            self.catch_up_soon(match_id, Some(position));
        }
    }

    /// The match is known to have come to `position`: when this returns, so has this process's topic, if it has one and the log can
    /// be read.
    pub async fn catch_up(&self, match_id: &str, position: Position) {
        if let Some((slot, topic)) = self.held(match_id).await
            && topic.position() < position
        {
            self.by_tail(match_id, &topic).await;
            if topic.position() < position {
                self.catch_up_by_log(match_id, &slot, &topic).await;
            }
        }
    }

    /// How far a match's log goes, whatever this process has heard of it.
    pub async fn logged(&self, match_id: &str) -> Result<Position, HubError> {
        let read = async |client: &Client<'_>| log::match_by_id(client, match_id).await;
        let row = self.inner.store.read("stream.logged", read).await?;
        let row = row.ok_or_else(|| HubError::UnknownMatch { id: match_id.to_owned() })?;
        Ok(Position { epoch: row.epoch, seq: row.seq })
    }

    /// [`Hub::catch_up`] at the side. Without a position: something may have been missed.
    pub(in crate::stream) fn catch_up_soon(&self, match_id: &str, position: Option<Position>) {
        let Some((slot, topic)) = self.here(match_id) else { return };
        slot.catching_up.wants(position.unwrap_or_default());
        if slot.catching_up.state.swap(AGAIN, Ordering::AcqRel) != IDLE {
            return;
        }
        let (hub, match_id) = (self.clone(), match_id.to_owned());
        tokio::spawn(async move {
            let state = &slot.catching_up.state;
            loop {
                state.store(RUNNING, Ordering::Release);
                let wanted = slot.catching_up.take();
                let is_proven = wanted != BEYOND && hub.by_tail(&match_id, &topic).await;
                if !is_proven || topic.position() < wanted {
                    hub.catch_up_by_log(&match_id, &slot, &topic).await;
                }
                if state.compare_exchange(RUNNING, IDLE, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                    return;
                }
            }
        });
    }

    /// The same by the log alone.
    pub(in crate::stream) fn look_soon(&self, match_id: &str) {
        self.catch_up_soon(match_id, Some(BEYOND));
    }

    /// Takes in what the tail of a match holds; says whether the tail shows that nothing was missed.
    pub(in crate::stream) async fn catch_up_by_tail(&self, match_id: &str) -> bool {
        match self.here(match_id) {
            Some((_, topic)) => self.by_tail(match_id, &topic).await,
            None => true,
        }
    }

    async fn by_tail(&self, match_id: &str, topic: &Topic) -> bool {
        let Some(bus) = &self.inner.bus else { return false };
        let from = topic.position();
        let Some(tail) = bus.tail(match_id, from).await else { return false };
        // It holds the topic's own position, or begins right after it: what is newer is there too.
        let reaches_back = tail
            .first()
            .is_some_and(|it| it.at.0 == from.epoch && (it.at.1 == from.seq || it.at.1 == from.seq + 1));
        let mut has_taken = false;
        let is_whole =
            tail.into_iter().filter(|it| it.at > (from.epoch, from.seq)).all(|posting| {
                match read(posting.payload) {
                    News::Update(published) => match topic.offer(published) {
                        Offered::Taken => {
                            has_taken = true;
                            true
                        }
                        Offered::Old => true,
                        Offered::Gap => false,
                    },
                    News::Position(_) | News::Look => false,
                }
            });
        if has_taken {
            metrics::counter!("bus_catch_ups_total", "from" => "tail").increment(1);
        }
        reaches_back && is_whole
    }

    /// Takes in what the log has.
    pub(super) async fn catch_up_by_log(&self, match_id: &str, slot: &Arc<Slot>, topic: &Topic) {
        match self.later(match_id, topic).await {
            Ok(Later::Updates(updates)) => {
                let has_news = !updates.is_empty();
                let is_whole = updates.into_iter().all(|it| topic.offer(it) != Offered::Gap);
                if !is_whole {
                    return self.reload(match_id, slot, topic).await;
                }
                if has_news {
                    metrics::counter!("bus_catch_ups_total", "from" => "log").increment(1);
                }
            }
            Ok(Later::Rewritten) => {
                metrics::counter!("bus_catch_ups_total", "from" => "log").increment(1);
                self.reload(match_id, slot, topic).await;
            }
            Err(error) => {
                tracing::warn!(match_id, %error, "what a topic missed could not be read");
                self.reload_later(match_id, slot);
            }
        }
    }

    async fn later(&self, match_id: &str, topic: &Topic) -> Result<Later, HubError> {
        let (from, rev) = topic.revision();
        let read = self.inner.store.read("stream.catch_up", async |client| {
            let Some(row) = log::match_by_id(client, match_id).await? else { return Ok(None) };
            if row.epoch != from.epoch {
                return Ok(Some((row.epoch, Vec::new())));
            }
            Ok::<_, LogError>(Some((row.epoch, log::read(client, match_id, row.epoch, from.seq).await?)))
        });
        let (epoch, entries) =
            read.await?.ok_or_else(|| HubError::UnknownMatch { id: match_id.to_owned() })?;
        if epoch != from.epoch {
            return Ok(Later::Rewritten);
        }
        let mut updates = Vec::with_capacity(entries.len());
        for entry in entries {
            let Op::Append(command) = &entry.op else { return Ok(Later::Rewritten) };
            updates.push(Published::command(epoch, &entry, rev, command.clone()));
        }
        Ok(Later::Updates(updates))
    }
}
