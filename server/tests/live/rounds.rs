//! Many fans, many matches, and everything that may befall them, by seeded dice.

use crate::support::{Fan, Keys, Scene, Server, Stream, database};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

const MATCHES: usize = 3;
const FANS: usize = 8;
const ROUNDS: usize = 250;

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

/// A fan of one match, at times away.
struct Follower {
    of: usize,
    fan: Fan,
    stream: Option<Stream>,
}

impl Follower {
    async fn come(&mut self, server: &Server, keys: &Keys, played: &[Played]) {
        if self.stream.is_none() {
            let last = self.fan.last();
            self.stream = Some(server.stream(keys, &played[self.of].id, last.as_deref()).await);
        }
    }

    async fn read_to(&mut self, seq: u64) {
        if let Some(stream) = &mut self.stream {
            self.fan.follow(stream, seq).await;
        }
    }
}

async fn play(seed: u64) {
    let mut dice = StdRng::seed_from_u64(seed);
    let database = database().await;
    // So small that topics are dropped and read again, and that fans who were away long get a snapshot.
    let server = Server::with(database.url(), |config| {
        config.stream.matches_max = 1;
        config.stream.ring_updates_max = 12;
    })
    .await;
    let keys = server.partner().await;
    let mut played = Vec::new();
    for at in 0..MATCHES {
        played.push(Played::new(&server, &keys, seed * 10 + at as u64).await);
    }
    let mut fans: Vec<Follower> =
        (0..FANS).map(|at| Follower { of: at % MATCHES, fan: Fan::default(), stream: None }).collect();
    for round in 0..ROUNDS {
        let one = dice.random_range(0..MATCHES);
        let fan = &mut fans[dice.random_range(0..FANS)];
        match dice.random_range(0..10) {
            0..4 => played[one].go_on(&server, &keys, &mut dice).await,
            4 => played[one].correct(&server, &keys, round + 2, &mut dice).await,
            5 => fan.stream = None,
            6 => {
                fan.come(&server, &keys, &played).await;
                let seq = dice.random_range(0..=played[fan.of].head);
                fan.read_to(seq).await;
            }
            7 => {
                let snapshot = server.snapshot(&keys, &played[one].id).await;
                assert_eq!(snapshot.seq, played[one].head, "what was answered is shown");
            }
            _ => fan.come(&server, &keys, &played).await,
        }
    }
    // Who reads only the log has the last word.
    let fresh = Server::start(&database).await;
    for fan in &mut fans {
        fan.come(&server, &keys, &played).await;
        fan.read_to(played[fan.of].head).await;
        let truth = fresh.snapshot(&keys, &played[fan.of].id).await;
        assert_eq!(truth.seq, played[fan.of].head);
        assert!(truth.seq > 20);
        assert_eq!(fan.fan.seen.as_ref(), Some(&truth), "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_befalls_fans_and_feeds_each_fan_ends_with_the_log_s_state() {
    for seed in 1..=6 {
        play(seed).await;
    }
}
