//! Commands that arrive late, or by two ways at once.

use crate::support::{Fan, Keys, Scene, Server, ball, database, sent};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

/// Sends all commands in random order in batches of random size, those refused again, until all are in.
async fn send_shuffled(server: &Server, keys: &Keys, id: &str, commands: &[Value], dice: &mut StdRng) {
    let mut waiting: Vec<Value> = commands.to_vec();
    while !waiting.is_empty() {
        waiting.shuffle(dice);
        let mut refused = Vec::new();
        let mut rest = waiting.as_slice();
        while !rest.is_empty() {
            let (batch, later) = rest.split_at(dice.random_range(1..=rest.len().min(12)));
            let answers = server.send(keys, id, batch).await;
            let again = answers.iter().zip(batch).filter(|(answer, _)| answer.starts_with("rejected"));
            refused.extend(again.map(|(_, command)| command.clone()));
            rest = later;
        }
        assert!(refused.len() < waiting.len(), "no way on: {refused:?}");
        waiting = refused;
    }
}

#[tokio::test]
async fn an_innings_that_arrives_in_any_order_ends_as_if_in_order() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let scene = Scene::innings(5, 7);
    let in_order = server.announce(&keys, "in order").await;
    let answers = server.send(&keys, &in_order, &scene.commands).await;
    assert!(answers.iter().all(|it| it.starts_with("accepted")), "{answers:?}");
    let expected = server.snapshot(&keys, &in_order).await;
    for seed in 0..6 {
        let id = server.announce(&keys, &format!("shuffled {seed}")).await;
        let mut stream = server.stream(&keys, &id, None).await;
        let mut dice = StdRng::seed_from_u64(seed);
        send_shuffled(&server, &keys, &id, &scene.commands, &mut dice).await;
        let shuffled = server.snapshot(&keys, &id).await;
        assert_eq!(shuffled.state, expected.state, "seed {seed}");
        assert_eq!(shuffled.seq, scene.commands.len() as u64);
        let mut fan = Fan::default();
        fan.follow(&mut stream, shuffled.seq).await;
        assert_eq!(fan.seen.unwrap(), shuffled, "seed {seed}");
        let balls = server.json(&format!("/v1/matches/{id}/balls"), &keys.secret).await;
        let known = server.json(&format!("/v1/matches/{in_order}/balls"), &keys.secret).await;
        let texts = |page: &Value| -> Vec<Value> {
            page["balls"].as_array().unwrap().iter().map(|it| it["text"].clone()).collect()
        };
        assert_eq!(texts(&balls), texts(&known));
    }
}

#[tokio::test]
async fn a_late_ball_of_the_first_innings_is_read_as_one_of_it() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let id = server.announce(&keys, "m").await;
    let reviewed = |version: u32| {
        let mut command = ball(0);
        command["review"] = json!({ "by": "Home XI", "decision": "struck_down" });
        json!({ "id": "r", "order": 1, "version": version, "command": command })
    };
    let ordered =
        |order: u64, command: Value| json!({ "id": format!("o{order}"), "order": order, "command": command });
    server
        .send(
            &keys,
            &id,
            &[
                ordered(0, json!({ "type": "innings_start", "team": "Home XI" })),
                ordered(2, ball(1)),
                ordered(3, json!({ "type": "innings_end", "reason": "declared" })),
                ordered(4, json!({ "type": "innings_start", "team": "Away XI" })),
            ],
        )
        .await;
    // By the side that batted then, not by the one that bats now: late, and again as a correction.
    for version in [1, 2] {
        assert!(server.send(&keys, &id, &[reviewed(version)]).await[0].starts_with("accepted"));
        let first = server.snapshot(&keys, &id).await.state.innings.swap_remove(0);
        assert_eq!((first.reviews_lost_batting, first.reviews_lost_fielding), (1, 0), "version {version}");
    }
}

#[tokio::test]
async fn two_processes_write_one_match_and_nothing_is_lost_or_twice() {
    let database = database().await;
    let (one, two) = (Server::start(&database).await, Server::start(&database).await);
    let keys = one.partner().await;
    two.app.keys.load(&two.app.store).await.unwrap();
    let id = one.announce(&keys, "m").await;
    one.send(&keys, &id, &[sent("start", json!({ "type": "innings_start", "team": "Home XI" }))]).await;
    let mut stream = two.stream(&keys, &id, None).await;
    // A feed that does not trust the net sends each ball to both, which get them in other orders.
    let feed = async |server: &Server, order: Vec<usize>| {
        let mut accepted = 0;
        for at in order {
            let mut wide = ball(0);
            wide["extras"] = json!({ "wides": 1 });
            let answers = server.send(&keys, &id, &[sent(&format!("b{at}"), wide)]).await;
            assert!(!answers[0].starts_with("rejected"), "{answers:?}");
            accepted += usize::from(answers[0].starts_with("accepted"));
        }
        accepted
    };
    let (first, second) = tokio::join!(feed(&one, (0..40).collect()), feed(&two, (0..40).rev().collect()));
    assert_eq!(first + second, 40, "each ball is accepted once");
    assert!(first > 0 && second > 0, "both wrote: {first}, {second}");
    // Without a bus, a process hears of what the other wrote when it writes itself.
    for server in [&one, &two] {
        let mut wide = ball(0);
        wide["extras"] = json!({ "wides": 1 });
        server.send(&keys, &id, &[sent(&format!("end {}", server.url), wide)]).await;
    }
    let truth = two.snapshot(&keys, &id).await;
    assert_eq!((truth.seq, truth.state.innings[0].runs), (43, 42));
    let mut fan = Fan::default();
    fan.follow(&mut stream, 43).await;
    assert_eq!(fan.seen.unwrap(), truth);
}
