//! The page of signing secrets: who sees it, who changes something, and what is shown once.

use crate::dashboard::{Browser, From, location};
use crate::support::{Ground, fields};
use access::By;
use partners::fan::secret::{self, Record};
use partners::{Organisation, Role, member, organisation};
use reqwest::StatusCode;

/// An organisation, and its owner's browser.
struct Place<'a> {
    ground: &'a Ground,
    owner: Browser,
    organisation: Organisation,
}

impl<'a> Place<'a> {
    async fn on(ground: &'a Ground) -> Self {
        let (owner, organisation, _) = ground.partner("owner@example.com").await;
        Self { ground, owner, organisation }
    }

    fn at(&self, rest: &str) -> String {
        format!("/console/o/{}/identity{rest}", self.organisation.id)
    }

    /// Makes a secret as its form does: the text that is shown this once.
    async fn make(&mut self, mode: &str, others: &str) -> String {
        let path = self.at("");
        let form = [("mode", mode), ("others", others)];
        let answer = self.ground.press(&mut self.owner, &path, &form).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let page = answer.text().await.unwrap();
        let begin = page.find("crs_fan_").unwrap_or_else(|| panic!("{page}"));
        page[begin..].split('<').next().unwrap().to_owned()
    }

    async fn secrets(&self) -> Vec<Record> {
        let list = async |db: &store::Client<'_>| secret::list(db, &self.organisation.id).await;
        self.ground.app.store.read("test", list).await.unwrap()
    }

    /// Somebody else with this role in it.
    async fn joined(&self, email: &str, role: Role) -> Browser {
        let (browser, _, user) = self.ground.partner(email).await;
        let by = By::system("test", self.ground.app.clock.now());
        let add = async |tx: &store::Transaction<'_>| {
            member::add(tx, &self.organisation.id, &user, role, &by).await
        };
        self.ground.app.store.run_tx("test", async |tx| add(tx).await).await.unwrap();
        browser
    }
}

#[tokio::test]
async fn a_secret_is_made_shown_once_replaced_and_revoked() {
    let ground = Ground::open().await;
    let mut place = Place::on(&ground).await;
    assert!(ground.page(&place.owner, &place.at("")).await.contains("No signing secret yet."));
    let first = place.make("live", "").await;
    let test = place.make("test", "").await;
    let second = place.make("live", "24").await;
    assert!(first.starts_with("crs_fan_live_") && test.starts_with("crs_fan_test_"), "{first} {test}");
    let secrets = place.secrets().await;
    let day = ground.app.clock.now() + jiff::SignedDuration::from_hours(24);
    let ends: Vec<_> = secrets.iter().map(|it| it.ends_at).collect();
    assert_eq!(ends, [None, None, Some(day)], "the latest first: only those of the mode are replaced");

    let path = place.at(&format!("/{}", secrets[0].id));
    let unsure = ground.press(&mut place.owner, &format!("{path}/revoke"), &[]).await;
    assert_eq!(unsure.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unsure.text().await.unwrap().contains("Tick the box"));
    assert!(place.secrets().await[0].revoked_at.is_none());
    let sure = ground.press(&mut place.owner, &format!("{path}/revoke"), &[("sure", "yes")]).await;
    assert_eq!((sure.status(), location(&sure)), (StatusCode::SEE_OTHER, &*place.at("?done=secret-revoked")));
    assert!(place.secrets().await[0].revoked_at.is_some());

    let list = ground.page(&place.owner, &place.at("?done=secret-revoked")).await;
    assert!(list.contains("The signing secret is revoked.") && list.contains(&secrets[0].id), "{list}");
    let one = ground.page(&place.owner, &path).await;
    assert!(one.contains("revoked") && !one.contains("Revoke it"), "{one}");
    let log = ground.page(&place.owner, &format!("/console/o/{}/audit", place.organisation.id)).await;
    assert!(["make", "rotate", "revoke"].iter().all(|it| log.contains(&format!("fan_secret.{it}"))), "{log}");
    for page in [list, one, log] {
        assert!([&first, &test, &second].iter().all(|it| !page.contains(&it[13..23])), "{page}");
    }
}

#[tokio::test]
async fn the_page_has_the_code_that_signs_in_five_languages() {
    let ground = Ground::open().await;
    let place = Place::on(&ground).await;
    let page = ground.page(&place.owner, &place.at("")).await;
    for (language, line) in [
        ("Node.js", "process.env.CREASE_FAN_SECRET"),
        ("Python", "os.environ[&quot;CREASE_FAN_SECRET&quot;]"),
        ("PHP", "getenv('CREASE_FAN_SECRET')"),
        ("Ruby", "ENV.fetch(&quot;CREASE_FAN_SECRET&quot;)"),
        ("Go", "os.Getenv(&quot;CREASE_FAN_SECRET&quot;)"),
    ] {
        assert!(
            page.contains(&format!("<summary>{language}</summary>")) && page.contains(line),
            "{language}"
        );
    }
}

