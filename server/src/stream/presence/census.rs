//! Open streams of all processes together.

use super::{Counts, Presence};
use crate::stream::Bus;
use arc_swap::ArcSwap;
use futures_util::StreamExt;
use partners::PartnerKey;
use partners::limit::Open;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use store::{Clock, Sheet};

/// What Redis calls the counts.
const GROUP: &str = "presence";
/// A process that has not written for so many turns is gone.
const TURNS: u32 = 3;
/// Of how many keys and organisations, those with the most streams here, the streams elsewhere are looked up each turn.
const KNOWN_MAX: usize = 2_000;

/// Sums that are asked for at the same time.
const ASKED_AT_ONCE: usize = 50;

/// The streams of this process and, over the bus, of the others. Cloning shares it.
#[derive(Clone)]
pub struct Census {
    presence: Presence,
    bus: Option<Bus>,
    /// By the names of keys and organisations that have streams here: how many they had in other processes at the last turn.
    elsewhere: Elsewhere,
}

type Elsewhere = Arc<ArcSwap<HashMap<String, u64>>>;

impl Census {
    /// Counts this process's streams among the others' every `every`, for as long as the process lives. The counts of one that has
    /// crashed vanish within three times that.
    pub fn start(presence: Presence, bus: Option<Bus>, clock: Clock, every: Duration) -> Self {
        let elsewhere = Elsewhere::default();
        if let Some(bus) = &bus {
            let (turn, elsewhere) = (every.max(Duration::from_millis(10)), elsewhere.clone());
            tokio::spawn(write(presence.clone(), bus.clone(), clock, turn, elsewhere));
        }
        Self { presence, bus, elsewhere }
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

    /// The same of an organisation.
    pub async fn total_of_organisation(&self, organisation_id: &str) -> u64 {
        let here = self.presence.counts().by_organisation.get(organisation_id).copied().unwrap_or(0);
        self.sum(&organisation_name(organisation_id)).await.map_or(here, |sum| sum.max(here))
    }

    /// The same of some keys of one organisation, in their order.
    pub async fn totals_of_keys(&self, key_ids: &[&str]) -> Vec<u64> {
        let here = self.presence.counts().by_key;
        let total = async |id: &&str| {
            let here = here.get(*id).copied().unwrap_or(0);
            self.sum(&key_name(id)).await.map_or(here, |sum| sum.max(here))
        };
        // One connection answers them all: how many are asked at a time bounds what waits on it.
        futures_util::stream::iter(key_ids).map(total).buffered(ASKED_AT_ONCE).collect().await
    }

    /// How many streams a key and its organisation had open in other processes some seconds ago; looks nowhere but into this process's memory.
    pub fn elsewhere(&self, key: &PartnerKey) -> Open {
        if self.bus.is_none() {
            return Open { of_organisation: 0, of_key: 0 };
        }
        let known = self.elsewhere.load();
        let of = |name: &str| known.get(name).copied().unwrap_or(0);
        Open {
            of_organisation: of(&organisation_name(key.organisation_id())),
            of_key: of(&key_name(key.key_id())),
        }
    }

    /// Open streams of each organisation that has some here, with those in other processes.
    pub fn organisations(&self) -> HashMap<String, u64> {
        let (mut counts, known) = (self.presence.counts().by_organisation, self.elsewhere.load());
        for (id, open) in &mut counts {
            *open += known.get(&organisation_name(id)).copied().unwrap_or(0);
        }
        counts
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
async fn write(presence: Presence, bus: Bus, clock: Clock, every: Duration, elsewhere: Elsewhere) {
    let process = store::ids::new("node");
    loop {
        if let Some(session) = bus.session() {
            let counts = presence.counts();
            let by_match = counts.by_match.iter().map(|(id, open)| (match_name(id), *open));
            let partners = largest(of_partners(&counts).collect());
            let counts: Vec<(String, u64)> = by_match.chain(of_partners(&counts)).collect();
            let sheet = Sheet { group: GROUP, process: &process };
            let now_ms = u64::try_from(clock.now_ms()).unwrap_or(0);
            if let Err(error) = session.write_sheet(sheet, &counts, now_ms, every * TURNS).await {
                tracing::warn!(%error, "this process's streams could not be counted among the others'");
            }
            let mut known = HashMap::with_capacity(partners.len());
            for (name, here) in partners {
                // Where Redis does not answer, only those here are known.
                let Ok(sum) = session.sum_sheets(GROUP, &name).await else { break };
                known.insert(name, sum.saturating_sub(here));
            }
            elsewhere.store(Arc::new(known));
        }
        tokio::time::sleep(every).await;
    }
}

/// The counts of keys and organisations, by name.
fn of_partners(counts: &Counts) -> impl Iterator<Item = (String, u64)> {
    let by_key = counts.by_key.iter().map(|(id, open)| (key_name(id), *open));
    by_key.chain(counts.by_organisation.iter().map(|(id, open)| (organisation_name(id), *open)))
}

fn largest(mut counts: Vec<(String, u64)>) -> Vec<(String, u64)> {
    counts.sort_unstable_by_key(|it| std::cmp::Reverse(it.1));
    counts.truncate(KNOWN_MAX);
    counts
}

fn match_name(match_id: &str) -> String {
    format!("match:{match_id}")
}

fn key_name(key_id: &str) -> String {
    format!("key:{key_id}")
}

fn organisation_name(organisation_id: &str) -> String {
    format!("organisation:{organisation_id}")
}
