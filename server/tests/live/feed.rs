//! What feeds send, and what they are answered.

use crate::support::{Fan, Scene, Server, announcement, ball, database, sent};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn a_match_is_announced_once_however_often_it_is_sent() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let announce = async |body: Value| server.post("/v1/feed/matches", &keys.secret, &body).await;
    let (first, created) = announce(announcement("final")).await;
    let (second, again) = announce(announcement("final")).await;
    assert_eq!((first, second), (StatusCode::CREATED, StatusCode::OK));
    assert_eq!(created, again);
    let mut other = announcement("final");
    other["venue"] = json!("Elsewhere");
    let (status, problem) = announce(other).await;
    assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("/problems/match-differs")));
    let strangers = server.partner().await;
    let (status, theirs) = server.post("/v1/feed/matches", &strangers.secret, &announcement("final")).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_ne!(theirs, created, "each organisation has names of its own");
}

#[tokio::test]
async fn a_match_that_cannot_be_played_is_refused_with_the_reason() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let long = "x".repeat(129);
    let cases: &[(&str, Value, u16, &str)] = &[
        ("/teams", json!([{ "name": "Alone", "players": [] }]), 400, "teams: 1 given"),
        ("/teams/1/name", json!("Home XI"), 422, "both teams need a name"),
        ("/teams/0/players/1", json!("H1"), 422, "two players of one side are called H1"),
        ("/teams/0/players/1", json!(7), 400, "teams[0].players[1]: invalid type"),
        ("/overs", json!(0), 422, "an innings has 1 to 500 overs"),
        ("/format", json!("t21"), 400, "format: unknown variant `t21`"),
        ("/date", json!(20260501), 400, "date: invalid type"),
        ("/source_match_id", json!(""), 400, "source_match_id: 0 bytes"),
        ("/competition", json!(long), 400, "competition: 129 bytes"),
        ("/teams/1/players/10", json!(long), 400, "teams[1].players[10]: 129 bytes"),
        ("/source_match_id", json!(long), 400, "source_match_id: 129 bytes"),
    ];
    for (place, value, status, detail) in cases {
        let mut body = announcement("odd");
        *body.pointer_mut(place).unwrap() = value.clone();
        let (answered, problem) = server.post("/v1/feed/matches", &keys.secret, &body).await;
        assert_eq!(answered.as_u16(), *status, "{place}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{place}: {problem}");
    }
    let mut body = announcement("odd");
    body["weather"] = json!("fine");
    let (status, problem) = server.post("/v1/feed/matches", &keys.secret, &body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(problem["detail"].as_str().unwrap().contains("unknown field `weather`"), "{problem}");
}

#[tokio::test]
async fn feeds_need_a_secret_live_key() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let post = async |key: &str| {
        let request = server.request(Method::POST, "/v1/feed/matches", key).json(&announcement("m"));
        let response = request.send().await.unwrap();
        let challenge = response.headers().get("www-authenticate").cloned();
        (response.status().as_u16(), response.json::<Value>().await.unwrap(), challenge)
    };
    let bearer = Some("Bearer".parse().unwrap());
    let (status, problem, challenge) = post("crs_sk_live_nonsense").await;
    assert_eq!(
        (status, &problem["type"], challenge),
        (401, &json!("/problems/key-malformed"), bearer.clone())
    );
    let (status, problem, _) = post(&keys.publishable).await;
    assert_eq!((status, &problem["type"]), (403, &json!("/problems/key-wrong-kind")));
    let (status, problem, _) = post(&keys.test_secret).await;
    assert_eq!((status, &problem["type"]), (403, &json!("/problems/live-key-needed")));
    let bare = server.bare(Method::POST, "/v1/feed/matches").json(&announcement("m")).send().await.unwrap();
    assert_eq!(
        (bare.status().as_u16(), bare.headers().get("www-authenticate").cloned()),
        (401, bearer.clone())
    );
    let own_header = server.bare(Method::POST, "/v1/feed/matches").header("x-crease-key", &keys.secret);
    assert_eq!(own_header.json(&announcement("m")).send().await.unwrap().status(), StatusCode::CREATED);
    let lower_case = server.bare(Method::POST, "/v1/feed/matches");
    let lower_case = lower_case.header("authorization", format!("bearer {}", keys.secret));
    assert_eq!(lower_case.json(&announcement("m")).send().await.unwrap().status(), StatusCode::OK);
    let in_address = server.bare(Method::POST, &format!("/v1/feed/matches?key={}", keys.secret));
    assert_eq!(in_address.json(&announcement("m")).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    server.app.keys.revoke(&keys.secret_id, server.app.clock.now());
    let (status, problem, challenge) = post(&keys.secret).await;
    assert_eq!((status, &problem["type"], challenge), (401, &json!("/problems/key-revoked"), bearer));
}

