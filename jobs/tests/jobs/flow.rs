//! Jobs after jobs.

use crate::{LIVE, becomes, count, quick};
use jobs::{Attempt, Flow, Job, MIGRATIONS, NotDone, Wish, Worker, cancel, forget, revive};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex};
use store::testing::TestStore;

/// Answers a number.
#[derive(Serialize, Deserialize)]
struct Count {
    number: i64,
    fails: bool,
}

impl Job for Count {
    const KIND: &'static str = "count";
}

/// Adds what those before it answered.
#[derive(Serialize, Deserialize)]
struct Add {
    places: usize,
}

impl Job for Add {
    const KIND: &'static str = "add";
}

fn number(number: i64) -> Count {
    Count { number, fails: false }
}

type Sums = Arc<Mutex<Vec<(i64, Vec<String>)>>>;

fn worker(test: &TestStore, sums: &Sums) -> Worker {
    let (sums, mended) = (Arc::clone(sums), Arc::new(Mutex::new(false)));
    let worker = quick(test.store()).handle(move |Count { number, fails }: Count, _: Attempt| {
        // What fails does so once: an operator mends it.
        let failed = fails && !std::mem::replace(&mut *mended.lock().expect("nobody panics"), fails);
        async move { if failed { Err(NotDone::Dead("it fails".to_owned())) } else { Ok(number) } }
    });
    worker.handle(move |Add { places }: Add, attempt: Attempt| {
        let sums = Arc::clone(&sums);
        async move {
            let (mut sum, mut reasons) = (0, Vec::new());
            for place in 0..places {
                match attempt.result::<i64>(place).await {
                    Ok(number) => sum += number,
                    Err(error) => reasons.push(error.to_string()),
                }
            }
            sums.lock().expect("nobody panics").push((sum, reasons));
            Ok(sum)
        }
    })
}

/// One that fails, two after it of which one does not mind, and one after both.
fn failing(flow: &mut Flow<'_>) {
    let wish = Wish::default();
    let fails = flow.job(&Count { number: 7, fails: true }, &wish);
    let then = flow.after(&[fails], &Add { places: 1 }, &wish);
    let anyhow = flow.after_end(&[fails], &Add { places: 1 }, &wish);
    flow.after(&[then, anyhow], &Add { places: 2 }, &wish);
}

async fn enqueue_flow(test: &TestStore, flow: &Flow<'_>) -> Vec<i64> {
    let enqueued = test.store().run_tx("test", async |tx| flow.enqueue(tx).await).await;
    enqueued.expect("a flow")
}

const EDGES: &str = "select count(*) from jobs.edge";
const DEAD: &str = "select count(*) from jobs.dead";

#[tokio::test]
async fn results_are_passed_on_to_the_jobs_that_come_after() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let (wish, apart) = (Wish::default(), Wish { partition: Some("sums"), ..Wish::default() });
    let mut flow = Flow::new();
    let many: Vec<_> = (1..=100).map(|it| flow.job(&number(it), &wish)).collect();
    let sum = flow.after(&many, &Add { places: 100 }, &apart);
    let more = flow.job(&number(1000), &wish);
    flow.after(&[sum, more], &Add { places: 3 }, &apart);
    assert_eq!(enqueue_flow(&test, &flow).await.len(), 103);
    let sums = Sums::default();
    worker(&test, &sums).run(becomes(test.store(), LIVE, 0)).await.unwrap();
    assert_eq!(count(test.store(), EDGES).await, 0);
    let sums = sums.lock().unwrap();
    assert_eq!(sums[0], (5050, vec![]));
    let said = "the result of the job at place 2 cannot be had: it comes after no such job";
    assert_eq!(sums[1], (6050, vec![said.to_owned()]));
}

#[tokio::test]
async fn jobs_after_a_dead_one_wait_until_it_is_mended() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let mut flow = Flow::new();
    failing(&mut flow);
    let ids = enqueue_flow(&test, &flow).await;
    let sums = Sums::default();
    let stop = async {
        becomes(test.store(), LIVE, 2).await;
        assert_eq!(count(test.store(), "select count(*) from jobs.job where state = 3").await, 2);
        test.store().run_tx("test", async |tx| revive(tx, ids[0]).await).await.unwrap();
        becomes(test.store(), LIVE, 0).await;
    };
    worker(&test, &sums).run(stop).await.unwrap();
    let said = "the result of the job at place 0 cannot be had: it fails".to_owned();
    assert_eq!(*sums.lock().unwrap(), [(0, vec![said]), (7, vec![]), (7, vec![])]);
    assert_eq!((count(test.store(), DEAD).await, count(test.store(), EDGES).await), (0, 0));
}

#[tokio::test]
async fn jobs_after_one_that_is_cancelled_or_forgotten_are_cancelled() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let mut flow = Flow::new();
    failing(&mut flow);
    let sums = Sums::default();
    let cancelled = enqueue_flow(&test, &flow).await;
    test.store().run_tx("test", async |tx| cancel(tx, cancelled[0]).await).await.unwrap();
    let gone = "select count(*) from jobs.dead where ending = 'cancelled'";
    assert_eq!(count(test.store(), gone).await, 3, "it, what comes after it, and what comes after that");
    worker(&test, &sums).run(becomes(test.store(), LIVE, 0)).await.unwrap();
    let said = |why: &str| vec![format!("the result of the job at place 0 cannot be had: {why}")];
    assert_eq!(*sums.lock().unwrap(), [(0, said("it was cancelled"))]);
    let forgotten = enqueue_flow(&test, &flow).await;
    let stop = async {
        becomes(test.store(), LIVE, 2).await;
        test.store().run_tx("test", async |tx| forget(tx, forgotten[0]).await).await.unwrap();
        becomes(test.store(), LIVE, 0).await;
    };
    worker(&test, &sums).run(stop).await.unwrap();
    assert_eq!(sums.lock().unwrap()[1], (0, said("it fails")));
    assert_eq!((count(test.store(), gone).await, count(test.store(), EDGES).await), (5, 0));
}
