//! What a reader of a stream is promised.

use crate::support::{Event, Fan, Item, Keys, Scene, Server, Stream, ball, database, sent, within};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::HashSet;
use wire::Position;

async fn started(server: &Server, keys: &Keys) -> (String, Scene) {
    let id = server.announce(keys, &store::ids::random_base62(8)).await;
    (id, Scene::innings(3, 3))
}

#[tokio::test]
async fn a_newcomer_gets_the_state_then_each_update_and_folds_to_what_the_server_has() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let (id, scene) = started(&server, &keys).await;
    let mut stream = server.stream(&keys, &id, None).await;
    assert_eq!(stream.resumed(), "snapshot");
    let Some(Item::Retry(retry)) = stream.item().await else { panic!("`retry` comes first") };
    let limits = &server.app.config.stream;
    assert!((limits.retry_ms_min..=limits.retry_ms_max).contains(&retry), "{retry}");
    let mut fan = Fan::default();
    fan.take(&stream.event().await.unwrap());
    for command in &scene.commands {
        server.send(&keys, &id, std::slice::from_ref(command)).await;
        fan.take(&stream.event().await.unwrap());
        assert_eq!(fan.seen, Some(server.snapshot(&keys, &id).await));
    }
    assert_eq!((fan.snapshots, fan.seq()), (1, scene.commands.len() as u64));
}

#[tokio::test]
async fn a_reader_resumes_by_its_last_id_without_a_gap_or_a_repeat() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let (id, scene) = started(&server, &keys).await;
    let (first, later) = scene.commands.split_at(8);
    server.send(&keys, &id, first).await;
    let mut fan = Fan::default();
    fan.follow(&mut server.stream(&keys, &id, None).await, 8).await;
    server.send(&keys, &id, later).await;
    let last = fan.last().unwrap();
    let path = format!("/v1/matches/{id}/stream");
    let by_address = server.request(Method::GET, &format!("{path}?last_event_id={last}"), &keys.publishable);
    // A browser that reconnects has the old id in the address still, and the new one in the header.
    let both = server.request(Method::GET, &format!("{path}?last_event_id=1.1"), &keys.publishable);
    for request in [by_address, both.header("last-event-id", &last)] {
        let mut stream = Stream::of(request.send().await.unwrap());
        assert_eq!(stream.resumed(), "yes");
        let mut again = Fan { seen: fan.seen.clone(), ..Fan::default() };
        again.follow(&mut stream, scene.commands.len() as u64).await;
        assert_eq!((again.snapshots, again.seen), (0, Some(server.snapshot(&keys, &id).await)));
    }
}

#[tokio::test]
async fn a_reader_that_has_everything_resumes_and_waits() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let (id, scene) = started(&server, &keys).await;
    let nothing_yet = server.snapshot(&keys, &id).await.position().to_string();
    let mut stream = server.stream(&keys, &id, Some(&nothing_yet)).await;
    assert_eq!(stream.resumed(), "yes");
    server.send(&keys, &id, &scene.commands[..1]).await;
    assert_eq!(stream.event().await.unwrap().name, "state");
}

#[tokio::test]
async fn who_was_away_too_long_or_comes_from_another_history_gets_the_state() {
    let database = database().await;
    let server = Server::with(database.url(), |config| config.stream.ring_updates_max = 4).await;
    let keys = server.partner().await;
    let (id, scene) = started(&server, &keys).await;
    server.send(&keys, &id, &scene.commands[..10]).await;
    let Position { epoch, .. } = server.snapshot(&keys, &id).await.position();
    for (last, resumed) in [
        (format!("{epoch}.10"), "yes"),
        (format!("{epoch}.6"), "yes"),
        (format!("{epoch}.5"), "snapshot"),
        (format!("{epoch}.0"), "snapshot"),
        (format!("{}.10", epoch - 1), "snapshot"),
        (format!("{}.99", epoch + 1), "snapshot"),
        // Of what was lost with a database, and restored to an earlier state.
        (format!("{epoch}.11"), "snapshot"),
        (String::new(), "snapshot"),
    ] {
        let stream = server.stream(&keys, &id, Some(&last)).await;
        assert_eq!(stream.resumed(), resumed, "{last}");
    }
}

