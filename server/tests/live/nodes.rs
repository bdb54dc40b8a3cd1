//! Several real processes on one database and one Redis, and accidents: whatever dies or is cut off, each client's history is the log's.

mod network;
mod vanished;

use crate::support::{
    Crease, Fan, Relay, SECRETS_KEY, Scene, Stream, announcement, answers, client, database, new_key, within,
};
use network::Network;
use partners::{Kind, Mode, key, organisation};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use store::testing::{TestRedis, TestStore};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The processes of one installation, and a feed.
struct Nodes {
    database: TestStore,
    redis_url: String,
    /// The way of the edges to the same Redis.
    edges_redis_url: String,
    keys: (String, String),
    http: reqwest::Client,
    ingest: Option<Crease>,
    edges: Vec<Option<Crease>>,
    /// Where the edges are now; the clients look here when their stream ends.
    urls: Arc<Mutex<Vec<String>>>,
    match_id: String,
    /// How many commands the feed has sent; the clients are done when they have seen so many.
    sent: u64,
    data: TempDir,
}

impl Nodes {
    /// One ingest and three edges, and a match to follow.
    async fn start(redis_url: &str) -> Self {
        Self::start_with(redis_url, redis_url).await
    }

    async fn start_with(redis_url: &str, edges_redis_url: &str) -> Self {
        let database = database().await;
        let keys = keys(&database).await;
        let mut nodes = Self {
            database,
            redis_url: redis_url.to_owned(),
            edges_redis_url: edges_redis_url.to_owned(),
            keys,
            http: client(),
            ingest: None,
            edges: Vec::new(),
            urls: Arc::default(),
            match_id: String::new(),
            sent: 0,
            data: Crease::data(),
        };
        nodes.start_ingest();
        for edge in 0..3 {
            nodes.start_edge(edge);
        }
        let created = nodes.post("/v1/feed/matches", &announcement("m")).await.unwrap();
        created["id"].as_str().unwrap().clone_into(&mut nodes.match_id);
        nodes
    }

    fn role(&self, role: &str) -> std::process::Command {
        let mut program = Crease::program();
        program.arg(role);
        let redis_url = if role == "edge" { &self.edges_redis_url } else { &self.redis_url };
        self.set(&mut program, &self.database.url(), redis_url, "127.0.0.1:0");
        program
    }

    fn set(&self, program: &mut std::process::Command, database_url: &str, redis_url: &str, listen: &str) {
        program.env("DATABASE_URL", database_url).env("REDIS_URL", redis_url);
        program.env("CREASE__SECRETS__KEY", SECRETS_KEY);
        program.env("CREASE__HTTP__LISTEN", listen).env("CREASE__DATA__DIR", self.data.path());
        program.env("CREASE__SANDBOX__ENABLED", "false").env("CREASE__REDIS__LOOK_SECONDS", "1");
    }

    fn start_ingest(&mut self) {
        self.ingest = None;
        self.ingest = Some(Crease::listening(self.role("ingest")));
    }

    /// Starts an edge, in place of the one of this number if there was one.
    fn start_edge(&mut self, edge: usize) {
        let started = Crease::listening(self.role("edge"));
        self.put(edge, started);
    }

    fn put(&mut self, edge: usize, started: Crease) {
        let mut urls = self.urls.lock().unwrap();
        if edge == self.edges.len() {
            self.edges.push(None);
            urls.push(String::new());
        }
        urls[edge] = started.url.clone();
        self.edges[edge] = Some(started);
    }

    fn kill_edge(&mut self, edge: usize) {
        self.edges[edge].take().unwrap().kill();
    }

    fn kill_ingest(&mut self) {
        self.ingest.take().unwrap().kill();
    }

    async fn post(&self, path: &str, body: &Value) -> reqwest::Result<Value> {
        let url = &self.ingest.as_ref().unwrap().url;
        let request = self.http.post(format!("{url}{path}")).bearer_auth(&self.keys.0).json(body);
        request.send().await?.error_for_status()?.json().await
    }

    /// Sends a part of a scene, a command at a time.
    async fn send(&mut self, commands: &[Value]) {
        for command in commands {
            self.send_one(command).await.unwrap();
            self.sent += 1;
        }
    }

    async fn send_one(&self, command: &Value) -> reqwest::Result<Vec<String>> {
        let path = format!("/v1/feed/matches/{}/commands", self.match_id);
        self.post(&path, &json!({ "commands": [command] })).await.map(|it| answers(&it))
    }

    /// The match as a process has it that has only the log.
    async fn truth(&self) -> wire::Snapshot {
        let alone = Crease::listening({
            let mut program = self.role("edge");
            program.env_remove("REDIS_URL");
            program
        });
        let url = format!("{}/v1/matches/{}", alone.url, self.match_id);
        let response = self.http.get(url).bearer_auth(&self.keys.1).send().await.unwrap();
        wire::decode(&response.text().await.unwrap()).unwrap()
    }

