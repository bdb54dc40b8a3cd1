//! The check of a key, in memory.

mod table;

use crate::key::{self, Key, Kind, Mode, Record};
use crate::origin::{Origin, OriginPattern, shortened};
use crate::scope::Scope;
use crate::{Error, KeyError};
use arc_swap::ArcSwap;
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use store::{Clock, Store};
use table::{Held, Table};

/// All keys of all organisations, in this process's memory. Reading takes no lock and does no I/O: a check costs about
/// 0.9 µs among 5,000 keys, and 0.1 µs where the checksum refuses the text. A change copies the table, some 50 µs for
/// each 1,000 keys, and changes are as rare as people at a dashboard.
///
/// Cloning is cheap and shares the keys.
///
/// Invariant: keys are never deleted and never revived, in the table as here. So whatever the order in which loads and
/// notes of changes arrive, taking the union and keeping every revocation gives the truth.
#[derive(Clone)]
pub struct KeyRing {
    table: Arc<ArcSwap<Table>>,
    clock: Clock,
}

impl Default for KeyRing {
    fn default() -> Self {
        Self::new(Clock::system())
    }
}

/// Which keys a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Routes that read: a publishable key, or a secret one that may read.
    Read,
    /// Where a key travels in an address (`?key=`), which ends up in logs and histories.
    Publishable,
    /// A secret key that may do this.
    Scope(Scope),
}

impl Need {
    fn is_met_by(self, record: &Record) -> Result<(), KeyRefusal> {
        let scope = match (self, record.kind) {
            (Need::Read | Need::Publishable, Kind::Publishable) => return Ok(()),
            (Need::Publishable, Kind::Secret) | (Need::Scope(_), Kind::Publishable) => {
                return Err(KeyRefusal::WrongKind { need: self });
            }
            (Need::Read, Kind::Secret) => Scope::Read,
            (Need::Scope(scope), Kind::Secret) => scope,
        };
        if record.scopes.has(scope) { Ok(()) } else { Err(KeyRefusal::ScopeMissing { scope }) }
    }
}

/// The proof that a request came with a good key, or with a ticket that was made for one; only [`KeyRing::check`] and
/// [`crate::Tickets::check`] make one. Whether the match asked for may be
/// seen in its [`mode`](PartnerKey::mode) is for the caller to check: test keys see the sandbox match alone.
#[derive(Clone, Debug)]
pub struct PartnerKey {
    record: Arc<Record>,
}

impl PartnerKey {
    /// `key_…`
    pub fn key_id(&self) -> &str {
        &self.record.id
    }

    /// `org_…`
    pub fn organisation_id(&self) -> &str {
        &self.record.organisation_id
    }

    /// What its owner calls it.
    pub fn name(&self) -> &str {
        &self.record.name
    }

    /// Where it is good, of a publishable one that belongs to a site: `sit_…`.
    pub fn site_id(&self) -> Option<&str> {
        self.record.site_id.as_deref()
    }

    pub fn kind(&self) -> Kind {
        self.record.kind
    }

    /// The origins that a publishable key is bound to; none of a secret one.
    pub fn origins(&self) -> &[OriginPattern] {
        &self.record.origins
    }

    pub fn mode(&self) -> Mode {
        self.record.mode
    }
}

/// Why a request's key is not enough. It never repeats the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    #[error("this needs an API key, as `Authorization: Bearer crs_…` or `X-Crease-Key: crs_…`")]
    Missing,
    #[error("this is not an API key: {0}")]
    Malformed(KeyError),
    #[error("this key was never issued here")]
    Unknown,
    #[error("this key was revoked")]
    Revoked,
    #[error("this key has expired")]
    Expired,
    #[error("{}", wrong_kind(*.need))]
    WrongKind { need: Need },
    #[error("this key may not do that: its owner can make one with the scope `{}`", scope.word())]
    ScopeMissing { scope: Scope },
    /// `origin` is what the browser said, cut at some 270 characters.
    #[error("this key may not be used on {origin}; its owner can add that origin")]
    OriginRefused { origin: String },
}

impl KeyRefusal {
    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            KeyRefusal::Missing => "key_missing",
            KeyRefusal::Malformed(_) => "key_malformed",
            KeyRefusal::Unknown => "key_unknown",
            KeyRefusal::Revoked => "key_revoked",
            KeyRefusal::Expired => "key_expired",
            KeyRefusal::WrongKind { .. } => "key_wrong_kind",
            KeyRefusal::ScopeMissing { .. } => "key_scope_missing",
            KeyRefusal::OriginRefused { .. } => "origin_refused",
        }
    }
}

