//! Connections that mean no good, or end in ways that are not in the book.

use crate::support::{DEADLINE, Keys, Raw, Scene, Server, Stream, database, within};
use reqwest::StatusCode;
use serde_json::Value;
use std::time::{Duration, Instant};

/// A server with a match, whose path to a stream is given.
async fn with_match(server: &Server) -> (Keys, String) {
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    (keys, id)
}

fn path(id: &str) -> String {
    format!("/v1/matches/{id}/stream")
}

/// How a connection that never finishes a head goes about it.
#[derive(Clone, Copy)]
enum Loris {
    Silent,
    HalfAHead,
    AByteAtATime,
}

impl Loris {
    /// Holds a connection until the server ends it.
    async fn run(self, mut raw: Raw) {
        match self {
            Loris::Silent => {}
            Loris::HalfAHead => assert!(raw.say("GET / HTTP/1.1\r\nHost: x\r\nX-").await),
            Loris::AByteAtATime => {
                let mut head = "GET / HTTP/1.1\r\nHost: x\r\nX-Long: ".chars().chain(std::iter::repeat('x'));
                loop {
                    // The connection's end, or the next byte's turn.
                    match tokio::time::timeout(Duration::from_millis(100), raw.more()).await {
                        Ok(read) => {
                            assert_eq!(read.unwrap_or(0), 0, "there is nothing to say to it");
                            return;
                        }
                        Err(_) => raw.say(&head.next().unwrap().to_string()).await,
                    };
                }
            }
        }
        assert_eq!(raw.rest().await, "", "there is nothing to say to it");
    }
}

#[tokio::test]
async fn connections_that_never_finish_a_head_are_closed_and_keep_nobody_waiting() {
    let database = database().await;
    let mut server = Server::with(database.url(), |config| config.http.head_seconds_max = 1).await;
    let mut held = Vec::new();
    for at in 0..300 {
        let how = [Loris::Silent, Loris::HalfAHead, Loris::AByteAtATime][at % 3];
        held.push(tokio::spawn(how.run(Raw::connect(&server.url).await)));
    }
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        server.reconnect();
        let begun = Instant::now();
        assert_eq!(server.get("/healthz", "").await.status(), StatusCode::OK);
        slowest = slowest.max(begun.elapsed());
    }
    // An unhindered answer takes a millisecond; machines that build at the same time are slow.
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    for one in held {
        within("the connection's end", one).await.unwrap();
    }
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused_in_http() {
    let database = database().await;
    let server = Server::start(&database).await;
    let long = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(20_000));
    let many = format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{}\r\n", "X-Many: x\r\n".repeat(100));
    let fits = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(8_000));
    for (head, status) in [(long, 431), (many, 431), (fits, 200), ("NONSENSE\r\n\r\n".to_owned(), 400)] {
        let mut raw = Raw::connect(&server.url).await;
        assert!(raw.say(&head).await);
        assert_eq!(raw.head().await.status, status, "{}", &head[..30]);
    }
}

#[tokio::test]
async fn whoever_keeps_talking_on_a_stream_is_cut_off() {
    let database = database().await;
    let server = Server::start(&database).await;
    let (keys, id) = with_match(&server).await;
    let mut raw = Raw::connect(&server.url).await;
    raw.get("1.1", &path(&id), &keys.publishable, &[]).await;
    assert_eq!(raw.head().await.status, 200);
    server.has_streams(1).await;
    assert!(raw.say("a few words change nothing").await);
    server.send(&keys, &id, &Scene::innings(1, 1).commands[..1]).await;
    while !raw.text().contains("event: state") {
        assert!(raw.more().await.unwrap() > 0);
    }
    // Into the buffers goes more than what is read of it.
    within("the end", async { while raw.say(&"and on and on ".repeat(100)).await {} }).await;
    server.has_streams(0).await;
    assert!(server.counted("stream_byes_total{reason=\"talkative\"}") >= 1.0);
}

