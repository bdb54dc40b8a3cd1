//! Who reaches what of the dashboard: each page and each form, by whom it may not be reached. The lists are compared with the router, so that
//! no route is forgotten.

use crate::dashboard::{Browser, From};
use crate::support::{Fields, Ground, fields, location};
use access::place::{Fence, Owner, fence};
use access::{By, Email};
use partners::fan::secret;
use partners::webhook::{self, Destination, Kind, Reach, Settings};
use partners::{Mode, NewKey, Organisation, Origins, Role, invite, key, member, site};
use reqwest::StatusCode;
use rewards::product::{self, Between, Codes, Terms};
use rewards::{Amount, Campaign, Caps, Condition, Fact, Name, Rule, campaigns};
use std::collections::{BTreeMap, BTreeSet};
use wallet::Books;

/// The names and values of a form.
type Form = &'static [(&'static str, &'static str)];

/// What is posted in an organisation, with what it would do. Who builds may all of it, analysts and billing nothing, and staff redeem.
const FORMS: &[(&str, Form)] = &[
    ("/console/o/{org}/start", &[("origin", "https://evil.example")]),
    ("/console/o/{org}/sites", &[("name", "Evil"), ("origins", "https://evil.example")]),
    ("/console/o/{org}/sites/{site}", &[("name", "Evil"), ("origins", "https://evil.example")]),
    ("/console/o/{org}/sites/{site}/remove", &[("sure", "Shop")]),
    ("/console/o/{org}/sites/{site}/allow", &[("origin", "https://evil.example")]),
    (
        "/console/o/{org}/keys",
        &[("name", "Evil"), ("for", "secret"), ("mode", "live"), ("scope_feed", "yes")],
    ),
    ("/console/o/{org}/keys/{key}/name", &[("name", "Evil")]),
    ("/console/o/{org}/keys/{key}/limits", &[("streams", "0")]),
    ("/console/o/{org}/keys/{key}/rotate", &[("overlap", "0")]),
    ("/console/o/{org}/keys/{key}/revoke", &[("sure", "yes")]),
    ("/console/o/{org}/redeem", &[("code", "0000-0000-0000-0000")]),
    ("/console/o/{org}/redeem/confirm", &[("pass", "x")]),
    ("/console/o/{org}/identity", &[("mode", "live"), ("others", "0")]),
    ("/console/o/{org}/identity/{secret}/revoke", &[("sure", "yes")]),
    (
        "/console/o/{org}/webhooks",
        &[("url", "https://evil.example/hooks"), ("mode", "live"), ("kind_wicket", "yes")],
    ),
    ("/console/o/{org}/webhooks/{webhook}", &[("url", "https://evil.example/hooks"), ("kind_wicket", "yes")]),
    ("/console/o/{org}/webhooks/{webhook}/test", &[]),
    ("/console/o/{org}/webhooks/{webhook}/replay", &[]),
    ("/console/o/{org}/webhooks/{webhook}/disable", &[]),
    ("/console/o/{org}/webhooks/{webhook}/enable", &[]),
    ("/console/o/{org}/webhooks/{webhook}/reveal", &[]),
    ("/console/o/{org}/webhooks/{webhook}/rotate", &[("sure_secret", "yes")]),
    ("/console/o/{org}/webhooks/{webhook}/remove", &[("sure", "yes")]),
    ("/console/o/{org}/webhooks/{webhook}/messages/{message}/replay", &[]),
    (
        "/console/o/{org}/rewards/campaigns/new",
        &[("name", "Evil"), ("whose", "all"), ("id", "cmp_0000000000000000000001")],
    ),
    (
        "/console/o/{org}/rewards/campaigns/{campaign}/write",
        &[
            ("do", "save"),
            ("last", "1"),
            ("starts", "2026-05-24T00:00"),
            ("ends", "2026-06-03T10:00"),
            ("r0-units", "999"),
            ("r0-kind", "six"),
        ],
    ),
    ("/console/o/{org}/rewards/campaigns/{campaign}/live", &[("version", "1"), ("sure", "yes")]),
    ("/console/o/{org}/rewards/campaigns/{campaign}/pause", &[("pause-why", "evil")]),
    ("/console/o/{org}/rewards/campaigns/{campaign}/end", &[("end-why", "evil")]),
    (
        "/console/o/{org}/rewards/campaigns/{campaign}/fill",
        &[("id", "trf_0000000000000000000001"), ("amount", "9"), ("why", "evil")],
    ),
    (
        "/console/o/{org}/rewards/products/new",
        &[
            ("name", "Evil"),
            ("whose", "all"),
            ("codes", "made"),
            ("from", "2026-05-24T00:00"),
            ("until", "2026-08-24T00:00"),
            ("id", "prd_0000000000000000000001"),
        ],
    ),
    (
        "/console/o/{org}/rewards/products/{product}",
        &[("name", "Evil"), ("from", "2026-05-24T00:00"), ("until", "2026-08-24T00:00"), ("version", "1")],
    ),
    ("/console/o/{org}/rewards/products/{product}/state", &[("state", "on-sale")]),
    (
        "/console/o/{org}/rewards/products/{product}/codes",
        &[("key", "trf_0000000000000000000002"), ("count", "9")],
    ),
    (
        "/console/o/{org}/rewards/fences/new",
        &[
            ("do", "save"),
            ("version", "0"),
            ("name", "Evil"),
            ("allow_places", "IN-KA"),
            ("needs", "address"),
            ("without", "ask"),
        ],
    ),
    (
        "/console/o/{org}/rewards/fences/{fence}/write",
        &[
            ("do", "save"),
            ("version", "1"),
            ("name", "Evil"),
            ("allow_places", "IN-TN"),
            ("needs", "address"),
            ("without", "ask"),
        ],
    ),
    ("/console/o/{org}/rewards/fences/{fence}/retire", &[("sure", "yes")]),
    ("/console/o/{org}/team/invites", &[("email", "evil@example.com"), ("role", "analyst")]),
    ("/console/o/{org}/team/invites/{invite}/take-back", &[]),
    ("/console/o/{org}/team/{user}/role", &[("role", "billing")]),
    ("/console/o/{org}/team/{user}/remove", &[]),
    ("/console/o/{org}/settings", &[("name", "Evil")]),
];

