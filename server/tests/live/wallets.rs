//! Fans' wallets: what a fan sees with the identity that the partner's server signs, live, and what that server does.

use crate::fans::{HS256, Here, PAGE, jwt, told};
use crate::manage::Program;
use crate::support::{Crease, Stream, database, within};
use partners::{Mode, Scope};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use wallet::account::{self, Wanted};
use wallet::{
    AccountId, Act, Amount, Asset, Books, Bounds, Budget, Grant, Holder, Kind, Metadata, Move, Points,
    Reason, Transfer, TransferId, holder,
};

/// A server whose fans are paid from a budget.
pub(crate) struct Paid {
    pub(crate) here: Here,
    /// "Crease-Fan" of a user of the live mode.
    pub(crate) fan: String,
    budget: Budget<Points>,
}

impl Paid {
    pub(crate) async fn on(database: &store::testing::TestStore) -> Self {
        let here = Here::on(database).await;
        let app = &here.server.app;
        let (open_wallets, store) = (app.wallets.clone(), app.store.clone());
        tokio::spawn(async move { open_wallets.follow(&store).await });
        let (_, secret) = here.secret("live").await;
        let fan = jwt(&secret, HS256, &here.claims("7"));
        let now = app.clock.now();
        let opened = app.store.run_tx("test", async |tx| {
            let issuer = holder::issuer(tx, Books::Live, Points::CODE, now).await?;
            Ok::<_, wallet::Error>((issuer, Budget::<Points>::open(tx, "camp_1", now).await?))
        });
        let (issuer, budget) = opened.await.unwrap();
        budget.fill(&app.ledger, TransferId::fresh(), issuer, Amount::new(10_000).unwrap()).await.unwrap();
        Self { here, fan, budget }
    }

    pub(crate) async fn ask(&self, method: Method, path: &str) -> (u16, Value) {
        self.here.ask(method, path, &self.here.live, Some(&self.fan)).await
    }

    pub(crate) async fn wallet(&self) -> Value {
        let (status, wallet) = self.ask(Method::GET, "/v1/wallet").await;
        assert_eq!(status, 200, "{wallet}");
        wallet
    }

    /// The account of points of whoever this wallet is of.
    pub(crate) async fn account(&self, wallet: &Value) -> AccountId {
        let (fan_id, organisation_id) = (wallet["fan_id"].as_str().unwrap(), &self.here.program.organisation);
        let holder = Holder { fan_id, organisation_id, books: Books::Live };
        let read = self.here.server.app.store.read("test", async |db| holder::find(db, &holder).await);
        read.await.unwrap().unwrap().account(Points::CODE).unwrap().id
    }

    pub(crate) async fn give(
        &self,
        to: AccountId,
        units: i64,
        what: &str,
    ) -> Result<wallet::Made, wallet::Error> {
        let metadata = Metadata::new([("what", what)]).unwrap();
        let grant = Grant { id: TransferId::fresh(), to, amount: Amount::new(units).unwrap(), metadata };
        self.budget.grant(&self.here.server.app.ledger, &grant).await
    }

    async fn treasurer(&self) -> Program {
        let program = Program::of(&self.here.server, Mode::Live, &[Scope::Wallet]).await;
        // Of the same organisation as the pages.
        let by = access::By::system("test", self.here.server.app.clock.now());
        let new = partners::NewKey::secret(Mode::Live, "Treasurer", partners::Scopes::of(&[Scope::Wallet]));
        let issued = self.here.server.app.store.run_tx("test", async |tx| {
            partners::key::issue(tx, &self.here.program.organisation, &new, &by).await
        });
        let issued = issued.await.unwrap();
        self.here.server.app.keys.insert(&issued.record);
        program.with_key(issued.key.reveal(), &self.here.program.organisation)
    }
}

pub(crate) fn points(units: i64, held: i64) -> Value {
    json!({ "asset": "points", "units": units, "available": units - held, "held": held, "places": 0 })
}

