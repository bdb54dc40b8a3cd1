//! Unique keys and partitions.

use crate::{Greet, LIVE, becomes, count, greet, put, quick, work};
use jobs::{Attempt, Error, MIGRATIONS, NotDone, Unique, Until, Wish, revive};
use std::sync::Arc;
use std::time::Duration;
use store::testing::TestStore;
use tokio::sync::{Semaphore, mpsc};

#[tokio::test]
async fn of_a_unique_key_there_is_one_until_it_is_done() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let wish = Wish { unique: Some("asha".into()), ..Wish::default() };
    let id = put(test.store(), &greet("Asha"), &wish).await.unwrap();
    let refused = put(test.store(), &greet("Asha"), &wish).await.unwrap_err();
    assert!(
        matches!(&refused, Error::Duplicate { kind, key, id: there } if kind == "greet" && key == "asha" && *there == id)
    );
    assert_eq!(work(&test).await, ["Asha"]);
    put(test.store(), &greet("Asha"), &wish).await.unwrap();
}

#[tokio::test]
async fn a_key_is_free_when_its_rule_says_so() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let asha = Unique::from("asha");
    let wish = |unique: Unique<'static>| Wish { unique: Some(unique), attempts_max: 1, ..Wish::default() };
    let is_taken =
        async |unique: Unique<'static>| match put(test.store(), &greet("never"), &wish(unique)).await {
            Ok(_) => false,
            Err(Error::Duplicate { .. }) => true,
            Err(other) => panic!("{other}"),
        };
    let forgotten = Unique { until: Until::Forgotten, ..asha };
    assert!(!is_taken(forgotten).await);
    assert_eq!(work(&test).await, ["never"]);
    assert!(is_taken(forgotten).await, "the dead one holds it");
    assert_eq!(
        count(test.store(), LIVE).await,
        0,
        "the refused one leaves nothing, and its transaction may commit"
    );
    assert!(!is_taken(asha).await, "by another rule it is free");
    work(&test).await;
    let hour = Unique { within: Some(Duration::from_secs(3600)), ..Unique::from("bo") };
    assert!(!is_taken(hour).await);
    work(&test).await;
    assert!(is_taken(hour).await, "its hour is not over");
    let over = "update jobs.unique_window set until = clock_timestamp()";
    test.store().run_tx("test", async |tx| tx.execute(over, &[]).await).await.unwrap();
    assert!(!is_taken(hour).await);
    let begun = Unique { until: Until::Begun, ..Unique::from("cy") };
    assert!(!is_taken(begun).await);
    assert!(is_taken(begun).await);
    let stop = async {
        becomes(test.store(), "select count(*) from jobs.job where node is not null", 1).await;
        assert!(!is_taken(begun).await, "one waits while one runs");
        assert!(is_taken(begun).await);
    };
    let waits = quick(test.store())
        .concurrency(1)
        .handle(|_: Greet, _: Attempt| async { std::future::pending::<Result<(), NotDone>>().await });
    test.store()
        .run_tx("test", async |tx| tx.execute("delete from jobs.job where unique_key <> 'cy'", &[]).await)
        .await
        .unwrap();
    waits.grace(Duration::ZERO).run(stop).await.unwrap();
}

#[tokio::test]
async fn of_a_partition_one_job_runs_at_a_time_in_order_whoever_runs_them() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let (sender, mut heard) = mpsc::unbounded_channel();
    let worker = || {
        let sender = sender.clone();
        quick(test.store()).handle(move |Greet { name }: Greet, attempt: Attempt| {
            let sender = sender.clone();
            async move {
                sender.send(format!("{name} begins")).expect("the test listens");
                tokio::task::yield_now().await;
                // One that fails holds the others up until it is done, or dead.
                let failed = name.ends_with('3') && attempt.number() < 3;
                let said = if failed { "fails" } else { "ends" };
                sender.send(format!("{name} {said}")).expect("the test listens");
                if failed { Err(NotDone::Retry("not yet".to_owned())) } else { Ok(()) }
            }
        })
    };
    let enqueued = async {
        for number in 0..6 {
            for key in ["a", "b", "c"] {
                let wish = Wish { partition: Some(key), attempts_max: 3, ..Wish::default() };
                put(test.store(), &greet(&format!("{key}{number}")), &wish).await.unwrap();
            }
        }
        becomes(test.store(), LIVE, 0).await;
    };
    let stopped = Arc::new(Semaphore::new(0));
    let other = async {
        let stop = async { stopped.acquire().await.map(drop).expect("it is not closed") };
        worker().run(stop).await.unwrap();
    };
    let one = async {
        worker().run(enqueued).await.unwrap();
        stopped.add_permits(1);
    };
    tokio::join!(one, other);
    let mut said = Vec::new();
    while let Ok(line) = heard.try_recv() {
        said.push(line);
    }
    for key in ["a", "b", "c"] {
        let own: Vec<&String> = said.iter().filter(|it| it.starts_with(key)).collect();
        let expected: Vec<String> = (0..6)
            .flat_map(|number| {
                let attempts = if number == 3 { &["fails", "fails", "ends"][..] } else { &["ends"] };
                attempts
                    .iter()
                    .flat_map(move |end| [format!("{key}{number} begins"), format!("{key}{number} {end}")])
            })
            .collect();
        assert_eq!(own, expected.iter().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_dead_job_lets_the_next_of_its_partition_through_and_comes_back_behind_it() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let wish = Wish { partition: Some("a"), attempts_max: 1, ..Wish::default() };
    let first = put(test.store(), &greet("never"), &wish).await.unwrap();
    put(test.store(), &greet("Asha"), &wish).await.unwrap();
    assert_eq!(work(&test).await, ["never", "Asha"]);
    put(test.store(), &greet("Bo"), &wish).await.unwrap();
    becomes(test.store(), "select count(*) from jobs.job where state = 0", 1).await;
    test.store().run_tx("test", async |tx| revive(tx, first).await).await.unwrap();
    assert_eq!(work(&test).await, ["Bo", "never"]);
}
