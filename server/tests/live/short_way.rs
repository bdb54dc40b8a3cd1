//! Streams that are opened at once, without hyper and the routes, beside those that take the long way.

use crate::support::{Head, Keys, ORIGIN, Raw, Scene, Server, Stream, database, sent};
use serde_json::{Value, json};
use store::testing::TestStore;
use wire::Position;

/// Of some 550 bytes.
const UPDATES: u64 = 8_000;

/// How a request comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// In one piece, as browsers send it.
    Short,
    /// With nothing but its first bytes at first, which only hyper waits to see completed.
    Long,
}

/// Asks for a stream, and says what its answer's head is.
async fn ask(server: &Server, way: Way, id: &str, key: &str, last: Option<&str>) -> (Head, Raw) {
    let mut raw = Raw::connect(&server.url).await;
    let last = last.map(|it| format!("Last-Event-ID: {it}\r\n")).unwrap_or_default();
    let host = format!("Host: x\r\nX-Crease-Key: {key}\r\nOrigin: {ORIGIN}\r\n{last}");
    let request = format!("GET /v1/matches/{id}/stream HTTP/1.1\r\n{host}\r\n");
    match way {
        Way::Short => assert!(raw.say(&request).await),
        Way::Long => {
            let (first, rest) = request.split_at(10);
            assert!(raw.say(first).await);
            // Another connection's answer: the first bytes of this one were looked at before.
            assert_eq!(server.get("/healthz", "").await.status(), 200);
            assert!(raw.say(rest).await);
        }
    }
    (raw.head().await, raw)
}

async fn with_balls(server: &Server, overs: u16) -> (Keys, String, u64) {
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    let commands = Scene::innings(overs, 1).commands;
    for some in commands.chunks(500) {
        server.send(&keys, &id, some).await;
    }
    (keys, id, commands.len() as u64)
}

/// What a stream sends until it is at `seq`.
async fn seqs(stream: &mut Stream, until: u64) -> Vec<u64> {
    let mut seen = Vec::new();
    while seen.last() != Some(&until) {
        let event = stream.event().await.expect("the stream goes on");
        seen.push(event.id.parse::<Position>().expect("a position").seq);
    }
    seen
}

#[tokio::test]
async fn both_ways_give_the_same_head_the_same_stream_and_the_same_counts() {
    let database = database().await;
    let server = Server::start(&database).await;
    let (keys, id, seq) = with_balls(&server, 2).await;
    let took = "http_request_seconds_count{route=\"/v1/matches/{id}/stream\",method=\"GET\",status=\"200\"}";
    let resumed_at = server.snapshot(&keys, &id).await.position();
    let earlier = Position { seq: 3, ..resumed_at }.to_string();
    let ahead = Position { seq: 999, ..resumed_at }.to_string();
    for (last, word) in
        [(None, "snapshot"), (Some(earlier.as_str()), "yes"), (Some(ahead.as_str()), "snapshot")]
    {
        let starts = format!("stream_starts_total{{resumed=\"{word}\"}}");
        let mut heads = Vec::new();
        for way in [Way::Short, Way::Long] {
            let before = (server.counted(took), server.counted(&starts));
            let (mut head, raw) = ask(&server, way, &id, &keys.publishable, last).await;
            assert_eq!(head.status, 200, "{way:?}");
            assert_eq!(head.headers["crease-resumed"], word, "{way:?}");
            let date = head.headers.remove("date").expect("a date");
            assert!(httpdate::parse_http_date(&date).is_ok(), "{date}");
            // Other tests of this process open streams, too.
            assert!(server.counted(&starts) > before.1, "{way:?}");
            assert!(server.counted(took) > before.0, "{way:?}");
            let mut stream = Stream::of_body(raw, &head);
            heads.push(head);
            let all: Vec<u64> = if word == "yes" { (4..=seq).collect() } else { vec![seq] };
            assert_eq!(seqs(&mut stream, seq).await, all, "{way:?}");
        }
        assert_eq!(heads[0].headers, heads[1].headers);
    }
}

#[tokio::test]
async fn what_is_refused_is_refused_and_counted_the_same_either_way() {
    let database = database().await;
    let server = Server::with(database.url(), |config| config.stream.subscribers_per_key_max = 1).await;
    let (keys, id, _) = with_balls(&server, 1).await;
    // The match is here, and the key's only seat is taken.
    let _seated = server.stream(&keys, &id, None).await;
    let cases = [
        ("mat_none", keys.publishable.as_str(), None, 404),
        (&id, "pk_live_nonsense", None, 401),
        (&id, "", None, 401),
        (&id, &keys.test_publishable, None, 404),
        (&id, &keys.publishable, None, 429),
        (&id, &keys.secret, Some("nonsense"), 400),
    ];
    for (id, key, last, status) in cases {
        let mut told = Vec::new();
        for way in [Way::Short, Way::Long] {
            let (head, mut raw) = ask(&server, way, id, key, last).await;
            assert_eq!(head.status, status, "{way:?} {id} {last:?}");
            let body = raw.body(&head).await;
            let problem: Value = serde_json::from_str(&body).expect("a problem");
            let word =
                problem["type"].as_str().expect("its type").rsplit('/').next().expect("its word").to_owned();
            told.push((word, problem));
        }
        assert_eq!(told[0], told[1]);
        let counted = format!("stream_refusals_total{{problem=\"{}\"}}", told[0].0);
        assert!(server.counted(&counted) >= 2.0, "{counted}");
    }
    assert_eq!(server.app.subscribers.count(), 1);
}

/// A match whose updates are more than the kernel takes for a connection at once (2.6 MB over loopback), and its position at the first.
async fn with_megabytes(database: &TestStore) -> (Server, Keys, String, String) {
    let server = Server::with(database.url(), |config| {
        config.stream.behind_bytes_max = 10_000_000;
        config.stream.ring_updates_max = 10_000;
    })
    .await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    for batch in 0..UPDATES / 500 {
        let delay = |at| sent(&format!("d{at}"), json!({ "type": "delay", "reason": "x".repeat(480) }));
        let delays: Vec<Value> = (batch * 500..(batch + 1) * 500).map(delay).collect();
        server.send(&keys, &id, &delays).await;
    }
    let first = Position { seq: 1, ..server.snapshot(&keys, &id).await.position() };
    (server, keys, id, first.to_string())
}

#[tokio::test]
async fn a_reader_that_takes_its_first_bytes_slowly_is_sent_all_of_them() {
    let database = database().await;
    let (server, keys, id, first) = with_megabytes(&database).await;
    let (head, raw) = ask(&server, Way::Short, &id, &keys.publishable, Some(&first)).await;
    assert_eq!((head.status, head.headers["crease-resumed"].as_str()), (200, "yes"));
    // It has a seat, and does not keep others waiting.
    server.has_streams(1).await;
    server.send(&keys, &id, &[sent("late", json!({ "type": "delay", "reason": "rain" }))]).await;
    let mut stream = Stream::of_body(raw, &head);
    assert_eq!(seqs(&mut stream, UPDATES + 1).await, (2..=UPDATES + 1).collect::<Vec<u64>>());
    drop(stream);
    server.has_streams(0).await;
}

#[tokio::test]
async fn one_that_leaves_before_its_first_bytes_are_sent_gives_its_seat_back() {
    let database = database().await;
    let (server, keys, id, first) = with_megabytes(&database).await;
    let (_, raw) = ask(&server, Way::Short, &id, &keys.publishable, Some(&first)).await;
    server.has_streams(1).await;
    drop(raw);
    server.has_streams(0).await;
}
