//! What a press does, and that it does it once.

use crate::support::*;
use reqwest::header::{COOKIE, ORIGIN};
use reqwest::{Response, StatusCode};

#[tokio::test]
async fn two_overs_are_scored_with_a_wide_a_wicket_an_undo_and_an_edit() {
    let ground = Ground::open().await;
    let mut scorer = ground.scorer().await;
    let path = scorer.match_in_play().await;
    for filled in [
        &[("runs", "1")][..],
        &[("runs", "4")],
        &[("runs", "0"), ("called", "wide")],
        &[("runs", "2"), ("off", "leg_byes")],
        &[("runs", "0"), ("called", "no_ball")],
        &[("runs", "0")],
    ] {
        scorer.ball(&path, filled).await;
    }
    assert_eq!(scorer.told(&path).await.0, "9/0 (0.4)");

    scorer.open(&format!("{path}/wicket")).await;
    let out =
        [("how", "caught"), ("fielder", "5"), ("runs", "0"), ("out", "1"), ("next", "2"), ("faces", "usual")];
    assert_eq!(scorer.press(&path, "wicket", &out).await, StatusCode::SEE_OTHER, "{}", scorer.page);
    assert!(scorer.page.contains("OUT! c Yul b Xan"), "{}", scorer.page);
    assert_eq!(scorer.told(&path).await.0, "9/1 (0.5)");
    assert_eq!(scorer.press(&path, "undo", &[]).await, StatusCode::SEE_OTHER);
    assert_eq!(scorer.told(&path).await.0, "9/0 (0.4)", "the wicket and the new batter are gone");
    scorer.open(&format!("{path}/wicket")).await;
    assert_eq!(scorer.press(&path, "wicket", &out).await, StatusCode::SEE_OTHER);
    scorer.ball(&path, &[("runs", "0")]).await;
    assert!(scorer.page.contains("Who bowls over 2?"), "{}", scorer.page);

    scorer.open(&format!("{path}?bowler=5")).await;
    for runs in ["1", "0", "6", "0", "0", "2"] {
        scorer.ball(&path, &[("runs", runs)]).await;
    }
    assert_eq!(scorer.told(&path).await.0, "18/1 (2.0)");
    assert!(scorer.page.contains("Elms to bat"), "{}", scorer.page);

    scorer.open(&format!("{path}/balls")).await;
    let ball = ball_link(&scorer.page, "Xan to Bea, FOUR");
    let (_, rev) = scorer.told(&path).await;
    scorer.open(&ball).await;
    let edit = [
        ("striker", "1"),
        ("non_striker", "0"),
        ("bowler", "4"),
        ("runs", "6"),
        ("called", "fair"),
        ("off", "bat"),
        ("how", "none"),
    ];
    assert_eq!(scorer.press(&path, "edit", &edit).await, StatusCode::SEE_OTHER, "{}", scorer.page);
    let (score, after) = scorer.told(&path).await;
    assert_eq!((score.as_str(), after), ("20/1 (2.0)", rev + 1));
}

/// The edit link of the line that says this.
fn ball_link(page: &str, line: &str) -> String {
    let after = page.split_once(line).unwrap().1;
    attribute(after, "href")
}