#[tokio::test]
async fn what_is_no_position_is_refused() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let (id, _) = started(&server, &keys).await;
    for last in ["10", "1.-1", "1.1.1", "a.b", "99999999999999999999.1", "\u{ff}"] {
        let request = server.request(Method::GET, &format!("/v1/matches/{id}/stream"), &keys.publishable);
        let header = reqwest::header::HeaderValue::from_bytes(last.as_bytes()).unwrap();
        let response = request.header("last-event-id", header).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{last}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["type"], "/problems/invalid-request", "{last}: {problem}");
    }
}

#[tokio::test]
async fn streams_open_to_keys_that_may_see_the_match() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let (id, _) = started(&server, &keys).await;
    let sandbox = server::feed::sandbox::ensure(&server.app.feed).await.unwrap();
    let nobody = store::ids::new("mat");
    let live = format!("/v1/matches/{id}/stream");
    let open = async |path: &str, key: &str, origin: &str| {
        let request = match key {
            "" => server.bare(Method::GET, path),
            key => server.request(Method::GET, path, key),
        };
        let response = request.header("origin", origin).send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        assert_eq!(headers["access-control-allow-origin"], "*", "a page must be able to read the reason");
        if status == 200 {
            assert_eq!(headers["x-accel-buffering"], "no");
            return (status, "open".to_owned());
        }
        assert_eq!(headers["content-type"], "application/problem+json");
        (status, response.json::<Value>().await.unwrap()["type"].as_str().unwrap().to_owned())
    };
    let page = "https://paper.example";
    let good = [
        (live.clone(), keys.publishable.as_str()),
        (live.clone(), keys.secret.as_str()),
        (format!("{live}?key={}", keys.publishable), ""),
        (format!("/v1/matches/{sandbox}/stream"), keys.test_publishable.as_str()),
        (format!("/v1/matches/{sandbox}/stream"), keys.publishable.as_str()),
    ];
    for (path, key) in good {
        assert_eq!(open(&path, key, page).await, (200, "open".to_owned()), "{path}");
    }
    let bad = [
        (live.clone(), "", page, 401, "key-missing"),
        (live.clone(), "crs_pk_live_x", page, 401, "key-malformed"),
        (live.clone(), keys.publishable.as_str(), "https://evil.example", 403, "origin-refused"),
        (format!("{live}?key={}", keys.secret), "", page, 403, "key-wrong-kind"),
        (live.clone(), keys.test_publishable.as_str(), page, 404, "unknown-match"),
        (format!("/v1/matches/{nobody}/stream"), keys.publishable.as_str(), page, 404, "unknown-match"),
        ("/v1/matches/mat_x/stream".to_owned(), keys.publishable.as_str(), page, 404, "unknown-match"),
        ("/v1/matches/%ff/stream".to_owned(), keys.publishable.as_str(), page, 400, "invalid-request"),
    ];
    for (path, key, origin, status, kind) in bad {
        assert_eq!(open(&path, key, origin).await, (status, format!("/problems/{kind}")), "{path}");
    }
    server.app.keys.revoke(&keys.publishable_id, server.app.clock.now());
    let revoked = open(&live, &keys.publishable, page).await;
    assert_eq!(revoked, (401, "/problems/key-revoked".to_owned()));
}

#[tokio::test]
async fn a_quiet_stream_sends_comments() {
    let database = database().await;
    let server = Server::with(database.url(), |config| config.stream.heartbeat_seconds = 1).await;
    let keys = server.partner().await;
    let (id, _) = started(&server, &keys).await;
    let mut stream = server.stream(&keys, &id, None).await;
    assert!(matches!(stream.item().await, Some(Item::Retry(_))));
    assert!(matches!(stream.item().await, Some(Item::Event(Event { name, .. })) if name == "snapshot"));
    assert_eq!(stream.item().await, Some(Item::Comment));
    assert_eq!(stream.item().await, Some(Item::Comment));
}