/// What is posted in an organisation and changes nothing: everybody there may who looks.
const READS: &[(&str, Form)] = &[
    ("/console/o/{org}/embed", &[("key", "crs_pk_live_x")]),
    ("/console/o/{org}/rewards/fences/{fence}/try", &[("pins", "Gate 4, 12.97, 77.59")]),
];

/// What somebody who is signed in posts of their own.
const OWN_FORMS: &[(&str, Form)] = &[
    ("/console/sign-out", &[]),
    ("/console/organisations", &[("organisation", "Evil")]),
    ("/console/leaked", &[("key", "crs_sk_live_x")]),
    ("/console/account/profile", &[("name", "Evil")]),
    ("/console/account/email", &[("email", "evil@example.com")]),
    ("/console/account/password", &[("password", "evil lime umpire ladder")]),
    ("/console/account/factor/enrol", &[]),
    ("/console/account/factor/confirm", &[("factor_code", "000000")]),
    ("/console/account/factor/codes", &[("factor_code", "000000")]),
    ("/console/account/factor/off", &[("factor_code", "000000")]),
    ("/console/account/passkeys", &[("passkey_name", "Evil")]),
    ("/console/account/passkeys/begin", &[]),
    ("/console/account/passkeys/{passkey}/remove", &[]),
    ("/console/account/identities", &[("provider", "evil")]),
    ("/console/account/identities/{identity}/unlink", &[]),
    ("/console/account/devices/end", &[("device", "x")]),
    ("/console/account/devices/end-others", &[]),
];

/// What is posted by who is not signed in: from a page of ours as well.
const DOORS: &[&str] = &[
    "/console/sign-up",
    "/console/sign-up/with",
    "/console/welcome/{token}",
    "/console/sign-in",
    "/console/sign-in/code",
    "/console/sign-in/passkey",
    "/console/sign-in/passkey/begin",
    "/console/reset",
    "/console/reset/{token}",
    "/console/invite/{token}",
    "/console/email/{token}",
];

/// Who of an organisation sees a page. Staff see none but that on which they redeem.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Sees {
    Everybody,
    /// Not analysts, and not billing.
    WhoChanges,
}

