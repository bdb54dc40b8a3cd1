//! A receiver of messages on this machine, which answers as a test says.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// How it answers a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// All that it says, head and body.
    Text(String),
    /// It ends the connection.
    Close,
    /// It says nothing, and holds the connection.
    Silence,
    /// It answers 500 when it is told to.
    Held(Arc<Notify>),
}

impl Reply {
    pub(crate) fn status(status: u16, body: &str) -> Self {
        let length = body.len();
        Reply::Text(format!("HTTP/1.1 {status} Status\r\ncontent-length: {length}\r\n\r\n{body}"))
    }
}

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|it| it.to_str().expect("visible characters")).unwrap_or_default()
    }
}

#[derive(Clone)]
pub(crate) struct Receiver {
    port: u16,
    state: Arc<State>,
    _serving: Arc<Serving>,
}

struct State {
    reply: Mutex<Reply>,
    received: Mutex<Vec<Received>>,
    came: Notify,
}

struct Serving(JoinHandle<()>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Receiver {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let reply = Mutex::new(Reply::status(200, "thanks"));
        let state = Arc::new(State { reply, received: Mutex::default(), came: Notify::new() });
        let serving = tokio::spawn(serve(listener, Arc::clone(&state)));
        Self { port, state, _serving: Arc::new(Serving(serving)) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hooks", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// How it answers from now on.
    pub(crate) fn replies(&self, reply: Reply) {
        *self.state.reply.lock().expect("nobody panicked") = reply;
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.state.received.lock().expect("nobody panicked").clone()
    }

    /// The one request that came.
    pub(crate) fn only(&self) -> Received {
        let received = self.received();
        assert_eq!(received.len(), 1, "{received:?}");
        received[0].clone()
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

/// The requests of a connection, one after the other.
async fn answer(mut socket: TcpStream, state: Arc<State>) {
    let mut bytes = Vec::new();
    loop {
        let received = loop {
            if let Some((received, length)) = parse(&bytes) {
                bytes.drain(..length);
                break received;
            }
            if socket.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {
                continue;
            }
            return;
        };
        let reply = state.reply.lock().expect("nobody panicked").clone();
        state.received.lock().expect("nobody panicked").push(received);
        state.came.notify_one();
        match reply {
            Reply::Text(text) => write(&mut socket, &text).await,
            Reply::Close => return,
            Reply::Silence => std::future::pending().await,
            Reply::Held(told) => {
                told.notified().await;
                write(&mut socket, "HTTP/1.1 500 Status\r\ncontent-length: 0\r\n\r\n").await;
            }
        }
    }
}

async fn write(socket: &mut TcpStream, text: &str) {
    // Who has heard enough hangs up.
    let _heard = socket.write_all(text.as_bytes()).await;
}

/// A whole request and how long it is, if it is there.
fn parse(bytes: &[u8]) -> Option<(Received, usize)> {
    let mut room = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut room);
    let httparse::Status::Complete(start) = request.parse(bytes).expect("a request") else { return None };
    assert_eq!(request.method, Some("POST"));
    let mut headers = HeaderMap::new();
    for header in request.headers.iter() {
        let name: HeaderName = header.name.parse().expect("a name");
        headers.append(name, HeaderValue::from_bytes(header.value).expect("a value"));
    }
    let length = headers.get("content-length").expect("a length").to_str().expect("digits");
    let end = start + length.parse::<usize>().expect("a number");
    let body = String::from_utf8(bytes.get(start..end)?.to_vec()).expect("text");
    Some((Received { path: request.path.expect("a path").to_owned(), headers, body }, end))
}
