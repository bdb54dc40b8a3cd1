//! Several processes on one database and one Redis.

use crate::support::{Fan, Keys, Relay, Scene, Server, ball, database, sent, within};
use serde_json::json;
use server::config::Config;
use server::stream::{Bus, Census, Hub, OfKey, Presence};
use std::time::Duration;
use store::testing::{TestCluster, TestRedis, TestSentinel, TestStore};
use store::{Clock, Redis, Sheet};
use tokio::task::yield_now;

async fn two(database: &TestStore, redis_url: &str) -> (Server, Server, Keys) {
    let mut servers = Vec::new();
    for _ in 0..2 {
        let redis = Redis::at(redis_url).unwrap();
        servers.push(Server::on_bus(database.url(), Some(redis), |_| {}).await);
    }
    let (two, one) = (servers.pop().unwrap(), servers.pop().unwrap());
    let keys = one.partner().await;
    two.app.keys.load(&two.app.store).await.unwrap();
    (one, two, keys)
}

#[tokio::test]
async fn what_one_process_accepts_reaches_the_readers_of_the_other() {
    let (database, redis) = (database().await, TestRedis::start().await.unwrap());
    let (one, two, keys) = two(&database, redis.url()).await;
    let id = one.announce(&keys, "m").await;
    let scene = Scene::innings(3, 5);
    let mut stream = two.stream(&keys, &id, None).await;
    let mut fan = Fan::default();
    for command in &scene.commands {
        one.send(&keys, &id, std::slice::from_ref(command)).await;
    }
    let last = scene.commands.len() as u64;
    fan.follow(&mut stream, last).await;
    assert_eq!(fan.snapshots, 1, "each update came by itself");
    assert_eq!(fan.seen, Some(one.snapshot(&keys, &id).await));
    // A correction goes to the other by the log.
    one.send(&keys, &id, &[json!({ "id": "c5", "version": 2, "remove": true })]).await;
    fan.follow(&mut stream, last + 1).await;
    assert_eq!((fan.snapshots, fan.seen), (2, Some(one.snapshot(&keys, &id).await)));
}

#[tokio::test]
async fn both_processes_may_write_one_match() {
    let (database, redis) = (database().await, TestRedis::start().await.unwrap());
    let (one, two, keys) = two(&database, redis.url()).await;
    let id = one.announce(&keys, "m").await;
    let scene = Scene::innings(3, 6);
    let mut streams = [one.stream(&keys, &id, None).await, two.stream(&keys, &id, None).await];
    for (at, command) in scene.commands.iter().enumerate() {
        let server = if at % 3 == 0 { &one } else { &two };
        let answers = server.send(&keys, &id, std::slice::from_ref(command)).await;
        assert_eq!(answers, [format!("accepted {}", at + 1)]);
    }
    for stream in &mut streams {
        let mut fan = Fan::default();
        fan.follow(stream, scene.commands.len() as u64).await;
        assert_eq!(fan.seen, Some(one.snapshot(&keys, &id).await));
    }
}

#[tokio::test]
async fn a_sandbox_match_that_starts_over_does_so_everywhere() {
    let (database, redis) = (database().await, TestRedis::start().await.unwrap());
    let (one, two, keys) = two(&database, redis.url()).await;
    let id = server::feed::sandbox::ensure(&one.app.feed).await.unwrap();
    let mut stream = two.stream(&keys, &id, None).await;
    let mut fan = Fan::default();
    fan.take(&stream.event().await.unwrap());
    let first = fan.seen.clone().unwrap().epoch;
    let mut settings = one.app.config.sandbox.clone();
    (settings.ball_ms, settings.result_ms) = (0, 0);
    let playing = server::feed::sandbox::play(one.app.feed.clone(), settings, one.app.shutdown.clone());
    let playing = tokio::spawn(playing);
    while fan.seen.as_ref().is_none_or(|it| it.epoch == first) {
        fan.take(&stream.event().await.unwrap());
    }
    one.app.shutdown.cancel();
    playing.await.unwrap();
}

