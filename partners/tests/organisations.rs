//! Organisations with their members, invitations, sites and keys in a real PostgreSQL.

use access::{By, Email, Passwords, User, Visitor, audit};
use jiff::SignedDuration;
use partners::{
    Error, Issued, KeyRing, Mode, Need, NewKey, Organisation, Origins, Overlap, Role, Scope, Scopes, invite,
    key, member, organisation, site,
};
use std::time::Duration;
use store::testing::TestStore;
use store::{Clock, Store, Transaction};

const MIGRATIONS: &[store::Migrations] = &[access::MIGRATIONS, partners::MIGRATIONS];
const SHOP: &[&str] = &["https://shop.example"];

/// An organisation with an owner, and a stranger.
struct Scene {
    test: TestStore,
    clock: Clock,
    owner: User,
    stranger: User,
    organisation: Organisation,
}

impl Scene {
    async fn new() -> Self {
        let test = TestStore::new(MIGRATIONS).await;
        let clock = Clock::manual("2026-11-29T10:00:00Z".parse().expect("a moment"));
        let owner = user(test.store(), &clock, "owner@example.com").await;
        let stranger = user(test.store(), &clock, "stranger@example.com").await;
        let by = By::user(&owner, visitor(), clock.now());
        let made =
            test.store().run_tx("test", async |tx| organisation::create(tx, "The Paper", &by).await).await;
        Self { organisation: made.expect("an organisation"), test, clock, owner, stranger }
    }

    fn store(&self) -> &Store {
        self.test.store()
    }

    fn by(&self) -> By {
        By::user(&self.owner, visitor(), self.clock.now())
    }

    fn id(&self) -> &str {
        &self.organisation.id
    }

