//! What holds of every job.

use crate::{Greet, LIVE, becomes, count, greet, put, work, worker};
use jiff::Timestamp;
use jobs::{Attempt, Error, Job, MIGRATIONS, NotDone, Wish, Worker, enqueue, enqueue_all};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use store::testing::TestStore;
use tokio::sync::{Notify, mpsc};

/// The same kind as a later release knows it.
#[derive(Serialize, Deserialize)]
struct GreetInFull {
    first: String,
    last: String,
}

impl Job for GreetInFull {
    const KIND: &'static str = "greet";
    const VERSION: i16 = 2;

    fn upgrade(_from: i16, payload: Value) -> Result<Value, String> {
        let name = payload["name"].as_str().ok_or("it has no name")?;
        let (first, last) = name.split_once(' ').ok_or("its name has no last part")?;
        Ok(json!({ "first": first, "last": last }))
    }
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
    let stop = becomes(test.store(), "select count(*) from jobs.dead", 1);
    worker(test.store(), sender).run(stop).await.unwrap();
    assert_eq!(count(test.store(), LIVE).await, 2);
    let row = test.store().read("test", async |client| {
        client.query_one("select failures->0->>'reason' from jobs.dead", &[]).await
    });
    let reason: String = row.await.unwrap().get(0);
    assert!(reason.starts_with("the payload cannot be read: invalid type: integer `7`"), "{reason}");
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
    worker(test.store(), sender).run(becomes(test.store(), LIVE, 1)).await.unwrap();
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
        tx.batch(
            "update jobs.job set attempt = 1, node = (select epoch from jobs.node);
            insert into jobs.hand (node, turn, ids) select node, 1, array_agg(id) from jobs.job group by node",
        )
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
            tx.execute("update jobs.job set node = null", &[]).await?;
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
        becomes(test.store(), LIVE, 0).await;
    };
    worker.run(stop).await.unwrap();
}

#[tokio::test]
async fn jobs_that_are_enqueued_together_are_done_in_their_order() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let names: Vec<String> = (0..1000).map(|it| format!("{it:04}")).collect();
    let jobs: Vec<Greet> = names.iter().map(|it| greet(it)).collect();
    let put = test.store().run_tx("test", async |tx| enqueue_all(tx, &jobs, &Wish::default()).await);
    let ids = put.await.unwrap();
    assert!(ids.is_sorted() && ids.len() == 1000);
    assert_eq!(work(&test).await, names);
    let none = test.store().run_tx("test", async |tx| enqueue_all::<Greet>(tx, &[], &Wish::default()).await);
    assert!(none.await.unwrap().is_empty());
    let unique = Wish { unique: Some("one".into()), ..Wish::default() };
    let refused = test.store().run_tx("test", async |tx| enqueue_all(tx, &jobs, &unique).await);
    assert!(matches!(refused.await, Err(Error::UniqueTogether)));
}

#[tokio::test]
async fn an_older_payload_is_brought_to_the_handlers_version_or_is_dead() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    for name in ["Asha Rao", "Bo"] {
        put(test.store(), &greet(name), &Wish::default()).await.unwrap();
    }
    let (sender, mut heard) = mpsc::unbounded_channel();
    let worker = Worker::new(test.store().clone(), "test").handle(move |job: GreetInFull, _: Attempt| {
        let sender = sender.clone();
        async move {
            sender.send(format!("{}, {}", job.last, job.first)).expect("the test listens");
            Ok(())
        }
    });
    worker.run(becomes(test.store(), LIVE, 0)).await.unwrap();
    assert_eq!(heard.recv().await.as_deref(), Some("Rao, Asha"));
    let row = test.store().read("test", async |client| {
        client.query_one("select failures->0->>'reason' from jobs.dead", &[]).await
    });
    let reason: String = row.await.unwrap().get(0);
    assert_eq!(reason, "the payload cannot be read: its name has no last part");
}

