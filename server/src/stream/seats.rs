//! Places for streams: how many there are, of whom.

use super::presence::{Guard, OfKey, Presence};
use super::topic::Topic;
use crate::config;
use partners::PartnerKey;
use partners::limit::{Admission, LimitRefusal, Open, StreamGate, Threshold};
use partners::usage::{Line, OpenStream};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The places of this process. Cloning shares them.
#[derive(Clone, Default)]
pub(super) struct Seats {
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
    by_key: HashMap<Arc<str>, OfOneKey>,
    by_organisation: HashMap<Arc<str>, usize>,
    /// Organisations that came near their limit, or to it, since somebody last asked.
    pressed: HashMap<Arc<str>, Threshold>,
    /// Keys that were revoked in the life of this process: a stream that is just being opened must not slip through.
    revoked: HashSet<Arc<str>>,
}

struct OfOneKey {
    open: usize,
    /// The text that all of its streams share.
    key_id: Arc<str>,
    organisation_id: Arc<str>,
}

/// No further stream may be opened now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Full {
    Process {
        max: usize,
    },
    Address {
        max: usize,
    },
    Key {
        max: usize,
    },
    /// What its partner may have open is.
    Limit(LimitRefusal),
    /// The key was revoked since it was checked.
    Revoked,
    ShuttingDown,
}

/// Who asks for a stream.
#[derive(Clone)]
pub struct Caller {
    pub address: IpAddr,
    /// Where keys are asked for.
    pub partner: Option<Partner>,
}

/// With whose key, and what it may.
#[derive(Clone)]
pub struct Partner {
    pub key: PartnerKey,
    pub gate: StreamGate,
    /// What is open in other processes.
    pub elsewhere: Open,
    /// Where the stream is counted.
    pub line: Arc<Line>,
    /// ISO 3166-1, as far as it is known.
    pub country: Option<[u8; 2]>,
}

impl Seats {
    /// Takes a place, or says why there is none.
    pub(super) fn take(
        &self,
        limits: &config::Stream,
        presence: &Presence,
        topic: &Topic,
        caller: Caller,
    ) -> Result<Seat, Full> {
        let Caller { address, partner } = caller;
        let mut taken = self.taken();
        let here = taken.by_address.get(&address).copied().unwrap_or_default();
        if taken.all >= limits.subscribers_max {
            return Err(Full::Process { max: limits.subscribers_max });
        }
        if here >= limits.subscribers_per_address_max {
            return Err(Full::Address { max: limits.subscribers_per_address_max });
        }
        let key_id = match &partner {
            Some(partner) => Some(taken.take_of_key(partner, limits.subscribers_per_key_max)?),
            None => None,
        };
        taken.all += 1;
        *taken.by_address.entry(address).or_default() += 1;
        let key = partner
            .as_ref()
            .map(|it| OfKey { key_id: it.key.key_id(), organisation_id: it.key.organisation_id() });
        let guard = presence.join(topic.id(), key);
        drop(taken);
        let counted = partner.map(|it| Line::open(it.line, it.country, topic.sent()));
        Ok(Seat { seats: self.clone(), address, key_id, _guard: guard, _counted: counted })
    }

    /// How many are taken.
    pub(super) fn count(&self) -> usize {
        self.taken().all
    }

    /// From now on there is none for a key.
    pub(super) fn revoke(&self, key_id: Arc<str>) {
        self.taken().revoked.insert(key_id);
    }

    pub(super) fn take_pressed(&self) -> Vec<(Arc<str>, Threshold)> {
        std::mem::take(&mut self.taken().pressed).into_iter().collect()
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Counts a stream of a key in, unless it or its organisation has enough; answers the key's id, whose text all of its streams share.
    fn take_of_key(&mut self, partner: &Partner, of_key_max: usize) -> Result<Arc<str>, Full> {
        let (key_id, organisation_id) = (partner.key.key_id(), partner.key.organisation_id());
        if self.revoked.contains(key_id) {
            return Err(Full::Revoked);
        }
        let of_key = self.by_key.get(key_id).map_or(0, |it| it.open);
        if of_key >= of_key_max {
            return Err(Full::Key { max: of_key_max });
        }
        let of_organisation = self.by_organisation.get(organisation_id).copied().unwrap_or_default();
        let open = Open {
            of_organisation: partner.elsewhere.of_organisation + of_organisation as u64,
            of_key: partner.elsewhere.of_key + of_key as u64,
        };
        match partner.gate.judge(open) {
            Admission::Allowed => {}
            Admission::AllowedAboveSoft => self.press(organisation_id, Threshold::Soft),
            Admission::Refused(refusal) => {
                if matches!(refusal, LimitRefusal::StreamsFullForOrganisation { .. }) {
                    self.press(organisation_id, Threshold::Hard);
                }
                return Err(Full::Limit(refusal));
            }
        }
        let (key_id, organisation_id) = match self.by_key.get_mut(key_id) {
            Some(known) => {
                known.open += 1;
                (known.key_id.clone(), known.organisation_id.clone())
            }
            None => {
                let known = self.by_organisation.get_key_value(organisation_id);
                let organisation_id: Arc<str> = known.map_or(organisation_id.into(), |it| it.0.clone());
                let key_id: Arc<str> = key_id.into();
                let new =
                    OfOneKey { open: 1, key_id: key_id.clone(), organisation_id: organisation_id.clone() };
                self.by_key.insert(key_id.clone(), new);
                (key_id, organisation_id)
            }
        };
        *self.by_organisation.entry(organisation_id).or_default() += 1;
        Ok(key_id)
    }

    fn press(&mut self, organisation_id: &str, threshold: Threshold) {
        match self.pressed.get_mut(organisation_id) {
            Some(known) if threshold == Threshold::Hard => *known = threshold,
            Some(_) => {}
            None => {
                self.pressed.insert(organisation_id.into(), threshold);
            }
        }
    }

    fn give_back_of_key(&mut self, key_id: &Arc<str>) {
        let Some(of_key) = self.by_key.get_mut(key_id) else { return };
        of_key.open -= 1;
        let organisation_id = of_key.organisation_id.clone();
        if of_key.open == 0 {
            self.by_key.remove(key_id);
        }
        if let Some(of_organisation) = self.by_organisation.get_mut(&organisation_id) {
            *of_organisation -= 1;
            if *of_organisation == 0 {
                self.by_organisation.remove(&organisation_id);
            }
        }
    }
}

/// A place among the counted; given back when the stream is dropped, however it ends.
pub(super) struct Seat {
    seats: Seats,
    address: IpAddr,
    key_id: Option<Arc<str>>,
    _guard: Guard,
    _counted: Option<OpenStream>,
}

impl Seat {
    pub(super) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// Whether its key was revoked after the seat was taken.
    pub(super) fn is_revoked(&self) -> bool {
        let Some(key_id) = &self.key_id else { return false };
        self.seats.taken().revoked.contains(key_id)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.seats.taken();
        seats.all -= 1;
        if let Some(here) = seats.by_address.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                seats.by_address.remove(&self.address);
            }
        }
        if let Some(key_id) = &self.key_id {
            seats.give_back_of_key(key_id);
        }
    }
}