    async fn tx<T>(&self, body: impl AsyncFn(&Transaction<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.store().run_tx("test", async |tx| body(tx).await).await
    }

    async fn site(&self) -> partners::Site {
        let made = self.tx(async |tx| site::create(tx, self.id(), "Shop", SHOP, &self.by()).await).await;
        made.expect("a site")
    }

    async fn issue(&self, new: &NewKey<'_>) -> Result<Issued, Error> {
        self.tx(async |tx| key::issue(tx, self.id(), new, &self.by()).await).await
    }

    async fn ring(&self) -> KeyRing {
        let ring = KeyRing::new(self.clock.clone());
        ring.load(self.store()).await.expect("keys");
        ring
    }

    async fn actions(&self) -> Vec<String> {
        let read = self.store().read("test", async |db| audit::list(db, self.id(), i64::MAX, "", 100).await);
        read.await.expect("the log").into_iter().rev().map(|it| it.action).collect()
    }
}

async fn user(store: &Store, clock: &Clock, email: &str) -> User {
    let phc = Passwords::cheap().hash("vexed lime umpire ladder").await.expect("a hash");
    let email = Email::parse(email).expect("an address");
    let made = store
        .run_tx("test", async |tx| access::user::create(tx, &email, "Somebody", &phc, clock.now()).await);
    made.await.expect("a user")
}

fn visitor() -> Visitor {
    Visitor::new([192, 0, 2, 1].into(), "test")
}

#[tokio::test]
async fn who_makes_an_organisation_owns_it_and_nobody_else_sees_it() {
    let scene = Scene::new().await;
    let found = async |user: &User| {
        scene.store().read("test", async |db| member::find(db, scene.id(), &user.id).await).await.unwrap()
    };
    assert_eq!(found(&scene.owner).await, Some((scene.organisation.clone(), Role::Owner)));
    assert_eq!(found(&scene.stranger).await, None);
    let of_stranger = scene
        .store()
        .read("test", async |db| member::organisations(db, &scene.stranger.id).await)
        .await
        .unwrap();
    assert_eq!(of_stranger, []);
    assert_eq!(scene.actions().await, ["organisation.create", "member.add"]);
}

#[tokio::test]
async fn an_invitation_makes_whoever_opens_it_a_member_once() {
    let scene = Scene::new().await;
    let email = Email::parse("new@example.com").unwrap();
    let ask = async |role, giver| {
        scene.tx(async |tx| invite::make(tx, scene.id(), &email, role, giver, &scene.by()).await).await
    };
    assert!(matches!(ask(Role::Owner, Role::Admin).await, Err(Error::NotAllowed)));
    let (_, first) = ask(Role::Analyst, Role::Owner).await.unwrap();
    let (asked, second) = ask(Role::Developer, Role::Owner).await.unwrap();
    let open = async || {
        let now = scene.clock.now();
        scene.store().read("test", async |db| invite::list(db, scene.id(), now).await).await.unwrap()
    };
    assert_eq!(open().await, std::slice::from_ref(&asked), "asked twice, it is one invitation");
    let accept = async |token| {
        let by = By::user(&scene.stranger, visitor(), scene.clock.now());
        scene.tx(async |tx| invite::accept(tx, token, &scene.stranger, &by).await).await.unwrap()
    };
    assert!(accept(&first).await.is_none(), "the earlier letter's link");
    assert_eq!(accept(&second).await, Some(asked));
    assert!(accept(&second).await.is_none(), "twice");
    let members = scene.store().read("test", async |db| member::list(db, scene.id()).await).await.unwrap();
    let roles: Vec<_> = members.iter().map(|it| (it.user_id.as_str(), it.role)).collect();
    assert_eq!(roles.len(), 2);
    assert!(roles.contains(&(scene.stranger.id.as_str(), Role::Developer)), "{roles:?}");

    let again = Email::parse("Stranger@example.com").unwrap();
    let again = scene
        .tx(async |tx| invite::make(tx, scene.id(), &again, Role::Admin, Role::Owner, &scene.by()).await)
        .await;
    assert!(matches!(again, Err(Error::AlreadyMember)));
}

#[tokio::test]
async fn an_invitation_ends_with_its_week_or_when_it_is_taken_back() {
    let scene = Scene::new().await;
    let ask = async |email: &str| {
        let email = Email::parse(email).unwrap();
        let made = scene
            .tx(async |tx| {
                invite::make(tx, scene.id(), &email, Role::Analyst, Role::Admin, &scene.by()).await
            })
            .await;
        made.unwrap()
    };
    let ((back, back_token), (_, late_token)) = (ask("a@example.com").await, ask("b@example.com").await);
    let elsewhere = scene
        .tx(async |tx| invite::take_back(tx, "org_of_another", &back.id, &scene.by()).await)
        .await
        .unwrap_err();
    assert!(matches!(elsewhere, Error::UnknownInvite { .. }));
    scene.tx(async |tx| invite::take_back(tx, scene.id(), &back.id, &scene.by()).await).await.unwrap();
    scene.clock.advance(Duration::from_secs(7 * 24 * 60 * 60));
    let now = scene.clock.now();
    for token in [back_token, late_token] {
        let look = scene.store().read("test", async |db| invite::look(db, &token, now).await).await.unwrap();
        assert!(look.is_none());
    }
    let forgotten = scene.tx(async |tx| invite::forget_over(tx, now).await).await.unwrap();
    assert_eq!(forgotten, 1);
}

#[tokio::test]
async fn there_is_always_an_owner_and_only_owners_make_owners() {
    let scene = Scene::new().await;
    let (owner, other) = (scene.owner.id.as_str(), scene.stranger.id.as_str());
    scene.tx(async |tx| member::add(tx, scene.id(), other, Role::Admin, &scene.by()).await).await.unwrap();
    let set = async |user: &str, role, giver| {
        scene.tx(async |tx| member::set_role(tx, scene.id(), user, role, giver, &scene.by()).await).await
    };
    assert!(matches!(set(owner, Role::Analyst, Role::Owner).await, Err(Error::LastOwner)));
    assert!(matches!(set(owner, Role::Analyst, Role::Admin).await, Err(Error::NotAllowed)));
    assert!(matches!(set(other, Role::Owner, Role::Admin).await, Err(Error::NotAllowed)));
    assert!(matches!(set(other, Role::Admin, Role::Developer).await, Err(Error::NotAllowed)));
    assert!(matches!(set("usr_of_nobody", Role::Admin, Role::Owner).await, Err(Error::UnknownMember { .. })));
    let leave = async |who: &User, role| {
        let by = By::user(who, visitor(), scene.clock.now());
        scene.tx(async |tx| member::remove(tx, scene.id(), &who.id, role, &by).await).await
    };
    assert!(matches!(leave(&scene.owner, Role::Owner).await, Err(Error::LastOwner)));
    set(other, Role::Owner, Role::Owner).await.unwrap();
    leave(&scene.owner, Role::Owner).await.unwrap();
    assert!(matches!(leave(&scene.stranger, Role::Owner).await, Err(Error::LastOwner)));
}

#[tokio::test]
async fn two_owners_who_leave_at_once_do_not_leave_none() {
    let scene = Scene::new().await;
    let other = scene.stranger.id.as_str();
    scene.tx(async |tx| member::add(tx, scene.id(), other, Role::Owner, &scene.by()).await).await.unwrap();
    let leave = async |who: &User| {
        let by = By::user(who, visitor(), scene.clock.now());
        scene.tx(async |tx| member::remove(tx, scene.id(), &who.id, Role::Owner, &by).await).await
    };
    let (one, two) = tokio::join!(leave(&scene.owner), leave(&scene.stranger));
    let refused = [one, two].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert!(matches!(refused[..], [Error::LastOwner]), "{refused:?}");
}

#[tokio::test]
async fn origins_of_a_site_are_checked_and_written_one_way() {
    let scene = Scene::new().await;
    for (origins, expected) in [
        (&[" https://Shop.example/ ", "https://shop.example:443"][..], Ok("https://shop.example")),
        (
            &["https://*.shop.example", "https://shop.example:8443"],
            Ok("https://*.shop.example https://shop.example:8443"),
        ),
        (&["http://localhost:*"], Err("everybody's own machine")),
        (&["http://shop.example"], Err("needs https")),
        (&["https://shop.example/path"], Err("without a path")),
        (&["https://*"], Err("wildcard")),
        (&["null"], Err("https://")),
        (&["", " "], Err("at least one origin")),
        (&[], Err("at least one origin")),
    ] {
        let made =
            scene.tx(async |tx| site::create(tx, scene.id(), "Shop", origins, &scene.by()).await).await;
        match (made, expected) {
            (Ok(site), Ok(text)) => {
                let found: Vec<String> = site.origins.iter().map(ToString::to_string).collect();
                assert_eq!(found.join(" "), text, "{origins:?}");
            }
            (Err(error), Err(text)) => assert!(error.to_string().contains(text), "{origins:?}: {error}"),
            (found, _) => panic!("{origins:?}: {found:?}"),
        }
    }
}

#[tokio::test]
async fn a_sites_keys_have_its_origins_whatever_they_become() {
    let scene = Scene::new().await;
    let site = scene.site().await;
    let new = |mode| NewKey::publishable(mode, "Pages", Origins::OfSite(&site.id));
    let live = scene.issue(&new(Mode::Live)).await.unwrap();
    let test = scene.issue(&new(Mode::Test)).await.unwrap();
    let check = async |issued: &Issued, origin| {
        scene.ring().await.check(Some(issued.key.reveal()), Some(origin), Need::Read).is_ok()
    };
    let good = async || {
        let mut good = Vec::new();
        for origin in ["https://shop.example", "https://new.example", "http://localhost:3000"] {
            good.push((check(&live, origin).await, check(&test, origin).await));
        }
        good
    };
    assert_eq!(good().await, [(true, true), (false, false), (false, true)]);
    scene
        .tx(async |tx| site::allow(tx, scene.id(), &site.id, "https://new.example", &scene.by()).await)
        .await
        .unwrap();
    assert_eq!(good().await, [(true, true), (true, true), (false, true)]);
    let changed = scene
        .tx(async |tx| {
            site::change(tx, scene.id(), &site.id, "Shop", &["https://new.example"], &scene.by()).await
        })
        .await;
    assert_eq!(changed.unwrap().origins.len(), 1);
    assert_eq!(good().await, [(false, false), (true, true), (false, true)]);

    let ring = scene.ring().await;
    scene.tx(async |tx| site::remove(tx, scene.id(), &site.id, &scene.by()).await).await.unwrap();
    ring.load(scene.store()).await.unwrap();
    for issued in [&live, &test] {
        let refusal = ring.check(Some(issued.key.reveal()), None, Need::Read).unwrap_err();
        assert_eq!(refusal.code(), "key_revoked");
    }
    let gone = scene.issue(&new(Mode::Live)).await.unwrap_err();
    assert!(matches!(gone, Error::UnknownSite { .. }));
    let sites = scene.store().read("test", async |db| site::list(db, scene.id()).await).await.unwrap();
    assert_eq!(sites, []);
}

#[tokio::test]
async fn keys_are_refused_that_would_open_nothing_or_too_much() {
    let scene = Scene::new().await;
    let past = scene.clock.now() - SignedDuration::from_secs(1);
    let feed = NewKey::secret(Mode::Live, "Feed", Scopes::of(&[Scope::Feed]));
    for (new, expected) in [
        (NewKey { scopes: Scopes::NONE, ..feed.clone() }, "at least one scope"),
        (
            NewKey {
                scopes: Scopes::of(&[Scope::Manage]),
                ..NewKey::publishable(Mode::Live, "x", Origins::These(SHOP))
            },
            "has no scopes",
        ),
        (NewKey { expires_at: Some(past), ..feed.clone() }, "in the past"),
        (NewKey::publishable(Mode::Live, "x", Origins::OfSite("sit_of_nobody")), "no site"),
    ] {
        let refused = scene.issue(&new).await.unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}");
    }
}