#[tokio::test]
async fn each_command_is_answered_and_a_batch_sent_again_is_known() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    let start = sent("start", json!({ "type": "innings_start", "team": "HOM" }));
    let batch = [start, sent("a", ball(1)), sent("a", ball(1)), sent("b", ball(4))];
    let first = server.send(&keys, &id, &batch).await;
    assert_eq!(first, ["accepted 1", "accepted 2", "duplicate 2", "accepted 3"]);
    let again = server.send(&keys, &id, &batch).await;
    assert_eq!(again, ["duplicate 1", "duplicate 2", "duplicate 2", "duplicate 3"]);
    let (_, answer) = server.try_send(&keys, &id, &batch[1..2]).await;
    assert_eq!((&answer["seq"], &answer["rev"]), (&json!(3), &json!(0)));
    assert_eq!(server.snapshot(&keys, &id).await.state.innings[0].runs, 5);
}

#[tokio::test]
async fn another_source_has_ids_of_its_own() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    server.send(&keys, &id, &[sent("1", json!({ "type": "innings_start", "team": "Home XI" }))]).await;
    let body = json!({ "source": "second", "commands": [sent("1", ball(2))] });
    let (status, answer) = server.post(&format!("/v1/feed/matches/{id}/commands"), &keys.secret, &body).await;
    assert_eq!((status, &answer["answers"][0]["status"]), (StatusCode::OK, &json!("accepted")));
}

#[tokio::test]
async fn a_higher_version_corrects_and_a_lower_one_is_known() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    let version = |version: u32, runs: u8| json!({ "id": "a", "version": version, "command": ball(runs) });
    server.send(&keys, &id, &[sent("start", json!({ "type": "innings_start", "team": "Home XI" }))]).await;
    let mut stream = server.stream(&keys, &id, None).await;
    let mut fan = Fan::default();
    server.send(&keys, &id, &[version(1, 1), sent("b", ball(4))]).await;
    assert_eq!(server.send(&keys, &id, &[version(3, 2)]).await, ["accepted 4"]);
    assert_eq!(
        server.send(&keys, &id, &[version(2, 6), version(3, 6)]).await,
        ["duplicate 4", "duplicate 4"]
    );
    fan.follow(&mut stream, 4).await;
    let seen = fan.seen.unwrap();
    assert_eq!((seen.rev, seen.state.innings[0].runs, fan.snapshots), (1, 6, 2));
    assert_eq!(seen, server.snapshot(&keys, &id).await);
}

