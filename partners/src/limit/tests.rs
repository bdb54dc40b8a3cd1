//! Rates in a real Redis.

use super::{Exactness, Limiter, Limits, Plans, Rate};
use crate::testing::partner;
use crate::{Kind, Mode, PartnerKey};
use std::time::Duration;
use store::testing::{TestCluster, TestRedis};
use store::{Clock, Redis, Session};

/// What has to come about may take so long; machines that build at the same time are slow.
const DEADLINE: Duration = Duration::from_secs(30);
const ORGANISATION: &str = "org_1";

/// A minute for each request, so that nothing comes back while a test runs.
fn slow(burst: u32) -> Rate {
    Rate::new(1, burst).expect("a rate")
}

fn secret_key(organisation_id: &str) -> PartnerKey {
    partner(organisation_id, Kind::Secret, Mode::Live)
}

/// A key of the organisation whose secret keys have this rate.
fn limited(secret: Rate) -> (PartnerKey, Plans) {
    let plans = Plans::of_one(ORGANISATION, Limits { secret, ..Limits::DEFAULT });
    (secret_key(ORGANISATION), plans)
}

fn clock() -> Clock {
    Clock::manual("2026-11-29T10:00:00Z".parse().expect("a moment"))
}

/// A process's limiter, with more patience than 50 ms: what is exact here must not depend on how busy the machine is.
fn patient(clock: Clock, plans: &Plans) -> Limiter {
    Limiter::waiting(clock, plans.clone(), DEADLINE)
}

async fn open(url: &str) -> Session {
    Redis::at(url).expect("a URL").open().await.expect("a Redis that answers").0
}

/// How many of 200 requests pass that come at once, in turn by each of two processes.
async fn pass(processes: [(&Limiter, &Session); 2], key: &PartnerKey) -> usize {
    let mut asking = tokio::task::JoinSet::new();
    for at in 0..200 {
        let (limiter, session) = processes[at % 2];
        let (limiter, session, key) = (limiter.clone(), session.clone(), key.clone());
        asking.spawn(async move {
            let verdict = limiter.check_exact(Some(&session), &key, 1).await;
            assert_eq!(verdict.exactness, Exactness::Exact);
            verdict.allowed
        });
    }
    asking.join_all().await.into_iter().filter(|it| *it).count()
}

#[tokio::test]
async fn two_processes_let_no_more_through_than_the_burst() {
    let (key, plans) = limited(slow(50));
    let server = TestRedis::start().await.unwrap();
    let (one, two) = (open(server.url()).await, open(server.url()).await);
    let limiters = [(); 2].map(|()| patient(Clock::system(), &plans));
    assert_eq!(pass([(&limiters[0], &one), (&limiters[1], &two)], &key).await, 50);
    let refused = limiters[0].check_exact(Some(&two), &key, 1).await;
    assert_eq!((refused.allowed, refused.remaining, refused.exactness), (false, 0, Exactness::Exact));
    assert!(refused.retry_after > Duration::ZERO && refused.retry_after <= Duration::from_secs(60));
    assert_eq!(refused.judged().unwrap_err().code(), "rate_limited");
    // Whose organisation, and whose key, is another has buckets of its own.
    let sister = secret_key(ORGANISATION);
    assert_eq!(pass([(&limiters[0], &one), (&limiters[1], &two)], &sister).await, 50);
    let stranger = secret_key("org_2");
    let free = limiters[0].check_exact(Some(&one), &stranger, 1).await;
    assert_eq!((free.allowed, free.limit, free.remaining), (true, Rate::SECRET, 299));
}

#[tokio::test]
async fn in_a_cluster_each_keys_bucket_is_on_its_node_and_as_exact() {
    let (key, plans) = limited(slow(50));
    let other = secret_key(ORGANISATION);
    let cluster = TestCluster::start().await.unwrap();
    let (one, two) = (open(&cluster.url()).await, open(&cluster.url()).await);
    let limiters = [(); 2].map(|()| patient(Clock::system(), &plans));
    for key in [&key, &other] {
        assert_eq!(pass([(&limiters[0], &one), (&limiters[1], &two)], key).await, 50);
    }
}