#[tokio::test]
async fn a_rotated_key_goes_on_for_the_overlap() {
    let scene = Scene::new().await;
    let site = scene.site().await;
    let new = NewKey::publishable(Mode::Live, "Pages", Origins::OfSite(&site.id));
    for (overlap, lasts) in [(Overlap::Day, 24 * 60 * 60), (Overlap::None, 0)] {
        let old = scene.issue(&new).await.unwrap();
        let renewed = scene
            .tx(async |tx| key::rotate(tx, scene.id(), &old.record.id, overlap, &scene.by()).await)
            .await
            .unwrap();
        assert_eq!(renewed.record.succeeds.as_ref(), Some(&old.record.id));
        assert_eq!((&renewed.record.name, &renewed.record.origins), (&old.record.name, &old.record.origins));
        assert_ne!(renewed.key.reveal(), old.key.reveal());
        let check = async |issued: &Issued| {
            let ring = scene.ring().await;
            ring.check(Some(issued.key.reveal()), Some("https://shop.example"), Need::Read).map(drop)
        };
        if lasts > 0 {
            scene.clock.advance(Duration::from_secs(lasts - 1));
            assert!(check(&old).await.is_ok());
            scene.clock.advance(Duration::from_secs(1));
        }
        assert_eq!(check(&old).await.unwrap_err().code(), "key_expired");
        assert!(check(&renewed).await.is_ok());
        let again = scene
            .tx(async |tx| key::rotate(tx, scene.id(), &old.record.id, overlap, &scene.by()).await)
            .await
            .unwrap_err();
        assert!(matches!(again, Error::KeyOver { .. }));
    }
}

