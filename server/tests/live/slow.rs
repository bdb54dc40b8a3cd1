//! Readers that are too slow.

use crate::support::{Crease, Fan, Keys, Raw, Server, Stream, announcement, client, database, sent};
use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::{Value, json};
use server::stream::{Caller, Cut};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use wire::Bye;

/// Updates of some 550 bytes.
fn delays(from: usize, count: usize) -> Vec<Value> {
    let delay = |at| sent(&format!("d{at}"), json!({ "type": "delay", "reason": "x".repeat(480) }));
    (from..from + count).map(delay).collect()
}

async fn started(server: &Server) -> (Keys, String) {
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    (keys, id)
}

#[tokio::test]
async fn a_reader_too_far_behind_is_told_goodbye_and_holds_no_memory() {
    let database = database().await;
    let server = Server::with(database.url(), |config| config.stream.behind_bytes_max = 4_000).await;
    let (keys, id) = started(&server).await;
    let topic = server.app.hub.topic(&id).await.unwrap();
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let open = || {
        let start = topic.start(None).unwrap();
        let caller = Caller { address: here, partner: None };
        let subscription = server.app.subscribers.admit(topic.clone(), start, caller).unwrap();
        Box::pin(server.app.subscribers.follow(subscription, Cut::new()).map(|it| it.unwrap()))
    };
    let (mut slow, mut fast) = (open(), open());
    for reader in [&mut slow, &mut fast] {
        let first = reader.next().await.unwrap();
        assert!(first.starts_with(b"retry: ") && text(&first).contains("event: snapshot"));
    }
    // Behind by less than the limit: all of it comes in one piece.
    server.send(&keys, &id, &delays(0, 6)).await;
    assert_eq!(text(&fast.next().await.unwrap()).matches("event: state").count(), 6);
    server.send(&keys, &id, &delays(6, 6)).await;
    assert_eq!(text(&fast.next().await.unwrap()).matches("event: state").count(), 6);
    let bye = slow.next().await.unwrap();
    let data = text(&bye).strip_prefix("event: bye\ndata: ").unwrap().trim_end();
    assert_eq!(wire::decode::<Bye>(data).unwrap().reason, "slow");
    assert_eq!(slow.next().await, None);
    for (seq, is_resumed) in [(0, false), (6, true)] {
        let start = topic.start(Some(position(&server, &keys, &id, seq).await)).unwrap();
        assert_eq!(start.is_resumed, is_resumed, "from {seq}");
    }
}

fn text(bytes: &Bytes) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

async fn position(server: &Server, keys: &Keys, id: &str, seq: u64) -> wire::Position {
    wire::Position { seq, ..server.snapshot(keys, id).await.position() }
}