const fn wrong_kind(need: Need) -> &'static str {
    match need {
        Need::Read | Need::Scope(_) => "this needs a secret key (crs_sk_…), from a server",
        Need::Publishable => "only a publishable key (crs_pk_…) may stand in an address",
    }
}

impl KeyRing {
    /// Without keys yet; what has expired is judged by this clock.
    pub fn new(clock: Clock) -> Self {
        Self { table: Arc::default(), clock }
    }

    /// Checks the key that came with a request (`None`: none came) and the request's `Origin` header.
    ///
    /// The look-up is by SHA-256, with an ordinary comparison. Its timing can say at most how much of the *hash* of a
    /// guess agrees with a stored one, and nobody can steer a hash towards that without trying 2ⁿ keys for n bits; so
    /// nothing is learnt about a stored key, and a constant-time comparison would add nothing.
    ///
    /// A publishable key is bound to its origins when a browser says where the page is from. A request without an
    /// `Origin` passes: browsers leave it out of navigations and of reads from the page's own site, and who is not a
    /// browser could send any. The binding keeps other *sites* from using a key; quotas are what limits everyone else.
    /// A secret key has no origins and the header is not looked at.
    pub fn check(
        &self,
        text: Option<&str>,
        origin: Option<&str>,
        need: Need,
    ) -> Result<PartnerKey, KeyRefusal> {
        let text = text.filter(|text| !text.is_empty()).ok_or(KeyRefusal::Missing)?;
        let key = Key::parse(text).map_err(KeyRefusal::Malformed)?;
        let keys = self.table.load();
        let held = keys.by_sha256(&key.hash()).ok_or(KeyRefusal::Unknown)?;
        let record = &held.record;
        if record.revoked_at.is_some() {
            return Err(KeyRefusal::Revoked);
        }
        if record.expires_at.is_some_and(|it| it <= self.clock.now()) {
            return Err(KeyRefusal::Expired);
        }
        need.is_met_by(record)?;
        match (record.kind, origin) {
            (Kind::Publishable, Some(origin)) if !is_allowed(record, origin) => {
                Err(KeyRefusal::OriginRefused { origin: shortened(origin) })
            }
            _ => {
                held.note_use();
                Ok(PartnerKey { record: record.clone() })
            }
        }
    }

    /// All that is known of a key, whether or not it is good, without counting this as a use.
    pub fn find(&self, key: &Key) -> Option<Arc<Record>> {
        self.table.load().by_sha256(&key.hash()).map(|it| it.record.clone())
    }

    /// The key of this id, for what was made for it while it was good and says so by a signature. Ids are no secrets: whoever asks has to know
    /// from elsewhere that the key was shown, which is why no other crate can ask.
    pub(crate) fn by_id(&self, key_id: &str) -> Result<PartnerKey, KeyRefusal> {
        let keys = self.table.load();
        let held = keys.by_id(key_id).ok_or(KeyRefusal::Unknown)?;
        if held.record.revoked_at.is_some() {
            return Err(KeyRefusal::Revoked);
        }
        if held.record.is_over(self.clock.now()) {
            return Err(KeyRefusal::Expired);
        }
        held.note_use();
        Ok(PartnerKey { record: held.record.clone() })
    }

    /// Takes in the table of keys; answers the number of the last change in it, from which [`KeyRing::follow`] goes on.
    pub async fn load(&self, store: &Store) -> Result<i64, Error> {
        let read = store.read("partners_key_ring_load", async |db| {
            let epoch = key::epoch(db).await?;
            Ok::<_, Error>((epoch, key::all(db).await?))
        });
        let (epoch, records) = read.await?;
        self.insert_all(&records);
        Ok(epoch)
    }

