//! What is read without a stream, and what every answer has in common.

use crate::support::{Keys, ORIGIN, Scene, Server, announcement, ball, database, sent};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

async fn started(server: &Server, keys: &Keys, name: &str) -> String {
    let id = server.announce(keys, name).await;
    server.send(keys, &id, &[sent("start", json!({ "type": "innings_start", "team": "Home XI" }))]).await;
    id
}

fn ids(page: &Value) -> Vec<&str> {
    page["matches"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_list_is_filtered_by_status_and_sees_what_the_key_may() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let upcoming = server.announce(&keys, "upcoming").await;
    let live = started(&server, &keys, "live").await;
    let finished = started(&server, &keys, "finished").await;
    let result = json!({ "type": "result", "by": "win", "winner": "AWY" });
    server.send(&keys, &finished, &[sent("a", ball(4)), sent("end", result)]).await;
    let sandbox = server::feed::sandbox::ensure(&server.app.feed).await.unwrap();
    for (query, expected) in [
        ("?status=upcoming", vec![&upcoming]),
        ("?status=live", vec![&sandbox, &live]),
        ("?status=finished", vec![&finished]),
        // The sandbox match began when it was made, which is after the others' day.
        ("", vec![&sandbox, &finished, &live, &upcoming]),
    ] {
        let page = server.json(&format!("/v1/matches{query}"), &keys.publishable).await;
        assert_eq!(ids(&page), expected, "{query}");
        assert_eq!(page["next"], Value::Null);
    }
    let page = server.json("/v1/matches", &keys.test_publishable).await;
    assert_eq!(ids(&page), [&sandbox]);
    let page = server.json("/v1/matches?status=finished", &keys.publishable).await;
    let item = &page["matches"][0];
    assert_eq!(item["status_text"], "Away XI won");
    assert_eq!(item["scores"], json!([{ "team": "Home XI", "score": "4/0", "overs": "0.1" }]));
    assert_eq!((&item["status"], &item["teams"]), (&json!("finished"), &json!(["Home XI", "Away XI"])));
}

#[tokio::test]
async fn a_list_is_paged_without_a_gap_or_a_repeat() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let mut made = BTreeSet::new();
    for at in 0..7 {
        made.insert(server.announce(&keys, &format!("m{at}")).await);
    }
    let mut seen = Vec::new();
    let mut query = "?limit=3".to_owned();
    loop {
        let page = server.json(&format!("/v1/matches{query}"), &keys.secret).await;
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=3&cursor={next}");
    }
    assert_eq!((seen.len(), seen.into_iter().collect::<BTreeSet<_>>()), (7, made));
}

/// Announces a match that begins on a day, or at a time.
async fn announce_for(server: &Server, keys: &Keys, day: &str, time: Option<&str>) -> String {
    let mut announced = announcement(&format!("{day} {time:?}"));
    (announced["date"], announced["starts_at"]) = (json!(day), json!(time));
    let (status, created) = server.post("/v1/feed/matches", &keys.secret, &announced).await;
    assert_eq!(status, StatusCode::CREATED, "{created}");
    created["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn lists_begin_with_the_newest_match_and_those_to_come_with_the_next() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let evening = announce_for(&server, &keys, "2026-05-02", Some("2026-05-02T18:00:00Z")).await;
    let old = announce_for(&server, &keys, "1877-03-15", None).await;
    let morning = announce_for(&server, &keys, "2026-05-02", Some("2026-05-02T08:00:00Z")).await;
    let tomorrow = announce_for(&server, &keys, "2026-05-03", None).await;
    let undated = announce_for(&server, &keys, "in spring", None).await;
    let newest_first = [&undated, &tomorrow, &evening, &morning, &old];
    let next_first = [&old, &morning, &evening, &tomorrow, &undated];
    for (query, expected) in [("", newest_first), ("&status=upcoming", next_first)] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = server.json(&format!("/v1/matches?limit=2{query}{cursor}"), &keys.secret).await;
            seen.extend(ids(&page).into_iter().map(str::to_owned));
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen.iter().collect::<Vec<_>>(), expected, "{query}");
    }
}

