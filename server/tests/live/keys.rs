//! Keys that are issued and revoked while processes run that did neither.

use crate::support::{Crease, Stream, announcement, new_key, within};
use access::By;
use partners::{Kind, Mode, Record, key, organisation};
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
    let (ingest, edge) = (process(&test, "ingest"), process(&test, "edge"));
    let made = store.run_tx("test", async |tx| organisation::create(tx, "Paper", &by()).await);
    let organisation = made.await.unwrap().id;
    let (secret, _) = issued(store, &organisation, Kind::Secret).await;
    let id = fixture(&ingest, &secret).await;
    let path = format!("/v1/matches/{id}");

    for heard in ["by word", "by looking"] {
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
            assert_eq!(deaf.get::<_, i64>(0), 2);
        }
        store
            .run_tx("test", async |tx| key::revoke(tx, &organisation, &record.id, &by()).await)
            .await
            .unwrap();
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
        answers(&edge, &path, &text, StatusCode::UNAUTHORIZED).await;
        answers(&edge, &path, &other, StatusCode::OK).await;
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