#[tokio::test]
async fn who_reads_too_slowly_loses_nothing_by_resuming() {
    let database = database().await;
    let server = Server::with(database.url(), |config| config.stream.behind_bytes_max = 20_000).await;
    let (keys, id) = started(&server).await;
    // A connection that takes little, so that the kernel's memory is full soon.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let address = server.url.trim_start_matches("http://").parse().unwrap();
    let mut connection = socket.connect(address).await.unwrap();
    let request = format!(
        "GET /v1/matches/{id}/stream HTTP/1.0\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
        keys.publishable
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut received = vec![0; 1024];
    let length = connection.read(&mut received).await.unwrap();
    received.truncate(length);
    // Far more than the kernel keeps for both ends (4 MB at most for a sender, by default).
    for batch in 0..24 {
        let answers = server.send(&keys, &id, &delays(batch * 500, 500)).await;
        assert!(answers.iter().all(|it| it.starts_with("accepted")));
    }
    connection.read_to_end(&mut received).await.unwrap();
    let received = String::from_utf8(received).unwrap();
    let (_, body) = received.split_once("\r\n\r\n").unwrap();
    let mut fan = Fan::default();
    let mut names = Vec::new();
    for block in body.split_terminator("\n\n").filter(|it| !it.starts_with("retry")) {
        let event = crate::support::event(block);
        names.push(event.name.clone());
        fan.take(&event);
    }
    assert_eq!(names.last().map(String::as_str), Some("bye"), "after {} updates", names.len());
    assert!(fan.seq() < 12_000);
    let mut resumed: Stream = server.stream(&keys, &id, fan.last().as_deref()).await;
    assert_eq!(resumed.resumed(), "snapshot");
    fan.follow(&mut resumed, 12_000).await;
    assert_eq!(fan.seen, Some(server.snapshot(&keys, &id).await));
}

/// A stream over HTTP/1.1 on a connection that takes little.
async fn narrow(server: &Server, keys: &Keys, id: &str, last: Option<&str>) -> Raw {
    let mut raw = Raw::narrow(&server.url).await;
    let last: Vec<(&str, &str)> = last.map(|it| ("last-event-id", it)).into_iter().collect();
    raw.get("1.1", &format!("/v1/matches/{id}/stream"), &keys.publishable, &last).await;
    raw
}

#[tokio::test]
async fn readers_that_never_read_are_cut_off_delay_nobody_and_lose_nothing() {
    let database = database().await;
    let server = Server::with(database.url(), |config| {
        config.stream.behind_bytes_max = 20_000;
        config.stream.send_buffer_bytes = 8_192;
    })
    .await;
    let (keys, id) = started(&server).await;
    let mut stalled = Vec::new();
    for _ in 0..20 {
        stalled.push(narrow(&server, &keys, &id, None).await);
    }
    let (mut stream, mut fan) = (server.stream(&keys, &id, None).await, Fan::default());
    server.has_streams(21).await;
    let mut slowest = Duration::ZERO;
    for at in 0..200 {
        server.send(&keys, &id, &delays(at, 1)).await;
        let begun = Instant::now();
        fan.follow(&mut stream, at as u64 + 1).await;
        slowest = slowest.max(begun.elapsed());
    }
    // It is in the socket before its sender has an answer; machines that build at the same time are slow.
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    server.has_streams(1).await;
    assert!(server.counted("stream_byes_total{reason=\"slow\"}") >= 20.0);
    for raw in stalled {
        let (mut cut, mut other) = (Stream::over(raw).await, Fan::default());
        while let Some(event) = cut.event().await {
            other.take(&event);
        }
        assert!(other.seq() < 200);
        let mut resumed = Stream::over(narrow(&server, &keys, &id, other.last().as_deref()).await).await;
        other.follow(&mut resumed, 200).await;
        assert_eq!(other.seen, fan.seen);
    }
}

#[tokio::test]
async fn a_reader_that_stops_reading_is_cut_off_though_it_lacks_little() {
    let database = database().await;
    let server = Server::with(database.url(), |config| {
        config.stream.stalled_seconds_max = 1;
        config.stream.send_buffer_bytes = 1;
    })
    .await;
    let (keys, id) = started(&server).await;
    let (mut stream, mut fan) = (server.stream(&keys, &id, None).await, Fan::default());
    let (mut cut, mut other) = (Stream::over(narrow(&server, &keys, &id, None).await).await, Fan::default());
    other.take(&cut.event().await.unwrap());
    server.has_streams(2).await;
    server.send(&keys, &id, &delays(0, 60)).await;
    fan.follow(&mut stream, 60).await;
    server.has_streams(1).await;
    while let Some(event) = cut.event().await {
        other.take(&event);
    }
    let mut resumed = server.stream(&keys, &id, other.last().as_deref()).await;
    assert_eq!(resumed.resumed(), "yes");
    other.follow(&mut resumed, 60).await;
    assert_eq!((other.snapshots, &other.seen), (1, &fan.seen));
}

#[tokio::test]
async fn a_reader_that_is_slow_but_steady_keeps_its_stream() {
    let database = database().await;
    let server = Server::with(database.url(), |config| {
        config.stream.stalled_seconds_max = 2;
        config.stream.send_buffer_bytes = 1;
        config.stream.behind_bytes_max = 1_000_000;
    })
    .await;
    let (keys, id) = started(&server).await;
    let mut raw = narrow(&server, &keys, &id, None).await;
    server.has_streams(1).await;
    // Behind all the time, for longer than one may stand still.
    server.send(&keys, &id, &delays(0, 200)).await;
    let begun = Instant::now();
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    while raw.text().matches("event: state").count() < 200 {
        pace.tick().await;
        assert!(raw.more().await.unwrap() > 0, "after {:?}", begun.elapsed());
    }
    assert!(begun.elapsed() > Duration::from_secs(2), "it took {:?}", begun.elapsed());
    assert_eq!(server.app.subscribers.count(), 1);
}

/// What a process holds in memory, in bytes.
fn resident_bytes(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let kilobytes = status.lines().find_map(|it| it.strip_prefix("VmRSS:")).unwrap();
    kilobytes.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

#[tokio::test]
async fn the_memory_of_a_process_does_not_grow_with_readers_that_never_read() {
    let data = Crease::data();
    let settings = [
        ("CREASE__STREAM__BEHIND_BYTES_MAX", "1000000"),
        ("CREASE__STREAM__SEND_BUFFER_BYTES", "4096"),
        ("CREASE__SANDBOX__ENABLED", "false"),
    ];
    let crease = Crease::start(data.path(), &settings);
    let demo = Crease::demo(data.path());
    let key = |name: &str| demo[name].as_str().unwrap().to_owned();
    let (secret, publishable) = (key("secret_key"), key("publishable_key"));
    let http = client();
    let post = async |path: &str, body: &Value| {
        let request = http.post(format!("{}{path}", crease.url)).bearer_auth(&secret).json(body);
        request.send().await.unwrap().error_for_status().unwrap().json::<Value>().await.unwrap()
    };
    let id = post("/v1/feed/matches", &announcement("m")).await["id"].as_str().unwrap().to_owned();
    let open = async || {
        let mut raw = Raw::narrow(&crease.url).await;
        raw.get("1.1", &format!("/v1/matches/{id}/stream"), &publishable, &[]).await;
        raw
    };
    // The first half of the updates warms everything up, with one reader.
    let mut readers = vec![open().await];
    let commands = format!("/v1/feed/matches/{id}/commands");
    let mut resident = Vec::new();
    for batch in 0..6 {
        if batch == 3 {
            for _ in 0..400 {
                let mut raw = open().await;
                assert!(raw.more().await.unwrap() > 0, "it is open");
                readers.push(raw);
            }
        }
        post(&commands, &json!({ "commands": delays(batch * 250, 250) })).await;
        resident.push(resident_bytes(crease.process()));
    }
    // 400 readers that lack 400 KB each; queues of their own would be 160 MB.
    let grown = resident[5].saturating_sub(resident[2]);
    assert!(grown < 40_000_000, "{grown} bytes: {resident:?}");
}
