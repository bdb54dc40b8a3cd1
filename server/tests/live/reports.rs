//! What somebody missed, innings that are over, and why batters were applauded.

use crate::support::{Keys, Scene, Server, database, sent};
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn ball(runs: u8) -> Value {
    let boundary = if runs == 6 { json!("six") } else { Value::Null };
    json!({ "type": "ball", "striker": "H1", "non_striker": "H2", "bowler": "A11", "runs": runs, "boundary": boundary })
}

async fn begun(server: &Server, keys: &Keys) -> String {
    let id = server.announce(keys, "reports").await;
    server.send(keys, &id, &Scene::innings(0, 1).commands).await;
    id
}

async fn reports(server: &Server, keys: &Keys, id: &str, query: &str) -> Value {
    server.json(&format!("/v1/matches/{id}/reports{query}"), &keys.publishable).await
}

fn texts<'r>(reports: &'r Value, about: &str) -> Vec<&'r str> {
    let all = reports["reports"].as_array().unwrap().iter();
    all.filter(|it| it["about"] == about).map(|it| it["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn who_comes_late_or_was_away_is_told_what_happened() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = begun(&server, &keys).await;
    assert_eq!(reports(&server, &keys, &id, "").await["reports"], json!([]), "nothing has happened");
    let six = |at: usize| sent(&format!("six-{at}"), ball(6));
    let first: Vec<Value> = (0..4).map(six).collect();
    server.send(&keys, &id, &first).await;
    let late = reports(&server, &keys, &id, "").await;
    assert_eq!(
        texts(&late, "so_far"),
        ["Home XI are 24/0 after 0.4 overs. 4 sixes. H1 made 24 from 4 balls."]
    );
    assert_eq!(late["reports"][0]["is_retold"], false);

    // Somebody saw these, and not the next five.
    let seen = late["seq"].as_u64().unwrap();
    let more: Vec<Value> = (4..6).map(six).collect();
    server.send(&keys, &id, &more).await;
    let over = |at: usize| {
        let mut next = ball(6);
        (next["striker"], next["non_striker"], next["bowler"]) = (json!("H1"), json!("H2"), json!("A10"));
        (next["over"], next["runs"]) = (json!(1), json!(6));
        sent(&format!("next-{at}"), next)
    };
    // The ends change, and a single has H1 face again.
    let mut single = ball(1);
    (single["striker"], single["non_striker"], single["bowler"], single["over"]) =
        (json!("H2"), json!("H1"), json!("A10"), json!(1));
    server.send(&keys, &id, &[sent("single", single), over(1), over(2), over(3)]).await;
    let away = reports(&server, &keys, &id, &format!("?after={seen}")).await;
    assert_eq!(
        texts(&away, "missed"),
        ["Home XI have made 31 runs since, and are 55/0 after 1.4 overs. 5 sixes. H1 made 54 from 9 balls."]
    );
    assert_eq!(texts(&away, "so_far"), [""; 0]);
    // Why H1 is applauded, at the ball with which it came.
    assert_eq!(texts(&away, "milestone"), ["H1 has made 54 of the 55 runs, from 9 balls. 9 sixes."]);
    let milestone = away["reports"].as_array().unwrap().iter().find(|it| it["about"] == "milestone").unwrap();
    assert_eq!(milestone["seq"], away["seq"]);

    // Who has seen all has missed nothing; of another's language there is the same.
    let at = away["seq"].as_u64().unwrap();
    assert_eq!(texts(&reports(&server, &keys, &id, &format!("?after={at}")).await, "missed"), [""; 0]);
    assert_eq!(
        texts(&reports(&server, &keys, &id, &format!("?after={}", at + 999)).await, "missed"),
        [""; 0]
    );
    let hindi = reports(&server, &keys, &id, "?lang=hi-IN").await;
    assert!(texts(&hindi, "so_far")[0].contains("स्कोर"), "{hindi}");
    server.send(&keys, &id, &[sent("end", json!({ "type": "innings_end", "reason": "declared" }))]).await;
    let over = reports(&server, &keys, &id, "").await;
    assert_eq!(
        texts(&over, "innings"),
        ["Home XI finish on 55/0 in 1.4 overs. 9 sixes. H1 made 54 from 9 balls."]
    );
    assert_eq!(texts(&over, "so_far"), [""; 0]);

    let ask =
        |query: &str| server.request(Method::GET, &format!("/v1/matches/{id}/reports{query}"), &keys.secret);
    let tag = ask("").send().await.unwrap().headers()["etag"].clone();
    let again = ask("").header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    for wrong in ["?after=-1", "?after=x", "?after=99999999999999999999", "?after=9999999999999999999"] {
        assert_eq!(ask(wrong).send().await.unwrap().status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
}

/// Says of each report that was asked for first what is not so, then what is.
async fn model(State(asked): State<Arc<AtomicUsize>>, Json(body): Json<Value>) -> Json<Value> {
    let before = asked.fetch_add(1, Ordering::SeqCst);
    let message = body["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap();
    let asked: Value = serde_json::from_str(message).unwrap();
    let tone = asked["tones"][0]["tone"].as_str().unwrap();
    let said = match before {
        0 => "Home XI are 99/0 after 1.0 overs.",
        _ => "Home XI are 36/0, and H1 has 36 of them.",
    };
    assert!(asked["report"]["score"]["runs"] == 36 && !body.to_string().contains("Home XI"), "{body}");
    let content = json!({ tone: said }).to_string();
    let choice = json!({ "message": { "content": content }, "finish_reason": "stop" });
    Json(json!({ "choices": [choice], "usage": { "prompt_tokens": 100, "completion_tokens": 20 } }))
}

#[tokio::test]
async fn in_a_tone_a_model_tells_it_once_an_over_and_what_is_not_so_is_not_said() {
    let asked = Arc::new(AtomicUsize::new(0));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let routes = Router::new().route("/v1/chat/completions", post(model)).with_state(asked.clone());
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
    let database = database().await;
    let server = Server::with(database.url(), |config| {
        config.commentary.model = server::config::Teller::OpenAi;
        config.commentary.model_url = url;
        config.commentary.model_name = "fake".to_owned();
        config.commentary.model_streams = false;
    })
    .await;
    let keys = server.partner().await;
    let id = begun(&server, &keys).await;
    let over: Vec<Value> = (0..6).map(|at| sent(&format!("six-{at}"), ball(6))).collect();
    server.send(&keys, &id, &over).await;
    let mut dot = ball(0);
    (dot["striker"], dot["non_striker"], dot["bowler"], dot["over"]) =
        (json!("H2"), json!("H1"), json!("A10"), json!(1));
    server.send(&keys, &id, &[sent("dot", dot)]).await;

    // Who asks for no tone has it at once, as it stands.
    let plain = reports(&server, &keys, &id, "").await;
    assert!(texts(&plain, "so_far")[0].starts_with("Home XI are 36/0 after 1.1 overs."), "{plain}");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    // Many at once are one question, and one more for what was refused.
    let path = format!("/v1/matches/{id}/reports?tone=hype");
    let many = (0..20).map(|_| server.json(&path, &keys.publishable));
    for told in futures_util::future::join_all(many).await {
        assert_eq!(texts(&told, "so_far"), ["Home XI are 36/0, and H1 has 36 of them."]);
        assert_eq!(told["reports"][0]["is_retold"], true);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    // Within the over it stands.
    let mut dot = ball(0);
    (dot["striker"], dot["non_striker"], dot["bowler"], dot["over"]) =
        (json!("H2"), json!("H1"), json!("A10"), json!(1));
    server.send(&keys, &id, &[sent("dot-2", dot)]).await;
    let told = reports(&server, &keys, &id, "?tone=hype").await;
    assert_eq!(texts(&told, "so_far"), ["Home XI are 36/0, and H1 has 36 of them."]);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    // What one fan alone has missed costs nobody anything: it is told plainly.
    let seq = told["seq"].as_u64().unwrap();
    for after in 1..seq {
        let missed = reports(&server, &keys, &id, &format!("?tone=hype&after={after}")).await;
        assert!(missed["reports"].as_array().unwrap().iter().all(|it| it["is_retold"] == false), "{missed}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    // And so it is in a tone that there is not.
    for query in ["?tone=nobodys", "?tone=hype&lang=xx"] {
        let plain = reports(&server, &keys, &id, query).await;
        assert!(texts(&plain, "so_far")[0].starts_with("Home XI are 36/0"), "{plain}");
    }
    serving.abort();
}
