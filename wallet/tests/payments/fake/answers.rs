//! How requests are answered.

use super::{Books, Request};
use serde_json::{Value, json};

/// Lines of a page of Stripe's books: few, so that there are pages.
const PAGE: usize = 2;

impl Books {
    /// Answers a request as the gateway's documents say.
    pub(super) fn serve(&mut self, request: &Request) -> (u16, Value) {
        if let Some(id) = request.key.as_ref().and_then(|it| self.keys.get(it)) {
            return (200, self.things[id].clone());
        }
        let parts: Vec<&str> = request.path.trim_start_matches("/v1/").split('/').collect();
        let answer = match (request.method.as_str(), parts.as_slice()) {
            ("POST", ["payment_intents"]) => self.make_intent(&request.body),
            ("POST", ["payment_intents", id, act]) => self.act_on_intent(id, act),
            ("POST", ["refunds"]) => {
                let intent = request.body["payment_intent"].as_str().unwrap().to_owned();
                self.make_refund(&intent, &request.body)
            }
            ("POST", ["transfers"]) => self.make_transfer(&request.body),
            ("POST", ["orders"]) => {
                let id = self.id("order");
                self.make(&id, json!({ "entity": "order", "status": "created" }), &request.body)
            }
            ("POST", ["payments", id, "capture"]) => self.capture_payment(id),
            ("POST", ["payments", id, "refund"]) => self.make_refund(id, &request.body),
            ("POST", ["payouts"]) => {
                let (id, status) = (self.id("pout"), self.outgoing);
                self.make(&id, json!({ "entity": "payout", "status": status }), &request.body)
            }
            ("GET", ["balance_transactions"]) => Ok(self.list(request, "balance_transaction", |_| true)),
            ("GET", ["refunds"]) => {
                let of = request.query.get("payment_intent").cloned();
                Ok(self.list(request, "refund", |it| {
                    of.as_ref().is_none_or(|of| it["payment_intent"] == json!(of))
                }))
            }
            ("GET", ["transfers"]) => {
                let group = request.query.get("transfer_group").cloned();
                Ok(self.list(request, "transfer", |it| it["transfer_group"] == json!(group)))
            }
            ("GET", ["orders"]) => {
                let receipt = request.query.get("receipt").cloned();
                Ok(self.list(request, "order", |it| it["receipt"] == json!(receipt)))
            }
            ("GET", ["orders", id, "payments"]) => {
                Ok(self.list(request, "payment", |it| it["order_id"] == json!(id)))
            }
            ("GET", ["payments"]) => Ok(self.list(request, "payment", |_| true)),
            ("GET", ["payments", id, "refunds"]) => {
                Ok(self.list(request, "refund", |it| it["payment_id"] == json!(id)))
            }
            ("GET", ["payouts"]) => {
                let ours = request.query.get("reference_id").cloned();
                Ok(self.list(request, "payout", |it| {
                    ours.as_ref().is_none_or(|ours| it["reference_id"] == json!(ours))
                }))
            }
            ("GET", [_, id]) => self.things.get(*id).cloned().ok_or("no_such_thing"),
            other => panic!("the fake knows no {other:?}"),
        };
        match answer {
            Ok(thing) => {
                if let (Some(key), Some(id)) = (&request.key, thing["id"].as_str()) {
                    self.keys.insert(key.clone(), id.to_owned());
                }
                (200, thing)
            }
            Err(code) => (400, json!({ "error": { "code": code, "message": "no", "description": "no" } })),
        }
    }