#[tokio::test]
async fn a_fan_sees_what_there_is_and_how_it_came() {
    let database = database().await;
    let paid = Paid::on(&database).await;
    let wallet = paid.wallet().await;
    assert_eq!(wallet["balances"][0], points(0, 0));
    assert_eq!((&wallet["balances"][1]["asset"], &wallet["frozen"]), (&json!("coins"), &json!(false)));
    let account = paid.account(&wallet).await;
    for (units, what) in [(30, "Six by Kohli"), (5, "Right answer"), (4, "Four by Rohit")] {
        paid.give(account, units, what).await.unwrap();
    }
    assert_eq!(paid.wallet().await["balances"][0], points(39, 0));
    let (status, page) = paid.ask(Method::GET, "/v1/wallet/entries?limit=2").await;
    let said = |page: &Value| -> Vec<String> {
        let line =
            |it: &Value| format!("{} {} {}", it["change"], it["balance_after"], it["metadata"]["what"]);
        page["data"].as_array().unwrap().iter().map(line).collect()
    };
    assert_eq!(
        (status, said(&page)),
        (200, vec!["4 39 \"Four by Rohit\"".into(), "5 35 \"Right answer\"".into()])
    );
    assert_eq!((&page["data"][0]["reason"], &page["data"][0]["asset"]), (&json!("grant"), &json!("points")));
    let next = format!("/v1/wallet/entries?limit=2&cursor={}", page["next"].as_str().unwrap());
    let (_, page) = paid.ask(Method::GET, &next).await;
    assert_eq!((said(&page), &page["next"]), (vec!["30 30 \"Six by Kohli\"".into()], &Value::Null));
    let (_, coins) = paid.ask(Method::GET, "/v1/wallet/entries?asset=coins").await;
    assert_eq!(coins, json!({ "data": [], "next": null }));
    let (_, all) = paid.ask(Method::GET, "/v1/wallet/export").await;
    assert_eq!(
        (all["entries"].as_array().unwrap().len(), &all["wallet"]["balances"][0]),
        (3, &points(39, 0))
    );

    // Whom nobody vouches for has none, and nobody sees another's.
    let (_, guest) = paid.here.ask(Method::POST, "/v1/fans/guest", &paid.here.live, None).await;
    for path in ["/v1/wallet", "/v1/wallet/entries", "/v1/wallet/export", "/v1/wallet/stream"] {
        let ask = async |fan: Option<&str>| paid.here.ask(Method::GET, path, &paid.here.live, fan).await;
        assert_eq!(told(&ask(guest["token"].as_str()).await), "403 wallet-for-guests ", "{path}");
        assert_eq!(told(&ask(None).await), "401 fan-refused fan_missing", "{path}");
        assert_eq!(told(&ask(Some("a.b.c")).await), "401 fan-refused fan_malformed", "{path}");
    }
    for path in ["/v1/wallet/entries?asset=gold", "/v1/wallet/entries?limit=0", "/v1/wallet/entries?cursor=x"]
    {
        assert_eq!(told(&paid.ask(Method::GET, path).await), "400 invalid-request ", "{path}");
    }
    // Test keys' fans have books of their own.
    let (_, secret) = paid.here.secret("test").await;
    let fan = jwt(&secret, HS256, &paid.here.claims("7"));
    let (_, other) = paid.here.ask(Method::GET, "/v1/wallet", &paid.here.test, Some(&fan)).await;
    assert!(other["fan_id"] != wallet["fan_id"] && other["balances"][0] == points(0, 0), "{other}");
}

