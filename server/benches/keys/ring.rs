//! The check of a key in memory.

use hdrhistogram::Histogram;
use partners::{Key, KeyRing, Kind, Mode, Need, OriginPattern, Record, Scopes};
use serde_json::{Value, json};
use std::hint::black_box;
use std::time::Instant;

const KEYS: usize = 100_000;
const CHECKS: usize = 400_000;
const PAGE: &str = "https://www.partner.example";

fn record(key: &Key) -> Record {
    Record {
        id: store::ids::new("key"),
        organisation_id: store::ids::new("org"),
        kind: Kind::Publishable,
        mode: Mode::Live,
        name: "Pages".to_owned(),
        prefix: key.prefix().to_owned(),
        sha256: key.hash(),
        origins: vec![OriginPattern::parse("https://*.partner.example").unwrap()],
        site_id: None,
        scopes: Scopes::NONE,
        created_at: jiff::Timestamp::UNIX_EPOCH,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
        succeeds: None,
    }
}

/// A good key from its own page, a key of nobody, and a text whose checksum is wrong.
pub(super) fn measure() -> Value {
    let keys: Vec<Key> = (0..KEYS).map(|_| Key::generate(Kind::Publishable, Mode::Live)).collect();
    let ring = KeyRing::default();
    ring.insert_all(&keys.iter().map(record).collect::<Vec<_>>());
    let strangers: Vec<Key> = (0..KEYS).map(|_| Key::generate(Kind::Publishable, Mode::Live)).collect();
    let mistyped: Vec<String> =
        keys.iter().map(|it| it.reveal().replace("crs_pk_live_", "crs_pk_test_")).collect();
    let texts = |keys: &[Key]| keys.iter().map(|it| it.reveal().to_owned()).collect::<Vec<_>>();
    json!({
        "among_100k": timed(&ring, &texts(&keys), true),
        "unknown": timed(&ring, &texts(&strangers), false),
        "mistyped": timed(&ring, &mistyped, false),
    })
}

fn timed(ring: &KeyRing, texts: &[String], is_good: bool) -> Value {
    // Up to a second; without bounds what is longer than a bucket is cut.
    let mut took = Histogram::<u64>::new_with_bounds(1, 1_000_000_000, 3).unwrap();
    for at in 0..CHECKS {
        // In no order that a cache would foresee.
        let text = &texts[at.wrapping_mul(2_654_435_761) % texts.len()];
        let begun = Instant::now();
        let checked = black_box(ring.check(Some(text), Some(PAGE), Need::Publishable));
        took.saturating_record(u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX));
        assert_eq!(checked.is_ok(), is_good);
    }
    json!({
        "p50_ns": took.value_at_quantile(0.5),
        "p99_ns": took.value_at_quantile(0.99),
        "p999_ns": took.value_at_quantile(0.999),
    })
}