    /// A client that begins at an edge.
    fn client(&self, edge: usize) -> Client {
        let (seen, sees) = watch::channel(Seen::default());
        let following = Following {
            http: self.http.clone(),
            urls: self.urls.clone(),
            edge,
            key: self.keys.1.clone(),
            match_id: self.match_id.clone(),
            fan: Fan::default(),
            seen,
        };
        Client { sees, task: tokio::spawn(following.run()) }
    }

    /// Two clients at each edge.
    fn clients(&self) -> Vec<Client> {
        (0..self.edges.len() * 2).map(|at| self.client(at % self.edges.len())).collect()
    }

    /// Waits until all clients have seen everything, and compares.
    async fn check(&self, clients: Vec<Client>) {
        let truth = self.truth().await;
        assert_eq!(truth.seq, self.sent, "nothing that was acknowledged is lost, and nothing is there twice");
        for mut client in clients {
            client.until(|it| it.seq == truth.seq).await;
            let fan = client.end().await;
            assert_eq!(fan.seen.as_ref(), Some(&truth));
            assert_eq!(fan.snapshots, 1, "nothing was ever missing");
        }
    }

    /// A metric's value at an edge; 0 when it was never counted.
    async fn metric(&self, edge: usize, name: &str) -> f64 {
        let url = self.urls.lock().unwrap()[edge].clone();
        let text = self.http.get(format!("{url}/metrics")).send().await.unwrap().text().await.unwrap();
        let line = text.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |it| it.parse().unwrap())
    }
}

/// A secret and a publishable key of a new organisation.
pub(crate) async fn keys(database: &TestStore) -> (String, String) {
    let by = access::By::system("test", jiff::Timestamp::now());
    let issued = database.store().run_tx("test.partner", async |tx| {
        let organisation = organisation::create(tx, "The Paper", &by).await?;
        let mut texts = Vec::new();
        for kind in [Kind::Secret, Kind::Publishable] {
            let new = new_key(kind, Mode::Live);
            texts.push(key::issue(tx, &organisation.id, &new, &by).await?.key.reveal().to_owned());
        }
        Ok::<_, partners::Error>((texts.remove(0), texts.remove(0)))
    });
    issued.await.unwrap()
}

/// How far a client has come.
#[derive(Clone, Default)]
struct Seen {
    seq: u64,
    is_delayed: bool,
    /// How many streams it has opened.
    streams: usize,
}

/// A client that follows a match wherever it can.
struct Client {
    sees: watch::Receiver<Seen>,
    task: JoinHandle<Fan>,
}

impl Client {
    async fn until(&mut self, is_so: impl FnMut(&Seen) -> bool) {
        let seen = within("the client sees it", self.sees.wait_for(is_so)).await;
        assert!(seen.is_ok(), "the client goes on");
    }

    /// Hangs up, and answers what it has made of the match.
    async fn end(self) -> Fan {
        drop(self.sees);
        within("the client ends", self.task).await.unwrap()
    }
}

struct Following {
    http: reqwest::Client,
    urls: Arc<Mutex<Vec<String>>>,
    edge: usize,
    key: String,
    match_id: String,
    fan: Fan,
    seen: watch::Sender<Seen>,
}

impl Following {
    async fn run(mut self) -> Fan {
        while !self.seen.is_closed() {
            if let Some(mut stream) = self.open().await {
                self.seen.send_modify(|it| it.streams += 1);
                self.follow(&mut stream).await;
            }
            // That edge is gone: on to the next.
            self.edge += 1;
        }
        self.fan
    }

    async fn open(&self) -> Option<Stream> {
        let url = {
            let urls = self.urls.lock().unwrap();
            format!("{}/v1/matches/{}/stream", urls[self.edge % urls.len()], self.match_id)
        };
        let mut request = self.http.get(url).bearer_auth(&self.key);
        let last = self.fan.last();
        if let Some(last) = &last {
            request = request.header("last-event-id", last);
        }
        let stream = Stream::of(request.send().await.ok()?);
        assert_eq!(stream.resumed(), if last.is_some() { "yes" } else { "snapshot" });
        Some(stream)
    }

    async fn follow(&mut self, stream: &mut Stream) {
        loop {
            let event = tokio::select! {
                event = stream.event() => event,
                () = self.seen.closed() => return,
            };
            let Some(event) = event else { return };
            self.fan.take(&event);
            let (seq, is_delayed) = (self.fan.seq(), self.fan.is_delayed);
            self.seen.send_modify(|it| (it.seq, it.is_delayed) = (seq, is_delayed));
        }
    }
}

async fn all(clients: &mut [Client], mut is_so: impl FnMut(&Seen) -> bool) {
    for client in clients {
        client.until(&mut is_so).await;
    }
}