#[tokio::test]
async fn a_match_that_changes_between_two_pages_is_seen_once() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let mut made = Vec::new();
    for at in 0..5 {
        made.push(started(&server, &keys, &format!("m{at}")).await);
    }
    made.reverse();
    for changed in 0..made.len() {
        let mut seen = Vec::new();
        let mut query = "?status=live&limit=2".to_owned();
        loop {
            let page = server.json(&format!("/v1/matches{query}"), &keys.secret).await;
            seen.extend(ids(&page).into_iter().map(str::to_owned));
            let ball = sent(&format!("{changed} {}", seen.len()), ball(1));
            server.send(&keys, &made[changed], &[ball]).await;
            let Some(next) = page["next"].as_str() else { break };
            query = format!("?status=live&limit=2&cursor={next}");
        }
        assert_eq!(seen, made, "a ball in match {changed} after each page");
    }
}

#[tokio::test]
async fn the_sandbox_match_is_live_before_its_first_ball_and_after_its_result() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let sandbox = server::feed::sandbox::ensure(&server.app.feed).await.unwrap();
    let check = async |phase: &str| {
        for key in [&keys.test_publishable, &keys.publishable] {
            let page = server.json("/v1/matches?status=live", key).await;
            let item = &page["matches"][0];
            assert_eq!((ids(&page), &item["status"]), (vec![sandbox.as_str()], &json!("live")), "{phase}");
            assert_eq!(item["phase"], phase);
            for status in ["upcoming", "finished"] {
                let page = server.json(&format!("/v1/matches?status={status}"), key).await;
                assert_eq!(ids(&page), [""; 0], "{phase}, {status}");
            }
        }
    };
    check("upcoming").await;
    let command = cricket::Command::Result(cricket::Outcome::NoResult);
    let action = server::feed::Action::Exact(command);
    let envelope = server::feed::Envelope { id: "end".to_owned(), version: 1, order: None, action };
    server.app.feed.submit(&sandbox, "simulator", &[envelope]).await.unwrap();
    check("finished").await;
}

#[tokio::test]
async fn an_answer_that_comes_too_late_may_be_read_by_pages_of_other_sites() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    let slow = Server::with(database.url(), |config| config.http.request_seconds_max = 0).await;
    let locked = server.app.store.run_tx("test.lock", async |tx| {
        tx.execute("lock table server.match in access exclusive mode", &[]).await?;
        for path in ["/v1/matches".to_owned(), format!("/v1/matches/{id}/stream")] {
            let request = slow.request(Method::GET, &path, &keys.publishable).header("origin", ORIGIN);
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert_eq!(response.headers()["access-control-allow-origin"], "*", "{path}");
            assert_eq!(response.json::<Value>().await.unwrap()["type"], "/problems/too-slow", "{path}");
        }
        Ok::<_, store::Error>(())
    });
    locked.await.unwrap();
}

#[tokio::test]
async fn what_a_list_cannot_mean_is_refused() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    for path in [
        "/v1/matches?status=over".to_owned(),
        "/v1/matches?limit=0".to_owned(),
        "/v1/matches?limit=51".to_owned(),
        "/v1/matches?limit=ten".to_owned(),
        "/v1/matches?cursor=x".to_owned(),
        "/v1/matches?cursor=1.mat_x".to_owned(),
        format!("/v1/matches/{id}/balls?limit=0"),
        format!("/v1/matches/{id}/balls?limit=201"),
        format!("/v1/matches/{id}/balls?after=-1"),
        format!("/v1/matches/{id}/balls?before=x"),
        format!("/v1/matches/{id}/balls?after=1&before=2"),
    ] {
        let response = server.get(&path, &keys.secret).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.json::<Value>().await.unwrap()["type"], "/problems/invalid-request");
    }
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = started(&server, &keys, "m").await;
    let of_match =
        ["", "/scorecard", "/balls"].map(|it| (format!("/v1/matches/{id}{it}"), "private, no-cache"));
    let list = ("/v1/matches".to_owned(), "private, max-age=1");
    for (path, cache) in of_match.into_iter().chain([list]) {
        let first = server.get(&path, &keys.secret).await;
        let tag = first.headers()["etag"].to_str().unwrap().to_owned();
        let ask = async |known: &str| {
            let request = server.request(Method::GET, &path, &keys.secret).header("if-none-match", known);
            let response = request.send().await.unwrap();
            assert_eq!(response.headers()["cache-control"], cache);
            (response.status().as_u16(), response.text().await.unwrap().is_empty())
        };
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}")] {
            assert_eq!(ask(&known).await, (304, true), "{path} {known}");
        }
        assert_eq!(ask("\"other\"").await, (200, false), "{path}");
        server.send(&keys, &id, &[sent(&format!("after {path}"), ball(1))]).await;
        assert_eq!(ask(&tag).await, (200, false), "{path}");
    }
}

