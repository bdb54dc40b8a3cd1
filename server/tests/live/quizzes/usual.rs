//! The usual questions of a match, asked by a reviewer or by themselves, through to what balls make of them.

use super::Ground;
use crate::support::{database, sent};
use quizzes::{Change, Origin};
use rewards::Books;
use serde_json::{Value, json};
use server::questions::QuestionsError;
use server::questions::usual::{self, Asked};

impl Ground {
    /// As the newsroom's page does.
    async fn press(&self, match_id: &str) -> Asked {
        let app = &self.scene.here.server.app;
        let now = app.clock.now();
        let asked = async |tx: &store::Transaction<'_>| usual::ask(tx, match_id, now).await;
        app.store.run_tx::<_, QuestionsError, _>("test", asked).await.unwrap()
    }

    /// As whoever does jobs does; answers how many were made or changed.
    async fn look_for_matches(&self) -> usize {
        let app = &self.scene.here.server.app;
        usual::look(&app.store, app.clock.now()).await.unwrap()
    }

    async fn asked(&self) -> Vec<Value> {
        let quizzes = self.quizzes(Some(&self.scene.fan)).await;
        quizzes[0]["questions"].as_array().cloned().unwrap_or_default()
    }

    async fn the(&self, about: &str) -> Value {
        let asked = self.asked().await;
        asked.iter().find(|it| it["about"] == about).unwrap_or_else(|| panic!("{about}: {asked:?}")).clone()
    }

    /// The toss, an answer, and a wicket with the first ball.
    async fn is_settled_by_a_wicket(&self) {
        assert_eq!(self.the("winner").await["state"], "open");
        self.play(&[
            sent("t", json!({ "type": "toss", "winner": "Home XI", "decision": "bat" })),
            sent("i", json!({ "type": "innings_start", "team": "Home XI" })),
        ])
        .await;
        self.look().await;
        assert_eq!(self.the("winner").await["state"], "locked");
        let question = self.the("next-wicket").await;
        assert_eq!(question["state"], "open");
        assert_eq!(self.answer(&question, &self.scene.fan, "bowled").await.0, 200);
        assert_eq!(self.answer(&question, &self.other, "caught").await.0, 200);
        let fallen = json!({
            "type": "ball", "striker": "H1", "non_striker": "H2", "bowler": "A11", "runs": 0,
            "wickets": [{ "player": "H1", "kind": "bowled" }],
        });
        self.play(&[sent("b0", fallen)]).await;
        self.settle().await;
        let settled = self.the("next-wicket").await;
        assert_eq!((&settled["state"], &settled["own"]["mark"]), (&json!("settled"), &json!("right")));
        let board = self.board(&format!("scope=match&of={}", self.scene.match_id), None).await;
        assert_eq!((&board["data"][0]["points"], &board["data"][1]["points"]), (&json!(20), &json!(0)));
    }

    async fn withdraw_usual(&self) {
        let app = &self.scene.here.server.app;
        let (now, origin) = (app.clock.now(), Origin::Template { name: self.scene.match_id.clone() });
        let down =
            app.store.run_tx("test", async |tx| quizzes::withdraw(tx, Books::Live, &origin, now).await);
        down.await.unwrap();
    }
}

#[tokio::test]
async fn a_reviewer_has_them_asked_once_and_balls_settle_them() {
    let database = database().await;
    let ground = Ground::new(&database).await;
    let match_id = ground.scene.match_id.clone();
    assert_eq!(ground.press("mat_0000000000000000000000").await, Asked::NoMatch);
    let Asked::Put(made) = ground.press(&match_id).await else { panic!("nothing was asked") };
    assert_eq!(made.change, Change::Made);
    let Asked::Put(again) = ground.press(&match_id).await else { panic!("nothing was asked") };
    assert_eq!((again.id, again.change), (made.id.clone(), Change::Same));
    ground.is_settled_by_a_wicket().await;
    // What locked meanwhile stays, and is no reason to ask anything anew.
    let Asked::Put(later) = ground.press(&match_id).await else { panic!("nothing was asked") };
    assert_eq!((later.id, later.change), (made.id, Change::Same));
    ground.withdraw_usual().await;
    assert_eq!(ground.quizzes(None).await, json!([]));
}

#[tokio::test]
async fn by_themselves_they_are_asked_of_what_is_announced_and_follow_it_until_somebody_takes_them_down() {
    let database = database().await;
    let ground = Ground::new(&database).await;
    let store = &ground.scene.here.server.app.store;
    let questions = async |sql: &'static str| -> Vec<String> {
        let rows = store.read("test", async |db| db.query(sql, &[]).await).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    };
    let is_today =
        "update server.match set starts_at_ms = (extract(epoch from now()) * 1000)::bigint returning id";
    assert_eq!(ground.look_for_matches().await, 0, "it was to begin long ago");
    questions(is_today).await;
    assert_eq!(ground.look_for_matches().await, 1);
    assert_eq!(ground.look_for_matches().await, 0, "it was looked at");
    let overs = "select key from quizzes.question where key like 'i1-o%' order by place";
    assert_eq!(questions(overs).await, ["i1-o3", "i1-o6", "i1-o7", "i1-o9", "i1-o10"]);
    // A match of twenty overs, as it turns out.
    let correct = "update server.match set setup = replace(setup, '\"overs\":10', '\"overs\":20'), changed_at_ms = changed_at_ms + 1
        where not sandbox returning id";
    assert_eq!(questions(correct).await, std::slice::from_ref(&ground.scene.match_id));
    assert_eq!(ground.look_for_matches().await, 1);
    assert_eq!(questions(overs).await, ["i1-o6", "i1-o11", "i1-o17", "i1-o19", "i1-o20"]);
    ground.is_settled_by_a_wicket().await;
    assert_eq!(ground.look_for_matches().await, 0);

    // Taken down, it stays so, and another match is asked about all the same.
    ground.withdraw_usual().await;
    questions("update server.match set phase = 'upcoming', changed_at_ms = changed_at_ms + 1 returning id")
        .await;
    ground.scene.here.server.announce(&ground.scene.feeder, "two").await;
    questions(is_today).await;
    assert_eq!(ground.look_for_matches().await, 1);
    assert_eq!(ground.quizzes(None).await, json!([]));
    let standing = "select (withdrawn_at is null)::text from quizzes.quiz order by number";
    assert_eq!(questions(standing).await, ["false", "true"]);
}
