//! What editors publish, as fans' pages get it: boards, documents, pictures, and events on the open streams of matches.

use crate::support::{Crease, Event, Keys, Server, Stream, database, sent, within};
use access::{Actor, ActorKind, By};
use cms::draft::{self, Keep, Session, Write};
use cms::entry::{self, New};
use cms::publish::{self, Cascade};
use cms::rights::{Editor, Rights, Role};
use cms::schedule::{self, Subject, When};
use cms::{Language, preview};
use jiff::SignedDuration;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use server::content::reach;
use server::moments::Follower;
use store::testing::TestStore;
use tokio::task::JoinHandle;

/// A server whose open pages hear what is published, and its newsroom.
struct Newsroom {
    server: Server,
    keys: Keys,
    following: JoinHandle<()>,
    database: TestStore,
}

impl Drop for Newsroom {
    fn drop(&mut self) {
        self.following.abort();
    }
}

fn language(tag: &str) -> Language {
    Language::parse(tag).unwrap()
}

fn rich(text: &str) -> Value {
    json!({ "type": "doc", "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": text }] }] })
}

fn banner(text: &str, targets: Value) -> Value {
    let mut body = json!({
        "name": "Autumn", "text": text, "address": "https://shop.example", "slot": "match-top",
        "targets": { "until": "2199-01-01T00:00:00+00:00[UTC]" },
    });
    for (name, value) in targets.as_object().unwrap() {
        body["targets"][name] = value.clone();
    }
    body
}

impl Newsroom {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut server::config::Config)) -> Self {
        let database = database().await;
        let server = Server::with(database.url(), change).await;
        let keys = server.partner().await;
        let following = tokio::spawn(server::content::follow(server.app.clone(), 0));
        Self { server, keys, following, database }
    }

    fn editor(&self) -> Editor {
        let actor = Actor { kind: ActorKind::User, id: "usr_Asha".to_owned(), name: "Asha".to_owned() };
        let by = By { actor, visitor: None, at: self.server.app.clock.now() };
        Editor { by, rights: Rights::all(Role::Admin) }
    }

    async fn entry(&self, kind: &str, key: Option<&str>, body: &Value) -> String {
        let (who, main) = (self.editor(), language("en"));
        let new = New { kind, key, main_language: &main, body };
        let made = self.server.app.store.run_tx("test", async |tx| entry::make(tx, &who, new).await);
        made.await.unwrap()
    }

    async fn write(&self, id: &str, tag: &str, body: &Value) {
        let (who, language) = (self.editor(), language(tag));
        let written = self.server.app.store.run_tx("test", async |tx| {
            let base = draft::find(tx, id, &language).await?.map_or(0, |it| it.version);
            let session = Session { id: store::ids::random_base62(22), turn: 1 };
            let write = Write { base, body, keep: Keep::Save, session };
            draft::write(tx, &who, id, &language, write).await
        });
        written.await.unwrap();
    }

    async fn publish(&self, id: &str, tag: &str) {
        let (who, language) = (self.editor(), language(tag));
        let published = self.server.app.store.run_tx("test", async |tx| {
            let version = draft::find(tx, id, &language).await?.map_or(0, |it| it.version);
            publish::publish(tx, &who, (id, &language), version, Cascade::Refuse).await
        });
        published.await.unwrap();
    }

    async fn unpublish(&self, id: &str, tag: &str) {
        let (who, language) = (self.editor(), language(tag));
        let unpublished =
            self.server.app.store.run_tx("test", async |tx| {
                publish::unpublish(tx, &who, (id, &language), Cascade::Refuse).await
            });
        unpublished.await.unwrap();
    }

    async fn board(&self, rest: &str) -> Value {
        self.server.json(&format!("/v1/content/board?{rest}"), &self.keys.secret).await
    }

    /// The board, once it has the news up to a number.
    async fn board_from(&self, number: i64, rest: &str) -> Value {
        within("the board to be new", async {
            loop {
                let board = self.board(rest).await;
                if board["number"].as_i64().unwrap() >= number {
                    break board;
                }
            }
        })
        .await
    }
}

