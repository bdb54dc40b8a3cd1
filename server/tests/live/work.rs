//! Processes that do jobs, as whoever runs many of them meets them.

use crate::support::Crease;
use jobs::run_cron;
use reqwest::StatusCode;
use store::Store;
use store::testing::TestStore;

fn worker(store: &TestStore) -> Crease {
    let mut program = Crease::program();
    program.arg("worker").env("DATABASE_URL", store.url()).env("CREASE__HTTP__LISTEN", "127.0.0.1:0");
    Crease::listening(program)
}

async fn get(worker: &Crease, path: &str) -> (StatusCode, String) {
    let response = reqwest::get(format!("{}{path}", worker.url)).await.unwrap();
    (response.status(), response.text().await.unwrap())
}

async fn count(store: &Store, sql: &'static str) -> i64 {
    store.read("test", async |db| db.query_one(sql, &[]).await).await.unwrap().get(0)
}

async fn becomes(store: &Store, sql: &'static str, number: i64) {
    while count(store, sql).await != number {
        tokio::task::yield_now().await;
    }
}

/// Each process has eight: one for its jobs, one each for webhooks, rewards, quizzes, content and commentary alone, and one for the payments of
/// each mode.
const NODES: &str = "select count(*) / 8 from jobs.node";

#[tokio::test]
async fn workers_come_and_go_and_the_work_is_done() {
    let _already = rustls::crypto::ring::default_provider().install_default();
    let test = TestStore::new(server::role::MIGRATIONS).await;
    let store = test.store();
    let (one, two) = (worker(&test), worker(&test));
    for worker in [&one, &two] {
        while get(worker, "/readyz").await.0 != StatusCode::OK {}
        assert_eq!(get(worker, "/healthz").await.0, StatusCode::OK);
        assert_eq!(get(worker, "/v1/matches").await.0, StatusCode::NOT_FOUND);
        assert_eq!(get(worker, "/console/operations").await.0, StatusCode::NOT_FOUND);
    }
    assert_eq!(count(store, NODES).await, 2);

    let sessions = "insert into server.scorer_session
        (token_sha256, key_id, organisation_id, created_at_ms, expires_at_ms)
        values ('\\x01', 'key', 'org', 0, 1), ('\\x02', 'key', 'org', 0, 99999999999999)";
    let due = store.run_tx("test", async |tx| {
        tx.execute(sessions, &[]).await?;
        run_cron(tx, "scorer-sessions").await
    });
    due.await.unwrap();
    becomes(store, "select count(*) from server.scorer_session", 1).await;
    becomes(store, "select count(*) from jobs.job", 0).await;
    let done = "jobs_attempts_total{queue=\"default\",kind=\"scorer.forget_sessions\",outcome=\"done\"} 1";
    while !(get(&one, "/metrics").await.1.contains(done) || get(&two, "/metrics").await.1.contains(done)) {}
    let depth = "jobs_queue_depth{queue=\"default\",state=\"ready\"} 0";
    while !get(&one, "/metrics").await.1.contains(depth) {}

    one.terminate();
    assert!(one.ended().success());
    assert_eq!(count(store, NODES).await, 1, "it took leave");
    two.kill();
    let three = worker(&test);
    becomes(store, NODES, 1).await;
    while get(&three, "/readyz").await.0 != StatusCode::OK {}
    three.terminate();
    assert!(three.ended().success());
}

#[tokio::test]
async fn webhooks_messages_are_forgotten_after_a_month_however_many_there_are() {
    let _already = rustls::crypto::ring::default_provider().install_default();
    let test = TestStore::new(server::role::MIGRATIONS).await;
    let store = test.store();
    let worker = worker(&test);
    while get(&worker, "/readyz").await.0 != StatusCode::OK {}
    let messages = "insert into partners.webhook_message (id, organisation_id, kind, once, body, created_at)
        select 'msg_' || n, null, 'match.wicket', n::text, '{}', now() - case when n = 1 then interval '29 days'
            else interval '31 days' end
        from generate_series(1, $1) n";
    let more = 2 * i32::try_from(partners::webhook::FORGET_MAX).unwrap() + 50;
    let due = store.run_tx("test", async |tx| {
        tx.execute(messages, &[&more]).await?;
        run_cron(tx, "partners-messages").await
    });
    due.await.unwrap();
    becomes(store, "select count(*) from partners.webhook_message", 1).await;
    becomes(store, "select count(*) from jobs.job", 0).await;
    worker.terminate();
    assert!(worker.ended().success());
}

#[tokio::test]
async fn a_worker_whose_database_is_away_is_not_ready_and_is_again_when_it_comes_back() {
    let _already = rustls::crypto::ring::default_provider().install_default();
    let test = TestStore::new(server::role::MIGRATIONS).await;
    let worker = worker(&test);
    while get(&worker, "/readyz").await.0 != StatusCode::OK {}
    // Whoever holds the table is as good as a database that does not answer.
    let held = test.store().run_tx("test", async |tx| {
        tx.execute("lock table jobs.node in access exclusive mode", &[]).await?;
        while !get(&worker, "/readyz").await.1.contains("no jobs are taken") {}
        Ok::<_, store::Error>(())
    });
    held.await.unwrap();
    while get(&worker, "/readyz").await.0 != StatusCode::OK {}
}
