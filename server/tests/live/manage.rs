//! What partners' programs manage: each thing made, read, changed and removed; requests sent again; files of figures. What is refused is in `refused`.

mod refused;

use crate::support::{Server, client, database};
use partners::usage::{Sent, Tried};
use partners::{Mode, Need, NewKey, Scope, Scopes, key, organisation};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// An organisation's program, with a key of a scope.
pub(crate) struct Program {
    url: String,
    pub(crate) key: String,
    pub(crate) organisation: String,
    client: reqwest::Client,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    pub(crate) etag: Option<String>,
    pub(crate) is_again: bool,
}

impl Program {
    pub(crate) async fn of(server: &Server, mode: Mode, scopes: &[Scope]) -> Self {
        let by = access::By::system("test", server.app.clock.now());
        let made = server.app.store.run_tx("test", async |tx| {
            let organisation = organisation::create(tx, "The Paper", &by).await?;
            let new = NewKey::secret(mode, "Robot", Scopes::of(scopes));
            Ok::<_, partners::Error>((key::issue(tx, &organisation.id, &new, &by).await?, organisation.id))
        });
        let (issued, organisation) = made.await.unwrap();
        server.app.keys.insert(&issued.record);
        let key = issued.key.reveal().to_owned();
        Self { url: server.url.clone(), key, organisation, client: client() }
    }

    /// The same program with another key.
    pub(crate) fn with_key(&self, key: &str, organisation: &str) -> Self {
        let (url, client) = (self.url.clone(), self.client.clone());
        Self { url, key: key.to_owned(), organisation: organisation.to_owned(), client }
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.key);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let header = |name: &str| response.headers().get(name).map(|it| it.to_str().unwrap().to_owned());
        let (status, etag, is_again) =
            (response.status(), header("etag"), header("idempotency-replayed").is_some());
        let text = response.text().await.unwrap();
        Answer { status, etag, is_again, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, &[], Some(body)).await
    }

    pub(crate) async fn site(&self) -> String {
        let made =
            self.post("/v1/sites", json!({ "name": "Shop", "origins": ["https://shop.example"] })).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        made.body["id"].as_str().unwrap().to_owned()
    }
}

/// A member of an organisation: the user's id.
async fn member(server: &Server, organisation: &str) -> String {
    let by = access::By::system("test", server.app.clock.now());
    let made = server.app.store.run_tx("test", async |tx| {
        let email = access::Email::parse("member@example.com").unwrap();
        let user = access::user::create(tx, &email, "Member", "x", by.at).await?;
        partners::member::add(tx, organisation, &user.id, partners::Role::Analyst, &by).await?;
        Ok::<_, partners::Error>(user.id)
    });
    made.await.unwrap()
}

/// An invitation to an organisation: its id.
async fn invite(server: &Server, organisation: &str) -> String {
    let by = access::By::system("test", server.app.clock.now());
    let made = server.app.store.run_tx("test", async |tx| {
        let email = access::Email::parse("guest@example.com").unwrap();
        let (role, giver) = (partners::Role::Analyst, partners::Role::Owner);
        partners::invite::make(tx, organisation, &email, role, giver, &by).await
    });
    made.await.unwrap().0.id
}

fn problem(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.body["type"].as_str().unwrap_or(""))
}