/// An organisation's pages.
const PAGES: &[(&str, Sees)] = &[
    ("/console/o/{org}", Sees::Everybody),
    ("/console/o/{org}/watching", Sees::Everybody),
    ("/console/o/{org}/start", Sees::WhoChanges),
    ("/console/o/{org}/embed", Sees::Everybody),
    ("/console/o/{org}/sites", Sees::Everybody),
    ("/console/o/{org}/sites/new", Sees::WhoChanges),
    ("/console/o/{org}/sites/{site}", Sees::Everybody),
    ("/console/o/{org}/keys", Sees::Everybody),
    ("/console/o/{org}/keys/new", Sees::WhoChanges),
    ("/console/o/{org}/keys/{key}", Sees::Everybody),
    ("/console/o/{org}/redeem", Sees::WhoChanges),
    ("/console/o/{org}/identity", Sees::Everybody),
    ("/console/o/{org}/identity/new", Sees::WhoChanges),
    ("/console/o/{org}/identity/{secret}", Sees::Everybody),
    ("/console/o/{org}/usage", Sees::Everybody),
    ("/console/o/{org}/usage.csv", Sees::Everybody),
    ("/console/o/{org}/webhooks", Sees::Everybody),
    ("/console/o/{org}/webhooks/new", Sees::WhoChanges),
    ("/console/o/{org}/webhooks/{webhook}", Sees::Everybody),
    ("/console/o/{org}/webhooks/{webhook}/messages/{message}", Sees::Everybody),
    ("/console/o/{org}/rewards", Sees::Everybody),
    ("/console/o/{org}/rewards/campaigns/new", Sees::WhoChanges),
    ("/console/o/{org}/rewards/campaigns/{campaign}", Sees::Everybody),
    ("/console/o/{org}/rewards/campaigns/{campaign}/versions/1", Sees::Everybody),
    ("/console/o/{org}/rewards/campaigns/{campaign}/write", Sees::WhoChanges),
    ("/console/o/{org}/rewards/campaigns/{campaign}/forecast", Sees::Everybody),
    ("/console/o/{org}/rewards/products", Sees::Everybody),
    ("/console/o/{org}/rewards/products/new", Sees::WhoChanges),
    ("/console/o/{org}/rewards/products/{product}", Sees::Everybody),
    ("/console/o/{org}/rewards/fences", Sees::Everybody),
    ("/console/o/{org}/rewards/fences/new", Sees::WhoChanges),
    ("/console/o/{org}/rewards/fences/{fence}", Sees::Everybody),
    ("/console/o/{org}/rewards/fences/{fence}/write", Sees::WhoChanges),
    ("/console/o/{org}/rewards/fences/{fence}/try", Sees::Everybody),
    ("/console/o/{org}/rewards/fences/{fence}/decisions", Sees::Everybody),
    ("/console/o/{org}/team", Sees::Everybody),
    ("/console/o/{org}/audit", Sees::WhoChanges),
    ("/console/o/{org}/settings", Sees::WhoChanges),
    ("/console/o/{org}/docs", Sees::Everybody),
];

/// Pages of who is signed in.
const OWN_PAGES: &[&str] = &[
    "/console",
    "/console/account",
    "/console/leaked",
    "/console/preview",
    "/console/organisations",
    "/redeem",
];

/// Pages of who is not.
const OPEN_PAGES: &[&str] = &[
    "/console/sign-up",
    "/console/sign-up/with",
    "/console/welcome/{token}",
    "/console/sign-in",
    "/console/sign-in/code",
    "/console/sign-in/with/{provider}",
    "/console/sign-in/with/{provider}/back",
    "/console/reset",
    "/console/reset/{token}",
    "/console/invite/{token}",
    "/console/email/{token}",
];

#[test]
fn every_route_of_the_dashboard_is_in_a_list_of_this_file() {
    let dashboard = include_str!("../../src/http/dashboard.rs").split(".route(").skip(1);
    // Of rewards, what operators and partners share.
    let rewards = include_str!("../../src/http/campaigns.rs");
    let shared = rewards.split("fn shared").nth(1).unwrap().split("\n}").next().unwrap();
    let mut routes = BTreeSet::new();
    for route in dashboard.chain(shared.split(".route(").skip(1)) {
        let (path, handlers) = route.split_once(',').unwrap();
        let path = match path.trim() {
            "SIGN_IN" => "/console/sign-in".to_owned(),
            "root" => "/console/o/{org}/rewards".to_owned(),
            path if path.starts_with("&at(") => {
                let rest = path.trim_start_matches("&at(").trim_matches([')', '"']);
                let rest = rest.replace("campaigns/{id}", "campaigns/{campaign}").replace("{number}", "1");
                let rest = rest.replace("fences/{id}", "fences/{fence}");
                format!("/console/o/{{org}}/rewards{}", rest.replace("products/{id}", "products/{product}"))
            }
            path => path.trim_matches('"').to_owned(),
        };
        let count = routes.len();
        for method in ["get", "post", "put", "patch", "delete", "any"] {
            if handlers.contains(&format!("{method}(")) {
                routes.insert((method, path.clone()));
            }
        }
        assert!(routes.len() > count, "no method that is known here: {route}");
    }
    let forms = FORMS.iter().chain(READS).chain(OWN_FORMS).map(|it| it.0).chain(DOORS.iter().copied());
    let pages =
        PAGES.iter().map(|it| it.0).chain(OWN_PAGES.iter().copied()).chain(OPEN_PAGES.iter().copied());
    let listed = forms.map(|it| ("post", it)).chain(pages.map(|it| ("get", it)));
    let listed: Vec<(&str, String)> = listed.map(|(method, path)| (method, path.to_owned())).collect();
    let set: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(set.len(), listed.len(), "each once");
    let missing: Vec<_> = routes.difference(&set).collect();
    let gone: Vec<_> = set.difference(&routes).collect();
    assert!(missing.is_empty() && gone.is_empty(), "not listed: {missing:?}; no routes: {gone:?}");
}

