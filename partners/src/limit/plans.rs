//! The limits of all organisations and keys, in this process's memory.

use super::table::{self, CHANNEL, Changes};
use super::{Limits, Override, Rate, StreamGate};
use crate::{Error, Kind, PartnerKey};
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::sync::Arc;
use store::Store;

/// What each organisation and key may use. Reading takes no lock and does no I/O; who is not in it has the defaults.
///
/// Cloning is cheap and shares the table.
///
/// Invariant: of two notes of one organisation or key, the one with the higher number of the change counts, whatever order they arrive in.
#[derive(Clone, Default)]
pub struct Plans {
    plans: Arc<ArcSwap<ByOrganisation>>,
}

type ByOrganisation = HashMap<String, Arc<Plan>>;

/// Of an organisation, each with the number of the change that it is of.
#[derive(Clone, Default)]
struct Plan {
    limits: Option<(i64, Limits)>,
    overrides: HashMap<String, (i64, Override)>,
}

impl Plans {
    /// What an organisation may use.
    pub fn limits_of(&self, organisation_id: &str) -> Limits {
        let plans = self.plans.load();
        let limits = plans.get(organisation_id).and_then(|plan| plan.limits.as_ref());
        limits.map_or(Limits::DEFAULT, |it| it.1)
    }

    /// Every organisation that was ever given limits of its own.
    pub fn given(&self) -> Vec<(String, Limits)> {
        let plans = self.plans.load();
        let given = plans.iter().filter_map(|(id, plan)| Some((id.clone(), plan.limits?.1)));
        given.collect()
    }

    /// What a key may use where that is not what its organisation's keys may.
    pub fn override_of(&self, key: &PartnerKey) -> Override {
        self.found(key, |_, own| own.copied()).unwrap_or_default()
    }

    /// The rate of a key: its own, or that of its organisation's keys of that kind.
    pub fn rate_of(&self, key: &PartnerKey) -> Rate {
        self.found(key, |limits, own| own.and_then(|it| it.rate).unwrap_or(limits.rate_of(key.kind())))
    }

    /// How many streams a key and its organisation may have open.
    pub fn streams_of(&self, key: &PartnerKey) -> StreamGate {
        self.found(key, |limits, own| StreamGate {
            quota: limits.streams,
            of_key_max: own.and_then(|it| it.streams_max),
        })
    }

    fn found<T>(&self, key: &PartnerKey, take: impl FnOnce(&Limits, Option<&Override>) -> T) -> T {
        let plans = self.plans.load();
        let Some(plan) = plans.get(key.organisation_id()) else { return take(&Limits::DEFAULT, None) };
        let limits = plan.limits.as_ref().map_or(&Limits::DEFAULT, |it| &it.1);
        take(limits, plan.overrides.get(key.key_id()).map(|it| &it.1))
    }

    /// Takes in the tables; answers the number of the last change in them, from which [`Plans::follow`] goes on.
    pub async fn load(&self, store: &Store) -> Result<i64, Error> {
        self.catch_up(store, 0).await
    }

    /// Keeps up with the tables, for ever, as [`crate::KeyRing::follow`] does with the keys: what is changed anywhere is known here as soon as
    /// PostgreSQL says so, and within a second whatever becomes of that word. While the database is away, what is known stays.
    pub async fn follow(&self, store: &Store, since: i64) {
        store.keep_up(CHANNEL, since, move |since| self.catch_up(store, since)).await;
    }

    async fn catch_up(&self, store: &Store, since: i64) -> Result<i64, Error> {
        let read = store.read("partners_limits_changed", async |db| table::changed(db, since).await);
        let (changes, last) = read.await?;
        if !changes.limits.is_empty() || !changes.overrides.is_empty() {
            self.plans.rcu(|plans| {
                let mut plans = (**plans).clone();
                put(&mut plans, &changes);
                plans
            });
        }
        Ok(last)
    }
}

fn put(plans: &mut ByOrganisation, changes: &Changes) {
    for (organisation_id, changed, limits) in &changes.limits {
        let plan = plan_of(plans, organisation_id);
        if plan.limits.is_none_or(|it| it.0 <= *changed) {
            plan.limits = Some((*changed, *limits));
        }
    }
    for (organisation_id, key_id, changed, own) in &changes.overrides {
        let plan = plan_of(plans, organisation_id);
        if plan.overrides.get(key_id).is_none_or(|it| it.0 <= *changed) {
            plan.overrides.insert(key_id.clone(), (*changed, *own));
        }
    }
}

fn plan_of<'a>(plans: &'a mut ByOrganisation, organisation_id: &str) -> &'a mut Plan {
    Arc::make_mut(plans.entry(organisation_id.to_owned()).or_default())
}

#[cfg(test)]
impl Plans {
    /// Where one organisation has limits, and nobody else.
    pub(super) fn of_one(organisation_id: &str, limits: Limits) -> Plans {
        let plan = Plan { limits: Some((1, limits)), ..Plan::default() };
        let plans = HashMap::from([(organisation_id.to_owned(), Arc::new(plan))]);
        Plans { plans: Arc::new(ArcSwap::from_pointee(plans)) }
    }
}

impl Limits {
    /// The rate of keys of a kind that have none of their own.
    pub const fn rate_of(&self, kind: Kind) -> Rate {
        match kind {
            Kind::Secret => self.secret,
            Kind::Publishable => self.publishable,
        }
    }
}
