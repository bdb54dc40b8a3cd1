//! Balls told in tones: to those who follow in one, beside the updates, whoever comes when.

use crate::support::{Crease, Event, Keys, Scene, Server, Stream, database, sent};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::testing::TestStore;
use tokio::task::JoinHandle;

/// A server that brings lines to its streams, and a process that has balls told.
struct Desk {
    server: Server,
    keys: Keys,
    following: JoinHandle<()>,
    database: TestStore,
    _worker: Crease,
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.following.abort();
    }
}

impl Desk {
    async fn new() -> Self {
        let database = database().await;
        let server = Server::start(&database).await;
        let keys = server.partner().await;
        let following = tokio::spawn(server::tones::follow(server.app.clone()));
        let mut program = Crease::program();
        program.arg("worker").env("DATABASE_URL", database.url()).env("CREASE__HTTP__LISTEN", "127.0.0.1:0");
        let _worker = Crease::listening(program);
        Self { server, keys, following, database, _worker }
    }

    async fn follow(&self, id: &str, query: &str, last: Option<&str>) -> Stream {
        let path = format!("/v1/matches/{id}/stream{query}");
        let mut request = self.server.request(Method::GET, &path, &self.keys.secret);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        Stream::of(request.send().await.unwrap())
    }

    async fn balls(&self, id: &str, query: &str) -> Value {
        self.server.json(&format!("/v1/matches/{id}/balls{query}"), &self.keys.secret).await
    }
}

fn data(event: &Event) -> Value {
    serde_json::from_str(&event.data).unwrap()
}

/// What is told until a line of each of these balls was.
async fn lines(stream: &mut Stream, balls: &[u64]) -> Vec<Value> {
    let mut lines: Vec<Value> = Vec::new();
    while !balls.iter().all(|ball| lines.iter().any(|it| it["ball"] == *ball)) {
        let event = stream.event().await.expect("it goes on");
        if event.name == "commentary" {
            assert_eq!(event.id, "", "it is no update");
            lines.push(data(&event));
        }
    }
    lines
}

fn text_of(lines: &[Value], ball: u64) -> &str {
    lines.iter().rfind(|it| it["ball"] == ball).unwrap()["text"].as_str().unwrap()
}

fn seqs(balls: &Value) -> Vec<u64> {
    balls["balls"].as_array().unwrap().iter().map(|it| it["seq"].as_u64().unwrap()).collect()
}

fn text(balls: &Value, seq: u64) -> &str {
    let all = balls["balls"].as_array().unwrap();
    all.iter().find(|it| it["seq"] == seq).unwrap()["text"].as_str().unwrap()
}

#[tokio::test]
async fn each_ball_is_told_to_those_who_follow_in_the_tone_and_to_nobody_else() {
    let desk = Desk::new().await;
    let id = desk.server.announce(&desk.keys, "tones").await;
    let scene = Scene::innings(2, 7);
    desk.server.send(&desk.keys, &id, &scene.commands[..6]).await;
    let mut plain = desk.follow(&id, "", None).await;
    let mut hype = desk.follow(&id, "?tone=hype", None).await;
    // The balls that were bowled before anybody followed in the tone.
    let before = desk.balls(&id, "").await;
    let told = lines(&mut hype, &seqs(&before)).await;
    for (ball, line) in seqs(&before).iter().zip(&told) {
        assert_eq!(
            (line["tone"].as_str(), line["lang"].as_str(), &line["rev"]),
            (Some("hype"), Some("en"), &Value::Null)
        );
        assert_ne!(text_of(&told, *ball), text(&before, *ball), "it is no plain line");
    }
    // Those after it.
    desk.server.send(&desk.keys, &id, &scene.commands[6..]).await;
    let all = desk.balls(&id, "").await;
    let later: Vec<u64> = seqs(&all).into_iter().filter(|it| !seqs(&before).contains(it)).collect();
    assert!(later.len() > 6);
    let told = [told, lines(&mut hype, &later).await].concat();
    // A page of balls says the same, and without a tone it is plain.
    let page = desk.balls(&id, "?tone=hype").await;
    for seq in seqs(&all) {
        assert_eq!(text(&page, seq), text_of(&told, seq));
    }
    assert_eq!(desk.balls(&id, "").await, all);
    let unchanged =
        desk.server.request(Method::GET, &format!("/v1/matches/{id}/balls?tone=hype"), &desk.keys.secret);
    let tag = unchanged.send().await.unwrap().headers()["etag"].clone();
    let again =
        desk.server.request(Method::GET, &format!("/v1/matches/{id}/balls?tone=hype"), &desk.keys.secret);
    let again = again.header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    // In another language, from the middle, and after a break: each has the last balls told.
    let mut hindi = desk.follow(&id, "?tone=lively&lang=hi", None).await;
    let in_hindi = lines(&mut hindi, &seqs(&all)).await;
    assert!(in_hindi.iter().all(|it| it["lang"] == "hi"));
    let last = desk.server.snapshot(&desk.keys, &id).await;
    let at = format!("{}.{}", last.epoch, last.seq);
    let mut back = desk.follow(&id, "?tone=hype", Some(&at)).await;
    assert_eq!(back.resumed(), "yes");
    assert!(!lines(&mut back, &later[later.len() - 2..]).await.is_empty());
    // Whoever asks for a tone that there is not has the updates; and whoever has asked for none has had nothing else.
    let mut unknown = desk.follow(&id, "?tone=nobodys&lang=xx", None).await;
    assert_eq!(unknown.event().await.unwrap().name, "snapshot");
    let mark = sent("mark", json!({ "type": "break", "reason": "Drinks" }));
    desk.server.send(&desk.keys, &id, &[mark]).await;
    for stream in [&mut plain, &mut unknown] {
        loop {
            let event = stream.event().await.unwrap();
            assert_ne!(event.name, "commentary");
            if event.data.contains("Drinks") {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_correction_takes_back_what_was_told_and_leaves_what_still_holds() {
    let desk = Desk::new().await;
    let id = desk.server.announce(&desk.keys, "tones").await;
    let scene = Scene::innings(1, 7);
    desk.server.send(&desk.keys, &id, &scene.commands).await;
    let mut hype = desk.follow(&id, "?tone=hype", None).await;
    let before = desk.balls(&id, "").await;
    let (first, second) = (seqs(&before)[0], seqs(&before)[1]);
    let told = lines(&mut hype, &seqs(&before)).await;
    // The second ball is another one: all after it have another score.
    let mut command = scene.commands[3]["command"].clone();
    (command["runs"], command["boundary"], command["extras"], command["wickets"]) =
        (json!(4), json!("four"), json!({}), json!([]));
    let correction = json!({ "id": scene.commands[3]["id"], "version": 2, "command": command });
    let answers = desk.server.send(&desk.keys, &id, &[correction]).await;
    assert!(answers[0].starts_with("accepted"), "{answers:?}");
    let anew = lines(&mut hype, &seqs(&before)).await;
    let anew: Vec<Value> = anew.into_iter().filter(|it| it["rev"] == 1).collect();
    assert_eq!(text_of(&anew, first), text_of(&told, first), "it still holds");
    assert_ne!(text_of(&anew, second), text_of(&told, second));
    let page = desk.balls(&id, "?tone=hype").await;
    assert!(seqs(&page).iter().all(|it| text(&page, *it) == text_of(&anew, *it)));
    let kept = "select count(*) from commentary.line where rev <> 1";
    let stale = desk.database.store().read("test", async |db| db.query_one(kept, &[]).await).await.unwrap();
    assert_eq!(stale.get::<_, i64>(0), 0);
}
