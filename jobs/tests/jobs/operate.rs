//! What operators see and do, and what is done for all.

use crate::{Greet, LIVE, becomes, count, greet, put, quick, work};
use jobs::overview::overview;
use jobs::{
    Attempt, Cron, Error, MIGRATIONS, Missed, NotDone, Wish, cancel, drop_cron, forget, pause_cron,
    resume_cron, revive,
};
use std::time::Duration;
use store::testing::TestStore;

const DEAD: &str = "select count(*) from jobs.dead";

#[tokio::test]
async fn a_job_is_cancelled_before_it_runs_or_while_it_does() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let waits = put(test.store(), &greet("Asha"), &Wish::default()).await.unwrap();
    test.store().run_tx("test", async |tx| cancel(tx, waits).await).await.unwrap();
    let again = test.store().run_tx("test", async |tx| cancel(tx, waits).await).await;
    assert!(matches!(again, Err(Error::NoSuchJob { id }) if id == waits));
    let runs = put(test.store(), &greet("Bo"), &Wish::default()).await.unwrap();
    let worker = quick(test.store())
        .handle(|_: Greet, _: Attempt| async { std::future::pending::<Result<(), NotDone>>().await });
    let stop = async {
        becomes(test.store(), "select count(*) from jobs.job where node is not null", 1).await;
        test.store().run_tx("test", async |tx| cancel(tx, runs).await).await.unwrap();
        becomes(test.store(), LIVE, 0).await;
    };
    worker.time_max(Duration::from_secs(60)).run(stop).await.unwrap();
    assert_eq!(count(test.store(), "select count(*) from jobs.dead where ending = 'cancelled'").await, 2);
}

#[tokio::test]
async fn the_dead_are_tried_again_or_forgotten_by_hand_and_with_time() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let unique = Wish { unique: Some("one".into()), attempts_max: 1, ..Wish::default() };
    let id = put(test.store(), &greet("never"), &unique).await.unwrap();
    work(&test).await;
    let other = put(test.store(), &greet("Asha"), &unique).await.unwrap();
    let taken = test.store().run_tx("test", async |tx| revive(tx, id).await).await;
    assert!(matches!(taken, Err(Error::Duplicate { id, .. }) if id == other));
    work(&test).await;
    test.store().run_tx("test", async |tx| revive(tx, id).await).await.unwrap();
    assert_eq!(work(&test).await, ["never"]);
    let failures = "select jsonb_array_length(failures)::bigint from jobs.dead";
    assert_eq!(count(test.store(), failures).await, 2, "with its history");
    test.store().run_tx("test", async |tx| forget(tx, id).await).await.unwrap();
    for gone in [id, 4711] {
        let refused = test.store().run_tx("test", async |tx| revive(tx, gone).await).await;
        assert!(matches!(refused, Err(Error::NoSuchJob { .. })));
        let refused = test.store().run_tx("test", async |tx| forget(tx, gone).await).await;
        assert!(matches!(refused, Err(Error::NoSuchJob { .. })));
    }
    for _ in 0..2 {
        put(test.store(), &greet("never"), &Wish::default()).await.unwrap();
    }
    work(&test).await;
    let long_ago =
        "update jobs.dead set died_at = now() - interval '2 days' where id = (select min(id) from jobs.dead)";
    test.store().run_tx("test", async |tx| tx.execute(long_ago, &[]).await).await.unwrap();
    let day = Duration::from_secs(86_400);
    quick(test.store()).keep_dead(day).run(becomes(test.store(), DEAD, 1)).await.unwrap();
}

#[tokio::test]
async fn how_far_a_job_is_can_be_seen() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    put(test.store(), &greet("Asha"), &Wish::default()).await.unwrap();
    let worker = quick(test.store()).time_max(Duration::from_secs(60)).grace(Duration::ZERO);
    let worker = worker.handle(|_: Greet, attempt: Attempt| async move {
        attempt.progress(0.25, "10 of 40 letters");
        std::future::pending::<Result<(), NotDone>>().await
    });
    let seen = "select count(*) from jobs.job where progress = 0.25 and note = '10 of 40 letters'";
    worker.run(becomes(test.store(), seen, 1)).await.unwrap();
}

