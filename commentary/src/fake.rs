//! A model's server on this machine, which answers as a test says.

use crate::facts::{Facts, Kind};
use crate::model::{Endpoint, Key, OpenAi};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// How it answers a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// The model's words, as the protocol that was asked for has them.
    Says(String),
    /// The same, once it is told to.
    Held(Arc<Notify>, String),
    /// It ends for another reason than that all is said.
    Ends(&'static str),
    /// A stream of these events, and then the connection ends.
    Events(Vec<Value>),
    /// Head and body.
    Text(String),
    /// It sends without end.
    Flood,
    /// It says nothing, and holds the connection.
    Silence,
}

impl Reply {
    /// These lines by label.
    pub(crate) fn lines<'l>(lines: impl IntoIterator<Item = (&'l str, &'l str)>) -> Reply {
        let lines: BTreeMap<&str, &str> = lines.into_iter().collect();
        Reply::Says(serde_json::to_string(&lines).unwrap())
    }

    pub(crate) fn status(status: u16, headers: &str) -> Reply {
        Reply::Text(format!("HTTP/1.1 {status} Status\r\ncontent-length: 2\r\n{headers}\r\n{{}}"))
    }
}

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) path: String,
    /// By names in small letters.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
}

impl Received {
    /// The user's message.
    pub(crate) fn asked(&self) -> Value {
        let messages = self.body["messages"].as_array().unwrap();
        serde_json::from_str(messages.last().unwrap()["content"].as_str().unwrap()).unwrap()
    }

    pub(crate) fn tones(&self) -> Vec<String> {
        let asked = self.asked();
        let tones = asked["tones"].as_array().unwrap();
        tones.iter().map(|it| it["tone"].as_str().unwrap().to_owned()).collect()
    }
}

type Answers = dyn Fn(&Received, usize) -> Reply + Send + Sync;

#[derive(Clone)]
pub(crate) struct Fake {
    port: u16,
    state: Arc<State>,
    _serving: Arc<Serving>,
}

struct State {
    answers: Mutex<Arc<Answers>>,
    received: Mutex<Vec<Received>>,
    came: Notify,
}

