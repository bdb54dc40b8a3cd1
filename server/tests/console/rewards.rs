//! Campaigns as operators make them: written in a form, tried on what was heard, live when somebody says so, and nobody else gets in.

mod doubts;
mod fences;
mod markets;
mod own;
mod products;

use crate::dashboard::{Browser, From};
use crate::support::{Ground, fields, hidden, location};
use access::By;
use access::grant::{self, PlatformRole};
use jiff::{SignedDuration, Timestamp};
use jobs::Worker;
use jobs::testing::drain;
use partners::Organisation;
use reqwest::{Response, StatusCode};
use rewards::{QUEUE, Source, Told, Trigger, campaigns, hear, review};
use std::collections::BTreeMap;
use wallet::{Asset, Books, Holder, Kind, Points, TransferId, holder};

const PATH: &str = "/console/rewards";
const FAN: &str = "fan_0000000000000000000001";

/// Every page, and every act; `{campaign}` is one with a version.
const PAGES: [&str; 14] = [
    "",
    "/campaigns/new",
    "/campaigns/{campaign}",
    "/campaigns/{campaign}/versions/1",
    "/campaigns/{campaign}/write",
    "/campaigns/{campaign}/forecast?version=1&days=7",
    "/fences",
    "/fences/new",
    "/products",
    "/products/new",
    "/markets",
    "/markets/new",
    "/signals",
    "/tiers",
];
const ACTS: [&str; 20] = [
    "/campaigns/new",
    "/campaigns/{campaign}/write",
    "/campaigns/{campaign}/live",
    "/campaigns/{campaign}/pause",
    "/campaigns/{campaign}/end",
    "/campaigns/{campaign}/fill",
    "/fences/new",
    "/fences/fen_1/write",
    "/fences/fen_1/retire",
    "/markets/new",
    "/markets/mkt_1/halt",
    "/markets/mkt_1/reopen",
    "/markets/mkt_1/close",
    "/markets/mkt_1/try",
    "/products/new",
    "/products/prd_1",
    "/products/prd_1/state",
    "/products/prd_1/codes",
    "/signals/1",
    "/tiers",
];

/// A campaign's form as a browser sends it: one rule, sixes.
fn written() -> Vec<(&'static str, &'static str)> {
    vec![
        ("do", "save"),
        ("last", "0"),
        ("starts", "2026-05-24T00:00"),
        ("ends", "2026-06-03T10:00"),
        ("priority", "0"),
        ("r0-title", "Every six <b>"),
        ("r0-units", "10"),
        ("r0-kind", "six"),
        ("r0-how", "all"),
        ("r0-cap-fan-day", "25"),
    ]
}

/// A server with an organisation that has a fan, in the test books.
struct Desk {
    ground: Ground,
    organisation: Organisation,
}

impl Desk {
    async fn open() -> Self {
        Self::open_with(&[]).await
    }

    async fn open_with(environment: &[(&str, &str)]) -> Self {
        let ground = Ground::open_with(environment).await;
        let (_, organisation, _) = ground.partner("owner@paper.example").await;
        let desk = Self { ground, organisation };
        desk.fan(FAN).await;
        desk
    }

    async fn fan(&self, fan_id: &str) {
        let holder = Holder { fan_id, organisation_id: &self.organisation.id, books: Books::Test };
        let now = self.now();
        let opened = self
            .ground
            .app
            .store
            .run_tx("test", async |tx| holder::open(tx, &holder, &holder::Terms::default(), now).await);
        opened.await.unwrap();
    }

    fn now(&self) -> Timestamp {
        self.ground.app.clock.now()
    }

    async fn operator(&self) -> Browser {
        let (browser, _, user_id) = self.ground.partner("asha@crease.example").await;
        let given = self.ground.app.store.run_tx("test", async |tx| {
            let by = By::system("test", self.now());
            let user = access::user::find(tx, &user_id).await?.expect("a user");
            grant::give(tx, &user, PlatformRole::Operator, &by).await
        });
        assert!(given.await.unwrap());
        browser
    }

    fn path(rest: &str) -> String {
        let and = if rest.contains('?') { '&' } else { '?' };
        format!("{PATH}{rest}{and}mode=test")
    }

    async fn page(&self, browser: &Browser, rest: &str) -> String {
        self.ground.page(browser, &Self::path(rest)).await
    }

    async fn press(&self, browser: &mut Browser, rest: &str, form: &[(&str, &str)]) -> Response {
        self.ground.press(browser, &Self::path(rest), form).await
    }

