//! Jobs on a real PostgreSQL, from the transaction that enqueues them to what stays of them.

use jiff::Timestamp;
use jobs::{Attempt, Backoff, Error, Job, MIGRATIONS, NotDone, Wish, Worker, enqueue};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use store::testing::TestStore;
use tokio::sync::{Notify, mpsc};

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Greet {
    name: String,
}

impl Job for Greet {
    const KIND: &'static str = "greet";
}

/// The same kind as a later release knows it.
#[derive(Serialize, Deserialize)]
struct GreetInFull {
    first: String,
    last: String,
}

impl Job for GreetInFull {
    const KIND: &'static str = "greet";
    const VERSION: i16 = 2;
}

fn greet(name: &str) -> Greet {
    Greet { name: name.to_owned() }
}

async fn put<J: Job>(store: &Store, job: &J, wish: &Wish<'_>) -> Result<i64, Error> {
    store.run_tx("test", async |tx| enqueue(tx, job, wish).await).await
}

async fn count(store: &Store, sql: &'static str) -> i64 {
    let row = store.read("test", async |client| client.query_one(sql, &[]).await).await;
    row.expect("a row").get(0)
}

const LIVE: &str = "select count(*) from jobs.job";

/// A worker that tells which names it greets, and fails as the names say.
fn worker(store: &Store, heard: mpsc::UnboundedSender<String>) -> Worker {
    let backoff = Backoff { first: Duration::from_millis(1), longest: Duration::from_millis(2) };
    Worker::new(store.clone(), "test").backoff(backoff).time_max(Duration::from_millis(200)).handle(
        move |Greet { name }: Greet, _: Attempt| {
            let heard = heard.clone();
            async move {
                heard.send(name.clone()).expect("the test listens");
                match name.as_str() {
                    "nobody" => Err(NotDone::Retry("nobody is there".to_owned())),
                    "never" => Err(NotDone::Dead("there is no such person".to_owned())),
                    "panic" => panic!("no name"),
                    "slow" => std::future::pending().await,
                    _ => Ok(()),
                }
            }
        },
    )
}

/// Runs a worker until no job is left.
async fn work(test: &TestStore) -> Vec<String> {
    let (sender, mut heard) = mpsc::unbounded_channel();
    let store = test.store();
    let stop = async {
        while count(store, LIVE).await > 0 {
            tokio::task::yield_now().await;
        }
    };
    worker(store, sender).run(stop).await.expect("the worker works");
    let mut names = Vec::new();
    while let Ok(name) = heard.try_recv() {
        names.push(name);
    }
    names
}

#[tokio::test]
async fn a_job_exists_if_its_transaction_commits_and_leaves_when_it_is_done() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let given_up = test.store().run_tx("test", async |tx| {
        enqueue(tx, &greet("ghost"), &Wish::default()).await?;
        Err::<(), _>(Error::Attempts { given: 0, max: 0 })
    });
    given_up.await.unwrap_err();
    for name in ["Asha", "Bo"] {
        put(test.store(), &greet(name), &Wish::default()).await.unwrap();
    }
    put(test.store(), &greet("first"), &Wish { priority: -1, ..Wish::default() }).await.unwrap();
    assert_eq!(work(&test).await, ["first", "Asha", "Bo"]);
    assert_eq!(count(test.store(), "select count(*) from jobs.dead").await, 0);
    assert_eq!(count(test.store(), "select count(*) from jobs.node").await, 0);
}