    /// How many keys it knows, revoked ones included.
    pub fn len(&self) -> usize {
        self.table.load().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes down which keys were used since the last time, as used at `at`; says how many. Checks only set a flag, so that
    /// [`Record::last_used_at`] is as coarse as this is called: once a minute is plenty. On an error nothing is lost: the keys count
    /// as used still.
    pub async fn save_uses(&self, store: &Store, at: Timestamp) -> Result<usize, Error> {
        let keys = self.table.load_full();
        let used: Vec<&Held> = keys.all().filter(|it| it.used.swap(false, Ordering::Relaxed)).collect();
        if used.is_empty() {
            return Ok(0);
        }
        let ids: Vec<&str> = used.iter().map(|it| it.record.id.as_str()).collect();
        let saved = store.run_tx("partners_key_uses", async |tx| key::note_uses(tx, &ids, at).await).await;
        if saved.is_err() {
            used.iter().for_each(|it| it.note_use());
        }
        saved.map(|()| ids.len())
    }

    /// Takes in a key that was issued or changed.
    pub fn insert(&self, record: &Record) {
        self.change(|keys| keys.put(record));
    }

    /// The same of many at once: one copy of the table.
    pub fn insert_all(&self, records: &[Record]) {
        if !records.is_empty() {
            self.change(|keys| records.iter().for_each(|it| keys.put(it)));
        }
    }

    /// Refuses a key from now on; false when it is not known here. Whoever holds a [`PartnerKey`] made before keeps it:
    /// closing open streams is the caller's work.
    pub fn revoke(&self, key_id: &str, at: Timestamp) -> bool {
        let found = self.table.load().by_id(key_id).cloned();
        let Some(held) = found else { return false };
        if held.record.revoked_at.is_some() {
            // A copy of the table for nothing: a site's keys come by the hundred.
            return true;
        }
        self.insert(&Record { revoked_at: Some(at), ..(*held.record).clone() });
        true
    }

    /// The ids of keys that expired after one moment and not after the other, for whoever closes what they opened.
    pub fn expired_between(&self, since: Timestamp, until: Timestamp) -> Vec<String> {
        let keys = self.table.load();
        let expired = |it: &&Held| it.record.expires_at.is_some_and(|at| since < at && at <= until);
        keys.all().filter(expired).map(|it| it.record.id.clone()).collect()
    }

    fn change(&self, change: impl Fn(&mut Table)) {
        self.table.rcu(|keys| {
            let mut keys = (**keys).clone();
            change(&mut keys);
            keys
        });
    }
}

fn is_allowed(record: &Record, origin: &str) -> bool {
    let Ok(origin) = origin.parse::<Origin>() else { return false };
    record.origins.iter().any(|pattern| pattern.matches(&origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Scopes;
    use std::time::Duration;

    const PAGE: Option<&str> = Some("https://partner.example");
    const FEED: Need = Need::Scope(Scope::Feed);

    fn issued(kind: Kind) -> (Record, Key) {
        crate::testing::issued("org_0", kind, Mode::Live)
    }

    /// A ring with one key.
    fn ring(kind: Kind) -> (KeyRing, Record, Key) {
        let (record, key) = issued(kind);
        let ring = KeyRing::default();
        ring.insert(&record);
        (ring, record, key)
    }

    #[test]
    fn a_good_key_proves_who_asks() {
        let (ring, record, key) = ring(Kind::Publishable);
        let partner = ring.check(Some(key.reveal()), PAGE, Need::Read).unwrap();
        assert_eq!((partner.key_id(), partner.organisation_id()), (record.id.as_str(), "org_0"));
        assert_eq!((partner.kind(), partner.mode()), (Kind::Publishable, Mode::Live));
    }

    #[test]
    fn each_refusal_has_its_reason_and_code() {
        let (ring, _, key) = ring(Kind::Publishable);
        let check = |text: Option<&str>, origin, need, expected: KeyRefusal, code| {
            let refusal = ring.check(text, origin, need).unwrap_err();
            assert_eq!((&refusal, refusal.code()), (&expected, code));
        };
        let stranger = Key::generate(Kind::Publishable, Mode::Live);
        let (good, evil) = (Some(key.reveal()), "https://evil.test");
        check(None, PAGE, Need::Read, KeyRefusal::Missing, "key_missing");
        check(Some(""), PAGE, Need::Read, KeyRefusal::Missing, "key_missing");
        let malformed = KeyRefusal::Malformed(KeyError::Length { found: 5 });
        check(Some("hello"), PAGE, Need::Read, malformed, "key_malformed");
        check(Some(stranger.reveal()), PAGE, Need::Read, KeyRefusal::Unknown, "key_unknown");
        check(good, PAGE, FEED, KeyRefusal::WrongKind { need: FEED }, "key_wrong_kind");
        for origin in [evil, "null", ""] {
            let refused = KeyRefusal::OriginRefused { origin: origin.into() };
            check(good, Some(origin), Need::Read, refused, "origin_refused");
        }
    }

    #[test]
    fn no_refusal_repeats_the_key() {
        let (ring, record, key) = ring(Kind::Secret);
        let mut changed = key.reveal().to_owned();
        changed.replace_range(47.., if changed.ends_with('0') { "1" } else { "0" });
        ring.revoke(&record.id, Timestamp::UNIX_EPOCH);
        for (text, refusal) in [(changed.as_str(), "key_malformed"), (key.reveal(), "key_revoked")] {
            let refused = ring.check(Some(text), None, FEED).unwrap_err();
            assert_eq!(refused.code(), refusal);
            assert!(!format!("{refused} {refused:?}").contains(&text[12..20]));
        }
    }

    #[test]
    fn a_publishable_key_passes_without_an_origin() {
        let (ring, _, key) = ring(Kind::Publishable);
        assert!(ring.check(Some(key.reveal()), None, Need::Publishable).is_ok());
    }

    #[test]
    fn a_secret_key_has_no_origins_and_never_stands_in_an_address() {
        let (ring, _, key) = ring(Kind::Secret);
        assert!(ring.check(Some(key.reveal()), PAGE, FEED).is_ok());
        let refusal = ring.check(Some(key.reveal()), None, Need::Read).unwrap_err();
        assert_eq!(refusal, KeyRefusal::ScopeMissing { scope: Scope::Read });
        let refusal = ring.check(Some(key.reveal()), None, Need::Publishable).unwrap_err();
        assert_eq!(refusal, KeyRefusal::WrongKind { need: Need::Publishable });
    }

    #[test]
    fn a_revoked_key_stays_revoked_whatever_arrives_later() {
        let (ring, record, key) = ring(Kind::Secret);
        assert!(ring.revoke(&record.id, Timestamp::UNIX_EPOCH));
        ring.insert(&record);
        assert_eq!(ring.check(Some(key.reveal()), None, FEED).unwrap_err(), KeyRefusal::Revoked);
        assert!(!ring.revoke("key_of_nobody", Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn a_secret_key_does_what_its_scopes_say() {
        let (ring, record, key) = ring(Kind::Secret);
        for scope in Scope::ALL {
            ring.insert(&Record { scopes: Scopes::of(&[scope]), ..record.clone() });
            for asked in Scope::ALL {
                let checked = ring.check(Some(key.reveal()), None, Need::Scope(asked)).err();
                let refused = (asked != scope).then_some(KeyRefusal::ScopeMissing { scope: asked });
                assert_eq!(checked, refused, "{scope:?} {asked:?}");
            }
        }
    }

    #[test]
    fn a_key_is_good_until_it_expires() {
        let clock = Clock::manual("2026-11-29T10:00:00Z".parse().unwrap());
        let ring = KeyRing::new(clock.clone());
        let (record, key) = issued(Kind::Publishable);
        let expires_at = clock.now() + Duration::from_secs(60);
        ring.insert(&Record { expires_at: Some(expires_at), ..record.clone() });
        let check = || ring.check(Some(key.reveal()), PAGE, Need::Read);
        clock.advance(Duration::from_millis(59_999));
        assert!(check().is_ok());
        let before = clock.now();
        assert!(ring.expired_between(Timestamp::UNIX_EPOCH, before).is_empty());
        clock.advance(Duration::from_millis(1));
        assert_eq!(check().unwrap_err().code(), "key_expired");
        assert_eq!(ring.expired_between(before, clock.now()), [record.id]);
        assert!(ring.expired_between(clock.now(), clock.now() + Duration::from_secs(9)).is_empty());
    }

    #[test]
    fn a_key_is_found_by_its_id_for_as_long_as_it_is_good() {
        let (ring, record, key) = ring(Kind::Publishable);
        let (other, _) = issued(Kind::Secret);
        ring.insert(&other);
        assert_eq!(ring.by_id(&record.id).unwrap().key_id(), record.id);
        assert_eq!(ring.by_id(&other.id).unwrap().kind(), Kind::Secret);
        for id in ["", "key_of_nobody", key.reveal()] {
            assert_eq!(ring.by_id(id).unwrap_err(), KeyRefusal::Unknown);
        }
        let before = ring.clone();
        assert!(ring.revoke(&record.id, Timestamp::UNIX_EPOCH));
        ring.insert(&record);
        for ring in [&ring, &before] {
            assert_eq!(ring.by_id(&record.id).unwrap_err(), KeyRefusal::Revoked);
        }
        assert!(ring.by_id(&other.id).is_ok());
        assert_eq!(ring.len(), 2);
    }

    #[test]
    fn keys_may_be_added_from_many_threads_at_once() {
        let ring = KeyRing::default();
        let added: Vec<(Record, Key)> = (0..64).map(|_| issued(Kind::Secret)).collect();
        std::thread::scope(|scope| {
            for chunk in added.chunks(16) {
                scope.spawn(|| chunk.iter().for_each(|(record, _)| ring.insert(record)));
            }
        });
        assert!(added.iter().all(|(_, key)| ring.check(Some(key.reveal()), None, FEED).is_ok()));
        assert!(added.iter().all(|(record, _)| ring.by_id(&record.id).is_ok()));
    }
}