    /// The same of a form that makes something, under the id that its page has.
    async fn press_new(&self, browser: &mut Browser, rest: &str, form: &[(&str, &str)]) -> Response {
        let id = hidden(&self.page(browser, rest).await, "id");
        let form: Vec<_> = form.iter().copied().chain([("id", id.as_str())]).collect();
        self.press(browser, rest, &form).await
    }

    /// A campaign of all test fans, made by the form; its id.
    async fn make(&self, browser: &mut Browser) -> String {
        let form = [("name", "Sixes"), ("whose", "all")];
        let made = self.press_new(browser, "/campaigns/new", &form).await;
        assert_eq!(made.status(), StatusCode::SEE_OTHER);
        let to = location(&made).to_owned();
        to.split("/campaigns/").nth(1).unwrap().split('/').next().unwrap().to_owned()
    }

    /// The same with a version, written by the form.
    async fn write(&self, browser: &mut Browser, form: &[(&str, &str)]) -> String {
        let id = self.make(browser).await;
        let saved = self.press(browser, &format!("/campaigns/{id}/write"), form).await;
        assert_eq!(saved.status(), StatusCode::SEE_OTHER);
        assert!(location(&saved).contains("/versions/1?mode=test&done=written"), "{}", location(&saved));
        id
    }

    async fn fill(&self, browser: &mut Browser, id: &str, amount: &str) -> Response {
        let number = TransferId::fresh().to_string();
        let form = [("id", number.as_str()), ("amount", amount), ("why", "Season")];
        self.press(browser, &format!("/campaigns/{id}/fill"), &form).await
    }

    /// Something happened to a fan, and was judged.
    async fn happened(&self, kind: &str, fan_id: &str, at: Timestamp) {
        let trigger = Trigger {
            source: Source::Quiz,
            id: TransferId::fresh().to_string(),
            kind: kind.to_owned(),
            at,
            facts: BTreeMap::new(),
        };
        let told = Told {
            trigger: &trigger,
            books: Books::Test,
            scope: "",
            fan_id: Some(fan_id),
            match_id: None,
            device: Some("device 1"),
        };
        let now = self.now();
        self.ground.app.store.run_tx("test", async |tx| hear(tx, &told, now).await).await.unwrap();
        let worker =
            self.ground.app.rewards.on(Worker::new(self.ground.app.store.clone(), "test").queue(QUEUE));
        drain(&worker).await.unwrap();
    }

    async fn points(&self, fan_id: &str) -> i64 {
        let read = self
            .ground
            .app
            .store
            .read("test", async |db| wallet::account::of_owner(db, fan_id, Kind::Fan).await);
        let accounts = read.await.unwrap();
        accounts.iter().find(|it| it.standing.asset == Points::CODE).map_or(0, |it| it.standing.posted)
    }

    async fn deeds(&self) -> Vec<String> {
        let read = self.ground.app.store.read("test", async |db| {
            access::audit::of_nouns(db, (&console::rewards::audit::NOUNS, &[]), i64::MAX, 100).await
        });
        read.await.unwrap().into_iter().rev().map(|it| it.action).collect()
    }

    async fn version(&self, id: &str, number: u32) -> Option<rewards::Campaign> {
        let read = self.ground.app.store.read("test", async |db| campaigns::version(db, id, number).await);
        read.await.unwrap().map(|it| it.campaign)
    }
}

