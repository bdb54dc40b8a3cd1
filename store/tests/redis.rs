//! The bus on a real Redis.

use store::testing::TestRedis;
use store::{Heard, Redis};

fn message(channel: &str, payload: &[u8]) -> Option<Heard> {
    Some(Heard::Message { channel: channel.into(), payload: payload.into() })
}

#[tokio::test]
async fn what_is_published_after_a_subscription_is_heard_in_order() {
    let server = TestRedis::start().await.unwrap();
    let redis = Redis::connect(server.url()).await.unwrap();
    let mut heard = redis.subscribe(&["scores", "keys"]).await.unwrap();
    assert_eq!(redis.publish("nobody", b"x").await.unwrap(), 0);
    for number in 0..100_u8 {
        assert_eq!(redis.publish("scores", &[number, 0xff]).await.unwrap(), 1);
    }
    redis.publish("keys", b"revoked").await.unwrap();
    for number in 0..100_u8 {
        assert_eq!(heard.next().await, message("scores", &[number, 0xff]));
    }
    assert_eq!(heard.next().await, message("keys", b"revoked"));
}

#[tokio::test]
async fn a_lost_subscription_comes_back_and_says_that_there_was_a_gap() {
    let server = TestRedis::start().await.unwrap();
    let redis = Redis::connect(server.url()).await.unwrap();
    let mut heard = redis.subscribe(&["scores"]).await.unwrap();
    redis.publish("scores", b"before").await.unwrap();
    assert_eq!(heard.next().await, message("scores", b"before"));
    let mut kill = redis::cmd("CLIENT");
    kill.arg("KILL").arg("TYPE").arg("pubsub");
    let killed: u64 = kill.query_async(&mut redis.connection()).await.unwrap();
    assert_eq!(killed, 1);
    assert_eq!(heard.next().await, Some(Heard::Gap));
    redis.publish("scores", b"after").await.unwrap();
    assert_eq!(heard.next().await, message("scores", b"after"));
}

#[tokio::test]
async fn a_dropped_subscription_ends() {
    let server = TestRedis::start().await.unwrap();
    let redis = Redis::connect(server.url()).await.unwrap();
    drop(redis.subscribe(&["scores"]).await.unwrap());
    // The server learns of it a moment later: publish until nobody hears.
    let gone = async { while redis.publish("scores", b"x").await.unwrap() > 0 {} };
    tokio::time::timeout(std::time::Duration::from_secs(10), gone).await.expect("nobody listens any more");
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_an_error_that_says_so() {
    let missing = Redis::connect("redis+unix:///nowhere/redis.sock").await.err().expect("there is none");
    assert!(missing.to_string().starts_with("Redis cannot be reached: "), "{missing}");
    let wrong = Redis::connect("http://x").await.err().expect("that is no URL of a Redis");
    assert!(wrong.to_string().starts_with("Redis URL cannot be read: "), "{wrong}");
}
