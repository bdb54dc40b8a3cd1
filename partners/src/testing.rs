//! Keys for the tests of this crate.

use crate::{Key, KeyRing, Kind, Mode, OriginPattern, PartnerKey, Record, Scope, Scopes};
use jiff::Timestamp;

/// A key of an organisation, and its text.
pub(crate) fn issued(organisation_id: &str, kind: Kind, mode: Mode) -> (Record, Key) {
    let key = Key::generate(kind, mode);
    let origins = match kind {
        Kind::Publishable => vec![OriginPattern::parse("https://partner.example").expect("an origin")],
        Kind::Secret => vec![],
    };
    let record = Record {
        id: store::ids::new("key"),
        organisation_id: organisation_id.into(),
        kind,
        mode,
        name: "Website".into(),
        prefix: key.prefix().into(),
        sha256: key.hash(),
        origins,
        site_id: None,
        scopes: match kind {
            Kind::Publishable => Scopes::NONE,
            Kind::Secret => Scopes::of(&[Scope::Feed]),
        },
        created_at: Timestamp::UNIX_EPOCH,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
        succeeds: None,
    };
    (record, key)
}

/// The proof that somebody showed a good key.
pub(crate) fn partner(organisation_id: &str, kind: Kind, mode: Mode) -> PartnerKey {
    let (record, _) = issued(organisation_id, kind, mode);
    let ring = KeyRing::default();
    ring.insert(&record);
    ring.by_id(&record.id).expect("a good key")
}

/// An ASCII text cut off at a character, and with that one left out, preceded by another one, or replaced by it.
pub(crate) fn changed(text: &str, at: usize, other: char) -> Vec<String> {
    let at = at % text.len();
    let (before, from, after) = (&text[..at], &text[at..], &text[at + 1..]);
    let mut changed = vec![before.to_owned(), format!("{before}{after}"), format!("{before}{other}{from}")];
    if !from.starts_with(other) {
        changed.push(format!("{before}{other}{after}"));
    }
    changed
}
