//! Stripe and Razorpay on this machine, by their documents and over HTTP, which fail as a test says.
//!
//! What they keep is JSON as they would answer it. Idempotency keys are honoured; every request is remembered.

use crate::forms;
use ring::hmac;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use store::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use wallet::gateway::{Gateway, Razorpay, Secret, Stripe, razorpay, stripe};

pub(crate) const WEBHOOK_SECRET: &str = "whsec_fake";
const KEY_SECRET: &str = "rzp_secret";
/// Lines of a page of a list: few, so that there are pages.
const PAGE: usize = 2;
/// How long a gateway is waited for that says nothing.
const PATIENCE: Duration = Duration::from_millis(300);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Stripe,
    Razorpay,
}

pub(crate) const BOTH: [Which; 2] = [Which::Stripe, Which::Razorpay];

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is done, and no answer comes.
    SilentAfter,
    /// It is lost, and no answer comes.
    SilentBefore,
    /// It is done, and the connection is cut.
    CutAfter,
    CutBefore,
    /// It is done, and the answer is this status.
    StatusAfter(u16),
    /// It is not done, and the answer is this status.
    StatusBefore(u16),
    /// It is done, and the answer is no JSON.
    Garbled,
}

/// What leaves open whether it was done.
pub(crate) const AMBIGUOUS: [Fault; 7] = [
    Fault::SilentAfter,
    Fault::SilentBefore,
    Fault::CutAfter,
    Fault::CutBefore,
    Fault::StatusAfter(500),
    Fault::StatusBefore(503),
    Fault::Garbled,
];

pub(crate) struct Books {
    /// Everything that was made, by its id.
    pub(crate) things: BTreeMap<String, Value>,
    keys: BTreeMap<String, String>,
    faults: Vec<(String, Fault)>,
    /// "POST /v1/orders", in order.
    pub(crate) requests: Vec<String>,
    /// What refunds and payouts are made as.
    pub(crate) outgoing: &'static str,
    made: u64,
    clock: Clock,
}

#[derive(Clone)]
pub(crate) struct Fake {
    port: u16,
    books: Arc<Mutex<Books>>,
    _serving: Arc<Serving>,
}

struct Serving(JoinHandle<()>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Fake {
    pub(crate) async fn new(clock: &Clock) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let books = Arc::new(Mutex::new(Books {
            things: BTreeMap::new(),
            keys: BTreeMap::new(),
            faults: Vec::new(),
            requests: Vec::new(),
            outgoing: "processed",
            made: 0,
            clock: clock.clone(),
        }));
        let serving = tokio::spawn(serve(listener, Arc::clone(&books)));
        Self { port, books, _serving: Arc::new(Serving(serving)) }
    }

    pub(crate) fn gateway(&self, which: Which) -> Arc<dyn Gateway> {
        gateway_at(which, self.port)
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    /// The next request of which the line begins so fails.
    pub(crate) fn fails(&self, request: &str, fault: Fault) {
        self.books().faults.push((request.to_owned(), fault));
    }

    pub(crate) fn count(&self, request: &str) -> usize {
        self.books().requests.iter().filter(|it| it.starts_with(request)).count()
    }

    /// A payer tries to pay; answers the webhooks that tell of it, in their order.
    pub(crate) fn pay(&self, reference: &str, goes: Pays) -> Vec<Message> {
        let mut books = self.books();
        if reference.starts_with("pi_") {
            books.pay_intent(reference, goes)
        } else {
            books.pay_order(reference, goes)
        }
    }

    /// What goes out has become this; answers the webhook that tells of it.
    pub(crate) fn becomes(&self, reference: &str, status: &str) -> Message {
        let mut books = self.books();
        let thing = books.things.get_mut(reference).unwrap();
        match thing["object"].as_str() {
            Some("transfer") => {
                thing["reversed"] = json!(status == "reversed");
                let thing = thing.clone();
                books.stripe_event("transfer.reversed", &thing)
            }
            Some(_) => {
                thing["status"] = json!(if status == "processed" { "succeeded" } else { status });
                let thing = thing.clone();
                books.stripe_event("refund.updated", &thing)
            }
            None => {
                thing["status"] = json!(status);
                let (entity, thing) = (thing["entity"].as_str().unwrap().to_owned(), thing.clone());
                books.razorpay_event(&format!("{entity}.{status}"), &[(&entity, &thing)])
            }
        }
    }

    /// All that was taken from payers.
    pub(crate) fn taken(&self) -> i64 {
        let books = self.books();
        let taken = |it: &Value| match (it["object"].as_str(), it["entity"].as_str()) {
            (Some("payment_intent"), _) => it["amount_received"].as_i64().unwrap(),
            (_, Some("payment")) if it["captured"] == json!(true) => it["amount"].as_i64().unwrap(),
            _ => 0,
        };
        books.things.values().map(taken).sum()
    }

    /// All of one kind: "refund", "payment_intent", "order", "transfer", "payout".
    pub(crate) fn all(&self, kind: &str) -> Vec<Value> {
        let books = self.books();
        let is = |it: &&Value| it["object"] == json!(kind) || it["entity"] == json!(kind);
        books.things.values().filter(is).cloned().collect()
    }
}

/// A gateway that is spoken to at this port.
pub(crate) fn gateway_at(which: Which, port: u16) -> Arc<dyn Gateway> {
    let (base, webhook_secrets) = (format!("http://127.0.0.1:{port}"), vec![Secret::new(WEBHOOK_SECRET)]);
    match which {
        Which::Stripe => {
            let account = stripe::Account {
                secret_key: Secret::new("sk_test_fake"),
                publishable_key: "pk_test_fake".into(),
                webhook_secrets,
            };
            Arc::new(Stripe::at(&base, account).unwrap().patience(PATIENCE))
        }
        Which::Razorpay => {
            let account = razorpay::Account {
                key_id: "rzp_test_fake".into(),
                key_secret: Secret::new(KEY_SECRET),
                webhook_secrets,
                payout_account: Some("7878780080316316".into()),
            };
            Arc::new(Razorpay::at(&base, account).unwrap().patience(PATIENCE))
        }
    }
}

/// How a try to pay goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pays {
    Well,
    Declined,
}

