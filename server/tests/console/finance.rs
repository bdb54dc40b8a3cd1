//! The books as operators see them: what is shown is what the ledger has, money goes out by two people, and nobody else sees a thing.

mod long;

use crate::dashboard::{Browser, From};
use crate::support::{Ground, fields, location};
use access::By;
use access::grant::{self, PlatformRole};
use jobs::Worker;
use jobs::testing::drain;
use partners::{Mode, Organisation};
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, ORIGIN};
use reqwest::{Response, StatusCode};
use wallet::account::{self, Wanted};
use wallet::gateway::Capture;
use wallet::payment::{AskPayout, AskRefund, Begun, Buying, Payment, Payments, TopUp};
use wallet::{
    AccountId, Act, Amount, Asset, Books, Bounds, Budget, Coins, Grant, Holder, Inr, Kind, Metadata, Money,
    Move, PaymentId, PayoutId, Points, Reason, RefundId, Transfer, TransferId, finance, holder, statement,
};

const PATH: &str = "/console/finance";
const SECRET: &str = "the-operators-secret";
const FAN: &str = "fan_0000000000000000000001";

/// Every page and file, and every act; `{…}` are ids of each kind.
const PAGES: [&str; 15] = [
    "",
    "/trial-balance.csv",
    "/find?id=fan_1",
    "/accounts",
    "/accounts/{account}",
    "/accounts/{account}/statement.csv",
    "/transfers/{transfer}",
    "/payments",
    "/payments.csv",
    "/payments/{payment}",
    "/approvals",
    "/refunds/{refund}",
    "/payouts/{payout}",
    "/reconciliation",
    "/webhooks",
];
const ACTS: [&str; 10] = [
    "/accounts/{account}/freeze",
    "/accounts/{account}/thaw",
    "/accounts/{account}/payouts",
    "/payments/{payment}/refunds",
    "/refunds/{refund}/approve",
    "/refunds/{refund}/refuse",
    "/payouts/{payout}/approve",
    "/payouts/{payout}/refuse",
    "/differences/1/settle",
    "/gateways/sandbox/reconcile",
];

/// Test books with a fan who has points and has bought coins, and a live fan with points.
struct Bank {
    ground: Ground,
    organisation: Organisation,
    coins: AccountId,
    points: AccountId,
    grant: TransferId,
    payment: Payment,
}

impl Bank {
    async fn open(environment: &[(&str, &str)]) -> Self {
        let ground = Ground::open_with(environment).await;
        let (_, organisation, _) = ground.partner("owner@paper.example").await;
        let coins = wallet_of(&ground, &organisation, (FAN, Books::Test), Coins::CODE).await;
        let live = "fan_0000000000000000000002";
        let points = wallet_of(&ground, &organisation, (live, Books::Live), Points::CODE).await;
        let now = ground.app.clock.now();
        let opened = ground.app.store.run_tx("test", async |tx| {
            let issuer = holder::issuer(tx, Books::Live, Points::CODE, now).await?;
            Ok::<_, wallet::Error>((issuer, Budget::<Points>::open(tx, "camp_1", now).await?))
        });
        let (issuer, budget) = opened.await.unwrap();
        let ledger = &ground.app.ledger;
        budget.fill(ledger, TransferId::fresh(), issuer, Amount::new(10_000).unwrap()).await.unwrap();
        let metadata = Metadata::new([("what", "=six()"), ("by", "<b>Kohli</b>")]).unwrap();
        let grant = Grant { id: TransferId::fresh(), to: points, amount: Amount::new(30).unwrap(), metadata };
        budget.grant(ledger, &grant).await.unwrap();
        let payment = pay(&ground, coins, 9_900).await;
        Self { ground, organisation, coins, points, grant: grant.id, payment }
    }

    fn payments(&self) -> &Payments {
        self.ground.app.tills.of(Mode::Test)
    }

    /// An operator of that name, signed in.
    async fn operator(&self, email: &str) -> (Browser, String) {
        let (browser, _, user_id) = self.ground.partner(email).await;
        let given = self.ground.app.store.run_tx("test", async |tx| {
            let by = By::system("test", self.ground.app.clock.now());
            let user = access::user::find(tx, &user_id).await?.expect("a user");
            grant::give(tx, &user, PlatformRole::Operator, &by).await
        });
        assert!(given.await.unwrap());
        (browser, user_id)
    }

    /// Asks for a refund on the payment's page, and answers its id.
    async fn ask(&self, browser: &mut Browser, amount: &str) -> (Response, RefundId) {
        let id = RefundId::fresh();
        let form =
            [("id", id.to_string()), ("amount", amount.to_owned()), ("why", "Bought twice".to_owned())];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let path = format!("{PATH}/payments/{}/refunds?mode=test", self.payment.id);
        (self.ground.press(browser, &path, &form).await, id)
    }

