//! How many connections and streams there may be, and what the ones beyond are told.

use crate::door::problem;
use crate::support::{Keys, Raw, Scene, Server, Stream, database, http2_client, within};
use partners::Need;
use partners::limit::Open;
use reqwest::Version;
use server::stream::{Cut, Partner};
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr};
use wire::Bye;

async fn with_match(server: &Server) -> (Keys, String) {
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    (keys, format!("/v1/matches/{id}/stream"))
}

#[tokio::test]
async fn connections_beyond_a_limit_are_told_so_in_http() {
    let database = database().await;
    let server = Server::with(database.url(), |config| {
        config.http.connections_per_address_max = 3;
        config.http.connections_max = 5;
    })
    .await;
    let (keys, stream) = with_match(&server).await;
    let refused = async |address: &str| {
        // It speaks at once, while it is being turned away.
        let mut raw = Raw::from(address, &server.url).await;
        raw.get("1.1", "/healthz", "", &[]).await;
        assert_eq!(problem(&mut raw).await, (503, "/problems/busy".to_owned()));
        assert_eq!(raw.rest().await, "");
    };
    let served = async |address: &str| {
        let mut raw = Raw::from(address, &server.url).await;
        raw.get("1.1", "/healthz", "", &[]).await;
        assert_eq!(raw.head().await.status, 200);
        raw
    };
    // The test's own connection is another one, from another address.
    let mut here = [served("127.0.0.5").await, served("127.0.0.5").await, served("127.0.0.5").await];
    for _ in 0..50 {
        refused("127.0.0.5").await;
    }
    assert!(server.counted("connections_refused_total{reason=\"address\"}") >= 50.0);
    let _there = served("127.0.0.6").await;
    refused("127.0.0.7").await;
    assert!(server.counted("connections_refused_total{reason=\"process\"}") >= 1.0);
    // One that becomes a stream is counted as one, and not as a connection.
    here[0].get("1.1", &stream, &keys.publishable, &[]).await;
    within("a place", async {
        loop {
            let mut raw = Raw::from("127.0.0.5", &server.url).await;
            raw.get("1.1", "/healthz", "", &[]).await;
            if raw.head().await.status == 200 {
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn connections_of_a_trusted_proxy_are_not_counted_as_one_client_s() {
    let database = database().await;
    let server = Server::with(database.url(), |config| {
        config.http.connections_per_address_max = 2;
        config.http.trusted_proxies = vec!["127.0.0.5/32".parse().unwrap()];
    })
    .await;
    let mut open = Vec::new();
    for _ in 0..10 {
        let mut raw = Raw::from("127.0.0.5", &server.url).await;
        raw.get("1.1", "/healthz", "", &[]).await;
        assert_eq!(raw.head().await.status, 200);
        open.push(raw);
    }
}

/// Opens a stream from an address, or says why not.
async fn open(
    server: &Server,
    (address, forwarded_for): (&str, &str),
    path: &str,
    key: &str,
) -> Result<Raw, (u16, String)> {
    let mut raw = Raw::from(address, &server.url).await;
    raw.get("1.1", path, key, &[("X-Forwarded-For", forwarded_for)]).await;
    // Looked at without taking it, since a problem is read whole.
    while !raw.text().contains("\r\n") {
        assert!(raw.more().await.unwrap() > 0);
    }
    if raw.text().starts_with("HTTP/1.1 200") { Ok(raw) } else { Err(problem(&mut raw).await) }
}

#[tokio::test]
async fn streams_are_limited_by_the_address_that_a_trusted_proxy_names() {
    let database = database().await;
    let server = Server::with(database.url(), |config| {
        config.stream.subscribers_per_address_max = 2;
        config.http.trusted_proxies = vec!["127.0.0.5/32".parse().unwrap()];
    })
    .await;
    let (keys, path) = with_match(&server).await;
    let too_many = Err((429, "/problems/streams-full-address".to_owned()));
    let mut held = Vec::new();
    for (from, is_open) in [
        (("127.0.0.5", "198.51.100.7"), true),
        (("127.0.0.5", "6.6.6.6, 198.51.100.7"), true),
        (("127.0.0.5", "198.51.100.7"), false),
        (("127.0.0.5", "6.6.6.6, 198.51.100.7"), false),
        (("127.0.0.5", "198.51.100.8"), true),
        // What others say of themselves counts for nothing.
        (("127.0.0.6", "198.51.100.9"), true),
        (("127.0.0.6", "198.51.100.10"), true),
        (("127.0.0.6", "198.51.100.11"), false),
        (("127.0.0.5", "127.0.0.6"), false),
    ] {
        let opened = open(&server, from, &path, &keys.publishable).await;
        match opened {
            Ok(raw) if is_open => held.push(raw),
            opened => {
                assert_eq!(opened.map(drop), if is_open { Ok(()) } else { too_many.clone() }, "{from:?}");
            }
        }
    }
    held.clear();
    server.has_streams(0).await;
}

#[tokio::test]
async fn every_stream_that_is_refused_is_counted_by_its_problem() {
    let database = database().await;
    let server = Server::with(database.url(), |config| {
        config.stream.subscribers_per_address_max = 2;
        config.stream.subscribers_per_key_max = 1;
        config.stream.subscribers_max = 3;
        config.shutdown.drain_seconds = 1;
    })
    .await;
    let (keys, path) = with_match(&server).await;
    let malformed = format!("{path}?last_event_id=ten");
    let nobody = "/v1/matches/mat_x/stream".to_owned();
    let refused = async |from: &str, path: &str, key: &str, status: u16, word: &str| {
        let metric = format!("stream_refusals_total{{problem=\"{word}\"}}");
        let before = server.counted(&metric);
        let opened = open(&server, (from, ""), path, key).await;
        assert_eq!(opened.map(drop), Err((status, format!("/problems/{word}"))));
        assert!(server.counted(&metric) > before, "{word}");
    };
    let (public, secret) = (keys.publishable.as_str(), keys.secret.as_str());
    for (path, key, status, word) in [
        (&nobody, public, 404, "unknown-match"),
        (&path, keys.test_publishable.as_str(), 404, "unknown-match"),
        (&path, "", 401, "key-missing"),
        (&path, "crs_pk_live_x", 401, "key-malformed"),
        (&malformed, public, 400, "invalid-request"),
    ] {
        refused("127.0.0.1", path, key, status, word).await;
    }
    let mut held = vec![open(&server, ("127.0.0.1", ""), &path, public).await.unwrap()];
    refused("127.0.0.1", &path, public, 429, "streams-full-key").await;
    held.push(open(&server, ("127.0.0.1", ""), &path, secret).await.unwrap());
    refused("127.0.0.1", &path, secret, 429, "streams-full-address").await;
    let other = server.partner().await;
    held.push(open(&server, ("127.0.0.2", ""), &path, &other.publishable).await.unwrap());
    refused("127.0.0.3", &path, &other.secret, 503, "streams-full").await;
    server.app.shutdown.cancel();
    refused("127.0.0.3", &path, &other.secret, 503, "shutting-down").await;
}

#[tokio::test]
async fn streams_of_a_revoked_key_are_told_goodbye_and_no_others() {
    let database = database().await;
    let server = Server::start(&database).await;
    let (keys, path) = with_match(&server).await;
    let id = path.split('/').nth(3).unwrap();
    let over = async |version: &str, key: &str| {
        let mut raw = Raw::connect(&server.url).await;
        raw.get(version, &path, key, &[]).await;
        Stream::over(raw).await
    };
    let http2 = http2_client().get(format!("{}{path}", server.url)).bearer_auth(&keys.publishable);
    let http2 = http2.send().await.unwrap();
    assert_eq!(http2.version(), Version::HTTP_2);
    let mut revoked =
        [over("1.1", &keys.publishable).await, over("1.0", &keys.publishable).await, Stream::of(http2)];
    let mut others = [over("1.1", &keys.secret).await, over("1.0", &keys.secret).await];
    for stream in revoked.iter_mut().chain(&mut others) {
        assert_eq!(stream.event().await.unwrap().name, "snapshot");
    }
    server.app.revoke_key(&keys.publishable_id);
    for stream in &mut revoked {
        let bye = stream.event().await.unwrap();
        assert_eq!(bye.name, "bye");
        assert_eq!(wire::decode::<Bye>(&bye.data).unwrap().reason, "revoked");
        assert_eq!(stream.event().await, None);
    }
    server.has_streams(2).await;
    server.send(&keys, id, &Scene::innings(1, 1).commands[..1]).await;
    for stream in &mut others {
        assert_eq!(stream.event().await.unwrap().name, "state");
    }
    let refused = open(&server, ("127.0.0.1", ""), &path, &keys.publishable).await;
    assert_eq!(refused.map(drop), Err((401, "/problems/key-revoked".to_owned())));
}

#[tokio::test]
async fn a_key_that_is_revoked_while_its_stream_is_being_opened_opens_none() {
    let database = database().await;
    let server = Server::start(&database).await;
    let (keys, path) = with_match(&server).await;
    let topic = server.app.hub.topic(path.split('/').nth(3).unwrap()).await.unwrap();
    let key = server.app.keys.check(Some(&keys.publishable), None, Need::Read).unwrap();
    let admit = || {
        let partner = Partner {
            gate: server.app.metering.plans.streams_of(&key),
            elsewhere: Open { of_organisation: 0, of_key: 0 },
            line: server.app.metering.counters.line(&key, topic.id()),
            country: None,
            key: key.clone(),
        };
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let caller = server::stream::Caller { address, partner: Some(partner) };
        server.app.subscribers.admit(topic.clone(), topic.start(None).unwrap(), caller)
    };
    // Seated, but not yet with those who would be told.
    let (to_shard, to_follow) = (admit().unwrap(), admit().unwrap());
    server.app.revoke_key(&keys.publishable_id);
    assert_eq!(admit().err(), Some(server::stream::Full::Revoked));
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let mut client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (socket, _) = listener.accept().unwrap();
    socket.set_nonblocking(true).unwrap();
    server.app.subscribers.take_over(to_shard, socket);
    let reading = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        client.read_to_string(&mut text).map(|_| text)
    });
    let text = within("the end", reading).await.unwrap().unwrap();
    assert!(text.contains("\"revoked\"") && text.ends_with("0\r\n\r\n"), "{text}");
    let follower = server.app.subscribers.follow(to_follow, Cut::new());
    let all = futures_util::StreamExt::collect::<Vec<_>>(follower);
    let all = within("the end", all).await;
    let last = all.last().unwrap().as_ref().unwrap();
    assert!(std::str::from_utf8(last).unwrap().contains("\"revoked\""));
    server.has_streams(0).await;
}
