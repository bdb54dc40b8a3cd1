//! Streams through a real nginx with our sample configuration.

use crate::support::{Fan, Keys, Nginx, Scene, Server, Stream, database, within};
use reqwest::{Client, StatusCode, Version};
use serde_json::Value;
use server::config::Config;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use store::Redis;
use store::testing::TestRedis;
use tokio::task::JoinHandle;

/// A client with the browser's choice of protocol, from an address of this machine. Its certificate is the test's own.
fn client(from: &str) -> Client {
    let client = crate::support::client_builder().local_address(Some(from.parse().unwrap()));
    client.tls_danger_accept_invalid_certs(true).build().unwrap()
}

fn behind_nginx(config: &mut Config) {
    config.http.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
}

/// A fan behind nginx that comes back whenever its stream ends.
#[derive(Clone)]
struct Visitor {
    client: Client,
    url: String,
    key: String,
    /// How many streams were opened.
    streams: Arc<AtomicUsize>,
}

impl Visitor {
    fn new(nginx: &Nginx, keys: &Keys, id: &str, from: &str) -> Self {
        let url = format!("{}/v1/matches/{id}/stream", nginx.url);
        Self { client: client(from), url, key: keys.publishable.clone(), streams: Arc::default() }
    }

    async fn ask(&self, last: Option<&str>) -> reqwest::Result<reqwest::Response> {
        let request = self.client.get(&self.url).bearer_auth(&self.key);
        match last {
            Some(last) => request.header("last-event-id", last).send().await,
            None => request.send().await,
        }
    }

    async fn open(&self, last: Option<&str>) -> Stream {
        let response = self.ask(last).await.unwrap();
        assert_eq!(response.version(), Version::HTTP_2);
        Stream::of(response)
    }