#[tokio::test]
async fn who_lost_redis_for_a_while_misses_nothing() {
    let database = database().await;
    let redis = TestRedis::start().await.unwrap();
    let relay = Relay::to(redis.url()).await;
    let (one, two, keys) = two(&database, &relay.url).await;
    let id = one.announce(&keys, "m").await;
    let scene = Scene::innings(4, 8);
    let mut stream = two.stream(&keys, &id, None).await;
    let mut fan = Fan::default();
    let (before, rest) = scene.commands.split_at(5);
    let (without, after) = rest.split_at(10);
    one.send(&keys, &id, before).await;
    fan.follow(&mut stream, 5).await;
    relay.cut();
    drop(redis);
    // Feeds and own readers do not notice.
    let mut near = one.stream(&keys, &id, fan.last().as_deref()).await;
    one.send(&keys, &id, without).await;
    let mut near_fan = Fan { seen: fan.seen.clone(), ..Fan::default() };
    near_fan.follow(&mut near, 15).await;
    // The others learn of it from the log, and are told that it may take a moment.
    fan.follow(&mut stream, 15).await;
    until_delayed(&mut fan, &mut stream, true).await;
    let mut late = two.stream(&keys, &id, None).await;
    let mut late_fan = Fan::default();
    until_delayed(&mut late_fan, &mut late, true).await;
    let redis = TestRedis::start().await.unwrap();
    relay.lead_to(redis.url());
    until_delayed(&mut fan, &mut stream, false).await;
    until_delayed(&mut late_fan, &mut late, false).await;
    assert_eq!((fan.seen.clone(), fan.snapshots), (Some(one.snapshot(&keys, &id).await), 1));
    for command in after {
        one.send(&keys, &id, std::slice::from_ref(command)).await;
    }
    fan.follow(&mut stream, scene.commands.len() as u64).await;
    assert_eq!(fan.seen, Some(one.snapshot(&keys, &id).await));
    assert_eq!((fan.delays, late_fan.delays), (2, 2));
}

async fn until_delayed(fan: &mut Fan, stream: &mut crate::support::Stream, on: bool) {
    while fan.is_delayed != on {
        fan.take(&stream.event().await.unwrap());
    }
}

#[tokio::test]
async fn an_update_whose_message_was_never_sent_is_found_in_the_log() {
    let (database, redis) = (database().await, TestRedis::start().await.unwrap());
    // A writer that dies right after each commit, as far as the others can tell.
    let dying = Server::start(&database).await;
    let redis = Redis::at(redis.url()).unwrap();
    let other = Server::on_bus(database.url(), Some(redis), |config| config.redis.look_seconds = 1).await;
    let keys = dying.partner().await;
    other.app.keys.load(&other.app.store).await.unwrap();
    let id = dying.announce(&keys, "m").await;
    let mut stream = other.stream(&keys, &id, None).await;
    let mut fan = Fan::default();
    dying.send(&keys, &id, &[sent("start", json!({ "type": "innings_start", "team": "Home XI" }))]).await;
    dying.send(&keys, &id, &[sent("a", ball(4))]).await;
    fan.follow(&mut stream, 2).await;
    assert_eq!((fan.snapshots, fan.delays), (1, 0), "it is caught up with, and nothing is amiss");
}

#[tokio::test]
async fn a_process_may_start_before_its_redis() {
    let database = database().await;
    let mut redis = TestRedis::start().await.unwrap();
    redis.kill();
    let (one, two, keys) = two(&database, redis.url()).await;
    let id = one.announce(&keys, "m").await;
    let mut stream = two.stream(&keys, &id, None).await;
    let mut fan = Fan::default();
    one.send(&keys, &id, &[sent("start", json!({ "type": "innings_start", "team": "Home XI" }))]).await;
    fan.follow(&mut stream, 1).await;
    until_delayed(&mut fan, &mut stream, true).await;
    redis.start_again().await.unwrap();
    until_delayed(&mut fan, &mut stream, false).await;
    one.send(&keys, &id, &[sent("a", ball(4))]).await;
    fan.follow(&mut stream, 2).await;
    assert_eq!(fan.snapshots, 1);
}