#[tokio::test]
async fn a_command_can_be_taken_out_and_put_back_in_its_place() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    let scene = Scene::innings(1, 1);
    server.send(&keys, &id, &scene.commands).await;
    let whole = server.snapshot(&keys, &id).await;
    let seq = whole.seq;
    let remove = json!({ "id": "c4", "version": 2, "remove": true });
    assert_eq!(
        server.send(&keys, &id, std::slice::from_ref(&remove)).await,
        [format!("accepted {}", seq + 1)]
    );
    let without = server.snapshot(&keys, &id).await;
    assert_eq!(without.rev, whole.rev + 1);
    assert_ne!(without.state, whole.state);
    assert_eq!(server.send(&keys, &id, &[remove]).await, [format!("duplicate {}", seq + 1)]);
    let mut back = scene.commands[4].clone();
    back["version"] = json!(3);
    assert_eq!(server.send(&keys, &id, &[back]).await, [format!("accepted {}", seq + 2)]);
    assert_eq!(server.snapshot(&keys, &id).await.state, whole.state);
    let unknown = json!({ "id": "never", "version": 2, "remove": true });
    assert_eq!(server.send(&keys, &id, &[unknown]).await, ["rejected unknown-command"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_command_is_said_precisely_and_the_others_stand() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    server.send(&keys, &id, &[sent("start", json!({ "type": "innings_start", "team": "Home XI" }))]).await;
    let changed = |place: &str, value: Value| {
        let mut command = json!({ "type": "ball", "striker": "H1", "non_striker": "H2", "bowler": "A11", "runs": 0,
            "wickets": [{ "player": "H1", "kind": "bowled", "fielders": [{ "name": "A1" }] }],
            "extras": { "wides": 0 } });
        *command.pointer_mut(place).unwrap() = value;
        sent("bad", command)
    };
    let cases: Vec<(Value, &str, &str)> = vec![
        (
            changed("/striker", json!("Nobody")),
            "unknown-player",
            "no player of this match is called \"Nobody\"",
        ),
        (changed("/wickets/0/fielders/0/name", json!("X")), "unknown-player", "called \"X\""),
        (changed("/runs", json!("four")), "invalid-command", "command.runs: invalid type: string \"four\""),
        (changed("/runs", json!(256)), "invalid-command", "command.runs: invalid value: integer `256`"),
        (
            changed("/wickets/0/kind", json!("shot")),
            "invalid-command",
            "command.wickets[0].kind: unknown variant",
        ),
        (changed("/wickets/0/fielders/0", json!(3)), "invalid-command", "command.wickets[0].fielders[0]: "),
        (
            changed("/extras", json!({ "legs": 1 })),
            "invalid-command",
            "command.extras.legs: unknown field `legs`",
        ),
        (changed("/type", json!("bowl")), "invalid-command", "command.type: there is no command \"bowl\""),
        (sent("bad", json!({ "runs": 1 })), "invalid-command", "command.type: missing"),
        (sent("bad", json!([])), "invalid-command", "command: not an object"),
        (sent("bad", json!({ "type": "ball" })), "invalid-command", "command: missing field `striker`"),
        (sent("", ball(1)), "invalid-command", "id: 1 to 128 bytes"),
        (sent(&"x".repeat(129), ball(1)), "invalid-command", "id: 1 to 128 bytes"),
        (json!({ "id": "bad" }), "invalid-command", "command: missing"),
        (json!({ "id": "bad", "command": ball(1), "remove": true }), "invalid-command", "one of them"),
        (json!({ "id": "bad", "remove": true }), "invalid-command", "version: a removal needs one"),
        (
            json!({ "id": "bad", "version": -1, "command": ball(1) }),
            "invalid-command",
            "version: invalid value",
        ),
        (
            json!({ "id": "bad", "version": 3_000_000_000_u32, "command": ball(1) }),
            "invalid-command",
            "too large",
        ),
        (json!("bad"), "invalid-command", "invalid type: string"),
        (
            sent("bad", json!({ "type": "toss", "winner": "Nowhere", "decision": "bat" })),
            "unknown-team",
            "Nowhere",
        ),
        (
            sent("bad", json!({ "type": "innings_start", "team": "Away XI" })),
            "innings-in-progress",
            "end it first",
        ),
        (
            sent("bad", json!({ "type": "powerplay", "kind": "batting", "from": "1", "to": "2.1" })),
            "invalid-value",
            "from: \"1\"",
        ),
        (
            changed("/wickets/0/fielders/0", json!({ "name": "s".repeat(400), "substitute": true })),
            "too-long",
            "340 at most",
        ),
        (sent("bad", json!({ "type": "target", "runs": 100 })), "not-now", "makes no sense at this point"),
    ];
    for (at, (command, code, detail)) in cases.into_iter().enumerate() {
        let good = sent(&format!("good{at}"), ball(1));
        let (status, answer) = server.try_send(&keys, &id, &[command.clone(), good]).await;
        assert_eq!(status, StatusCode::OK, "{command}: {answer}");
        let [bad, good] = answer["answers"].as_array().unwrap().as_slice() else { panic!("{answer}") };
        assert_eq!(bad["code"], code, "{command}: {answer}");
        assert!(bad["detail"].as_str().unwrap().contains(detail), "{command}: {answer}");
        assert_eq!(good["seq"], json!(at + 2), "{answer}");
    }
}

#[tokio::test]
async fn only_a_match_announced_as_an_archive_takes_commands_as_recorded() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let mut announced = announcement("recorded");
    announced["archive"] = json!(true);
    let announce = async |body: &Value| server.post("/v1/feed/matches", &keys.secret, body).await;
    let (status, created) = announce(&announced).await;
    assert_eq!(status, StatusCode::CREATED, "{created}");
    let archive = created["id"].as_str().unwrap().to_owned();
    assert_eq!(announce(&announced).await, (StatusCode::OK, created));
    announced["archive"] = json!(false);
    let (status, problem) = announce(&announced).await;
    assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("/problems/match-differs")));
    let live = server.announce(&keys, "live").await;
    // A third innings of a match of two, and a bowler who bowls on.
    let start = |id: &str, team: &str, recorded: bool| {
        sent(id, json!({ "type": "innings_start", "team": team, "as_recorded": recorded }))
    };
    let end = |id: &str| sent(id, json!({ "type": "innings_end", "reason": "closed" }));
    let mut recorded = ball(1);
    recorded["as_recorded"] = json!(true);
    let commands = [
        start("1", "Home XI", false),
        sent("a", recorded.clone()),
        end("2"),
        start("3", "Away XI", false),
        end("4"),
        start("5", "Home XI", true),
    ];
    let taken = server.send(&keys, &archive, &commands).await;
    assert_eq!(taken, (1..=6).map(|seq| format!("accepted {seq}")).collect::<Vec<_>>());
    let refused = server.send(&keys, &live, &commands).await;
    assert_eq!(
        (&refused[1], &refused[5]),
        (&"rejected as-recorded".to_owned(), &"rejected as-recorded".to_owned())
    );
    server.send(&keys, &archive, &[sent("b", ball(1))]).await;
    let (_, answer) = server.try_send(&keys, &live, &[sent("a", recorded)]).await;
    let detail = answer["answers"][0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("as_recorded: only a match announced as an archive"), "{detail}");
    // Neither as a correction of a ball that was taken as any other.
    let strict = sent("c", ball(1));
    let mut corrected = json!({ "id": "c", "version": 2, "command": ball(2) });
    corrected["command"]["as_recorded"] = json!(true);
    let fresh = server.announce(&keys, "fresh").await;
    let answers = server.send(&keys, &fresh, &[start("1", "Home XI", false), strict, corrected]).await;
    assert_eq!(answers, ["accepted 1", "accepted 2", "rejected as-recorded"]);
}

