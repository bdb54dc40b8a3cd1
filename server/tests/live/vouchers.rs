//! Vouchers over HTTP: a partner puts them on sale, a fan buys, opens and shows them, and a till redeems them.

use crate::fans::{HS256, PAGE, jwt, told};
use crate::manage::{Answer, Program};
use crate::support::{Stream, database};
use crate::wallets::{Paid, points};
use partners::{Mode, NewKey, Scope, Scopes, key};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// A shop: a fan with a hundred points, and a program that sells.
struct Shop {
    paid: Paid,
}

impl Shop {
    async fn on(database: &store::testing::TestStore) -> Self {
        let paid = Paid::on(database).await;
        let account = paid.account(&paid.wallet().await).await;
        paid.give(account, 100, "Six").await.unwrap();
        Self { paid }
    }

    /// Another key of the same organisation.
    async fn program(&self, mode: Mode, scopes: &[Scope]) -> Program {
        let (program, app) = (&self.paid.here.program, &self.paid.here.server.app);
        let by = access::By::system("test", app.clock.now());
        let new = NewKey::secret(mode, "Till", Scopes::of(scopes));
        let issue =
            async |tx: &store::Transaction<'_>| key::issue(tx, &program.organisation, &new, &by).await;
        let issued = app.store.run_tx("test", async |tx| issue(tx).await).await.unwrap();
        app.keys.insert(&issued.record);
        program.with_key(issued.key.reveal(), &program.organisation)
    }

    fn seller(&self) -> &Program {
        &self.paid.here.program
    }

