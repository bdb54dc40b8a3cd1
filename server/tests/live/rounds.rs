//! Many fans, many matches, and everything that may befall them, by seeded dice.

use crate::support::{Event, Fan, Keys, Raw, Scene, Server, Stream, database, http2_client};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use server::config::Config;
use std::collections::HashMap;
use store::testing::TestStore;

const MATCHES: usize = 3;
/// One of each kind a match.
const FANS: usize = MATCHES * Kind::ALL.len();
const ROUNDS: usize = 250;

/// How a fan's client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Http1,
    Http2,
    /// HTTP/1.1 over a connection that takes little, and is read only now and then.
    Slow,
    /// The same in HTTP/1.0.
    SlowHttp10,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Http1, Self::Http2, Self::Slow, Self::SlowHttp10];
}

/// A match as its feed has it.
struct Played {
    id: String,
    waiting: Vec<Value>,
    sent: Vec<Value>,
    head: u64,
}

impl Played {
    async fn new(server: &Server, keys: &Keys, seed: u64) -> Self {
        let id = server.announce(keys, &format!("m{seed}")).await;
        let mut waiting = Scene::innings(10, seed).commands;
        waiting.reverse();
        Self { id, waiting, sent: Vec::new(), head: 0 }
    }

    async fn go_on(&mut self, server: &Server, keys: &Keys, dice: &mut StdRng) {
        let count = dice.random_range(1..4).min(self.waiting.len());
        let batch: Vec<Value> =
            self.waiting.split_off(self.waiting.len() - count).into_iter().rev().collect();
        let answers = self.send(server, keys, &batch).await;
        assert!(answers.iter().all(|it| it.starts_with("accepted")), "{batch:?}: {answers:?}");
        self.sent.extend(batch);
    }

    /// Changes a ball, or takes it out; not the latest, on which what comes next may depend.
    async fn correct(&mut self, server: &Server, keys: &Keys, version: usize, dice: &mut StdRng) {
        let earlier = &self.sent[..self.sent.len().saturating_sub(2)];
        let Some(before) = earlier.choose(dice).filter(|it| it["command"]["type"] == "ball") else { return };
        let mut after = before.clone();
        after["version"] = json!(version);
        match dice.random_range(0..3) {
            0 => after = json!({ "id": before["id"], "version": version, "remove": true }),
            _ => after["command"]["extras"] = json!({ "byes": dice.random_range(0..4) * 2 }),
        }
        self.send(server, keys, &[after]).await;
    }

    async fn send(&mut self, server: &Server, keys: &Keys, batch: &[Value]) -> Vec<String> {
        let answers = server.send(keys, &self.id, batch).await;
        let accepted = answers.iter().filter_map(|it| it.strip_prefix("accepted ")?.parse().ok());
        self.head = accepted.max().unwrap_or(self.head);
        answers
    }
}

/// The server as it is now, and what was sent to it.
struct World {
    server: Server,
    keys: Keys,
    played: Vec<Played>,
    restarts: usize,
}

/// A fan of one match, at times away.
struct Follower {
    of: usize,
    kind: Kind,
    fan: Fan,
    /// And after how many restarts it was opened.
    stream: Option<(Stream, usize)>,
    /// Every event that it was ever sent.
    history: Vec<Event>,
    /// How often its stream was ended by a server that went on.
    cut_off: usize,
}

impl Follower {
    async fn come(&mut self, world: &World) {
        if self.stream.is_none() {
            let (id, last) = (&world.played[self.of].id, self.fan.last());
            let stream = open(self.kind, &world.server, &world.keys, id, last.as_deref()).await;
            self.stream = Some((stream, world.restarts));
        }
    }

    /// Reads until it has seen `seq`; where its stream has ended, over another one.
    async fn read_to(&mut self, seq: u64, world: &World) {
        while self.fan.seq() < seq {
            self.come(world).await;
            let (stream, opened) = self.stream.as_mut().unwrap();
            if let Some(event) = stream.event().await {
                self.fan.take(&event);
                self.history.push(event);
            } else {
                self.cut_off += usize::from(*opened == world.restarts);
                self.stream = None;
            }
        }
    }
}

async fn open(kind: Kind, server: &Server, keys: &Keys, id: &str, last: Option<&str>) -> Stream {
    let path = format!("/v1/matches/{id}/stream");
    let last: Vec<(&str, &str)> = last.map(|it| ("last-event-id", it)).into_iter().collect();
    let slow = async |version: &str| {
        let mut raw = Raw::narrow(&server.url).await;
        raw.get(version, &path, &keys.publishable, &last).await;
        Stream::over(raw).await
    };
    match kind {
        Kind::Http1 => server.stream(keys, id, last.first().map(|it| it.1)).await,
        Kind::Http2 => {
            let request = http2_client().get(format!("{}{path}", server.url)).bearer_auth(&keys.publishable);
            let response = last.iter().fold(request, |it, (name, value)| it.header(*name, *value)).send();
            let response = response.await.unwrap();
            assert_eq!(response.version(), reqwest::Version::HTTP_2);
            Stream::of(response)
        }
        Kind::Slow => slow("1.1").await,
        Kind::SlowHttp10 => slow("1.0").await,
    }
}