#[tokio::test]
async fn a_wallet_that_is_open_is_told_at_once() {
    let database = database().await;
    let paid = Paid::on(&database).await;
    let account = paid.account(&paid.wallet().await).await;
    let open = async || {
        let request = paid.here.server.bare(Method::GET, "/v1/wallet/stream").header("origin", PAGE);
        let request = request.header("x-crease-key", &paid.here.live).header("crease-fan", &paid.fan);
        Stream::of_wallet(request.send().await.unwrap())
    };
    let (mut one, mut two) = (open().await, open().await);
    let next = async |stream: &mut Stream| -> Value {
        let event = stream.event().await.unwrap();
        assert_eq!(event.name, "fan");
        serde_json::from_str(&event.data).unwrap()
    };
    assert_eq!(next(&mut one).await["balances"][0], points(0, 0));
    assert_eq!(next(&mut two).await["balances"][0], points(0, 0));
    assert_eq!(paid.here.server.app.wallets.count(), 2);
    paid.give(account, 30, "Six").await.unwrap();
    assert_eq!(next(&mut one).await["balances"][0], points(30, 0));
    assert_eq!(next(&mut two).await["balances"][0], points(30, 0));
    // Held, frozen, erased.
    let app = &paid.here.server.app;
    let wanted = Wanted::new(Points::CODE, Kind::Partner, "org_shop", Bounds::NO_OVERDRAFT);
    let now = app.clock.now();
    let shop = app.store.run_tx("test", async |tx| account::open(tx, &wanted, now).await).await.unwrap();
    let of = Move::new(Amount::<Points>::new(12).unwrap(), account, shop, Reason::Purchase);
    let hold = Transfer::new(TransferId::fresh(), Act::Hold { of, until: None });
    app.ledger.make(hold.clone()).await.unwrap();
    assert_eq!(next(&mut one).await["balances"][0], points(30, 12));
    let finish = Act::Finish { hold: hold.id, units: None };
    app.ledger.make(Transfer::new(TransferId::fresh(), finish)).await.unwrap();
    assert_eq!(next(&mut one).await["balances"][0], points(18, 0));
    let treasurer = paid.treasurer().await;
    let wallet = paid.wallet().await;
    let path = format!("/v1/fans/{}/wallet", wallet["fan_id"].as_str().unwrap());
    treasurer.post(&format!("{path}/freeze"), json!({})).await;
    assert_eq!(next(&mut one).await["frozen"], json!(true));
    drop(two);
    within("the closed one is forgotten", async {
        while app.wallets.count() > 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn the_partners_server_freezes_limits_and_erases() {
    let database = database().await;
    let paid = Paid::on(&database).await;
    let wallet = paid.wallet().await;
    let account = paid.account(&wallet).await;
    paid.give(account, 100, "Six").await.unwrap();
    let treasurer = paid.treasurer().await;
    let id = wallet["fan_id"].as_str().unwrap();
    let path = format!("/v1/fans/{id}/wallet");
    let listed = treasurer.get("/v1/wallets").await.body;
    assert_eq!((&listed["data"][0]["fan_id"], &listed["data"][0]["frozen"]), (&json!(id), &json!(false)));
    assert_eq!(treasurer.get(&path).await.body["balances"][0], points(100, 0));
    assert_eq!(treasurer.get(&format!("{path}/entries")).await.body["data"][0]["change"], 100);

    let frozen = treasurer.post(&format!("{path}/freeze"), json!({})).await;
    assert_eq!((frozen.status, &frozen.body["frozen"]), (StatusCode::OK, &json!(true)));
    let refused = paid.give(account, 1, "Four").await;
    assert!(matches!(refused, Err(wallet::Error::Refused(wallet::Refusal::Frozen { .. }))), "{refused:?}");
    assert_eq!(told(&paid.ask(Method::DELETE, "/v1/wallet").await), "409 wallet-frozen ");
    treasurer.post(&format!("{path}/thaw"), json!({})).await;
    let set = |body: Value| {
        let (treasurer, path) = (&treasurer, &path);
        async move { treasurer.ask(Method::PUT, &format!("{path}/limits/points"), &[], Some(body)).await }
    };
    assert_eq!(set(json!({ "in_max": 110, "out_max": null })).await.status, StatusCode::OK);
    let refused = paid.give(account, 11, "Four").await;
    assert!(
        matches!(refused, Err(wallet::Error::Refused(wallet::Refusal::DayLimit { left: 10, .. }))),
        "{refused:?}"
    );
    assert_eq!(set(json!({ "in_max": -1, "out_max": null })).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(set(json!({ "in_max": 1.5 })).await.status, StatusCode::BAD_REQUEST);

    // Others' keys see nothing of it, and ours no others.
    let stranger = Program::of(&paid.here.server, Mode::Live, &[Scope::Wallet]).await;
    for it in [path.as_str(), "/v1/fans/fan_0000000000000000000000/wallet"] {
        assert_eq!(stranger.get(it).await.status, StatusCode::NOT_FOUND, "{it}");
        assert_eq!(stranger.post(&format!("{it}/freeze"), json!({})).await.status, StatusCode::NOT_FOUND);
        assert_eq!(stranger.ask(Method::DELETE, it, &[], None).await.status, StatusCode::NOT_FOUND);
    }
    let without = Program::of(&paid.here.server, Mode::Live, &[Scope::Read, Scope::Manage]).await;
    assert_eq!(without.get(&path).await.status, StatusCode::FORBIDDEN);

    assert_eq!(treasurer.ask(Method::DELETE, &path, &[], None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(treasurer.get(&path).await.status, StatusCode::NOT_FOUND);
    let audit = paid.here.program.get("/v1/audit").await.body;
    let actions: Vec<&str> =
        audit["data"].as_array().unwrap().iter().filter_map(|it| it["action"].as_str()).collect();
    for action in ["wallet.erase", "wallet.limit", "wallet.thaw", "wallet.freeze"] {
        assert!(actions.contains(&action), "{action}: {actions:?}");
    }
    // Whoever comes back begins with nothing.
    assert_eq!(paid.wallet().await["balances"][0], points(0, 0));
}

#[tokio::test]
async fn the_books_are_verified_from_the_command_line() {
    let database = database().await;
    let paid = Paid::on(&database).await;
    let account = paid.account(&paid.wallet().await).await;
    paid.give(account, 100, "Six").await.unwrap();
    let verify = || {
        let mut program = Crease::program();
        Crease::run(program.env("DATABASE_URL", database.url()).args(["ledger", "verify"]))
    };
    let (code, said, _) = verify();
    assert!(code == Some(0) && said.ends_with("batches: the books are right\n"), "{said}");
    let sql =
        "set session_replication_role = replica; update wallet.transfer set units = 101 where units = 100";
    database.store().run_tx("test", async |tx| tx.batch(sql).await).await.unwrap();
    let (code, said, _) = verify();
    assert!(code == Some(1) && said.contains("is not what it was when it was made"), "{said}");
    assert!(said.ends_with("1 faults\n"), "{said}");
}

/// Coins, by the gateway that is for trying things out: paid once, whatever is sent again, and by their fan alone.
#[tokio::test]
async fn a_fan_buys_coins_once() {
    let database = database().await;
    let here = Here::with(&database, |config| {
        let pack = server::config::Pack { id: "small".into(), coins: 100, asset: "inr".into(), price: 9_900 };
        config.payments.packs.push(pack);
    })
    .await;
    let (_, secret) = here.secret("test").await;
    let fan = jwt(&secret, HS256, &here.claims("7"));
    let other = jwt(&secret, HS256, &here.claims("8"));
    let get = async |path: &str, fan: &str| here.ask(Method::GET, path, &here.test, Some(fan)).await;
    let post = async |path: &str, fan: &str, key: &str, body: Value| -> (u16, Value) {
        let request = here.server.bare(Method::POST, path).header("origin", PAGE);
        let request = request.header("x-crease-key", &here.test).header("crease-fan", fan);
        let answer = request.header("idempotency-key", key).body(body.to_string()).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    };
    let (_, packs) = get("/v1/wallet/packs", &fan).await;
    assert_eq!(packs["data"], json!([{ "id": "small", "coins": 100, "asset": "inr", "price": 9_900 }]));
    let (status, begun) = post("/v1/wallet/top-ups", &fan, "one", json!({ "pack": "small" })).await;
    assert_eq!(
        (status, &begun["status"], &begun["page"]["kind"]),
        (201, &json!("created"), &json!("sandbox")),
        "{begun}"
    );
    let id = begun["id"].as_str().unwrap();
    let (status, again) = post("/v1/wallet/top-ups", &fan, "one", json!({ "pack": "small" })).await;
    assert_eq!((status, &again["id"]), (201, &begun["id"]));
    let path = format!("/v1/wallet/top-ups/{id}");
    assert_eq!(get(&path, &fan).await.1["is_credited"], json!(false));
    assert_eq!(told(&get(&path, &other).await), "404 unknown-thing ", "another's");

    let page = begun["page"]["url"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let paid = here.server.bare(Method::POST, &page).send().await.unwrap();
        assert_eq!(paid.status(), StatusCode::NO_CONTENT);
    }
    for _ in 0..2 {
        let (_, paid) = get(&path, &fan).await;
        assert_eq!((&paid["status"], &paid["is_credited"]), (&json!("captured"), &json!(true)), "{paid}");
    }
    let (_, wallet) = get("/v1/wallet", &fan).await;
    let coins = json!({ "asset": "coins", "units": 100, "available": 100, "held": 0, "places": 0 });
    assert_eq!(wallet["balances"][1], coins);
    let report =
        here.server.app.store.read("test", async |db| wallet::verify::verify(db).await).await.unwrap();
    assert_eq!(report.faults, []);

    assert_eq!(
        told(&post("/v1/wallet/top-ups", &fan, "two", json!({ "pack": "huge" })).await),
        "404 unknown-thing "
    );
    assert_eq!(told(&post("/v1/wallet/top-ups", &fan, "three", json!({})).await), "400 invalid-request ");
    // No gateway takes real money here.
    let (_, secret) = here.secret("live").await;
    let live = jwt(&secret, HS256, &here.claims("7"));
    let request = here.server.bare(Method::POST, "/v1/wallet/top-ups").header("origin", PAGE);
    let request = request.header("x-crease-key", &here.live).header("crease-fan", &live);
    let refused = request.body(json!({ "pack": "small" }).to_string()).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    // What no gateway has signed is not taken in.
    for (path, status) in [
        ("/v1/payments/test/sandbox/webhook", StatusCode::BAD_REQUEST),
        ("/v1/payments/live/sandbox/webhook", StatusCode::NOT_FOUND),
        ("/v1/payments/live/stripe/webhook", StatusCode::NOT_FOUND),
        ("/v1/payments/real/sandbox/webhook", StatusCode::NOT_FOUND),
    ] {
        let forged = here.server.bare(Method::POST, path).header("sandbox-signature", "00");
        assert_eq!(forged.body("{}").send().await.unwrap().status(), status, "{path}");
    }
}