#[tokio::test]
async fn jobs_that_nobody_knows_step_aside_and_come_back_when_somebody_does() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    put(test.store(), &greet("Asha"), &Wish::default()).await.unwrap();
    let old = "update jobs.job set run_at = now() - interval '61 s'";
    test.store().run_tx("test", async |tx| tx.execute(old, &[]).await).await.unwrap();
    let aside = "select count(*) from jobs.job where state = 4";
    quick(test.store()).run(becomes(test.store(), aside, 1)).await.unwrap();
    assert_eq!(work(&test).await, ["Asha"]);
}

#[tokio::test]
async fn a_next_of_a_partition_that_was_overlooked_is_found() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    // As if the process had ended between its commit and the bell.
    let silent = "insert into jobs.job (queue, kind, version, payload, priority, state, run_at, attempts_max, partition_key)
        select 'default', 'greet', 1, '{\"name\":\"Asha\"}', 0, 2, now(), 1, key from unnest(array['a', 'b', 'c']) as key";
    test.store().run_tx("test", async |tx| tx.execute(silent, &[]).await).await.unwrap();
    assert_eq!(work(&test).await, ["Asha", "Asha", "Asha"]);
}

#[tokio::test]
async fn a_schedule_enqueues_each_run_once_however_many_declare_it() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let cron = Cron::new("greetings", "0 0 1 1 *", "Asia/Kolkata").unwrap().missed(Missed::Each);
    let worker = || {
        quick(test.store())
            .repeat(cron.clone(), &greet("Asha"))
            .handle(|_: Greet, _: Attempt| async { Ok(()) })
    };
    worker().run(std::future::ready(())).await.unwrap();
    let future =
        "select count(*) from jobs.cron where next_at > now() and next_at <= now() + interval '366 days'
        and extract(hour from next_at at time zone 'UTC') = 18";
    assert_eq!(count(test.store(), future).await, 1);
    let sql = async |sql: &'static str| {
        test.store().run_tx("test", async |tx| tx.execute(sql, &[]).await).await.unwrap()
    };
    // As if nobody had been there for ten years.
    sql("update jobs.cron set next_at = next_at - interval '10 years'").await;
    test.store().run_tx("test", async |tx| pause_cron(tx, "greetings").await).await.unwrap();
    let stop = async {
        let beats = "select count(*) from jobs.node where seen_at > started_at + interval '600 ms'";
        becomes(test.store(), beats, 1).await;
        assert_eq!(
            count(test.store(), "select count(*) from jobs.cron where last_job is null").await,
            1,
            "paused"
        );
    };
    worker().run(stop).await.unwrap();
    sql("update jobs.cron set paused_at = null").await;
    let done = "select count(*) from jobs.cron where last_job is not null and next_at > now()";
    let stop = async {
        becomes(test.store(), done, 1).await;
        becomes(test.store(), LIVE, 0).await;
    };
    tokio::join!(async { worker().run(stop).await.unwrap() }, async {
        worker().run(becomes(test.store(), done, 1)).await.unwrap();
    });
    assert_eq!(
        count(test.store(), "select last_job from jobs.cron").await,
        10,
        "ten jobs, and no gap in their numbers"
    );
    assert_eq!(
        count(test.store(), "select max(id) from (select nextval('jobs.job_id_seq') as id) as next").await,
        11
    );
    sql("update jobs.cron set next_at = now() - interval '1 day', paused_at = now()").await;
    test.store().run_tx("test", async |tx| resume_cron(tx, "greetings").await).await.unwrap();
    assert_eq!(count(test.store(), future).await, 1, "what was paused is not made up for");
    test.store().run_tx("test", async |tx| drop_cron(tx, "greetings").await).await.unwrap();
    let gone = test.store().run_tx("test", async |tx| pause_cron(tx, "greetings").await).await;
    assert!(matches!(gone, Err(Error::NoSuchSchedule { name }) if name == "greetings"));
}