#[tokio::test]
async fn a_request_behind_one_for_a_stream_is_not_answered_and_does_no_harm() {
    let database = database().await;
    let server = Server::with(database.url(), |config| config.shutdown.drain_seconds = 0).await;
    let (keys, id) = with_match(&server).await;
    let mut raw = Raw::connect(&server.url).await;
    let stream = format!("GET {}?key={} HTTP/1.1\r\nHost: x\r\n\r\n", path(&id), keys.publishable);
    assert!(raw.say(&format!("{stream}GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")).await);
    let mut stream = Stream::over(raw).await;
    assert_eq!(stream.event().await.unwrap().name, "snapshot");
    server.send(&keys, &id, &Scene::innings(1, 1).commands[..1]).await;
    assert_eq!(stream.event().await.unwrap().name, "state");
    server.app.shutdown.cancel();
    assert_eq!(stream.event().await.unwrap().name, "bye");
    assert_eq!(stream.item().await, None);
}

#[tokio::test]
async fn a_client_that_hangs_up_or_says_that_it_is_done_gives_its_seat_back_at_once() {
    let database = database().await;
    // Nothing is sent that would find out.
    let server = Server::with(database.url(), |config| config.stream.heartbeat_seconds = 3600).await;
    let (keys, id) = with_match(&server).await;
    for version in ["1.1", "1.0"] {
        for hangs_up in [true, false] {
            let mut raw = Raw::connect(&server.url).await;
            raw.get(version, &path(&id), &keys.publishable, &[]).await;
            assert_eq!(raw.head().await.status, 200);
            server.has_streams(1).await;
            if hangs_up {
                drop(raw);
                server.has_streams(0).await;
            } else {
                raw.close_half().await;
                server.has_streams(0).await;
                within("the connection's end", raw.rest()).await;
            }
        }
    }
}

#[tokio::test]
async fn a_stream_s_head_says_what_caches_proxies_and_clients_need() {
    let database = database().await;
    let server = Server::start(&database).await;
    let (keys, id) = with_match(&server).await;
    for (version, coding) in [("1.1", Some("chunked")), ("1.0", None)] {
        let mut raw = Raw::connect(&server.url).await;
        raw.get(version, &path(&id), &keys.publishable, &[("Origin", crate::support::ORIGIN)]).await;
        let head = raw.head().await;
        assert_eq!(head.status, 200);
        for (name, value) in [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-store, no-transform"),
            ("x-accel-buffering", "no"),
            ("access-control-allow-origin", "*"),
            ("access-control-expose-headers", "etag,retry-after,crease-resumed,ratelimit,ratelimit-policy"),
        ] {
            assert_eq!(head.headers[name], value, "HTTP/{version}");
        }
        assert_eq!(head.headers.get("transfer-encoding").map(String::as_str), coding);
        assert_eq!(head.headers.get("connection").map_or("close", String::as_str), "close");
    }
}

#[tokio::test]
async fn head_asks_what_a_stream_would_be_and_takes_no_seat() {
    let database = database().await;
    let server = Server::with(database.url(), |config| config.stream.subscribers_max = 0).await;
    let (keys, id) = with_match(&server).await;
    let mut raw = Raw::connect(&server.url).await;
    let ask = async |raw: &mut Raw, id: &str, last: &str| {
        let head = format!("HEAD {} HTTP/1.1\r\nHost: x\r\nX-Crease-Key: {}\r\n", path(id), keys.publishable);
        assert!(raw.say(&format!("{head}Last-Event-ID: {last}\r\n\r\n")).await);
        raw.head().await
    };
    let now = server.snapshot(&keys, &id).await.position().to_string();
    for (last, resumed) in [("", "snapshot"), (now.as_str(), "yes")] {
        let head = ask(&mut raw, &id, last).await;
        assert_eq!((head.status, head.headers["crease-resumed"].as_str()), (200, resumed));
        assert_eq!(head.headers["content-type"], "text/event-stream");
    }
    assert_eq!(ask(&mut raw, &id, "nonsense").await.status, 400);
    assert_eq!(ask(&mut raw, "mat_x", "").await.status, 404);
    // The connection has carried nothing else, and goes on.
    raw.get("1.1", "/healthz", "", &[]).await;
    assert_eq!(raw.head().await.status, 200);
    assert_eq!(server.app.subscribers.count(), 0);
}

