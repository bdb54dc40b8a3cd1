//! Players of one name in both teams.

use crate::support::{Server, announcement, ball, database, sent};
use cricket::{PlayerId, Side};
use serde_json::{Value, json};

/// A match in which both teams have a Kumar, the twelfth of each.
async fn of_two_kumars(server: &Server, secret: &str) -> String {
    let mut announced = announcement("kumars");
    for team in [0, 1] {
        announced["teams"][team]["players"].as_array_mut().unwrap().push(json!("Kumar"));
    }
    let (_, created) = server.post("/v1/feed/matches", secret, &announced).await;
    created["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_name_in_both_teams_needs_the_team_where_nothing_else_tells_them_apart() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = of_two_kumars(&server, &keys.secret).await;
    server.send(&keys, &id, &[sent("start", json!({ "type": "innings_start", "team": "Home XI" }))]).await;
    let replacement = |player: &str, out: Value, team: Value| json!({ "type": "replacement", "in": player, "out": out, "team": team, "role": "match", "reason": "x" });
    let awards = |players: Value| json!({ "type": "awards", "players": players });
    let none = Value::Null;
    let cases = [
        (
            replacement("Kumar", none.clone(), none.clone()),
            "ambiguous-player: both teams have a player called \"Kumar\": say whose with `team`",
        ),
        (
            replacement("A3", json!("Kumar"), none.clone()),
            "ambiguous-player: both teams have a player called \"Kumar\": say whose with `team`",
        ),
        (
            replacement("H3", none.clone(), json!("Away XI")),
            "unknown-player: no player of Away XI is called \"H3\"",
        ),
        (
            replacement("Kumar", none.clone(), json!("Nowhere")),
            "unknown-team: no team of this match is called \"Nowhere\"",
        ),
        (
            replacement("Nobody", none.clone(), none.clone()),
            "unknown-player: no player of this match is called \"Nobody\"",
        ),
        (
            awards(json!(["H1", "Kumar"])),
            "ambiguous-player: both teams have a player called \"Kumar\": say whose with `team`",
        ),
        (
            awards(json!([{ "player": "Kumar", "team": "Nowhere" }])),
            "unknown-team: no team of this match is called \"Nowhere\"",
        ),
        (
            awards(json!([{ "player": "Kumar" }])),
            "invalid-command: command.players[0]: a player's name, or a player with a team",
        ),
        (replacement("Kumar", json!("A3"), json!("AWY")), "accepted"),
        (json!({ "type": "result", "by": "no_result" }), "accepted"),
        (awards(json!(["H1", { "player": "Kumar", "team": "Away XI" }])), "accepted"),
    ];
    for (at, (command, expected)) in cases.into_iter().enumerate() {
        let (_, answer) = server.try_send(&keys, &id, &[sent(&format!("c{at}"), command.clone())]).await;
        let answer = &answer["answers"][0];
        let told = match answer["status"].as_str().unwrap() {
            "rejected" => {
                format!("{}: {}", answer["code"].as_str().unwrap(), answer["detail"].as_str().unwrap())
            }
            status => status.to_owned(),
        };
        assert_eq!(told, expected, "{command}");
    }
    let state = server.snapshot(&keys, &id).await.state;
    let kumar = state.setup.find(Side::Away, "Kumar").unwrap();
    assert_eq!(state.awards, [PlayerId(0), kumar]);
}

#[tokio::test]
async fn of_a_ball_the_striker_bats_and_the_bowler_is_in_the_field_whatever_their_names() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = of_two_kumars(&server, &keys.secret).await;
    server.send(&keys, &id, &[sent("start", json!({ "type": "innings_start", "team": "Home XI" }))]).await;
    let mut named = ball(4);
    named["striker"] = json!("Kumar");
    named["bowler"] = json!("Kumar");
    assert_eq!(server.send(&keys, &id, &[sent("a", named)]).await, ["accepted 2"]);
    let innings = server.snapshot(&keys, &id).await.state.innings[0].clone();
    let ball = &innings.recent[0].ball;
    assert_eq!((ball.striker, ball.bowler), (PlayerId(11), PlayerId(23)));
}
