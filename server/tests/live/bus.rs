//! Several processes on one database and one Redis.

use crate::support::{Fan, Keys, Relay, Scene, Server, database};
use serde_json::json;
use store::Redis;
use store::testing::{TestRedis, TestStore};

async fn two(database: &TestStore, redis_url: &str) -> (Server, Server, Keys) {
    let mut servers = Vec::new();
    for _ in 0..2 {
        let redis = Redis::connect(redis_url).await.unwrap();
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
    let mut near_fan = Fan { seen: fan.seen.clone(), snapshots: 0 };
    near_fan.follow(&mut near, 15).await;
    let redis = TestRedis::start().await.unwrap();
    relay.lead_to(redis.url());
    // Nothing further happens in the match, yet the other process learns of it.
    fan.follow(&mut stream, 15).await;
    assert_eq!(fan.seen, Some(one.snapshot(&keys, &id).await));
    for command in after {
        one.send(&keys, &id, std::slice::from_ref(command)).await;
    }
    fan.follow(&mut stream, scene.commands.len() as u64).await;
    assert_eq!(fan.seen, Some(one.snapshot(&keys, &id).await));
}
