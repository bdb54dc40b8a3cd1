//! Keys that are issued and revoked while processes run that did neither.

use crate::support::{Crease, Server, Stream, announcement, database, new_key, within};
use access::By;
use partners::{Key, Kind, Mode, Overlap, Record, key, organisation};
use reqwest::StatusCode;
use serde_json::Value;
use store::Store;
use store::testing::TestStore;

fn process(test: &TestStore, role: &str) -> Crease {
    let mut program = Crease::program();
    program.arg(role).env("DATABASE_URL", test.url());
    program.env("CREASE__HTTP__LISTEN", "127.0.0.1:0").env("CREASE__SANDBOX__ENABLED", "false");
    Crease::listening(program)
}

/// How a key comes to its end.
#[derive(Clone, Copy, Debug)]
enum Ended {
    Revoked,
    /// Without an overlap.
    Rotated,
}

fn by() -> By {
    By::system("test", jiff::Timestamp::now())
}

/// A key of the organisation: its text and its record.
async fn issued(store: &Store, organisation: &str, kind: Kind) -> (String, Record) {
    let new = new_key(kind, Mode::Live);
    let issued =
        store.run_tx("test", async |tx| key::issue(tx, organisation, &new, &by()).await).await.unwrap();
    (issued.key.reveal().to_owned(), issued.record)
}

/// Until the process answers the key so.
async fn answers(process: &Crease, path: &str, key: &str, status: StatusCode) {
    let asked = async {
        let client = reqwest::Client::new();
        let url = format!("{}{path}", process.url);
        while client.get(&url).bearer_auth(key).send().await.unwrap().status() != status {}
    };
    within("the answer of a process that hears of a key", asked).await;
}

