//! Stripe and Razorpay on this machine, by their documents and over HTTP, which fail as a test says.
//!
//! What they keep is JSON as they would answer it. Idempotency keys are honoured; every request is remembered.

mod answers;
mod doings;

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
/// How long a gateway is waited for that says nothing.
const PATIENCE: Duration = Duration::from_secs(1);

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

    /// A message that is sent again: Stripe signs each time anew, Razorpay does not.
    pub(crate) fn sign_again(&self, message: &Message) -> Message {
        let at = self.books().clock.now().as_second();
        let mut again = message.clone();
        for (name, value) in &mut again.headers {
            if *name == "stripe-signature" {
                let signature = hmac_hex(WEBHOOK_SECRET, &format!("{at}.{}", message.body));
                *value = format!("t={at},v1={signature}");
            }
        }
        again
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
