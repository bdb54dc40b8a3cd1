//! What partners' servers are told of matches: each moment once, whoever reads, and nothing of what a correction changed.

use crate::support::{Scene, Server, database, within};
use partners::webhook::{self, Destination, Kind, Reach, Settings};
use partners::{Mode, organisation};
use serde_json::Value;
use server::feed::sandbox;
use server::moments::Follower;
use std::time::Duration;
use store::{Clock, Store};
use tokio::task::JoinHandle;

/// Messages that were written, the oldest first: kind and data.
async fn messages(store: &Store) -> Vec<(String, Value)> {
    let sql = "select kind, body from partners.webhook_message order by id";
    let rows = store.read("test", async |db| db.query(sql, &[]).await).await.unwrap();
    let data = |text: &str| serde_json::from_str::<Value>(text).unwrap()["data"].clone();
    rows.iter().map(|row| (row.get("kind"), data(row.get("body")))).collect()
}

async fn listen(server: &Server, mode: Mode) {
    let now = server.app.clock.now();
    let by = access::By::system("test", now);
    let made = server.app.store.run_tx("test", async |tx| {
        let organisation = organisation::create(tx, "Listener", &by).await.unwrap();
        let destination = Destination::parse("https://shop.example/hooks", Reach::Public)?;
        let settings = Settings { destination: &destination, kinds: &Kind::WANTED, description: "" };
        webhook::create(tx, &server.app.seal, &organisation.id, mode, &settings, &by).await
    });
    made.await.unwrap();
}

/// Plays the sandbox match to its result as fast as it goes.
fn play(server: &Server) -> JoinHandle<()> {
    let settings = server::config::Sandbox { enabled: true, seed: 7, ball_ms: 1, result_ms: 3_600_000 };
    tokio::spawn(sandbox::play(server.app.feed.clone(), settings, server.app.shutdown.clone()))
}

fn follower(server: &Server) -> Follower {
    Follower::new(server.app.store.clone(), server.app.clock.clone())
}

#[tokio::test]
async fn each_moment_of_a_match_is_told_once_though_two_processes_read() {
    let database = database().await;
    let server = Server::start(&database).await;
    listen(&server, Mode::Test).await;
    listen(&server, Mode::Live).await;
    let playing = play(&server);
    let (mut one, mut two) = (follower(&server), follower(&server));
    let told = within("the result", async {
        loop {
            let (a, b) = tokio::join!(one.look(), two.look());
            a.unwrap();
            b.unwrap();
            let told = messages(&server.app.store).await;
            if told.iter().any(|it| it.0 == "match.result") {
                break told;
            }
        }
    });
    let told = told.await;
    playing.abort();
    let id = sandbox::ensure(&server.app.feed).await.unwrap();
    let topic = server.app.hub.topic(&id).await.unwrap();
    let innings = topic.snapshot().state.innings.iter().map(|it| usize::from(it.wickets)).collect::<Vec<_>>();
    let count = |kind: &str| told.iter().filter(|it| it.0 == kind).count();
    assert_eq!((count("match.started"), count("match.result")), (1, 1));
    assert_eq!(count("match.innings_break"), innings.len() - 1);
    assert_eq!(count("match.wicket"), innings.iter().sum::<usize>());
    assert_eq!((told[0].0.as_str(), &told[0].1["match"]), ("match.started", &Value::from(id)));
    let result = &told.last().unwrap().1;
    assert!(
        result["status"].as_str().unwrap().contains("won")
            || result["status"].as_str().unwrap().contains("tied")
    );
    assert_eq!(result["scores"].as_array().unwrap().len(), innings.len());

    // Who comes later, with nothing folded, tells nothing anew.
    assert_eq!(follower(&server).look().await.unwrap(), 0);
    assert_eq!(messages(&server.app.store).await.len(), told.len());
}

#[tokio::test]
async fn what_happened_before_anybody_read_is_history() {
    let database = database().await;
    let server = Server::start(&database).await;
    listen(&server, Mode::Test).await;
    let playing = play(&server);
    let id = sandbox::ensure(&server.app.feed).await.unwrap();
    within("some balls", async {
        while server.app.hub.topic(&id).await.unwrap().snapshot().state.innings.is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    playing.abort();
    let later = server.app.clock.now() + Duration::from_secs(11 * 60);
    let mut late = Follower::new(server.app.store.clone(), Clock::manual(later));
    assert_eq!(late.look().await.unwrap(), 0);
    assert_eq!(follower(&server).look().await.unwrap(), 0, "it was read, and told to nobody");
    assert!(messages(&server.app.store).await.is_empty());
}

#[tokio::test]
async fn a_match_that_cannot_be_read_silences_no_other() {
    let database = database().await;
    let server = Server::start(&database).await;
    listen(&server, Mode::Live).await;
    let keys = server.partner().await;
    let (broken, whole) = (server.announce(&keys, "Broken").await, server.announce(&keys, "Whole").await);
    let scene = Scene::innings(1, 7);
    for id in [&broken, &whole] {
        server.send(&keys, id, &scene.commands[..2]).await;
    }
    let spoil = "update server.command set body = 'no command' where match_id = $1 and seq = 1";
    let spoilt = server.app.store.run_tx("test", async |tx| tx.execute(spoil, &[&broken]).await).await;
    assert_eq!(spoilt.unwrap(), 1);

    let mut follower = follower(&server);
    for look in ["the first", "another"] {
        assert!(follower.look().await.is_ok(), "{look} goes on");
    }
    let told = messages(&server.app.store).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].0.as_str(), &told[0].1["match"]), ("match.started", &Value::from(whole)));
}