/// An organisation with one of everything.
struct Target {
    owner: Browser,
    organisation: Organisation,
    /// What stands for the parts of paths that are in braces.
    names: Vec<(&'static str, String)>,
}

impl Target {
    async fn of(ground: &Ground) -> Self {
        let (owner, organisation, user) = ground.partner("owner@example.com").await;
        let by = By::system("test", ground.app.clock.now());
        let (seal, org) = (&ground.app.seal, &organisation.id);
        let made = ground.app.store.run_tx("test", async |tx| {
            let site = site::create(tx, org, "Shop", &["https://shop.example"], &by).await?;
            let new = NewKey::publishable(Mode::Live, "Pages", Origins::OfSite(&site.id));
            let key = key::issue(tx, org, &new, &by).await?;
            let email = Email::parse("guest@example.com").unwrap();
            let made = invite::make(tx, org, &email, Role::Analyst, Role::Owner, &by).await?;
            let secret = secret::make(tx, seal, org, Mode::Live, &by).await?;
            Ok::<_, partners::Error>([
                ("{site}", site.id),
                ("{key}", key.record.id),
                ("{invite}", made.0.id),
                ("{secret}", secret.record.id),
            ])
        });
        let mut names = made.await.unwrap().to_vec();
        let made = ground.app.store.run_tx("test", async |tx| {
            let destination = Destination::parse("https://shop.example/hooks", Reach::Public)?;
            let settings = Settings { destination: &destination, kinds: &[Kind::Wicket], description: "" };
            let (made, _) = webhook::create(tx, seal, org, Mode::Live, &settings, &by).await?;
            let message = webhook::test(tx, org, &made.id, &by).await?;
            Ok::<_, webhook::Error>([("{webhook}", made.id), ("{message}", message)])
        });
        names.extend(made.await.unwrap());
        names.extend(in_rewards(ground, org).await);
        let rules = serde_json::json!({ "allow": { "places": ["IN-KA"] } });
        let fence = Fence::read(&rules, ground.app.world.regions()).unwrap();
        let put = ground.app.store.run_tx("test", async |tx| {
            fence::put(tx, Owner::Organisation(org), "Karnataka", &fence, &by).await
        });
        names.push(("{fence}", put.await.unwrap()));
        names.extend([("{org}", org.clone()), ("{user}", user)]);
        names.extend(["{passkey}", "{identity}", "{token}"].map(|it| (it, "x".to_owned())));
        Self { owner, organisation, names }
    }

    /// The path of a route, to what this organisation has.
    fn path(&self, route: &str) -> String {
        let path = self.names.iter().fold(route.to_owned(), |path, (name, id)| path.replace(name, id));
        assert!(!path.contains('{'), "{path}");
        path
    }

