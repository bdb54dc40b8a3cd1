//! Markets, as fans' pages meet them.

use crate::fans::{HS256, Here, PAGE, jwt, told};
use crate::support::{Stream, database};
use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use rewards::exchange::listing;
use rewards::product::{self, Between, Codes, Product, State, Terms};
use serde_json::{Value, json};
use wallet::{
    Act, Amount, Asset, Books, Budget, Grant, Kind, Metadata, Move, Points, Reason, Transfer, TransferId,
    holder,
};

/// A server that writes a market, and two fans with points and vouchers.
pub(crate) struct Floor {
    pub(crate) here: Here,
    /// "Crease-Fan" of each.
    fans: [String; 2],
    pub(crate) market: String,
    _folder: tempfile::TempDir,
}

impl Floor {
    pub(crate) async fn open(database: &store::testing::TestStore) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let here = Here::with(database, |config| config.data.dir = path).await;
        let app = &here.server.app;
        let (open_wallets, store) = (app.wallets.clone(), app.store.clone());
        tokio::spawn(async move { open_wallets.follow(&store).await });
        let (_, secret) = here.secret("live").await;
        let fans = ["7", "8"].map(|it| jwt(&secret, HS256, &here.claims(it)));
        let floor = Self { here, fans, market: String::new(), _folder: folder };
        let (product, market) = floor.list().await;
        for fan in &floor.fans {
            let (_, wallet) = floor.ask(Method::GET, "/v1/wallet", fan, None).await;
            floor.endow(&product, wallet["fan_id"].as_str().unwrap()).await;
        }
        assert_eq!(floor.here.server.app.markets.exchange.look().await.unwrap(), 1);
        Self { market, ..floor }
    }

    async fn list(&self) -> (Product, String) {
        let (app, now) = (&self.here.server.app, self.here.server.app.clock.now());
        let terms = Terms {
            name: "Seat".to_owned(),
            description: String::new(),
            price: None,
            fan_max: None,
            fan_day_max: None,
            valid_from: now,
            valid_until: now + SignedDuration::from_hours(24 * 365),
            claim_seconds: None,
            between: Between { transferable: true, tradable: true },
            codes: Codes::Made,
        };
        let listed = app.store.run_tx("test", async |tx| {
            let id = product::make(tx, Books::Live, None, &terms, now).await?;
            product::set_state(tx, &id, State::OnSale).await?;
            let market = listing::make(tx, &id, &listing::Terms::USUAL, now).await?;
            Ok::<_, rewards::exchange::Error>((product::find(tx, &id).await?.unwrap(), market))
        });
        listed.await.unwrap()
    }

    /// 1,000 points and 10 vouchers.
    async fn endow(&self, product: &Product, fan_id: &str) {
        let (app, now) = (&self.here.server.app, self.here.server.app.clock.now());
        let opened = app.store.run_tx("test", async |tx| {
            let accounts = wallet::account::of_owner(tx, fan_id, Kind::Fan).await?;
            let points = accounts.iter().find(|it| it.standing.asset == Points::CODE).unwrap().id;
            let vouchers = product.account(tx, fan_id, now).await?;
            let (stock, issuer) = (product.stock(tx, now).await?, product.issuer(tx, now).await?);
            let budget = Budget::<Points>::open(tx, "cmp_1", now).await?;
            let of_points = holder::issuer(tx, Books::Live, Points::CODE, now).await?;
            Ok::<_, rewards::Error>((points, vouchers, stock, issuer, budget, of_points))
        });
        let (points, vouchers, stock, issuer, budget, of_points) = opened.await.unwrap();
        let amount = Amount::new(1_000).unwrap();
        budget.fill(&app.ledger, TransferId::fresh(), of_points, amount).await.unwrap();
        let grant = Grant { id: TransferId::fresh(), to: points, amount, metadata: Metadata::default() };
        budget.grant(&app.ledger, &grant).await.unwrap();
        let of = |from, to, reason| Move::of(product.asset().unwrap(), 10, from, to, reason).unwrap();
        let issue = Transfer::new(TransferId::fresh(), Act::Post(of(issuer, stock, Reason::Issue)));
        let buy = Transfer::new(TransferId::fresh(), Act::Post(of(stock, vouchers, Reason::Purchase)));
        app.ledger.make_together(vec![issue, buy]).await.unwrap();
    }

    fn request(&self, method: Method, path: &str, fan: &str) -> reqwest::RequestBuilder {
        let request = self.here.server.bare(method, path).header("origin", PAGE);
        request.header("x-crease-key", &self.here.live).header("crease-fan", fan)
    }

    async fn ask(&self, method: Method, path: &str, fan: &str, body: Option<Value>) -> (u16, Value) {
        let request = self.request(method, path, fan);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(Method::GET, path, &self.fans[0], None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub(crate) async fn place(&self, fan: usize, body: Value) -> (u16, Value) {
        let path = format!("/v1/markets/{}/orders", self.market);
        self.ask(Method::POST, &path, &self.fans[fan], Some(body)).await
    }

    async fn stream(&self, path: &str) -> Stream {
        Stream::of_wallet(self.request(Method::GET, path, &self.fans[0]).send().await.unwrap())
    }
}

pub(crate) fn limit(side: &str, price: u32, quantity: u32) -> Value {
    json!({ "side": side, "type": "limit", "price": price, "quantity": quantity, "time_in_force": "gtc" })
}

fn resting(order: &Value) -> (&str, u64, u64) {
    let count = |name: &str| order[name].as_u64().unwrap();
    (order["state"].as_str().unwrap(), count("filled"), count("left"))
}

#[tokio::test]
async fn fans_trade_and_see_what_became_of_their_orders() {
    let database = database().await;
    let floor = Floor::open(&database).await;
    let markets = floor.get("/v1/markets").await;
    let market = &markets["items"][0];
    assert_eq!(
        (&market["id"], &market["name"], &market["state"]),
        (&json!(floor.market), &json!("Seat"), &json!("open"))
    );
    assert_eq!(
        (&market["high"], &market["last"], &market["bid"]),
        (&json!(10_000), &Value::Null, &Value::Null)
    );

    let (status, sold) = floor.place(0, limit("sell", 120, 5)).await;
    assert_eq!((status, resting(&sold)), (201, ("resting", 0, 5)), "{sold}");
    assert!(sold["id"].as_str().unwrap().starts_with("ord_") && sold["fills"] == json!([]), "{sold}");
    let (_, bought) = floor.place(1, limit("buy", 130, 2)).await;
    assert_eq!(resting(&bought), ("filled", 2, 0), "{bought}");
    assert_eq!(bought["fills"], json!([{ "price": 120, "quantity": 2 }]));
    let path = format!("/v1/orders/{}", sold["id"].as_str().unwrap());
    let shown = floor.get(&path).await;
    assert_eq!((resting(&shown), &shown["fills"]), (("resting", 2, 3), &bought["fills"]));

    // What is shown of the depth is as old as a pause between two changes.
    let market = loop {
        let market = floor.get(&format!("/v1/markets/{}", floor.market)).await;
        if market["depth"]["asks"] == json!([[120, 3]]) {
            break market;
        }
    };
    assert_eq!((&market["last"]["price"], &market["depth"]["bids"]), (&json!(120), &json!([])));
    assert_eq!((&market["trades"][0]["side"], &market["trades"][0]["quantity"]), (&json!("buy"), &json!(2)));
    let wallet = floor.get("/v1/wallet").await;
    assert_eq!(wallet["balances"][0]["units"], json!(1_240));

    let (status, amended) =
        floor.ask(Method::PATCH, &path, &floor.fans[0], Some(json!({ "price": 125 }))).await;
    assert_eq!(
        (status, &amended["price"], resting(&amended)),
        (200, &json!(125), ("resting", 2, 3)),
        "{amended}"
    );
    floor.place(0, limit("buy", 90, 1)).await;
    let listed = floor.get("/v1/orders?state=resting&limit=1").await;
    assert_eq!((listed["items"].as_array().unwrap().len(), &listed["items"][0]["price"]), (1, &json!(90)));
    let next = format!("/v1/orders?cursor={}", listed["next"].as_str().unwrap());
    assert_eq!(floor.get(&next).await["items"][0]["id"], sold["id"]);

    let (status, gone) = floor.ask(Method::DELETE, &path, &floor.fans[0], None).await;
    assert_eq!(
        (status, resting(&gone), &gone["reason"]),
        (200, ("cancelled", 2, 0), &json!("asked")),
        "{gone}"
    );
    let all = format!("/v1/orders?market={}", floor.market);
    let (_, all) = floor.ask(Method::DELETE, &all, &floor.fans[0], None).await;
    assert_eq!(all, json!({ "cancelled": 1 }));
    let (_, none) = floor.ask(Method::DELETE, "/v1/orders", &floor.fans[0], None).await;
    assert_eq!(none, json!({ "cancelled": 0 }));
    assert_eq!(floor.get("/v1/orders?state=resting").await["items"], json!([]));

    // Another's is not there, and pages of other sites may ask in every way that there is.
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(told(&floor.ask(method, &path, &floor.fans[1], None).await), "404 unknown-thing ");
    }
    let asked = floor.here.server.bare(Method::OPTIONS, &path).header("origin", PAGE);
    let asked = asked
        .header("access-control-request-method", "PATCH")
        .header("access-control-request-headers", "crease-fan,idempotency-key");
    let allowed = asked.send().await.unwrap();
    assert_eq!(allowed.status(), StatusCode::OK);
    let said = |name: &str| allowed.headers()[name].to_str().unwrap().to_lowercase();
    assert!(said("access-control-allow-methods").contains("patch"));
    assert!(said("access-control-allow-headers").contains("idempotency-key"));
}