#[tokio::test]
async fn for_everybody_else_there_are_no_such_pages() {
    let desk = Desk::open().await;
    let (partner, ..) = desk.ground.partner("admin@paper.example").await;
    for browser in [&Browser::default(), &partner] {
        for path in PAGES.iter().chain(&["/audit"]) {
            let path = Desk::path(&path.replace("{campaign}", "cmp_1"));
            assert_eq!(desk.ground.see(browser, &path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
        let csrf = desk.ground.csrf(browser).await;
        for path in ACTS {
            let path = Desk::path(&path.replace("{campaign}", "cmp_1"));
            let refused = desk.ground.send(browser, &path, &fields(&[("csrf", &csrf)]), From::OurPage).await;
            assert_eq!(refused.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
    assert!(desk.deeds().await.is_empty());
}

#[tokio::test]
async fn an_operator_sees_every_page_and_nothing_is_done_without_its_form() {
    let desk = Desk::open().await;
    let mut asha = desk.operator().await;
    let id = desk.write(&mut asha, &written()).await;
    for path in PAGES.iter().chain(&["/audit"]) {
        let path = Desk::path(&path.replace("{campaign}", &id));
        let page = desk.ground.see(&asha, &path).await;
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        let text = page.text().await.unwrap();
        for inline in [" style=", "<script", "onclick=", "<b>"] {
            assert!(!text.contains(inline), "{path}: {inline}");
        }
        assert!(text.contains("Test books") && text.contains("· Rewards, test"), "{path}: {text}");
    }
    let elsewhere = desk.ground.see(&asha, &format!("{PATH}/campaigns/{id}")).await;
    assert_eq!(elsewhere.status(), StatusCode::NOT_FOUND, "it is in the other books");
    let (csrf, before) = (desk.ground.csrf(&asha).await, desk.deeds().await);
    for path in ACTS {
        let path = Desk::path(&path.replace("{campaign}", &id));
        for (form, from) in [
            (fields(&[]), From::OurPage),
            (fields(&[("csrf", "wrong")]), From::OurPage),
            (fields(&[("csrf", &csrf)]), From::Elsewhere),
            (fields(&[("csrf", &csrf)]), From::CrossSite),
        ] {
            let refused = desk.ground.send(&asha, &path, &form, from).await;
            assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{path} {form:?} {from:?}");
        }
    }
    assert_eq!(desk.deeds().await, before);
    assert_eq!(before, ["campaign.make", "campaign.write"]);
}

#[tokio::test]
async fn a_form_comes_back_with_all_that_was_typed_and_its_mistakes() {
    let desk = Desk::open().await;
    let mut asha = desk.operator().await;
    let id = desk.make(&mut asha).await;
    let path = format!("/campaigns/{id}/write");
    let first = desk.page(&asha, &path).await;
    assert_eq!(hidden(&first, "last"), "0");
    assert!(first.contains("value=\"2026-05-24T11:00\"") && first.contains("Save as version 1"), "{first}");

    let mut form = written();
    form.extend([("r0-c0-name", "trigger.runs"), ("r0-c0-op", "at-least"), ("r0-c0-value", "six of them")]);
    form[0] = ("do", "add-condition 0");
    let more = desk.press(&mut asha, &path, &form).await;
    assert_eq!(more.status(), StatusCode::OK);
    let more = more.text().await.unwrap();
    for kept in [
        "Every six &lt;b&gt;",
        "name=\"r0-c1-value\"",
        "value=\"six of them\"",
        "name=\"r0-cap-fan-day\" type=\"text\" inputmode=\"numeric\" value=\"25\"",
    ] {
        assert!(more.contains(kept), "{kept}: {more}");
    }
    form[0] = ("do", "save");
    let wrong = desk.press(&mut asha, &path, &form).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = wrong.text().await.unwrap();
    assert!(
        wrong.contains("id=\"r0-c0-value-mistake\">Enter a whole number.") && wrong.contains("six of them"),
        "{wrong}"
    );
    assert_eq!(desk.deeds().await, ["campaign.make"]);

    // A long form is whole: fifty rules with conditions.
    let mut long: Vec<(String, String)> = Vec::new();
    for rule in 0..50 {
        for (name, value) in [("title", ""), ("units", "1"), ("kind", "six"), ("how", "all")] {
            long.push((format!("r{rule}-{name}"), value.to_owned()));
        }
        for row in 0..10 {
            for (name, value) in [("name", "trigger.runs"), ("op", "is"), ("value", "6"), ("own", "")] {
                long.push((format!("r{rule}-c{row}-{name}"), value.to_owned()));
            }
        }
    }
    let mut form: Vec<(&str, &str)> = written().into_iter().filter(|it| !it.0.starts_with("r0")).collect();
    form.extend(long.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let saved = desk.press(&mut asha, &path, &form).await;
    assert_eq!(saved.status(), StatusCode::SEE_OTHER, "{}", saved.text().await.unwrap());
    let rules = desk.version(&id, 1).await.unwrap().rules;
    assert_eq!((rules.len(), rules[49].id.as_str()), (50, "rule-50"));
}

#[tokio::test]
async fn saving_writes_the_next_version_once_and_says_who_was_faster() {
    let desk = Desk::open().await;
    let mut asha = desk.operator().await;
    let id = desk.write(&mut asha, &written()).await;
    let path = format!("/campaigns/{id}/write");
    // The button pressed twice.
    let again = desk.press(&mut asha, &path, &written()).await;
    assert!(location(&again).contains("/versions/1?"), "{}", location(&again));
    assert_eq!(desk.version(&id, 2).await, None);
    // Begun from nothing, while version 1 was written.
    let mut other = written();
    other[6] = ("r0-units", "12");
    let overtaken = desk.press(&mut asha, &path, &other).await;
    assert_eq!(overtaken.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = overtaken.text().await.unwrap();
    assert!(page.contains("Somebody has written version 1") && page.contains("value=\"12\""), "{page}");
    assert_eq!(hidden(&page, "last"), "1");
    other[1] = ("last", "1");
    let saved = desk.press(&mut asha, &path, &other).await;
    assert!(location(&saved).contains("/versions/2?"), "{}", location(&saved));
    assert_eq!(desk.version(&id, 1).await.unwrap().rules[0].amount.units, 10, "a version is never changed");
    assert_eq!(desk.version(&id, 2).await.unwrap().rules[0].amount.units, 12);
    let from_the_first = desk.page(&asha, &format!("{path}?from=1")).await;
    assert!(from_the_first.contains("value=\"10\"") && from_the_first.contains("Save as version 3"));
    assert_eq!(desk.deeds().await, ["campaign.make", "campaign.write", "campaign.write"]);
}

#[tokio::test]
async fn a_budget_is_filled_once_however_often_its_button_is_pressed() {
    let desk = Desk::open().await;
    let mut asha = desk.operator().await;
    let id = desk.write(&mut asha, &written()).await;
    let page = desk.page(&asha, &format!("/campaigns/{id}")).await;
    let number = hidden(&page, "id");
    for (amount, why, field) in
        [("1.5", "x", "amount"), ("-1", "x", "amount"), ("0", "x", "amount"), ("100", "", "why")]
    {
        let form = [("id", number.as_str()), ("amount", amount), ("why", why)];
        let wrong = desk.press(&mut asha, &format!("/campaigns/{id}/fill"), &form).await;
        assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY, "{amount}");
        let wrong = wrong.text().await.unwrap();
        assert!(wrong.contains(&format!("id=\"{field}-mistake\"")) && wrong.contains(&number), "{wrong}");
    }
    let form = [("id", number.as_str()), ("amount", "1003"), ("why", "Season <b>")];
    for _ in 0..2 {
        let filled = desk.press(&mut asha, &format!("/campaigns/{id}/fill"), &form).await;
        assert_eq!(filled.status(), StatusCode::SEE_OTHER);
    }
    let other = [("id", number.as_str()), ("amount", "1004"), ("why", "Season")];
    let refused = desk.press(&mut asha, &format!("/campaigns/{id}/fill"), &other).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let page = desk.page(&asha, &format!("/campaigns/{id}?done=filled")).await;
    for said in [
        "The budget is filled.",
        "<strong>1,003</strong> points left",
        "Season &lt;b&gt;",
        "Asha Rao, asha@crease.example",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(desk.deeds().await, ["campaign.make", "campaign.write", "campaign.fill"]);
    let audit = desk.page(&asha, "/audit").await;
    assert!(
        audit.contains("units: 1003")
            && audit.contains(&format!("/console/rewards/campaigns/{id}?mode=test")),
        "{audit}"
    );
}

#[tokio::test]
async fn a_campaign_goes_live_pays_and_is_paused() {
    let desk = Desk::open().await;
    let mut asha = desk.operator().await;
    let id = desk.write(&mut asha, &written()).await;
    assert_eq!(desk.fill(&mut asha, &id, "1000").await.status(), StatusCode::SEE_OTHER);
    for _ in 0..2 {
        let live = desk.press(&mut asha, &format!("/campaigns/{id}/live"), &[("version", "1")]).await;
        assert_eq!(live.status(), StatusCode::SEE_OTHER);
    }
    for _ in 0..4 {
        desk.happened("six", FAN, desk.now()).await;
    }
    assert_eq!(desk.points(FAN).await, 25, "the day's cap");
    let page = desk.page(&asha, &format!("/campaigns/{id}")).await;
    for said in [
        "live v1",
        "<strong>975</strong> points left, 25 given: 2 % of it is used",
        "10 points",
        "a six",
        "25 a fan and day",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let list = desk.page(&asha, "").await;
    assert!(list.contains("live v1") && list.contains(">975<") && list.contains("all fans"), "{list}");

    let no_why = desk.press(&mut asha, &format!("/campaigns/{id}/pause"), &[]).await;
    assert_eq!(no_why.status(), StatusCode::UNPROCESSABLE_ENTITY);
    for _ in 0..2 {
        let paused = desk.press(&mut asha, &format!("/campaigns/{id}/pause"), &[("pause-why", "Rain")]).await;
        assert_eq!(paused.status(), StatusCode::SEE_OTHER);
    }
    assert!(desk.page(&asha, "").await.contains(">paused<"));
    desk.happened("six", FAN, desk.now() + SignedDuration::from_hours(24)).await;
    assert_eq!(desk.points(FAN).await, 25);
    let done = ["campaign.make", "campaign.write", "campaign.fill", "campaign.live", "campaign.pause"];
    assert_eq!(desk.deeds().await, done);
}

#[tokio::test]
async fn one_organisations_campaign_is_found_by_id_or_name() {
    let desk = Desk::open().await;
    let mut asha = desk.operator().await;
    let id = desk.organisation.id.clone();
    for (name, whose, organisation, expected) in [
        ("", "all", "", "id=\"name-mistake\""),
        ("A", "one", "", "Enter the organisation&#39;s id"),
        ("A", "one", "The Times", "There is no organisation"),
        // Asha's own is called so too.
        ("A", "one", "the paper", "Several are called so"),
        ("A", "none", "", "Choose whose it is to be"),
    ] {
        let form = [("name", name), ("whose", whose), ("organisation", organisation)];
        let wrong = desk.press_new(&mut asha, "/campaigns/new", &form).await;
        assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let wrong = wrong.text().await.unwrap();
        assert!(
            wrong.contains(expected) || wrong.contains(&expected.replace("&#39;", "'")),
            "{expected}: {wrong}"
        );
    }
    let form = [("name", "Own"), ("whose", "one"), ("organisation", id.as_str())];
    assert_eq!(desk.press_new(&mut asha, "/campaigns/new", &form).await.status(), StatusCode::SEE_OTHER);
    assert!(desk.page(&asha, "").await.contains("<td>The Paper</td>"));
}

#[tokio::test]
async fn a_signal_is_decided_with_a_note_and_its_fans_are_blocked() {
    let desk = Desk::open().await;
    let mut asha = desk.operator().await;
    let fans: Vec<String> = (0..7).map(|it| format!("fan_{it:022}")).collect();
    for fan in &fans {
        desk.fan(fan).await;
        desk.happened("check-in", fan, desk.now()).await;
    }
    assert_eq!(desk.ground.app.rewards.look_over().await.unwrap(), 1);
    let page = desk.page(&asha, "/signals").await;
    assert!(
        page.contains("7 fans on one device within a day") && page.contains(&format!("owner={}", fans[0])),
        "{page}"
    );
    let no_note = desk.press(&mut asha, "/signals/1", &[("verdict", "blocked")]).await;
    assert_eq!(no_note.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(no_note.text().await.unwrap().contains("id=\"note-1-mistake\""));
    let form = [("verdict", "blocked"), ("note", "One person <b>")];
    let blocked = desk.press(&mut asha, "/signals/1", &form).await;
    assert_eq!(location(&blocked), "/console/rewards/signals?mode=test&show=open&done=blocked");
    assert!(desk.page(&asha, "/signals").await.contains("Nothing waits for you"));
    let reviewed = desk.page(&asha, "/signals?show=blocked").await;
    assert!(reviewed.contains("One person &lt;b&gt;") && reviewed.contains("Asha Rao"), "{reviewed}");
    assert!(!desk.ground.page(&asha, &format!("{PATH}/signals?show=blocked")).await.contains("One person"));
    let elsewhere = desk.ground.press(&mut asha, &format!("{PATH}/signals/1"), &form).await;
    assert_eq!(elsewhere.status(), StatusCode::NOT_FOUND, "it is in the other books");
    let cleared = desk.press(&mut asha, "/signals/1", &[("verdict", "cleared"), ("note", "A club")]).await;
    assert_eq!(cleared.status(), StatusCode::SEE_OTHER);
    assert_eq!(desk.deeds().await, ["signal.decide", "signal.decide"]);
}

#[tokio::test]
async fn tiers_are_saved_as_they_are_written() {
    let desk = Desk::open().await;
    let mut asha = desk.operator().await;
    let wrong = desk.press(&mut asha, "/tiers", &[("t0-name", "Gold"), ("t0-from", "many")]).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = wrong.text().await.unwrap();
    assert!(wrong.contains("id=\"t0-name-mistake\"") && wrong.contains("value=\"many\""), "{wrong}");
    let form = [("t0-name", "gold"), ("t0-from", "1000"), ("t3-name", "silver"), ("t3-from", "100")];
    for _ in 0..2 {
        assert_eq!(desk.press(&mut asha, "/tiers", &form).await.status(), StatusCode::SEE_OTHER);
    }
    let read = desk.ground.app.store.read("test", async |db| review::tiers(db, Books::Test).await);
    assert_eq!(read.await.unwrap(), [("silver".to_owned(), 100), ("gold".to_owned(), 1_000)]);
    let page = desk.page(&asha, "/tiers").await;
    assert!(page.contains("<strong>gold</strong> from 1,000 points"), "{page}");
    assert_eq!(desk.deeds().await, ["tiers.set"]);
}
