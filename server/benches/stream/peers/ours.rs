//! `crease edge` as it is deployed: keys and matches in PostgreSQL, updates over Redis, published by what an ingest process uses.

use crate::mark::{Mark, now_ns};
use anyhow::Context;
use cricket::{Command as Play, Op, Player, Setup, Side, Team};
use partners::{Mode, NewKey, Origins, key, organisation};
use server::config::Config;
use server::feed::log::{self, Entry};
use server::feed::{Feed, NewMatch};
use server::stream::{Bus, Hub, Published};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use store::testing::{TestRedis, TestStore};
use store::{Clock, Redis};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

/// The limits that the bench goes beyond, because it comes from few addresses.
const LIMITS: &[(&str, &str)] = &[
    // What all processes of one database must have the same of.
    ("CREASE__SECRETS__KEY", "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e"),
    ("CREASE__HTTP__CONNECTIONS_PER_ADDRESS_MAX", "60000"),
    ("CREASE__STREAM__SUBSCRIBERS_PER_ADDRESS_MAX", "60000"),
];

/// The store, the bus and the publishing end of our side.
pub(super) struct Stage {
    // Dropped in this order: what uses the runtime first.
    feed: Feed,
    hub: Hub,
    organisation: String,
    key: String,
    game: Option<Game>,
    matches: u32,
    redis: TestRedis,
    database: TestStore,
    runtime: Runtime,
}

/// The match whose updates are published.
#[derive(Clone)]
struct Game {
    id: String,
    epoch: u64,
}

/// Where the streams of a new match are.
pub(super) struct Topic {
    /// Path and query.
    pub(super) path: String,
}

impl Stage {
    /// Starts PostgreSQL and Redis on this thread's core, and issues a key.
    pub(super) fn build() -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let (feed, hub, organisation, key, redis, database) = runtime.block_on(async {
            let database = TestStore::new(server::role::MIGRATIONS).await;
            let redis = TestRedis::start().await?;
            let config = Config::from_parts(None, std::iter::empty())?;
            let store = database.store().clone();
            let bus = Bus::new(Redis::at(redis.url())?, &config.redis);
            let hub = Hub::new(store.clone(), config.stream, Some(bus));
            let feed = Feed::new(store.clone(), Clock::system(), hub.clone(), config.feed);
            let by = access::By::system("bench", Clock::system().now());
            let issued = store
                .run_tx("bench.key", async |tx| {
                    let organisation = organisation::create(tx, "Bench", &by).await?;
                    let origins = Origins::OwnMachine;
                    let new = NewKey::publishable(Mode::Live, "Bench", origins);
                    let issued = key::issue(tx, &organisation.id, &new, &by).await?;
                    Ok::<_, partners::Error>((issued, organisation.id))
                })
                .await?;
            anyhow::Ok((feed, hub, issued.1, issued.0.key.reveal().to_owned(), redis, database))
        })?;
        Ok(Self { feed, hub, organisation, key, game: None, matches: 0, redis, database, runtime })
    }

    /// Announces a new match, for a server that starts with an empty topic.
    pub(super) fn announce(&mut self) -> anyhow::Result<Topic> {
        self.matches += 1;
        let new = NewMatch {
            organisation_id: self.organisation.clone(),
            source: "bench".to_owned(),
            source_match_id: format!("bench-{}", self.matches),
            setup: setup(),
            starts_at_ms: None,
            sandbox: false,
            archive: false,
        };
        let store = self.database.store();
        let game = self.runtime.block_on(async {
            let created = self.feed.create_match(new).await?;
            let row = store
                .read("bench.match", async |client| log::match_by_id(client, created.id()).await)
                .await?
                .context("the match that was just made")?;
            anyhow::Ok(Game { id: row.id, epoch: row.epoch })
        })?;
        let topic = Topic { path: format!("/v1/matches/{}/stream?key={}", game.id, self.key) };
        self.game = Some(game);
        Ok(topic)
    }

    /// The edge process, on the same database and bus.
    pub(super) fn command(&self, folder: &Path, address: SocketAddr) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crease"));
        let inherited = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        for name in inherited.filter(|it| it.starts_with("CREASE_")) {
            command.env_remove(name);
        }
        command.arg("edge").envs(LIMITS.iter().copied());
        command.env("DATABASE_URL", self.database.url()).env("REDIS_URL", self.redis.url());
        command.env("CREASE__HTTP__LISTEN", address.to_string()).env("CREASE__DATA__DIR", folder);
        command
    }

    /// Publishes updates of the match that was announced last.
    pub(super) fn publisher(&self) -> BusPublisher {
        let (orders, mut waiting) = mpsc::unbounded_channel::<Order>();
        if let Some(game) = self.game.clone() {
            let hub = self.hub.clone();
            self.runtime.spawn(async move {
                while let Some(order) = waiting.recv().await {
                    publish(&hub, &game, &order).await;
                }
            });
        }
        BusPublisher { orders }
    }
}

/// An update to be published.
struct Order {
    mark: Mark,
    size: usize,
}

/// Hands updates to the thread that talks to Redis. The time of a mark is the moment before, so that this way is measured, too.
pub(super) struct BusPublisher {
    orders: mpsc::UnboundedSender<Order>,
}

impl BusPublisher {
    pub(super) fn publish(&mut self, seq: u64, size: usize) -> anyhow::Result<()> {
        let order = Order { mark: Mark { seq, at_ns: now_ns() }, size };
        self.orders.send(order).ok().context("the publisher's runtime has ended")
    }
}

/// What an ingest process does after a commit. The mark and its padding are fields that no reader of updates knows, and so skips.
async fn publish(hub: &Hub, game: &Game, order: &Order) {
    let accepted_at_ms = order.mark.at_ns / 1_000_000;
    let delayed = Play::Delay(String::new());
    let entry = Entry {
        seq: order.mark.seq,
        op: Op::Append(delayed.clone()),
        source: "bench".to_owned(),
        command_id: String::new(),
        version: 0,
        place: None,
        accepted_at_ms,
    };
    let mut published = Published::command(game.epoch, &entry, 0, delayed);
    let frame = String::from_utf8_lossy(&published.frame);
    let (lines, fields) = frame.split_once("data: {").expect("an event has a JSON object as its data");
    let object = order.mark.object(order.size, fields.trim_end());
    published.frame = format!("{lines}data: {object}\n\n").into();
    hub.publish(&game.id, published).await;
}

/// Two sides of two.
fn setup() -> Setup {
    let team = |name: &str| Team { name: name.to_owned(), short: name.to_owned() };
    let players = [("H1", Side::Home), ("H2", Side::Home), ("A1", Side::Away), ("A2", Side::Away)];
    Setup {
        teams: vec![team("Home"), team("Away")],
        players: players.map(|(name, side)| Player { name: name.to_owned(), side }).to_vec(),
        balls_per_over: 6,
        overs: Some(20),
        ..Setup::default()
    }
}
