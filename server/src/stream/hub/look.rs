//! Compares this process's topics with the log: one statement for all of them.

use super::{Hub, Slot, Topic};
use futures_util::StreamExt;
use futures_util::stream;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use wire::Position;

/// How often the log is looked at while Redis is away.
const DELAYED_EVERY: Duration = Duration::from_secs(1);
/// How long the bus may take to bring what the log has already, before it is not waited for.
const BUS_MAX: Duration = Duration::from_millis(500);
/// Matches that are read from the log at a time.
const READS_MAX: usize = 4;

/// The last updates of those of some matches that exist.
const HEADS: &str = "select id, epoch, seq from server.match where id = any($1)";

impl Hub {
    /// Looks until the process ends: every second while Redis is away. While it is there, now and then: a writer may have died after
    /// its commit and before its message, and nothing but the log knows of that update.
    pub(super) async fn watch_log(self, every: Duration) {
        let mut delays = self.delays();
        let mut behind = HashMap::new();
        loop {
            let is_delayed = *delays.borrow_and_update();
            let pause = match (is_delayed, behind.is_empty()) {
                (true, _) => DELAYED_EVERY,
                (false, true) => every,
                (false, false) => BUS_MAX,
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                // The sender lives in the hub.
                _ = delays.changed() => {}
            }
            if *delays.borrow() {
                self.look_at(&self.held_ids()).await;
                behind.clear();
            } else {
                behind = self.look_twice(behind).await;
            }
        }
    }

    /// Catches up with those of some matches that went on in the log.
    pub(in crate::stream) async fn look_at(&self, match_ids: &[String]) {
        let moved = self.moved(match_ids).await;
        let reading = stream::iter(moved).for_each_concurrent(READS_MAX, async |moved| {
            self.catch_up_by_log(&moved.match_id, &moved.slot, &moved.topic).await;
        });
        reading.await;
    }

    /// Catches up with matches that were `behind` at the last look and still are; answers those that are behind at this one. Between a
    /// commit and its message every process is behind for a moment.
    async fn look_twice(&self, behind: HashMap<String, Position>) -> HashMap<String, Position> {
        for (match_id, position) in behind {
            if self.here(&match_id).is_some_and(|(_, topic)| topic.position() < position) {
                tracing::warn!(match_id, %position, "the bus did not bring an update that the log has");
                self.catch_up_soon(&match_id, Some(position));
            }
        }
        let moved = self.moved(&self.held_ids()).await;
        moved.into_iter().map(|it| (it.match_id, it.head)).collect()
    }

    /// Which of some matches have gone on in the log.
    async fn moved(&self, match_ids: &[String]) -> Vec<Moved> {
        if match_ids.is_empty() {
            return Vec::new();
        }
        let heads = match self.heads(match_ids).await {
            Ok(heads) => heads,
            Err(error) => {
                tracing::warn!(%error, "the log could not be looked at");
                return Vec::new();
            }
        };
        let moved = heads.into_iter().filter_map(|(match_id, head)| {
            let (slot, topic) = self.here(&match_id)?;
            (topic.position() < head).then_some(Moved { match_id, head, slot, topic })
        });
        moved.collect()
    }

    async fn heads(&self, match_ids: &[String]) -> Result<Vec<(String, Position)>, store::Error> {
        let read =
            self.inner.store.read("stream.look", async |client| client.query(HEADS, &[&match_ids]).await);
        let unsigned = |value: i64| u64::try_from(value).unwrap_or(0);
        let head = |row: store::Row| {
            let position = Position { epoch: unsigned(row.get(1)), seq: unsigned(row.get(2)) };
            (row.get(0), position)
        };
        Ok(read.await?.into_iter().map(head).collect())
    }
}

/// A match that the log is ahead with.
struct Moved {
    match_id: String,
    head: Position,
    slot: Arc<Slot>,
    topic: Arc<Topic>,
}
