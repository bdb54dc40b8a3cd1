//! Who may score: signing in, forms that are ours, matches of others.

use crate::support::*;
use partners::{Kind, Mode, key};
use reqwest::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, ORIGIN, SET_COOKIE};
use reqwest::{Method, StatusCode};
use std::time::Duration;

#[tokio::test]
async fn who_is_not_signed_in_is_sent_to_the_sign_in_page() {
    let ground = Ground::open().await;
    let id = store::ids::new("mat");
    for path in [
        "/console/scorer/matches",
        "/console/scorer/matches/new",
        &format!("/console/scorer/matches/{id}/wicket"),
    ] {
        let response = ground.client.get(format!("{}{path}", ground.url)).send().await.unwrap();
        assert_eq!(
            (response.status(), location(&response)),
            (StatusCode::SEE_OTHER, "/console/scorer"),
            "{path}"
        );
    }
    let cookie = format!("crease_scorer={}", "a".repeat(43));
    let response = ground.post(&format!("/console/scorer/matches/{id}"), &cookie, &Vec::new()).await;
    assert_eq!((response.status(), location(&response)), (StatusCode::SEE_OTHER, "/console/scorer"));
    let response = ground.client.get(format!("{}/console/scorer", ground.url)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn only_a_live_secret_key_signs_in_and_wrong_ones_are_counted() {
    let ground = Ground::open().await;
    let (publishable, _) = ground.key(Kind::Publishable, Mode::Live).await;
    let (test, _) = ground.key(Kind::Secret, Mode::Test).await;
    let (good, _) = ground.key(Kind::Secret, Mode::Live).await;
    for (key, said) in [
        ("", "not a secret key of a feed here"),
        (&good[..good.len() - 1], "not a secret key of a feed here"),
        (&publishable, "not a secret key of a feed here"),
        (&test, "A test key plays with the sandbox match"),
    ] {
        let response = ground.try_key(key).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{key}");
        assert!(response.headers().get(SET_COOKIE).is_none(), "{key}");
        let page = response.text().await.unwrap();
        assert!(page.contains(said) && (key.is_empty() || !page.contains(key)), "{key}: {page}");
    }
    for _ in 3..10 {
        assert_eq!(ground.try_key("crs_sk_guess").await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(ground.try_key(&good).await.status(), StatusCode::TOO_MANY_REQUESTS);
    ground.app.clock.advance(Duration::from_secs(15 * 60));
    assert_eq!(ground.try_key(&good).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_form_that_is_not_ours_is_refused_and_changes_nothing() {
    let ground = Ground::open().await;
    let mut scorer = ground.scorer().await;
    let path = scorer.match_in_play().await;
    let good = scorer.form("ball", &[("runs", "4")]);
    let without: Fields = good.iter().filter(|(name, _)| name != "csrf").cloned().collect();
    let wrong = [without.clone(), fields(&[("csrf", "0123456789abcdef0123456789abcdef")])].concat();
    for fields in [&without, &wrong] {
        assert_eq!(ground.post(&path, &scorer.cookie, fields).await.status(), StatusCode::FORBIDDEN);
    }
    for foreign in ["https://evil.example", "null"] {
        let request = ground.client.request(Method::POST, format!("{}{path}", ground.url));
        let request = request.header(COOKIE, &scorer.cookie).header(ORIGIN, foreign);
        assert_eq!(
            request.body(encode(&good)).send().await.unwrap().status(),
            StatusCode::FORBIDDEN,
            "{foreign}"
        );
    }
    assert_eq!(scorer.told(&path).await.0, "0/0 (0.0)");
    scorer.ball(&path, &[("runs", "4")]).await;
}

#[tokio::test]
async fn another_organisations_match_is_not_there() {
    let ground = Ground::open().await;
    let mut one = ground.scorer().await;
    let path = one.match_in_play().await;
    let mut other = ground.scorer().await;
    for below in ["", "/wicket", "/ball", "/more", "/balls", "/balls/1", "/balls/x", "/balls/1/before"] {
        assert_eq!(other.get(&format!("{path}{below}")).await.status(), StatusCode::NOT_FOUND, "{below}");
    }
    other.open("/console/scorer/matches").await;
    assert!(!other.page.contains("Oaks v Elms"), "{}", other.page);
    let csrf = hidden(&other.page, "csrf");
    let mut form = one.form("ball", &[("runs", "4")]);
    form.retain(|(name, _)| name != "csrf");
    form.push(("csrf".to_owned(), csrf));
    assert_eq!(ground.post(&path, &other.cookie, &form).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(one.told(&path).await.0, "0/0 (0.0)");
}

#[tokio::test]
async fn over_tls_the_cookie_goes_nowhere_else() {
    let ground = Ground::open().await;
    let (key, _) = ground.key(Kind::Secret, Mode::Live).await;
    for (forwarded, secure) in [("https", true), ("http", false)] {
        let request = ground.client.post(format!("{}/console/scorer/sign-in", ground.url));
        let request = request.header(ORIGIN, &ground.url).header("x-forwarded-proto", forwarded);
        let response = request.body(encode(&fields(&[("key", &key)]))).send().await.unwrap();
        let set = response.headers()[SET_COOKIE].to_str().unwrap();
        assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"), "{set}");
        assert_eq!(set.contains("; Secure"), secure, "{forwarded}: {set}");
    }
}

#[tokio::test]
async fn a_session_ends_by_signing_out_by_time_and_with_its_key() {
    let ground = Ground::open().await;
    let signed_in =
        async |scorer: &Scorer<'_>| scorer.get("/console/scorer/matches").await.status() == StatusCode::OK;
    let mut out = ground.scorer().await;
    out.open("/console/scorer/matches").await;
    let csrf = hidden(&out.page, "csrf");
    let response = ground.post("/console/scorer/sign-out", &out.cookie, &fields(&[("csrf", &csrf)])).await;
    assert!(response.headers()[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert!(!signed_in(&out).await);

    let revoked = ground.scorer().await;
    assert!(signed_in(&revoked).await);
    ground
        .app
        .store
        .run_tx("test.revoke", async |tx| {
            let record = key::find(tx, &revoked.key_id).await?.unwrap();
            let by = access::By::system("test", record.created_at);
            key::revoke(tx, &record.organisation_id, &record.id, &by).await.map(drop)
        })
        .await
        .unwrap();
    assert!(!signed_in(&revoked).await);

    let late = ground.scorer().await;
    ground.app.clock.advance(Duration::from_secs(24 * 60 * 60 - 1));
    assert!(signed_in(&late).await);
    ground.app.clock.advance(Duration::from_secs(1));
    assert!(!signed_in(&late).await);
}

#[tokio::test]
async fn pages_are_never_kept_and_assets_always() {
    let ground = Ground::open().await;
    let mut scorer = ground.scorer().await;
    let response = scorer.get("/console/scorer/matches").await;
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    scorer.open("/console/scorer/matches").await;
    let script = attribute(scorer.page.split_once("<script").unwrap().1, "src");
    let response = scorer.get(&script).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers()[CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    assert_eq!(
        scorer.get("/console/assets/0000000000000000/console.js").await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_body_that_no_form_sends_is_refused() {
    let ground = Ground::open().await;
    let mut scorer = ground.scorer().await;
    let mut form = scorer.match_form("Oaks").await;
    form.push(("more".to_owned(), "x".repeat(70_000)));
    let response = ground.post("/console/scorer/matches", &scorer.cookie, &form).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
}
