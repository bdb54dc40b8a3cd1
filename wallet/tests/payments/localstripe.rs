//! A Stripe that nobody here wrote: localstripe from PyPI, for the way on which all goes well. It knows no
//! idempotency keys, no refund's webhooks and no connected accounts, for which there is the fake.

use crate::fake::{Fake, Message, Which};
use crate::here::{Here, shown};
use jiff::Timestamp;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use store::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wallet::PaymentId;
use wallet::gateway::{Capture, Gateway, Secret, Stripe, stripe};
use wallet::payment::state::{Outgoing, Stage};
use wallet::payment::{Received, TopUp};

const VERSION: &str = "1.15.10";
const SECRET: &str = "whsec_localstripe";

struct Server {
    child: Child,
    url: String,
    /// Held open: who writes to nobody is ended.
    _says: BufReader<ChildStdout>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// None where there is no Python that could run it.
fn start() -> Option<Server> {
    let program = installed()?;
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).ok()?.local_addr().ok()?.port();
    let mut child = Command::new(program)
        .args(["--port", &port.to_string(), "--from-scratch"])
        .env("PYTHONUNBUFFERED", "1")
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut says = BufReader::new(child.stdout.take()?);
    // It says so when it listens.
    let runs = says.by_ref().lines().map_while(Result::ok).any(|line| line.contains("Running on"));
    assert!(runs, "localstripe ends as soon as it is started");
    Some(Server { child, url: format!("http://127.0.0.1:{port}"), _says: says })
}

/// The program, in a virtual environment under the target folder; installed if it is not there.
fn installed() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("localstripe-{VERSION}"));
    let program = folder.join("bin/localstripe");
    let runs = |command: &mut Command| {
        let done = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        done.is_ok_and(|it| it.success())
    };
    if !program.exists() {
        let is_made = runs(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        let package = format!("localstripe=={VERSION}");
        let has_it = is_made && runs(Command::new(folder.join("bin/pip")).args(["install", "-q", &package]));
        if !has_it {
            return None;
        }
    }
    Some(program)
}

/// Where its webhooks come in.
struct Inbox(TcpListener);

impl Inbox {
    async fn next(&self) -> Message {
        let (mut socket, _) = self.0.accept().await.unwrap();
        let mut bytes = Vec::new();
        let message = loop {
            if let Some(message) = message(&bytes) {
                break message;
            }
            assert!(socket.read_buf(&mut bytes).await.unwrap() > 0, "a whole request");
        };
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        message
    }
}

fn message(bytes: &[u8]) -> Option<Message> {
    let mut room = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut room);
    let httparse::Status::Complete(start) = request.parse(bytes).unwrap() else { return None };
    let header = |name: &str| {
        let found = request.headers.iter().find(|it| it.name.eq_ignore_ascii_case(name)).unwrap();
        String::from_utf8(found.value.to_vec()).unwrap()
    };
    let length = header("content-length").parse::<usize>().unwrap();
    let body = String::from_utf8(bytes.get(start..start + length)?.to_vec()).unwrap();
    Some(Message { headers: vec![("stripe-signature", header("stripe-signature"))], body })
}

/// What the payer's browser does.
async fn post(server: &Server, path: &str, form: &str) -> Value {
    let request =
        reqwest::Client::new().post(format!("{}{path}", server.url)).basic_auth("sk_test_1", Some(""));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
    let response = request.send().await.unwrap();
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert!(status.is_success(), "{path}: {status}: {text}");
    if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
}

async fn pay(server: &Server, intent: &str) {
    let card = "type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2030&card[cvc]=123";
    let method = post(server, "/v1/payment_methods", card).await;
    let method = format!("payment_method={}", method["id"].as_str().unwrap());
    post(server, &format!("/v1/payment_intents/{intent}"), &method).await;
    post(server, &format!("/v1/payment_intents/{intent}/confirm"), "").await;
}

#[tokio::test]
async fn a_stripe_that_nobody_here_wrote_is_understood() {
    let started = tokio::task::spawn_blocking(start).await.unwrap();
    let Some(server) = started else {
        println!("skipped: python3 with venv and pip is missing, or localstripe cannot be installed");
        return;
    };
    let account = stripe::Account {
        secret_key: Secret::new("sk_test_1"),
        publishable_key: "pk_test_1".into(),
        webhook_secrets: vec![Secret::new(SECRET)],
    };
    let gateway: Arc<dyn Gateway> = Arc::new(Stripe::at(&server.url, account).unwrap());
    let clock = Clock::manual(Timestamp::now());
    let fake = Fake::new(&clock).await;
    let here = Here::with(clock, fake, vec![gateway], &[Which::Stripe]).await;
    let inbox = Inbox(TcpListener::bind(("127.0.0.1", 0)).await.unwrap());
    let hook = format!("url=http://127.0.0.1:{}/&secret={SECRET}", inbox.0.local_addr().unwrap().port());
    post(&server, "/_config/webhooks/crease", &hook).await;

    // Paid, and told by a webhook.
    let one = PaymentId::fresh();
    let reference = here.opened(one).await;
    assert_eq!(here.payments.look(one).await.unwrap().known.stage, Stage::Created);
    pay(&server, &reference).await;
    let message = loop {
        let message = inbox.next().await;
        let received = here.receive(Which::Stripe, &message).await.unwrap();
        assert_eq!(received, Received::New, "each is genuine");
        if message.body.contains("payment_intent.succeeded") {
            break message;
        }
    };
    assert_eq!(here.receive(Which::Stripe, &message).await.unwrap(), Received::Again);
    let forged = Message { body: message.body.replace("100000", "900000"), ..message };
    assert!(here.receive(Which::Stripe, &forged).await.is_err());
    here.work().await;
    assert_eq!(here.stands(here.fan).await, (10, 0));

    // Set aside, and taken when it is said.
    let two = PaymentId::fresh();
    let wanted = TopUp { capture: Capture::Later, ..here.top_up(two) };
    let reference = shown(&here.payments.open_top_up(&wanted).await.unwrap());
    pay(&server, &reference).await;
    assert_eq!(here.payments.look(two).await.unwrap().known.stage, Stage::Authorised);
    assert_eq!(here.payments.capture(two).await.unwrap().credited, Some(100_000));

    // Given up.
    let three = PaymentId::fresh();
    here.opened(three).await;
    assert_eq!(here.payments.cancel(three).await.unwrap().known.stage, Stage::Cancelled);

    // A part of it goes back.
    let refund = here.ask_refund(one, 30_000).await.unwrap();
    here.payments.approve_refund(refund.id, &here.by("bob")).await.unwrap();
    here.work().await;
    let refund = here.payments.refund(refund.id).await.unwrap();
    assert_eq!(refund.going.outgoing, Some(Outgoing::Succeeded));
    assert_eq!((here.stands(here.fan).await, here.till(Which::Stripe).await), ((17, 0), -170_000));
    assert_eq!(here.differences().await, []);
    here.verify().await;
}
