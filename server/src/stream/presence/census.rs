//! Open streams of all processes together.

use super::Presence;
use crate::stream::Bus;
use std::time::Duration;
use store::{Clock, Sheet};

/// What Redis calls the counts.
const GROUP: &str = "presence";
/// A process that has not written for so many turns is gone.
const TURNS: u32 = 3;

/// The streams of this process and, over the bus, of the others. Cloning shares it.
#[derive(Clone)]
pub struct Census {
    presence: Presence,
    bus: Option<Bus>,
}

impl Census {
    /// Counts this process's streams among the others' every `every`, for as long as the process lives. The counts of one that has
    /// crashed vanish within three times that.
    pub fn start(presence: Presence, bus: Option<Bus>, clock: Clock, every: Duration) -> Self {
        if let Some(bus) = &bus {
            tokio::spawn(write(presence.clone(), bus.clone(), clock, every.max(Duration::from_millis(10))));
        }
        Self { presence, bus }
    }

    /// Open streams of a match in all processes, as they were some seconds ago; while Redis is away, or in a single process, its own.
    pub async fn total(&self, match_id: &str) -> u64 {
        let here = self.presence.here(match_id);
        self.sum(&match_name(match_id)).await.map_or(here, |sum| sum.max(here))
    }

    /// The same of a key.
    pub async fn total_of_key(&self, key_id: &str) -> u64 {
        let here = self.presence.counts().by_key.get(key_id).copied().unwrap_or(0);
        self.sum(&key_name(key_id)).await.map_or(here, |sum| sum.max(here))
    }

    async fn sum(&self, name: &str) -> Option<u64> {
        let session = self.bus.as_ref()?.session()?;
        match session.sum_sheets(GROUP, name).await {
            Ok(sum) => Some(sum),
            Err(error) => {
                tracing::warn!(%error, "the streams of other processes could not be counted");
                None
            }
        }
    }
}

/// Writes this process's counts under a name of its own, another one at each start.
async fn write(presence: Presence, bus: Bus, clock: Clock, every: Duration) {
    let process = store::ids::new("node");
    loop {
        if let Some(session) = bus.session() {
            let counts = presence.counts();
            let by_match = counts.by_match.iter().map(|(id, open)| (match_name(id), *open));
            let by_key = counts.by_key.iter().map(|(id, open)| (key_name(id), *open));
            let counts: Vec<(String, u64)> = by_match.chain(by_key).collect();
            let sheet = Sheet { group: GROUP, process: &process };
            let now_ms = u64::try_from(clock.now_ms()).unwrap_or(0);
            if let Err(error) = session.write_sheet(sheet, &counts, now_ms, every * TURNS).await {
                tracing::warn!(%error, "this process's streams could not be counted among the others'");
            }
        }
        tokio::time::sleep(every).await;
    }
}

fn match_name(match_id: &str) -> String {
    format!("match:{match_id}")
}

fn key_name(key_id: &str) -> String {
    format!("key:{key_id}")
}
