//! What a role lets do, where it is not the same for all forms: keys that manage, owners, and what each role may not see.

use crate::dashboard::{Browser, PASSWORD, location};
use crate::support::Ground;
use access::By;
use partners::{Mode, NewKey, Organisation, Role, Scope, Scopes, key, member};
use reqwest::StatusCode;

/// An organisation, and a member of it with that role.
async fn member_of(ground: &Ground, role: Role) -> (Organisation, Browser, String) {
    let (_, organisation, _) = ground.partner("owner@example.com").await;
    let (browser, _, user) = ground.partner("member@example.com").await;
    let by = By::system("test", ground.app.clock.now());
    let added =
        ground.app.store.run_tx("test", async |tx| member::add(tx, &organisation.id, &user, role, &by).await);
    added.await.unwrap();
    (organisation, browser, user)
}

async fn secret_key(ground: &Ground, organisation: &Organisation, scopes: &[Scope]) -> String {
    let by = By::system("test", ground.app.clock.now());
    let new = NewKey::secret(Mode::Live, "Robot", Scopes::of(scopes));
    let issued =
        ground.app.store.run_tx("test", async |tx| key::issue(tx, &organisation.id, &new, &by).await);
    issued.await.unwrap().record.id
}

#[tokio::test]
async fn a_developer_makes_no_key_that_may_what_an_admin_may() {
    let ground = Ground::open().await;
    let (organisation, mut developer, user) = member_of(&ground, Role::Developer).await;
    let path = format!("/console/o/{}/keys", organisation.id);
    let manages = secret_key(&ground, &organisation, &[Scope::Feed, Scope::Manage]).await;
    let feeds = secret_key(&ground, &organisation, &[Scope::Feed]).await;
    let rotate = |id: &str| format!("{path}/{id}/rotate");
    let form = |scope: &'static str| [("name", "Mine"), ("for", "secret"), ("mode", "live"), (scope, "yes")];
    let overlap = [("overlap", "1")];
    let blank = ground.page(&developer, &format!("{path}/new")).await;
    assert!(blank.contains("scope_feed") && !blank.contains("scope_manage"), "{blank}");
    for (at, form, status) in [
        (path.clone(), &form("scope_manage")[..], StatusCode::FORBIDDEN),
        (path.clone(), &form("scope_feed"), StatusCode::OK),
        (rotate(&manages), &overlap, StatusCode::FORBIDDEN),
        (rotate(&feeds), &overlap, StatusCode::OK),
    ] {
        assert_eq!(ground.press(&mut developer, &at, form).await.status(), status, "{at} {form:?}");
    }
    let by = By::system("test", ground.app.clock.now());
    let raised = ground.app.store.run_tx("test", async |tx| {
        member::set_role(tx, &organisation.id, &user, Role::Admin, Role::Owner, &by).await
    });
    raised.await.unwrap();
    assert!(ground.page(&developer, &format!("{path}/new")).await.contains("scope_manage"));
    for (at, form) in [(path.clone(), &form("scope_manage")[..]), (rotate(&manages), &overlap)] {
        assert_eq!(ground.press(&mut developer, &at, form).await.status(), StatusCode::OK, "{at}");
    }
}