#[tokio::test]
async fn a_page_may_ask_whether_it_may_open_a_stream() {
    let database = database().await;
    let server = Server::start(&database).await;
    let mut raw = Raw::connect(&server.url).await;
    let asks = "Origin: https://paper.example\r\nAccess-Control-Request-Method: GET\r\n\
                Access-Control-Request-Headers: x-crease-key, last-event-id\r\n";
    assert!(raw.say(&format!("OPTIONS {} HTTP/1.1\r\nHost: x\r\n{asks}\r\n", path("mat_x"))).await);
    let head = raw.head().await;
    assert_eq!(head.status, 200);
    assert_eq!(head.headers["access-control-allow-origin"], "*");
    assert_eq!(head.headers["access-control-allow-methods"], "GET");
    let headers = &head.headers["access-control-allow-headers"];
    assert!(headers.contains("x-crease-key") && headers.contains("last-event-id"), "{headers}");
    assert_eq!(head.headers["access-control-max-age"], "86400");
}

#[tokio::test]
async fn a_server_that_is_dropped_takes_no_connection_and_keeps_none() {
    let database = database().await;
    let server = Server::start(&database).await;
    let (keys, id) = with_match(&server).await;
    let mut streams = Vec::new();
    for version in ["1.1", "1.0"] {
        let mut raw = Raw::connect(&server.url).await;
        raw.get(version, &path(&id), &keys.publishable, &[]).await;
        streams.push(Stream::over(raw).await);
    }
    let mut idle = Raw::connect(&server.url).await;
    idle.get("1.1", "/healthz", "", &[]).await;
    assert_eq!(idle.head().await.status, 200);
    let url = server.url.clone();
    drop(server);
    for stream in &mut streams {
        while stream.event().await.is_some() {}
    }
    idle.rest().await;
    let address = url.trim_start_matches("http://").to_owned();
    let begun = Instant::now();
    while tokio::net::TcpStream::connect(&address).await.is_ok() {
        assert!(begun.elapsed() < DEADLINE, "nobody listens any more");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn at_shutdown_each_stream_leaves_at_a_moment_of_its_own() {
    let database = database().await;
    let mut server = Server::with(database.url(), |config| config.shutdown.drain_seconds = 2).await;
    let (keys, id) = with_match(&server).await;
    let mut streams = Vec::new();
    for at in 0..40 {
        let mut raw = Raw::connect(&server.url).await;
        raw.get(["1.1", "1.0"][at % 2], &path(&id), &keys.publishable, &[]).await;
        let mut stream = Stream::over(raw).await;
        assert_eq!(stream.event().await.unwrap().name, "snapshot");
        streams.push(stream);
    }
    let begun = Instant::now();
    server.app.shutdown.cancel();
    let leaving = streams.into_iter().map(|mut stream| async move {
        assert_eq!(stream.event().await.unwrap().name, "bye");
        begun.elapsed()
    });
    let left = futures_util::future::join_all(leaving).await;
    let kinds: [Vec<Duration>; 2] = [0, 1].map(|kind| left.iter().skip(kind).step_by(2).copied().collect());
    for kind in kinds {
        let (first, last) = (kind.iter().min().unwrap(), kind.iter().max().unwrap());
        // Twenty within a quarter of the time by chance: once in 10^10.
        assert!(*last - *first > Duration::from_millis(500), "{kind:?}");
    }
    within("the end of the process", server.stopped()).await;
}

/// A problem's type and status, of a response that any page may read.
pub(crate) async fn problem(raw: &mut Raw) -> (u16, String) {
    let head = raw.head().await;
    assert_eq!(head.headers["content-type"], "application/problem+json");
    assert_eq!(head.headers["access-control-allow-origin"], "*");
    if matches!(head.status, 429 | 503) {
        assert!(head.headers["retry-after"].parse::<u32>().unwrap() > 0);
    }
    let body: Value = serde_json::from_str(&raw.body(&head).await).unwrap();
    assert_eq!(body["status"], head.status);
    (head.status, body["type"].as_str().unwrap().to_owned())
}