#[tokio::test]
async fn a_clock_that_is_set_back_leaves_no_dead_node_alive() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    put(test.store(), &greet("Asha"), &Wish::default()).await.unwrap();
    // As if an hour had been taken from the clock since: a node that died, its lease, and a bucket without tokens.
    let later = "
        insert into jobs.node (name, queue, kinds, versions, room, seen_at)
        values ('gone', 'default', '{}', '{}', 1, now() + interval '1 hour');
        insert into jobs.lease (name, epoch, until) values ('duties', 0, now() + interval '1 hour');
        insert into jobs.queue (name, rate_per_second, rate_burst, tokens, tokens_at)
        values ('default', 1000, 1, 0, now() + interval '1 hour');
        update jobs.job set attempt = 1, node = (select epoch from jobs.node);
        insert into jobs.hand (node, turn, ids) select node, 1, array_agg(id) from jobs.job group by node";
    test.store().run_tx("test", async |tx| tx.batch(later).await).await.unwrap();
    assert_eq!(work(&test).await, ["Asha"]);
    let fell = "select count(*) from jobs.node";
    assert_eq!(count(test.store(), fell).await, 0);
}

#[tokio::test]
async fn operators_see_what_there_is_and_what_was_done() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let later = Some(jiff::Timestamp::from_second(4_000_000_000).unwrap());
    let wishes = [
        Wish { attempts_max: 1, ..Wish::default() },
        Wish { run_at: later, ..Wish::default() },
        Wish { queue: "other", ..Wish::default() },
        Wish { queue: "other", partition: Some("a"), run_at: later, ..Wish::default() },
    ];
    for wish in &wishes {
        put(test.store(), &greet("never"), wish).await.unwrap();
    }
    put(test.store(), &greet("nobody"), &Wish::default()).await.unwrap();
    put(test.store(), &greet("Asha"), &Wish::default()).await.unwrap();
    let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let backoff = jobs::Backoff { first: Duration::from_secs(60), longest: Duration::from_secs(60) };
    let cron = Cron::new("yearly", "0 0 1 1 *", "Europe/London").unwrap();
    let worker = crate::worker(test.store(), sender).backoff(backoff).repeat(cron, &greet("Asha"));
    let stop = async {
        for _ in 0..3 {
            heard.recv().await;
        }
        becomes(test.store(), "select count(*) from jobs.job where state = 1 and attempt = 1", 1).await;
        becomes(test.store(), LIVE, 4).await;
        let seen = overview(test.store()).await.unwrap();
        let [node] = &seen.nodes[..] else { panic!("{:?}", seen.nodes) };
        assert_eq!((node.name.as_str(), node.queue.as_str(), node.leads), ("test", "default", true));
        assert_eq!(node.kinds, ["greet"]);
    };
    worker.run(stop).await.unwrap();
    let seen = overview(test.store()).await.unwrap();
    assert_eq!(seen.nodes, []);
    let counts: Vec<_> = seen
        .queues
        .iter()
        .map(|it| (it.name.as_str(), it.ready, it.waiting, it.running, it.behind, it.oldest.is_some()))
        .collect();
    // The head of a partition waits as any other job does.
    assert_eq!(counts, [("default", 0, 2, 0, 0, false), ("other", 1, 1, 0, 0, true)]);
    let minutes = &seen.queues[0].minutes;
    let sums =
        minutes.iter().fold((0, 0, 0), |sum, it| (sum.0 + it.done, sum.1 + it.failed, sum.2 + it.dead));
    assert_eq!(sums, (1, 2, 1));
    assert!(minutes.iter().all(|it| it.waited_p99 >= it.waited_p50 && it.ran_p50.is_some()));
    let [retrying] = &seen.retrying[..] else { panic!("{:?}", seen.retrying) };
    assert_eq!((retrying.attempt, retrying.last_failure.as_deref()), (1, Some("nobody is there")));
    let [dead] = &seen.dead[..] else { panic!("{:?}", seen.dead) };
    assert_eq!((dead.kind.as_str(), dead.is_cancelled, seen.dead_count), ("greet", false, 1));
    assert_eq!(dead.payload, serde_json::json!({ "name": "never" }));
    assert_eq!((dead.failures[0].0, dead.failures[0].2.as_str()), (1, "there is no such person"));
    let [schedule] = &seen.schedules[..] else { panic!("{:?}", seen.schedules) };
    assert_eq!(
        (schedule.name.as_str(), schedule.zone.as_str(), schedule.last_at),
        ("yearly", "Europe/London", None)
    );
}