#[tokio::test]
async fn redis_dies_and_comes_back_with_what_it_had_or_empty() {
    let mut redis = TestRedis::lasting().await.unwrap();
    let mut nodes = Nodes::start(redis.url()).await;
    let mut clients = nodes.clients();
    let scene = Scene::innings(8, 11);
    let parts: Vec<&[Value]> = scene.commands.chunks(8).collect();
    for (at, part) in parts.iter().enumerate() {
        nodes.send(part).await;
        let sent = nodes.sent;
        match at {
            1 => redis.kill(),
            2 => {
                // Without Redis all comes from the log, and they are told.
                all(&mut clients, |it| it.seq == sent && it.is_delayed).await;
                redis.start_again().await.unwrap();
            }
            3 => all(&mut clients, |it| it.seq == sent && !it.is_delayed).await,
            // Now in the middle of what is under way, and again.
            4 => {
                redis.kill();
                redis.start_again().await.unwrap();
            }
            5 => {
                drop(std::mem::replace(&mut redis, TestRedis::start().await.unwrap()));
            }
            _ => {}
        }
    }
    // It never came back where it was: the log carries on alone.
    let sent = nodes.sent;
    all(&mut clients, |it| it.seq == sent && it.is_delayed).await;
    for edge in 0..3 {
        assert_eq!(nodes.metric(edge, "bus_delayed").await, 1.0);
        assert_eq!(nodes.metric(edge, "stream_topic_reloads_total").await, 0.0, "no log was folded anew");
    }
    nodes.check(clients).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_come_back_read_what_they_missed_from_the_tail() {
    let redis = TestRedis::start().await.unwrap();
    let relay = Relay::to(redis.url()).await;
    let mut nodes = Nodes::start_with(redis.url(), &relay.url).await;
    let mut clients = nodes.clients();
    let scene = Scene::innings(8, 3);
    for part in scene.commands.chunks(6) {
        // All edges lose Redis at once for a moment, in which the writer posts on.
        relay.cut();
        nodes.send(part).await;
        relay.lead_to(redis.url());
        let sent = nodes.sent;
        all(&mut clients, |it| it.seq == sent).await;
    }
    for edge in 0..3 {
        assert!(nodes.metric(edge, "bus_catch_ups_total{from=\"tail\"}").await > 0.0);
        assert_eq!(nodes.metric(edge, "stream_topic_reloads_total").await, 0.0);
    }
    nodes.check(clients).await;
}

#[tokio::test]
async fn edges_and_the_writer_are_killed_and_clients_move_on() {
    let redis = TestRedis::start().await.unwrap();
    let mut nodes = Nodes::start(redis.url()).await;
    let mut clients = nodes.clients();
    let scene = Scene::innings(10, 12);
    for (at, part) in scene.commands.chunks(6).enumerate() {
        let (interrupted, rest) = part.split_first().unwrap();
        // While a command is under way something dies; the feed repeats what was not acknowledged.
        let dies_in_it = at % 4 == 3;
        if dies_in_it {
            let sending = nodes.send_one(interrupted);
            let early = tokio::time::timeout(std::time::Duration::from_millis(at as u64 % 7), sending).await;
            drop(early);
            nodes.kill_ingest();
            nodes.start_ingest();
        } else {
            nodes.kill_edge(at % 3);
            nodes.start_edge(at % 3);
        }
        nodes.send(std::slice::from_ref(interrupted)).await;
        nodes.send(rest).await;
    }
    let sent = nodes.sent;
    all(&mut clients, |it| it.seq == sent && it.streams > 1).await;
    nodes.check(clients).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_that_is_cut_off_keeps_its_streams_and_catches_up() {
    let redis = TestRedis::start().await.unwrap();
    let mut nodes = Nodes::start(redis.url()).await;
    let Some(network) = Network::new() else { return };
    let behind = network.back(&nodes.database.url(), redis.url()).await;
    let mut program = network.program(env!("CARGO_BIN_EXE_crease"));
    program.arg("edge");
    let listen = format!("{}:0", network.front_address());
    nodes.set(&mut program, &behind.database_url, &behind.redis_url, &listen);
    nodes.put(3, Crease::listening(program));
    let mut clients = nodes.clients();
    let scene = Scene::innings(8, 4);
    let (before, rest) = scene.commands.split_at(12);
    let (without, after) = rest.split_at(12);
    nodes.send(before).await;
    let sent = nodes.sent;
    all(&mut clients, |it| it.seq == sent).await;
    network.cut();
    nodes.send(without).await;
    let sent = nodes.sent;
    // Its clients stay, and know; the others have everything.
    for (at, client) in clients.iter_mut().enumerate() {
        let is_cut_off = at % 4 == 3;
        client.until(|it| it.is_delayed == is_cut_off && (is_cut_off || it.seq == sent)).await;
    }
    network.mend();
    all(&mut clients, |it| it.seq == sent && !it.is_delayed).await;
    nodes.send(after).await;
    let sent = nodes.sent;
    all(&mut clients, |it| it.seq == sent && it.streams == 1).await;
    nodes.check(clients).await;
}