/// A match that can be read.
async fn fixture(ingest: &Crease, secret: &str) -> String {
    let created = reqwest::Client::new().post(format!("{}/v1/feed/matches", ingest.url)).bearer_auth(secret);
    let created = within("a match", async {
        loop {
            let answer = created.try_clone().unwrap().json(&announcement("one")).send().await.unwrap();
            if answer.status() != StatusCode::UNAUTHORIZED {
                return answer;
            }
        }
    });
    let created: Value = created.await.json().await.unwrap();
    created["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_is_good_and_revoked_on_every_process_and_its_open_streams_end() {
    let _already = rustls::crypto::ring::default_provider().install_default();
    let test = TestStore::new(server::role::MIGRATIONS).await;
    let store = test.store();
    let (ingest, edge, api) = (process(&test, "ingest"), process(&test, "edge"), process(&test, "api"));
    let made = store.run_tx("test", async |tx| organisation::create(tx, "Paper", &by()).await);
    let organisation = made.await.unwrap().id;
    let (secret, _) = issued(store, &organisation, Kind::Secret).await;
    let id = fixture(&ingest, &secret).await;
    let path = format!("/v1/matches/{id}");

    for (heard, ended) in [
        ("by word", Ended::Revoked),
        ("by word", Ended::Rotated),
        ("by looking", Ended::Revoked),
        ("by looking", Ended::Rotated),
    ] {
        let (text, record) = issued(store, &organisation, Kind::Publishable).await;
        let (other, _) = issued(store, &organisation, Kind::Publishable).await;
        answers(&edge, &path, &text, StatusCode::OK).await;
        answers(&edge, &path, &other, StatusCode::OK).await;
        let open = async |key: &str| {
            let request = reqwest::Client::new().get(format!("{}{path}/stream?key={key}", edge.url));
            let mut stream = Stream::of(request.send().await.unwrap());
            assert_eq!(stream.event().await.unwrap().name, "snapshot");
            stream
        };
        let (mut stream, mut kept) = (open(&text).await, open(&other).await);
        if heard == "by looking" {
            let deaf = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                where datname = current_database() and query like 'listen \"crease_keys\"'";
            let deaf = store.read("test", async |db| db.query_one(deaf, &[]).await).await.unwrap();
            assert!((1..=3).contains(&deaf.get::<_, i64>(0)), "some process listened");
        }
        let end = store.run_tx("test", async |tx| {
            match ended {
                Ended::Revoked => drop(key::revoke(tx, &organisation, &record.id, &by()).await?),
                Ended::Rotated => {
                    drop(key::rotate(tx, &organisation, &record.id, Overlap::None, &by()).await?);
                }
            }
            Ok::<_, partners::Error>(())
        });
        end.await.unwrap();
        let last = within("the end of the stream", async {
            let mut last = stream.event().await.unwrap();
            while let Some(event) = stream.event().await {
                last = event;
            }
            last
        });
        let last = last.await;
        assert_eq!(last.name, "bye");
        assert_eq!(wire::decode::<wire::Bye>(&last.data).unwrap().reason, "revoked");
        for process in [&edge, &api] {
            answers(process, &path, &text, StatusCode::UNAUTHORIZED).await;
            answers(process, &path, &other, StatusCode::OK).await;
        }
        let revoke_other = store.run_tx("test", async |tx| {
            let ids =
                tx.query("select id from partners.api_key where revoked_at is null and kind = 'pk'", &[]);
            for row in ids.await? {
                key::revoke(tx, &organisation, row.get(0), &by()).await?;
            }
            Ok::<_, partners::Error>(())
        });
        revoke_other.await.unwrap();
        within("the other stream's end", async { while kept.event().await.is_some() {} }).await;
    }
}

#[tokio::test]
async fn each_bad_key_is_refused_with_its_reason() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    let good = server.app.keys.find(&Key::parse(&keys.publishable).unwrap()).unwrap();
    let expired = Key::generate(Kind::Publishable, Mode::Live);
    let hour_ago = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1);
    server.app.keys.insert(&Record {
        id: "key_expired".to_owned(),
        sha256: expired.hash(),
        expires_at: Some(hour_ago),
        ..(*good).clone()
    });
    // Its checksum is right, and nobody issued it.
    let forged = Key::generate(Kind::Publishable, Mode::Live);
    let truncated = &keys.publishable[..keys.publishable.len() - 1];
    let mut mistyped = keys.publishable.clone();
    let last = if mistyped.ends_with('a') { "b" } else { "a" };
    mistyped.replace_range(mistyped.len() - 1.., last);
    for (text, status, code) in [
        (forged.reveal(), StatusCode::UNAUTHORIZED, "key_unknown"),
        (truncated, StatusCode::UNAUTHORIZED, "key_malformed"),
        (&mistyped, StatusCode::UNAUTHORIZED, "key_malformed"),
        (expired.reveal(), StatusCode::UNAUTHORIZED, "key_expired"),
    ] {
        for path in [format!("/v1/matches/{id}"), format!("/v1/matches/{id}/stream")] {
            let answer = server.get(&path, text).await;
            assert_eq!(answer.status(), status, "{code} {path}");
            let said = answer.text().await.unwrap();
            let said: Value = serde_json::from_str(&said).unwrap();
            assert_eq!(said["type"], format!("/problems/{}", code.replace('_', "-")), "{path}: {said}");
            assert!(!said.to_string().contains(&text[20..]), "{said}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_a_ticket_opened_ends_with_the_tickets_key() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    let (status, issued) = server.post("/v1/tickets", &keys.publishable, &serde_json::json!({})).await;
    assert_eq!(status, StatusCode::CREATED, "{issued}");
    let path = format!("/v1/matches/{id}/stream?key={}", issued["ticket"].as_str().unwrap());
    let mut stream = Stream::of(server.bare(reqwest::Method::GET, &path).send().await.unwrap());
    assert_eq!(stream.event().await.unwrap().name, "snapshot");
    server.app.revoke_key(&keys.publishable_id);
    let bye = within("the end", stream.event()).await.unwrap();
    assert_eq!(bye.name, "bye");
    let again = server.bare(reqwest::Method::GET, &path).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
}