#[tokio::test]
async fn the_laws_are_enforced_at_the_end_of_an_innings() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    server.send(&keys, &id, &[sent("start", json!({ "type": "innings_start", "team": "Home XI" }))]).await;
    let out = |at: usize| {
        json!({ "type": "ball", "striker": format!("H{at}"), "non_striker": format!("H{}", at % 11 + 1),
            "bowler": format!("A{}", 10 + (at / 6) % 2), "wickets": [{ "player": format!("H{at}"), "kind": "bowled" }] })
    };
    // Each wicket is the striker's: his partner faces next, with the next in.
    let wickets: Vec<Value> = (1..=10).map(|at| sent(&format!("w{at}"), out(at))).collect();
    let answers = server.send(&keys, &id, &wickets).await;
    assert!(answers.iter().all(|it| it.starts_with("accepted")), "{answers:?}");
    let (_, answer) = server.try_send(&keys, &id, &[sent("w11", out(11)), sent("late", ball(1))]).await;
    for refused in answer["answers"].as_array().unwrap() {
        assert_eq!((&refused["status"], &refused["code"]), (&json!("rejected"), &json!("innings-over")));
    }
    assert_eq!(server.snapshot(&keys, &id).await.state.innings[0].wickets, 10);
}

#[tokio::test]
async fn matches_of_others_do_not_exist_for_a_feed() {
    let database = database().await;
    let server = Server::start(&database).await;
    let (keys, strangers) = (server.partner().await, server.partner().await);
    let id = server.announce(&keys, "m").await;
    let sandbox = server::feed::sandbox::ensure(&server.app.feed).await.unwrap();
    let nobody = store::ids::new("mat");
    for (id, keys) in [(&id, &strangers), (&sandbox, &keys), (&nobody, &keys), (&"mat_1".to_owned(), &keys)] {
        let (status, problem) = server.try_send(keys, id, &[sent("a", ball(1))]).await;
        assert_eq!((status, &problem["type"]), (StatusCode::NOT_FOUND, &json!("/problems/unknown-match")));
    }
    for id in [&id, &sandbox] {
        let (path, a_ball) =
            (format!("/v1/feed/matches/{id}/commands"), json!({ "commands": [sent("a", ball(1))] }));
        let (status, problem) = server.post(&path, &keys.test_secret, &a_ball).await;
        assert_eq!((status, &problem["type"]), (StatusCode::FORBIDDEN, &json!("/problems/live-key-needed")));
    }
    assert_eq!(server.snapshot(&keys, &id).await.seq, 0);
}