#[tokio::test]
async fn a_program_does_what_the_dashboard_does() {
    let database = database().await;
    let server = Server::start(&database).await;
    let program = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let own = program.get("/v1/organisation").await;
    assert_eq!(own.body, json!({ "id": program.organisation, "name": "The Paper" }));
    let site = program.site().await;
    let new = json!({ "name": "Pages", "kind": "publishable", "mode": "live", "site": site });
    let key = program.post("/v1/keys", new).await;
    assert_eq!(key.status, StatusCode::CREATED, "{}", key.body);
    let (id, text) = (key.body["id"].as_str().unwrap(), key.body["text"].as_str().unwrap());
    assert!(text.starts_with("crs_pk_live_") && key.body["origins"] == json!(["https://shop.example"]));

    let rotated = program.post(&format!("/v1/keys/{id}/rotate"), json!({ "overlap_hours": 24 })).await;
    assert_eq!((rotated.status, &rotated.body["succeeds"]), (StatusCode::CREATED, &json!(id)));
    let revoked = program.post(&format!("/v1/keys/{id}/revoke"), json!({})).await;
    assert!(revoked.body["revoked_at"].is_string() && revoked.body.get("text").is_none());
    let listed = program.get("/v1/keys?limit=2").await.body;
    assert_eq!((listed["data"].as_array().unwrap().len(), listed["next"].is_string()), (2, true));
    let rest = program.get(&format!("/v1/keys?cursor={}", listed["next"].as_str().unwrap())).await.body;
    assert_eq!((rest["data"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    assert!(!listed.to_string().contains(text), "a list shows no key's text");

    let shown = program.get(&format!("/v1/sites/{site}")).await;
    let etag = shown.etag.unwrap();
    let change = json!({ "origins": ["https://shop.example", "https://new.example"] });
    let path = format!("/v1/sites/{site}");
    let changed = program.ask(Method::PATCH, &path, &[("if-match", &etag)], Some(change.clone())).await;
    assert_eq!((changed.status, &changed.body["name"]), (StatusCode::OK, &json!("Shop")));
    let late = program.ask(Method::PATCH, &path, &[("if-match", &etag)], Some(change)).await;
    assert_eq!(problem(&late), (412, "/problems/changed-meanwhile"));
    assert_eq!(program.ask(Method::DELETE, &path, &[], None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(problem(&program.get(&path).await), (404, "/problems/unknown-thing"));

    let log = program.get("/v1/audit?limit=3").await.body;
    let actions: Vec<&str> =
        log["data"].as_array().unwrap().iter().map(|it| it["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["site.remove", "key.revoke", "site.change"]);
    assert_eq!(
        (&log["data"][0]["actor_kind"], &log["data"][0]["actor_name"]),
        (&json!("key"), &json!("Robot"))
    );
    let next = log["next"].as_str().unwrap();
    let before = program.get(&format!("/v1/audit?cursor={next}&about=key.")).await.body;
    assert_eq!(before["data"][1]["action"], "key.rotate");
}

#[tokio::test]
async fn a_key_that_was_found_is_looked_up_and_says_nothing_of_others() {
    let database = database().await;
    let server = Server::start(&database).await;
    let (program, other) = tokio::join!(
        Program::of(&server, Mode::Live, &[Scope::Manage]),
        Program::of(&server, Mode::Live, &[Scope::Manage]),
    );
    let look_up = async |text: &str| {
        let answer = program.post("/v1/keys/look-up", json!({ "text": text })).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body
    };
    let own = look_up(&program.key).await;
    assert_eq!((&own["state"], &own["key"]["name"]), (&json!("works"), &json!("Robot")));
    let theirs = look_up(&format!(" {}\n", other.key)).await;
    assert_eq!(theirs, json!({ "state": "works", "kind": "secret", "mode": "live", "key": null }));
    let nothing = json!({ "state": "unknown", "kind": null, "mode": null, "key": null });
    for text in ["", "crs_sk_live_", partners::Key::generate(partners::Kind::Secret, Mode::Live).reveal()] {
        assert_eq!(look_up(text).await, nothing, "{text}");
    }
    let site = program.site().await;
    let new = json!({ "name": "Pages", "kind": "publishable", "mode": "live", "site": site });
    let pages = program.post("/v1/keys", new).await.body;
    let path = format!("/v1/keys/{}/revoke", pages["id"].as_str().unwrap());
    assert_eq!(program.post(&path, json!({})).await.status, StatusCode::OK);
    let over = look_up(pages["text"].as_str().unwrap()).await;
    assert_eq!(
        (&over["state"], &over["kind"], &over["key"]["id"]),
        (&json!("over"), &Value::Null, &pages["id"])
    );
    for at in 0..300 {
        let answer = program.post("/v1/keys/look-up", json!({ "text": "crs_sk_live_x" })).await;
        if answer.status != StatusCode::OK {
            assert_eq!((problem(&answer), at), ((429, "/problems/rate-limited"), 294));
            return;
        }
    }
    panic!("as many as one likes");
}

#[tokio::test]
async fn the_code_to_paste_is_written_for_programs_too() {
    let database = database().await;
    let server = Server::start(&database).await;
    let program = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let write = async |body: Value| program.post("/v1/snippets", body).await;
    let usual = write(json!({})).await.body;
    let html = usual["html"].as_str().unwrap();
    assert!(html.contains(&format!("<script async src=\"{}/v1/crease.js\"", server.url)), "{html}");
    assert!(html.contains("data-key=\"crs_pk_live_…\"") && html.contains("view=\"card\""), "{html}");
    let site = program.site().await;
    let new = json!({ "name": "Pages", "kind": "publishable", "mode": "live", "site": site });
    let key = program.post("/v1/keys", new).await.body["text"].as_str().unwrap().to_owned();
    let html = write(json!({})).await.body["html"].as_str().unwrap().to_owned();
    assert!(html.contains(&format!("data-key=\"{}…\"", &key[..16])), "{html}");
    let match_id = store::ids::new("mat");
    let own = json!({
        "match": match_id, "key": key, "view": "full", "theme": "dark", "lang": "hi", "tone": "plain",
        "paper": "#fafafa", "ink": "#bbbbbb", "radius": 4,
    });
    let own = write(own).await.body;
    for (name, words) in [
        ("html", format!("match=\"{match_id}\" view=\"full\" theme=\"dark\" lang=\"hi\" tone=\"plain\"")),
        ("html", "--crease-paper: #fafafa; --crease-ink: #bbbbbb; --crease-radius: 4px;".to_owned()),
        ("react", format!("key: \"{key}\"")),
        ("wordpress", " paper=\"#fafafa\" ink=\"#bbbbbb\" radius=\"4\"".to_owned()),
    ] {
        assert!(own[name].as_str().unwrap().contains(&words), "{words}: {own}");
    }
    assert!(own["hard_to_read"][0].as_str().unwrap().contains("1.8 to 1"), "{own}");
    let other = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    for wrong in [
        json!({ "match": "mat_\" onload=" }),
        json!({ "key": program.key }),
        json!({ "lang": "xx" }),
        json!({ "paper": "red;" }),
        json!({ "radius": 41 }),
    ] {
        let answer = write(wrong.clone()).await;
        assert_eq!(problem(&answer), (422, "/problems/invalid-value"), "{wrong}");
        assert!(!answer.body.to_string().contains(&program.key));
    }
    assert_eq!(
        problem(&other.post("/v1/snippets", json!({ "key": key })).await).0,
        422,
        "of another's pages"
    );
    for wrong in [json!({ "view": "huge" }), json!({ "view": "card", "html": "x" })] {
        assert_eq!(problem(&write(wrong.clone()).await).0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_done_once() {
    let database = database().await;
    let server = Server::start(&database).await;
    let program = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let body = json!({ "name": "Robot 2", "kind": "secret", "mode": "live", "scopes": ["feed"] });
    let send = async |key: &str, body: &Value| {
        program.ask(Method::POST, "/v1/keys", &[("idempotency-key", key)], Some(body.clone())).await
    };
    let (one, two, three, four) =
        tokio::join!(send("a", &body), send("a", &body), send("a", &body), send("a", &body));
    for other in [&two, &three, &four] {
        assert_eq!((other.status, &other.body), (StatusCode::CREATED, &one.body), "the key's text too");
    }
    assert_eq!([&one, &two, &three, &four].iter().filter(|it| it.is_again).count(), 3);
    let again =
        send("a", &json!({ "name": "Other", "kind": "secret", "mode": "live", "scopes": ["feed"] })).await;
    assert_eq!(problem(&again), (422, "/problems/idempotency-key-reused"));
    let refused =
        send("b", &json!({ "name": "", "kind": "secret", "mode": "live", "scopes": ["feed"] })).await;
    assert_eq!(problem(&refused), (422, "/problems/invalid-value"));
    assert_eq!(send("b", &body).await.status, StatusCode::CREATED, "what was refused is judged anew");
    let odd = program.ask(Method::POST, "/v1/keys", &[("idempotency-key", "")], Some(body.clone())).await;
    assert_eq!(problem(&odd), (400, "/problems/invalid-request"));
    let keys = program.get("/v1/keys").await.body;
    assert_eq!(keys["data"].as_array().unwrap().len(), 3);
    let other = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let theirs = other.ask(Method::POST, "/v1/keys", &[("idempotency-key", "a")], Some(body.clone())).await;
    assert!(theirs.status == StatusCode::CREATED && theirs.body["text"] != one.body["text"]);

    let row = database
        .store()
        .read("test", async |db| {
            db.query_one("select string_agg(encode(answer, 'escape'), '') as t from server.request", &[])
                .await
        })
        .await
        .unwrap();
    assert!(!row.get::<_, String>("t").contains("crs_sk_live_"), "an answer that waits is sealed");
}

#[tokio::test]
async fn a_ticket_opens_what_its_key_does_for_five_minutes_and_no_more() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let sandbox = server::feed::sandbox::ensure(&server.app.feed).await.unwrap();
    let get = async |path: String| {
        let response = client().get(format!("{}{path}", server.url)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let issue = async |key: &str, body: Value| {
        let request = client().post(format!("{}/v1/tickets", server.url)).header("x-crease-key", key);
        let response = request.body(body.to_string()).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, issued) = issue(&keys.publishable, json!({ "match": sandbox })).await;
    assert_eq!(status, 201, "{issued}");
    let ticket = issued["ticket"].as_str().unwrap();
    let seen = get(format!("/v1/matches/{sandbox}?key={ticket}")).await;
    assert_eq!(seen.0, 200, "{}", seen.1);
    let list = get(format!("/v1/matches?key={ticket}")).await;
    assert!(list.0 == 401 && list.1.contains("ticket-refused"), "{}", list.1);
    let (_, any) = issue(&keys.publishable, json!({})).await;
    let any = any["ticket"].as_str().unwrap();
    assert_eq!(get(format!("/v1/matches?key={any}")).await.0, 200);
    let (status, chained) = issue(any, json!({})).await;
    assert!(
        status == 401 && chained["type"] == "/problems/key-missing",
        "a ticket makes no tickets: {chained}"
    );
    for (forged, expected) in [
        (format!("{}x", &ticket[..ticket.len() - 1]), "ticket-refused"),
        ("crt_nonsense".to_owned(), "ticket-refused"),
        (ticket[..40].to_owned(), "ticket-refused"),
    ] {
        let refused = get(format!("/v1/matches/{sandbox}?key={forged}")).await;
        assert!(refused.0 == 401 && refused.1.contains(expected), "{forged}: {}", refused.1);
    }
    let id = server.app.keys.find(&partners::Key::parse(&keys.publishable).unwrap()).unwrap().id.clone();
    server.app.revoke_key(&id);
    let refused = get(format!("/v1/matches/{sandbox}?key={ticket}")).await;
    assert!(refused.0 == 401 && refused.1.contains("key-revoked"), "{}", refused.1);
}

#[tokio::test]
async fn a_ticket_that_is_good_still_is_exchanged_for_the_next() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let sandbox = server::feed::sandbox::ensure(&server.app.feed).await.unwrap();
    let partner = server.app.keys.check(Some(&keys.secret), None, Need::Read).unwrap();
    let old = |seconds: i64| {
        let then = server.app.clock.now() - jiff::SignedDuration::from_secs(seconds);
        let wanted = partners::ticket::Wanted { match_id: Some(&sandbox), fan: None };
        server.app.tickets.issue(&partner, wanted, then).unwrap().reveal().to_owned()
    };
    let renew = async |ticket: &str| {
        let request =
            client().post(format!("{}/v1/tickets/renew", server.url)).header("x-crease-key", ticket);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, renewed) = renew(&old(290)).await;
    assert_eq!(status, 201, "{renewed}");
    let ends: jiff::Timestamp = renewed["expires_at"].as_str().unwrap().parse().unwrap();
    assert!(ends.duration_since(server.app.clock.now()).as_secs() > 290, "{renewed}");
    let next = renewed["ticket"].as_str().unwrap();
    let open = async |id: &str| {
        let path = format!("{}/v1/matches/{id}?key={next}", server.url);
        client().get(path).send().await.unwrap().status().as_u16()
    };
    let other = server.announce(&keys, "other").await;
    assert_eq!((open(&sandbox).await, open(&other).await), (200, 404), "it is for that match still");
    for bad in [&old(300), keys.publishable.as_str(), keys.secret.as_str(), "crt_nonsense", ""] {
        let (status, refused) = renew(bad).await;
        assert_eq!((status, &refused["type"]), (401, &json!("/problems/ticket-refused")), "{refused}");
    }
    server.app.revoke_key(&keys.secret_id);
    let (status, refused) = renew(next).await;
    assert_eq!((status, &refused["type"]), (401, &json!("/problems/key-revoked")), "{refused}");
}

#[tokio::test]
async fn figures_are_read_as_they_were_counted_and_only_the_own_ones() {
    let database = database().await;
    let server = Server::start(&database).await;
    let reporter = Program::of(&server, Mode::Live, &[Scope::Usage]).await;
    let stranger = Program::of(&server, Mode::Live, &[Scope::Usage]).await;
    let manager = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let both = (reporter.get("/v1/sites").await.status, manager.get("/v1/usage").await.status);
    assert_eq!(both, (StatusCode::FORBIDDEN, StatusCode::FORBIDDEN), "neither scope has the other in it");
    let key = server.app.keys.check(Some(&reporter.key), None, Need::Scope(Scope::Usage)).unwrap();
    let counters = &server.app.metering.counters;
    let sent = Sent::default();
    let streams: Vec<_> = (0..3).map(|_| counters.open(&key, "mat_1", Some(*b"IN"), &sent)).collect();
    (0..2).for_each(|_| counters.impression(&key, "mat_1"));
    (0..5).for_each(|_| sent.add());
    counters.refusal("origin_refused", Some((&key).into()), Tried::on("https://other.example"));
    drop(streams);
    counters.flush(&server.app.store).await.unwrap();

    let all = reporter.get("/v1/usage").await.body;
    assert_eq!(
        (&all["opens"], &all["updates"], &all["impressions"]),
        (&json!(3), &json!(15), &json!(2)),
        "{all}"
    );
    assert!(all.get("points").is_none());
    let by_hour = reporter.get("/v1/usage?step=hour&match=mat_1").await;
    assert_eq!(by_hour.status, StatusCode::BAD_REQUEST, "mat_1 is no id: {}", by_hour.body);
    let by_hour = reporter.get(&format!("/v1/usage?step=hour&key={}", key.key_id())).await.body;
    let points = by_hour["points"].as_array().unwrap();
    assert_eq!(points.iter().map(|it| it["opens"].as_i64().unwrap()).sum::<i64>(), 3);
    assert!((720..=721).contains(&points.len()), "thirty days of hours: {}", points.len());
    for (dimension, id) in [("site", ""), ("key", key.key_id()), ("match", "mat_1"), ("country", "IN")] {
        let parts = reporter.get(&format!("/v1/usage/by/{dimension}")).await.body;
        assert_eq!(
            (&parts["data"][0]["id"], &parts["data"][0]["opens"]),
            (&json!(id), &json!(3)),
            "{dimension}"
        );
    }
    let refusals = reporter.get("/v1/usage/refusals").await.body;
    let reasons =
        json!([{ "code": "key_scope_missing", "count": 1 }, { "code": "origin_refused", "count": 1 }]);
    assert_eq!(refusals, json!({ "data": reasons, "next": null }));
    let origins = reporter.get("/v1/usage/refusals/origins").await.body;
    assert_eq!(origins["data"][0]["origin"], "https://other.example");
    let (of_key, of_tests) = (format!("key={}", key.key_id()), "mode=test".to_owned());
    for (path, part, rows) in [
        ("by/country", &of_key, 1),
        ("by/match", &of_key, 1),
        ("refusals", &of_key, 2),
        ("refusals/origins", &of_key, 1),
        ("by/country", &of_tests, 0),
        ("refusals", &of_tests, 0),
        ("refusals/origins", &of_tests, 0),
    ] {
        let page = reporter.get(&format!("/v1/usage/{path}?{part}")).await.body;
        assert_eq!(page["data"].as_array().unwrap().len(), rows, "{path} {part}: {page}");
    }
    let by_hour = reporter.get("/v1/usage/refusals?step=hour").await.body;
    let hour = by_hour["data"][0]["at"].as_str().unwrap();
    assert!(hour.ends_with(":00:00Z"), "{by_hour}");
    let first = reporter.get("/v1/usage/refusals?limit=1").await.body;
    let next = first["next"].as_str().unwrap();
    let rest = reporter.get(&format!("/v1/usage/refusals?limit=1&cursor={next}")).await.body;
    assert_eq!((&first["data"][0], &rest["data"][0]), (&reasons[0], &reasons[1]));
    assert_eq!(rest["next"], Value::Null);
    let csv = server.get("/v1/usage.csv", &reporter.key).await;
    assert_eq!(csv.headers()["content-type"].to_str().unwrap(), "text/csv; charset=utf-8");
    let csv = csv.text().await.unwrap();
    assert!(csv.starts_with("hour,site_id,") && csv.lines().count() == 2, "{csv}");
    for (what, lines) in [("hours", 2), ("countries", 2), ("refusals", 3)] {
        let csv =
            server.get(&format!("/v1/usage.csv?what={what}"), &reporter.key).await.text().await.unwrap();
        assert_eq!(csv.lines().count(), lines, "{what}: {csv}");
    }
    for path in ["/v1/usage", "/v1/usage/by/key", "/v1/usage/refusals", "/v1/usage/refusals/origins"] {
        let body = stranger.get(path).await.body.to_string();
        assert!(
            !body.contains("mat_1") && !body.contains(key.key_id()) && !body.contains("other.example"),
            "{body}"
        );
    }
    assert_eq!(stranger.get("/v1/usage").await.body["opens"], 0);
    for wrong in [
        "/v1/usage?from=yesterday",
        "/v1/usage?from=2026-11-29T00:00:00Z&until=2026-11-28T00:00:00Z",
        "/v1/usage?from=2020-01-01T00:00:00Z",
        "/v1/usage?step=hour&from=2026-01-01T00:00:00Z&until=2026-06-01T00:00:00Z",
        "/v1/usage?step=minute",
        "/v1/usage.csv?what=all",
        "/v1/usage?mode=live&key=key_1",
        "/v1/usage?site=x%00y",
        "/v1/usage/by/site?limit=0",
        "/v1/usage/by/%ff",
        "/v1/usage/by/site?limit=101",
        "/v1/usage/by/site?cursor=x",
        "/v1/usage/refusals?mode=live&key=key_1",
        "/v1/usage/refusals/origins?step=hour",
    ] {
        let answer = reporter.get(wrong).await;
        assert_eq!(problem(&answer), (400, "/problems/invalid-request"), "{wrong}");
    }
    assert_eq!(reporter.get("/v1/usage/by/colour").await.status, StatusCode::NOT_FOUND);
    // {"at":"-009000-01-01T00:00:00Z","count":-9223372036854775808,"code":""}
    let far =
        "eyJhdCI6Ii0wMDkwMDAtMDEtMDFUMDA6MDA6MDBaIiwiY291bnQiOi05MjIzMzcyMDM2ODU0Nzc1ODA4LCJjb2RlIjoiIn0";
    let answer = reporter.get(&format!("/v1/usage/refusals?cursor={far}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

#[tokio::test]
async fn a_program_is_told_how_many_watch_now_as_they_come_and_go() {
    let database = database().await;
    let server = Server::start(&database).await;
    let reporter = Program::of(&server, Mode::Live, &[Scope::Usage, Scope::Read]).await;
    let stranger = Program::of(&server, Mode::Live, &[Scope::Usage]).await;
    let by = access::By::system("test", server.app.clock.now());
    let made = server.app.store.run_tx("test", async |tx| {
        let organisation = &reporter.organisation;
        let site = partners::site::create(tx, organisation, "Shop", &["https://shop.example"], &by).await?;
        let new = NewKey::publishable(Mode::Live, "Pages", partners::Origins::OfSite(&site.id));
        let issued = key::issue(tx, organisation, &new, &by).await?;
        Ok::<_, partners::Error>((site.id, issued))
    });
    let (site, pages) = made.await.unwrap();
    server.app.keys.insert(&pages.record);
    let own = server.app.keys.check(Some(&reporter.key), None, Need::Scope(Scope::Usage)).unwrap();
    let id = server.announce(&server.partner().await, "m").await;
    let path = format!("/v1/matches/{id}/stream");
    let told = async || {
        let mut now = reporter.get("/v1/usage/now").await.body;
        assert!(now.as_object_mut().unwrap().remove("at").unwrap().is_string());
        now
    };
    let none = json!({ "streams": 0, "sites": [], "keys": [] });
    assert_eq!(told().await, none);
    let first = server.get(&path, pages.key.reveal()).await;
    let second = server.get(&path, pages.key.reveal()).await;
    let third = server.get(&path, &reporter.key).await;
    assert!([&first, &second, &third].iter().all(|it| it.status() == StatusCode::OK));
    server.has_streams(3).await;
    let mut keys = [(own.key_id(), 1), (pages.record.id.as_str(), 2)];
    keys.sort_unstable();
    let keys = keys.map(|(key, streams)| json!({ "key": key, "streams": streams }));
    let sites = [json!({ "site": site, "streams": 2 })];
    assert_eq!(told().await, json!({ "streams": 3, "sites": sites, "keys": keys }));
    let theirs = stranger.get("/v1/usage/now").await.body;
    assert_eq!((&theirs["streams"], &theirs["keys"]), (&json!(0), &json!([])));
    drop((first, second, third));
    server.has_streams(0).await;
    assert_eq!(told().await, none);
}

#[tokio::test]
async fn a_key_has_limits_of_its_own_within_its_plan() {
    let database = database().await;
    let server = Server::start(&database).await;
    let program = Program::of(&server, Mode::Live, &[Scope::Manage, Scope::Usage]).await;
    let site = program.site().await;
    let new = json!({ "name": "Pages", "kind": "publishable", "mode": "live", "site": site });
    let key = program.post("/v1/keys", new).await.body["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/keys/{key}/limits");
    let put = async |body: Value| program.ask(Method::PUT, &path, &[], Some(body)).await;
    assert_eq!(program.get(&path).await.body, json!({ "rate": null, "streams_max": null }));
    let own = json!({ "rate": { "per_minute": 600, "burst": 10 }, "streams_max": 5 });
    assert_eq!(put(own.clone()).await.body, own);
    assert_eq!(program.get(&path).await.body, own);
    server.app.metering.plans.load(&server.app.store).await.unwrap();
    let plan = program.get("/v1/limits").await.body;
    assert_eq!(
        (&plan["secret"]["per_minute"], &plan["streams"]["hard"]),
        (&json!(3_000), &json!(250_000)),
        "{plan}"
    );
    for (wrong, expected) in [
        (json!({ "rate": { "per_minute": 0, "burst": 1 } }), (422, "/problems/invalid-value")),
        (json!({ "rate": { "per_minute": 600, "burst": 60_000 } }), (422, "/problems/invalid-value")),
        (json!({ "rate": { "per_minute": 600 } }), (400, "/problems/invalid-request")),
        (json!({ "streams_max": -1 }), (400, "/problems/invalid-request")),
        (json!({ "streams_max": 1_000_000_001_u64 }), (400, "/problems/invalid-request")),
        (json!({ "plan": "gold" }), (400, "/problems/invalid-request")),
    ] {
        assert_eq!(problem(&put(wrong.clone()).await), expected, "{wrong}");
    }
    assert_eq!(
        put(json!({})).await.body,
        json!({ "rate": null, "streams_max": null }),
        "as in the plan again"
    );
    let log = program.get("/v1/audit?about=key.limit").await.body;
    assert_eq!(log["data"].as_array().unwrap().len(), 2, "{log}");
}

#[tokio::test]
async fn a_key_that_was_issued_or_rotated_is_good_at_once() {
    let database = database().await;
    let server = Server::start(&database).await;
    let program = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let new = json!({ "name": "Reader", "kind": "secret", "mode": "live", "scopes": ["read"] });
    let issued = program.post("/v1/keys", new).await;
    assert_eq!(issued.status, StatusCode::CREATED, "{}", issued.body);
    let path = format!("/v1/keys/{}/rotate", issued.body["id"].as_str().unwrap());
    let rotated = program.post(&path, json!({ "overlap_hours": 1 })).await;
    for answer in [&issued, &rotated] {
        let text = answer.body["text"].as_str().unwrap();
        assert_eq!(server.get("/v1/matches", text).await.status(), StatusCode::OK);
    }
}
