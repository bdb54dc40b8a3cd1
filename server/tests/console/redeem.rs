//! The page on which staff redeem a fan's voucher: what is shown, who may, and what is told to who guesses.

use crate::dashboard::{Browser, location};
use crate::support::{Ground, attribute, hidden};
use access::By;
use access::grant::{self, PlatformRole};
use partners::{Organisation, Role, member};
use reqwest::{Response, StatusCode};
use rewards::product::{self, Between, Codes, State, Terms};
use rewards::voucher::Owner;
use std::time::Duration;
use wallet::{Amount, Asset, Books, Budget, Grant, Holder, Metadata, Points, TransferId, holder};

/// An organisation with a product, and a fan who opens vouchers of it.
struct Shop {
    ground: Ground,
    owner: Browser,
    organisation: Organisation,
    product: String,
    books: Books,
}

/// Whose product it is.
#[derive(Clone, Copy, PartialEq)]
enum Seller {
    Partner,
    House,
}

impl Shop {
    async fn open(books: Books) -> Self {
        Self::open_of(books, Seller::Partner).await
    }

    async fn open_of(books: Books, seller: Seller) -> Self {
        let ground = Ground::open().await;
        let (owner, organisation, _) = ground.partner("owner@example.com").await;
        let (app, now) = (&ground.app, ground.app.clock.now());
        let terms = Terms {
            name: "A <b>cap</b>".into(),
            description: "Blue".into(),
            price: Some(1),
            fan_max: None,
            fan_day_max: None,
            valid_from: now,
            valid_until: now + jiff::SignedDuration::from_hours(48),
            claim_seconds: Some(3_600),
            between: Between::default(),
            codes: Codes::Made,
        };
        let sold_by = (seller == Seller::Partner).then_some(organisation.id.as_str());
        let holder = Holder { fan_id: "fan_1", organisation_id: &organisation.id, books };
        let made = app.store.run_tx("test", async |tx| {
            let product = product::make(tx, books, sold_by, &terms, now).await?;
            product::set_state(tx, &product, State::OnSale).await?;
            holder::open(tx, &holder, &holder::Terms::default(), now).await?;
            let issuer = holder::issuer(tx, books, Points::CODE, now).await?;
            let budget = Budget::<Points>::open(tx, "cmp_1", now).await?;
            let to = holder::find(tx, &holder).await?.unwrap().account(Points::CODE).unwrap().id;
            Ok::<_, rewards::Error>((product, issuer, budget, to))
        });
        let (product, issuer, budget, to) = made.await.unwrap();
        let amount = Amount::new(100).unwrap();
        budget.fill(&app.ledger, TransferId::fresh(), issuer, amount).await.unwrap();
        let grant = Grant { id: TransferId::fresh(), to, amount, metadata: Metadata::default() };
        budget.grant(&app.ledger, &grant).await.unwrap();
        let whose = Owner { books, organisation_id: sold_by };
        app.vouchers.make_codes(&whose, &product, 20, "bat_1", &By::system("test", now)).await.unwrap();
        Self { ground, owner, organisation, product, books }
    }

    fn holder(&self) -> Holder<'_> {
        Holder { fan_id: "fan_1", organisation_id: &self.organisation.id, books: self.books }
    }

    /// The id, the code and the link of a voucher that the fan shows.
    async fn shown(&self) -> (String, String, String) {
        let (vouchers, holder, id) = (&self.ground.app.vouchers, self.holder(), store::ids::new("rsv"));
        vouchers.reserve(&holder, &self.product, 1, &id).await.unwrap();
        vouchers.confirm(&holder, &id).await.unwrap();
        let opened = vouchers.claim(&holder, &self.product, &store::ids::new("vch")).await.unwrap();
        let id = opened.voucher.id;
        let (link, _) = vouchers.link(&holder, &id).await.unwrap();
        (id, opened.code.unwrap().shown(), link)
    }

    fn at(&self, rest: &str) -> String {
        format!("/console/o/{}/redeem{rest}", self.organisation.id)
    }

    /// Somebody else of the organisation.
    async fn with(&self, email: &str, role: Role) -> Browser {
        let (browser, _, user) = self.ground.partner(email).await;
        let by = By::system("test", self.ground.app.clock.now());
        let id = &self.organisation.id;
        let add = async |tx: &store::Transaction<'_>| member::add(tx, id, &user, role, &by).await;
        self.ground.app.store.run_tx("test", add).await.unwrap();
        browser
    }

    async fn press(&mut self, rest: &str, form: &[(&str, &str)]) -> (StatusCode, String) {
        let path = self.at(rest);
        let answer = self.ground.press(&mut self.owner, &path, form).await;
        page(answer).await
    }
}