#[tokio::test]
async fn nothing_of_one_organisation_is_reached_from_another() {
    let scene = Scene::new().await;
    let site = scene.site().await;
    let issued =
        scene.issue(&NewKey::publishable(Mode::Live, "Pages", Origins::OfSite(&site.id))).await.unwrap();
    let by = By::user(&scene.stranger, visitor(), scene.clock.now());
    let other = scene.tx(async |tx| organisation::create(tx, "Other", &by).await).await.unwrap();
    let (org, key_id, site_id) = (other.id.as_str(), issued.record.id.as_str(), site.id.as_str());
    let refused = [
        scene.tx(async |tx| key::revoke(tx, org, key_id, &by).await.map(drop)).await,
        scene.tx(async |tx| key::rotate(tx, org, key_id, Overlap::None, &by).await.map(drop)).await,
        scene.tx(async |tx| key::rename(tx, org, key_id, "Mine", &by).await).await,
        scene.tx(async |tx| site::find(tx, org, site_id).await.map(drop)).await,
        scene.tx(async |tx| site::change(tx, org, site_id, "Mine", SHOP, &by).await.map(drop)).await,
        scene.tx(async |tx| site::allow(tx, org, site_id, "https://evil.example", &by).await.map(drop)).await,
        scene.tx(async |tx| site::remove(tx, org, site_id, &by).await).await,
        scene
            .tx(async |tx| {
                let new = NewKey::publishable(Mode::Live, "Mine", Origins::OfSite(site_id));
                key::issue(tx, org, &new, &by).await.map(drop)
            })
            .await,
        scene.tx(async |tx| member::remove(tx, org, &scene.owner.id, Role::Owner, &by).await).await,
        scene
            .tx(async |tx| member::set_role(tx, org, &scene.owner.id, Role::Billing, Role::Owner, &by).await)
            .await,
    ];
    for (at, refused) in refused.iter().enumerate() {
        assert!(
            matches!(
                refused,
                Err(Error::UnknownKey { .. } | Error::UnknownSite { .. } | Error::UnknownMember { .. })
            ),
            "{at}: {refused:?}"
        );
    }
    let mine = scene.store().read("test", async |db| key::of_organisation(db, org).await).await.unwrap();
    assert_eq!(mine, []);
    let seen =
        scene.store().read("test", async |db| audit::list(db, org, i64::MAX, "", 100).await).await.unwrap();
    assert!(seen.iter().all(|it| it.organisation_id.as_deref() == Some(org)), "{seen:?}");
}

