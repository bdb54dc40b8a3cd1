//! The check of what a partner's server signed, in memory.

use super::secret::{self, CHANNEL, Record};
use super::{Fan, FanKind, FanRefusal, SignedUser, fan_id, jwt};
use crate::Error;
use crate::ring::PartnerKey;
use arc_swap::ArcSwap;
use jiff::Timestamp;
use ring::hmac;
use std::collections::HashMap;
use std::sync::Arc;
use store::{Seal, Store};

/// All signing secrets of all organisations, in this process's memory. Reading takes no lock and does no I/O. What is asked of it comes with
/// a [`PartnerKey`], whose organisation and mode say which secrets count.
///
/// Cloning is cheap and shares the secrets.
///
/// Invariant: secrets are never deleted and never revived, and their ends only come closer, in the table as here. So whatever the order in
/// which loads and notes of changes arrive, taking the union, every revocation and the earlier end gives the truth.
#[derive(Clone)]
pub struct Identities {
    seal: Seal,
    secrets: Arc<ArcSwap<ByOrganisation>>,
}

/// Of an organisation, the oldest first.
type ByOrganisation = HashMap<String, Arc<[Held]>>;

#[derive(Clone)]
struct Held {
    record: Arc<Record>,
    /// None of a revoked one.
    key: Option<hmac::Key>,
}

/// Among how many other secrets the reason is looked for when no good one fits: a forger's text costs no more than their hashes.
const EXPLAINING_MAX: usize = 8;

impl Identities {
    /// With no secrets yet; `seal` opens them.
    pub fn new(seal: Seal) -> Identities {
        Identities { seal, secrets: Arc::default() }
    }

    /// Whom a JWT vouches for. It is signed with HS256 and a secret of the key's organisation and mode, which its `kid` may name, and says `sub`
    /// (their user id), `aud` (`crease`), `exp` (at most 24 hours from its `iat`, or from now), and perhaps `iat`, `nbf` and `name`. Costs about
    /// 1.5 µs with one secret, and for each further one that is tried the hash of the token.
    pub fn check_jwt(&self, partner: &PartnerKey, token: &str, now: Timestamp) -> Result<Fan, FanRefusal> {
        let token = jwt::read(token)?;
        let signed = |key: &hmac::Key| token.is_signed_with(key);
        let salt = self.salt_of_signer(partner, token.kid.as_deref(), signed, now)?;
        let user = token.user(now)?;
        Ok(fan(partner, &salt, &user.user_id, user.name))
    }

    /// Whom a plain HMAC vouches for. Costs about 1 µs.
    pub fn check_signed(
        &self,
        partner: &PartnerKey,
        user: &SignedUser<'_>,
        now: Timestamp,
    ) -> Result<Fan, FanRefusal> {
        let tag = user.tag()?;
        let signed = |key: &hmac::Key| user.is_signed_with(key, &tag);
        let salt = self.salt_of_signer(partner, None, signed, now)?;
        user.check_times(now)?;
        Ok(fan(partner, &salt, user.user_id, None))
    }

    /// The salt that comes with the good secret that signed. There are five of them at most in a mode, so that all can be tried.
    fn salt_of_signer(
        &self,
        partner: &PartnerKey,
        kid: Option<&str>,
        is_signed_with: impl Fn(&hmac::Key) -> bool,
        now: Timestamp,
    ) -> Result<[u8; 32], FanRefusal> {
        let mode = partner.mode();
        let secrets = self.secrets.load();
        let held = secrets.get(partner.organisation_id()).map(AsRef::as_ref).unwrap_or_default();
        let held = match kid {
            None => held,
            Some(kid) => match held.iter().position(|it| it.record.id == kid) {
                Some(at) => &held[at..=at],
                None => return Err(FanRefusal::UnknownSecret),
            },
        };
        let signed = |it: &&Held| it.key.as_ref().is_some_and(&is_signed_with);
        let counts = |it: &&Held| it.record.mode == mode && it.record.is_good(now);
        if let Some(signer) = held.iter().filter(counts).find(signed) {
            return Ok(signer.record.salt);
        }
        let others = held.iter().rev().filter(|it| it.key.is_some() && !counts(it)).take(EXPLAINING_MAX);
        match others.clone().find(signed) {
            Some(other) if other.record.mode != mode => Err(FanRefusal::WrongMode { of: other.record.mode }),
            Some(_) => Err(FanRefusal::SecretOver),
            // A revoked one cannot be asked any more whether it signed, and need not be.
            None if kid.is_some() && held.iter().all(|it| it.key.is_none()) => Err(FanRefusal::SecretOver),
            None if !held.iter().any(|it| counts(&it)) && kid.is_none() => Err(FanRefusal::NoSecret { mode }),
            None => Err(FanRefusal::WrongSignature),
        }
    }

