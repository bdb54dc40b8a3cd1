//! Supervisors and their children.

use jobs::{Backoff, Child, Escalated, Restart, Strategy, Supervisor};
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// What children tell of themselves, and how a test ends them.
#[derive(Clone)]
struct Stage {
    said: mpsc::UnboundedSender<String>,
    ends: Arc<Mutex<HashMap<&'static str, oneshot::Sender<End>>>>,
}

enum End {
    Well,
    Fail,
    Panic,
}

impl Stage {
    fn new() -> (Stage, mpsc::UnboundedReceiver<String>) {
        let (said, heard) = mpsc::unbounded_channel();
        (Stage { said, ends: Arc::default() }, heard)
    }

    /// A child that says when it starts, and lives until the test or its supervisor ends it.
    fn child(&self, name: &'static str, restart: Restart) -> Child {
        let stage = self.clone();
        Child::new(name, restart, move |stop| stage.clone().act(name, stop))
    }

    async fn act(self, name: &'static str, stop: CancellationToken) -> Result<(), String> {
        let (end, ended) = oneshot::channel();
        self.ends.lock().expect("nobody panics").insert(name, end);
        self.say(format!("{name} starts"));
        tokio::select! {
            () = stop.cancelled() => {
                self.say(format!("{name} stops"));
                Ok(())
            }
            end = ended => match end {
                Ok(End::Well) => Ok(()),
                Ok(End::Panic) => panic!("{name} panics"),
                Ok(End::Fail) | Err(_) => Err(format!("{name} fails")),
            }
        }
    }

    fn say(&self, what: String) {
        let _ = self.said.send(what);
    }

    fn end(&self, name: &'static str, how: End) {
        let end = self.ends.lock().expect("nobody panics").remove(name).expect("the child lives");
        let _ = end.send(how);
    }
}

const PAUSE: Backoff = Backoff { first: Duration::ZERO, longest: Duration::ZERO };

fn supervisor(stage: &Stage, strategy: Strategy) -> Supervisor {
    let children = ["first", "second", "third"].map(|name| stage.child(name, Restart::Permanent));
    let supervisor = Supervisor::new("root", strategy).pause(PAUSE).intensity(2, Duration::from_secs(3600));
    children.into_iter().fold(supervisor, Supervisor::child)
}

/// The next things that are said.
async fn heard(heard: &mut mpsc::UnboundedReceiver<String>, count: usize) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(heard.recv().await.expect("somebody lives"));
    }
    all
}

/// Runs a supervisor beside a test of it, then stops it.
async fn with(supervisor: Supervisor, test: impl Future<Output = ()>) -> Result<(), Escalated> {
    let stop = CancellationToken::new();
    let run = tokio::spawn(supervisor.run(stop.clone()));
    test.await;
    stop.cancel();
    run.await.expect("a supervisor does not panic")
}

#[tokio::test]
async fn whoever_depends_on_a_failed_child_starts_again_with_it_and_all_stop_in_reverse() {
    let cases = [
        (Strategy::OneForOne, &["second starts"][..]),
        (Strategy::RestForOne, &["third stops", "second starts", "third starts"]),
        (
            Strategy::OneForAll,
            &["third stops", "first stops", "first starts", "second starts", "third starts"],
        ),
    ];
    for (strategy, expected) in cases {
        let (stage, mut said) = Stage::new();
        let test = async {
            assert_eq!(heard(&mut said, 3).await, ["first starts", "second starts", "third starts"]);
            for how in [End::Fail, End::Panic] {
                stage.end("second", how);
                let mut again = heard(&mut said, expected.len()).await;
                // Of those that start together, the order in which they come to say so is the scheduler's.
                let stopped = expected.iter().filter(|it| it.ends_with("stops")).count();
                again[stopped..].sort_unstable();
                let mut expected = expected.to_vec();
                expected[stopped..].sort_unstable();
                assert_eq!(again, expected, "{strategy:?}");
            }
        };
        with(supervisor(&stage, strategy), test).await.unwrap();
        assert_eq!(heard(&mut said, 3).await, ["third stops", "second stops", "first stops"]);
    }
}

#[tokio::test]
async fn a_child_that_fails_too_often_takes_its_supervisor_with_it_and_the_next_one_up_starts_that_again() {
    let (stage, mut said) = Stage::new();
    let within = stage.clone();
    let inner = move || supervisor(&within, Strategy::OneForOne);
    let root = Supervisor::new("top", Strategy::OneForOne).pause(PAUSE).child(Child::new(
        "inner",
        Restart::Permanent,
        move |stop| inner().run(stop),
    ));
    let test = async {
        heard(&mut said, 3).await;
        for _ in 0..2 {
            stage.end("first", End::Fail);
            assert_eq!(heard(&mut said, 1).await, ["first starts"]);
        }
        stage.end("first", End::Fail);
        let mut all = heard(&mut said, 5).await;
        all[2..].sort_unstable();
        assert_eq!(all, ["third stops", "second stops", "first starts", "second starts", "third starts"]);
    };
    with(root, test).await.unwrap();
    let (stage, mut said) = Stage::new();
    let alone = Supervisor::new("alone", Strategy::OneForOne).intensity(0, Duration::from_secs(1));
    let run =
        tokio::spawn(alone.child(stage.child("first", Restart::Permanent)).run(CancellationToken::new()));
    assert_eq!(said.recv().await.as_deref(), Some("first starts"));
    stage.end("first", End::Panic);
    let escalated = run.await.unwrap().unwrap_err().to_string();
    assert_eq!(
        escalated,
        "supervisor alone gave up: first panicked: first panics, and was started 0 times within 1s"
    );
}

#[tokio::test]
async fn a_child_starts_again_if_its_kind_says_so() {
    let (stage, mut said) = Stage::new();
    let root = Supervisor::new("root", Strategy::OneForOne)
        .pause(PAUSE)
        .child(stage.child("transient", Restart::Transient))
        .child(stage.child("temporary", Restart::Temporary));
    let run = tokio::spawn(root.run(CancellationToken::new()));
    heard(&mut said, 2).await;
    stage.end("temporary", End::Fail);
    stage.end("transient", End::Panic);
    assert_eq!(heard(&mut said, 1).await, ["transient starts"]);
    stage.end("transient", End::Well);
    // Nobody is left.
    run.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_child_that_does_not_stop_is_aborted_and_one_that_blocks_is_left_behind() {
    let (stage, mut said) = Stage::new();
    let (free, blocked) = std::sync::mpsc::channel::<()>();
    let blocked = Arc::new(Mutex::new(blocked));
    let told = stage.clone();
    let deaf = Child::new("deaf", Restart::Permanent, |_| std::future::pending::<Result<(), String>>());
    let blocks = Child::new("blocks", Restart::Permanent, move |_| {
        let (blocked, told) = (Arc::clone(&blocked), told.clone());
        async move {
            told.say("blocks".to_owned());
            let _ = blocked.lock().expect("nobody panics").recv();
            Ok::<_, String>(())
        }
    });
    let root = Supervisor::new("root", Strategy::OneForOne)
        .child(deaf.grace(Duration::from_millis(1)))
        .child(blocks.grace(Duration::from_millis(1)));
    with(root, async { drop(heard(&mut said, 1).await) }).await.unwrap();
    drop(free);
}