    /// All that there is of it, but for who looked when.
    async fn state(&self, ground: &Ground) -> String {
        let sql = "
            select jsonb_build_array(
                (select jsonb_agg(o order by o.id) from partners.organisation o where o.id = $1),
                (select jsonb_agg(s order by s.id) from partners.site s where s.organisation_id = $1),
                (select jsonb_agg(k order by k.id) from partners.api_key k where k.organisation_id = $1),
                (select jsonb_agg(m order by m.user_id) from partners.member m where m.organisation_id = $1),
                (select jsonb_agg(i order by i.id) from partners.invite i where i.organisation_id = $1),
                (select jsonb_agg(f order by f.id) from partners.fan_secret f where f.organisation_id = $1),
                (select jsonb_agg(w order by w.id) from partners.webhook w where w.organisation_id = $1),
                (select jsonb_agg(d order by d.webhook_id, d.message_id)
                    from partners.webhook_delivery d join partners.webhook w on w.id = d.webhook_id
                    where w.organisation_id = $1),
                (select jsonb_agg(c order by c.id) from rewards.campaign c),
                (select jsonb_agg(v order by v.campaign, v.version) from rewards.version v),
                (select jsonb_agg(p order by p.id) from rewards.product p),
                (select jsonb_agg(f order by f.id) from access.fence f),
                (select count(*) from access.fence_version),
                (select count(*) from rewards.budget_fill),
                (select count(*) from rewards.batch))::text as state";
        let row = ground.app.store.read("test", async |db| db.query_one(sql, &[&self.organisation.id]).await);
        row.await.unwrap().get("state")
    }
}

/// A campaign that is live, and a product.
async fn in_rewards(ground: &Ground, org: &str) -> [(&'static str, String); 2] {
    let now = ground.app.clock.now();
    let until = now + jiff::SignedDuration::from_hours(48);
    let made = ground.app.store.run_tx("test", async |tx| {
        let id = campaigns::make(tx, Books::Live, Some(org), "Sixes", now).await?;
        let rule = Rule {
            id: "six".to_owned(),
            title: None,
            when: Condition::Is {
                name: Name::parse("trigger.kind").unwrap(),
                fact: Fact::Text("six".to_owned()),
            },
            amount: Amount { units: 1, per: None, tiers: BTreeMap::new() },
            caps: Caps::default(),
            streak: None,
        };
        let campaign = Campaign {
            id: id.clone(),
            version: 1,
            starts_at: now,
            ends_at: until,
            priority: 0,
            group: None,
            caps: Caps::default(),
            rules: vec![rule],
        };
        campaigns::write(tx, &campaign, "usr_1", now).await?;
        campaigns::go_live(tx, &id, Some(1)).await?;
        let terms = Terms {
            name: "A cap".to_owned(),
            description: String::new(),
            price: Some(1),
            fan_max: None,
            fan_day_max: None,
            valid_from: now,
            valid_until: until,
            claim_seconds: None,
            between: Between::default(),
            codes: Codes::Made,
        };
        let product = product::make(tx, Books::Live, Some(org), &terms, now).await?;
        Ok::<_, rewards::Error>([("{campaign}", id), ("{product}", product)])
    });
    made.await.unwrap()
}

/// Of one thing of an organisation, rather than of the organisation.
fn is_of_a_thing(route: &str) -> bool {
    route.matches('{').count() > 1
}

#[tokio::test]
async fn nobody_reaches_into_another_organisation() {
    let ground = Ground::open().await;
    let target = Target::of(&ground).await;
    let (mut stranger, ..) = ground.partner("stranger@example.com").await;
    let before = target.state(&ground).await;
    for (route, _) in PAGES {
        let answer = ground.see(&stranger, &target.path(route)).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{route}");
    }
    for (route, form) in FORMS.iter().chain(READS) {
        let answer = ground.press(&mut stranger, &target.path(route), form).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{route}");
    }
    assert_eq!(target.state(&ground).await, before);
}

#[tokio::test]
async fn things_of_one_organisation_are_not_found_under_anothers_address() {
    let ground = Ground::open().await;
    let target = Target::of(&ground).await;
    let (mut stranger, own, _) = ground.partner("stranger@example.com").await;
    let before = target.state(&ground).await;
    let path = |route: &str| target.path(&route.replace("{org}", &own.id));
    for (route, _) in PAGES.iter().filter(|it| is_of_a_thing(it.0)) {
        let answer = ground.see(&stranger, &path(route)).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{route}");
    }
    for (route, form) in FORMS.iter().filter(|it| is_of_a_thing(it.0)) {
        let answer = ground.press(&mut stranger, &path(route), form).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{route}");
    }
    assert_eq!(target.state(&ground).await, before);
}

#[tokio::test]
async fn who_is_not_signed_in_is_sent_to_the_door_from_every_page_and_form() {
    let ground = Ground::open().await;
    let target = Target::of(&ground).await;
    let before = target.state(&ground).await;
    let nobody = Browser::default();
    for route in PAGES.iter().map(|it| it.0).chain(OWN_PAGES.iter().copied()) {
        let out = ground.see(&nobody, &target.path(route)).await;
        assert_eq!((out.status(), location(&out)), (StatusCode::SEE_OTHER, "/console/sign-in"), "{route}");
    }
    for (route, form) in FORMS.iter().chain(READS).chain(OWN_FORMS) {
        let out = ground.send(&nobody, &target.path(route), &fields(form), From::OurPage).await;
        assert_eq!((out.status(), location(&out)), (StatusCode::SEE_OTHER, "/console/sign-in"), "{route}");
    }
    assert_eq!(target.state(&ground).await, before);
}

#[tokio::test]
async fn a_role_may_what_it_may_and_nothing_else() {
    let ground = Ground::open().await;
    let target = Target::of(&ground).await;
    let (mut someone, _, user) = ground.partner("someone@example.com").await;
    let by = By::system("test", ground.app.clock.now());
    let add = async |tx: &store::Transaction<'_>| {
        member::add(tx, &target.organisation.id, &user, Role::Analyst, &by).await
    };
    ground.app.store.run_tx("test", async |tx| add(tx).await).await.unwrap();
    let before = target.state(&ground).await;
    for role in [Role::Analyst, Role::Billing] {
        let set = async |tx: &store::Transaction<'_>| {
            member::set_role(tx, &target.organisation.id, &user, role, Role::Owner, &by).await
        };
        ground.app.store.run_tx("test", async |tx| set(tx).await).await.unwrap();
        for (route, form) in FORMS {
            let answer = ground.press(&mut someone, &target.path(route), form).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{role:?} {route}");
        }
        for (route, sees) in PAGES {
            let status = ground.see(&someone, &target.path(route)).await.status();
            let expected = if *sees == Sees::Everybody { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(status, expected, "{role:?} {route}");
        }
    }
    assert_eq!(target.state(&ground).await.replace("billing", "analyst"), before);
    // Staff redeem, and have no other page.
    let set = async |tx: &store::Transaction<'_>| {
        member::set_role(tx, &target.organisation.id, &user, Role::Staff, Role::Owner, &by).await
    };
    ground.app.store.run_tx("test", async |tx| set(tx).await).await.unwrap();
    let till = target.path("/console/o/{org}/redeem");
    for (route, form) in FORMS.iter().chain(READS) {
        let answer = ground.press(&mut someone, &target.path(route), form).await;
        let is_till = target.path(route).starts_with(&till);
        let expected = if is_till { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::FORBIDDEN };
        assert_eq!(answer.status(), expected, "{route}");
    }
    for (route, _) in PAGES {
        let answer = ground.see(&someone, &target.path(route)).await;
        match *route {
            "/console/o/{org}" => assert_eq!(location(&answer), format!("{till}?done=")),
            "/console/o/{org}/redeem" => {
                let page = answer.text().await.unwrap();
                assert!(page.contains("Look it up") && !page.contains("/keys"), "{page}");
            }
            _ => assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{route}"),
        }
    }
    assert_eq!(target.state(&ground).await.replace("staff", "analyst"), before);
    for (route, _) in PAGES {
        let status = ground.see(&target.owner, &target.path(route)).await.status();
        assert_eq!(status, StatusCode::OK, "the owner sees {route}");
    }
}

#[tokio::test]
async fn a_form_that_did_not_come_from_a_page_of_ours_changes_nothing() {
    let ground = Ground::open().await;
    let target = Target::of(&ground).await;
    let before = target.state(&ground).await;
    let token = ground.csrf(&target.owner).await;
    for (route, form) in FORMS.iter().chain(READS).chain(OWN_FORMS) {
        for (from, csrf) in [
            (From::Elsewhere, token.as_str()),
            (From::CrossSite, &token),
            (From::OurPage, ""),
            (From::OurPage, "0123456789abcdef0123456789abcdef"),
        ] {
            let mut form: Fields = fields(form);
            form.push(("csrf".to_owned(), csrf.to_owned()));
            let answer = ground.send(&target.owner, &target.path(route), &form, from).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{route} {from:?} {csrf}");
        }
    }
    for route in DOORS {
        for from in [From::Elsewhere, From::CrossSite] {
            let form = fields(&[("email", "a@example.com")]);
            let answer = ground.send(&Browser::default(), &target.path(route), &form, from).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{route} {from:?}");
        }
    }
    assert_eq!(target.state(&ground).await, before);
    assert!(ground.letters().await.is_empty());
    assert!(ground.is_signed_in(&target.owner).await);
}