    fn make(&mut self, id: &str, thing: Value, body: &Value) -> Result<Value, &'static str> {
        let mut made = body.clone();
        made.as_object_mut().unwrap().extend(thing.as_object().unwrap().clone());
        made["id"] = json!(id);
        let at = self.clock.now().as_second();
        made["created"] = json!(at);
        made["created_at"] = json!(at);
        self.things.insert(id.to_owned(), made.clone());
        Ok(made)
    }

    fn make_intent(&mut self, body: &Value) -> Result<Value, &'static str> {
        let id = self.id("pi");
        let thing = json!({ "object": "payment_intent", "status": "requires_payment_method", "amount_received": 0,
            "amount_capturable": 0, "latest_charge": null, "client_secret": format!("{id}_secret_x") });
        self.make(&id, thing, body)
    }

    fn act_on_intent(&mut self, id: &str, act: &str) -> Result<Value, &'static str> {
        let mut intent = self.things.get(id).cloned().ok_or("resource_missing")?;
        match (act, intent["status"].as_str()) {
            ("capture", Some("requires_capture")) => {
                intent["amount_capturable"] = json!(0);
                self.succeed(&mut intent);
            }
            ("cancel", Some("succeeded" | "canceled")) | ("capture", _) => {
                return Err("payment_intent_unexpected_state");
            }
            _ => intent["status"] = json!("canceled"),
        }
        self.things.insert(id.to_owned(), intent.clone());
        Ok(intent)
    }

    fn capture_payment(&mut self, id: &str) -> Result<Value, &'static str> {
        let payment = self.things.get_mut(id).ok_or("BAD_REQUEST_ERROR")?;
        if payment["status"] != json!("authorized") {
            return Err("BAD_REQUEST_ERROR");
        }
        payment["status"] = json!("captured");
        payment["captured"] = json!(true);
        let (payment, order) = (payment.clone(), payment["order_id"].as_str().unwrap().to_owned());
        self.things.get_mut(&order).unwrap()["status"] = json!("paid");
        Ok(payment)
    }

    /// Of an intent or a payment: never more than was taken.
    pub(super) fn make_refund(&mut self, of: &str, body: &Value) -> Result<Value, &'static str> {
        let paid = self.things.get(of).cloned().ok_or("resource_missing")?;
        let is_intent = paid["object"] == json!("payment_intent");
        let taken = if is_intent { paid["amount_received"].clone() } else { paid["amount"].clone() };
        let name = if is_intent { "payment_intent" } else { "payment_id" };
        let before =
            self.things.values().filter(|it| it[name] == json!(of) && it["status"] != json!("failed"));
        let before: i64 = before
            .filter(|it| it["id"].as_str().unwrap().starts_with('r'))
            .map(|it| it["amount"].as_i64().unwrap())
            .sum();
        let amount = body["amount"].as_i64().unwrap();
        if amount + before > taken.as_i64().unwrap() {
            return Err("charge_already_refunded");
        }
        let status = self.outgoing;
        if is_intent {
            let id = self.id("re");
            let status = if status == "processed" { "succeeded" } else { status };
            self.line("refund", &json!(id), -amount, &paid["currency"]);
            self.make(
                &id,
                json!({ "object": "refund", "status": status, "currency": paid["currency"] }),
                body,
            )
        } else {
            let id = self.id("rfnd");
            let thing = json!({ "entity": "refund", "status": status, "payment_id": of, "currency": paid["currency"] });
            self.make(&id, thing, body)
        }
    }

    fn make_transfer(&mut self, body: &Value) -> Result<Value, &'static str> {
        let id = self.id("tr");
        self.line("transfer", &json!(id), -body["amount"].as_i64().unwrap(), &body["currency"]);
        self.make(&id, json!({ "object": "transfer", "reversed": false }), body)
    }

    /// As both list things: the newest first, in pages.
    fn list(&self, request: &Request, kind: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let number = |name: &str| request.query.get(name).map(|it| it.parse::<i64>().unwrap());
        let from = number("created[gte]").or(number("from")).unwrap_or(i64::MIN);
        let to = number("created[lt]").or(number("to").map(|it| it + 1)).unwrap_or(i64::MAX);
        let is_kind = |it: &&Value| it["object"] == json!(kind) || it["entity"] == json!(kind);
        let at = |it: &Value| it["created"].as_i64().or(it["created_at"].as_i64()).unwrap();
        let all = self.things.values().rev().filter(is_kind).filter(|it| is_it(it));
        let all: Vec<&Value> = all.filter(|it| (from..to).contains(&at(it))).collect();
        if kind == "balance_transaction" {
            let after = request.query.get("starting_after");
            let start = after.map_or(0, |id| all.iter().position(|it| it["id"] == json!(id)).unwrap() + 1);
            let page: Vec<&&Value> = all[start..].iter().take(PAGE).collect();
            return json!({ "object": "list", "data": page, "has_more": all.len() > start + PAGE });
        }
        let skip = usize::try_from(number("skip").unwrap_or(0)).unwrap();
        let page: Vec<&&Value> = all.iter().skip(skip).take(100).collect();
        json!({ "object": "list", "data": page, "has_more": false,
            "entity": "collection", "count": page.len(), "items": page })
    }
}