#[tokio::test]
async fn what_fails_is_tried_again_and_then_kept_with_its_failures() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let wish = Wish { attempts_max: 3, ..Wish::default() };
    for name in ["nobody", "never", "panic", "slow", "Asha"] {
        put(test.store(), &greet(name), &wish).await.unwrap();
    }
    let mut heard = work(&test).await;
    heard.sort();
    let three = |name: &'static str| [name; 3];
    assert_eq!(heard, [&["Asha", "never"][..], &three("nobody"), &three("panic"), &three("slow")].concat());
    let dead = test.store().read("test", async |client| {
        client.query("select payload->>'name', failures from jobs.dead order by 1", &[]).await
    });
    let dead: Vec<(String, serde_json::Value)> =
        dead.await.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect();
    let reasons = dead.iter().map(|(name, failures)| {
        let failures = failures.as_array().unwrap();
        let attempts: Vec<i64> = failures.iter().map(|it| it["attempt"].as_i64().unwrap()).collect();
        (name.as_str(), attempts, failures[0]["reason"].as_str().unwrap())
    });
    let expected = [
        ("never", vec![1], "there is no such person"),
        ("nobody", vec![1, 2, 3], "nobody is there"),
        ("panic", vec![1, 2, 3], "panicked: no name"),
        ("slow", vec![1, 2, 3], "took longer than 200 ms"),
    ];
    assert_eq!(reasons.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn what_this_program_does_not_know_stays_and_what_it_cannot_read_is_dead() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let newer = GreetInFull { first: "Asha".to_owned(), last: "Rao".to_owned() };
    put(test.store(), &newer, &Wish::default()).await.unwrap();
    let poison = test.store().run_tx("test", async |tx| {
        tx.execute(
            "insert into jobs.job (queue, kind, version, payload, priority, state, run_at, attempts_max)
             values ('default', 'unheard-of', 1, '{}', 0, 0, now(), 1), ('default', 'greet', 1, '[7]', 0, 0, now(), 9)",
            &[],
        )
        .await
    });
    poison.await.unwrap();
    let (sender, _heard) = mpsc::unbounded_channel();
    let stop = async {
        while count(test.store(), "select count(*) from jobs.dead").await == 0 {
            tokio::task::yield_now().await;
        }
    };
    worker(test.store(), sender).run(stop).await.unwrap();
    assert_eq!(count(test.store(), LIVE).await, 2);
    let row = test.store().read("test", async |client| {
        client.query_one("select failures->0->>'reason' from jobs.dead", &[]).await
    });
    let reason: String = row.await.unwrap().get(0);
    assert!(reason.starts_with("the payload cannot be read: invalid type: integer `7`"), "{reason}");
}

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
async fn a_wish_that_cannot_be_is_refused() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let long = "k".repeat(256);
    let cases = [
        (Wish { queue: "", ..Wish::default() }, "\"\" is no name of a queue"),
        (Wish { queue: "Mails", ..Wish::default() }, "\"Mails\" is no name of a queue"),
        (Wish { attempts_max: 0, ..Wish::default() }, "a job is tried 1 to 1000 times, not 0"),
        (
            Wish { unique: Some("".into()), ..Wish::default() },
            "a unique key has 1 to 255 bytes, this one has 0",
        ),
        (
            Wish { unique: Some(long.as_str().into()), ..Wish::default() },
            "a unique key has 1 to 255 bytes, this one has 256",
        ),
    ];
    for (wish, said) in cases {
        let refused = put(test.store(), &greet("Asha"), &wish).await.unwrap_err().to_string();
        assert!(refused.starts_with(said), "{refused}");
    }
    assert_eq!(count(test.store(), LIVE).await, 0);
}

#[tokio::test]
async fn a_job_for_later_waits_and_one_for_a_past_moment_does_not() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let at = |second| Some(Timestamp::from_second(second).unwrap());
    put(test.store(), &greet("late"), &Wish { run_at: at(4_000_000_000), ..Wish::default() }).await.unwrap();
    put(test.store(), &greet("past"), &Wish { run_at: at(1_000_000_000), ..Wish::default() }).await.unwrap();
    let (sender, mut heard) = mpsc::unbounded_channel();
    let stop = async {
        while count(test.store(), LIVE).await > 1 {
            tokio::task::yield_now().await;
        }
    };
    worker(test.store(), sender).run(stop).await.unwrap();
    assert_eq!(heard.recv().await.as_deref(), Some("past"));
    assert_eq!(heard.recv().await, None);
}

