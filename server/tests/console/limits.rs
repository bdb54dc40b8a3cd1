//! What a form may hold: every text has a limit, and none of it becomes markup.

use crate::support::*;
use reqwest::StatusCode;
use reqwest::header::CONTENT_SECURITY_POLICY;

const HOSTILE: &str = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>";

#[tokio::test]
async fn every_text_of_a_new_match_has_a_limit_that_is_said_beside_it() {
    let ground = Ground::open().await;
    let mut scorer = ground.scorer().await;
    for (field, length, said) in [
        ("home", 61, "At most 60 characters."),
        ("away", 61, "At most 60 characters."),
        ("home_short", 6, "At most 5 letters."),
        ("away_short", 6, "At most 5 letters."),
        ("home_players", 61, "2 to 20 players are needed; 1 found."),
        ("venue", 101, "At most 100 characters."),
        ("competition", 101, "At most 100 characters."),
        ("stage", 101, "At most 100 characters."),
        ("date", 200, "Write the date as 2026-05-24."),
        ("overs", 200, "Enter a whole number from 1 to 100."),
        ("form", 200, "This page is broken: load it again."),
    ] {
        let mut form = scorer.match_form("Oaks").await;
        form.retain(|(name, _)| name != field);
        form.push((field.to_owned(), "7".repeat(length)));
        let response = ground.post("/console/scorer/matches", &scorer.cookie, &form).await;
        assert_eq!(scorer.follow(response).await, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(scorer.page.contains(said), "{field}: {}", scorer.page);
    }
}

#[tokio::test]
async fn every_text_of_a_match_in_play_has_a_limit_and_nothing_too_long_is_taken() {
    let ground = Ground::open().await;
    let mut scorer = ground.scorer().await;
    let path = scorer.match_in_play().await;
    scorer.ball(&path, &[("runs", "1")]).await;
    let before = scorer.told(&path).await;
    let long = "x".repeat(200);
    let ball = [("striker", "0"), ("non_striker", "1"), ("bowler", "4"), ("runs", "0")];
    let with = |more: &[(&'static str, &'static str)]| [&ball[..], more].concat();
    for (page, act, field, filled) in [
        ("more", "stop", "reason", vec![("stop", "delay")]),
        ("more", "bowler_off", "off_reason", vec![("new_bowler", "5")]),
        ("more", "substitute", "sub_reason", vec![("sub_role", "match"), ("sub_out", "0"), ("sub_in", "3")]),
        ("more", "result", "method", vec![("result", "home"), ("margin_by", "awarded")]),
        ("wicket", "wicket", "substitute", with(&[("how", "caught"), ("fielder", "substitute")])),
        ("ball", "ball", "umpire", with(&[("how", "none"), ("review", "batting"), ("decision", "stands")])),
        ("ball", "ball", "runs", vec![("striker", "0"), ("non_striker", "1"), ("bowler", "4")]),
        ("more", "penalty", "penalty", vec![]),
        ("more", "target", "target_overs", vec![]),
        ("more", "powerplay", "from_over", vec![("powerplay", "batting"), ("to_over", "9")]),
    ] {
        scorer.open(&format!("{path}/{page}?bowler=4")).await;
        let mut filled = filled;
        filled.push((field, long.as_str()));
        let status = scorer.press(&path, act, &filled).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{act} {field}");
        assert!(scorer.page.contains(r#"role="alert""#), "{act} {field}: {}", scorer.page);
        assert_eq!(scorer.told(&path).await, before, "{act} {field}");
    }
}

#[tokio::test]
async fn names_are_text_on_every_page_and_no_page_has_a_script_of_its_own() {
    let ground = Ground::open().await;
    let mut scorer = ground.scorer().await;
    let mut form = scorer.match_form(HOSTILE).await;
    for (name, value) in &mut form {
        match name.as_str() {
            "home_players" => *value = format!("{HOSTILE}\nBea\nCid\nDot"),
            "venue" => HOSTILE.clone_into(value),
            _ => {}
        }
    }
    let response = ground.post("/console/scorer/matches", &scorer.cookie, &form).await;
    let path = location(&response).to_owned();
    assert_eq!(scorer.follow(response).await, StatusCode::SEE_OTHER, "{}", scorer.page);
    scorer.press(&path, "toss", &[("winner", "home"), ("chose", "bat")]).await;
    let openers = [("striker", "0"), ("non_striker", "1"), ("bowler", "4"), ("overs", "2")];
    scorer.press(&path, "openers", &openers).await;
    scorer.ball(&path, &[("runs", "1")]).await;
    scorer.open(&format!("{path}/more")).await;
    scorer.press(&path, "stop", &[("stop", "break"), ("reason", HOSTILE)]).await;
    scorer.press(&path, "resume", &[]).await;
    scorer.open(&format!("{path}?bowler=4")).await;
    let edit = attribute(scorer.page.split_once(r#"class="edit""#).unwrap().1, "href");
    let edit = edit.split('?').next().unwrap().to_owned();
    let pages = ["", "/wicket?bowler=4", "/ball?bowler=4", "/more", "/balls"].map(|it| format!("{path}{it}"));
    let others = [edit.clone(), format!("{edit}/before"), "/console/scorer/matches".to_owned()];
    for page in pages.iter().chain(&others) {
        let response = scorer.get(page).await;
        assert_eq!(response.status(), StatusCode::OK, "{page}");
        let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{page}: {policy}");
        let html = response.text().await.unwrap();
        assert!(html.contains("&lt;script&gt;alert('x')&lt;/script&gt;&quot;"), "{page}: {html}");
        assert!(!html.contains("<script>") && !html.contains("<img src=x"), "{page}: {html}");
        assert_eq!(html.matches("<script").count(), 1, "{page}: the console's own, by its address");
        for inline in [" style=", "<style", " onclick=", "javascript:"] {
            assert!(!html.contains(inline), "{page}: {inline}");
        }
    }
}
