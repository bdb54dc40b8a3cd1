//! What payers and gateways do by themselves, and the webhooks that tell of it.

use super::{Books, Message, Pays, WEBHOOK_SECRET, hmac_hex};
use serde_json::{Value, json};

impl Books {
    pub(super) fn id(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}_{:014}", self.made)
    }

    pub(crate) fn stripe_event(&mut self, kind: &str, object: &Value) -> Message {
        let (id, at) = (self.id("evt"), self.clock.now().as_second());
        let event =
            json!({ "id": id, "object": "event", "type": kind, "created": at, "data": { "object": object } });
        let body = event.to_string();
        let signature = hmac_hex(WEBHOOK_SECRET, &format!("{at}.{body}"));
        Message { headers: vec![("stripe-signature", format!("t={at},v1={signature}"))], body }
    }

    pub(crate) fn razorpay_event(&mut self, kind: &str, entities: &[(&str, &Value)]) -> Message {
        let (id, at) = (self.id("evt"), self.clock.now().as_second());
        let held = entities.iter().map(|(name, it)| ((*name).to_owned(), json!({ "entity": it })));
        let payload: serde_json::Map<String, Value> = held.collect();
        // Its time and its number make bodies of two messages differ.
        let event =
            json!({ "entity": "event", "event": kind, "payload": payload, "created_at": at, "number": id });
        let body = event.to_string();
        let signature = hmac_hex(WEBHOOK_SECRET, &body);
        Message { headers: vec![("x-razorpay-signature", signature), ("x-razorpay-event-id", id)], body }
    }

    /// No call fails any more.
    pub(crate) fn calm(&mut self) {
        self.faults.clear();
    }

    /// As after a day or more.
    pub(crate) fn forget_keys(&mut self) {
        self.keys.clear();
    }

    /// A refund that somebody makes by hand, and the webhook that tells of it.
    pub(crate) fn stray_refund(&mut self, of: &str, units: i64) -> (String, Message) {
        let body = json!({ "amount": units, "payment_intent": of, "payment_id": of });
        let refund = self.make_refund(of, &body).unwrap();
        let id = refund["id"].as_str().unwrap().to_owned();
        let message = if id.starts_with("re_") {
            self.stripe_event("refund.created", &refund)
        } else {
            self.razorpay_event("refund.processed", &[("refund", &refund)])
        };
        (id, message)
    }

    /// What a payer was charged last: what reports call it.
    pub(crate) fn last_charge(&self) -> String {
        let of = |kind: &str, name: &str| {
            let last =
                self.things.values().rfind(|it| it["object"] == json!(kind) || it["entity"] == json!(kind));
            last.map(|it| it[name].as_str().unwrap().to_owned())
        };
        of("balance_transaction", "source").or_else(|| of("payment", "id")).unwrap()
    }

    /// The report has another amount for a charge, or nothing.
    pub(crate) fn misreport(&mut self, charge: &str, units: Option<i64>) {
        let is_it = |it: &Value| it["source"] == json!(charge) || it["id"] == json!(charge);
        let place = self.things.iter().find(|it| is_it(it.1)).unwrap().0.clone();
        match units {
            Some(units) => self.things.get_mut(&place).unwrap()["amount"] = json!(units),
            None => drop(self.things.remove(&place)),
        }
    }

    /// The report has another fee for a charge.
    pub(crate) fn refee(&mut self, charge: &str, units: i64) {
        let it =
            self.things.values_mut().find(|it| it["source"] == json!(charge) || it["id"] == json!(charge));
        it.unwrap()["fee"] = json!(units);
    }

    /// A payer disputes a charge.
    pub(crate) fn dispute(&mut self, charge: &str, units: i64, status: &str) -> (String, Message) {
        let id = format!("dp_{charge}");
        let dispute =
            json!({ "id": id, "amount": units, "status": status, "charge": charge, "payment_id": charge });
        let message = if charge.starts_with("ch_") {
            self.stripe_event("charge.dispute.updated", &dispute)
        } else {
            let payment = self.things[charge].clone();
            let entities = [("payment", &payment), ("dispute", &dispute)];
            self.razorpay_event("payment.dispute.under_review", &entities)
        };
        (id, message)
    }

    pub(super) fn pay_intent(&mut self, reference: &str, goes: Pays) -> Vec<Message> {
        let charge = self.id("ch");
        let mut intent = self.things[reference].clone();
        let mut told = Vec::new();
        intent["status"] = json!("processing");
        told.push(self.stripe_event("payment_intent.processing", &intent));
        let kind = if goes == Pays::Declined {
            intent["status"] = json!("requires_payment_method");
            intent["last_payment_error"] = json!({ "charge": charge, "code": "card_declined" });
            "payment_intent.payment_failed"
        } else {
            intent["latest_charge"] = json!(charge);
            if intent["capture_method"] == json!("manual") {
                intent["status"] = json!("requires_capture");
                intent["amount_capturable"] = intent["amount"].clone();
                "payment_intent.amount_capturable_updated"
            } else {
                self.succeed(&mut intent);
                "payment_intent.succeeded"
            }
        };
        told.push(self.stripe_event(kind, &intent));
        self.things.insert(reference.to_owned(), intent);
        told
    }

    pub(super) fn succeed(&mut self, intent: &mut Value) {
        intent["status"] = json!("succeeded");
        intent["amount_received"] = intent["amount"].clone();
        let charge = intent["latest_charge"].clone();
        self.line("charge", &charge, intent["amount"].as_i64().unwrap(), &intent["currency"]);
    }

    /// A line of Stripe's books.
    pub(super) fn line(&mut self, kind: &str, source: &Value, amount: i64, currency: &Value) {
        let (id, at) = (self.id("txn"), self.clock.now().as_second());
        let line = json!({ "id": id, "object": "balance_transaction", "type": kind, "amount": amount, "fee": 9,
            "currency": currency, "created": at, "source": source });
        self.things.insert(id, line);
    }

    pub(super) fn pay_order(&mut self, reference: &str, goes: Pays) -> Vec<Message> {
        let (id, at) = (self.id("pay"), self.clock.now().as_second());
        let order = self.things[reference].clone();
        let mut payment = json!({ "id": id, "entity": "payment", "amount": order["amount"],
            "currency": order["currency"],
            "order_id": reference, "notes": [], "created_at": at, "fee": 7, "captured": false });
        let mut told = Vec::new();
        if goes == Pays::Declined {
            payment["status"] = json!("failed");
            payment["error_reason"] = json!("payment_failed");
            told.push(self.razorpay_event("payment.failed", &[("payment", &payment)]));
            self.things.get_mut(reference).unwrap()["status"] = json!("attempted");
        } else {
            payment["status"] = json!("authorized");
            told.push(self.razorpay_event("payment.authorized", &[("payment", &payment)]));
            if order["payment_capture"] == json!(true) {
                payment["status"] = json!("captured");
                payment["captured"] = json!(true);
                told.push(self.razorpay_event("payment.captured", &[("payment", &payment)]));
                self.things.get_mut(reference).unwrap()["status"] = json!("paid");
                let order = self.things[reference].clone();
                told.push(self.razorpay_event("order.paid", &[("order", &order), ("payment", &payment)]));
            }
        }
        self.things.insert(id, payment);
        told
    }
}
