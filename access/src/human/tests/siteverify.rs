//! A provider of our own on loopback: a small HTTP/1.1 server that speaks all five dialects, checks what it is sent, and misbehaves as it is told.

use crate::human::Provider;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

pub(super) const SITE_KEY: &str = "site-key_1";
pub(super) const SECRET: &str = "secret-that-nobody-prints";
pub(super) const PROJECT: &str = "my-project";
pub(super) const HOST: &str = "crease.example";
/// Of the visitor.
pub(super) const ADDRESS: &str = "192.0.2.7";

/// How the server behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mode {
    Right,
    /// Right, with a score of so many hundredths, from whichever provider.
    Score(u8),
    /// Right, and checked so many seconds ago; in the future when below zero.
    Old(i64),
    WrongAction,
    WrongHost,
    /// It has made no such token.
    Invalid,
    /// It has seen each token before.
    Duplicate,
    /// It has another secret for us.
    WrongSecret,
    /// It says what we have never heard of.
    UnknownCode,
    Status(u16),
    Garbage,
    HalfAnAnswer,
    Huge,
    /// To where the secret would be sent again.
    Redirect,
    /// It takes the request, and never answers.
    Silent,
    /// It hangs up instead of answering.
    HangsUp,
}

pub(super) struct Siteverify {
    pub(super) url: String,
    complaints: Arc<Mutex<Vec<String>>>,
    asked: Arc<Mutex<usize>>,
    serving: JoinHandle<()>,
}

struct Provided {
    provider: Provider,
    mode: Mode,
    now: Timestamp,
}

/// What was sent.
struct Request {
    line: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Siteverify {
    pub(super) async fn start(provider: Provider, mode: Mode, now: Timestamp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (complaints, asked) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (heard, counted) = (complaints.clone(), asked.clone());
        let serving = tokio::spawn(async move {
            let provided = Provided { provider, mode, now };
            // Kept, so that a silent server does not hang up.
            let mut silent = Vec::new();
            while let Ok((mut socket, _)) = listener.accept().await {
                let Some(request) = Request::read(&mut socket).await else { continue };
                *counted.lock().expect("a count") += 1;
                heard.lock().expect("a list").extend(provided.complaints(&request));
                match mode {
                    Mode::Silent => silent.push(socket),
                    Mode::HangsUp => drop(socket),
                    _ => {
                        // Who has heard enough of a huge answer hangs up.
                        let _sent = socket.write_all(provided.answer(&request).as_bytes()).await;
                    }
                }
            }
        });
        Self { url: format!("http://{address}/check"), complaints, asked, serving }
    }

    /// What was wrong with the requests.
    pub(super) fn complaints(&self) -> Vec<String> {
        self.complaints.lock().expect("a list").clone()
    }

    /// How many requests there were.
    pub(super) fn asked(&self) -> usize {
        *self.asked.lock().expect("a count")
    }
}

/// An address at which nobody listens, nor will while this is kept.
pub(super) struct Gone {
    pub(super) url: String,
    _bound: TcpSocket,
}

impl Gone {
    pub(super) fn new() -> Self {
        let bound = TcpSocket::new_v4().expect("a socket");
        bound.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let address = bound.local_addr().expect("it is bound");
        Self { url: format!("http://{address}/check"), _bound: bound }
    }
}

impl Drop for Siteverify {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Request {
    async fn read(socket: &mut TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(socket);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).await.ok()?;
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let mut lines = lines.into_iter();
        let line = lines.next()?;
        let header =
            |line: String| line.split_once(": ").map(|(name, it)| (name.to_lowercase(), it.to_owned()));
        let headers = lines.filter_map(header).collect();
        let mut request = Self { line, headers, body: String::new() };
        let mut body = vec![0; request.header("content-length").parse().unwrap_or_default()];
        reader.read_exact(&mut body).await.ok()?;
        request.body = String::from_utf8(body).ok()?;
        Some(request)
    }

    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|it| it.0 == name).map_or("", |it| &it.1)
    }

    /// A value of the form, or of the event in an assessment.
    fn sent(&self, provider: Provider, name: &str) -> String {
        if provider == Provider::RecaptchaEnterprise {
            let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
            return body["event"][name].as_str().unwrap_or_default().to_owned();
        }
        let mut fields = form_urlencoded::parse(self.body.as_bytes());
        fields.find(|it| it.0 == name).map_or_else(String::new, |it| it.1.into_owned())
    }
}