    /// Follows up to an update, over as many streams as it takes.
    fn follow(&self, seq: u64) -> JoinHandle<Fan> {
        let visitor = self.clone();
        tokio::spawn(async move {
            let mut fan = Fan::default();
            while fan.seq() < seq {
                match visitor.ask(fan.last().as_deref()).await {
                    Ok(response) if response.status() == StatusCode::OK => {
                        let mut stream = Stream::of(response);
                        visitor.streams.fetch_add(1, Ordering::Relaxed);
                        while fan.seq() < seq
                            && let Some(event) = stream.event().await
                        {
                            fan.take(&event);
                        }
                    }
                    Ok(response) => assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE),
                    // nginx has just closed the connection that it came by.
                    Err(_) => {}
                }
            }
            fan
        })
    }

    async fn has_opened(&self, streams: usize) {
        within("so many streams", async {
            while self.streams.load(Ordering::Relaxed) < streams {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

#[tokio::test]
async fn each_ball_comes_through_nginx_at_once_and_a_fan_that_leaves_is_gone() {
    let database = database().await;
    let server = Server::with(database.url(), behind_nginx).await;
    let Some(nginx) = Nginx::before([&server.url, "http://127.0.0.1:9"]) else { return };
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    let visitor = Visitor::new(&nginx, &keys, &id, "127.0.0.5");
    let scene = Scene::innings(3, 3);
    let (mut stream, mut fan) = (visitor.open(None).await, Fan::default());
    fan.take(&stream.event().await.unwrap());
    let (before, after) = scene.commands.split_at(12);
    let mut slowest = Duration::ZERO;
    for command in before {
        server.send(&keys, &id, std::slice::from_ref(command)).await;
        let begun = Instant::now();
        // Nothing else is sent that would push it out.
        fan.take(&stream.event().await.unwrap());
        slowest = slowest.max(begun.elapsed());
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    server.has_streams(1).await;
    drop(stream);
    server.has_streams(0).await;
    server.send(&keys, &id, after).await;
    let mut stream = visitor.open(fan.last().as_deref()).await;
    assert_eq!(stream.resumed(), "yes");
    fan.follow(&mut stream, scene.commands.len() as u64).await;
    assert_eq!((fan.snapshots, fan.seen), (1, Some(server.snapshot(&keys, &id).await)));
}

#[tokio::test]
async fn nginx_names_the_fan_s_address_and_passes_refusals_on() {
    let database = database().await;
    let server = Server::with(database.url(), |config| {
        behind_nginx(config);
        config.stream.subscribers_per_address_max = 2;
    })
    .await;
    let Some(nginx) = Nginx::before([&server.url, "http://127.0.0.1:9"]) else { return };
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    let mut held = Vec::new();
    for from in ["127.0.0.5", "127.0.0.6"] {
        let visitor = Visitor::new(&nginx, &keys, &id, from);
        for _ in 0..2 {
            held.push(visitor.open(None).await);
        }
        // Nor does it help to say that one is another.
        let request = visitor.client.get(&visitor.url).bearer_auth(&visitor.key);
        let refused = request.header("x-forwarded-for", "198.51.100.7").send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.headers()["access-control-allow-origin"], "*");
        let problem: Value = refused.json().await.unwrap();
        assert_eq!(problem["type"], "/problems/streams-full-address");
    }
    drop(server);
    let visitor = Visitor::new(&nginx, &keys, &id, "127.0.0.7");
    let away = within("nobody answers behind nginx", async {
        loop {
            let response = visitor.ask(None).await.unwrap();
            if response.status() == StatusCode::SERVICE_UNAVAILABLE {
                return response;
            }
        }
    })
    .await;
    assert_eq!(away.headers()["access-control-allow-origin"], "*");
    assert_eq!(away.headers()["content-type"], "application/problem+json");
    assert_eq!(away.json::<Value>().await.unwrap()["type"], "/problems/unavailable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fans_lose_nothing_when_nginx_is_reloaded() {
    let database = database().await;
    let server = Server::with(database.url(), behind_nginx).await;
    let Some(nginx) = Nginx::before([&server.url, "http://127.0.0.1:9"]) else { return };
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    let scene = Scene::innings(6, 3);
    let visitors: Vec<Visitor> = (0..6).map(|_| Visitor::new(&nginx, &keys, &id, "127.0.0.5")).collect();
    let following: Vec<_> = visitors.iter().map(|it| it.follow(scene.commands.len() as u64)).collect();
    for (reloads, part) in scene.commands.chunks(scene.commands.len() / 3 + 1).enumerate() {
        for visitor in &visitors {
            visitor.has_opened(reloads + 1).await;
        }
        let (before, while_reloading) = part.split_at(part.len() / 2);
        for command in before {
            server.send(&keys, &id, std::slice::from_ref(command)).await;
        }
        if reloads < 2 {
            nginx.reload();
        }
        for command in while_reloading {
            server.send(&keys, &id, std::slice::from_ref(command)).await;
        }
    }
    let truth = server.snapshot(&keys, &id).await;
    for fan in following {
        let fan = within("a fan that has everything", fan).await.unwrap();
        assert_eq!((fan.snapshots, fan.seen.as_ref()), (1, Some(&truth)));
    }
}

/// A process on a bus, at an address that stays the same over restarts.
async fn edge(database_url: String, redis_url: &str, listen: Option<&str>) -> Server {
    let redis = Redis::at(redis_url).unwrap();
    Server::on_bus(database_url, Some(redis), |config| {
        behind_nginx(config);
        config.shutdown.drain_seconds = 1;
        if let Some(url) = listen {
            config.http.listen = url.trim_start_matches("http://").parse().unwrap();
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fans_lose_nothing_when_processes_are_restarted_one_after_the_other() {
    let (database, redis) = (database().await, TestRedis::start().await.unwrap());
    let ingest = edge(database.url(), redis.url(), None).await;
    let keys = ingest.partner().await;
    let mut edges = Vec::new();
    for _ in 0..2 {
        edges.push(edge(database.url(), redis.url(), None).await);
    }
    let Some(nginx) = Nginx::before([&edges[0].url, &edges[1].url]) else { return };
    let id = ingest.announce(&keys, "m").await;
    let scene = Scene::innings(8, 5);
    let visitors: Vec<Visitor> =
        (0..8).map(|at| Visitor::new(&nginx, &keys, &id, &format!("127.0.0.{}", 5 + at))).collect();
    let following: Vec<_> = visitors.iter().map(|it| it.follow(scene.commands.len() as u64)).collect();
    let mut parts = scene.commands.chunks(scene.commands.len() / 9 + 1);
    let mut send = async || {
        for command in parts.next().into_iter().flatten() {
            ingest.send(&keys, &id, std::slice::from_ref(command)).await;
        }
    };
    for visitor in &visitors {
        visitor.has_opened(1).await;
    }
    for at in [0, 1, 0, 1] {
        send().await;
        let stopping = &mut edges[at];
        stopping.app.shutdown.cancel();
        // While its streams leave, and while it is away.
        let (url, ()) = tokio::join!(
            async {
                within("the end of the process", stopping.stopped()).await;
                stopping.url.clone()
            },
            send()
        );
        edges[at] = edge(database.url(), redis.url(), Some(&url)).await;
    }
    send().await;
    let truth = ingest.snapshot(&keys, &id).await;
    assert_eq!(truth.seq, scene.commands.len() as u64, "all of the scene was sent");
    for (fan, visitor) in following.into_iter().zip(visitors) {
        let fan = within("a fan that has everything", fan).await.unwrap();
        assert_eq!((fan.snapshots, fan.seen.as_ref()), (1, Some(&truth)));
        assert!(visitor.streams.load(Ordering::Relaxed) > 1, "it has moved");
    }
}
