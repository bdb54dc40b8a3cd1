//! Batches into the database: once, whatever happens.

use super::*;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};

/// Whether it has come to its end; else whatever it waits for may go on meanwhile.
async fn poll_once<T>(mut future: Pin<&mut impl Future<Output = T>>) -> bool {
    let is_over =
        std::future::poll_fn(|context| std::task::Poll::Ready(future.as_mut().poll(context).is_ready()))
            .await;
    tokio::task::yield_now().await;
    is_over
}

fn of(impressions: i64, opens: i64, stream_ms: i64, peak: i64, updates: i64) -> Figures {
    Figures { impressions, opens, stream_ms, peak, updates }
}

#[tokio::test]
async fn what_was_counted_is_in_the_database_after_a_flush() {
    let here = Here::new().await;
    let counters = here.counters();
    counters.impression(&here.key, MATCH);
    counters.impression(&here.key, MATCH);
    let sent = Sent::default();
    sent.add();
    let stream = counters.open(&here.key, MATCH, Some(*b"IN"), &sent);
    (0..7).for_each(|_| sent.add());
    here.pass(60);
    assert_eq!(here.figures(Part::All).await, Figures::default());
    // An hour, a country, and a minute of organisation, mode, site, key, match and line.
    assert_eq!(here.flush(&counters).await, 8);
    assert_eq!(here.figures(Part::All).await, of(2, 1, 60_000, 1, 7));
    drop(stream);
    sent.add();
    assert_eq!(here.flush(&counters).await, 0);
    assert_eq!(here.figures(Part::All).await, of(2, 1, 60_000, 1, 7));
}

#[tokio::test]
async fn a_stream_that_is_open_over_three_flushes_counts_all_of_its_time_once() {
    let here = Here::new().await;
    let counters = here.counters();
    here.pass(3_585);
    let stream = counters.open(&here.key, MATCH, None, &Sent::default());
    for _ in 0..3 {
        here.pass(10);
        here.flush(&counters).await;
    }
    here.pass(5);
    drop(stream);
    here.pass(100);
    here.flush(&counters).await;
    assert_eq!(here.hours().await, [of(0, 1, 15_000, 1, 0), of(0, 0, 20_000, 1, 0)]);
}

#[tokio::test]
async fn processes_add_to_the_same_rows() {
    let here = Here::new().await;
    let (one, two) = (here.counters(), here.counters());
    for _ in 0..3 {
        one.impression(&here.key, MATCH);
        two.impression(&here.key, MATCH);
        two.refusal("key_expired", Some((&here.key).into()), Tried::default());
        one.refusal("key_expired", Some((&here.key).into()), Tried::default());
        two.origin(&here.key, PAGE);
        one.origin(&here.key, PAGE);
        let (first, second) = tokio::join!(one.flush(here.store()), two.flush(here.store()));
        assert_eq!((first.unwrap(), second.unwrap()), (3, 3));
    }
    assert_eq!(here.figures(Part::All).await.impressions, 6);
    let read = here.store().read("test", async |db| {
        Ok::<_, Error>((
            reasons(db, "org_1", Which::all(all()), Rows::first(9)).await?,
            origins_of_key(db, "org_1", here.key.key_id(), Rows::first(9)).await?,
        ))
    });
    let (reasons, origins) = read.await.unwrap();
    assert_eq!(reasons, [Reason { at: None, code: "key_expired".into(), count: 6 }]);
    assert_eq!((origins.len(), origins[0].uses), (1, 6));
}

#[tokio::test]
async fn a_batch_whose_fate_is_unknown_is_written_again_and_counts_once() {
    let here = Here::new().await;
    let counters = here.counters();
    let sent = Sent::default();
    let stream = counters.open(&here.key, MATCH, Some(*b"IN"), &sent);
    (0..3).for_each(|_| sent.add());
    counters.origin(&here.key, PAGE);
    counters.refusal("key_unknown", None, Tried::default());
    here.pass(60);
    here.write_unheard(&counters).await;
    let written = of(0, 1, 60_000, 1, 3);
    assert_eq!(here.figures(Part::All).await, written);
    here.write_unheard(&counters).await;
    assert_eq!(here.figures(Part::All).await, written, "it is the same batch");
    (0..4).for_each(|_| sent.add());
    here.pass(60);
    here.flush(&counters).await;
    assert_eq!(here.figures(Part::All).await, of(0, 1, 120_000, 1, 7));
    drop(stream);
    let read = here.store().read("test", async |db| {
        let strangers = reasons_of_strangers(db, all()).await?;
        Ok::<_, Error>((strangers, origins_of_key(db, "org_1", here.key.key_id(), Rows::first(9)).await?))
    });
    let (strangers, origins) = read.await.unwrap();
    assert_eq!(strangers, [Reason { at: None, code: "key_unknown".into(), count: 1 }]);
    assert_eq!(origins[0].uses, 1);
}

#[tokio::test]
async fn what_could_not_be_written_is_kept_and_comes_into_the_hour_in_which_it_was_counted() {
    let here = Here::new().await;
    let broken = TestStore::new(&[]).await;
    let counters = here.counters();
    for hour in 0..3_u64 {
        (0..=hour).for_each(|_| counters.impression(&here.key, MATCH));
        here.pass(1_800);
        assert!(matches!(counters.flush(broken.store()).await, Err(Error::Store(_))));
        here.pass(1_800);
    }
    assert_eq!(here.hours().await.iter().map(|it| it.impressions).sum::<i64>(), 0);
    here.flush(&counters).await;
    let impressions: Vec<i64> = here.hours().await.iter().map(|it| it.impressions).collect();
    assert_eq!(impressions, [1, 2, 3, 0]);
}