#[tokio::test]
async fn what_was_refused_passes_when_it_was_said_to() {
    // A request takes 20 ms to drain.
    let (key, plans) = limited(Rate::new(3_000, 1).unwrap());
    let server = TestRedis::start().await.unwrap();
    let (session, limiter) = (open(server.url()).await, patient(Clock::system(), &plans));
    assert!(limiter.check_exact(Some(&session), &key, 1).await.allowed);
    let passed = async {
        loop {
            let verdict = limiter.check_exact(Some(&session), &key, 1).await;
            assert!(verdict.retry_after <= Duration::from_millis(20));
            if verdict.allowed {
                break;
            }
        }
    };
    tokio::time::timeout(DEADLINE, passed).await.unwrap();
}

#[tokio::test]
async fn without_redis_a_key_is_judged_here_by_what_redis_said_last_and_exactly_again_afterwards() {
    let (key, plans) = limited(slow(10));
    let mut server = TestRedis::start().await.unwrap();
    let (session, limiter) = (open(server.url()).await, patient(clock(), &plans));
    let exact = limiter.check_exact(Some(&session), &key, 7).await;
    assert_eq!((exact.allowed, exact.remaining, exact.exactness), (true, 3, Exactness::Exact));
    server.kill();
    for remaining in [2, 1, 0] {
        let local = limiter.check_exact(Some(&session), &key, 1).await;
        assert_eq!((local.allowed, local.remaining, local.exactness), (true, remaining, Exactness::Local));
    }
    assert!(!limiter.check_exact(Some(&session), &key, 1).await.allowed, "the outage began no new burst");
    let local = limiter.check_exact(None, &key, 1).await;
    assert_eq!((local.allowed, local.exactness), (false, Exactness::Local), "no session at all");
    server.start_again().await.unwrap();
    let session = open(server.url()).await;
    let exact = limiter.check_exact(Some(&session), &key, 1).await;
    assert_eq!(
        (exact.allowed, exact.remaining, exact.exactness),
        (true, 9, Exactness::Exact),
        "it came back empty"
    );
}

#[tokio::test]
async fn a_redis_that_hangs_is_not_waited_for_each_time() {
    let (key, plans) = limited(slow(600_000));
    let server = TestRedis::start().await.unwrap();
    let (session, clock) = (open(server.url()).await, clock());
    let limiter = Limiter::new(clock.clone(), plans);
    let check = async || limiter.check_exact(Some(&session), &key, 1).await;
    // On a busy machine it may be late at any time, and is then asked again half a second later.
    let exact = async || {
        while check().await.exactness == Exactness::Local {
            clock.advance(Duration::from_millis(500));
        }
    };
    tokio::time::timeout(DEADLINE, exact()).await.unwrap();
    server.halt();
    let late = check().await;
    assert_eq!((late.allowed, late.exactness), (true, Exactness::Local));
    server.go_on();
    session.ping().await.unwrap();
    let doubted = check().await;
    assert_eq!((doubted.allowed, doubted.exactness), (true, Exactness::Local), "it is not asked yet");
    clock.advance(Duration::from_millis(500));
    tokio::time::timeout(DEADLINE, exact()).await.unwrap();
}

#[tokio::test]
async fn what_redis_refuses_does_not_stop_what_is_counted_locally_elsewhere() {
    let (key, plans) = limited(slow(5));
    let server = TestRedis::start().await.unwrap();
    let session = open(server.url()).await;
    let [one, two] = [(); 2].map(|()| patient(clock(), &plans));
    assert!(one.judge(Exactness::Exact, Some(&session), &key, 5).await.allowed);
    assert!(!two.judge(Exactness::Exact, Some(&session), &key, 1).await.allowed);
    assert!(!two.judge(Exactness::Local, Some(&session), &key, 1).await.allowed, "it heard so from Redis");
    let three = Limiter::new(clock(), plans);
    let passed = (0..9).filter(|_| three.check(&key, 1).allowed).count();
    assert_eq!(passed, 5, "a process that asked nobody counts for itself");
}
