//! Calls, within a process and over real connections.

use jobs::MIGRATIONS;
use jobs::rpc::{Call, CallError, Caller, Registry, Server, Service, Terms};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use store::Redis;
use store::testing::{TestRedis, TestStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

struct Echo;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    text: String,
    by: String,
}

impl Service for Echo {
    const NAME: &'static str = "echo";
    type Request = String;
    type Reply = Said;
}

/// The same service as a program of another mind has it.
struct Number;

impl Service for Number {
    const NAME: &'static str = "echo";
    type Request = u64;
    type Reply = u64;
}

struct Unserved;

impl Service for Unserved {
    const NAME: &'static str = "unserved";
    type Request = ();
    type Reply = ();
}

/// A server that a test stops, or lets fall.
struct Running {
    stop: CancellationToken,
    task: JoinHandle<Result<(), jobs::Error>>,
}

/// What servers tell, and what their slow calls wait for.
#[derive(Clone)]
struct Stage {
    begun: mpsc::UnboundedSender<String>,
    dropped: mpsc::UnboundedSender<()>,
    go_on: Arc<Semaphore>,
}

type Heard = (mpsc::UnboundedReceiver<String>, mpsc::UnboundedReceiver<()>);

fn stage() -> (Stage, Heard) {
    let (begun, heard) = mpsc::unbounded_channel();
    let (dropped, gone) = mpsc::unbounded_channel();
    (Stage { begun, dropped, go_on: Arc::new(Semaphore::new(0)) }, (heard, gone))
}

struct Told(mpsc::UnboundedSender<()>);

impl Drop for Told {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

fn serve(net: &Net, stage: &Stage, name: &'static str, in_flight_max: usize) -> Running {
    let stage = stage.clone();
    let server = Server::new("127.0.0.1:0".parse().expect("an address")).in_flight_max(in_flight_max);
    let server = server.serve::<Echo, _, _>(move |text, _: Call| {
        let stage = stage.clone();
        async move {
            let _told = Told(stage.dropped);
            let _ = stage.begun.send(name.to_owned());
            match text.as_str() {
                "slow" => stage.go_on.acquire().await.expect("it is not closed").forget(),
                "refuse" => return Err("not for you".to_owned()),
                "panic" => panic!("it cannot"),
                "large" => return Ok(Said { text: "x".repeat(2 << 20), by: name.to_owned() }),
                _ => {}
            }
            Ok(Said { text, by: name.to_owned() })
        }
    });
    let server = match net.advertise {
        Some(address) => server.advertise(address),
        None => server,
    };
    let stop = CancellationToken::new();
    let task = tokio::spawn(server.run(net.registry.clone(), stop.clone()));
    Running { stop, task }
}

async fn ask(caller: &Caller, text: &str) -> Result<Said, CallError> {
    caller.call::<Echo>(&text.to_owned(), &Terms::default()).await
}

/// Until somebody serves: whoever starts is in the registry soon.
async fn ask_until_served(caller: &Caller, text: &str) -> Said {
    loop {
        match ask(caller, text).await {
            Ok(said) => return said,
            Err(CallError::Nobody { .. }) => tokio::task::yield_now().await,
            Err(other) => panic!("{other}"),
        }
    }
}

/// Where servers are found, and whether they can be reached where they say that they are.
#[derive(Clone)]
struct Net {
    registry: Registry,
    advertise: Option<std::net::SocketAddr>,
}

impl Net {
    fn at(registry: Registry) -> Net {
        Net { registry, advertise: None }
    }