#[tokio::test]
async fn a_snoozed_attempt_does_not_count_and_a_discarded_job_leaves_nothing() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    for name in ["later", "needless"] {
        put(test.store(), &greet(name), &Wish { attempts_max: 1, ..Wish::default() }).await.unwrap();
    }
    let (sender, mut heard) = mpsc::unbounded_channel();
    let worker =
        Worker::new(test.store().clone(), "test").handle(move |Greet { name }: Greet, attempt: Attempt| {
            let sender = sender.clone();
            async move {
                assert!(attempt.is_last() && attempt.number() == 1);
                let first = sender.send(name.clone()).map(|()| name == "later");
                match first.expect("the test listens") && attempt.job_id() % 2 == 1 {
                    _ if name == "needless" => Err(NotDone::Discard("nobody is there".to_owned())),
                    true => Err(NotDone::Snooze(Duration::from_millis(1))),
                    false => Ok(()),
                }
            }
        });
    let stop = async {
        let mut seen = Vec::new();
        while seen.iter().filter(|it| *it == "later").count() < 3 {
            seen.push(heard.recv().await.expect("the worker works"));
        }
        seen.retain(|it| it == "needless");
        assert_eq!(seen.len(), 1);
    };
    worker.run(stop).await.unwrap();
    let state = "select count(*) from jobs.job where attempt = 0 and failures = '[]'";
    assert_eq!(count(test.store(), state).await, 1);
    assert_eq!(count(test.store(), "select count(*) from jobs.dead").await, 0);
}

#[tokio::test]
async fn an_effect_and_the_end_of_its_job_stand_together_or_not_at_all() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let table = test.store().run_tx("test", async |tx| tx.batch("create table effect (name text)").await);
    table.await.unwrap();
    for name in ["Asha", "rolled-back", "lost"] {
        put(test.store(), &greet(name), &Wish { attempts_max: 2, ..Wish::default() }).await.unwrap();
    }
    let store = test.store().clone();
    let worker = crate::quick(test.store()).handle(move |Greet { name }: Greet, attempt: Attempt| {
        let store = store.clone();
        async move {
            if name == "lost" && attempt.number() == 1 {
                let steal = "update jobs.job set node = null where payload->>'name' = 'lost'";
                let stolen = store.run_tx("test", async |tx| tx.execute(steal, &[]).await);
                stolen.await.expect("the job is there");
            }
            let effect = store.run_tx("test", async |tx| {
                tx.execute("insert into effect values ($1)", &[&name]).await?;
                attempt.complete_in(tx).await?;
                match name.as_str() {
                    "rolled-back" if attempt.number() == 1 => Err(Error::NoSuchJob { id: 0 }),
                    _ => Ok(()),
                }
            });
            effect.await.map_err(|error| NotDone::Retry(error.to_string()))
        }
    });
    worker.run(becomes(test.store(), LIVE, 0)).await.unwrap();
    let once = "select count(*) from (select name from effect group by name having count(*) = 1) as once";
    assert_eq!(count(test.store(), once).await, 3);
    assert_eq!(count(test.store(), "select count(*) from effect").await, 3);
    assert_eq!(count(test.store(), "select count(*) from jobs.dead").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_handler_that_blocks_its_thread_fails_its_job_and_holds_up_no_other() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    put(test.store(), &greet("blocks"), &Wish { attempts_max: 1, ..Wish::default() }).await.unwrap();
    let (free, blocked) = std::sync::mpsc::channel::<()>();
    let blocked = Arc::new(std::sync::Mutex::new(blocked));
    let worker = Worker::new(test.store().clone(), "test").concurrency(1).time_max(Duration::from_millis(10));
    let worker = worker.handle(move |Greet { name }: Greet, _: Attempt| {
        let blocked = Arc::clone(&blocked);
        async move {
            if name == "blocks" {
                let _ = blocked.lock().expect("nobody panics").recv();
            }
            Ok(())
        }
    });
    let stop = async {
        becomes(test.store(), "select count(*) from jobs.dead", 1).await;
        put(test.store(), &greet("Asha"), &Wish::default()).await.unwrap();
        becomes(test.store(), LIVE, 0).await;
        drop(free);
    };
    worker.run(stop).await.unwrap();
    let row = test.store().read("test", async |client| {
        client.query_one("select failures->0->>'reason' from jobs.dead", &[]).await
    });
    assert_eq!(row.await.unwrap().get::<_, &str>(0), "blocks its thread beyond its 10 ms");
}

#[tokio::test]
async fn a_job_is_heard_of_at_once_from_this_process_and_from_others() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let (sender, mut heard) = mpsc::unbounded_channel();
    let elsewhere = store::Store::connect(&test.url(), 1).await.unwrap();
    let stop = async {
        for store in [test.store(), &elsewhere].repeat(20) {
            put(store, &greet("Asha"), &Wish::default()).await.unwrap();
            heard.recv().await.expect("the worker works");
        }
    };
    // Without the bell each would take half a second.
    tokio::time::timeout(Duration::from_secs(10), worker(test.store(), sender).run(stop))
        .await
        .unwrap()
        .unwrap();
}