    /// As a page of the site asks for a fan.
    async fn fan(
        &self,
        fan: &str,
        method: Method,
        path: &str,
        key: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let here = &self.paid.here;
        let mut request = here.server.bare(method, path).header("origin", PAGE);
        request = request.header("x-crease-key", &here.live).header("crease-fan", fan);
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store", "{path}");
        let status = response.status().as_u16();
        (status, response.json().await.unwrap())
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.fan(&self.paid.fan, Method::GET, path, "", None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn post(&self, path: &str, key: &str, body: Option<Value>) -> (u16, Value) {
        self.fan(&self.paid.fan, Method::POST, path, key, body).await
    }

    /// A product on sale with so many codes.
    async fn product(&self, change: Value, codes: usize) -> String {
        let mut new = json!({
            "name": "A cap", "description": "Blue", "price": 20, "valid_until": "2099-01-01T00:00:00Z", "codes": "made",
        });
        new.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let made = self.seller().post("/v1/rewards/products", new).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let id = made.body["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/rewards/products/{id}");
        if codes > 0 {
            let made = self.seller().post(&format!("{path}/codes"), json!({ "count": codes })).await;
            assert_eq!(
                (made.status, &made.body["codes"]),
                (StatusCode::CREATED, &json!(codes)),
                "{}",
                made.body
            );
        }
        let on_sale = self.seller().ask(Method::PATCH, &path, &[], Some(json!({ "state": "on-sale" }))).await;
        assert_eq!(on_sale.body["state"], "on-sale", "{}", on_sale.body);
        id
    }

    async fn import(&self, id: &str, key: &str, csv: String) -> (u16, Value) {
        let path = format!("/v1/rewards/products/{id}/codes/import");
        let request = self.paid.here.server.request(Method::POST, &path, &self.seller().key);
        let request =
            request.header("content-type", "text/csv; charset=utf-8").header("idempotency-key", key);
        let response = request.body(csv).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn stock(&self, id: &str) -> Value {
        self.seller().get(&format!("/v1/rewards/products/{id}/stock")).await.body
    }

    async fn verify(&self) {
        let store = &self.paid.here.server.app.store;
        let report = store.read("test", async |db| wallet::verify::verify(db).await).await.unwrap();
        assert_eq!(report.faults, []);
    }
}

fn refusal(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.body["type"].as_str().unwrap_or_default().replace("/problems/", ""))
}

#[tokio::test]
async fn a_fan_buys_opens_and_shows_a_voucher_and_a_till_redeems_it_once() {
    let database = database().await;
    let shop = Shop::on(&database).await;
    let id = shop.product(json!({ "fan_day_max": 3, "transferable": true }), 5).await;
    let products = shop.get("/v1/products").await;
    let item = json!({ "id": id, "name": "A cap", "description": "Blue", "price": 20, "stock": 5, "left": 3,
        "valid_until": "2099-01-01T00:00:00Z", "transferable": true, "tradable": false, "state": "on-sale" });
    assert_eq!(products, json!({ "items": [item], "next": null }));

    let path = format!("/v1/products/{id}/reservations");
    let (status, reserved) = shop.post(&path, "one", Some(json!({ "units": 2 }))).await;
    assert_eq!(
        (status, &reserved["state"], &reserved["price"]),
        (201, &json!("reserved"), &json!(40)),
        "{reserved}"
    );
    assert_eq!(shop.post(&path, "one", Some(json!({ "units": 2 }))).await, (201, reserved.clone()));
    assert_eq!(
        told(&shop.post(&path, "one", Some(json!({ "units": 1 }))).await),
        "422 idempotency-key-reused "
    );
    assert_eq!(told(&shop.post(&path, "two", Some(json!({ "units": 2 }))).await), "409 purchase-limit ");
    assert_eq!(told(&shop.post(&path, "six", Some(json!({ "units": 0 }))).await), "422 invalid-value ");
    assert_eq!(shop.paid.wallet().await["balances"][0], points(100, 40));
    assert_eq!(shop.get("/v1/products").await["items"][0]["stock"], 3);
    let own = format!("/v1/reservations/{}", reserved["id"].as_str().unwrap());
    assert_eq!(shop.get(&own).await, reserved);
    for _ in 0..2 {
        let (status, bought) = shop.post(&format!("{own}/confirm"), "", None).await;
        assert_eq!((status, &bought["state"]), (200, &json!("bought")));
    }
    assert_eq!(shop.post(&format!("{own}/release"), "", None).await.1["state"], "bought");
    let wallet = shop.paid.wallet().await;
    assert_eq!(
        (&wallet["balances"][0], &wallet["vouchers"], &wallet["claimed"]),
        (&points(60, 0), &json!(2), &json!(0))
    );
    assert_eq!(wallet["balances"].as_array().unwrap().len(), 2, "vouchers are no balance: {wallet}");
    let had = shop.get("/v1/vouchers").await;
    let held = json!({ "product": id, "name": "A cap", "units": 2, "available": 2, "held": 0,
        "valid_until": "2099-01-01T00:00:00Z", "transferable": true, "tradable": false });
    assert_eq!(had, json!({ "held": [held], "claimed": [] }));
    // One that was released costs nothing.
    let (_, other) = shop.post(&path, "three", Some(json!({ "units": 1 }))).await;
    let other = format!("/v1/reservations/{}/release", other["id"].as_str().unwrap());
    assert_eq!(shop.post(&other, "", None).await.1["state"], "released");
    assert_eq!(shop.paid.wallet().await["balances"][0], points(60, 0));

    let claims = format!("/v1/products/{id}/claims");
    let (status, claimed) = shop.post(&claims, "open", None).await;
    assert_eq!(
        (status, &claimed["state"], &claimed["name"]),
        (201, &json!("claimed"), &json!("A cap")),
        "{claimed}"
    );
    assert_eq!(shop.post(&claims, "open", None).await, (201, claimed.clone()));
    let code = claimed["code"].as_str().unwrap();
    assert_eq!((code.len(), shop.get("/v1/vouchers").await["claimed"][0].clone()), (19, claimed.clone()));
    let vch = claimed["id"].as_str().unwrap();
    let qr = shop.get(&format!("/v1/vouchers/{vch}/qr")).await;
    let (text, size) = (qr["text"].as_str().unwrap(), qr["size"].as_u64().unwrap() as usize);
    assert!(text.starts_with(&format!("{}/redeem#", shop.paid.here.server.url)), "{text}");
    let rows = qr["rows"].as_array().unwrap();
    let is_row = |it: &Value| {
        it.as_str().is_some_and(|it| it.len() == size && it.bytes().all(|it| matches!(it, b'0' | b'1')))
    };
    assert!(rows.len() == size && rows.iter().all(is_row), "{qr}");

    let till = shop.program(Mode::Live, &[Scope::Redeem]).await;
    let token = text.split_once('#').unwrap().1;
    for said in [
        json!({ "code": code.to_lowercase().replace('-', " ") }),
        json!({ "code": text }),
        json!({ "token": token }),
    ] {
        let found = till.post("/v1/vouchers/look-up", said.clone()).await;
        let told = (&found.body["id"], &found.body["name"], &found.body["state"]);
        assert_eq!(told, (&json!(vch), &json!("A cap"), &json!("claimed")), "{said}");
    }
    let redeem = async |headers: &[(&str, &str)], said: Value| {
        till.ask(Method::POST, "/v1/vouchers/redeem", headers, Some(said)).await
    };
    let redeemed = redeem(&[("idempotency-key", "r1")], json!({ "token": token, "place": "Gate 4" })).await;
    assert_eq!(
        (redeemed.status, &redeemed.body["state"]),
        (StatusCode::OK, &json!("redeemed")),
        "{}",
        redeemed.body
    );
    let again = redeem(&[("idempotency-key", "r1")], json!({ "token": token, "place": "Gate 4" })).await;
    assert_eq!((again.status, &again.body), (StatusCode::OK, &redeemed.body));
    let own = shop.get("/v1/vouchers").await["claimed"][0].clone();
    assert_eq!((&own["state"], &own["code"]), (&json!("redeemed"), &Value::Null));
    assert!(own["redeemed_at"].is_string());
    assert_eq!(
        told(&shop.fan(&shop.paid.fan, Method::GET, &format!("/v1/vouchers/{vch}/qr"), "", None).await),
        "404 unknown-thing "
    );
    let audit = shop.seller().get("/v1/audit").await.body;
    let line = audit["data"].as_array().unwrap().iter().find(|it| it["action"] == "voucher.redeem").unwrap();
    assert!(line.to_string().contains("Gate 4") && !audit.to_string().contains(code), "{line}");

    // Whatever is not to be redeemed is one answer.
    let strange = Program::of(&shop.paid.here.server, Mode::Live, &[Scope::Redeem]).await;
    let tester = shop.program(Mode::Test, &[Scope::Redeem]).await;
    let (_, second) = shop.post(&claims, "open-two", None).await;
    let fresh = second["code"].as_str().unwrap();
    let mut answers = Vec::new();
    for (program, said) in [
        (&till, json!({ "code": code })),
        (&till, json!({ "token": token })),
        (&till, json!({ "code": "0000-0000-0000-0000" })),
        (&till, json!({ "code": "no code" })),
        (&till, json!({ "token": "x" })),
        (&strange, json!({ "code": fresh })),
        (&tester, json!({ "code": fresh })),
    ] {
        for path in ["/v1/vouchers/look-up", "/v1/vouchers/redeem"] {
            let refused = program.post(path, said.clone()).await;
            answers.push((refused.status.as_u16(), refused.body.to_string()));
        }
    }
    answers.dedup();
    assert_eq!((answers.len(), answers[0].0), (1, 409), "{answers:?}");
    assert!(answers[0].1.contains("/problems/not-redeemable"));
    for bad in [json!({}), json!({ "code": "a", "token": "b" }), json!({ "code": 1 })] {
        assert_eq!(refusal(&till.post("/v1/vouchers/redeem", bad.clone()).await).0, 400, "{bad}");
    }
    let without = shop.program(Mode::Live, &[Scope::Manage, Scope::Wallet]).await;
    let refused = without.post("/v1/vouchers/redeem", json!({ "code": fresh })).await;
    assert_eq!(refusal(&refused), (403, "key-scope-missing".to_owned()));
    assert_eq!(refusal(&till.get("/v1/rewards/products").await).0, 403, "a till sells nothing");
    let stock = json!({ "made": 5, "in_stock": 3, "reserved": 0, "held": 0, "claimed": 1, "redeemed": 1, "expired": 0 });
    assert_eq!(shop.stock(&id).await, stock);
    shop.verify().await;
}

#[tokio::test]
async fn a_voucher_is_given_and_who_looks_is_told() {
    let database = database().await;
    let shop = Shop::on(&database).await;
    let id = shop.product(json!({ "transferable": true }), 5).await;
    let here = &shop.paid.here;
    let (_, secret) = here.secret("live").await;
    let other = jwt(&secret, HS256, &here.claims("8"));
    let (_, theirs) = shop.fan(&other, Method::GET, "/v1/wallet", "", None).await;
    let request = here.server.bare(Method::GET, "/v1/wallet/stream").header("origin", PAGE);
    let request = request.header("x-crease-key", &here.live).header("crease-fan", &other);
    let mut stream = Stream::of_wallet(request.send().await.unwrap());
    let next = async |stream: &mut Stream| -> (Value, Value) {
        let said: Value = serde_json::from_str(&stream.event().await.unwrap().data).unwrap();
        (said["vouchers"].clone(), said["claimed"].clone())
    };
    assert_eq!(next(&mut stream).await, (json!(0), json!(0)));
    let (_, reserved) =
        shop.post(&format!("/v1/products/{id}/reservations"), "", Some(json!({ "units": 3 }))).await;
    let confirm = format!("/v1/reservations/{}/confirm", reserved["id"].as_str().unwrap());
    assert_eq!(shop.post(&confirm, "", None).await.1["state"], "bought");
    let gifts = format!("/v1/products/{id}/gifts");
    let gift = json!({ "to": theirs["fan_id"], "units": 2 });
    let (status, given) = shop.post(&gifts, "a", Some(gift.clone())).await;
    assert_eq!((status, &given["units"], &given["to"]), (201, &json!(2), &theirs["fan_id"]), "{given}");
    assert_eq!(shop.post(&gifts, "a", Some(gift.clone())).await, (201, given));
    // On an account that was not there when the stream began.
    assert_eq!(next(&mut stream).await, (json!(2), json!(0)));
    let (_, claimed) = shop.fan(&other, Method::POST, &format!("/v1/products/{id}/claims"), "", None).await;
    let mut seen = next(&mut stream).await;
    if seen == (json!(1), json!(0)) {
        // Between the ledger and the row.
        seen = next(&mut stream).await;
    }
    assert_eq!(seen, (json!(1), json!(1)));
    let till = shop.program(Mode::Live, &[Scope::Redeem]).await;
    assert_eq!(
        till.post("/v1/vouchers/redeem", json!({ "code": claimed["code"] })).await.status,
        StatusCode::OK
    );
    assert_eq!(next(&mut stream).await, (json!(1), json!(0)));
    for (gift, expected) in [
        (json!({ "to": theirs["fan_id"], "units": 9 }), "409 too-little "),
        (json!({ "to": "fan_none", "units": 1 }), "404 unknown-thing "),
        (json!({ "to": theirs["fan_id"], "units": 0 }), "422 invalid-value "),
        (json!({ "units": 1 }), "400 invalid-request "),
    ] {
        assert_eq!(told(&shop.post(&gifts, "", Some(gift.clone())).await), expected, "{gift}");
    }
    let entries = shop.get(&format!("/v1/wallet/entries?asset=voucher.{id}")).await;
    let said: Vec<&str> =
        entries["data"].as_array().unwrap().iter().filter_map(|it| it["reason"].as_str()).collect();
    assert_eq!(said, ["gift", "purchase"]);
    let all = shop.get("/v1/wallet/export").await;
    assert_eq!(all["vouchers"]["held"][0]["units"], 1, "{all}");
    assert!(all["entries"].to_string().contains(&format!("voucher.{id}")));
    // Another organisation erases nothing of it; erased it is though something is reserved.
    let reservations = format!("/v1/products/{id}/reservations");
    let (_, reserved) = shop.post(&reservations, "", Some(json!({ "units": 1 }))).await;
    let strange = Program::of(&here.server, Mode::Live, &[Scope::Wallet]).await;
    let fan_id = shop.paid.wallet().await["fan_id"].as_str().unwrap().to_owned();
    let path = format!("/v1/fans/{fan_id}/wallet");
    assert_eq!(strange.ask(Method::DELETE, &path, &[], None).await.status, StatusCode::NOT_FOUND);
    let path = format!("/v1/reservations/{}", reserved["id"].as_str().unwrap());
    assert_eq!(shop.get(&path).await["state"], "reserved");
    let erased = here.server.bare(Method::DELETE, "/v1/wallet").header("origin", PAGE);
    let erased = erased.header("x-crease-key", &here.live).header("crease-fan", &shop.paid.fan);
    assert_eq!(erased.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    let wallet = shop.paid.wallet().await;
    assert_eq!((&wallet["balances"][0], &wallet["vouchers"]), (&points(0, 0), &json!(0)));
    assert_eq!(shop.get("/v1/vouchers").await, json!({ "held": [], "claimed": [] }));
    let stock = json!({ "made": 5, "in_stock": 2, "reserved": 0, "held": 1, "claimed": 0, "redeemed": 1, "expired": 1 });
    assert_eq!(shop.stock(&id).await, stock);
    shop.verify().await;
}

#[tokio::test]
async fn a_partner_sells_and_imports_codes() {
    let database = database().await;
    let shop = Shop::on(&database).await;
    let seller = shop.seller();
    let new =
        json!({ "name": "Tea", "price": 5, "valid_until": "2099-01-01T00:00:00Z", "codes": "imported" });
    let make = async |key: &str, body: &Value| {
        seller
            .ask(Method::POST, "/v1/rewards/products", &[("idempotency-key", key)], Some(body.clone()))
            .await
    };
    let made = make("k", &new).await;
    assert_eq!((made.status, &made.body["state"]), (StatusCode::CREATED, &json!("draft")), "{}", made.body);
    assert_eq!(make("k", &new).await.body, made.body);
    let mut other = new.clone();
    other["price"] = json!(6);
    assert_eq!(refusal(&make("k", &other).await), (422, "idempotency-key-reused".to_owned()));
    let id = made.body["id"].as_str().unwrap();
    assert_eq!(shop.get("/v1/products").await["items"], json!([]), "nobody sees a draft");
    let (status, batch) = shop.import(id, "i", "code\nTEA-1\nTEA-2\n".to_owned()).await;
    assert_eq!((status, &batch["codes"]), (201, &json!(2)), "{batch}");
    assert_eq!(shop.import(id, "i", "code\nTEA-1\nTEA-2\n".to_owned()).await, (201, batch));
    assert_eq!(shop.import(id, "i", "TEA-3\n".to_owned()).await.0, 422);
    let (status, wrong) = shop.import(id, "j", "TEA-3\nTEA 4\nTEA-3\nTEA-5,1\n".to_owned()).await;
    let detail = wrong["detail"].as_str().unwrap();
    assert_eq!(status, 422, "{wrong}");
    assert!(
        detail.starts_with("line 2 is no code")
            && detail.contains("line 3 is that of line 1 again")
            && detail.contains("line 4 has more than one column"),
        "{detail}"
    );
    assert!(!detail.contains("TEA"), "{detail}");
    assert_eq!(shop.import(id, "l", "x".repeat(4 * 1024 * 1024 + 2)).await.0, 413);
    assert_eq!(shop.import(id, "m", "A1\n".repeat(2_000_000)).await.0, 413);
    let json_sent = seller.post(&format!("/v1/rewards/products/{id}/codes/import"), json!({})).await;
    assert_eq!(refusal(&json_sent), (400, "invalid-request".to_owned()));
    let wrong = seller.post(&format!("/v1/rewards/products/{id}/codes"), json!({ "count": 1 })).await;
    assert_eq!(refusal(&wrong), (409, "conflict".to_owned()));
    assert_eq!(shop.stock(id).await["in_stock"], 2);

    let path = format!("/v1/rewards/products/{id}");
    let shown = seller.get(&path).await;
    let etag = shown.etag.clone().unwrap();
    let patch = async |etag: &str, change: Value| {
        seller.ask(Method::PATCH, &path, &[("if-match", etag)], Some(change)).await
    };
    let changed = patch(&etag, json!({ "state": "on-sale", "fan_max": 1, "claim_seconds": 60 })).await;
    assert_eq!(
        (changed.status, &changed.body["fan_max"], &changed.body["version"]),
        (StatusCode::OK, &json!(1), &json!(2)),
        "{}",
        changed.body
    );
    assert_eq!(refusal(&patch(&etag, json!({ "price": 1 })).await), (412, "changed-meanwhile".to_owned()));
    let etag = changed.etag.unwrap();
    assert_eq!(patch(&etag, json!({ "fan_max": null })).await.body["fan_max"], Value::Null);
    for (change, status) in [
        (json!({ "price": 0 }), 422),
        (json!({ "name": " " }), 422),
        (json!({ "valid_until": "2000-01-01T00:00:00Z" }), 422),
        (json!({ "state": "over" }), 400),
        (json!({ "codes": "made" }), 400),
        (json!({ "fan_max": "many" }), 400),
    ] {
        let refused = seller.ask(Method::PATCH, &path, &[], Some(change.clone())).await;
        assert_eq!(refusal(&refused).0, status, "{change}");
    }
    let (_, code) = {
        let (_, reserved) =
            shop.post(&format!("/v1/products/{id}/reservations"), "", Some(json!({ "units": 1 }))).await;
        shop.post(&format!("/v1/reservations/{}/confirm", reserved["id"].as_str().unwrap()), "", None).await;
        shop.post(&format!("/v1/products/{id}/claims"), "", None).await
    };
    assert!(code["code"].as_str().unwrap().starts_with("TEA-"), "{code}");
    // Others see nothing of it, and a test key has test fans' products.
    let strange = Program::of(&shop.paid.here.server, Mode::Live, &[Scope::Manage]).await;
    let tester = shop.program(Mode::Test, &[Scope::Manage]).await;
    for program in [&strange, &tester] {
        assert_eq!(program.get("/v1/rewards/products").await.body, json!({ "data": [], "next": null }));
        for it in [path.clone(), format!("{path}/stock")] {
            assert_eq!(program.get(&it).await.status, StatusCode::NOT_FOUND, "{it}");
        }
        let change = program.ask(Method::PATCH, &path, &[], Some(json!({ "price": 1 }))).await;
        assert_eq!(change.status, StatusCode::NOT_FOUND);
        let codes = program.post(&format!("{path}/codes"), json!({ "count": 1 })).await;
        assert_eq!(codes.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(seller.get("/v1/rewards/products").await.body["data"].as_array().unwrap().len(), 1);
    let audit = seller.get("/v1/audit").await.body;
    for action in ["product.make", "product.change", "product.codes"] {
        assert!(audit["data"].as_array().unwrap().iter().any(|it| it["action"] == action), "{action}");
    }
    assert!(!audit.to_string().contains("TEA-"));
}

/// Each route of the description is asked by who may not.
#[tokio::test]
async fn nobody_else_reaches_a_route_of_vouchers() {
    let database = database().await;
    let shop = Shop::on(&database).await;
    let here = &shop.paid.here;
    let (_, guest) = here.ask(Method::POST, "/v1/fans/guest", &here.live, None).await;
    let guest = guest["token"].as_str().unwrap();
    let other = shop.program(Mode::Live, &[Scope::Read, Scope::Feed, Scope::Usage, Scope::Wallet]).await;
    let described = server::http::openapi::description();
    let (mut of_fans, mut of_partners) = (0, 0);
    for (path, item) in &described.paths.paths {
        let is_ours = ["/v1/products", "/v1/reservations", "/v1/rewards/products", "/v1/vouchers"];
        if !is_ours.iter().any(|it| path.starts_with(it)) {
            continue;
        }
        let is_of_partners = path.starts_with("/v1/rewards")
            || ["/v1/vouchers/look-up", "/v1/vouchers/redeem"].contains(&path.as_str());
        let path = path.replace("{id}", "x_1");
        let methods = [(Method::GET, &item.get), (Method::POST, &item.post), (Method::PATCH, &item.patch)];
        for (method, _) in methods.into_iter().filter(|it| it.1.is_some()) {
            if is_of_partners {
                of_partners += 1;
                let refused = other.ask(method.clone(), &path, &[], Some(json!({}))).await;
                assert_eq!(refusal(&refused), (403, "key-scope-missing".to_owned()), "{method} {path}");
                let request = here.server.bare(method.clone(), &path).header("x-crease-key", &here.live);
                let refused = request.header("origin", PAGE).body("{}").send().await.unwrap();
                assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{method} {path} by a page's key");
            } else {
                of_fans += 1;
                let ask = async |fan| told(&here.ask(method.clone(), &path, &here.live, fan).await);
                assert_eq!(ask(Some(guest)).await, "403 wallet-for-guests ", "{method} {path}");
                assert_eq!(ask(None).await, "401 fan-refused fan_missing", "{method} {path}");
            }
        }
    }
    assert_eq!((of_fans, of_partners), (9, 9));
}
