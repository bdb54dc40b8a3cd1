//! How much of a queue runs at once, and how fast.

use crate::{Greet, LIVE, becomes, count, greet, quick};
use jobs::{Attempt, Error, Limits, MIGRATIONS, NotDone, Rate, Wish, enqueue_all, limit, pause, resume};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use store::testing::TestStore;
use tokio::sync::Semaphore;

async fn put_many(test: &TestStore, count: usize) {
    let jobs: Vec<Greet> = (0..count).map(|it| greet(&it.to_string())).collect();
    let put = test.store().run_tx("test", async |tx| enqueue_all(tx, &jobs, &Wish::default()).await).await;
    put.expect("jobs");
}

async fn set(test: &TestStore, limits: Limits) -> Result<(), Error> {
    test.store().run_tx("test", async |tx| limit(tx, "default", &limits).await).await
}

#[tokio::test]
async fn all_nodes_together_run_no_more_than_a_queues_limit_and_each_gets_its_part() {
    const LIMIT: u32 = 4;
    let test = TestStore::new(&[MIGRATIONS]).await;
    set(&test, Limits { running_max: Some(LIMIT), rate: None }).await.unwrap();
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let done = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
    let stopped = Arc::new(Semaphore::new(0));
    let work = async |own: &Arc<AtomicUsize>| {
        let (now, most, own) = (Arc::clone(&now), Arc::clone(&most), Arc::clone(own));
        let worker = quick(test.store()).handle(move |_: Greet, _: Attempt| {
            let (now, most, own) = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&own));
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                // Others may begin meanwhile.
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
                now.fetch_sub(1, Ordering::SeqCst);
                own.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
        });
        let stop = async { stopped.acquire().await.map(drop).expect("it is not closed") };
        worker.run(stop).await.unwrap();
    };
    let watched = async {
        // For as long as one of them gets nothing.
        while done.iter().any(|it| it.load(Ordering::SeqCst) < 50) {
            put_many(&test, 100).await;
            becomes(test.store(), LIVE, 0).await;
            let slots = count(test.store(), "select sum(slots) from jobs.node").await;
            assert!(slots <= i64::from(LIMIT), "{slots} slots");
        }
        stopped.add_permits(2);
    };
    tokio::join!(work(&done[0]), work(&done[1]), watched);
    assert_eq!(most.load(Ordering::SeqCst), LIMIT as usize);
}

#[tokio::test]
async fn a_rate_lets_a_burst_through_and_then_so_many_a_second() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    set(&test, Limits { running_max: None, rate: Some(Rate { per_second: 100.0, burst: 20 }) })
        .await
        .unwrap();
    put_many(&test, 60).await;
    let begun = Instant::now();
    let worker = quick(test.store()).handle(|_: Greet, _: Attempt| async { Ok(()) });
    worker.run(becomes(test.store(), LIVE, 0)).await.unwrap();
    // Those after the burst wait for 40 tokens; that they come no later is for the bench.
    assert!(begun.elapsed() >= Duration::from_millis(390), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn nothing_of_a_paused_queue_begins_until_it_is_resumed() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    test.store().run_tx("test", async |tx| pause(tx, "default").await).await.unwrap();
    put_many(&test, 3).await;
    let worker = quick(test.store()).handle(|_: Greet, _: Attempt| async { Ok::<_, NotDone>(()) });
    let stop = async {
        // It beats and looks, and leaves them.
        let beats = "select count(*) from jobs.node where seen_at > started_at + interval '1100 ms'";
        becomes(test.store(), beats, 1).await;
        assert_eq!(
            count(test.store(), "select count(*) from jobs.job where state = 0 and attempt = 0").await,
            3
        );
        test.store().run_tx("test", async |tx| resume(tx, "default").await).await.unwrap();
        becomes(test.store(), LIVE, 0).await;
    };
    worker.run(stop).await.unwrap();
}

#[tokio::test]
async fn a_limit_of_nothing_is_refused() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let rate = |per_second, burst| Limits { running_max: None, rate: Some(Rate { per_second, burst }) };
    for limits in [Limits { running_max: Some(0), rate: None }, rate(0.0, 1), rate(f64::NAN, 1), rate(1.0, 0)]
    {
        assert!(matches!(set(&test, limits).await, Err(Error::Limit { .. })), "{limits:?}");
    }
    let unnamed = test.store().run_tx("test", async |tx| pause(tx, "Mails").await).await;
    assert!(matches!(unnamed, Err(Error::QueueName { .. })));
}
