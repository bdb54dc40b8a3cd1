//! Signing in, and up, by an identity provider: what opens an account, and what opens none.

mod provider;

use crate::dashboard::{Browser, From, PASSWORD, location};
use crate::support::{Ground, fields};
use access::oidc::{Settings, SettingsError};
use access::{Oidc, Secret};
use provider::{Forged, Provider, SECRET, Says};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

/// Who the provider says it is.
fn asha() -> Value {
    json!({ "sub": "7", "email": "asha@example.com", "email_verified": true, "name": "Asha Rao" })
}

/// The page where people sign in, with this said on it.
async fn says(response: reqwest::Response, said: &str) {
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{said}");
    let page = response.text().await.unwrap();
    assert!(page.contains("<h1>Sign in</h1>") && page.contains(said), "{said}: {page}");
}

#[tokio::test]
async fn a_newcomer_signs_up_without_a_password_and_comes_back() {
    let (ground, provider) = Ground::with_provider("", &[]).await;
    let mut browser = Browser::default();
    for path in ["/console/sign-in", "/console/sign-up"] {
        let page = ground.page(&browser, path).await;
        assert!(page.contains(r#"href="/console/sign-in/with/village""#), "{page}");
        assert!(page.contains("Continue with Village ID"), "{page}");
    }
    let back = ground.comes_by(&provider, &mut browser, asha()).await;
    assert_eq!(location(&back), "/console/sign-up/with");
    let page = ground.page(&browser, "/console/sign-up/with").await;
    assert!(page.contains("asha@example.com") && page.contains(r#"value="Asha Rao""#), "{page}");
    let nameless = ground.introduces(&mut browser, " ").await;
    assert_eq!(nameless.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let made = ground.introduces(&mut browser, "Asha").await;
    assert!(location(&made).ends_with("/start"), "{}", location(&made));
    assert!(ground.is_signed_in(&browser).await);
    let account = ground.page(&browser, "/console/account").await;
    assert!(
        account.contains("Choose one by a letter&#39;s link")
            || account.contains("Choose one by a letter's link")
    );
    assert!(account.contains("Village ID"), "{account}");
    // Nothing of it is used twice.
    assert_eq!(ground.introduces(&mut browser, "Asha").await.status(), StatusCode::UNPROCESSABLE_ENTITY);

    let mut again = Browser::default();
    let changed = json!({ "sub": "7", "email": "new@example.com", "email_verified": false });
    let back = ground.comes_by(&provider, &mut again, changed).await;
    assert_eq!(location(&back), "/console");
    assert!(ground.is_signed_in(&again).await);
    assert!(ground.letters().await.is_empty());
}

#[tokio::test]
async fn an_account_is_not_opened_by_a_provider_that_knows_its_address() {
    let (ground, provider) = Ground::with_provider("", &[]).await;
    ground.partner("asha@example.com").await;
    let mut browser = Browser::default();
    let back = ground.comes_by(&provider, &mut browser, asha()).await;
    says(back, "There is an account with this address.").await;
    assert!(!ground.is_signed_in(&browser).await);
}

#[tokio::test]
async fn an_account_is_linked_by_who_is_signed_in_and_knows_the_password_and_unlinked_again() {
    let (ground, provider) = Ground::with_provider("", &[]).await;
    let (mut browser, ..) = ground.partner("owner@example.com").await;
    let path = "/console/account/identities";
    for (password, chosen, status) in [
        ("guess", "village", StatusCode::UNPROCESSABLE_ENTITY),
        (PASSWORD, "elsewhere", StatusCode::NOT_FOUND),
    ] {
        let form = [("identity_password", password), ("provider", chosen)];
        assert_eq!(ground.press(&mut browser, path, &form).await.status(), status);
    }
    let form = [("identity_password", PASSWORD), ("provider", "village")];
    let leaving = ground.press(&mut browser, path, &form).await;
    let refresh = leaving.headers()["refresh"].to_str().unwrap().to_owned();
    let to = refresh.strip_prefix("0;url=").unwrap();
    let return_path = provider.signs_in(to, asha());
    // Another browser, though it has the address, is not on this way.
    says(ground.see(&Browser::default(), &return_path).await, "begun in another browser").await;
    let back = ground.see(&browser, &return_path).await;
    assert_eq!(location(&back), "/console/account?done=identity");
    let letters = ground.letters().await;
    assert_eq!(letters.last().unwrap().subject, "Your Crease second factor");

    let mut other = Browser::default();
    assert_eq!(location(&ground.comes_by(&provider, &mut other, asha()).await), "/console");
    // It opens one account at most.
    let (mut third, ..) = ground.partner("third@example.com").await;
    let leaving = ground.press(&mut third, path, &form).await;
    let refresh = leaving.headers()["refresh"].to_str().unwrap().to_owned();
    let taken = ground.see(&third, &provider.signs_in(&refresh[6..], asha())).await;
    assert_eq!(taken.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(taken.text().await.unwrap().contains("linked already"));

    let account = ground.page(&browser, "/console/account").await;
    let (_, rest) = account.split_once("/console/account/identities/").unwrap();
    let unlink = format!("{path}/{}/unlink", rest.split('/').next().unwrap());
    let strangers = ground.press(&mut third, &unlink, &[("identity_password", PASSWORD)]).await;
    assert_eq!(strangers.status(), StatusCode::NOT_FOUND);
    for (password, status) in [("guess", StatusCode::UNPROCESSABLE_ENTITY), (PASSWORD, StatusCode::SEE_OTHER)]
    {
        let answer = ground.press(&mut browser, &unlink, &[("identity_password", password)]).await;
        assert_eq!(answer.status(), status);
    }
    let gone = ground.comes_by(&provider, &mut Browser::default(), asha()).await;
    assert_eq!(location(&gone), "/console/sign-up/with");
}

#[tokio::test]
async fn a_second_factor_is_asked_for_after_a_provider_too() {
    let (ground, provider) = Ground::with_provider("", &[]).await;
    let mut browser = Browser::default();
    ground.comes_by(&provider, &mut browser, asha()).await;
    ground.introduces(&mut browser, "Asha").await;
    let user = ground.user_id("asha@example.com").await;
    let secret = ground.app.store.run_tx("test", async |tx| {
        let now = ground.app.clock.now();
        access::factor::enrol(tx, &ground.app.seal, &user, "asha@example.com", now).await
    });
    let secret = totp_rs::Secret::try_from_base32(secret.await.unwrap().unwrap().secret).unwrap();
    let at = u64::try_from(ground.app.clock.now().as_second()).unwrap();
    let code = totp_rs::Builder::new().with_secret(secret).build_noncompliant().generate(at).to_string();
    ground.press(&mut browser, "/console/account/factor/confirm", &[("factor_code", &code)]).await;
    let mut other = Browser::default();
    let half = ground.comes_by(&provider, &mut other, asha()).await;
    assert_eq!(location(&half), "/console/sign-in/code");
    assert!(!ground.is_signed_in(&other).await);
}

/// Each answer that is not believed, and what its page says.
const UNBELIEVED: [(Says, &str); 14] = [
    (Says::Claim("nonce", Forged::Text("another")), "cannot be trusted"),
    (Says::Claim("nonce", Forged::Missing), "cannot be trusted"),
    (Says::Claim("aud", Forged::Text("another-client")), "cannot be trusted"),
    (Says::Claim("iss", Forged::Text("https://evil.example")), "cannot be trusted"),
    (Says::Claim("exp", Forged::In(-1)), "cannot be trusted"),
    (Says::OtherKey, "cannot be trusted"),
    (Says::Unsigned, "cannot be trusted"),
    (Says::OtherAccessToken, "cannot be trusted"),
    (Says::NoIdToken, "cannot be trusted"),
    (Says::NoSuchCode, "cannot be trusted"),
    (Says::Claim("sub", Forged::Missing), "cannot be reached"),
    (Says::Status(500), "cannot be reached"),
    (Says::Status(302), "cannot be reached"),
    (Says::Garbage, "cannot be reached"),
];

#[tokio::test]
async fn what_a_provider_says_is_believed_only_when_all_of_it_is_right() {
    let (ground, provider) = Ground::with_provider("", &[]).await;
    ground.comes_by(&provider, &mut Browser::default(), asha()).await;
    for (wrong, said) in UNBELIEVED {
        let mut browser = Browser::default();
        let to = ground.leaves(&mut browser).await;
        provider.says(wrong);
        let back = ground.see(&browser, &provider.signs_in(&to, asha())).await;
        assert_eq!(back.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
        let page = back.text().await.unwrap();
        assert!(page.contains(said) && !page.contains(SECRET), "{wrong:?}: {page}");
        assert!(!ground.is_signed_in(&browser).await);
        provider.says(Says::Right);
    }
    let back = ground.comes_by(&provider, &mut Browser::default(), asha()).await;
    assert_eq!(location(&back), "/console/sign-up/with");
}

#[tokio::test]
async fn a_provider_that_is_away_or_talks_nonsense_keeps_nobody_from_a_password() {
    let (ground, provider) = Ground::with_provider("", &[]).await;
    for wrong in [Says::Status(503), Says::Garbage, Says::Flood] {
        provider.says(wrong);
        let sent = ground.see(&Browser::default(), "/console/sign-in/with/village").await;
        says(sent, "Village ID cannot be reached at this moment").await;
    }
    ground.partner("asha@example.com").await;
    let unknown = ground.see(&Browser::default(), "/console/sign-in/with/elsewhere").await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_answer_counts_once_in_the_browser_that_asked_and_for_ten_minutes() {
    let (ground, provider) = Ground::with_provider("", &[]).await;
    let mut browser = Browser::default();
    let to = ground.leaves(&mut browser).await;
    let back = provider.signs_in(&to, asha());
    let (path, query) = back.split_once('?').unwrap();
    // Somebody else's answer, put into this browser, and an answer that is none, leave its own way open.
    let mut attacker = Browser::default();
    let theirs = provider.signs_in(&ground.leaves(&mut attacker).await, json!({ "sub": "evil" }));
    for address in [theirs.as_str(), path, "/console/sign-in/with/village/back?code=1&code=2&state=3"] {
        says(ground.see(&browser, address).await, "begun in another browser").await;
    }
    let mut second = Browser::default();
    let other = provider.signs_in(&ground.leaves(&mut second).await, asha());
    let mixed = format!("{other}&iss=https%3A%2F%2Fevil.example");
    says(ground.see(&second, &mixed).await, "cannot be trusted").await;
    let first = ground.see(&browser, &format!("{path}?{query}")).await;
    assert_eq!(location(&first), "/console/sign-up/with");
    says(ground.see(&browser, &back).await, "begun in another browser").await;

    let mut late = Browser::default();
    let back = provider.signs_in(&ground.leaves(&mut late).await, asha());
    ground.app.clock.advance(Duration::from_secs(600));
    says(ground.see(&late, &back).await, "is over").await;

    let mut declined = Browser::default();
    let state = provider::asked(&ground.leaves(&mut declined).await)["state"].clone();
    let no = format!("/console/sign-in/with/village/back?error=access_denied&state={state}");
    says(ground.see(&declined, &no).await, "Village ID signed nobody in").await;
}

#[tokio::test]
async fn a_new_key_of_the_provider_is_looked_for() {
    let (ground, provider) = Ground::with_provider("", &[]).await;
    ground.comes_by(&provider, &mut Browser::default(), asha()).await;
    provider.changes_key();
    ground.app.clock.advance(Duration::from_secs(120));
    let back = ground.comes_by(&provider, &mut Browser::default(), asha()).await;
    assert_eq!(location(&back), "/console/sign-up/with");
}

async fn arrives(ground: &Ground, provider: &Provider, claims: Value, said: &str) {
    let back = ground.comes_by(provider, &mut Browser::default(), claims).await;
    if said.is_empty() {
        assert_eq!(location(&back), "/console/sign-up/with");
    } else {
        says(back, said).await;
    }
}

#[tokio::test]
async fn only_proved_addresses_of_the_configured_domains_make_accounts() {
    let (ground, provider) = Ground::with_provider(r#""example.com""#, &[]).await;
    let stranger = "Only people of example.com sign in with Village ID here";
    for (email, proved, said) in [
        ("asha@example.com", true, ""),
        ("asha@EXAMPLE.com", true, ""),
        ("asha@example.com", false, stranger),
        ("asha@example.com.evil.example", true, stranger),
        ("asha@evilexample.com", true, stranger),
        ("nonsense", true, stranger),
    ] {
        let claims = json!({ "sub": email, "email": email, "email_verified": proved });
        arrives(&ground, &provider, claims, said).await;
    }
    let (open, other) = Ground::with_provider("", &[]).await;
    let unproved = json!({ "sub": "1", "email": "asha@example.com" });
    arrives(&open, &other, unproved, "has proved no e-mail address").await;
    let (closed, third) = Ground::with_provider("", &[("CREASE__ACCESS__SIGN_UP", "false")]).await;
    arrives(&closed, &third, asha(), "new ones are made by invitation").await;
}

#[tokio::test]
async fn a_newcomers_form_is_ours_and_waits_for_an_hour() {
    let (ground, provider) = Ground::with_provider("", &[]).await;
    let mut browser = Browser::default();
    ground.comes_by(&provider, &mut browser, asha()).await;
    let form = fields(&[("name", "Asha"), ("organisation", "The Paper")]);
    for from in [From::Elsewhere, From::CrossSite] {
        let sent = ground.send(&browser, "/console/sign-up/with", &form, from).await;
        assert_eq!(sent.status(), StatusCode::FORBIDDEN);
    }
    ground.app.clock.advance(Duration::from_secs(3600));
    says(ground.introduces(&mut browser, "Asha").await, "is over").await;
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    let good = Settings {
        id: "google".into(),
        name: "Google".into(),
        issuer: "https://accounts.google.com".into(),
        client_id: "1".into(),
        client_secret: Secret::new("2"),
        email_domains: vec!["example.com".into()],
    };
    assert!(Oidc::new(std::slice::from_ref(&good)).is_ok());
    let id = || "google".to_owned();
    let check = |change: fn(&mut Settings), expected: SettingsError| {
        let mut changed = good.clone();
        change(&mut changed);
        assert_eq!(Oidc::new(&[changed]).unwrap_err(), expected);
    };
    check(|it| it.id = "../x".into(), SettingsError::Id { id: "../x".into() });
    check(|it| it.name = " ".into(), SettingsError::Name { id: id() });
    for issuer in ["http://accounts.google.com", "https://a.example/?x=1", "accounts.google.com"] {
        let changed = Settings { issuer: issuer.into(), ..good.clone() };
        assert_eq!(Oidc::new(&[changed]).unwrap_err(), SettingsError::Issuer { id: id() }, "{issuer}");
    }
    check(|it| it.client_id = String::new(), SettingsError::Client { id: id() });
    check(|it| it.client_secret = Secret::new(" "), SettingsError::Client { id: id() });
    let no_domain = SettingsError::Domain { id: id(), domain: "@x".into() };
    check(|it| it.email_domains = vec!["@x".into()], no_domain);
    assert_eq!(Oidc::new(&[good.clone(), good]).unwrap_err(), SettingsError::Twice { id: id() });
}