#[tokio::test]
async fn a_press_that_comes_twice_counts_once_and_says_so() {
    let ground = Ground::open().await;
    let mut scorer = ground.scorer().await;
    let path = scorer.match_in_play().await;
    let form = scorer.form("ball", &[("runs", "4")]);
    let response = ground.post(&path, &scorer.cookie, &form).await;
    assert_eq!((response.status(), location(&response)), (StatusCode::SEE_OTHER, path.as_str()));
    let again = ground.post(&path, &scorer.cookie, &form).await;
    assert_eq!(scorer.follow(again).await, StatusCode::OK);
    assert!(scorer.page.contains("Already scored, and counted once."), "{}", scorer.page);
    assert!(scorer.page.contains("Xan to Ada, FOUR. 4 for 0"), "{}", scorer.page);
    assert_eq!(scorer.told(&path).await.0, "4/0 (0.1)");
    let undo = scorer.form("undo", &[]);
    assert_eq!(ground.post(&path, &scorer.cookie, &undo).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(ground.post(&path, &scorer.cookie, &undo).await.status(), StatusCode::OK);
    assert_eq!(scorer.told(&path).await.0, "0/0 (0.0)", "only the last ball is taken back");
    assert_eq!(ground.post(&path, &scorer.cookie, &form).await.status(), StatusCode::OK);
    assert_eq!(scorer.told(&path).await.0, "0/0 (0.0)", "the old page does not bring it in again");
}

#[tokio::test]
async fn the_same_press_in_two_processes_and_after_a_restart_counts_once() {
    let ground = Ground::open().await;
    let other = ground.another().await;
    let mut scorer = ground.scorer().await;
    let path = scorer.match_in_play().await;
    // Both know the match, so that neither reads it anew.
    for url in [&ground.url, &other] {
        let get = ground.client.get(format!("{url}{path}")).header(COOKIE, &scorer.cookie);
        assert_eq!(get.send().await.unwrap().status(), StatusCode::OK);
    }
    let four = scorer.form("ball", &[("runs", "4")]);
    let post = async |url: &str, form: &Fields| {
        let request =
            ground.client.post(format!("{url}{path}")).header(COOKIE, &scorer.cookie).header(ORIGIN, url);
        request.body(encode(form)).send().await.unwrap()
    };
    let all = [&ground.url, &other, &ground.url, &other].map(|url| post(url, &four));
    let answers = futures_util::future::join_all(all).await;
    let mut statuses: Vec<StatusCode> = answers.iter().map(Response::status).collect();
    statuses.sort();
    assert_eq!(statuses, [StatusCode::OK, StatusCode::OK, StatusCode::OK, StatusCode::SEE_OTHER]);
    assert_eq!(scorer.told(&path).await.0, "4/0 (0.1)");

    let one = scorer.form("ball", &[("runs", "1")]);
    assert_eq!(post(&other, &one).await.status(), StatusCode::CONFLICT, "another ball of the same page");
    let restarted = ground.another().await;
    assert_eq!(post(&restarted, &four).await.status(), StatusCode::OK);
    assert_eq!(scorer.told(&path).await.0, "4/0 (0.1)");
}

#[tokio::test]
async fn two_scorers_do_not_score_the_same_ball_twice() {
    let ground = Ground::open().await;
    let mut one = ground.scorer().await;
    let path = one.match_in_play().await;
    let mut other = ground.sign_in(one.key.clone(), one.key_id.clone()).await;
    other.open(&format!("{path}?bowler=4")).await;
    let (first, second) = (one.form("ball", &[("runs", "4")]), other.form("ball", &[("runs", "2")]));
    let (a, b) =
        tokio::join!(ground.post(&path, &one.cookie, &first), ground.post(&path, &other.cookie, &second));
    let mut statuses = [a.status(), b.status()];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::CONFLICT]);
    let (runs, line) =
        if a.status() == StatusCode::CONFLICT { (2, "Xan to Ada, 2 runs") } else { (4, "Xan to Ada, FOUR") };
    assert_eq!(one.told(&path).await.0, format!("{runs}/0 (0.1)"));
    let conflict = if a.status() == StatusCode::CONFLICT {
        // Who was slower goes on, with the form of their own session.
        std::mem::swap(&mut one, &mut other);
        a
    } else {
        b
    };
    other.page = conflict.text().await.unwrap();
    assert!(other.page.contains("the match has moved on since this page was shown"), "{}", other.page);
    assert!(other.page.contains(&format!("<li>{line}</li>")), "{}", other.page);
    other.ball(&path, &[("runs", "1")]).await;
    assert_eq!(one.told(&path).await.0, format!("{}/0 (0.2)", runs + 1));
}

#[tokio::test]
async fn what_the_game_refuses_is_said_on_the_page_with_what_was_filled_in() {
    let ground = Ground::open().await;
    let mut scorer = ground.scorer().await;
    let path = scorer.match_in_play().await;
    scorer.open(&format!("{path}/wicket?bowler=4")).await;
    let filled = [("how", "bowled"), ("runs", "0"), ("out", "1"), ("next", "3")];
    assert_eq!(scorer.press(&path, "wicket", &filled).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(scorer.page.contains("A batter cannot be out bowled on this ball."), "{}", scorer.page);
    assert!(scorer.page.contains(r#"value="3" selected"#), "{}", scorer.page);
    assert_eq!(
        scorer.press(&path, "wicket", &[("how", "bowled"), ("runs", "0"), ("out", "0"), ("next", "3")]).await,
        StatusCode::SEE_OTHER
    );
    assert_eq!(scorer.told(&path).await.0, "0/1 (0.1)");
}

#[tokio::test]
async fn a_match_is_created_once_and_a_wrong_form_keeps_its_words() {
    let ground = Ground::open().await;
    let mut scorer = ground.scorer().await;
    let form = scorer.match_form("").await;
    let response = ground.post("/console/scorer/matches", &scorer.cookie, &form).await;
    assert_eq!(scorer.follow(response).await, StatusCode::UNPROCESSABLE_ENTITY);
    for kept in ["Give the team a name.", "1. Ada (c)\n2. Bea (wk)", r#"value="The &lt;Green&gt;""#] {
        assert!(scorer.page.contains(kept), "{kept}: {}", scorer.page);
    }
    let form = scorer.match_form("Oaks").await;
    let mut found = Vec::new();
    for _ in 0..2 {
        let response = ground.post("/console/scorer/matches", &scorer.cookie, &form).await;
        found.push(location(&response).to_owned());
    }
    assert_eq!(found[0], found[1]);
    scorer.open("/console/scorer/matches").await;
    assert_eq!(scorer.page.matches("Oaks v Elms").count(), 1, "{}", scorer.page);
    assert!(scorer.page.contains("The &lt;Green&gt;"), "{}", scorer.page);
}