    /// A payout that waits, of a partner's account with money on it.
    async fn payout(&self, by: &By) -> PayoutId {
        let app = &self.ground.app;
        let wanted = Wanted::new(Inr::CODE, Kind::Partner, "org_shop/test", Bounds::NO_OVERDRAFT);
        let gateway = Wanted::new(Inr::CODE, Kind::Gateway, "sandbox/test", Bounds::NONE);
        let now = app.clock.now();
        let opened = app.store.run_tx("test", async |tx| {
            Ok::<_, wallet::Error>((
                account::open(tx, &wanted, now).await?,
                account::open(tx, &gateway, now).await?,
            ))
        });
        let (partner, gateway) = opened.await.unwrap();
        let of = Move::new(Amount::<Inr>::new(50_000).unwrap(), gateway, partner, Reason::TopUp);
        app.ledger.make(Transfer::new(TransferId::fresh(), Act::Post(of))).await.unwrap();
        let wanted = AskPayout {
            id: PayoutId::fresh(),
            owner: "org_shop",
            account: partner,
            money: Money::of(Inr::CODE, 20_000).unwrap(),
            gateway: "sandbox",
            destination: "fa_1",
            why: "November",
        };
        self.payments().ask_payout(&wanted, by).await.unwrap();
        wanted.id
    }

    /// A path with ids in it.
    fn path(&self, path: &str, refund: RefundId, payout: PayoutId) -> String {
        let path = path.replace("{account}", &self.coins.to_string());
        let path = path.replace("{transfer}", &self.grant.to_string());
        let path = path.replace("{payment}", &self.payment.id.to_string());
        let path = path.replace("{refund}", &refund.to_string()).replace("{payout}", &payout.to_string());
        let and = if path.contains('?') { '&' } else { '?' };
        format!("{PATH}{path}{and}mode=test")
    }

    async fn deeds(&self) -> Vec<(String, String, String)> {
        let read = self.ground.app.store.read("test", async |db| {
            access::audit::of_nouns(db, (&console::finance::audit::NOUNS, &[]), i64::MAX, 100).await
        });
        read.await.unwrap().into_iter().rev().map(|it| (it.action, it.actor.id, it.object)).collect()
    }
}

async fn wallet_of(
    ground: &Ground,
    organisation: &Organisation,
    (fan_id, books): (&str, Books),
    asset: wallet::AssetCode,
) -> AccountId {
    let holder = Holder { fan_id, organisation_id: &organisation.id, books };
    let opened = ground.app.store.run_tx("test", async |tx| {
        holder::open(tx, &holder, &holder::Terms::default(), ground.app.clock.now()).await?;
        holder::find(tx, &holder).await
    });
    opened.await.unwrap().unwrap().account(asset).unwrap().id
}

/// A payment through the sandbox that is paid and booked.
async fn pay(ground: &Ground, account: AccountId, units: i64) -> Payment {
    let payments = ground.app.tills.of(Mode::Test);
    let wanted = TopUp {
        id: PaymentId::fresh(),
        owner: FAN,
        account,
        buying: Buying::Coins(Amount::new(100).unwrap()),
        money: Money::of(Inr::CODE, units).unwrap(),
        capture: Capture::AtOnce,
    };
    let begun = payments.open_top_up(&wanted).await.unwrap();
    assert!(matches!(begun, Begun::Open { .. }), "{begun:?}");
    let reference = payments.payment(wanted.id).await.unwrap().reference.unwrap();
    ground.app.tills.sandbox().pay(&reference).await.unwrap();
    let payment = payments.look(wanted.id).await.unwrap();
    assert!(payment.booked_at.is_some(), "{payment:?}");
    payment
}

fn by(ground: &Ground, who: &str) -> By {
    By::system(who, ground.app.clock.now())
}