#[tokio::test]
async fn a_flush_that_is_given_up_half_way_loses_nothing_and_counts_nothing_twice() {
    let here = Here::new().await;
    let counters = here.counters();
    for polls in 0..40 {
        counters.impression(&here.key, MATCH);
        let mut flush = Box::pin(counters.flush(here.store()));
        for _ in 0..polls {
            if poll_once(flush.as_mut()).await {
                break;
            }
        }
    }
    here.flush(&counters).await;
    assert_eq!(here.figures(Part::All).await.impressions, 40);
}

#[tokio::test]
async fn counts_that_come_while_others_are_written_are_not_lost() {
    let here = Here::new().await;
    let counters = here.counters();
    let done = Arc::new(AtomicU64::new(0));
    let threads: Vec<_> = (0..4)
        .map(|at| {
            let (counters, key, done) = (counters.clone(), here.key.clone(), done.clone());
            std::thread::spawn(move || {
                let sent = Sent::default();
                let stream = counters.open(&key, &format!("mat_of_{at}"), Some(*b"IN"), &sent);
                for count in 0..20_000 {
                    let match_id = format!("mat_{}", count % 7);
                    counters.impression(&key, &match_id);
                    drop(counters.open(&key, &match_id, Some(*b"IN"), &Sent::default()));
                    (0..2).for_each(|_| sent.add());
                    counters.refusal("origin_refused", Some((&key).into()), Tried::on(PAGE));
                    counters.origin(&key, &format!("https://{at}.example"));
                }
                drop(stream);
                done.fetch_add(1, Ordering::SeqCst);
            })
        })
        .collect();
    while done.load(Ordering::SeqCst) < 4 {
        let (counters, store) = (counters.clone(), here.store().clone());
        tokio::spawn(async move { counters.flush(&store).await }).await.unwrap().unwrap();
    }
    threads.into_iter().for_each(|it| it.join().unwrap());
    here.flush(&counters).await;
    assert_eq!(here.figures(Part::All).await, of(80_000, 80_004, 0, 0, 160_000));
    let read = here.store().read("test", async |db| {
        let reasons = reasons(db, "org_1", Which::all(all()), Rows::first(9)).await?;
        let countries = by(db, "org_1", Dimension::Country, Which::all(all()), Rows::first(10)).await?;
        Ok::<_, Error>((
            reasons,
            countries,
            origins_of_key(db, "org_1", here.key.key_id(), Rows::first(9)).await?,
        ))
    });
    let (reasons, countries, origins) = read.await.unwrap();
    assert_eq!(reasons, [Reason { at: None, code: "origin_refused".into(), count: 80_000 }]);
    assert_eq!((countries.len(), countries[0].figures.opens), (1, 80_004));
    assert_eq!(origins.iter().map(|it| it.uses).collect::<Vec<_>>(), [20_000; 4]);
}

#[tokio::test]
async fn more_rows_than_one_transaction_writes_are_written_in_several() {
    let here = Here::new().await;
    let counters = here.counters();
    for at in 0..10_001 {
        counters.impression(&here.key, &format!("mat_{at}"));
    }
    assert_eq!(here.flush(&counters).await, 10_001);
    assert_eq!(here.figures(Part::All).await.impressions, 10_001);
    assert_eq!(counters.shared.flushing.lock().await.number, 2);
}

#[tokio::test]
async fn what_has_no_moment_of_its_own_belongs_to_the_hour_of_most_of_the_time_since_the_last_flush() {
    let here = Here::new().await;
    let counters = here.counters();
    here.pass(3_590);
    here.flush(&counters).await;
    counters.impression(&here.key, MATCH);
    // Ten seconds before the hour, nine after it.
    here.pass(19);
    here.flush(&counters).await;
    counters.impression(&here.key, MATCH);
    here.pass(10);
    here.flush(&counters).await;
    let impressions: Vec<i64> = here.hours().await.iter().map(|it| it.impressions).collect();
    assert_eq!(impressions, [1, 1]);
}

#[tokio::test]
async fn a_key_of_which_two_things_are_said_stops_no_flush() {
    let here = Here::new().await;
    let counters = here.counters();
    let (record, _) = crate::testing::issued("org_1", Kind::Publishable, Mode::Live);
    for (site_id, match_id) in [("sit_1", "mat_1"), ("sit_2", "mat_2")] {
        let key = of_site(record.clone(), site_id);
        drop(counters.open(&key, match_id, None, &Sent::default()));
        counters.origin(&key, PAGE);
        counters.refusal("key_expired", Some((&key).into()), Tried::default());
    }
    here.flush(&counters).await;
    assert_eq!(here.figures(Part::Key(&record.id)).await.opens, 2);
}

#[tokio::test]
async fn a_text_for_spreadsheets_has_all_rows_or_is_refused() {
    let here = Here::new().await;
    let counters = here.counters();
    for at in 0..5 {
        counters.impression(&here.key, &format!("mat_{at}"));
    }
    here.flush(&counters).await;
    for (rows_max, expected) in [(4, None), (5, Some(5)), (6, Some(5))] {
        let read = here.store().read("test", async |db| {
            csv::csv_of_at_most(db, "org_1", What::Hours, (Part::All, all()), rows_max).await
        });
        match (read.await, expected) {
            (Ok(csv), Some(rows)) => assert_eq!((csv.rows, csv.text.lines().count()), (rows, rows + 1)),
            (Err(Error::TooManyRows { max }), None) => assert_eq!(max, rows_max),
            (found, expected) => panic!("{found:?} {expected:?}"),
        }
    }
}