#[tokio::test]
async fn an_order_that_is_not_taken_says_why_and_one_that_is_sent_again_is_the_same() {
    let database = database().await;
    let floor = Floor::open(&database).await;
    for (body, expected) in [
        (limit("buy", 1_001, 1), "409 too-little "),
        (limit("sell", 10, 11), "409 too-little "),
        (limit("buy", 20_000, 1), "422 invalid-value "),
        (limit("hold", 20, 1), "422 invalid-value "),
        (json!({ "side": "buy" }), "400 invalid-request "),
        (
            json!({ "side": "buy", "type": "market", "quantity": 1, "time_in_force": "gtc" }),
            "422 invalid-value ",
        ),
    ] {
        assert_eq!(told(&floor.place(0, body.clone()).await), expected, "{body}");
    }
    let path = format!("/v1/markets/{}/orders", floor.market);
    let keyed = async |body: Value| {
        let request = floor.request(Method::POST, &path, &floor.fans[0]).header("idempotency-key", "one");
        let response = request.json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (first, again) = (keyed(limit("buy", 10, 3)).await, keyed(limit("buy", 10, 3)).await);
    assert_eq!((first.0, &first.1["id"], first.1["left"].as_u64()), (201, &again.1["id"], Some(3)));
    assert_eq!(
        floor.get("/v1/orders").await["items"].as_array().unwrap().len(),
        3,
        "with the two that were refused"
    );
    assert_eq!(told(&keyed(limit("sell", 10, 3)).await), "422 idempotency-key-reused ");

    let exchange = &floor.here.server.app.markets.exchange;
    exchange.halt(&floor.market).await.unwrap();
    assert_eq!(told(&floor.place(0, limit("buy", 10, 1)).await), "409 market-halted ");
    assert_eq!(keyed(limit("buy", 10, 3)).await.1["id"], first.1["id"]);
    exchange.reopen(&floor.market, None).await.unwrap();
    // Nobody writes it for a while.
    exchange.end().await;
    let response = floor.request(Method::POST, &path, &floor.fans[0]).json(&limit("buy", 10, 1)).send().await;
    let response = response.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (503, &"2".parse().unwrap())
    );
    assert_eq!(response.json::<Value>().await.unwrap()["type"], json!("/problems/market-away"));
    assert_eq!(floor.get(&format!("/v1/markets/{}", floor.market)).await["depth"], Value::Null);
    let unknown = "/v1/markets/mkt_1/orders";
    assert_eq!(
        told(&floor.ask(Method::POST, unknown, &floor.fans[0], Some(limit("buy", 10, 1))).await),
        "404 unknown-thing "
    );
}

