//! Readers that are too slow.

use crate::support::{Fan, Keys, Server, Stream, database, sent};
use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::{Value, json};
use server::stream::{Caller, Cut};
use std::net::{IpAddr, Ipv4Addr};
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
        let caller = Caller { address: here, key_id: None };
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
