//! What strangers say and what nobody takes away stays small.

use super::*;
use crate::usage::lines::LINES_MAX;
use crate::usage::origins::{MATCHES_OF_ORIGIN_MAX, ORIGINS_MAX, ORIGINS_OF_KEY_MAX};

/// What comes of some origins: each with its count, in order.
fn counted(counters: &Counters, now_ms: i64) -> Vec<(String, u64)> {
    let all = counters.shared.uses.take(now_ms);
    let mut all: Vec<_> = all.into_iter().map(|it| (it.origin.into(), it.count)).collect();
    all.sort_unstable();
    all
}

#[test]
fn origins_are_kept_as_browsers_write_them_and_what_is_none_is_another() {
    let (counters, key) = (Counters::new(clock()), key("org_1"));
    for (said, expected) in [
        ("https://shop.example", "https://shop.example"),
        ("HTTPS://Shop.Example:443", "https://shop.example"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("http://shop.example", "http://shop.example"),
        ("null", "null"),
        ("https://shop.example/path", OTHER),
        ("a\0b", OTHER),
        (&format!("https://{}.example", "a".repeat(300)), OTHER),
        ("=cmd", OTHER),
    ] {
        counters.origin(&key, said);
        assert_eq!(counted(&counters, 0), [(expected.to_owned(), 1)], "{said}");
    }
}

#[test]
fn origins_beyond_the_bound_of_a_key_are_counted_as_others_until_places_are_free() {
    let (counters, one, two) = (Counters::new(clock()), key("org_1"), key("org_1"));
    for round in 0..2_u64 {
        for at in 0..ORIGINS_OF_KEY_MAX + 10 {
            counters.origin(&one, &format!("https://{at}.example"));
        }
        let all = counted(&counters, 0);
        assert_eq!(all.len(), ORIGINS_OF_KEY_MAX + 1, "round {round}");
        assert!(all.contains(&(OTHER.to_owned(), 10)));
        assert_eq!(all.iter().map(|it| it.1).sum::<u64>(), 60);
    }
    counters.origin(&two, "https://new.example");
    assert_eq!(counted(&counters, 0), [("https://new.example".to_owned(), 1)], "of another key");
    assert_eq!(counted(&counters, USES_KEPT_MS), []);
    counters.origin(&one, "https://new.example");
    assert_eq!(counted(&counters, USES_KEPT_MS), [("https://new.example".to_owned(), 1)]);
}

#[test]
fn origins_of_all_keys_together_are_bounded() {
    let counters = Counters::new(clock());
    let keys: Vec<PartnerKey> = (0..ORIGINS_MAX / 50 + 1).map(|_| key("org_1")).collect();
    for key in &keys {
        for at in 0..50 {
            counters.origin(key, &format!("https://{at}.example"));
        }
    }
    let all = counted(&counters, 0);
    let named = all.iter().filter(|it| it.0 != OTHER).count();
    assert_eq!((named, all.iter().map(|it| it.1).sum::<u64>()), (ORIGINS_MAX, keys.len() as u64 * 50));
}

#[test]
fn a_refusal_without_a_known_key_keeps_its_code_alone() {
    let counters = Counters::new(clock());
    for at in 0..100 {
        counters.refusal("key_unknown", None, Tried::on(&format!("https://{at}.example")));
    }
    assert_eq!(*counters.strangers(), HashMap::from([("key_unknown", 100)]));
}

#[test]
fn lines_beyond_the_bound_are_told_apart_by_key_alone() {
    let (counters, one, two) = (Counters::new(clock()), key("org_1"), key("org_1"));
    for at in 0..LINES_MAX + 10 {
        counters.impression(&one, &format!("mat_{at}"));
    }
    counters.impression(&two, "mat_0");
    assert_eq!(counters.shared.lines.len(), LINES_MAX + 2);
    let taken = counters.shared.lines.take(0);
    assert_eq!(taken.iter().map(|it| it.1.impressions).sum::<u64>(), LINES_MAX as u64 + 11);
    let others: u64 = taken.iter().filter(|it| &*it.0.match_id == OTHER).map(|it| it.1.impressions).sum();
    assert_eq!(others, 11);
}

#[test]
fn what_can_be_no_id_is_no_match() {
    let (counters, key) = (Counters::new(clock()), key("org_1"));
    for strange in ["", "mat 1", "mat_\0", "mat_é", &"m".repeat(65)] {
        assert_eq!(&*counters.line(&key, strange).of().match_id, OTHER, "{strange:?}");
    }
}

#[test]
fn a_line_that_is_idle_for_an_hour_is_let_go_unless_somebody_holds_it() {
    let (clock, key) = (clock(), key("org_1"));
    let counters = Counters::new(clock.clone());
    let lines = &counters.shared.lines;
    counters.impression(&key, "mat_1");
    let held = counters.line(&key, "mat_2");
    let open = counters.open(&key, "mat_3", None, &Sent::default());
    assert_eq!((lines.take(clock.now_ms()).len(), lines.len()), (2, 3));
    clock.advance(Duration::from_secs(3_599));
    assert_eq!((lines.take(clock.now_ms()).len(), lines.len()), (1, 3));
    clock.advance(Duration::from_secs(1));
    assert_eq!((lines.take(clock.now_ms()).len(), lines.len()), (1, 2));
    held.impression();
    drop((held, open));
    assert_eq!((lines.take(clock.now_ms()).len(), lines.len()), (1, 2));
    clock.advance(Duration::from_secs(3_600));
    assert_eq!((lines.take(clock.now_ms()).len(), lines.len()), (0, 0));
}

#[tokio::test]
async fn when_too_many_rows_wait_counts_stay_where_they_are_and_are_not_lost() {
    let (clock, key) = (clock(), key("org_1"));
    let counters = Counters::new(clock.clone());
    let mut flushing = counters.shared.flushing.lock().await;
    let open: Vec<_> =
        (0..600).map(|at| counters.open(&key, &format!("mat_{at}"), None, &Sent::default())).collect();
    clock.advance(Duration::from_secs(3 * 3_600));
    counters.collect(&mut flushing);
    let waiting = flushing.unwritten.rows();
    assert!(waiting >= ROWS_WAITING_MAX, "{waiting}");
    clock.advance(Duration::from_secs(3_600));
    drop(open);
    counters.collect(&mut flushing);
    assert_eq!(flushing.unwritten.rows(), waiting);
    let stream_ms = |flushing: &mut Flushing| -> u64 {
        let rows = std::iter::from_fn(|| flushing.unwritten.next_rows());
        rows.flat_map(|it| it.hours).map(|it| it.1.stream_ms).sum()
    };
    assert_eq!(stream_ms(&mut flushing), 600 * 3 * 3_600_000);
    counters.collect(&mut flushing);
    assert_eq!(stream_ms(&mut flushing), 600 * 3_600_000);
}

#[test]
fn matches_in_which_an_origin_is_refused_are_bounded_until_places_are_free() {
    let (counters, key) = (Counters::new(clock()), key("org_1"));
    let refusals = &counters.shared.refusals;
    let refuse = |matches: std::ops::Range<usize>| {
        for at in matches {
            let match_id = format!("mat_{at}");
            let tried = Tried { origin: Some(PAGE), match_id: Some(&match_id) };
            counters.refusal("rate_limited", Some((&key).into()), tried);
        }
    };
    for _ in 0..2 {
        refuse(0..MATCHES_OF_ORIGIN_MAX + 10);
        let all = refusals.take(0);
        let others: u64 = all.iter().filter(|it| &*it.match_id == OTHER).map(|it| it.count).sum();
        assert_eq!((all.len(), others), (MATCHES_OF_ORIGIN_MAX + 1, 10));
    }
    assert_eq!(refusals.take(REFUSALS_KEPT_MS).len(), 0);
    refuse(90..91);
    let all = refusals.take(REFUSALS_KEPT_MS);
    assert_eq!((all.len(), &*all[0].match_id), (1, "mat_90"));
}