#[tokio::test]
async fn what_runs_when_a_worker_is_to_stop_may_end_or_goes_back_uncounted() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    put(test.store(), &greet("Asha"), &Wish::default()).await.unwrap();
    let begun = Arc::new(Notify::new());
    let worker = |grace, go_on: Option<Arc<Notify>>| {
        let begun = Arc::clone(&begun);
        Worker::new(test.store().clone(), "test").grace(grace).handle(move |_: Greet, _: Attempt| {
            let (begun, go_on) = (Arc::clone(&begun), go_on.clone());
            async move {
                begun.notify_one();
                match go_on {
                    Some(go_on) => go_on.notified().await,
                    None => std::future::pending().await,
                }
                Ok(())
            }
        })
    };
    worker(Duration::ZERO, None).run(begun.notified()).await.unwrap();
    let back = "select count(*) from jobs.job where state = 0 and attempt = 0 and node is null";
    assert_eq!(count(test.store(), back).await, 1);
    let go_on = Arc::new(Notify::new());
    let stop = async {
        begun.notified().await;
        go_on.notify_one();
    };
    worker(Duration::from_secs(60), Some(Arc::clone(&go_on))).run(stop).await.unwrap();
    assert_eq!(count(test.store(), LIVE).await, 0);
}

#[tokio::test]
async fn jobs_of_a_node_that_fell_silent_go_to_another_or_are_dead_after_their_last_attempt() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    put(test.store(), &greet("Asha"), &Wish::default()).await.unwrap();
    put(test.store(), &greet("last"), &Wish { attempts_max: 1, ..Wish::default() }).await.unwrap();
    let silent = test.store().run_tx("test", async |tx| {
        tx.execute(
            "insert into jobs.node (name, queue, kinds, versions, room, seen_at)
             values ('gone', 'default', '{}', '{}', 1, now() - interval '2001 ms')",
            &[],
        )
        .await?;
        tx.execute("update jobs.job set state = 2, attempt = 1, node = (select epoch from jobs.node)", &[])
            .await
    });
    silent.await.unwrap();
    assert_eq!(work(&test).await, ["Asha"]);
    let dead = "select count(*) from jobs.dead where payload->>'name' = 'last'
        and failures->0->>'reason' = 'its process fell silent'";
    assert_eq!(count(test.store(), dead).await, 1);
}

#[tokio::test]
async fn what_a_node_says_after_it_was_taken_for_dead_does_not_count() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    put(test.store(), &greet("Asha"), &Wish::default()).await.unwrap();
    let (sender, mut begun) = mpsc::unbounded_channel();
    let go_on = Arc::new(Notify::new());
    let waits = Arc::clone(&go_on);
    let worker = Worker::new(test.store().clone(), "test").handle(move |_: Greet, _: Attempt| {
        let (begun, go_on) = (sender.clone(), Arc::clone(&waits));
        async move {
            begun.send(()).expect("the test listens");
            go_on.notified().await;
            Ok(())
        }
    });
    let stop = async {
        begun.recv().await;
        let first = count(test.store(), "select epoch from jobs.node").await;
        // What another node does when this one is silent.
        let rescued = test.store().run_tx("test", async |tx| {
            tx.execute("update jobs.job set state = 0, node = null", &[]).await?;
            tx.execute("delete from jobs.node", &[]).await
        });
        rescued.await.unwrap();
        go_on.notify_one();
        // It is refused, comes back as another node and does the job again.
        begun.recv().await;
        let second = count(test.store(), "select epoch from jobs.node").await;
        assert!(second > first, "{second} is not after {first}");
        assert_eq!(count(test.store(), "select attempt::bigint from jobs.job").await, 2);
        go_on.notify_one();
        while count(test.store(), LIVE).await > 0 {
            tokio::task::yield_now().await;
        }
    };
    worker.run(stop).await.unwrap();
}