#[tokio::test]
async fn a_reader_that_resumes_across_a_correction_is_right() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let (id, scene) = started(&server, &keys).await;
    server.send(&keys, &id, &scene.commands[..10]).await;
    let mut fan = Fan::default();
    fan.follow(&mut server.stream(&keys, &id, None).await, 10).await;
    let remove = json!({ "id": "c5", "version": 2, "remove": true });
    let mut back = scene.commands[5].clone();
    back["version"] = json!(3);
    server.send(&keys, &id, &[scene.commands[10].clone(), remove, back, scene.commands[11].clone()]).await;
    let mut stream = server.stream(&keys, &id, fan.last().as_deref()).await;
    assert_eq!(stream.resumed(), "yes");
    let mut names = Vec::new();
    while fan.seq() < 14 {
        let event = stream.event().await.unwrap();
        names.push(event.name.clone());
        fan.take(&event);
    }
    assert_eq!(names, ["ball", "snapshot", "snapshot", "ball"]);
    let seen = fan.seen.unwrap();
    assert_eq!((seen.rev, &seen), (2, &server.snapshot(&keys, &id).await));
}

#[tokio::test]
async fn every_reader_gets_the_same_bytes_as_one_who_reads_them_from_the_log() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let (id, scene) = started(&server, &keys).await;
    let begin = server.snapshot(&keys, &id).await.position().to_string();
    let mut live = server.stream(&keys, &id, Some(&begin)).await;
    server.send(&keys, &id, &scene.commands).await;
    server.send(&keys, &id, &[json!({ "id": "c5", "version": 2, "remove": true })]).await;
    let other = Server::start(&database).await;
    let mut from_the_log = other.stream(&keys, &id, Some(&begin)).await;
    assert_eq!(from_the_log.resumed(), "yes");
    for _ in 0..=scene.commands.len() {
        assert_eq!(live.event().await, from_the_log.event().await);
    }
}

#[tokio::test]
async fn a_correction_larger_than_a_reader_may_lag_reaches_who_has_all_before_it() {
    let database = database().await;
    let server = Server::with(database.url(), |config| config.stream.behind_bytes_max = 300).await;
    let keys = server.partner().await;
    let (id, scene) = started(&server, &keys).await;
    server.send(&keys, &id, &scene.commands[..10]).await;
    let mut fan = Fan::default();
    let mut stream = server.stream(&keys, &id, None).await;
    fan.follow(&mut stream, 10).await;
    let before = fan.last();
    server.send(&keys, &id, &[json!({ "id": "c5", "version": 2, "remove": true })]).await;
    let frame = stream.event().await.unwrap();
    assert!(frame.name == "snapshot" && frame.data.len() > 300);
    // The same for one who was away meanwhile.
    let mut resumed = server.stream(&keys, &id, before.as_deref()).await;
    assert_eq!(resumed.resumed(), "yes");
    assert_eq!(resumed.event().await, Some(frame));
}