#[tokio::test]
async fn a_developer_has_no_say_over_people_and_an_admin_none_over_owners() {
    let ground = Ground::open().await;
    let (organisation, mut someone, user) = member_of(&ground, Role::Developer).await;
    let at = |path: &str| format!("/console/o/{}{path}", organisation.id);
    for path in ["/audit", "/settings"] {
        assert_eq!(ground.see(&someone, &at(path)).await.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let own_role = at(&format!("/team/{user}/role"));
    let invited = [("email", "new@example.com"), ("role", "admin")];
    for (path, form) in [
        (own_role.clone(), &[("role", "admin")][..]),
        (at("/team/invites"), &invited),
        (at("/settings"), &[("name", "Mine")]),
    ] {
        let answer = ground.press(&mut someone, &path, form).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let by = By::system("test", ground.app.clock.now());
    let raised = ground.app.store.run_tx("test", async |tx| {
        member::set_role(tx, &organisation.id, &user, Role::Admin, Role::Owner, &by).await
    });
    raised.await.unwrap();
    let owner = ground.user_id("owner@example.com").await;
    for (path, form) in [
        (own_role, &[("role", "owner")][..]),
        (at("/team/invites"), &[("email", "new@example.com"), ("role", "owner")]),
        (at(&format!("/team/{owner}/role")), &[("role", "analyst")]),
        (at(&format!("/team/{owner}/remove")), &[("sure", "yes")]),
    ] {
        let answer = ground.press(&mut someone, &path, form).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path} {form:?}");
    }
    let invites = ground.press(&mut someone, &at("/team/invites"), &invited).await;
    assert_eq!(invites.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn nobody_keeps_an_owner_from_a_new_password_by_having_other_letters_sent() {
    let ground = Ground::open().await;
    ground.partner("asha@example.com").await;
    let send = async |path: &str, form: &[(&str, &str)]| {
        let form = crate::support::fields(form);
        ground.send(&Browser::default(), path, &form, crate::dashboard::From::OurPage).await
    };
    for _ in 0..5 {
        send("/console/sign-up", &[("email", "asha@example.com")]).await;
    }
    for _ in 0..11 {
        send("/console/sign-in", &[("email", "asha@example.com"), ("password", "guess")]).await;
    }
    let shut = send("/console/sign-in", &[("email", "asha@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(shut.status(), StatusCode::TOO_MANY_REQUESTS);
    let before = ground.letters().await.len();
    send("/console/reset", &[("email", "asha@example.com")]).await;
    assert_eq!((before, ground.letters().await.len()), (3, 4));
    let link = ground.link().await;
    let changed = send(&link, &[("password", "marble otter quiz lantern")]).await;
    assert_eq!(location(&changed), "/console");
}

#[tokio::test]
async fn what_is_done_for_a_letter_is_the_same_for_every_address() {
    let ground = Ground::open().await;
    ground.partner("asha@example.com").await;
    let rows = async || {
        let sql =
            "select (select count(*) from access.link) as links, (select count(*) from jobs.job) as letters";
        let row = ground.app.store.read("test", async |db| db.query_one(sql, &[]).await).await.unwrap();
        (row.get::<_, i64>("links"), row.get::<_, i64>("letters"))
    };
    let mut expected = rows().await;
    for path in ["/console/sign-up", "/console/reset"] {
        for email in ["asha@example.com", "nobody@example.com"] {
            let form = crate::support::fields(&[("email", email)]);
            ground.send(&Browser::default(), path, &form, crate::dashboard::From::OurPage).await;
            expected = (expected.0 + 1, expected.1 + 1);
            assert_eq!(rows().await, expected, "{path} {email}");
        }
    }
}

#[tokio::test]
async fn a_character_that_no_text_has_is_refused_and_is_no_failure_of_ours() {
    let ground = Ground::open().await;
    let (mut owner, organisation, _) = ground.partner("owner@example.com").await;
    let at = |path: &str| format!("/console/o/{}{path}", organisation.id);
    for path in ["/audit?about=%00", "/keys/%00", "/sites/%00", "/webhooks/%00"] {
        let status = ground.see(&owner, &at(path)).await.status();
        assert!(status.is_client_error() || status.is_success(), "{path}: {status}");
    }
    for (path, name) in [("/settings", "a\0b"), ("/settings", "a\nb"), ("/sites", "a\u{7}b")] {
        let form = [("name", name), ("origins", "https://shop.example")];
        let answer = ground.press(&mut owner, &at(path), &form).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{path} {name:?}");
    }
    let profile = ground.press(&mut owner, "/console/account/profile", &[("name", "A\0B")]).await;
    assert_eq!(profile.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_happened_to_an_account_is_shown_to_its_owner() {
    let ground = Ground::open().await;
    let (mut owner, ..) = ground.partner("asha@example.com").await;
    ground.partner("other@example.com").await;
    let guess = crate::support::fields(&[("email", "asha@example.com"), ("password", "guess")]);
    ground.send(&Browser::default(), "/console/sign-in", &guess, crate::dashboard::From::OurPage).await;
    ground.press(&mut owner, "/console/account/profile", &[("name", "Asha R.")]).await;
    let page = ground.page(&owner, "/console/account").await;
    let (_, log) = page.split_once("What happened lately").unwrap();
    let lines: Vec<&str> = log.split("<strong>").skip(1).map(|it| it.split('<').next().unwrap()).collect();
    assert_eq!(lines, ["The name was changed", "A wrong password was tried", "Signed in"]);
    let sql = "select before->>'name' as before, after->>'name' as after from access.audit where action = 'user.rename'";
    let row = ground.app.store.read("test", async |db| db.query_one(sql, &[]).await).await.unwrap();
    assert_eq!((row.get("before"), row.get("after")), ("Asha Rao", "Asha R."));
}