#[tokio::test]
async fn balls_are_paged_in_their_order_with_late_ones_in_place() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    let scene = Scene::innings(3, 11);
    let mut commands = scene.commands.clone();
    let late = commands.remove(7);
    server.send(&keys, &id, &commands).await;
    let accepted = server.send(&keys, &id, &[late]).await;
    assert_eq!(accepted, [format!("accepted {}", scene.commands.len())]);
    let whole = server.json(&format!("/v1/matches/{id}/balls"), &keys.secret).await;
    let whole = whole["balls"].as_array().unwrap();
    assert_eq!(whole.len(), scene.commands.len() - 2);
    assert_eq!(whole[5]["seq"], json!(scene.commands.len()), "the late one stands in its place");
    let (mut paged, mut after) = (Vec::new(), String::new());
    loop {
        let page = server.json(&format!("/v1/matches/{id}/balls?limit=4{after}"), &keys.secret).await;
        paged.extend(page["balls"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_u64() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(&paged, whole);
    // After an update that was no ball (the innings' start): the balls that follow.
    let page = server.json(&format!("/v1/matches/{id}/balls?after=1"), &keys.secret).await;
    assert_eq!(page["balls"].as_array().unwrap(), whole);
}

#[tokio::test]
async fn balls_are_paged_backwards_by_place_whatever_came_late_or_was_taken_out() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    let scene = Scene::innings(3, 11);
    let mut commands = scene.commands.clone();
    let late = commands.remove(7);
    server.send(&keys, &id, &commands).await;
    server.send(&keys, &id, &[late]).await;
    let page = async |query: &str| {
        let response = server.get(&format!("/v1/matches/{id}/balls?{query}"), &keys.secret).await;
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let whole = page("").await.1["balls"].as_array().unwrap().clone();
    let seq_of = |ball: &Value| ball["seq"].as_u64().unwrap();
    let late_seq = scene.commands.len() as u64;
    assert_eq!(seq_of(&whole[5]), late_seq, "the late one stands in its place");
    // Each ball, the late one too, has before it what stands before it.
    for (at, ball) in whole.iter().enumerate() {
        let (_, found) = page(&format!("before={}&limit=3", seq_of(ball))).await;
        let start = at.saturating_sub(3);
        let next = (start > 0).then(|| seq_of(&whole[start]));
        // The page before the first ball is empty, and an empty list is left out.
        let balls = found["balls"].as_array().cloned().unwrap_or_default();
        assert_eq!((balls.as_slice(), found["next"].as_u64()), (&whole[start..at], next));
    }
    // From the last ball back to the first, without a hole or a repeat.
    let mut paged = vec![whole.last().unwrap().clone()];
    let mut before = Some(seq_of(&paged[0]));
    while let Some(seq) = before {
        let (_, found) = page(&format!("before={seq}&limit=4")).await;
        paged.splice(0..0, found["balls"].as_array().unwrap().clone());
        before = found["next"].as_u64();
    }
    assert_eq!(paged, whole);
    let name = &scene.commands[7]["id"];
    let removal = json!({ "id": name, "version": 2, "remove": true });
    assert_eq!(server.send(&keys, &id, &[removal]).await, [format!("accepted {}", late_seq + 1)]);
    let refusal = |(status, problem): (u16, Value)| (status, problem["type"].as_str().unwrap().to_owned());
    let gone = (409, "/problems/ball-not-in-match".to_owned());
    assert_eq!(refusal(page(&format!("before={late_seq}")).await), gone, "it was taken out");
    assert_eq!(refusal(page("before=1").await), gone, "it is no ball");
    assert_eq!(refusal(page("before=0").await), gone, "no update has that seq");
    let ahead = (400, "/problems/future-position".to_owned());
    assert_eq!(refusal(page("before=1000").await), ahead);
}

#[tokio::test]
async fn a_scorecard_says_in_words_what_the_state_holds() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = started(&server, &keys, "m").await;
    let out = json!({ "type": "ball", "striker": "H1", "non_striker": "H2", "bowler": "A11",
        "wickets": [{ "player": "H1", "kind": "caught", "fielders": [{ "name": "A3" }] }] });
    server.send(&keys, &id, &[sent("a", ball(4)), sent("b", out)]).await;
    let card = server.json(&format!("/v1/matches/{id}/scorecard"), &keys.publishable).await;
    let innings = &card["innings"][0];
    assert_eq!(
        (&innings["runs"], &innings["wickets"], &innings["overs"]),
        (&json!(4), &json!(1), &json!("0.2"))
    );
    let first = &innings["batting"][0];
    assert_eq!((&first["player"], &first["how_out"]), (&json!("H1"), &json!("c A3 b A11")));
    assert_eq!(
        (&first["runs"], &first["balls"], &first["strike_rate"]),
        (&json!(4), &json!(2), &json!("200.00"))
    );
    assert_eq!(
        innings["fall_of_wickets"][0],
        json!({ "wicket": 1, "runs": 4, "player": "H1", "over": "0.2" })
    );
    assert_eq!(innings["did_not_bat"].as_array().unwrap().len(), 9);
}

#[tokio::test]
async fn pages_of_other_sites_may_read_and_every_answer_is_guarded() {
    let database = database().await;
    let dist = tempfile::tempdir().unwrap();
    std::fs::create_dir(dist.path().join("bundle")).unwrap();
    std::fs::write(dist.path().join("bundle/x.js"), "1").unwrap();
    std::fs::write(dist.path().join("crease.js"), "1").unwrap();
    let earlier = tempfile::tempdir().unwrap();
    std::fs::write(earlier.path().join("before.js"), "1").unwrap();
    let (folder, kept) = (dist.path().to_owned(), earlier.path().to_owned());
    let change = |config: &mut server::config::Config| {
        config.web.dist = folder;
        config.web.earlier_bundles = kept;
    };
    let server = Server::with(database.url(), change).await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    let page = "https://paper.example";
    for (path, status) in [
        ("/v1/matches".to_owned(), 200),
        (format!("/v1/matches/{id}"), 200),
        (format!("/v1/matches/{id}/scorecard"), 200),
        (format!("/v1/matches/{id}/balls"), 200),
        (format!("/v1/matches/{}", store::ids::new("mat")), 404),
        ("/v1/crease.js".to_owned(), 200),
        ("/v1/bundle/x.js".to_owned(), 200),
        ("/v1/bundle/before.js".to_owned(), 200),
        ("/v1/bundle/missing.js".to_owned(), 404),
        ("/openapi.json".to_owned(), 200),
    ] {
        let request = server.request(Method::GET, &path, &keys.publishable).header("origin", page);
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert_eq!(response.headers()["access-control-allow-origin"], "*", "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "strict-origin-when-cross-origin"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ] {
            assert_eq!(response.headers()[name], value, "{path}");
        }
    }
    let cache = async |path: &str| {
        let response = server.bare(Method::GET, path).send().await.unwrap();
        response.headers().get("cache-control").map(|it| it.to_str().unwrap().to_owned())
    };
    for path in ["/v1/bundle/x.js", "/v1/bundle/before.js"] {
        assert!(cache(path).await.unwrap().contains("immutable"), "{path}");
    }
    assert!(!cache("/v1/bundle/missing.js").await.unwrap_or_default().contains("immutable"));
    assert!(cache("/v1/crease.js").await.unwrap().contains("max-age=300"));
    let asking = server.bare(Method::OPTIONS, &format!("/v1/matches/{id}/stream")).header("origin", page);
    let asking = asking.header("access-control-request-method", "GET");
    let asking = asking.header("access-control-request-headers", "authorization,last-event-id");
    let answer = asking.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let allowed = answer.headers()["access-control-allow-headers"].to_str().unwrap();
    assert!(allowed.contains("authorization") && allowed.contains("last-event-id"), "{allowed}");
}

#[tokio::test]
async fn where_there_is_no_route_a_problem_says_so() {
    let database = database().await;
    let server = Server::start(&database).await;
    for (method, path, status, kind) in [
        (Method::GET, "/v1/nothing", 404, "unknown-route"),
        (Method::GET, "/v2/matches", 404, "unknown-route"),
        (Method::DELETE, "/v1/matches", 405, "method-not-allowed"),
        (Method::GET, "/v1/feed/matches", 405, "method-not-allowed"),
    ] {
        let response = server.bare(method.clone(), path).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(
            (&problem["type"], &problem["status"]),
            (&json!(format!("/problems/{kind}")), &json!(status))
        );
    }
}

#[tokio::test]
async fn the_description_names_every_route_and_every_reference_resolves() {
    let database = database().await;
    let server = Server::start(&database).await;
    let description: Value =
        server.bare(Method::GET, "/openapi.json").send().await.unwrap().json().await.unwrap();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    let described: BTreeSet<&str> =
        description["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
    let mut served = 0;
    for file in std::fs::read_dir(source).unwrap() {
        let path = file.unwrap().path();
        let text = if path.is_file() { std::fs::read_to_string(&path).unwrap() } else { String::new() };
        for part in text.split(".route(\"").skip(1) {
            let route = part.split('"').next().unwrap();
            if route.starts_with("/v1/") {
                served += 1;
                assert!(described.contains(route), "{route} of {} is not described", path.display());
            }
        }
    }
    assert!(served >= 7, "{served} routes found");
    let mut references = 0;
    each_reference(&description, &mut |reference| {
        references += 1;
        let place = reference.strip_prefix('#').expect("within the document");
        assert!(description.pointer(place).is_some(), "{reference} leads nowhere");
    });
    assert!(references > 20, "{references}");
}

fn each_reference(value: &Value, check: &mut impl FnMut(&str)) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match (name.as_str(), field.as_str()) {
                    ("$ref", Some(reference)) => check(reference),
                    _ => each_reference(field, check),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|it| each_reference(it, check)),
        _ => {}
    }
}

