//! The database goes away, or its answer does.

use crate::support::{Crease, Fan, Proxy, Server, ball, database, sent, within};
use reqwest::StatusCode;
use serde_json::json;
use std::path::Path;
use store::Store;
use store::postgres::{Embedded, Postgres, Source, open};

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_told_to_the_feed_and_the_fans() {
    let database = database().await;
    let proxy = Proxy::before(&database.url()).await;
    let server = Server::with(proxy.url.clone(), |_| {}).await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    server.send(&keys, &id, &[sent("start", json!({ "type": "innings_start", "team": "Home XI" }))]).await;
    let mut stream = server.stream(&keys, &id, None).await;
    let mut fan = Fan::default();
    fan.follow(&mut stream, 1).await;
    proxy.swallow_the_next_commits_answer();
    // It stands, as the log shows; so the feed is told that its ball is known.
    assert_eq!(server.send(&keys, &id, &[sent("a", ball(4))]).await, ["duplicate 2"]);
    assert!(proxy.has_swallowed());
    fan.follow(&mut stream, 2).await;
    assert_eq!(server.send(&keys, &id, &[sent("b", ball(1))]).await, ["accepted 3"]);
    fan.follow(&mut stream, 3).await;
    assert_eq!(fan.seen, Some(server.snapshot(&keys, &id).await));
}

/// A migrated PostgreSQL that this test may stop.
async fn started(data: &Path) -> Postgres {
    let source = match Source::from_env() {
        Source::Url(_) => Source::Search,
        other => other,
    };
    let postgres = open(data, source, Embedded::Allowed).await.unwrap();
    let store = Store::connect(postgres.url(), 1).await.unwrap();
    store.migrate(server::role::MIGRATIONS).await.unwrap();
    store.close();
    postgres
}

#[tokio::test]
async fn while_the_database_is_away_feeds_are_asked_to_come_again_and_fans_stay() {
    let data = Crease::data();
    let postgres = started(data.path()).await;
    let server = Server::with(postgres.url().to_owned(), |_| {}).await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    server.send(&keys, &id, &[sent("start", json!({ "type": "innings_start", "team": "Home XI" }))]).await;
    let mut stream = server.stream(&keys, &id, None).await;
    let mut fan = Fan::default();
    fan.follow(&mut stream, 1).await;
    postgres.stop().await;
    for _ in 0..3 {
        let (status, problem) = server.try_send(&keys, &id, &[sent("a", ball(4))]).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{problem}");
        assert_eq!(problem["type"], "/problems/unavailable");
        assert!(problem["trace_id"].is_string() && problem.get("detail").is_none(), "{problem}");
    }
    assert_eq!(server.get("/readyz", "").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(server.get("/v1/matches", &keys.secret).await.headers()["retry-after"], "2");
    assert_eq!(server.snapshot(&keys, &id).await.seq, 1, "what is in memory is served on");
    let again = started(data.path()).await;
    within("the database is used again", async {
        while server.get("/readyz", "").await.status() != StatusCode::OK {}
    })
    .await;
    assert_eq!(server.send(&keys, &id, &[sent("a", ball(4))]).await, ["accepted 2"]);
    fan.follow(&mut stream, 2).await;
    assert_eq!((fan.snapshots, fan.seen), (1, Some(server.snapshot(&keys, &id).await)));
    again.stop().await;
}

#[tokio::test]
async fn news_that_could_not_be_read_are_read_once_the_database_is_back() {
    let data = Crease::data();
    let postgres = started(data.path()).await;
    let [one, two] = [0, 1].map(|_| Server::with(postgres.url().to_owned(), |_| {}));
    let (one, two) = (one.await, two.await);
    let keys = one.partner().await;
    two.app.keys.load(&two.app.store).await.unwrap();
    let id = one.announce(&keys, "m").await;
    let mut stream = one.stream(&keys, &id, None).await;
    let start = sent("start", json!({ "type": "innings_start", "team": "Home XI" }));
    two.send(&keys, &id, &[start, sent("a", ball(4))]).await;
    let there = two.snapshot(&keys, &id).await;
    postgres.stop().await;
    // The news come, as by the bus, but the log cannot be read; and no further news follow.
    one.app.hub.catch_up(&id, there.position()).await;
    let again = started(data.path()).await;
    let mut fan = Fan::default();
    fan.follow(&mut stream, 2).await;
    assert_eq!(fan.seen, Some(there));
    again.stop().await;
}
