//! The bus on a real Redis: one server, a Cluster, a master with its Sentinel.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

use std::time::Duration;
use store::testing::{TestCluster, TestRedis, TestSentinel};
use store::{Bucket, Channel, Heard, Hearing, Keep, Posting, Poured, Redis, Session, Sheet};

const KEEP: Keep = Keep { postings_min: 100, after_last: Duration::from_secs(60) };
const SCORES: Channel<'_> = Channel("mat_1");

/// What has to come about may take so long; machines that build at the same time are slow.
const DEADLINE: Duration = Duration::from_secs(30);

async fn within<T>(what: &str, fact: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, fact).await.unwrap_or_else(|_| panic!("{what}: not in time"))
}

async fn open(url: &str) -> (Session, Hearing) {
    Redis::at(url).unwrap().open().await.unwrap()
}

async fn listening(url: &str, channels: &[Channel<'_>]) -> (Session, Hearing) {
    let (session, mut hearing) = open(url).await;
    for channel in channels {
        session.listen(*channel).await.unwrap();
        let Some(Heard::Joined { channel: joined }) = hearing.next().await else { panic!("confirmed") };
        assert_eq!(Channel::named(&joined), Some(*channel));
    }
    (session, hearing)
}

fn posting(at: u64, payload: &[u8]) -> Posting<&[u8]> {
    Posting { at: (7, at), payload }
}

fn message(channel: Channel<'_>, payload: &[u8]) -> Option<Heard> {
    Some(Heard::Message { channel: format!("crease:{{{}}}", channel.0), payload: payload.into() })
}

/// The places of what is remembered from one on.
async fn remembered(session: &Session, channel: Channel<'_>, from: u64) -> Vec<u64> {
    let found = session.from(channel, (7, from)).await.unwrap();
    found.iter().map(|it| it.at.1).collect()
}

#[tokio::test]
async fn what_is_posted_is_heard_in_order_and_remembered_once() {
    let server = TestRedis::start().await.unwrap();
    let (_ear, mut heard) = listening(server.url(), &[SCORES, Channel("mat_2")]).await;
    let (session, _) = open(server.url()).await;
    let payloads: Vec<[u8; 2]> = (1..=50).map(|number| [number, 0xff]).collect();
    let postings: Vec<_> = (1..).zip(&payloads).map(|(at, payload)| posting(at, payload)).collect();
    session.post(SCORES, &postings[..30], KEEP).await.unwrap();
    // The answer was lost, so the sender sends again.
    session.post(SCORES, &postings[20..], KEEP).await.unwrap();
    session.say(Channel("mat_2"), b"look").await.unwrap();
    for payload in payloads[..30].iter().chain(&payloads[20..]) {
        assert_eq!(heard.next().await, message(SCORES, payload));
    }
    assert_eq!(heard.next().await, message(Channel("mat_2"), b"look"));
    assert_eq!(remembered(&session, SCORES, 1).await, Vec::from_iter(1..=50));
    let last = session.from(SCORES, (7, 49)).await.unwrap();
    assert_eq!(last[1], Posting { at: (7, 50), payload: vec![50, 0xff] });
    assert_eq!(session.from(SCORES, (8, 0)).await.unwrap(), []);
    assert_eq!(session.from(Channel("mat_2"), (0, 0)).await.unwrap(), [], "what is said is not remembered");
}

#[tokio::test]
async fn what_comes_late_is_heard_but_not_remembered_out_of_order() {
    let server = TestRedis::start().await.unwrap();
    let (session, mut heard) = listening(server.url(), &[SCORES]).await;
    session.post(SCORES, &[posting(1, b"1")], KEEP).await.unwrap();
    session.post(SCORES, &[posting(3, b"3")], KEEP).await.unwrap();
    session.post(SCORES, &[posting(2, b"2")], KEEP).await.unwrap();
    for payload in [b"1", b"3", b"2"] {
        assert_eq!(heard.next().await, message(SCORES, payload));
    }
    assert_eq!(remembered(&session, SCORES, 0).await, [1, 3]);
}

#[tokio::test]
async fn the_memory_is_bounded_in_number_and_in_time() {
    let server = TestRedis::start().await.unwrap();
    let (session, _) = open(server.url()).await;
    let postings: Vec<_> = (1..=1000).map(|at| posting(at, b"x")).collect();
    session.post(SCORES, &postings, KEEP).await.unwrap();
    let held = remembered(&session, SCORES, 0).await;
    assert!((100..=200).contains(&held.len()), "{} are held", held.len());
    assert_eq!(held.last(), Some(&1000));
    let briefly = Keep { after_last: Duration::from_millis(20), ..KEEP };
    session.post(SCORES, &[posting(1001, b"x")], briefly).await.unwrap();
    within("the memory goes", async { while !remembered(&session, SCORES, 0).await.is_empty() {} }).await;
}

#[tokio::test]
async fn a_session_whose_server_dies_says_so_and_another_one_finds_what_lasted() {
    let mut server = TestRedis::lasting().await.unwrap();
    let (session, mut heard) = listening(server.url(), &[SCORES]).await;
    session.post(SCORES, &[posting(1, b"before")], KEEP).await.unwrap();
    assert_eq!(heard.next().await, message(SCORES, b"before"));
    session.ping().await.unwrap();
    server.kill();
    assert_eq!(heard.next().await, Some(Heard::Lost));
    session.ping().await.unwrap_err();
    session.post(SCORES, &[posting(2, b"lost")], KEEP).await.unwrap_err();
    assert!(Redis::connect(server.url()).await.is_err());
    server.start_again().await.unwrap();
    let (session, mut heard) = listening(server.url(), &[SCORES]).await;
    session.post(SCORES, &[posting(2, b"after")], KEEP).await.unwrap();
    assert_eq!(heard.next().await, message(SCORES, b"after"));
    assert_eq!(remembered(&session, SCORES, 1).await, [1, 2]);
}

#[tokio::test]
async fn who_does_not_listen_is_told_that_messages_are_gone() {
    let server = TestRedis::start().await.unwrap();
    let (_ear, mut heard) = listening(server.url(), &[SCORES]).await;
    let (session, _) = open(server.url()).await;
    let postings: Vec<_> = (1..=5000).map(|at| posting(at, b"x")).collect();
    session.post(SCORES, &postings, KEEP).await.unwrap();
    within("the loss is told", async { while heard.next().await != Some(Heard::Lost) {} }).await;
}

#[tokio::test]
async fn who_leaves_a_channel_hears_it_no_more() {
    let server = TestRedis::start().await.unwrap();
    let (session, mut heard) = listening(server.url(), &[SCORES, Channel("mat_2")]).await;
    session.leave(SCORES).await.unwrap();
    assert_eq!(heard.next().await, Some(Heard::Left { channel: "crease:{mat_1}".into() }));
    session.say(SCORES, b"x").await.unwrap();
    session.say(Channel("mat_2"), b"y").await.unwrap();
    assert_eq!(heard.next().await, message(Channel("mat_2"), b"y"));
}

#[tokio::test]
async fn counts_are_summed_over_processes_and_vanish_with_them() {
    let server = TestRedis::start().await.unwrap();
    let (session, _) = open(server.url()).await;
    let sheet = |process| Sheet { group: "presence", process };
    let counts = |of_one, of_two| [("m1".to_owned(), of_one), ("m2".to_owned(), of_two)];
    let (long, short) = (Duration::from_secs(60), Duration::from_millis(20));
    session.write_sheet(sheet("one"), &counts(3, 4), 1_000, long).await.unwrap();
    session.write_sheet(sheet("two"), &counts(10, 0), 1_000, long).await.unwrap();
    assert_eq!(session.sum_sheets("presence", "m1").await.unwrap(), 13);
    assert_eq!(session.sum_sheets("presence", "m3").await.unwrap(), 0);
    assert_eq!(session.sum_sheets("nobody", "m1").await.unwrap(), 0);
    session.write_sheet(sheet("one"), &counts(1, 4)[..1], 2_000, short).await.unwrap();
    assert_eq!(session.sum_sheets("presence", "m2").await.unwrap(), 0, "the sheet was written anew");
    let gone = async { while session.sum_sheets("presence", "m1").await.unwrap() > 10 {} };
    within("the sheet of a process that writes no more goes", gone).await;
    // Once nobody writes them for long, names are forgotten too.
    session.write_sheet(sheet("two"), &[], 10_000_000, long).await.unwrap();
    assert_eq!(session.sum_sheets("presence", "m1").await.unwrap(), 0);
}

#[tokio::test]
async fn a_roll_has_those_who_say_that_they_are_there() {
    let server = TestRedis::start().await.unwrap();
    let (session, _) = open(server.url()).await;
    assert_eq!(session.call_roll("crew").await.unwrap(), []);
    let (long, short) = (Duration::from_secs(60), Duration::from_millis(20));
    session.enrol("crew", "ann", b"1", long).await.unwrap();
    session.enrol("crew", "bo", b"2", long).await.unwrap();
    session.enrol("crew", "ann", b"\xff3", long).await.unwrap();
    let mut crew = session.call_roll("crew").await.unwrap();
    crew.sort();
    assert_eq!(crew, [("ann".to_owned(), b"\xff3".to_vec()), ("bo".to_owned(), b"2".to_vec())]);
    session.strike("crew", "bo").await.unwrap();
    session.strike("crew", "nobody").await.unwrap();
    session.enrol("crew", "ann", b"4", short).await.unwrap();
    let gone = async { while !session.call_roll("crew").await.unwrap().is_empty() {} };
    within("who falls silent is struck off", gone).await;
    assert_eq!(session.call_roll("others").await.unwrap(), []);
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_an_error_that_says_so() {
    let missing = Redis::connect("redis+unix:///nowhere/redis.sock").await.err().expect("there is none");
    assert!(missing.to_string().starts_with("Redis cannot be reached: "), "{missing}");
    let nobody = Redis::connect("redis-sentinel://127.0.0.1:1/main").await.err().expect("there is none");
    assert!(nobody.to_string().starts_with("Redis cannot be reached: "), "{nobody}");
}

/// A channel on each node of the Cluster.
async fn channel_of(cluster: &TestCluster, node: usize) -> String {
    for number in 0.. {
        let name = format!("mat_{number}");
        if cluster.node_of(&format!("crease:{{{name}}}")).await.unwrap() == node {
            return name;
        }
    }
    unreachable!("every node has slots");
}

#[tokio::test]
async fn in_a_cluster_each_channel_lives_on_its_node_and_outlives_the_others() {
    let mut cluster = TestCluster::start().await.unwrap();
    let names = [channel_of(&cluster, 0).await, channel_of(&cluster, 1).await, channel_of(&cluster, 2).await];
    let channels = names.each_ref().map(|name| Channel(name));
    let (_ear, mut heard) = listening(&cluster.url(), &channels).await;
    let (session, _) = open(&cluster.url()).await;
    session.ping().await.unwrap();
    for channel in channels {
        session.post(channel, &[posting(1, b"1"), posting(2, b"2")], KEEP).await.unwrap();
        assert_eq!(heard.next().await, message(channel, b"1"));
        assert_eq!(heard.next().await, message(channel, b"2"));
        assert_eq!(remembered(&session, channel, 0).await, [1, 2]);
    }
    cluster.kill(1);
    within("the loss is told", async { while heard.next().await != Some(Heard::Lost) {} }).await;
    session.post(channels[0], &[posting(3, b"3")], KEEP).await.unwrap();
    let three = message(channels[0], b"3");
    within("the others go on", async { while heard.next().await != three {} }).await;
    session.post(channels[1], &[posting(3, b"3")], KEEP).await.unwrap_err();
    cluster.start_again(1).await.unwrap();
    let posted = async { while session.post(channels[1], &[posting(3, b"3")], KEEP).await.is_err() {} };
    within("it is used again", posted).await;
    assert_eq!(remembered(&session, channels[1], 0).await, [3], "it came back empty");
    let joined = Some(Heard::Joined { channel: format!("crease:{{{}}}", names[1]) });
    within("its channel is listened to again", async { while heard.next().await != joined {} }).await;
}

#[tokio::test]
async fn a_channel_that_moves_to_another_node_says_so_and_is_heard_there() {
    let cluster = TestCluster::start().await.unwrap();
    let name = channel_of(&cluster, 0).await;
    let channel = Channel(&name);
    let (ear, mut heard) = listening(&cluster.url(), &[channel]).await;
    let (session, _) = open(&cluster.url()).await;
    session.post(channel, &[posting(1, b"1")], KEEP).await.unwrap();
    assert_eq!(heard.next().await, message(channel, b"1"));
    cluster.move_slot_of(&format!("crease:{{{name}}}:tail"), 2).await.unwrap();
    let left = Some(Heard::Left { channel: format!("crease:{{{name}}}") });
    within("it is told", async { while heard.next().await != left {} }).await;
    ear.listen(channel).await.unwrap();
    session.post(channel, &[posting(2, b"2")], KEEP).await.unwrap();
    let two = message(channel, b"2");
    within("it is heard again", async { while heard.next().await != two {} }).await;
    assert_eq!(remembered(&session, channel, 0).await, [1, 2], "its memory moved along");
}

#[tokio::test]
async fn when_a_sentinel_gives_the_master_another_place_a_new_session_finds_it() {
    let mut servers = TestSentinel::start().await.unwrap();
    let (session, mut heard) = listening(&servers.url(), &[SCORES]).await;
    session.post(SCORES, &[posting(1, b"1")], KEEP).await.unwrap();
    assert_eq!(heard.next().await, message(SCORES, b"1"));
    servers.kill_master();
    assert_eq!(heard.next().await, Some(Heard::Lost));
    let redis = Redis::at(&servers.url()).unwrap();
    let (session, _hearing) = within("the replica takes over", async {
        loop {
            if let Ok(opened) = redis.open().await {
                break opened;
            }
        }
    })
    .await;
    session.post(SCORES, &[posting(2, b"2")], KEEP).await.unwrap();
    assert_eq!(remembered(&session, SCORES, 0).await.last(), Some(&2));
}

/// Buckets that hold 50, of which each takes `drains` to drain.
fn bucket(name: &str, drains: Duration) -> Bucket<'_> {
    Bucket { name, holds: drains * 50 }
}

/// How many of 200 are let in that come at once, half of them by each session.
async fn let_in(sessions: [&Session; 2], bucket: Bucket<'_>) -> usize {
    let pours = (0..200).map(|at| sessions[at % 2].pour(bucket, bucket.holds / 50));
    let poured = futures_util::future::try_join_all(pours).await.unwrap();
    poured.iter().filter(|it| it.fits).count()
}

#[tokio::test]
async fn a_bucket_takes_what_it_holds_however_many_pour_at_once() {
    let server = TestRedis::start().await.unwrap();
    let ((one, _), (two, _)) = (open(server.url()).await, open(server.url()).await);
    let slow = Duration::from_secs(60);
    assert_eq!(let_in([&one, &two], bucket("a", slow)).await, 50);
    assert_eq!(let_in([&one, &two], bucket("b", slow)).await, 50, "another name, another bucket");
    let full = one.pour(bucket("a", slow), slow).await.unwrap();
    assert!(!full.fits && full.level > slow * 49 && full.level <= slow * 50, "{full:?}");
    let looked = two.pour(bucket("a", slow), Duration::ZERO).await.unwrap();
    assert!(looked.fits && looked.level <= full.level, "looking pours nothing: {looked:?}");
    let smaller = Bucket { name: "a", holds: slow };
    let poured = one.pour(smaller, Duration::ZERO).await.unwrap();
    assert_eq!(poured, Poured { fits: true, level: slow }, "never fuller than full");
    let much = one.pour(bucket("c", slow), slow * 51).await.unwrap();
    assert_eq!(much, Poured { fits: false, level: Duration::ZERO }, "what never fits leaves nothing behind");
}

#[tokio::test]
async fn a_bucket_drains_with_time_and_goes_once_it_is_empty() {
    let server = TestRedis::start().await.unwrap();
    let (session, _) = open(server.url()).await;
    let brief = Bucket { name: "brief", holds: Duration::from_millis(20) };
    assert!(session.pour(brief, brief.holds).await.unwrap().fits);
    let drained = async { while !session.pour(brief, Duration::from_millis(15)).await.unwrap().fits {} };
    within("it drains", drained).await;
    let client = redis::Client::open(server.url()).unwrap();
    let mut raw = client.get_multiplexed_async_connection().await.unwrap();
    let mut gone = async || {
        redis::cmd("EXISTS").arg("crease:{brief}:level").query_async::<u8>(&mut raw).await.unwrap() == 0
    };
    within("it goes", async { while !gone().await {} }).await;
    assert_eq!(
        session.pour(brief, Duration::ZERO).await.unwrap(),
        Poured { fits: true, level: Duration::ZERO }
    );
    assert!(gone().await, "looking makes none");
    // Whatever somebody else has put there, it is no reason to refuse.
    let spoil = redis::cmd("SET").arg("crease:{brief}:level").arg("soup").to_owned();
    spoil.query_async::<()>(&mut raw).await.unwrap();
    assert!(session.pour(brief, brief.holds).await.unwrap().fits);
}

#[tokio::test]
async fn a_server_that_forgot_the_script_is_told_it_again() {
    let mut server = TestRedis::start().await.unwrap();
    let (session, _) = open(server.url()).await;
    let minute = Duration::from_secs(60);
    assert!(session.pour(bucket("a", minute), minute).await.unwrap().fits);
    let client = redis::Client::open(server.url()).unwrap();
    let mut raw = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("SCRIPT").arg("FLUSH").query_async::<()>(&mut raw).await.unwrap();
    let second = session.pour(bucket("a", minute), minute).await.unwrap();
    assert!(second.fits && second.level > minute, "{second:?}");
    server.kill();
    session.pour(bucket("a", minute), minute).await.unwrap_err();
    server.start_again().await.unwrap();
    let (session, _) = open(server.url()).await;
    let after = session.pour(bucket("a", minute), minute).await.unwrap();
    assert_eq!(after, Poured { fits: true, level: minute }, "it came back empty");
}

#[tokio::test]
async fn in_a_cluster_buckets_are_spread_and_those_of_a_living_node_go_on() {
    let mut cluster = TestCluster::start().await.unwrap();
    let names = [channel_of(&cluster, 0).await, channel_of(&cluster, 1).await, channel_of(&cluster, 2).await];
    let ((one, _), (two, _)) = (open(&cluster.url()).await, open(&cluster.url()).await);
    let minute = Duration::from_secs(60);
    for (node, name) in names.iter().enumerate() {
        let key = format!("crease:{{{name}}}:level");
        assert_eq!(cluster.node_of(&key).await.unwrap(), node, "the name alone chooses");
        // Each has a connection to the node, and the node has the script, before two hundred come at once.
        for session in [&one, &two] {
            session.pour(bucket(name, minute), Duration::ZERO).await.unwrap();
        }
        assert_eq!(let_in([&one, &two], bucket(name, minute)).await, 50);
    }
    cluster.kill(1);
    one.pour(bucket(&names[1], minute), minute).await.unwrap_err();
    assert!(!one.pour(bucket(&names[0], minute), minute).await.unwrap().fits);
    assert!(two.pour(bucket(&names[2], minute), Duration::ZERO).await.unwrap().fits);
}
