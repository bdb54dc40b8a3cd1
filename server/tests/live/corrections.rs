//! Many corrections at once.

use crate::support::{Fan, Scene, Server, announcement, database};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// Corrections, refusals, new balls and removals, mixed.
fn mixed(scene: &Scene) -> Vec<Value> {
    let ball = |at: usize| scene.commands[at]["command"].clone();
    let runs = |at: usize, runs: u8| {
        let mut command = ball(at);
        (command["runs"], command["boundary"], command["extras"]) = (json!(runs), Value::Null, json!({}));
        command
    };
    let correction =
        |id: &str, version: u32, command: Value| json!({ "id": id, "version": version, "command": command });
    let new = |from_end: usize| scene.commands[scene.commands.len() - from_end].clone();
    vec![
        correction("c3", 2, runs(3, 2)),
        new(2),
        correction("c3", 3, runs(3, 4)),
        correction("c3", 3, runs(3, 6)),
        json!({ "id": "nowhere", "version": 2, "remove": true }),
        correction(
            "c4",
            2,
            json!({ "type": "ball", "striker": "Nobody", "non_striker": "H2", "bowler": "A10" }),
        ),
        new(1),
        json!({ "id": new(1)["id"], "version": 2, "remove": true }),
        correction("c5", 2, runs(5, 2)),
        json!({ "id": "break", "command": { "type": "break", "reason": "Drinks" } }),
        json!({ "id": "resume", "command": { "type": "resume" } }),
        json!({ "id": new(1)["id"], "version": 3, "command": new(1)["command"] }),
    ]
}

#[tokio::test]
async fn a_batch_of_corrections_is_answered_and_told_as_if_each_came_alone() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let scene = Scene::innings(3, 7);
    let mut seen = Vec::new();
    for alone in [true, false] {
        let (_, created) =
            server.post("/v1/feed/matches", &keys.secret, &announcement(&format!("{alone}"))).await;
        let id = created["id"].as_str().unwrap();
        server.send(&keys, id, &scene.commands[..scene.commands.len() - 2]).await;
        let mut fan = Fan::default();
        let mut stream = server.stream(&keys, id, None).await;
        let commands = mixed(&scene);
        let mut answers = Vec::new();
        for part in commands.chunks(if alone { 1 } else { commands.len() }) {
            let (status, answer) = server.try_send(&keys, id, part).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            answers.extend(answer["answers"].as_array().unwrap().clone());
        }
        let last = server.snapshot(&keys, id).await;
        fan.follow(&mut stream, last.seq).await;
        assert_eq!(fan.seen.as_ref(), Some(&last));
        let balls = server.json(&format!("/v1/matches/{id}/balls"), &keys.secret).await;
        let card = server.json(&format!("/v1/matches/{id}/scorecard"), &keys.secret).await;
        // What a process that starts now makes of the log.
        let fresh = Server::start(&database).await;
        assert_eq!(fresh.json(&format!("/v1/matches/{id}/balls"), &keys.secret).await, balls);
        assert_eq!(fresh.snapshot(&keys, id).await, last);
        seen.push((answers, last.state, last.seq, last.rev, balls["balls"].clone(), card["innings"].clone()));
    }
    let words: Vec<&str> = seen[0].0.iter().map(|it| it["status"].as_str().unwrap()).collect();
    let expected = [
        "accepted",
        "accepted",
        "accepted",
        "duplicate",
        "rejected",
        "rejected",
        "accepted",
        "accepted",
        "accepted",
        "accepted",
        "accepted",
        "accepted",
    ];
    assert_eq!(words, expected);
    assert_eq!(seen[0], seen[1]);
}