#[tokio::test]
async fn every_change_is_in_the_log_and_no_secret_is() {
    let scene = Scene::new().await;
    let site = scene.site().await;
    let issued =
        scene.issue(&NewKey::publishable(Mode::Live, "Pages", Origins::OfSite(&site.id))).await.unwrap();
    let renewed = scene
        .tx(async |tx| key::rotate(tx, scene.id(), &issued.record.id, Overlap::Week, &scene.by()).await)
        .await
        .unwrap();
    scene
        .tx(async |tx| {
            key::rename(tx, scene.id(), &renewed.record.id, "Front page", &scene.by()).await?;
            key::revoke(tx, scene.id(), &issued.record.id, &scene.by()).await?;
            organisation::rename(tx, scene.id(), "The Daily Paper", &scene.by()).await?;
            site::remove(tx, scene.id(), &site.id, &scene.by()).await
        })
        .await
        .unwrap();
    let actions = [
        "organisation.create",
        "member.add",
        "site.create",
        "key.issue",
        "key.rotate",
        "key.rename",
        "key.revoke",
        "organisation.rename",
        "key.revoke",
        "site.remove",
    ];
    assert_eq!(scene.actions().await, actions);
    let log = scene
        .store()
        .read("test", async |db| {
            db.query_one("select jsonb_agg(a)::text as log from access.audit a", &[]).await
        })
        .await
        .unwrap();
    let log: String = log.get("log");
    for issued in [&issued, &renewed] {
        assert!(!log.contains(issued.key.reveal()), "the text of a key");
        let hash: String = issued.record.sha256.iter().map(|it| format!("{it:02x}")).collect();
        assert!(!log.contains(&hash), "the hash of a key");
    }
    let entries = scene
        .store()
        .read("test", async |db| audit::list(db, scene.id(), i64::MAX, "key.rename", 1).await)
        .await;
    let entry = &entries.unwrap()[0];
    assert_eq!(entry.before, Some(serde_json::json!({ "name": "Pages" })));
    assert_eq!(entry.after, Some(serde_json::json!({ "name": "Front page" })));
    assert_eq!((entry.at, entry.address.as_str()), (scene.clock.now(), "192.0.2.1"));
}