/// The next event that is no update of the match.
async fn content(stream: &mut Stream) -> Value {
    let event = stream.event().await.unwrap();
    assert_eq!((event.id.as_str(), event.name.as_str()), ("", "content"));
    serde_json::from_str(&event.data).unwrap()
}

/// "Sale, Offer": headlines of a board's cards in a language.
fn headlines(board: &Value, tag: &str) -> Vec<String> {
    let words = |it: &Value| it["words"][tag]["headline"].as_str().unwrap().to_owned();
    board["cards"].as_array().unwrap().iter().map(words).collect()
}

#[tokio::test]
async fn what_is_published_is_on_open_streams_in_all_its_languages_and_a_roll_back_takes_it_away() {
    let room = Newsroom::new().await;
    let (server, keys) = (&room.server, &room.keys);
    let id = server.announce(keys, "m1").await;
    let mut stream = server.stream(keys, &id, None).await;
    assert_eq!(stream.event().await.unwrap().name, "snapshot");
    server.has_streams(1).await;
    let card = room.entry("banner", None, &banner("Sale", json!({}))).await;
    room.publish(&card, "en").await;
    let told = content(&mut stream).await;
    assert_eq!(
        (&told["cards"][0]["id"], &told["gone"], &told["ask"]),
        (&json!(card), &json!([]), &json!(false))
    );
    assert_eq!(told["cards"][0]["words"]["en"]["headline"], "Sale");
    assert_eq!((&told["cards"][0]["slot"], &told["cards"][0]["main"]), (&json!("match-top"), &json!("en")));
    room.write(
        &card,
        "hi",
        &json!({ "text": "\u{938}\u{947}\u{932}", "address": "https://shop.example/hi" }),
    )
    .await;
    room.publish(&card, "hi").await;
    let told = content(&mut stream).await;
    assert_eq!(told["cards"][0]["words"]["hi"]["href"], "https://shop.example/hi");
    assert_eq!(told["cards"][0]["words"]["en"]["href"], "https://shop.example");
    room.unpublish(&card, "hi").await;
    let told = content(&mut stream).await;
    assert_eq!(told["cards"][0]["words"]["hi"], Value::Null);
    // The match goes on between.
    server
        .send(keys, &id, &[sent("t", json!({ "type": "toss", "winner": "Home XI", "decision": "bat" }))])
        .await;
    room.unpublish(&card, "en").await;
    let mut names = Vec::new();
    let gone = loop {
        let event: Event = stream.event().await.unwrap();
        names.push(event.name.clone());
        if event.name == "content" {
            break serde_json::from_str::<Value>(&event.data).unwrap();
        }
    };
    assert_eq!((&gone["gone"], gone["cards"].as_array().unwrap().len()), (&json!([card]), 0), "{names:?}");
    let board = room.board_from(gone["number"].as_i64().unwrap(), "lang=en").await;
    assert_eq!(board["cards"], json!([]));
    // How many it reached is written down.
    let reached = within("the count", async {
        loop {
            let read =
                server.app.store.read("test", async |db| reach::of_entry(db, &card).await).await.unwrap();
            match read {
                Some(it) if it.processes == 1 => break it,
                _ => tokio::task::yield_now().await,
            }
        }
    })
    .await;
    assert_eq!(reached.streams, 1);
}

#[tokio::test]
async fn streams_are_told_nothing_of_what_no_widget_shows_and_to_ask_for_what_is_not_for_all() {
    let room = Newsroom::new().await;
    let (server, keys) = (&room.server, &room.keys);
    let id = server.announce(keys, "m1").await;
    let mut stream = server.stream(keys, &id, None).await;
    assert_eq!(stream.event().await.unwrap().name, "snapshot");
    let article =
        room.entry("article", None, &json!({ "headline": "A win", "body": rich("It was close.") })).await;
    room.publish(&article, "en").await;
    let targeted = room.entry("banner", None, &banner("Theirs", json!({ "partners": ["org_other"] }))).await;
    room.publish(&targeted, "en").await;
    let told = content(&mut stream).await;
    assert_eq!((&told["ask"], &told["cards"], &told["gone"]), (&json!(true), &json!([]), &json!([targeted])));
    let flag = json!({ "name": "Market", "is_on": true, "percent": 25 });
    let flag = room.entry("flag", Some("market"), &flag).await;
    room.publish(&flag, "en").await;
    let told = content(&mut stream).await;
    assert_eq!((&told["ask"], &told["gone"]), (&json!(true), &json!([])));
    let board = room.board_from(told["number"].as_i64().unwrap(), "").await;
    assert_eq!((&board["flags"], &board["cards"]), (&json!({ "market": 25 }), &json!([])));
}