#[tokio::test]
async fn for_everybody_else_there_are_no_such_pages() {
    let bank = Bank::open(&[]).await;
    let (partner, ..) = bank.ground.partner("admin@paper.example").await;
    let (stranger, refund, payout) = (Browser::default(), RefundId::fresh(), PayoutId::fresh());
    for browser in [&stranger, &partner] {
        for path in PAGES.iter().chain(&["/audit"]) {
            let path = bank.path(path, refund, payout);
            assert_eq!(bank.ground.see(browser, &path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
        let csrf = bank.ground.csrf(browser).await;
        for path in ACTS {
            let path = bank.path(path, refund, payout);
            let form = fields(&[("csrf", &csrf), ("why", "x"), ("note", "x")]);
            let refused = bank.ground.send(browser, &path, &form, From::OurPage).await;
            assert_eq!(refused.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
    assert_eq!(bank.deeds().await, []);
}

#[tokio::test]
async fn an_operator_sees_every_page_and_nothing_is_done_without_its_form() {
    let bank = Bank::open(&[]).await;
    let (mut asha, _) = bank.operator("asha@crease.example").await;
    let (asked, refund) = bank.ask(&mut asha, "10.00").await;
    assert_eq!(asked.status(), StatusCode::SEE_OTHER);
    let payout = bank.payout(&by(&bank.ground, "sales")).await;
    for path in PAGES.iter().chain(&["/audit"]) {
        let path = bank.path(path, refund, payout);
        let page = bank.ground.see(&asha, &path).await;
        let is_sent_on = path.contains("/find?") || path.contains("/refunds/");
        let expected = if is_sent_on { StatusCode::SEE_OTHER } else { StatusCode::OK };
        assert_eq!(page.status(), expected, "{path}");
        if page.headers().get(CONTENT_TYPE).is_some_and(|it| it == "text/html; charset=utf-8") {
            let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
            assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
            let text = page.text().await.unwrap();
            assert!(
                !text.contains(" style=") && !text.contains("<script") && !text.contains("onclick="),
                "{path}"
            );
            // Which books it is of is on each page; a transfer and an account are of their own.
            let books = if path.contains("/transfers/") { "Live books" } else { "Test books" };
            assert!(text.contains(books), "{path}: {text}");
        }
    }
    let csrf = bank.ground.csrf(&asha).await;
    let before = bank.deeds().await;
    for path in ACTS {
        let path = bank.path(path, refund, payout);
        for (form, from) in [
            (fields(&[("why", "x"), ("note", "x")]), From::OurPage),
            (fields(&[("csrf", "wrong"), ("why", "x"), ("note", "x")]), From::OurPage),
            (fields(&[("csrf", &csrf), ("why", "x"), ("note", "x")]), From::Elsewhere),
            (fields(&[("csrf", &csrf), ("why", "x"), ("note", "x")]), From::CrossSite),
        ] {
            let refused = bank.ground.send(&asha, &path, &form, from).await;
            assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{path} {form:?} {from:?}");
        }
    }
    assert_eq!(bank.deeds().await, before);
}

#[tokio::test]
async fn the_trial_balance_is_the_ledgers_and_its_sum_is_nothing() {
    let bank = Bank::open(&[]).await;
    let (asha, _) = bank.operator("asha@crease.example").await;
    let page = bank.ground.page(&asha, &format!("{PATH}?mode=test")).await;
    assert_eq!(page.matches("✓ in balance").count(), 3, "coins, points and rupees: {page}");
    assert!(!page.contains("out of balance"));
    // The sandbox owes 99 rupees, which were sold; coins came from their issuer.
    assert!(page.contains("<td class=\"number negative\">−99.00</td>"), "{page}");
    let csv = bank.ground.see(&asha, &format!("{PATH}/trial-balance.csv?mode=test")).await;
    assert_eq!(csv.headers()[CONTENT_TYPE], "text/csv; charset=utf-8");
    let name = csv.headers()[CONTENT_DISPOSITION].to_str().unwrap().to_owned();
    assert_eq!(name, "attachment; filename=\"trial-balance-test-2026-05-24-100000.csv\"");
    let text = csv.text().await.unwrap();
    for line in [
        "2026-05-24T10:00:00Z,test,inr,gateway,1,99.00,9900,0.00,0,0.00,0,0.00,0,-99.00,-9900",
        "2026-05-24T10:00:00Z,test,inr,sales,1,0.00,0,99.00,9900,0.00,0,0.00,0,99.00,9900",
        "2026-05-24T10:00:00Z,test,inr,total,2,99.00,9900,99.00,9900,0.00,0,0.00,0,0.00,0",
        "2026-05-24T10:00:00Z,test,coins,issuer,1,100,100,0,0,0,0,0,0,-100,-100",
    ] {
        assert!(text.contains(&format!("{line}\r\n")), "{line} in {text}");
    }
    let live = bank.ground.page(&asha, PATH).await;
    assert!(live.contains("Live books") && live.contains("−10,000") && !live.contains("99.00"), "{live}");

    // What leaves the books on one side alone is seen at once.
    let sql = "set session_replication_role = replica;
        update wallet.entry set balance_after = balance_after + 1
            where account in (select id from wallet.account where kind = 'sales')";
    bank.ground.app.store.run_tx("test", async |tx| tx.batch(sql).await).await.unwrap();
    let page = bank.ground.page(&asha, &format!("{PATH}?mode=test")).await;
    assert!(page.contains("✗ out of balance") && page.contains("crease ledger verify"), "{page}");
}

#[tokio::test]
async fn a_statement_and_its_file_are_what_the_ledger_has() {
    let bank = Bank::open(&[]).await;
    let (asha, _) = bank.operator("asha@crease.example").await;
    let app = &bank.ground.app;
    let wanted = Wanted::new(Points::CODE, Kind::Partner, "=org_shop", Bounds::NO_OVERDRAFT);
    let now = app.clock.now();
    let shop = app.store.run_tx("test", async |tx| account::open(tx, &wanted, now).await).await.unwrap();
    for day in 0..3 {
        app.clock.advance(std::time::Duration::from_secs(24 * 60 * 60));
        let of = Move::new(Amount::<Points>::new(1 + day).unwrap(), bank.points, shop, Reason::Purchase);
        app.ledger.make(Transfer::new(TransferId::fresh(), Act::Post(of))).await.unwrap();
    }
    let path = format!("{PATH}/accounts/{}", bank.points);
    let page = bank.ground.page(&asha, &path).await;
    for text in ["4 lines", "=org_shop", "&lt;b&gt;Kohli&lt;/b&gt;", "−3", "+30", "Before the period"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let csv = bank.ground.see(&asha, &format!("{path}/statement.csv")).await;
    assert_eq!(csv.headers()[CONTENT_TYPE], "text/csv; charset=utf-8");
    let text = csv.text().await.unwrap();
    let rows: Vec<&str> = text.lines().skip(1).collect();
    let asked = statement::Asked { account: bank.points, from: None, to: None, before: None, limit: 200 };
    let lines = app.store.read("test", async |db| statement::lines(db, &asked).await).await.unwrap();
    let lines: Vec<statement::Line> = lines.into_iter().rev().collect();
    assert_eq!(rows.len(), lines.len());
    for (row, line) in rows.iter().zip(&lines) {
        let begins = format!("{},{},{},{},", line.version, line.made_at, line.transfer, line.reason.word());
        assert!(row.starts_with(&begins), "{begins} in {row}");
        let figures =
            format!(",{},{},{},{},", line.change, line.change, line.balance_after, line.balance_after);
        assert!(row.contains(&figures), "{figures} in {row}");
    }
    assert!(rows[0].ends_with(",by=<b>Kohli</b>; what==six()"), "{}", rows[0]);
    assert!(rows[1].contains(",'=org_shop,partner,points,-1,-1,29,29,"), "{}", rows[1]);

    // A period has the lines of its days, and the balances around them.
    let period = "from=2026-05-25&to=2026-05-26";
    let page = bank.ground.page(&asha, &format!("{path}?{period}")).await;
    assert!(page.contains("2 lines") && !page.contains("+30"), "{page}");
    let text = bank.ground.page(&asha, &format!("{path}/statement.csv?{period}")).await;
    let versions: Vec<&str> = text.lines().skip(1).map(|it| it.split(',').next().unwrap()).collect();
    assert_eq!(versions, ["2", "3"]);
    let empty = bank.ground.page(&asha, &format!("{path}?from=2027-01-01")).await;
    assert!(empty.contains("0 lines") && empty.contains("Nothing has moved"), "{empty}");
    let empty = bank.ground.page(&asha, &format!("{path}/statement.csv?from=2027-01-01")).await;
    assert_eq!(empty.lines().count(), 1);
    let page = bank.ground.page(&asha, &format!("{path}?before=3")).await;
    assert!(page.contains("+30") && page.contains("Newest"), "{page}");
}

#[tokio::test]
async fn a_transfer_tells_how_it_went_and_what_it_belongs_to() {
    let bank = Bank::open(&[]).await;
    let (mut asha, _) = bank.operator("asha@crease.example").await;
    let (mut ben, _) = bank.operator("ben@crease.example").await;
    let page = bank.ground.page(&asha, &format!("{PATH}/transfers/{}", bank.grant)).await;
    for text in ["camp_1", "post: moves at once", "=six()", "It stands", "Digest of the transfer", "chain "] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let metadata = Metadata::default();
    bank.ground.app.ledger.reverse(bank.grant, metadata).await.unwrap();
    let page = bank.ground.page(&asha, &format!("{PATH}/transfers/{}", bank.grant)).await;
    assert!(page.contains("Taken back") && !page.contains("It stands"), "{page}");

    let (_, refund) = bank.ask(&mut asha, "99").await;
    let hold = TransferId::following_from("refund.hold", &[&refund.to_string()]);
    let hold_page = format!("{PATH}/transfers/{hold}?mode=test");
    let page = bank.ground.page(&asha, &hold_page).await;
    assert!(page.contains("What is held waits") && page.contains(&format!("/refunds/{refund}")), "{page}");
    let approve = format!("{PATH}/refunds/{refund}/approve?mode=test");
    assert_eq!(bank.ground.press(&mut ben, &approve, &[]).await.status(), StatusCode::SEE_OTHER);
    let worker = Worker::new(bank.ground.app.store.clone(), "test").queue(bank.payments().queue());
    drain(&bank.payments().on(worker).unwrap()).await.unwrap();
    let page = bank.ground.page(&asha, &hold_page).await;
    assert!(page.contains("Finished") && page.contains("the rest is free again"), "{page}");
    let finish = TransferId::following_from("refund.finish", &[&refund.to_string()]);
    let page = bank.ground.page(&asha, &format!("{PATH}/transfers/{finish}?mode=test")).await;
    assert!(page.contains("Of the hold") && page.contains(&hold.to_string()), "{page}");
    assert!(page.contains("<td class=\"number\">100</td>"), "its lines are found: {page}");
    let money = TransferId::following_from("payment.money", &[&bank.payment.id.to_string()]);
    let page = bank.ground.page(&asha, &format!("{PATH}/transfers/{money}?mode=test")).await;
    assert!(page.contains(&format!("/payments/{}", bank.payment.id)), "{page}");
}

#[tokio::test]
async fn a_refund_is_asked_for_by_one_and_approved_by_another() {
    let bank = Bank::open(&[]).await;
    let (mut asha, asha_id) = bank.operator("asha@crease.example").await;
    let (mut ben, ben_id) = bank.operator("ben@crease.example").await;
    for (amount, text) in [
        ("", "Write the amount in digits"),
        ("-1", "Write the amount in digits"),
        ("1e2", "Write the amount in digits"),
        ("1.005", "INR has 2 decimal places at most."),
        ("0", "The amount must be more than nothing."),
        ("99.01", "That is more than can go back"),
        ("99999999999999999999", "The amount is at most"),
    ] {
        let (refused, _) = bank.ask(&mut asha, amount).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{amount}");
        let page = refused.text().await.unwrap();
        assert!(page.contains(text) && page.contains("Bought twice"), "{amount}: {page}");
    }
    let (asked, id) = bank.ask(&mut asha, "40.50").await;
    assert_eq!(location(&asked), format!("{PATH}/payments/{}?mode=test&done=asked", bank.payment.id));
    let refund = bank.payments().refund(id).await.unwrap();
    assert_eq!((refund.units, refund.going.asked_by.as_str()), (4_050, asha_id.as_str()));
    // Never more than was taken, together.
    let (refused, _) = bank.ask(&mut asha, "58.51").await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = bank.ground.page(&asha, &format!("{PATH}/payments/{}?mode=test", bank.payment.id)).await;
    assert!(page.contains("58.50") && page.contains("to approve"), "{page}");

    let approve = format!("{PATH}/refunds/{id}/approve?mode=test");
    let page = bank.ground.page(&asha, &format!("{PATH}/approvals?mode=test")).await;
    assert!(
        page.contains("You asked for it: another operator approves it.") && !page.contains("/approve"),
        "{page}"
    );
    let own = bank.ground.press(&mut asha, &approve, &[]).await;
    assert_eq!(own.status(), StatusCode::CONFLICT);
    assert!(own.text().await.unwrap().contains("another operator must approve it"));
    let page = bank.ground.page(&ben, &format!("{PATH}/approvals?mode=test")).await;
    assert!(page.contains(&format!("/refunds/{id}/approve")) && page.contains("Asked by Asha Rao"), "{page}");
    let approved = bank.ground.press(&mut ben, &approve, &[]).await;
    assert_eq!(location(&approved), format!("{PATH}/approvals?mode=test&done=refund-approved"));
    let late = bank.ground.press(&mut ben, &approve, &[]).await;
    assert_eq!(late.status(), StatusCode::CONFLICT, "once");

    // Another one is refused, with a reason.
    let (_, other) = bank.ask(&mut asha, "1").await;
    let refuse = format!("{PATH}/refunds/{other}/refuse?mode=test");
    assert_eq!(bank.ground.press(&mut ben, &refuse, &[]).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = bank.ground.press(&mut ben, &refuse, &[("why", "not ours")]).await;
    assert_eq!(refused.status(), StatusCode::SEE_OTHER);
    let page = bank.ground.page(&ben, &format!("{PATH}/approvals?mode=test")).await;
    assert!(page.contains("not ours") && page.contains("None waits."), "{page}");

    let of =
        |action: &str, who: &String, object: RefundId| (action.to_owned(), who.clone(), object.to_string());
    let expected = [
        of("refund.ask", &asha_id, id),
        of("refund.approve", &ben_id, id),
        of("refund.ask", &asha_id, other),
        of("refund.refuse", &ben_id, other),
    ];
    assert_eq!(bank.deeds().await, expected);
    let log = bank.ground.page(&asha, &format!("{PATH}/audit")).await;
    assert!(log.contains("refund.approve") && log.contains("why: not ours"), "{log}");
}

#[tokio::test]
async fn the_secret_alone_looks_and_refuses_and_sets_no_money_in_motion() {
    let bank = Bank::open(&[("CREASE__OPERATIONS__SECRET", SECRET)]).await;
    let ask = async |method: &str, path: &str, form: &[(&str, &str)]| -> Response {
        let url = format!("{}{PATH}{path}?mode=test", bank.ground.url);
        let request = match method {
            "get" => bank.ground.client.get(url),
            _ => bank.ground.client.post(url).body(crate::support::encode(&fields(form))),
        };
        request.basic_auth("ben", Some(SECRET)).header(ORIGIN, &bank.ground.url).send().await.unwrap()
    };
    let page = ask("get", &format!("/payments/{}", bank.payment.id), &[]).await.text().await.unwrap();
    assert!(page.contains("which proves no name") && !page.contains("Ask for the refund"), "{page}");
    let form = [("id", &*RefundId::fresh().to_string()), ("amount", "1"), ("why", "x")];
    let refused = ask("post", &format!("/payments/{}/refunds", bank.payment.id), &form).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(refused.text().await.unwrap().contains("signed in with accounts of their own"));

    let (mut asha, _) = bank.operator("asha@crease.example").await;
    let (_, id) = bank.ask(&mut asha, "5").await;
    let refused = ask("post", &format!("/refunds/{id}/approve"), &[]).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN, "Asha may know the secret too");
    assert_eq!(bank.payments().refund(id).await.unwrap().going.decided_by, None);
    let payout = bank.payout(&by(&bank.ground, "sales")).await;
    assert_eq!(ask("post", &format!("/payouts/{payout}/approve"), &[]).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        ask("post", &format!("/refunds/{id}/refuse"), &[("why", "no")]).await.status(),
        StatusCode::SEE_OTHER
    );

    // Asked for by nobody knows whom, so that no second can be told from the first.
    let wanted = AskRefund { id: RefundId::fresh(), payment: bank.payment.id, units: 100, why: "x" };
    bank.payments().ask_refund(&wanted, &by(&bank.ground, "operations.secret")).await.unwrap();
    let approve = format!("{PATH}/refunds/{}/approve?mode=test", wanted.id);
    assert_eq!(bank.ground.press(&mut asha, &approve, &[]).await.status(), StatusCode::FORBIDDEN);
    let wrong = bank.ground.client.get(format!("{}{PATH}", bank.ground.url)).basic_auth("ben", Some("wrong"));
    assert_eq!(wrong.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_payout_goes_by_two_people_too() {
    let bank = Bank::open(&[]).await;
    let (mut asha, asha_id) = bank.operator("asha@crease.example").await;
    let (mut ben, ben_id) = bank.operator("ben@crease.example").await;
    let payout = bank.payout(&by(&bank.ground, &asha_id)).await;
    let approve = format!("{PATH}/payouts/{payout}/approve?mode=test");
    assert_eq!(bank.ground.press(&mut asha, &approve, &[]).await.status(), StatusCode::CONFLICT);
    let page = bank.ground.page(&ben, &format!("{PATH}/payouts/{payout}?mode=test")).await;
    assert!(page.contains("200.00") && page.contains("November") && page.contains("fa_1"), "{page}");
    assert_eq!(bank.ground.press(&mut ben, &approve, &[]).await.status(), StatusCode::SEE_OTHER);
    let going = bank.payments().payout(payout).await.unwrap().going;
    assert_eq!(going.decided_by.as_deref(), Some(ben_id.as_str()));
    let second = bank.payout(&by(&bank.ground, &asha_id)).await;
    let refuse = format!("{PATH}/payouts/{second}/refuse?mode=test");
    let refused = bank.ground.press(&mut asha, &refuse, &[("why", "wrong month")]).await;
    assert_eq!(location(&refused), format!("{PATH}/approvals?mode=test&done=payout-refused"));
}

#[tokio::test]
async fn a_payout_is_asked_for_on_its_account_and_never_of_more_than_is_there() {
    let bank = Bank::open(&[("CREASE__OPERATIONS__SECRET", SECRET)]).await;
    let (mut asha, asha_id) = bank.operator("asha@crease.example").await;
    let first = bank.payout(&by(&bank.ground, "sales")).await;
    let account = bank.payments().payout(first).await.unwrap().account;
    // Of 500 rupees 200 are held.
    let path = format!("{PATH}/accounts/{account}");
    let page = bank.ground.page(&asha, &path).await;
    assert!(page.contains("Ask for a payout") && page.contains("At most 300.00 INR"), "{page}");
    let id = PayoutId::fresh().to_string();
    let form = |amount: &'static str, gateway: &'static str, to: &'static str| {
        [
            ("id", id.clone()),
            ("amount", amount.into()),
            ("gateway", gateway.into()),
            ("destination", to.into()),
        ]
    };
    let ask = format!("{path}/payouts");
    for (amount, gateway, to, text) in [
        ("1.999", "sandbox", "fa_1", "INR has 2 decimal places at most."),
        ("1", "stripe", "fa_1", "Choose one of the list."),
        ("1", "sandbox", "", "Say where it goes"),
    ] {
        let form = form(amount, gateway, to);
        let mut form: Vec<(&str, &str)> = form.iter().map(|(name, text)| (*name, text.as_str())).collect();
        form.push(("why", "November <fee>"));
        let refused = bank.ground.press(&mut asha, &ask, &form).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{text}");
        let page = refused.text().await.unwrap();
        assert!(page.contains(text) && page.contains("November &lt;fee&gt;"), "{text}: {page}");
    }
    for (amount, status) in [("300.01", StatusCode::CONFLICT), ("300", StatusCode::CONFLICT)] {
        // Under an id that was used for something else, or dropped, nothing more is asked.
        let form = form(amount, "sandbox", "fa_1");
        let mut form: Vec<(&str, &str)> = form.iter().map(|(name, text)| (*name, text.as_str())).collect();
        form.push(("why", "November"));
        assert_eq!(bank.ground.press(&mut asha, &ask, &form).await.status(), status, "{amount}");
    }
    let fresh = PayoutId::fresh().to_string();
    let form = [
        ("id", &*fresh),
        ("amount", "300"),
        ("gateway", "sandbox"),
        ("destination", "fa_1"),
        ("why", "November"),
    ];
    let asked = bank.ground.press(&mut asha, &ask, &form).await;
    assert_eq!(location(&asked), format!("{PATH}/payouts/{fresh}?mode=test&done=payout-asked"));
    let payout = bank.payments().payout(PayoutId::parse(&fresh).unwrap()).await.unwrap();
    assert_eq!((payout.money.units(), payout.going.asked_by), (30_000, asha_id));
    let other = bank.ground.press(&mut asha, &format!("{PATH}/accounts/{}/payouts", bank.coins), &form).await;
    assert_eq!(other.status(), StatusCode::CONFLICT, "only a partner's money");
    let url = format!("{}{ask}", bank.ground.url);
    let secret =
        bank.ground.client.post(url).basic_auth("ben", Some(SECRET)).header(ORIGIN, &bank.ground.url);
    assert_eq!(secret.send().await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_fans_wallet_is_frozen_and_thawed_with_a_reason() {
    let bank = Bank::open(&[]).await;
    let (mut asha, asha_id) = bank.operator("asha@crease.example").await;
    let path = format!("{PATH}/accounts/{}", bank.coins);
    let freeze = format!("{path}/freeze?mode=test");
    assert_eq!(bank.ground.press(&mut asha, &freeze, &[]).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let frozen = bank.ground.press(&mut asha, &freeze, &[("why", "Stolen phone")]).await;
    assert_eq!(location(&frozen), format!("{path}?mode=test&done=frozen"));
    let standing = async || {
        let read = bank.ground.app.store.read("test", async |db| account::find(db, bank.coins).await);
        read.await.unwrap().unwrap().standing
    };
    assert!(standing().await.is_frozen);
    let page = bank.ground.page(&asha, &format!("{PATH}/accounts?mode=test&state=frozen")).await;
    // Of points and of coins.
    assert_eq!(page.matches(FAN).count(), 2, "{page}");
    let thawed = bank.ground.press(&mut asha, &format!("{path}/thaw"), &[("why", "Found it")]).await;
    assert_eq!(thawed.status(), StatusCode::SEE_OTHER);
    assert!(!standing().await.is_frozen);
    let expected =
        ["wallet.freeze", "wallet.thaw"].map(|it| (it.to_owned(), asha_id.clone(), FAN.to_owned()));
    assert_eq!(bank.deeds().await, expected);
    // The fan's organisation sees who did it.
    let id = &bank.organisation.id;
    let log = bank
        .ground
        .app
        .store
        .read("test", async |db| access::audit::list(db, id, i64::MAX, "wallet", 9).await);
    assert_eq!(log.await.unwrap().len(), 2);
    let asked = finance::Asked {
        books: Books::Test,
        asset: None,
        kind: Some(Kind::Issuer),
        state: None,
        owner: "",
        before: None,
        limit: 1,
    };
    let issuer =
        bank.ground.app.store.read("test", async |db| finance::accounts(db, &asked).await).await.unwrap();
    let other = format!("{PATH}/accounts/{}/freeze?mode=test", issuer[0].account.id);
    let refused = bank.ground.press(&mut asha, &other, &[("why", "x")]).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT, "only a fan's wallet");
}

#[tokio::test]
async fn differences_are_found_by_a_job_and_settled_with_a_word() {
    let bank = Bank::open(&[]).await;
    let (mut asha, asha_id) = bank.operator("asha@crease.example").await;
    // Its report has one unit too few.
    pay(&bank.ground, bank.coins, 10_031).await;
    let compare = format!("{PATH}/gateways/sandbox/reconcile?mode=test");
    let early = bank.ground.press(&mut asha, &compare, &[("day", "2026-05-24")]).await;
    assert_eq!(early.status(), StatusCode::UNPROCESSABLE_ENTITY, "the day is not over");
    bank.ground.app.clock.advance(std::time::Duration::from_secs(24 * 60 * 60));
    let run = bank.ground.press(&mut asha, &compare, &[("day", "2026-05-24")]).await;
    assert_eq!(location(&run), format!("{PATH}/reconciliation?mode=test&done=comparing"));
    let worker = Worker::new(bank.ground.app.store.clone(), "test").queue(bank.payments().queue());
    drain(&bank.payments().on(worker).unwrap()).await.unwrap();
    let path = format!("{PATH}/reconciliation?mode=test");
    let page = bank.ground.page(&asha, &path).await;
    for text in ["The amounts differ", "10,031", "10,030", "What to do: ", "day 2026-05-24", "By hand: "] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let number = page.split("/differences/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let settle = format!("{PATH}/differences/{number}/settle?mode=test");
    assert_eq!(bank.ground.press(&mut asha, &settle, &[]).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let settled = bank.ground.press(&mut asha, &settle, &[("note", "The fee was in it")]).await;
    assert_eq!(location(&settled), format!("{PATH}/reconciliation?mode=test&done=settled"));
    let twice = bank.ground.press(&mut asha, &settle, &[("note", "again")]).await;
    assert_eq!(twice.status(), StatusCode::CONFLICT);
    assert!(bank.ground.page(&asha, &path).await.contains("✓ none"));
    let closed = bank.ground.page(&asha, &format!("{path}&show=closed")).await;
    assert!(closed.contains("The fee was in it") && closed.contains("Asha Rao"), "{closed}");
    let expected = [
        ("payments.reconcile".to_owned(), asha_id.clone(), "sandbox".to_owned()),
        ("difference.close".to_owned(), asha_id, number),
    ];
    assert_eq!(bank.deeds().await, expected);
}

#[tokio::test]
async fn messages_that_wait_are_seen_until_they_are_read() {
    let bank = Bank::open(&[]).await;
    let (asha, _) = bank.operator("asha@crease.example").await;
    let (waiting, all) =
        (format!("{PATH}/webhooks?mode=test&state=waiting"), format!("{PATH}/webhooks?mode=test"));
    assert!(bank.ground.page(&asha, &waiting).await.contains("No message is like this"));
    let messages = bank.ground.app.tills.sandbox().webhooks().await.unwrap();
    for message in &messages {
        bank.payments().receive("sandbox", &message.headers(), message.body.as_bytes()).await.unwrap();
    }
    let page = bank.ground.page(&asha, &waiting).await;
    assert_eq!(page.matches("<span class=\"flag\">waiting</span>").count(), messages.len(), "{page}");
    assert!(messages.iter().all(|it| !page.contains(&it.signature)), "no secrets: {page}");
    let page = bank.ground.page(&asha, &format!("{PATH}?mode=test")).await;
    assert!(page.contains(&format!("Webhooks waiting</span><strong>{}</strong>", messages.len())), "{page}");
    let worker = Worker::new(bank.ground.app.store.clone(), "test").queue(bank.payments().queue());
    drain(&bank.payments().on(worker).unwrap()).await.unwrap();
    assert!(bank.ground.page(&asha, &waiting).await.contains("No message is like this"));
    assert!(bank.ground.page(&asha, &all).await.contains("learned"));
    let sql = "update wallet.webhook set outcome = 'unreadable'";
    bank.ground.app.store.run_tx("test", async |tx| tx.batch(sql).await).await.unwrap();
    let page =
        bank.ground.page(&asha, &format!("{PATH}/webhooks?mode=test&state=failed&gateway=sandbox")).await;
    assert!(page.contains("The gateway has changed what it sends"), "{page}");
}

#[tokio::test]
async fn what_is_not_there_or_not_understood_is_said_in_words() {
    let bank = Bank::open(&[]).await;
    let (mut asha, _) = bank.operator("asha@crease.example").await;
    let nobody = "0000000000000000000000";
    for (path, text) in [
        (format!("/accounts/acc_{nobody}"), "There is no account"),
        ("/accounts/x".to_owned(), "22 letters and digits"),
        (format!("/accounts/acc_{nobody}/statement.csv"), "There is no account"),
        (format!("/transfers/trf_{nobody}"), "none was made, or it was refused"),
        ("/transfers/%00".to_owned(), "22 letters and digits"),
        (format!("/payments/pay_{nobody}"), "There is no payment"),
        (format!("/refunds/rfd_{nobody}"), "There is no refund"),
        (format!("/payouts/pot_{nobody}"), "There is no payout"),
    ] {
        let page = bank.ground.see(&asha, &format!("{PATH}{path}")).await;
        assert_eq!(page.status(), StatusCode::NOT_FOUND, "{path}");
        let page = page.text().await.unwrap();
        assert!(page.contains(text), "{path}: {page}");
    }
    // What is in the other books is shown there.
    let other = bank.ground.page(&asha, &format!("{PATH}/payments/{}", bank.payment.id)).await;
    assert!(other.contains("Test books: no money moves") && other.contains("99.00"), "{other}");
    let long = "x".repeat(101);
    for (path, text) in [
        ("?mode=real".to_owned(), "\"live\" or \"test\""),
        ("/accounts?asset=gold".to_owned(), "There is no asset of that name"),
        ("/accounts?kind=gold".to_owned(), "There is no kind of that name"),
        ("/accounts?state=gold".to_owned(), "There is no state of that name"),
        (format!("/accounts?owner={long}"), "at most 100 characters"),
        ("/accounts?owner=%00".to_owned(), "at most 100 characters"),
        ("/accounts?before=7".to_owned(), "from a link of a page before"),
        (format!("/accounts/{}?from=May", bank.coins), "A day is written like"),
        (
            format!("/accounts/{}?from=2026-05-02&to=2026-05-01", bank.coins),
            "The first day is after the last",
        ),
        (format!("/accounts/{}?before=-1", bank.coins), "from a link of a page before"),
        (format!("/accounts/{}/statement.csv?to=2026-13-01", bank.coins), "A day is written like"),
        ("/payments?state=gold".to_owned(), "There is no state of that name"),
        ("/payments?gateway=gold".to_owned(), "There is no gateway of that name"),
        ("/payments.csv?before=x".to_owned(), "from a link of a page before"),
        ("/approvals?refunds_before=x".to_owned(), "from a link of a page before"),
        ("/reconciliation?show=all".to_owned(), "There is no show of that name"),
        ("/webhooks?state=lost".to_owned(), "There is no state of that name"),
        ("/audit?before=x".to_owned(), "from a link of a page before"),
        ("/find?id=".to_owned(), "Type an id"),
        ("/find?id=trf_1".to_owned(), "That is no whole id"),
    ] {
        let page = bank.ground.see(&asha, &format!("{PATH}{path}")).await;
        assert_eq!(page.status(), StatusCode::BAD_REQUEST, "{path}");
        let page = page.text().await.unwrap().replace("&quot;", "\"");
        assert!(page.contains(text), "{path}: {page}");
    }
    for act in ["/differences/9/settle", "/gateways/stripe/reconcile"] {
        let refused = bank.ground.press(&mut asha, &format!("{PATH}{act}"), &[("note", "x")]).await;
        let expected = if act.contains("stripe") { StatusCode::NOT_FOUND } else { StatusCode::CONFLICT };
        assert_eq!(refused.status(), expected, "{act}");
    }
    for (sought, to) in [
        (bank.grant.to_string(), format!("/transfers/{}", bank.grant)),
        (bank.coins.to_string(), format!("/accounts/{}", bank.coins)),
        (bank.payment.id.to_string(), format!("/payments/{}", bank.payment.id)),
        ("fan_".to_owned(), "/accounts".to_owned()),
    ] {
        let found = bank.ground.see(&asha, &format!("{PATH}/find?mode=test&id={sought}")).await;
        assert_eq!(found.status(), StatusCode::SEE_OTHER);
        assert!(location(&found).starts_with(&format!("{PATH}{to}?mode=test")), "{}", location(&found));
    }
}