/// Plays a match on one process and follows it on another, with an accident in the middle.
async fn play_through(url: &str, accident: impl AsyncFnOnce()) {
    let database = database().await;
    let (one, two, keys) = two(&database, url).await;
    let id = one.announce(&keys, "m").await;
    let scene = Scene::innings(4, 8);
    let mut stream = two.stream(&keys, &id, None).await;
    let mut fan = Fan::default();
    let (before, after) = scene.commands.split_at(10);
    for command in before {
        one.send(&keys, &id, std::slice::from_ref(command)).await;
    }
    fan.follow(&mut stream, 10).await;
    accident().await;
    for command in after {
        one.send(&keys, &id, std::slice::from_ref(command)).await;
    }
    fan.follow(&mut stream, scene.commands.len() as u64).await;
    assert_eq!((fan.seen.clone(), fan.snapshots), (Some(one.snapshot(&keys, &id).await), 1));
    within("the bus is used again", async {
        while fan.is_delayed {
            fan.take(&stream.event().await.unwrap());
        }
    })
    .await;
}

#[tokio::test]
async fn the_bus_goes_on_when_a_sentinel_gives_the_master_another_place() {
    let mut servers = TestSentinel::start().await.unwrap();
    let url = servers.url();
    play_through(&url, async || servers.kill_master()).await;
}

#[tokio::test]
async fn the_bus_goes_over_a_cluster_and_each_of_its_nodes_may_come_and_go() {
    let mut cluster = TestCluster::start().await.unwrap();
    for node in 0..3 {
        let url = cluster.url();
        play_through(&url, async || {
            cluster.kill(node);
            cluster.start_again(node).await.unwrap();
        })
        .await;
    }
}

#[tokio::test]
async fn streams_are_counted_over_all_processes_and_a_dead_ones_are_not() {
    let redis = TestRedis::start().await.unwrap();
    let database = database().await;
    let every = Duration::from_millis(50);
    let mut processes = Vec::new();
    for _ in 0..2 {
        let config = Config::from_parts(None, std::iter::empty()).unwrap();
        let bus = Bus::new(Redis::at(redis.url()).unwrap(), &config.redis);
        let _hub = Hub::new(database.store().clone(), config.stream, Some(bus.clone()));
        let presence = Presence::default();
        processes.push((presence.clone(), Census::start(presence, Some(bus), Clock::system(), every)));
    }
    let [(one, census), (two, _)] = &processes[..] else { unreachable!("two were started") };
    let alone = Census::start(one.clone(), None, Clock::system(), every);
    let key = Some(OfKey { key_id: "key_a", organisation_id: "org_1" });
    let _here = one.join("mat_1", key);
    let there = [two.join("mat_1", key), two.join("mat_1", None)];
    within("all are counted", async {
        while census.total("mat_1").await != 3 {
            yield_now().await;
        }
    })
    .await;
    within("by key too", async {
        while census.total_of_key("key_a").await != 2 {
            yield_now().await;
        }
    })
    .await;
    within("by organisation, without being asked", async {
        while census.organisations().get("org_1") != Some(&2) {
            yield_now().await;
        }
    })
    .await;
    assert_eq!(census.total_of_organisation("org_1").await, 2);
    assert_eq!((alone.total("mat_1").await, alone.total_of_key("key_a").await), (1, 1));
    assert_eq!(census.total("mat_2").await, 0);
    // A process that has crashed is one whose counts are written no more.
    let crashed = Sheet { group: "presence", process: "node_x" };
    let (session, _hearing) = Redis::at(redis.url()).unwrap().open().await.unwrap();
    let counts = [("match:mat_1".to_owned(), 50)];
    let now_ms = u64::try_from(Clock::system().now_ms()).unwrap();
    session.write_sheet(crashed, &counts, now_ms, every * 3).await.unwrap();
    within("its counts vanish", async {
        while census.total("mat_1").await != 3 {
            yield_now().await;
        }
    })
    .await;
    drop(there);
    within("those that left are not counted", async {
        while census.total("mat_1").await != 1 {
            yield_now().await;
        }
    })
    .await;
}