async fn page(answer: Response) -> (StatusCode, String) {
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe-inline"), "{policy}");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test]
async fn staff_see_what_it_is_and_redeem_it_once() {
    let mut shop = Shop::open(Books::Live).await;
    let (status, form) = page(shop.ground.see(&shop.owner, &shop.at("")).await).await;
    assert!(status == StatusCode::OK && form.contains("Look it up"), "{form}");
    let (id, code, link) = shop.shown().await;
    // By its code, by its link as the camera has it, and by the form that the link's page sends.
    let scanned = format!("https://crease.example/redeem#{link}");
    let mut passes = Vec::new();
    for said in [("code", code.as_str()), ("code", &scanned), ("token", &link)] {
        let (status, shown) = shop.press("", &[said, ("place", "Gate 4")]).await;
        assert_eq!(status, StatusCode::OK, "{shown}");
        assert!(
            shown.contains("Redeem this voucher?") && shown.contains("A &lt;b&gt;cap&lt;/b&gt;"),
            "{shown}"
        );
        assert!(!shown.contains(&code) && !shown.contains(&link), "what was said is in no page");
        assert!(shown.contains(r#"value="Gate 4""#), "{shown}");
        passes.push(hidden(&shown, "pass"));
    }
    // Looking redeems nothing, and who takes their time may: a link's minute is over by then.
    shop.ground.app.clock.advance(Duration::from_secs(5 * 60));
    let (status, done) = shop.press("/confirm", &[("pass", &passes[2]), ("place", "Gate 4")]).await;
    assert!(status == StatusCode::OK && done.contains("give the fan what it is for"), "{done}");
    for pass in &passes {
        let (status, again) = shop.press("/confirm", &[("pass", pass), ("place", "Gate 5")]).await;
        assert!(
            status == StatusCode::OK && again.contains("Redeemed already") && again.contains("Gate 4"),
            "{again}"
        );
    }
    let (_, again) = shop.press("", &[("code", &code)]).await;
    assert!(again.contains("Redeemed already"), "{again}");
    let (_, audit) =
        page(shop.ground.see(&shop.owner, &format!("/console/o/{}/audit", shop.organisation.id)).await).await;
    assert!(audit.contains("voucher.redeem") && audit.contains(&id) && !audit.contains(&code), "{audit}");
}

#[tokio::test]
async fn what_is_not_to_be_redeemed_is_one_answer_and_guesses_end() {
    let mut shop = Shop::open(Books::Live).await;
    let (_, code, link) = shop.shown().await;
    let (mut stranger, other, _) = shop.ground.partner("stranger@example.com").await;
    let strange = format!("/console/o/{}/redeem", other.id);
    let mut answers = Vec::new();
    for said in [("code", code.as_str()), ("token", &link)] {
        let answer = shop.ground.press(&mut stranger, &strange, &[said]).await;
        let (status, text) = page(answer).await;
        answers.push((
            status,
            text.split("<main").nth(1).unwrap().replace(&other.id, "").replace(&csrf(&text), ""),
        ));
    }
    // A pass of one member is no other's.
    let (_, shown) = shop.press("", &[("code", &code)]).await;
    let pass = hidden(&shown, "pass");
    let answer = shop.ground.press(&mut stranger, &format!("{strange}/confirm"), &[("pass", &pass)]).await;
    let (status, text) = page(answer).await;
    answers
        .push((status, text.split("<main").nth(1).unwrap().replace(&other.id, "").replace(&csrf(&text), "")));
    let own = shop.organisation.id.clone();
    for said in [("code", "0000-0000-0000-0000"), ("code", "?"), ("code", ""), ("token", "x.y")] {
        let (status, text) = shop.press("", &[said]).await;
        answers
            .push((status, text.split("<main").nth(1).unwrap().replace(&own, "").replace(&csrf(&text), "")));
    }
    shop.ground.app.clock.advance(Duration::from_secs(3_600));
    let (status, text) = shop.press("", &[("code", &code)]).await;
    answers.push((status, text.split("<main").nth(1).unwrap().replace(&own, "").replace(&csrf(&text), "")));
    answers.dedup();
    assert_eq!((answers.len(), answers[0].0), (1, StatusCode::UNPROCESSABLE_ENTITY), "{answers:?}");
    let mut statuses = Vec::new();
    for _ in 0..32 {
        statuses.push(shop.press("", &[("code", "0000-0000-0000-0000")]).await.0);
    }
    let tried = statuses.iter().filter(|it| **it == StatusCode::UNPROCESSABLE_ENTITY).count();
    assert!(tried < 32 && statuses.last() == Some(&StatusCode::TOO_MANY_REQUESTS), "{statuses:?}");
}

fn csrf(page: &str) -> String {
    hidden(page, "csrf")
}

#[tokio::test]
async fn where_a_qr_code_leads() {
    let shop = Shop::open(Books::Test).await;
    let out = shop.ground.see(&Browser::default(), "/redeem").await;
    assert_eq!((out.status(), location(&out)), (StatusCode::SEE_OTHER, "/console/sign-in"));
    let (status, scanned) = page(shop.ground.see(&shop.owner, "/redeem").await).await;
    assert_eq!(status, StatusCode::OK);
    let form = scanned.split("data-scanned").next().unwrap().rsplit("<form").next().unwrap();
    assert_eq!(attribute(form, "action"), shop.at(""), "{scanned}");
    assert!(scanned.contains("partner.") && !scanned.contains("<script>"), "{scanned}");
    // A test fan's is said to be one.
    let (_, code, _) = shop.shown().await;
    let mut shop = shop;
    let (_, shown) = shop.press("", &[("code", &code)]).await;
    assert!(shown.contains(">test<"), "{shown}");
    let pass = hidden(&shown, "pass");
    let (_, done) = shop.press("/confirm", &[("pass", &pass), ("place", &"x".repeat(121))]).await;
    assert!(done.contains("120 characters at most"), "{done}");
    let (_, done) = shop.press("/confirm", &[("pass", &pass)]).await;
    assert!(done.contains("give the fan what it is for"), "{done}");
    // Who may change nothing redeems nothing, and is offered nothing.
    let mut analyst = shop.with("analyst@example.com", Role::Analyst).await;
    let refused = shop.ground.press(&mut analyst, &shop.at(""), &[("code", &code)]).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let (_, scanned) = page(shop.ground.see(&analyst, "/redeem").await).await;
    assert!(!scanned.contains(&shop.organisation.id), "{scanned}");
}

#[tokio::test]
async fn staff_at_a_till_redeem_and_go_nowhere_else() {
    let shop = Shop::open(Books::Live).await;
    let mut ben = shop.with("ben@example.com", Role::Staff).await;
    // Two organisations: the one that was signed up with, and the one whose till it is.
    let (_, list) = page(shop.ground.see(&ben, "/console/organisations").await).await;
    let home = format!("/console/o/{}", shop.organisation.id);
    assert!(list.contains(&home) && list.contains(">staff<"), "{list}");
    let to = shop.ground.see(&ben, &format!("{home}?done=joined")).await;
    assert_eq!(location(&to), shop.at("?done=joined"));
    let (_, till) = page(shop.ground.see(&ben, location(&to)).await).await;
    assert!(till.contains("Welcome to the team.") && till.contains("Look it up"), "{till}");
    let tabs = till.split("<nav class=\"tabs\"").nth(1).unwrap().split("</nav>").next().unwrap();
    assert_eq!(tabs.matches("<li>").count(), 1, "{tabs}");
    let (_, scanned) = page(shop.ground.see(&ben, "/redeem").await).await;
    assert!(scanned.contains(&shop.at("")), "{scanned}");
    let (id, code, _) = shop.shown().await;
    let (_, shown) = page(shop.ground.press(&mut ben, &shop.at(""), &[("code", &code)]).await).await;
    let pass = hidden(&shown, "pass");
    let done = shop.ground.press(&mut ben, &shop.at("/confirm"), &[("pass", &pass)]).await;
    assert!(page(done).await.1.contains("give the fan what it is for"));
    let log = shop.ground.see(&shop.owner, &format!("{home}/audit")).await;
    assert!(page(log).await.1.contains(&id));
    let own_log = shop.ground.see(&ben, &format!("{home}/audit")).await;
    assert_eq!(own_log.status(), StatusCode::FORBIDDEN);
    // It is offered to who manages the team.
    let (_, team) = page(shop.ground.see(&shop.owner, &format!("{home}/team")).await).await;
    assert!(team.contains("Staff: redeems vouchers, nothing else"), "{team}");
}

#[tokio::test]
async fn operators_redeem_what_is_the_houses_own() {
    let mut shop = Shop::open_of(Books::Test, Seller::House).await;
    let path = "/console/rewards/redeem?mode=live";
    let (id, code, link) = shop.shown().await;
    // A partner's till has no voucher of the house.
    for said in [("code", code.as_str()), ("token", &link)] {
        assert_eq!(shop.press("", &[said]).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(shop.ground.see(&shop.owner, path).await.status(), StatusCode::NOT_FOUND);
    let strange = shop.ground.press(&mut shop.owner, path, &[("code", &code)]).await;
    assert_eq!(strange.status(), StatusCode::NOT_FOUND);

    let (mut asha, _, user) = shop.ground.partner("asha@crease.example").await;
    let by = By::system("test", shop.ground.app.clock.now());
    let give = async |tx: &store::Transaction<'_>| {
        let user = access::user::find(tx, &user).await?.expect("a user");
        grant::give(tx, &user, PlatformRole::Operator, &by).await
    };
    assert!(shop.ground.app.store.run_tx("test", give).await.unwrap());
    let (_, form) = page(shop.ground.see(&asha, path).await).await;
    assert!(
        form.contains("the house's own products") || form.contains("the house&#39;s own products"),
        "{form}"
    );
    let (_, scanned) = page(shop.ground.see(&asha, "/redeem").await).await;
    assert!(scanned.contains("Redeem for the house") && !shop_of(&scanned, &shop), "{scanned}");
    let (status, shown) = page(shop.ground.press(&mut asha, path, &[("token", &link)]).await).await;
    assert_eq!(status, StatusCode::OK, "{shown}");
    assert!(shown.contains("A &lt;b&gt;cap&lt;/b&gt;") && shown.contains(">test<"), "{shown}");
    assert!(!shown.contains(&code) && !shown.contains(&link), "what was said is in no page");
    let pass = [("pass", hidden(&shown, "pass")), ("place", "Head office".to_owned())];
    let pass = pass.each_ref().map(|it| (it.0, it.1.as_str()));
    let confirm = "/console/rewards/redeem/confirm?mode=live";
    for said in ["give the fan what it is for", "Redeemed already"] {
        let (status, done) = page(shop.ground.press(&mut asha, confirm, &pass).await).await;
        assert!(status == StatusCode::OK && done.contains(said), "{said}: {done}");
    }
    let (_, audit) = page(shop.ground.see(&asha, "/console/rewards/audit").await).await;
    assert!(audit.contains("voucher.redeem") && audit.contains(&id), "{audit}");
    // Guesses end here, too.
    let mut statuses = Vec::new();
    for _ in 0..32 {
        let guess = [("code", "0000-0000-0000-0000")];
        statuses.push(shop.ground.press(&mut asha, path, &guess).await.status());
    }
    assert_eq!(statuses[31], StatusCode::TOO_MANY_REQUESTS, "{statuses:?}");
}

/// Whether a page leads to a shop's till.
fn shop_of(page: &str, shop: &Shop) -> bool {
    page.contains(&shop.at(""))
}