/// So small that topics are dropped and read again, that fans who were away long get a snapshot, and slow ones are cut off.
fn narrow(config: &mut Config) {
    config.stream.matches_max = 1;
    config.stream.ring_updates_max = 12;
    config.stream.behind_bytes_max = 3_000;
    config.stream.send_buffer_bytes = 1;
    config.shutdown.drain_seconds = 0;
}

impl World {
    async fn new(database: &TestStore, seed: u64) -> Self {
        let server = Server::with(database.url(), narrow).await;
        let keys = server.partner().await;
        let mut played = Vec::new();
        for at in 0..MATCHES {
            played.push(Played::new(&server, &keys, seed * 10 + at as u64).await);
        }
        Self { server, keys, played, restarts: 0 }
    }

    /// Ends the server, in order or as a crash does, and starts another.
    async fn restart(&mut self, database: &TestStore, dice: &mut StdRng) {
        if dice.random_bool(0.5) {
            self.server.app.shutdown.cancel();
            self.server.stopped().await;
        }
        self.server = Server::with(database.url(), narrow).await;
        self.restarts += 1;
    }
}

/// Answers how many streams of slow fans were cut off.
async fn play(seed: u64) -> usize {
    let mut dice = StdRng::seed_from_u64(seed);
    let database = database().await;
    let mut world = World::new(&database, seed).await;
    let fan = |at| Follower {
        of: at % MATCHES,
        kind: Kind::ALL[at / MATCHES],
        fan: Fan::default(),
        stream: None,
        history: Vec::new(),
        cut_off: 0,
    };
    let mut fans: Vec<Follower> = (0..FANS).map(fan).collect();
    for round in 0..ROUNDS {
        let one = dice.random_range(0..MATCHES);
        let fan = &mut fans[dice.random_range(0..FANS)];
        let World { server, keys, played, .. } = &mut world;
        match dice.random_range(0..60) {
            0..25 => played[one].go_on(server, keys, &mut dice).await,
            25..31 => played[one].correct(server, keys, round + 2, &mut dice).await,
            31..35 => fan.stream = None,
            35..42 => {
                let seq = dice.random_range(0..=played[fan.of].head);
                fan.read_to(seq, &world).await;
            }
            42..46 => {
                let snapshot = server.snapshot(keys, &played[one].id).await;
                assert_eq!(snapshot.seq, played[one].head, "what was answered is shown");
            }
            46 => world.restart(&database, &mut dice).await,
            _ => fan.come(&world).await,
        }
    }
    // Who reads only the log has the last word.
    let fresh = Server::start(&database).await;
    let mut histories = log_of(&fresh, &world.keys, &world.played).await;
    for fan in &mut fans {
        let Played { id, head, .. } = &world.played[fan.of];
        fan.read_to(*head, &world).await;
        let truth = fresh.snapshot(&world.keys, id).await;
        assert_eq!(truth.seq, *head);
        assert!(truth.seq > 20);
        assert_eq!(fan.fan.seen.as_ref(), Some(&truth), "seed {seed}, {:?}", fan.kind);
        compare(&mut histories[fan.of], &fan.history);
    }
    let is_slow = |it: &&Follower| matches!(it.kind, Kind::Slow | Kind::SlowHttp10);
    fans.iter().filter(is_slow).map(|it| it.cut_off).sum()
}

/// The data of each event, by id and name.
type History = HashMap<(String, String), String>;

/// What the log holds of each match, as far back as a process that has just read it goes.
async fn log_of(fresh: &Server, keys: &Keys, played: &[Played]) -> Vec<History> {
    let mut histories = Vec::new();
    for one in played {
        let head = fresh.snapshot(keys, &one.id).await.position();
        let (mut too_old, mut seq) = (None, 0);
        let mut stream = loop {
            let last = wire::Position { seq, ..head }.to_string();
            let stream = fresh.stream(keys, &one.id, Some(&last)).await;
            if stream.resumed() == "yes" {
                break stream;
            }
            too_old = Some(seq);
            seq += 1 + (head.seq - seq) / 8;
        };
        assert!(too_old.is_none_or(|it| it < head.seq - 5), "there is something to compare with");
        let mut history = History::new();
        while seq < head.seq {
            let event = stream.event().await.unwrap();
            seq += 1;
            assert_eq!(event.id, wire::Position { seq, ..head }.to_string());
            history.insert((event.id, event.name), event.data);
        }
        histories.push(history);
    }
    histories
}

/// What has the same id and name is the same to the byte, whoever was sent it, by whichever process.
fn compare(known: &mut History, history: &[Event]) {
    for Event { id, name, data } in history.iter().filter(|it| !it.id.is_empty()) {
        let data_known = known.entry((id.clone(), name.clone())).or_insert_with(|| data.clone());
        assert_eq!(data_known, data, "{id} {name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_befalls_fans_and_feeds_each_fan_s_history_is_the_log_s() {
    let mut cut_off = 0;
    for seed in 1..=6 {
        cut_off += play(seed).await;
    }
    assert!(cut_off > 0, "some slow fans were cut off");
}