/// A webhook.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

pub(crate) fn hmac_hex(secret: &str, text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::sign(&key, text.as_bytes()).as_ref().iter().map(|it| format!("{it:02x}")).collect()
}

/// What a payer of Razorpay brings back from its page.
pub(crate) fn checkout_signature(order: &str, payment: &str) -> String {
    hmac_hex(KEY_SECRET, &format!("{order}|{payment}"))
}

impl Books {
    fn id(&mut self, prefix: &str) -> String {
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

    fn pay_intent(&mut self, reference: &str, goes: Pays) -> Vec<Message> {
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

    fn succeed(&mut self, intent: &mut Value) {
        intent["status"] = json!("succeeded");
        intent["amount_received"] = intent["amount"].clone();
        let charge = intent["latest_charge"].clone();
        self.line("charge", &charge, intent["amount"].as_i64().unwrap(), &intent["currency"]);
    }

    /// A line of Stripe's books.
    fn line(&mut self, kind: &str, source: &Value, amount: i64, currency: &Value) {
        let (id, at) = (self.id("txn"), self.clock.now().as_second());
        let line = json!({ "id": id, "object": "balance_transaction", "type": kind, "amount": amount, "fee": 9,
            "currency": currency, "created": at, "source": source });
        self.things.insert(id, line);
    }

    fn pay_order(&mut self, reference: &str, goes: Pays) -> Vec<Message> {
        let (id, at) = (self.id("pay"), self.clock.now().as_second());
        let order = self.things[reference].clone();
        let mut payment = json!({ "id": id, "entity": "payment", "amount": order["amount"], "currency": order["currency"],
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

async fn serve(listener: TcpListener, books: Arc<Mutex<Books>>) {
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(answer(socket, Arc::clone(&books)));
    }
}

/// A request as it came.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) key: Option<String>,
    pub(crate) body: Value,
}

/// The requests of a connection, one after the other.
async fn answer(mut socket: TcpStream, books: Arc<Mutex<Books>>) {
    let mut bytes = Vec::new();
    loop {
        let request = loop {
            if let Some((request, length)) = parse(&bytes) {
                bytes.drain(..length);
                break request;
            }
            if !socket.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {
                return;
            }
        };
        let (fault, answer) = {
            let mut books = books.lock().unwrap();
            let line = format!("{} {}", request.method, request.path);
            books.requests.push(line.clone());
            let place = books.faults.iter().position(|it| line.starts_with(&it.0));
            let fault = place.map(|it| books.faults.remove(it).1);
            let is_done =
                !matches!(fault, Some(Fault::SilentBefore | Fault::CutBefore | Fault::StatusBefore(_)));
            (fault, is_done.then(|| books.serve(&request)))
        };
        let (status, body) = match (fault, answer) {
            (Some(Fault::SilentAfter | Fault::SilentBefore), _) => return std::future::pending().await,
            (Some(Fault::CutAfter | Fault::CutBefore), _) => return,
            (Some(Fault::StatusAfter(status) | Fault::StatusBefore(status)), _) => (
                status,
                json!({ "error": { "code": "made_up", "message": "by a test", "description": "by a test" } })
                    .to_string(),
            ),
            (Some(Fault::Garbled), _) => (200, "<html>".to_owned()),
            (None, Some((status, body))) => (status, body.to_string()),
            (None, None) => unreachable!("what has no fault is served"),
        };
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        // Who has heard enough hangs up.
        let _heard = socket.write_all(text.as_bytes()).await;
    }
}

/// A whole request and how long it is, if it is there.
fn parse(bytes: &[u8]) -> Option<(Request, usize)> {
    let mut room = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut room);
    let httparse::Status::Complete(start) = request.parse(bytes).unwrap() else { return None };
    let header = |name: &str| {
        let found = request.headers.iter().find(|it| it.name.eq_ignore_ascii_case(name));
        found.map(|it| String::from_utf8(it.value.to_vec()).unwrap())
    };
    assert!(
        header("authorization").is_some_and(|it| it.starts_with("Basic ")),
        "keys come with every request"
    );
    let length = header("content-length").map_or(0, |it| it.parse::<usize>().unwrap());
    let text = std::str::from_utf8(bytes.get(start..start + length)?).unwrap().to_owned();
    let body = match header("content-type").as_deref() {
        Some("application/json") => serde_json::from_str(&text).unwrap(),
        _ => forms::nested(&text),
    };
    let whole = request.path.unwrap();
    let (path, query) = whole.split_once('?').unwrap_or((whole, ""));
    let keys = ["idempotency-key", "x-refund-idempotency", "x-payout-idempotency"];
    let request = Request {
        method: request.method.unwrap().to_owned(),
        path: path.to_owned(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        key: keys.iter().find_map(|it| header(it)),
        body,
    };
    Some((request, start + length))
}

impl Books {
    /// Answers a request as the gateway's documents say.
    fn serve(&mut self, request: &Request) -> (u16, Value) {
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
    fn make_refund(&mut self, of: &str, body: &Value) -> Result<Value, &'static str> {
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
        json!({ "object": "list", "data": page, "entity": "collection", "count": page.len(), "items": page, "has_more": false })
    }
}
