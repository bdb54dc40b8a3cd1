//! What tests of other programs are written with.

use jobs::testing::{End, Ran, assert_enqueued, drain, enqueued, pass, perform};
use jobs::{
    Attempt, Backoff, Cron, Health, Job, MIGRATIONS, NotDone, Unique, Wish, Worker, enqueue, run_cron,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use store::Store;
use store::testing::TestStore;
use tokio_util::sync::CancellationToken;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Mail {
    to: String,
}

impl Job for Mail {
    const KIND: &'static str = "mail";
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Count(u32);

impl Job for Count {
    const KIND: &'static str = "count";
}

fn mail(to: &str) -> Mail {
    Mail { to: to.to_owned() }
}

async fn put<J: Job>(store: &Store, job: &J, wish: &Wish<'_>) -> i64 {
    store.run_tx("test", async |tx| enqueue(tx, job, wish).await).await.expect("it is enqueued")
}

/// Counts down, and mails when it is done.
fn worker(store: &Store) -> Worker {
    let own = store.clone();
    Worker::new(store.clone(), "test")
        .backoff(Backoff { first: Duration::from_secs(60), longest: Duration::from_secs(60) })
        .handle(|Mail { to }, attempt: Attempt| async move {
            match to.as_str() {
                "down" => Err(NotDone::Retry("no answer".to_owned())),
                "away" if attempt.number() == 1 => Err(NotDone::Snooze(Duration::from_secs(3600))),
                "nobody" => Err(NotDone::Dead("no such address".to_owned())),
                "gone" => Err(NotDone::Discard("not wanted".to_owned())),
                "panic" => panic!("no ink"),
                _ => Ok(()),
            }
        })
        .handle(move |Count(left), attempt: Attempt| {
            let store = own.clone();
            async move {
                let done = store.run_tx("test", async |tx| {
                    if left > 0 {
                        enqueue(tx, &Count(left - 1), &Wish::default()).await?;
                    } else {
                        enqueue(tx, &mail("done"), &Wish::default()).await?;
                    }
                    attempt.complete_in(tx).await
                });
                done.await.map_err(|error| NotDone::Retry(error.to_string()))
            }
        })
}

#[tokio::test]
async fn everything_that_is_ready_runs_here_with_what_it_enqueues() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let (store, worker) = (test.store(), worker(test.store()));
    assert_eq!(drain(&worker).await.unwrap(), []);
    let later = jiff::Timestamp::now() + Duration::from_secs(7200);
    put(store, &Count(2), &Wish::default()).await;
    put(store, &mail("later"), &Wish { run_at: Some(later), ..Wish::default() }).await;
    let ran = drain(&worker).await.unwrap();
    let kinds: Vec<_> = ran.iter().map(|it| (it.kind, it.attempt, it.end.clone())).collect();
    assert_eq!(
        kinds,
        [("count", 1, End::Done), ("count", 1, End::Done), ("count", 1, End::Done), ("mail", 1, End::Done)]
    );
    assert_eq!(
        assert_enqueued::<Mail>(store, |it| it.to == "later").await.run_at.as_second(),
        later.as_second()
    );
    pass(store, Duration::from_secs(7100)).await.unwrap();
    assert_eq!(drain(&worker).await.unwrap(), []);
    pass(store, Duration::from_secs(101)).await.unwrap();
    assert_eq!(drain(&worker).await.unwrap().len(), 1);
    assert_eq!(enqueued::<Mail>(store).await.unwrap(), []);
}

#[tokio::test]
async fn each_end_is_told_and_comes_about() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let (store, worker) = (test.store(), worker(test.store()));
    assert_eq!(perform(&worker, &mail("Asha")).await.unwrap(), End::Done);
    assert_eq!(perform(&worker, &Count(0)).await.unwrap(), End::Done);
    assert_enqueued::<Mail>(store, |it| it.to == "done").await;
    let dead = End::Dead { reason: "no such address".to_owned() };
    assert_eq!(perform(&worker, &mail("nobody")).await.unwrap(), dead);
    let gone = End::Discard { reason: "not wanted".to_owned() };
    assert_eq!(perform(&worker, &mail("gone")).await.unwrap(), gone);
    let hour = Duration::from_secs(3600);
    assert_eq!(perform(&worker, &mail("away")).await.unwrap(), End::Snooze { after: hour });
    for (to, told) in [("down", "no answer"), ("panic", "panicked: no ink")] {
        let End::Retry { after, reason } = perform(&worker, &mail(to)).await.unwrap() else { panic!("{to}") };
        assert_eq!(reason, told);
        assert!((48.0..=60.0).contains(&after.as_secs_f64()), "{after:?}");
    }
    let waiting: Vec<String> = enqueued(store)
        .await
        .unwrap()
        .into_iter()
        .map(|it| {
            let Mail { to } = it.job;
            to
        })
        .collect();
    assert_eq!(waiting, ["done", "away", "down", "panic"]);
    pass(store, Duration::from_secs(60)).await.unwrap();
    let again: Vec<Ran> = drain(&worker).await.unwrap();
    assert_eq!(
        again.iter().map(|it| it.attempt).collect::<Vec<_>>(),
        [2, 2, 1],
        "by priority, then by number"
    );
    pass(store, hour).await.unwrap();
    let away = drain(&worker).await.unwrap();
    assert_eq!(away.len(), 3, "{away:?}");
    assert_eq!(away[0].attempt, 1, "a snoozed attempt does not count");
}