    /// Takes in the table of secrets; answers the number of the last change in it, from which [`Identities::follow`] goes on.
    pub async fn load(&self, store: &Store) -> Result<i64, Error> {
        self.catch_up(store, 0, &|_| {}).await
    }

    /// Keeps up with the secrets, for ever, as [`crate::KeyRing::follow`] does with the keys. `changed` is called with each secret that changed,
    /// once it is known here.
    pub async fn follow(&self, store: &Store, since: i64, changed: impl Fn(&Record)) {
        let changed = &changed;
        store.keep_up(CHANNEL, since, move |since| self.catch_up(store, since, changed)).await;
    }

    async fn catch_up(&self, store: &Store, since: i64, changed: &impl Fn(&Record)) -> Result<i64, Error> {
        let read = store.read("partners_fan_secrets_changed", async |db| secret::changed(db, since).await);
        let (records, last) = read.await?;
        if !records.is_empty() {
            self.change(&records);
        }
        records.iter().for_each(changed);
        Ok(last)
    }

    /// Takes in a secret that was made or changed.
    pub fn insert(&self, record: &Record) {
        self.change(std::slice::from_ref(record));
    }

    fn change(&self, records: &[Record]) {
        self.secrets.rcu(|secrets| {
            let mut secrets = (**secrets).clone();
            records.iter().for_each(|it| put(&mut secrets, it, &self.seal));
            secrets
        });
    }
}

fn fan(partner: &PartnerKey, salt: &[u8], user_id: &str, name: Option<String>) -> Fan {
    Fan {
        organisation_id: partner.organisation_id().to_owned(),
        mode: partner.mode(),
        fan_id: fan_id(salt, user_id),
        name,
        kind: FanKind::Signed,
    }
}

/// Puts a record in place of an older one of the same secret, whose revocation and earlier end stay. One that cannot be opened is left out, so
/// that it keeps no other from loading.
fn put(secrets: &mut ByOrganisation, record: &Record, seal: &Seal) {
    let held = secrets.get(&record.organisation_id).map(AsRef::as_ref).unwrap_or_default();
    let before = held.iter().find(|it| it.record.id == record.id);
    let mut record = record.clone();
    if let Some(before) = before {
        record.revoked_at = before.record.revoked_at.or(record.revoked_at);
        record.ends_at = before.record.ends_at.into_iter().chain(record.ends_at).min();
    }
    let key = match (record.revoked_at, before) {
        (Some(_), _) => None,
        (None, Some(before)) => before.key.clone(),
        (None, None) => match record.open(seal) {
            Ok(secret) => Some(secret.key()),
            Err(error) => {
                tracing::warn!(secret = record.id, %error, "a signing secret cannot be opened and is left out");
                return;
            }
        },
    };
    let mut others: Vec<Held> = held.iter().filter(|it| it.record.id != record.id).cloned().collect();
    let at = others.partition_point(|it| it.record.id < record.id);
    let organisation_id = record.organisation_id.clone();
    others.insert(at, Held { record: Arc::new(record), key });
    secrets.insert(organisation_id, others.into());
}