#[tokio::test]
async fn a_request_that_is_too_large_or_no_json_is_refused_whole() {
    let database = database().await;
    let server = Server::with(database.url(), |config| config.feed.batch_commands_max = 3).await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    let path = format!("/v1/feed/matches/{id}/commands");
    let raw = async |body: String| {
        let response = server.request(Method::POST, &path, &keys.secret).body(body).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, problem) = raw("{\n  \"commands\": [\n    {\"id\": }\n]}".to_owned()).await;
    assert_eq!(status, 400);
    assert!(problem["detail"].as_str().unwrap().contains("line 3 column 12"), "{problem}");
    let (status, problem) = raw("{\"commands\": {}}".to_owned()).await;
    assert_eq!(status, 400);
    assert!(problem["detail"].as_str().unwrap().starts_with("commands: invalid type: map"), "{problem}");
    let (status, problem) = raw("{\"commands\": []} []".to_owned()).await;
    assert_eq!((status, &problem["type"]), (400, &json!("/problems/invalid-request")));
    let four = json!({ "commands": [1, 2, 3, 4] }).to_string();
    let (status, problem) = raw(four).await;
    assert_eq!((status, &problem["type"]), (413, &json!("/problems/batch-too-long")));
    let (status, problem) = raw("x".repeat(server.app.config.http.body_bytes_max + 1)).await;
    assert_eq!((status, &problem["type"]), (413, &json!("/problems/body-too-large")));
    let long = json!({ "source": "s".repeat(129), "commands": [] }).to_string();
    let (status, problem) = raw(long).await;
    assert_eq!(status, 400);
    assert!(problem["detail"].as_str().unwrap().starts_with("source: 129 bytes"), "{problem}");
    assert_eq!(server.snapshot(&keys, &id).await.seq, 0);
}

#[tokio::test]
async fn a_match_takes_no_more_commands_than_the_limit() {
    let database = database().await;
    let server = Server::with(database.url(), |config| config.feed.match_commands_max = 3).await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    let answers = server.send(&keys, &id, &Scene::innings(1, 1).commands[..5]).await;
    assert_eq!(answers[2..], ["accepted 3", "rejected match-full", "rejected match-full"]);
}