#[tokio::test]
async fn a_market_is_followed_without_a_gap_and_a_wallet_says_its_orders() {
    let database = database().await;
    let floor = Floor::open(&database).await;
    let mut market = floor.stream(&format!("/v1/markets/{}/stream", floor.market)).await;
    let mut wallet = floor.stream("/v1/wallet/stream").await;
    let next = async |stream: &mut Stream| -> (String, Value) {
        let event = stream.event().await.unwrap();
        (event.name, serde_json::from_str(&event.data).unwrap())
    };
    let (name, depth) = next(&mut market).await;
    assert_eq!((name.as_str(), &depth["bids"], &depth["asks"]), ("depth", &json!([]), &json!([])));
    assert_eq!(next(&mut market).await, ("state".into(), json!({ "state": "open" })));
    assert_eq!(next(&mut wallet).await.1["orders"], json!(0));
    let mut seq = depth["seq"].as_u64().unwrap();

    let (_, order) = floor.place(0, limit("sell", 50, 4)).await;
    let (name, change) = next(&mut market).await;
    assert_eq!(
        (name.as_str(), change["since"].as_u64(), &change["changes"]),
        ("change", Some(seq), &json!([["ask", 50, 4]]))
    );
    seq = change["seq"].as_u64().unwrap();
    let until_orders = async |wallet: &mut Stream, orders: u64| {
        while next(wallet).await.1["orders"].as_u64() != Some(orders) {}
    };
    until_orders(&mut wallet, 1).await;

    floor.place(1, limit("buy", 60, 1)).await;
    let (mut trades, mut asks) = (Vec::new(), Value::Null);
    while trades.is_empty() || asks != json!([["ask", 50, 3]]) {
        match next(&mut market).await {
            (name, trade) if name == "trade" => trades.push((trade["price"].clone(), trade["side"].clone())),
            (name, change) => {
                assert_eq!((name.as_str(), change["since"].as_u64()), ("change", Some(seq)));
                (seq, asks) = (change["seq"].as_u64().unwrap(), change["changes"].clone());
            }
        }
    }
    assert_eq!(trades, [(json!(50), json!("buy"))]);
    let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
    floor.ask(Method::DELETE, &path, &floor.fans[0], None).await;
    until_orders(&mut wallet, 0).await;
    let (_, change) = next(&mut market).await;
    assert_eq!((change["since"].as_u64(), &change["changes"]), (Some(seq), &json!([["ask", 50, 0]])));
    floor.here.server.app.markets.exchange.halt(&floor.market).await.unwrap();
    assert_eq!(next(&mut market).await, ("state".into(), json!({ "state": "halted" })));

    // Whoever writes it next: the depth comes anew.
    let app = &floor.here.server.app;
    app.markets.exchange.reopen(&floor.market, None).await.unwrap();
    app.shutdown.cancel();
    while next(&mut market).await.0 != "bye" {}
}
