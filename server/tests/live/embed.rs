//! The first paint of a match: one answer with the score, the snapshot and the way to the code.

use crate::support::{ORIGIN, Server, announcement, ball, database, sent};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Names that would be markup if they were not escaped.
const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\"&";

async fn playing(server: &Server, keys: &crate::support::Keys) -> String {
    let id = server.announce(keys, "m").await;
    let start = sent("start", json!({ "type": "innings_start", "team": "Home XI" }));
    server.send(keys, &id, &[start, sent("a", ball(4)), sent("b", ball(1))]).await;
    id
}

#[tokio::test]
async fn the_first_paint_has_score_over_and_snapshot_in_one_answer() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = playing(&server, &keys).await;
    let response = server.get(&format!("/v1/embed/{id}?view=full&theme=dark"), &keys.secret).await;
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(response.headers()["cache-control"], "public, max-age=1");
    let html = response.text().await.unwrap();
    let opening = format!(
        r#"<crease-match match="{id}" view="full" lang="en" theme="dark"><template shadowrootmode="open"><style>"#
    );
    assert!(html.starts_with(&opening), "{html}");
    for part in
        ["Home XI</span>", "5/0</span>", "<span class=\"overs\">0.2", "This over", "data-kind=\"run\">4</li>"]
    {
        assert!(html.contains(part), "{part} is missing in {html}");
    }
    let (_, script) = html.split_once(r#"<script type="application/json" data-at=""#).unwrap();
    let (position, rest) = script.split_once("\" data-bundle=\"").unwrap();
    let (_, rest) = rest.split_once("\">").unwrap();
    let (snapshot, _) = rest.split_once("</script>").unwrap();
    let snapshot: Value = serde_json::from_str(snapshot).unwrap();
    assert_eq!(snapshot, server.json(&format!("/v1/matches/{id}"), &keys.secret).await);
    assert_eq!(position, format!("{}.{}", snapshot["epoch"], snapshot["seq"]));
}

#[tokio::test]
async fn each_view_and_form_has_what_it_is_for() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = playing(&server, &keys).await;
    for (query, has, has_not) in [
        ("", "This over", "<html"),
        ("", "data-bundle=\"", "preload"),
        ("?view=compact", "5/0", "This over"),
        ("?view=%22%3E", "view=\"card\"", "view=\"\""),
        ("?style=none", "5/0", "<style>"),
        ("?frame=page", "<html", "data-wasm"),
        ("?frame=page&live=frame", "data-wasm=\"off\"", "preload"),
        ("?frame=tree", "[\"div\",{\"class\":\"card\"", "<"),
    ] {
        let html = server.get(&format!("/v1/embed/{id}{query}"), &keys.secret).await.text().await.unwrap();
        assert!(html.contains(has) && !html.contains(has_not), "{query}: {html}");
    }
    for query in ["?frame=x", "?live=x", "?style=x"] {
        let response = server.get(&format!("/v1/embed/{id}{query}"), &keys.secret).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn names_from_a_feed_are_texts_in_every_form() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let mut announced = announcement("m");
    for place in ["competition", "stage", "venue"] {
        announced[place] = json!(HOSTILE);
    }
    announced["teams"][0]["name"] = json!(HOSTILE);
    let (status, created) = server.post("/v1/feed/matches", &keys.secret, &announced).await;
    assert_eq!(status, StatusCode::CREATED, "{created}");
    let id = created["id"].as_str().unwrap();
    let text = async |query: &str| {
        server.get(&format!("/v1/embed/{id}{query}"), &keys.secret).await.text().await.unwrap()
    };
    for query in ["", "?frame=page"] {
        let html = text(query).await;
        assert!(!html.contains("<img"), "{html}");
        // The snapshot's own end tag, and in a page the loader's.
        assert_eq!(html.matches("</script>").count(), if query.is_empty() { 1 } else { 2 }, "{html}");
        assert!(html.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&amp;"), "{html}");
    }
    let tree: Value = serde_json::from_str(&text("?frame=tree").await).unwrap();
    assert!(tree["frame"].to_string().contains(&json!(HOSTILE).to_string()), "{tree}");
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again_and_a_ball_changes_it() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = playing(&server, &keys).await;
    for (at, query) in ["", "?frame=tree", "?frame=page"].into_iter().enumerate() {
        let path = format!("/v1/embed/{id}{query}");
        let tag = server.get(&path, &keys.secret).await.headers()["etag"].to_str().unwrap().to_owned();
        let ask = async || {
            let request = server.request(Method::GET, &path, &keys.secret).header("if-none-match", &tag);
            request.send().await.unwrap().status()
        };
        assert_eq!(ask().await, StatusCode::NOT_MODIFIED, "{query}");
        server.send(&keys, &id, &[sent(&format!("more {at}"), ball(1))]).await;
        assert_eq!(ask().await, StatusCode::OK, "{query}");
    }
}

#[tokio::test]
async fn a_first_paint_is_read_as_a_match_is() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = playing(&server, &keys).await;
    for (origin, expected) in [(ORIGIN, StatusCode::OK), ("https://other.example", StatusCode::FORBIDDEN)] {
        let path = format!("/v1/embed/{id}?key={}", keys.publishable);
        let response = server.bare(Method::GET, &path).header("origin", origin).send().await.unwrap();
        assert_eq!(response.status(), expected, "{origin}");
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        let vary: Vec<&str> =
            response.headers().get_all("vary").iter().map(|it| it.to_str().unwrap()).collect();
        assert!(expected != StatusCode::OK || vary.iter().any(|it| it.contains("origin")), "{vary:?}");
    }
    for (path, key, expected) in [
        (format!("/v1/embed/{id}"), "", StatusCode::UNAUTHORIZED),
        (format!("/v1/embed/{id}"), &*keys.test_publishable, StatusCode::NOT_FOUND),
        ("/v1/embed/mat_x".to_owned(), &keys.secret, StatusCode::NOT_FOUND),
    ] {
        let response = server.get(&path, key).await;
        assert_eq!(response.status(), expected, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
}

#[tokio::test]
async fn a_page_lets_only_the_key_s_own_sites_frame_it_and_only_our_own_files_in() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = playing(&server, &keys).await;
    for (live, wasm) in [("widget", true), ("frame", false)] {
        let path = format!("/v1/embed/{id}?frame=page&live={live}&key={}", keys.publishable);
        let response = server.bare(Method::GET, &path).send().await.unwrap();
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.ends_with(&format!("frame-ancestors 'self' {ORIGIN}")), "{policy}");
        assert!(policy.contains(&format!("connect-src {};", server.url)), "{policy}");
        assert_eq!(policy.contains("wasm-unsafe-eval"), wasm, "{policy}");
        assert!(!policy.contains("unsafe-inline"), "{policy}");
        let html = response.text().await.unwrap();
        assert!(html.contains(&format!("data-key=\"{}\"", keys.publishable)), "{html}");
    }
}

