//! Streams over HTTP/2, as proxies that end TLS ask for them.

use crate::door::problem;
use crate::support::{Fan, Item, Keys, Raw, Scene, Server, Stream, database, http2_client, sent, within};
use reqwest::{Client, StatusCode, Version};
use serde_json::{Value, json};

async fn open(server: &Server, client: &Client, keys: &Keys, id: &str, last: Option<&str>) -> Stream {
    let request = client.get(format!("{}/v1/matches/{id}/stream", server.url)).bearer_auth(&keys.publishable);
    let response = match last {
        Some(last) => request.header("last-event-id", last).send().await.unwrap(),
        None => request.send().await.unwrap(),
    };
    assert_eq!(response.version(), Version::HTTP_2);
    assert!(response.headers().get("connection").is_none(), "it would be malformed (RFC 9113 §8.2.2)");
    Stream::of(response)
}

#[tokio::test]
async fn a_stream_over_http2_keeps_every_promise() {
    let database = database().await;
    let mut server = Server::with(database.url(), |config| {
        config.stream.heartbeat_seconds = 1;
        config.shutdown.drain_seconds = 1;
    })
    .await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    let scene = Scene::innings(3, 3);
    let (before, after) = scene.commands.split_at(10);
    let client = http2_client();
    // Several on one connection.
    let mut streams = Vec::new();
    for _ in 0..5 {
        streams.push((open(&server, &client, &keys, &id, None).await, Fan::default()));
    }
    for command in before {
        server.send(&keys, &id, std::slice::from_ref(command)).await;
    }
    for (stream, fan) in &mut streams {
        assert_eq!(stream.resumed(), "snapshot");
        fan.follow(stream, 10).await;
    }
    while streams[0].0.item().await != Some(Item::Comment) {}
    // One is away for a while.
    let (stream, mut fan) = streams.pop().unwrap();
    drop(stream);
    server.has_streams(4).await;
    server.send(&keys, &id, after).await;
    let stream = open(&server, &client, &keys, &id, fan.last().as_deref()).await;
    assert_eq!(stream.resumed(), "yes");
    fan.snapshots = 1;
    streams.push((stream, fan));
    let head = server.snapshot(&keys, &id).await;
    for (stream, fan) in &mut streams {
        fan.follow(stream, head.seq).await;
        assert_eq!((fan.snapshots, fan.seen.as_ref()), (1, Some(&head)));
    }
    server.app.shutdown.cancel();
    for (stream, _) in &mut streams {
        assert_eq!(stream.event().await.unwrap().name, "bye");
        assert_eq!(stream.item().await, None);
    }
    within("the end of the process", server.stopped()).await;
}

#[tokio::test]
async fn refusals_over_http2_are_problems() {
    let database = database().await;
    let server = Server::start(&database).await;
    let url = format!("{}/v1/matches/mat_x/stream", server.url);
    let response = http2_client().get(url).send().await.unwrap();
    assert_eq!((response.version(), response.status()), (Version::HTTP_2, StatusCode::UNAUTHORIZED));
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert_eq!(response.json::<Value>().await.unwrap()["type"], "/problems/key-missing");
}

#[tokio::test]
async fn a_stream_that_is_not_read_is_reset_and_its_connection_goes_on() {
    let database = database().await;
    let server = Server::with(database.url(), |config| {
        config.stream.stalled_seconds_max = 1;
        config.stream.behind_bytes_max = 10_000_000;
    })
    .await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    // A stream may hold little, the connection much: one that is not read does not fill it.
    let client = Client::builder().http2_prior_knowledge().http2_initial_stream_window_size(65_535);
    let client = client.http2_initial_connection_window_size(16_000_000).build().unwrap();
    let mut unread = open(&server, &client, &keys, &id, None).await;
    let mut read = open(&server, &client, &keys, &id, None).await;
    let (mut fan, mut sent_so_far) = (Fan::default(), 0);
    let delay = |at: u64| sent(&format!("d{at}"), json!({ "type": "delay", "reason": "x".repeat(480) }));
    within("the end of the one that is not read", async {
        while server.app.subscribers.count() == 2 {
            let batch: Vec<Value> = (sent_so_far..sent_so_far + 50).map(delay).collect();
            server.send(&keys, &id, &batch).await;
            sent_so_far += 50;
            fan.follow(&mut read, sent_so_far).await;
        }
    })
    .await;
    assert!(server.counted("stream_byes_total{reason=\"stalled\"}") >= 1.0);
    server.send(&keys, &id, &[delay(sent_so_far)]).await;
    fan.follow(&mut read, sent_so_far + 1).await;
    // It has what it had taken, and goes on from there.
    let mut other = Fan::default();
    while let Some(event) = unread.event().await {
        other.take(&event);
    }
    assert!((1..sent_so_far).contains(&other.seq()), "{}", other.seq());
    let mut resumed = open(&server, &client, &keys, &id, other.last().as_deref()).await;
    other.follow(&mut resumed, sent_so_far + 1).await;
    assert_eq!(other.seen, fan.seen);
}

#[tokio::test]
async fn a_connection_that_asks_for_nothing_is_closed() {
    let database = database().await;
    let server = Server::with(database.url(), |config| {
        config.http.head_seconds_max = 1;
        config.http.connections_per_address_max = 3;
    })
    .await;
    for begin in ["PR", "PRI * HTTP/2.0\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let mut raw = Raw::connect(&server.url).await;
        assert!(raw.say(begin).await);
        raw.rest().await;
    }
    // A client that minds its connection, and answers the server's pings, is told goodbye as well: its place becomes free.
    let client = Client::builder().http2_prior_knowledge().local_address(Some([127, 0, 0, 5].into()));
    let client = client.build().unwrap();
    let ask = async || client.get(format!("{}/healthz", server.url)).send().await.map(|it| it.status());
    assert_eq!(ask().await.unwrap(), StatusCode::OK);
    let mut others = Vec::new();
    for _ in 0..2 {
        others.push(Raw::from("127.0.0.5", &server.url).await);
    }
    let mut raw = Raw::from("127.0.0.5", &server.url).await;
    assert_eq!(problem(&mut raw).await.0, 503);
    within("the connections' end", async {
        for other in &mut others {
            other.rest().await;
        }
        loop {
            let mut three = Vec::new();
            for _ in 0..3 {
                let mut raw = Raw::from("127.0.0.5", &server.url).await;
                raw.get("1.1", "/healthz", "", &[]).await;
                if raw.head().await.status == 200 {
                    three.push(raw);
                }
            }
            if three.len() == 3 {
                break;
            }
        }
        // Over a new connection, once there is a place for it.
        while ask().await.is_err() {}
    })
    .await;
}