#[tokio::test]
async fn keys_and_schedules_go_by_the_time_that_passed() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let store = test.store();
    let hour = Duration::from_secs(3600);
    let unique = Some(Unique { within: Some(hour), ..Unique::from("welcome") });
    let wish = Wish { unique, ..Wish::default() };
    put(store, &mail("Asha"), &wish).await;
    drain(&worker(store)).await.unwrap();
    let taken = store.run_tx("test", async |tx| enqueue(tx, &mail("Asha"), &wish).await).await;
    assert!(matches!(taken, Err(jobs::Error::Duplicate { .. })), "{taken:?}");
    pass(store, hour).await.unwrap();
    put(store, &mail("Asha"), &wish).await;
    let yearly = Cron::new("yearly", "0 0 1 1 *", "UTC").unwrap();
    let health = Health::default();
    let stop = CancellationToken::new();
    let working = worker(store).repeat(yearly, &mail("everybody")).health(&health).run(stop.cancelled());
    assert!(!health.is_ready());
    let seen = async {
        while !health.is_ready() {
            tokio::task::yield_now().await;
        }
        let scheduled = "select count(*) from jobs.cron";
        let row = store.read("test", async |db| db.query_one(scheduled, &[]).await).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 1);
        pass(store, Duration::from_secs(366 * 86_400)).await.unwrap();
        let last = "select count(*) from jobs.cron where last_at is not null";
        while store.read("test", async |db| db.query_one(last, &[]).await).await.unwrap().get::<_, i64>(0)
            == 0
        {
            tokio::task::yield_now().await;
        }
        let id = store.run_tx("test", async |tx| run_cron(tx, "yearly").await).await.unwrap();
        let job = "select count(*) from jobs.cron where last_job = $1";
        assert_eq!(
            store.read("test", async |db| db.query_one(job, &[&id]).await).await.unwrap().get::<_, i64>(0),
            1
        );
        let unknown = store.run_tx("test", async |tx| run_cron(tx, "daily").await).await;
        assert!(matches!(unknown, Err(jobs::Error::NoSuchSchedule { name }) if name == "daily"));
        stop.cancel();
    };
    let (worked, ()) = tokio::join!(working, seen);
    worked.unwrap();
    assert!(!health.is_ready());
}

#[tokio::test]
#[should_panic(expected = "no such mail is enqueued, but [\n    Enqueued")]
async fn what_is_there_is_said_where_something_is_missing() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    put(test.store(), &mail("Bo"), &Wish::default()).await;
    assert_enqueued::<Mail>(test.store(), |it| it.to == "Asha").await;
}