struct Serving(JoinHandle<()>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Fake {
    /// `answers` is told how many requests came before.
    pub(crate) async fn new(answers: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> Fake {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let answers: Arc<Answers> = Arc::new(answers);
        let state =
            Arc::new(State { answers: Mutex::new(answers), received: Mutex::default(), came: Notify::new() });
        let serving = tokio::spawn(serve(listener, Arc::clone(&state)));
        Fake { port, state, _serving: Arc::new(Serving(serving)) }
    }

    pub(crate) async fn always(reply: Reply) -> Fake {
        Fake::new(move |_, _| reply.clone()).await
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        let base = format!("http://127.0.0.1:{}/v1", self.port);
        Endpoint::new(&base, Some(Key::new("sk-hunter2")), "fake-1").unwrap()
    }

    pub(crate) fn model(&self) -> Arc<OpenAi> {
        Arc::new(OpenAi::new(self.endpoint()))
    }

    pub(crate) fn answers(&self, answers: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) {
        *self.state.answers.lock().unwrap() = Arc::new(answers);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }

    /// Waits until so many have come.
    pub(crate) async fn until(&self, count: usize) {
        while self.received().len() < count {
            self.state.came.notified().await;
        }
    }
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(answer(socket, Arc::clone(&state)));
    }
}

/// The one request of a connection.
async fn answer(mut socket: TcpStream, state: Arc<State>) {
    let mut bytes = Vec::new();
    let received = loop {
        if let Some(received) = parse(&bytes) {
            break received;
        }
        if socket.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {
            continue;
        }
        return;
    };
    let answers = Arc::clone(&state.answers.lock().unwrap());
    let reply = {
        let mut all = state.received.lock().unwrap();
        all.push(received.clone());
        answers(&received, all.len() - 1)
    };
    state.came.notify_one();
    let text = match reply {
        Reply::Says(text) => says(&received, &text, "stop"),
        Reply::Held(told, text) => {
            told.notified().await;
            says(&received, &text, "stop")
        }
        Reply::Ends(end) => says(&received, "{\"hype.en\": \"{bat", end),
        Reply::Events(events) => stream(&events),
        Reply::Text(text) => text,
        Reply::Flood => {
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
            let mut sent = socket.write_all(head.as_bytes()).await;
            while sent.is_ok() {
                sent = socket.write_all(&[b'x'; 8192]).await;
            }
            return;
        }
        Reply::Silence => return std::future::pending().await,
    };
    // Who has heard enough hangs up.
    let _heard = socket.write_all(text.as_bytes()).await;
}

/// The text as the protocol of the request has it.
fn says(received: &Received, text: &str, end: &str) -> String {
    let is_anthropic = received.path.ends_with("/messages");
    let middle = text.char_indices().map(|it| it.0).nth(text.chars().count() / 2).unwrap_or(0);
    let halves = [&text[..middle], &text[middle..]];
    match (is_anthropic, received.body["stream"] == true) {
        (false, true) => {
            let piece = |it: &&str| json!({"choices": [{"delta": {"content": it}, "finish_reason": null}]});
            let mut events: Vec<Value> = halves.iter().map(piece).collect();
            events.push(json!({"choices": [{"delta": {}, "finish_reason": end}]}));
            events.push(json!({"choices": [], "usage": {"prompt_tokens": 900, "completion_tokens": 40}}));
            stream(&events) + "data: [DONE]\n\n"
        }
        (false, false) => whole(&json!({
            "choices": [{"message": {"content": text}, "finish_reason": end}],
            "usage": {"prompt_tokens": 900, "completion_tokens": 40},
        })),
        (true, true) => {
            let piece = |it: &&str| json!({"type": "content_block_delta", "delta": {"type": "text_delta", "text": it}});
            let mut events = vec![
                json!({"type": "message_start", "message": {"usage": {"input_tokens": 900, "output_tokens": 1}}}),
                json!({"type": "ping"}),
            ];
            events.extend(halves.iter().map(piece));
            events.push(
                json!({"type": "message_delta", "delta": {"stop_reason": end}, "usage": {"output_tokens": 40}}),
            );
            events.push(json!({"type": "message_stop"}));
            stream(&events)
        }
        (true, false) => whole(&json!({
            "type": "message", "content": [{"type": "text", "text": text}], "stop_reason": end,
            "usage": {"input_tokens": 900, "output_tokens": 40},
        })),
    }
}

fn whole(body: &Value) -> String {
    let body = body.to_string();
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn stream(events: &[Value]) -> String {
    let events = events.iter().map(|it| {
        let kind = it["type"].as_str().map(|it| format!("event: {it}\n")).unwrap_or_default();
        format!("{kind}data: {it}\n\n")
    });
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n";
    head.to_owned() + &events.collect::<String>()
}

/// A whole request, if it is there.
fn parse(bytes: &[u8]) -> Option<Received> {
    let mut room = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut room);
    let httparse::Status::Complete(start) = request.parse(bytes).expect("a request") else { return None };
    assert_eq!(request.method, Some("POST"));
    let text = |it: &[u8]| String::from_utf8(it.to_vec()).expect("text");
    let headers: BTreeMap<String, String> =
        request.headers.iter().map(|it| (it.name.to_ascii_lowercase(), text(it.value))).collect();
    let length: usize = headers.get("content-length").expect("a length").parse().expect("a number");
    let body = serde_json::from_slice(bytes.get(start..start + length)?).expect("JSON");
    Some(Received { path: request.path.expect("a path").to_owned(), headers, body })
}

/// A six by Kohli off Bumrah.
pub(crate) fn six() -> Facts {
    Facts {
        kind: Kind::Six,
        bowler: "Bumrah".to_owned(),
        batter: "Kohli".to_owned(),
        non_striker: "Rahul".to_owned(),
        batting_team: "Bengaluru".to_owned(),
        fielding_team: "Mumbai".to_owned(),
        over: "14.2".to_owned(),
        runs: 6,
        bat_runs: 6,
        boundary: Some(crate::Edge::Six),
        score: crate::Score { runs: 121, wickets: 3, all_out: false },
        batter_runs: 47,
        batter_balls: 31,
        bowler_runs: 22,
        ..Facts::default()
    }
}
