//! What is kept, and for how long.

use super::*;
use jiff::{SignedDuration, Timestamp};

fn at(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

async fn forget(here: &Here, now: Timestamp) -> u64 {
    here.store().run_tx("test", async |tx| forget_over(tx, now).await).await.expect("a transaction")
}

/// How many rows each table has.
async fn rows(here: &Here) -> Vec<(String, i64)> {
    const ROWS: &str = "
        select 'flush' as of, count(*) as rows from partners.usage_flush
        union all select 'hour', count(*) from partners.usage_hour
        union all select 'country', count(*) from partners.usage_open
        union all select 'minute', count(*) from partners.usage_minute
        union all select 'peak', count(*) from partners.usage_peak
        union all select 'refusal', count(*) from partners.usage_refused
        union all select 'origin', count(*) from partners.key_origin";
    let read = here.store().read("test", async |db| db.query(ROWS, &[]).await).await;
    let rows = read.expect("rows");
    rows.iter().map(|row| (row.get("of"), row.get("rows"))).filter(|it| it.1 > 0).collect()
}

#[tokio::test]
async fn what_is_over_is_forgotten_and_nothing_before() {
    let here = Here::new().await;
    let counters = here.counters();
    let key = &here.key;
    let open = counters.open(key, "mat_1", None, &Sent::default());
    counters.origin(key, PAGE);
    counters.refusal("key_expired", Some(key.into()), Tried::default());
    counters.refusal("key_unknown", None, Tried::default());
    here.pass(60);
    drop(open);
    here.flush(&counters).await;
    let start = clock().now();
    let minute = SignedDuration::from_mins(1);
    let day = SignedDuration::from_hours(24);
    let count = |of: &str, rows| (of.to_owned(), rows);
    let all = [
        count("flush", 1),
        count("hour", 1),
        count("country", 1),
        count("minute", 6),
        count("peak", 6),
        count("refusal", 2),
        count("origin", 1),
    ];
    assert_eq!((forget(&here, start + day).await, rows(&here).await), (0, all.to_vec()));
    let hours = [count("hour", 1), count("country", 1), count("peak", 6)];
    for (now, forgotten, left) in [
        (start + day + minute, 6, [&all[..3], &all[4..]].concat()),
        (start + day * 90, 0, [&all[..3], &all[4..]].concat()),
        // Counts of refusals have an hour; the last use and the last flush were a minute after it.
        (start + day * 90 + minute, 2, [&all[..3], &all[4..5], &all[6..]].concat()),
        (start + day * 90 + minute * 2, 1, hours.to_vec()),
        (at("2028-12-29T10:00:00Z"), 0, hours.to_vec()),
        (at("2028-12-29T10:00:01Z"), 6, vec![]),
    ] {
        assert_eq!((forget(&here, now).await, rows(&here).await), (forgotten, left), "{now}");
    }
}

#[tokio::test]
async fn no_more_is_forgotten_at_once_than_a_transaction_should() {
    const MANY: &str = "
        insert into partners.usage_refused (organisation_id, hour, key_id, match_id, code, origin, count, last_at)
        select 'org_1', '2020-01-01T00:00:00Z', 'key_1', '', 'key_expired', number::text, 1, '2020-01-01T00:00:00Z'
        from generate_series(1, 10007) as number";
    let here = Here::new().await;
    here.store().run_tx("test", async |tx| tx.execute(MANY, &[]).await).await.unwrap();
    for expected in [FORGET_MAX.cast_unsigned(), 7, 0] {
        assert_eq!(forget(&here, here.clock.now()).await, expected);
    }
}