#[tokio::test]
async fn a_page_hands_a_ticket_on_as_it_does_a_key_and_nothing_that_could_be_markup() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = playing(&server, &keys).await;
    let (_, issued) = server.post("/v1/tickets", &keys.secret, &json!({ "match": id })).await;
    let ticket = issued["ticket"].as_str().unwrap();
    let html = async |key: &str| {
        let path = format!("/v1/embed/{id}?frame=page&key={key}");
        // A header comes before the address, so that a bad key gets as far as the page.
        server.get(&path, &keys.secret).await.text().await.unwrap()
    };
    assert!(html(ticket).await.contains(&format!("data-key=\"{ticket}\"")), "{ticket}");
    for hostile in ["crt_a%22%3E%3Cscript%3E", "crt_a%26b", "crt_a%27", "crt_a%2Fb", "crt_a%20b"] {
        let html = html(hostile).await;
        assert!(html.contains("data-key=\"\""), "{html}");
    }
}

#[tokio::test]
async fn a_first_paint_travels_compressed() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = playing(&server, &keys).await;
    let path = format!("/v1/embed/{id}?frame=tree");
    let request = server.request(Method::GET, &path, &keys.secret).header("accept-encoding", "br");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "br");
    let bytes = response.bytes().await.unwrap();
    assert!(bytes.len() < 2600, "{} bytes", bytes.len());
}

#[tokio::test]
async fn what_is_read_is_in_the_language_that_is_asked_for() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = playing(&server, &keys).await;
    let read = async |path: &str| server.get(path, &keys.secret).await.text().await.unwrap();
    let tree: Value =
        serde_json::from_str(&read(&format!("/v1/embed/{id}?frame=tree&lang=bn")).await).unwrap();
    let card = tree["frame"][2].to_string();
    for part in [r#""lang":"bn""#, "৫/০", "০.২", "এই ওভার", "লাইভ"] {
        assert!(card.contains(part), "{part} is missing in {card}");
    }
    let page = read(&format!("/v1/embed/{id}?frame=page&lang=ur-PK")).await;
    assert!(page.starts_with(r#"<!doctype html><html lang="ur" dir="rtl">"#), "{page}");
    assert!(page.contains(&format!(r#"<crease-match match="{id}" view="card" lang="ur""#)), "{page}");
    let balls: Value = serde_json::from_str(&read(&format!("/v1/matches/{id}/balls?lang=hi")).await).unwrap();
    assert!(balls["balls"][0]["text"].as_str().unwrap().ends_with("को: 4 रन"), "{balls}");
    assert_eq!(balls["balls"][0]["score"], "4/0", "figures are data");
    let scorecard: Value =
        serde_json::from_str(&read(&format!("/v1/matches/{id}/scorecard?lang=te")).await).unwrap();
    assert_eq!(scorecard["innings"][0]["batting"][0]["how_out"], "నాటౌట్");
    let list: Value = serde_json::from_str(&read("/v1/matches?status=live&lang=mr").await).unwrap();
    let listed = list["matches"].as_array().unwrap().iter().find(|it| it["id"] == id.as_str()).unwrap();
    assert_eq!(
        (&listed["status_text"], &listed["phase_text"]),
        (&json!("Home XI ची फलंदाजी"), &json!("लाइव्ह"))
    );
    assert_eq!(listed.get("statuses"), None);
    assert_eq!((&list["words"]["title"], &list["words"]["dir"]), (&json!("लाइव्ह सामने"), &json!("ltr")));
    for lang in ["", "de", "%00", "en\"><script>"] {
        let html = read(&format!("/v1/embed/{id}?lang={lang}")).await;
        assert!(html.contains(r#"lang="en" theme"#) && html.contains("This over"), "{lang}: {html}");
    }
}
