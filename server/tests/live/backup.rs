//! A backup is made while everything goes on, and put elsewhere: what it says is there, and works.

use crate::markets::{Floor, limit};
use crate::support::{Crease, Scene, Server, database, within};
use serde_json::Value;
use std::path::Path;
use store::postgres::{self, Embedded, Source};

/// `crease WORD FOLDER` on a database, or on one of its own: exit status, and what it said.
fn ran(word: &str, folder: &Path, data: &Path, database_url: Option<&str>) -> (Option<i32>, String) {
    let mut program = Crease::program();
    program.arg(word).arg(folder).env("CREASE__DATA__DIR", data);
    program.envs(database_url.map(|it| ("DATABASE_URL", it)));
    let (status, out, errors) = Crease::run(&mut program);
    (status, format!("{out}{errors}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_what_goes_on_is_restored_and_goes_on() {
    let database = database().await;
    let floor = Floor::open(&database).await;
    let server = &floor.here.server;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    let scene = Scene::innings(3, 5);
    let (before, after) = scene.commands.split_at(10);
    server.send(&keys, &id, before).await;
    let (_, sold) = floor.place(0, limit("sell", 120, 5)).await;
    floor.place(1, limit("buy", 130, 2)).await;
    server.app.markets.exchange.catch_up(&floor.market).await.unwrap();
    let kept = server.snapshot(&keys, &id).await;
    let elsewhere = Crease::data();
    let backup = elsewhere.path().join("backup");
    let data = server.app.config.data.dir.clone();
    let (status, said) = ran("backup", &backup, &data, Some(&database.url()));
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("1 markets"), "{said}");
    let (status, said) = ran("backup", &backup, &data, Some(&database.url()));
    assert!(status == Some(1) && said.contains("has something in it already"), "{said}");

    // It goes on, and all of that is lost.
    server.send(&keys, &id, after).await;
    floor.place(1, limit("buy", 130, 3)).await;
    let ahead = server.snapshot(&keys, &id).await;
    assert!(ahead.seq > kept.seq);

    let fresh = elsewhere.path().join("data");
    let (status, said) = ran("restore", &backup, &fresh, None);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("the books are right") && said.contains("1 markets"), "{said}");
    let (status, said) = ran("restore", &backup, &fresh, None);
    assert!(status == Some(1) && said.contains("the database has tables already"), "{said}");

    let private = postgres::open(&fresh, Source::Search, Embedded::Allowed).await.unwrap();
    let restored = Server::with(private.url().to_owned(), |config| config.data.dir.clone_from(&fresh)).await;
    assert_eq!(restored.snapshot(&keys, &id).await, kept);
    // Who has seen more than there is now begins anew, and then goes on.
    let last = format!("{}.{}", ahead.epoch, ahead.seq);
    let mut stream = restored.stream(&keys, &id, Some(&last)).await;
    assert_eq!(stream.resumed(), "snapshot");
    let event = stream.event().await.unwrap();
    assert_eq!(wire::decode::<wire::Snapshot>(&event.data).unwrap(), kept);
    restored.send(&keys, &id, after).await;
    assert_eq!(restored.snapshot(&keys, &id).await.seq, ahead.seq);
    // The market has what rests, and trades.
    let exchange = &restored.app.markets.exchange;
    // The lease of who wrote it when it was backed up ends by itself.
    within("the market's lease", async { while exchange.look().await.unwrap() == 0 {} }).await;
    let fan_id = floor.get("/v1/wallet").await["fan_id"].as_str().unwrap().to_owned();
    let sold = sold["id"].as_str().unwrap();
    let cancelled = exchange.cancel(&floor.market, &fan_id, sold).await.unwrap();
    assert_eq!((cancelled.state.word(), cancelled.filled, cancelled.left), ("cancelled", 2, 0));
    exchange.end().await;
}

#[tokio::test]
async fn what_is_no_whole_backup_is_not_restored() {
    let database = database().await;
    let elsewhere = Crease::data();
    let (backup, fresh) = (elsewhere.path().join("backup"), elsewhere.path().join("data"));
    let (status, said) = ran("backup", &backup, elsewhere.path(), Some(&database.url()));
    assert_eq!(status, Some(0), "{said}");
    let refused = |because: &str| {
        let (status, said) = ran("restore", &backup, &fresh, None);
        assert!(status == Some(1) && said.contains(because), "{said}");
        assert!(!fresh.exists(), "nothing was begun");
    };
    let manifest = backup.join("manifest.json");
    let whole = std::fs::read_to_string(&manifest).unwrap();
    let dump = backup.join("database.dump");
    let mut bytes = std::fs::read(&dump).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&dump, &bytes).unwrap();
    refused("database.dump is not what was backed up");
    let with = |change: &dyn Fn(&mut Value)| {
        let mut value: Value = serde_json::from_str(&whole).unwrap();
        change(&mut value);
        std::fs::write(&manifest, value.to_string()).unwrap();
    };
    with(&|it| it["files"]["../outside"] = it["files"]["database.dump"].clone());
    refused("../outside is no place in this backup");
    with(&|it| it["format"] = 2.into());
    refused("has the format 2");
    std::fs::remove_file(&manifest).unwrap();
    refused("without it this is no whole backup");
}