#[tokio::test]
async fn a_board_is_for_its_partner_its_country_its_language_and_its_match() {
    let room = Newsroom::with(|config| config.http.country_header = "x-country".to_owned()).await;
    let (server, keys) = (&room.server, &room.keys);
    let (one, other) = (server.announce(keys, "m1").await, server.announce(keys, "m2").await);
    let partner = server.app.keys.find(&partners::Key::parse(&keys.secret).unwrap()).unwrap();
    let ours = json!({ "partners": [partner.organisation_id], "priority": 5 });
    for (text, targets) in [
        ("All", json!({})),
        ("Ours", ours),
        ("Theirs", json!({ "partners": ["org_other"] })),
        ("India", json!({ "places": ["IN"], "priority": -1 })),
        ("Hindi", json!({ "languages": ["hi"] })),
        ("Over", json!({ "until": "2020-01-01T00:00:00+00:00[UTC]" })),
        ("To come", json!({ "from": "2198-01-01T00:00:00+00:00[UTC]" })),
    ] {
        let card = room.entry("banner", None, &banner(text, targets)).await;
        room.publish(&card, "en").await;
    }
    let preview = json!({ "headline": "Before it begins", "match_id": one, "parts": [] });
    let preview = room.entry("match-preview", None, &preview).await;
    room.publish(&preview, "en").await;
    let players = server.snapshot(keys, &one).await.state.setup.players;
    let player = room.entry("player", None, &json!({ "name": "The Best", "feed_id": players[0].name })).await;
    room.publish(&player, "en").await;
    let last = server.app.store.read("test", async |db| cms::news::last(db).await).await.unwrap();
    let board = room.board_from(last, &format!("lang=en&match={one}")).await;
    assert_eq!(headlines(&board, "en"), ["Ours", "All"]);
    assert_eq!(board["preview"]["words"]["en"]["headline"], "Before it begins");
    assert_eq!(board["players"], json!({ players[0].name.as_str(): player }));
    assert_eq!(room.board(&format!("match={other}")).await["preview"], Value::Null);
    assert_eq!(headlines(&room.board("lang=hi-IN").await, "en"), ["Ours", "Hindi", "All"]);
    let in_india = server.request(Method::GET, "/v1/content/board", &keys.secret).header("x-country", "IN");
    let in_india: Value = in_india.send().await.unwrap().json().await.unwrap();
    assert_eq!(headlines(&in_india, "en"), ["Ours", "All", "India"]);
    // Asked for again, it is the same: nothing is sent.
    let asked = server.get("/v1/content/board", &keys.secret).await;
    let tag = asked.headers()[header::ETAG].clone();
    let again =
        server.request(Method::GET, "/v1/content/board", &keys.secret).header(header::IF_NONE_MATCH, tag);
    assert_eq!(again.send().await.unwrap().status(), StatusCode::NOT_MODIFIED);
    for (path, status) in [
        ("/v1/content/board?match=mat_0000000000000000000000", StatusCode::NOT_FOUND),
        ("/v1/content/board?lang=!", StatusCode::BAD_REQUEST),
        ("/v1/content/board?preview=nonsense", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(server.get(path, &keys.secret).await.status(), status, "{path}");
    }
    assert_eq!(
        server.bare(Method::GET, "/v1/content/board").send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_document_says_what_it_names_and_keeps_what_fans_are_not_to_see() {
    let room = Newsroom::new().await;
    let (server, keys) = (&room.server, &room.keys);
    let team = room.entry("team", None, &json!({ "name": "Reds", "short_name": "RED" })).await;
    room.publish(&team, "en").await;
    let player = room.entry("player", Some("best"), &json!({ "name": "The Best", "team": team })).await;
    room.publish(&player, "en").await;
    let asked = server.get(&format!("/v1/content/player/{player}"), &keys.secret).await;
    let surrogate = asked.headers()["surrogate-key"].to_str().unwrap().to_owned();
    let expected = [team.as_str(), player.as_str(), "kind:player", "key:player:best"];
    assert!(expected.iter().all(|it| surrogate.split(' ').any(|one| one == *it)), "{surrogate}");
    let document: Value = asked.json().await.unwrap();
    let expected = json!({ "id": team, "kind": "team", "key": null, "title": "Reds" });
    assert_eq!((&document["id"], &document["fields"]["team"]), (&json!(player), &expected));
    assert_eq!(server.json("/v1/content/player/best?lang=ta", &keys.secret).await["language"], "en");
    let quiz = json!({
        "title": "Who?", "opens": "2026-12-01T10:00:00+00:00[UTC]", "closes": "2026-12-01T11:00:00+00:00[UTC]",
        "questions": [{ "id": "q", "text": "Who?", "choices": [{ "id": "a", "text": "A" }, { "id": "b", "text": "B" }] }],
        "answers": [{ "id": "q", "choice": "b" }],
    });
    let quiz = room.entry("quiz", None, &quiz).await;
    room.publish(&quiz, "en").await;
    let elsewhere = room.entry("banner", None, &banner("Theirs", json!({ "partners": ["org_other"] }))).await;
    room.publish(&elsewhere, "en").await;
    let banner = room.entry("banner", None, &banner("All", json!({}))).await;
    room.publish(&banner, "en").await;
    let fields = server.json(&format!("/v1/content/banner/{banner}"), &keys.secret).await["fields"].clone();
    assert_eq!(
        (&fields["text"], &fields["name"], &fields["targets"]),
        (&json!("All"), &Value::Null, &Value::Null)
    );
    let list = server.json("/v1/content/banner?slot=match-top", &keys.secret).await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    for path in [
        format!("/v1/content/quiz/{quiz}"),
        "/v1/content/quiz".to_owned(),
        "/v1/content/flag".to_owned(),
        "/v1/content/tone".to_owned(),
        format!("/v1/content/banner/{elsewhere}"),
        format!("/v1/content/team/{player}"),
        "/v1/content/player/nobody".to_owned(),
        "/v1/content/player/No%20key!".to_owned(),
    ] {
        assert_eq!(server.get(&path, &keys.secret).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(
        server.get("/v1/content/banner?limit=101", &keys.secret).await.status(),
        StatusCode::BAD_REQUEST
    );
    let description: Value =
        server.bare(Method::GET, "/openapi.json").send().await.unwrap().json().await.unwrap();
    let article = &description["components"]["schemas"]["Fields_article"];
    assert_eq!(article["properties"]["headline"]["maxLength"], 110);
    assert_eq!(description["components"]["schemas"]["Fields_quiz"], Value::Null);
}

#[tokio::test]
async fn a_draft_is_seen_by_its_link_alone() {
    let room = Newsroom::new().await;
    let (server, keys, who) = (&room.server, &room.keys, room.editor());
    let card = room.entry("banner", None, &banner("As it is", json!({ "partners": ["org_other"] }))).await;
    let english = language("en");
    let made = server.app.store.run_tx("test", async |tx| {
        preview::make(tx, &who, (&card, &english), SignedDuration::from_hours(1)).await
    });
    let token = made.await.unwrap().reveal().to_owned();
    let asked = server.get(&format!("/v1/content/board?preview={token}"), &keys.secret).await;
    assert_eq!(asked.headers()[header::CACHE_CONTROL], "private, no-store");
    assert_eq!(headlines(&asked.json().await.unwrap(), "en"), ["As it is"]);
    assert_eq!(headlines(&room.board("").await, "en"), [""; 0]);
    let path = format!("/v1/content/banner/{card}");
    assert_eq!(server.get(&path, &keys.secret).await.status(), StatusCode::NOT_FOUND);
    let shown = server.json(&format!("{path}?preview={token}"), &keys.secret).await;
    assert_eq!(shown["fields"]["text"], "As it is");
    let ended = server.app.store.run_tx("test", async |tx| preview::end(tx, &who, &card).await);
    ended.await.unwrap();
    let over = server.get(&format!("/v1/content/board?preview={token}"), &keys.secret).await;
    assert_eq!(over.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn files_of_pictures_are_served_for_ever_and_nothing_else_is() {
    const PIXEL: &str =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let room = Newsroom::new().await;
    let server = &room.server;
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, PIXEL).unwrap();
    let uploaded = server.app.media.upload(bytes.into(), "six.png", &room.editor().by).await.unwrap();
    let asset = uploaded.asset().clone();
    let file = &asset.files[0];
    let path = format!("/media/{}", file.name);
    let served = server.bare(Method::GET, &path).send().await.unwrap();
    assert_eq!(served.status(), StatusCode::OK);
    let headers = served.headers().clone();
    assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(headers[header::CONTENT_SECURITY_POLICY], "default-src 'none'; sandbox");
    assert_eq!(headers[header::CONTENT_TYPE], file.format.content_type());
    assert_eq!(served.bytes().await.unwrap().len(), usize::try_from(file.bytes).unwrap());
    let again = server.bare(Method::GET, &path).header(header::IF_NONE_MATCH, headers[header::ETAG].clone());
    assert_eq!(again.send().await.unwrap().status(), StatusCode::NOT_MODIFIED);
    for path in [
        format!("/media/{}/other.webp", asset.id),
        "/media/med_0000000000000000000000/1-0123456789abcdef.webp".to_owned(),
        "/media/..%2f..%2fetc/passwd".to_owned(),
        format!("/media/{}/%00", asset.id),
    ] {
        assert_eq!(
            server.bare(Method::GET, &path).send().await.unwrap().status(),
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_waits_for_the_toss_is_published_at_it_and_on_open_pages() {
    let room = Newsroom::new().await;
    let (server, keys, who) = (&room.server, &room.keys, room.editor());
    let id = server.announce(keys, "m1").await;
    let mut stream = server.stream(keys, &id, None).await;
    assert_eq!(stream.event().await.unwrap().name, "snapshot");
    let card = room.entry("banner", None, &banner("The toss is done", json!({}))).await;
    let subject = Subject::Publish { entry: card.clone(), language: language("en"), version: 1 };
    let when = When::Moment { match_id: id.clone(), moment: cms::moments::Moment::Toss };
    let asked = server.app.store.run_tx("test", async |tx| schedule::ask(tx, &who, &subject, &when).await);
    asked.await.unwrap();
    let cms = cms::Cms::new(&server.app.store, &server.app.clock);
    let mut follower = Follower::new(server.app.store.clone(), server.app.clock.clone());
    follower.look().await.unwrap();
    assert_eq!(cms.sweep().await.unwrap(), 0, "the toss is to come");
    server
        .send(keys, &id, &[sent("t", json!({ "type": "toss", "winner": "Home XI", "decision": "bat" }))])
        .await;
    follower.look().await.unwrap();
    assert_eq!(cms.sweep().await.unwrap(), 1);
    loop {
        let event = stream.event().await.unwrap();
        if event.name == "content" {
            let told: Value = serde_json::from_str(&event.data).unwrap();
            assert_eq!(told["cards"][0]["words"]["en"]["headline"], "The toss is done");
            break;
        }
    }
}

#[tokio::test]
async fn what_is_scheduled_is_published_by_whoever_is_there_when_its_worker_was_killed() {
    let room = Newsroom::new().await;
    let (store, who) = (&room.server.app.store, room.editor());
    let worker = || {
        let mut program = Crease::program();
        let url = room.database.url();
        program.arg("worker").env("DATABASE_URL", url).env("CREASE__HTTP__LISTEN", "127.0.0.1:0");
        Crease::listening(program)
    };
    let card = room.entry("banner", None, &banner("On time", json!({}))).await;
    let first = worker();
    let at = room.server.app.clock.now() + SignedDuration::from_secs(2);
    let subject = Subject::Publish { entry: card.clone(), language: language("en"), version: 1 };
    let when = When::At { at, zone: "Asia/Kolkata".to_owned() };
    let asked =
        store.run_tx("test", async |tx| schedule::ask(tx, &who, &subject, &when).await).await.unwrap();
    first.kill();
    let second = worker();
    within("the schedule to be carried out", async {
        loop {
            let found = store.read("test", async |db| schedule::find(db, &asked).await).await.unwrap();
            if found.state == schedule::State::Done {
                break;
            }
        }
    })
    .await;
    let documents =
        store.read("test", async |db| cms::delivery::of_id(db, &card, &language("en")).await).await;
    assert!(documents.unwrap().unwrap().published_at >= at, "not before its time");
    drop(second);
}

#[tokio::test]
async fn what_is_published_for_later_is_told_of_when_its_time_comes_and_when_it_ends() {
    let room = Newsroom::new().await;
    let (server, keys) = (&room.server, &room.keys);
    let mut program = Crease::program();
    let url = room.database.url();
    program.arg("worker").env("DATABASE_URL", url).env("CREASE__HTTP__LISTEN", "127.0.0.1:0");
    let worker = Crease::listening(program);
    let id = server.announce(keys, "m1").await;
    let mut stream = server.stream(keys, &id, None).await;
    assert_eq!(stream.event().await.unwrap().name, "snapshot");
    let from = server.app.clock.now() + SignedDuration::from_secs(2);
    let until = from + SignedDuration::from_secs(1);
    let zoned = |at: jiff::Timestamp| json!(at.in_tz("UTC").unwrap().to_string());
    let targets = json!({ "from": zoned(from), "until": zoned(until) });
    let card = room.entry("banner", None, &banner("From eight to nine", targets)).await;
    room.publish(&card, "en").await;
    let told = content(&mut stream).await;
    assert_eq!((&told["cards"], &told["gone"]), (&json!([]), &json!([card])), "it is not its time");
    let board = room.board_from(told["number"].as_i64().unwrap(), "lang=en").await;
    assert!(headlines(&board, "en").is_empty(), "it is not its time: {board}");
    let told = content(&mut stream).await;
    assert!(server.app.clock.now() >= from, "{told}");
    assert_eq!(
        (&told["cards"][0]["id"], &told["cards"][0]["until"]),
        (&json!(card), &json!(until.as_millisecond()))
    );
    let board = room.board_from(told["number"].as_i64().unwrap(), "lang=en").await;
    assert_eq!(headlines(&board, "en"), ["From eight to nine"]);
    let told = content(&mut stream).await;
    assert!(server.app.clock.now() >= until, "{told}");
    assert_eq!((&told["cards"], &told["gone"]), (&json!([]), &json!([card])), "it is over");
    let board = room.board_from(told["number"].as_i64().unwrap(), "lang=en").await;
    assert!(headlines(&board, "en").is_empty(), "it is over: {board}");
    drop(worker);
}

#[tokio::test]
async fn a_previews_link_shows_drafts_that_would_be_published_with_it_and_no_others() {
    let room = Newsroom::new().await;
    let (server, keys, who) = (&room.server, &room.keys, room.editor());
    let story = room.entry("article", None, &json!({ "headline": "The story", "body": rich("Long.") })).await;
    let other = room.entry("article", None, &json!({ "headline": "Not named", "body": rich("Long.") })).await;
    let body = json!({
        "headline": "The card", "body": rich("Short."), "leads_to": "article", "article": story, "slot": "match-top",
    });
    let card = room.entry("news-card", None, &body).await;
    let english = language("en");
    let made = server.app.store.run_tx("test", async |tx| preview::look(tx, &who, (&card, &english)).await);
    let token = made.await.unwrap().reveal().to_owned();
    let board = room.board(&format!("preview={token}")).await;
    assert_eq!(board["cards"][0]["words"]["en"]["article"], json!(story), "{board}");
    let shown = server.json(&format!("/v1/content/article/{story}?preview={token}"), &keys.secret).await;
    assert_eq!(shown["fields"]["headline"], "The story");
    for path in [format!("article/{story}"), format!("article/{other}?preview={token}")] {
        let hidden = server.get(&format!("/v1/content/{path}"), &keys.secret).await;
        assert_eq!(hidden.status(), StatusCode::NOT_FOUND, "{path}");
    }
}