    /// Nobody listens at the address that its servers give.
    fn walled(registry: Registry) -> Net {
        Net { registry, advertise: Some("127.0.0.1:1".parse().expect("an address")) }
    }
}

/// Within the process; over connections, found in PostgreSQL and in Redis; and by way of Redis.
async fn everywhere(test: impl AsyncFn(Net)) {
    test(Net::at(Registry::local())).await;
    let store = TestStore::new(&[MIGRATIONS]).await;
    test(Net::at(Registry::postgres(store.store()))).await;
    let server = TestRedis::start().await.expect("a Redis");
    let redis = Redis::at(server.url()).expect("its address");
    test(Net::at(Registry::redis(&redis))).await;
    let other = TestStore::new(&[MIGRATIONS]).await;
    test(Net::walled(Registry::postgres(other.store()).or_by_way_of(&redis))).await;
}

#[tokio::test]
async fn a_call_has_a_reply_or_says_why_not() {
    everywhere(async |net| {
        let (stage, _heard) = stage();
        let caller = Caller::new(net.registry.clone());
        assert_eq!(ask(&caller, "hello").await, Err(CallError::Nobody { service: "echo" }));
        let _server = serve(&net, &stage, "one", 8);
        let said = Said { text: "hello".to_owned(), by: "one".to_owned() };
        assert_eq!(ask_until_served(&caller, "hello").await, said);
        let refused = ask(&caller, "refuse").await.unwrap_err();
        assert_eq!(refused, CallError::Refused { service: "echo", reason: "not for you".to_owned() });
        assert_eq!(ask(&caller, "panic").await.unwrap_err().to_string(), "echo refused: it panicked");
        let large = ask(&caller, "large").await.unwrap_err().to_string();
        assert!(large.ends_with("more than 1048576"), "{large}");
        let large = ask(&caller, &"x".repeat(2 << 20)).await.unwrap_err().to_string();
        assert_eq!(large, "echo: the request has 2097154 bytes, more than 1048576");
        let other = caller.call::<Number>(&7, &Terms::default()).await.unwrap_err().to_string();
        assert!(other.starts_with("echo: it cannot read the request: invalid type: integer `7`"), "{other}");
        let nobody = caller.call::<Unserved>(&(), &Terms::default()).await;
        assert_eq!(nobody, Err(CallError::Nobody { service: "unserved" }));
        assert_eq!(ask(&caller, "hello").await, Ok(said), "and goes on");
    })
    .await;
}

#[tokio::test]
async fn a_call_that_is_late_or_not_wanted_any_more_is_ended_where_it_runs() {
    everywhere(async |net| {
        let (stage, (mut begun, mut dropped)) = stage();
        let caller = Caller::new(net.registry.clone());
        let _server = serve(&net, &stage, "one", 8);
        ask_until_served(&caller, "hello").await;
        begun.recv().await;
        dropped.recv().await;
        let terms = Terms { within: Duration::from_millis(20), ..Terms::default() };
        let late = caller.call::<Echo>(&"slow".to_owned(), &terms).await;
        assert_eq!(late, Err(CallError::Late { service: "echo", within_ms: 20 }));
        dropped.recv().await.expect("its handler has ended");
        tokio::select! {
            biased;
            said = ask(&caller, "slow") => panic!("{said:?}"),
            _ = async { begun.recv().await; begun.recv().await } => {}
        }
        dropped.recv().await.expect("its handler has ended");
    })
    .await;
}

#[tokio::test]
async fn who_has_too_many_calls_is_passed_over_and_says_so_where_all_have() {
    everywhere(async |net| {
        let (stage, (mut begun, _dropped)) = stage();
        let caller = Caller::new(net.registry.clone());
        let _servers = [serve(&net, &stage, "one", 1), serve(&net, &stage, "two", 1)];
        ask_until_served(&caller, "hello").await;
        begun.recv().await;
        // While one is busy, the other is asked as soon as it is known.
        let other = async {
            begun.recv().await;
            while ask(&caller, "hello").await.is_err() {
                tokio::task::yield_now().await;
            }
            stage.go_on.add_permits(1);
        };
        let (said, ()) = tokio::join!(ask(&caller, "slow"), other);
        said.expect("a reply");
        while begun.try_recv().is_ok() {}
        let full = async {
            begun.recv().await;
            begun.recv().await;
            let refused = ask(&caller, "hello").await;
            assert_eq!(refused, Err(CallError::Overloaded { service: "echo", servers: 2 }));
            stage.go_on.add_permits(2);
        };
        let (one, two, ()) = tokio::join!(ask(&caller, "slow"), ask(&caller, "slow"), full);
        assert_ne!(one.unwrap().by, two.unwrap().by);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_stops_ends_its_calls_and_takes_no_more() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let net = Net::at(Registry::postgres(test.store()));
    let (stage, (mut begun, _dropped)) = stage();
    let caller = Caller::new(net.registry.clone());
    let first = serve(&net, &stage, "one", 8);
    ask_until_served(&caller, "hello").await;
    begun.recv().await;
    let _second = serve(&net, &stage, "two", 8);
    let stopping = async {
        begun.recv().await;
        first.stop.cancel();
        // The other one is heard of, and gets all.
        while ask_until_served(&caller, "hello").await.by == "one" {
            tokio::task::yield_now().await;
        }
        stage.go_on.add_permits(1);
    };
    let (slow, ()) = tokio::join!(ask(&caller, "slow"), stopping);
    assert_eq!(slow.unwrap(), Said { text: "slow".to_owned(), by: "one".to_owned() });
    first.task.await.unwrap().unwrap();
    let row =
        test.store().read("test", async |db| db.query_one("select count(*) from jobs.server", &[]).await);
    assert_eq!(row.await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn a_call_on_a_lost_connection_is_made_again_only_where_that_does_no_harm() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let net = Net::at(Registry::postgres(test.store()));
    let (stage, (mut begun, _dropped)) = stage();
    let caller = Caller::new(net.registry.clone());
    for is_idempotent in [false, true] {
        let falls = serve(&net, &stage, "falls", 8);
        while ask_until_served(&caller, "hello").await.by != "falls" {}
        while begun.try_recv().is_ok() {}
        let terms = Terms { is_idempotent, within: Duration::from_secs(30) };
        let slow = "slow".to_owned();
        let calling = caller.call::<Echo>(&slow, &terms);
        let falling = async {
            assert_eq!(begun.recv().await.as_deref(), Some("falls"));
            // As a process that is killed.
            falls.task.abort();
        };
        let (said, ()) = tokio::join!(calling, falling);
        if is_idempotent {
            // Nobody else is there.
            assert_eq!(said, Err(CallError::Nobody { service: "echo" }));
        } else {
            assert_eq!(said, Err(CallError::Lost { service: "echo" }));
        }
        let gone =
            test.store().run_tx("test", async |tx| tx.execute("delete from jobs.server", &[]).await).await;
        assert_eq!(gone.unwrap(), 1);
    }
    let (_one, falls) = (serve(&net, &stage, "one", 64), serve(&net, &stage, "falls", 64));
    let mut by = BTreeSet::new();
    while by.len() < 2 {
        by.insert(ask_until_served(&caller, "hello").await.by);
    }
    while begun.try_recv().is_ok() {}
    let terms = Terms { is_idempotent: true, within: Duration::from_secs(30) };
    let slow = "slow".to_owned();
    let calls = (0..16).map(|_| caller.call::<Echo>(&slow, &terms));
    let all = futures_util::future::join_all(calls);
    let falling = async {
        for _ in 0..16 {
            begun.recv().await;
        }
        falls.task.abort();
        // Also for those that took theirs and fell.
        stage.go_on.add_permits(64);
    };
    let (said, ()) = tokio::join!(all, falling);
    for said in said {
        assert_eq!(said.unwrap().text, "slow");
    }
}

#[tokio::test]
async fn who_does_not_know_the_token_gets_nothing() {
    let test = TestStore::new(&[MIGRATIONS]).await;
    let net = Net::at(Registry::postgres(test.store()));
    let (stage, (mut begun, _dropped)) = stage();
    let _server = serve(&net, &stage, "one", 8);
    ask_until_served(&Caller::new(net.registry.clone()), "hello").await;
    begun.recv().await;
    let row =
        test.store().read("test", async |db| db.query_one("select address from jobs.server", &[]).await);
    let address: String = row.await.unwrap().get(0);
    let frame = |kind: u8, body: &[u8]| {
        let mut bytes = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
        bytes.push(kind);
        bytes.extend_from_slice(&1_u64.to_le_bytes());
        bytes.extend_from_slice(body);
        bytes
    };
    let request = frame(1, b"\xff\xff\0\0\x04echo\0\"hello\"");
    let wrong = [frame(0, &[7; 32]), request.clone()].concat();
    let long = frame(0, &[7; 4096]);
    for sent in [request, wrong, long, vec![0xff; 64], b"GET / HTTP/1.1\r\n\r\n".to_vec()] {
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        stream.write_all(&sent).await.unwrap();
        let mut answer = Vec::new();
        // A reset is an end, too.
        let _ = stream.read_to_end(&mut answer).await;
        assert_eq!(answer, b"", "{sent:?}");
    }
    assert!(begun.try_recv().is_err(), "nothing was called");
}

#[tokio::test]
async fn a_server_that_is_reached_by_way_of_redis_and_falls_silent_loses_its_calls() {
    let server = TestRedis::start().await.unwrap();
    let net = Net::walled(Registry::redis(&Redis::at(server.url()).unwrap()));
    let (stage, (mut begun, _dropped)) = stage();
    let caller = Caller::new(net.registry.clone());
    let falls = serve(&net, &stage, "falls", 8);
    ask_until_served(&caller, "hello").await;
    begun.recv().await;
    let terms = Terms { within: Duration::from_secs(30), ..Terms::default() };
    let slow = "slow".to_owned();
    let falling = async {
        begun.recv().await;
        falls.task.abort();
    };
    let (said, ()) = tokio::join!(caller.call::<Echo>(&slow, &terms), falling);
    assert_eq!(said, Err(CallError::Lost { service: "echo" }));
    let _other = serve(&net, &stage, "other", 8);
    assert_eq!(ask_until_served(&caller, "hello").await.by, "other");
}

#[tokio::test]
async fn calls_go_on_after_redis_was_away_whether_they_went_by_way_of_it_or_not() {
    let mut redises = [TestRedis::start().await.unwrap(), TestRedis::start().await.unwrap()];
    let [one, other] = [0, 1].map(|at| Registry::redis(&Redis::at(redises[at].url()).unwrap()));
    let (stage, _heard) = stage();
    let (near, far) = (Net::at(one), Net::walled(other));
    let (callers, servers) = (
        [&near, &far].map(|it| Caller::new(it.registry.clone())),
        [&near, &far].map(|it| serve(it, &stage, "one", 8)),
    );
    for caller in &callers {
        ask_until_served(caller, "hello").await;
    }
    redises.iter_mut().for_each(TestRedis::kill);
    // Whom one has a connection to is still called, though nobody knows any more who is there.
    let within = Terms { within: Duration::from_secs(10), ..Terms::default() };
    let large = "x".repeat(100_000);
    assert_eq!(callers[0].call::<Echo>(&large, &within).await.unwrap().text, large);
    let lost = callers[1].call::<Echo>(&large, &within).await.unwrap_err();
    assert!(matches!(lost, CallError::Lost { .. } | CallError::Nobody { .. }), "{lost}");
    for redis in &mut redises {
        redis.start_again().await.unwrap();
    }
    for caller in &callers {
        let again = loop {
            match caller.call::<Echo>(&large, &within).await {
                Ok(said) => break said,
                Err(CallError::Nobody { .. } | CallError::Lost { .. }) => tokio::task::yield_now().await,
                Err(other) => panic!("{other}"),
            }
        };
        assert_eq!(again.text, large);
    }
    for one in servers {
        one.stop.cancel();
        one.task.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn nothing_is_left_in_redis_of_a_server_that_could_not_be_reached_by_way_of_it_either() {
    let server = TestRedis::start().await.unwrap();
    let redis = Redis::at(server.url()).unwrap();
    let test = TestStore::new(&[MIGRATIONS]).await;
    // It says where it is, and does not listen there.
    let silent = Net::walled(Registry::postgres(test.store()));
    let (stage, _heard) = stage();
    let _server = serve(&silent, &stage, "silent", 8);
    let caller = Caller::new(Registry::postgres(test.store()).or_by_way_of(&redis));
    let registered = "select count(*) from jobs.server";
    while test
        .store()
        .read("test", async |db| db.query_one(registered, &[]).await)
        .await
        .unwrap()
        .get::<_, i64>(0)
        == 0
    {
        tokio::task::yield_now().await;
    }
    for _ in 0..2 {
        assert_eq!(ask(&caller, "hello").await, Err(CallError::Nobody { service: "echo" }));
    }
    assert_eq!(channels(&server), 0);
}

/// How many channels anybody listens to; Redis 7 has some that live where their keys do.
fn channels(server: &TestRedis) -> usize {
    let socket = server.url().strip_prefix("redis+unix://").expect("a socket");
    let count = |kind: &str| {
        let asked = std::process::Command::new("redis-cli").args(["-s", socket, "pubsub", kind]).output();
        let names = String::from_utf8(asked.expect("redis-cli runs").stdout).expect("names");
        names.lines().filter(|it| it.starts_with("crease:")).count()
    };
    count("channels") + count("shardchannels")
}

#[tokio::test]
async fn a_caller_by_way_of_redis_that_goes_leaves_the_others_their_connections() {
    let server = TestRedis::start().await.unwrap();
    let net = Net::walled(Registry::redis(&Redis::at(server.url()).unwrap()));
    let (stage, (mut begun, _dropped)) = stage();
    let _server = serve(&net, &stage, "one", 8);
    let [stays, goes] = [0, 1].map(|_| Caller::new(net.registry.clone()));
    for caller in [&stays, &goes] {
        ask_until_served(caller, "hello").await;
        begun.recv().await;
    }
    assert_eq!(channels(&server), 3);
    let terms = Terms { within: Duration::from_secs(30), ..Terms::default() };
    let slow = "slow".to_owned();
    let going = async {
        begun.recv().await;
        drop(goes);
        while channels(&server) == 3 {
            tokio::task::yield_now().await;
        }
        stage.go_on.add_permits(1);
    };
    let (said, ()) = tokio::join!(stays.call::<Echo>(&slow, &terms), going);
    assert_eq!(said.unwrap().text, "slow");
}