#[tokio::test]
async fn readers_are_limited_by_address_and_by_process_and_seats_are_given_back() {
    let database = database().await;
    let server = Server::with(database.url(), |config| {
        config.stream.subscribers_max = 3;
        config.stream.subscribers_per_address_max = 2;
    })
    .await;
    let keys = server.partner().await;
    let (id, _) = started(&server, &keys).await;
    let path = format!("/v1/matches/{id}/stream");
    let open = async |address: &str| {
        let client =
            reqwest::Client::builder().local_address(Some(address.parse().unwrap())).build().unwrap();
        client.get(format!("{}{path}", server.url)).bearer_auth(&keys.secret).send().await.unwrap()
    };
    let seats = [open("127.0.0.1").await, open("127.0.0.1").await];
    let refused = open("127.0.0.1").await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"5".parse().unwrap()));
    let exposed = refused.headers()["access-control-expose-headers"].to_str().unwrap();
    assert!(exposed.contains("retry-after"), "a page can read when to come back: {exposed}");
    let third = open("127.0.0.2").await;
    assert_eq!(third.status(), StatusCode::OK);
    let refused = open("127.0.0.3").await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.json::<Value>().await.unwrap()["type"], "/problems/streams-full");
    drop(seats);
    // The server notices when it writes, or when the connection says so.
    within("a seat", async {
        while open("127.0.0.1").await.status() != StatusCode::OK {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn at_shutdown_each_reader_is_told_goodbye_and_the_stream_ends() {
    let database = database().await;
    let mut server = Server::with(database.url(), |config| config.shutdown.drain_seconds = 2).await;
    let keys = server.partner().await;
    let (id, scene) = started(&server, &keys).await;
    let mut streams = Vec::new();
    for _ in 0..5 {
        let mut stream = server.stream(&keys, &id, None).await;
        assert_eq!(stream.event().await.unwrap().name, "snapshot");
        streams.push(stream);
    }
    server.app.shutdown.cancel();
    server.reconnect();
    let refused = server.get(&format!("/v1/matches/{id}/stream"), &keys.publishable).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(server.get("/readyz", "").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(server.get("/healthz", "").await.status(), StatusCode::OK);
    // Updates that come in while streams leave do not keep them.
    server.send(&keys, &id, &scene.commands[..2]).await;
    let mut retries = HashSet::new();
    for stream in &mut streams {
        let mut event = stream.event().await.unwrap();
        while event.name != "bye" {
            event = stream.event().await.unwrap();
        }
        let bye: wire::Bye = wire::decode(&event.data).unwrap();
        assert_eq!(bye.reason, "shutdown");
        retries.insert(bye.retry_ms);
        assert_eq!(stream.item().await, None, "nothing follows a goodbye");
    }
    assert!(retries.len() > 1, "they do not come back together: {retries:?}");
    within("the end of the process", server.stopped()).await;
}

#[tokio::test]
async fn a_match_that_starts_over_sends_its_new_state_to_who_is_there() {
    let database = database().await;
    let server = Server::with(database.url(), |config| {
        (config.sandbox.ball_ms, config.sandbox.result_ms) = (1, 1);
    })
    .await;
    let keys = server.partner().await;
    let id = server::feed::sandbox::ensure(&server.app.feed).await.unwrap();
    let mut stream = server.stream(&keys, &id, None).await;
    let settings = server.app.config.sandbox.clone();
    let playing = server::feed::sandbox::play(server.app.feed.clone(), settings, server.app.shutdown.clone());
    let playing = tokio::spawn(playing);
    let mut fan = Fan::default();
    fan.take(&stream.event().await.unwrap());
    let first = fan.seen.clone().unwrap().epoch;
    while fan.seen.as_ref().is_none_or(|it| it.epoch == first) {
        fan.take(&stream.event().await.unwrap());
    }
    let begun = fan.seen.as_ref().unwrap();
    assert!(begun.epoch > first && begun.seq < 10, "{}", begun.position());
    server.app.shutdown.cancel();
    playing.await.unwrap();
}

#[tokio::test]
async fn a_feed_that_hangs_up_right_after_sending_has_told_the_fans() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let (id, _) = started(&server, &keys).await;
    server.send(&keys, &id, &[sent("start", json!({ "type": "innings_start", "team": "Home XI" }))]).await;
    let mut stream = server.stream(&keys, &id, None).await;
    let mut fan = Fan::default();
    fan.follow(&mut stream, 1).await;
    for at in 0..50_u64 {
        let action = server::feed::Action::Named(serde_json::from_value(wide()).unwrap());
        let envelope = server::feed::Envelope { id: format!("b{at}"), version: 1, order: None, action };
        // The handler is dropped at any of its waits: here after so many looks at it.
        let mut submitting = Box::pin(server.app.feed.submit(&id, "feed", std::slice::from_ref(&envelope)));
        for _ in 0..=at % 5 {
            if futures_util::poll!(&mut submitting).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(submitting);
        fan.follow(&mut stream, at + 2).await;
    }
    assert_eq!(fan.seen, Some(server.snapshot(&keys, &id).await));
}

fn wide() -> Value {
    let mut wide = ball(0);
    wide["extras"] = json!({ "wides": 1 });
    wide
}