#[tokio::test]
async fn the_description_s_schemas_fit_what_is_sent_and_answered() {
    let database = database().await;
    let server = Server::start(&database).await;
    let description: Value =
        server.bare(Method::GET, "/openapi.json").send().await.unwrap().json().await.unwrap();
    let required = |schema: &str| -> BTreeSet<String> {
        let list = &description["components"]["schemas"][schema]["required"];
        list.as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
    };
    let announced = announcement("m");
    let sent: BTreeSet<String> = announced.as_object().unwrap().keys().cloned().collect();
    assert!(required("MatchAnnounced").is_subset(&sent), "{:?}", required("MatchAnnounced"));
    let variants = description["components"]["schemas"]["FeedCommand"]["oneOf"].as_array().unwrap();
    assert_eq!(variants.len(), 17, "one for each command");
}

#[tokio::test]
async fn a_process_says_how_it_is_and_what_it_has_done() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = started(&server, &keys, "m").await;
    let text = async |path: &str| {
        let response = server.bare(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.text().await.unwrap()
    };
    assert_eq!((text("/healthz").await, text("/readyz").await), ("ok\n".to_owned(), "ready\n".to_owned()));
    server.send(&keys, &id, &[sent("start", ball(1)), sent("x", json!({ "type": "over_end" }))]).await;
    let _open = server.stream(&keys, &id, None).await;
    server.get("/v1/matches", "crs_pk_live_x").await;
    let metrics = text("/metrics").await;
    for wanted in [
        "feed_commands_total{answer=\"accepted\"}",
        "feed_commands_total{answer=\"duplicate\"}",
        "feed_commands_total{answer=\"rejected\"}",
        "feed_accept_seconds_bucket{le=\"0.02\"}",
        "http_request_seconds_count{route=\"/v1/feed/matches/{id}/commands\",method=\"POST\",status=\"200\"}",
        "stream_subscribers ",
        "stream_starts_total{resumed=\"snapshot\"}",
        "key_refusals_total{code=\"key_malformed\"}",
        "store_tx_seconds",
    ] {
        assert!(metrics.contains(wanted), "{wanted} is missing in\n{metrics}");
    }
    let of_the_match: Vec<&str> = metrics.lines().filter(|it| it.contains(&id)).collect();
    assert_eq!(of_the_match, [format!("stream_match_subscribers{{match=\"{id}\"}} 1")]);
}