#[tokio::test]
async fn who_builds_manages_secrets_and_others_of_the_organisation_look() {
    let ground = Ground::open().await;
    let mut place = Place::on(&ground).await;
    place.make("live", "").await;
    for (role, may) in
        [(Role::Admin, true), (Role::Developer, true), (Role::Analyst, false), (Role::Billing, false)]
    {
        let mut browser = place.joined(&format!("{}@example.com", role.word()), role).await;
        let list = ground.page(&browser, &place.at("")).await;
        assert_eq!(list.contains("New signing secret"), may, "{role:?}");
        let before = place.secrets().await;
        let status = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(ground.see(&browser, &place.at("/new")).await.status(), status, "{role:?}");
        let made = ground.press(&mut browser, &place.at(""), &[("mode", "live"), ("others", "0")]).await;
        assert_eq!(made.status(), status, "{role:?}");
        let path = place.at(&format!("/{}", place.secrets().await[0].id));
        assert_eq!(ground.page(&browser, &path).await.contains("Revoke it"), may, "{role:?}");
        let revoked = ground.press(&mut browser, &format!("{path}/revoke"), &[("sure", "yes")]).await;
        let status = if may { StatusCode::SEE_OTHER } else { StatusCode::FORBIDDEN };
        assert_eq!(revoked.status(), status, "{role:?}");
        assert_eq!(place.secrets().await != before, may, "{role:?}");
    }
}

#[tokio::test]
async fn secrets_of_another_organisation_are_not_found_under_any_address() {
    let ground = Ground::open().await;
    let mut place = Place::on(&ground).await;
    place.make("live", "").await;
    let (mut stranger, own, _) = ground.partner("stranger@example.com").await;
    let before = place.secrets().await;
    let one = format!("/{}", before[0].id);
    for path in [
        place.at(""),
        place.at("/new"),
        place.at(&one),
        place.at(&one).replace(&place.organisation.id, &own.id),
    ] {
        assert_eq!(ground.see(&stranger, &path).await.status(), StatusCode::NOT_FOUND, "{path}");
        let out = ground.see(&Browser::default(), &path).await;
        assert_eq!((out.status(), location(&out)), (StatusCode::SEE_OTHER, "/console/sign-in"), "{path}");
    }
    let revoke = place.at(&format!("{one}/revoke"));
    let under_own = revoke.replace(&place.organisation.id, &own.id);
    for path in [place.at(""), revoke, under_own] {
        let form = [("mode", "live"), ("others", "0"), ("sure", "yes")];
        let answer = ground.press(&mut stranger, &path, &form).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(place.secrets().await, before);
}

#[tokio::test]
async fn a_form_from_elsewhere_or_one_that_is_wrong_makes_and_revokes_nothing() {
    let ground = Ground::open().await;
    let mut place = Place::on(&ground).await;
    place.make("live", "").await;
    let before = place.secrets().await;
    let token = ground.csrf(&place.owner).await;
    for path in [place.at(""), place.at(&format!("/{}/revoke", before[0].id))] {
        for (from, csrf) in [
            (From::Elsewhere, token.as_str()),
            (From::CrossSite, &token),
            (From::OurPage, ""),
            (From::OurPage, "0123456789abcdef0123456789abcdef"),
        ] {
            let form = fields(&[("mode", "live"), ("others", "0"), ("sure", "yes"), ("csrf", csrf)]);
            let answer = ground.send(&place.owner, &path, &form, from).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path} {from:?} {csrf}");
        }
    }
    let path = place.at("");
    for form in [
        [("mode", ""), ("others", "")],
        [("mode", "live"), ("others", "2")],
        [("mode", "Live"), ("others", "x")],
    ] {
        let answer = ground.press(&mut place.owner, &path, &form).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{form:?}");
    }
    assert_eq!(place.secrets().await, before);
    for _ in 1..5 {
        place.make("live", "").await;
    }
    let sixth = ground.press(&mut place.owner, &path, &[("mode", "live"), ("others", "")]).await;
    assert_eq!(sixth.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(sixth.text().await.unwrap().contains("at most 5 good signing secrets"));
}

#[tokio::test]
async fn names_and_addresses_do_not_break_out_of_the_page() {
    let ground = Ground::open().await;
    let mut place = Place::on(&ground).await;
    let hostile = "\"><script>alert(1)</script>";
    let by = By::system("test", ground.app.clock.now());
    let rename = async |tx: &store::Transaction<'_>| {
        organisation::rename(tx, &place.organisation.id, hostile, &by).await
    };
    ground.app.store.run_tx("test", async |tx| rename(tx).await).await.unwrap();
    ground.press(&mut place.owner, "/console/account/profile", &[("name", hostile)]).await;
    place.make("live", "").await;
    let id = place.secrets().await[0].id.clone();
    let escaped = "&quot;&gt;&lt;script&gt;alert(1)";
    for rest in ["", "/new", &format!("/{id}"), "?done=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"] {
        let page = ground.page(&place.owner, &place.at(rest)).await;
        assert!(page.matches(escaped).count() >= 2 && !page.contains("<script>alert"), "{rest}: {page}");
    }
    let form = [("mode", hostile), ("others", hostile)];
    let path = place.at("");
    let refused = ground.press(&mut place.owner, &path, &form).await.text().await.unwrap();
    assert!(!refused.contains("<script>alert"), "{refused}");
    let odd = place.at("/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E");
    let missing = ground.see(&place.owner, &odd).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert!(!missing.text().await.unwrap().contains("<script>alert"));
}