impl Provided {
    /// What a provider would have wanted otherwise.
    fn complaints(&self, request: &Request) -> Vec<String> {
        let sent =
            |name: &'static str, wanted: &str| (name, request.sent(self.provider, name), wanted.to_owned());
        let mut all = vec![("request", request.line.clone(), "POST /check HTTP/1.1".to_owned())];
        if self.provider == Provider::RecaptchaEnterprise {
            all.push(("x-goog-api-key", request.header("x-goog-api-key").to_owned(), SECRET.to_owned()));
            all.push((
                "content-type",
                request.header("content-type").to_owned(),
                "application/json".to_owned(),
            ));
            let token = request.sent(self.provider, "token");
            all.extend([sent("siteKey", SITE_KEY), sent("userIpAddress", ADDRESS)]);
            all.push(sent("expectedAction", action_of(&token)));
        } else {
            let form = "application/x-www-form-urlencoded".to_owned();
            all.push(("content-type", request.header("content-type").to_owned(), form));
            all.extend([sent("secret", SECRET), sent("remoteip", ADDRESS)]);
            all.push(sent("sitekey", if self.provider == Provider::Hcaptcha { SITE_KEY } else { "" }));
        }
        let wrong = all.into_iter().filter(|(_, found, wanted)| found != wanted);
        wrong.map(|(name, found, wanted)| format!("{name}: {found:?}, not {wanted:?}")).collect()
    }

    fn answer(&self, request: &Request) -> String {
        let is_enterprise = self.provider == Provider::RecaptchaEnterprise;
        let token = request.sent(self.provider, if is_enterprise { "token" } else { "response" });
        let said = match (is_enterprise, self.no()) {
            (true, Some((reason, _))) => {
                json!({"tokenProperties": {"valid": false, "invalidReason": reason}})
            }
            (false, Some((_, code))) => json!({"success": false, "error-codes": [code]}),
            (true, None) => self.assessment(&token),
            (false, None) => self.siteverify(&token),
        };
        let said = said.to_string();
        let page = "<html><body>We will be back soon".to_owned();
        match self.mode {
            Mode::WrongSecret if is_enterprise => {
                let key = json!({"error": {"code": 400, "details": [{"reason": "API_KEY_INVALID"}]}});
                response(400, &key.to_string())
            }
            Mode::UnknownCode if is_enterprise => response(400, &json!({"error": {"code": 400}}).to_string()),
            Mode::Status(status) => response(status, &page),
            Mode::Garbage => response(200, &page),
            Mode::HalfAnAnswer => response(200, &said[..said.len() / 2]),
            Mode::Huge => response(200, &format!("{said}{}", " ".repeat(1024 * 1024))),
            Mode::Redirect => response(307, &page),
            _ => response(200, &said),
        }
    }

    /// With which words it says no: as an assessment, and as the others do.
    fn no(&self) -> Option<(&'static str, &'static str)> {
        match self.mode {
            Mode::Invalid => Some(("MALFORMED", "invalid-input-response")),
            Mode::Duplicate => Some(("DUPE", "timeout-or-duplicate")),
            Mode::WrongSecret => Some(("", "invalid-input-secret")),
            Mode::UnknownCode => Some(("", "sitekey-secret-mismatch")),
            _ => None,
        }
    }

    fn challenged_at(&self) -> String {
        let age = if let Mode::Old(seconds) = self.mode { seconds } else { 5 };
        (self.now - SignedDuration::from_secs(age)).to_string()
    }

    fn hostname(&self) -> &'static str {
        if self.mode == Mode::WrongHost { "elsewhere.example" } else { HOST }
    }

    fn action<'a>(&self, token: &'a str) -> &'a str {
        if self.mode == Mode::WrongAction { "browse" } else { action_of(token) }
    }

    /// From 0, a program, to 1, a person.
    fn score(&self) -> Option<f64> {
        match self.mode {
            Mode::Score(hundredths) => Some(f64::from(hundredths) / 100.0),
            _ => self.provider.always_scores().then_some(0.9),
        }
    }

    fn siteverify(&self, token: &str) -> Value {
        let mut said =
            json!({"success": true, "challenge_ts": self.challenged_at(), "hostname": self.hostname()});
        if self.provider.knows_actions() {
            said["action"] = json!(self.action(token));
        }
        if let Some(score) = self.score() {
            let is_risk = self.provider == Provider::Hcaptcha;
            said["score"] = json!(if is_risk { 1.0 - score } else { score });
        }
        said
    }

    fn assessment(&self, token: &str) -> Value {
        json!({
            "name": "projects/1/assessments/2",
            "tokenProperties": {
                "valid": true, "invalidReason": "INVALID_REASON_UNSPECIFIED", "hostname": self.hostname(),
                "action": self.action(token), "createTime": self.challenged_at(),
            },
            "riskAnalysis": {"score": self.score(), "reasons": ["AUTOMATION"]},
        })
    }
}

/// Our tokens say what they were made for: `sign_up.1`.
fn action_of(token: &str) -> &str {
    token.split('.').next().unwrap_or_default()
}

fn response(status: u16, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} So\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         location: /elsewhere\r\nconnection: close\r\n\r\n{body}"
    )
}
