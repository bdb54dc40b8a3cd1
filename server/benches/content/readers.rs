//! Open streams, each read by a task.

use crate::newsroom::Newsroom;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::net::Ipv4Addr;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// A server takes so many connections of one address.
const PER_ADDRESS: usize = 500;
/// Connections that are opened at once.
const AT_ONCE: usize = 200;
/// What a stream is read by.
const READ_BYTES: usize = 4096;
/// Sockets, and some.
const FILES: u64 = 20_000;

pub(super) struct Readers {
    count: usize,
    /// Dropped, they end: before the server does.
    _tasks: JoinSet<()>,
    heard: mpsc::UnboundedReceiver<(usize, Instant)>,
}

impl Readers {
    /// Opens them; answers when each has its first event.
    pub(super) async fn open(newsroom: &Newsroom, count: usize) -> Self {
        setrlimit(Resource::Nofile, Rlimit { current: Some(FILES), maximum: Some(FILES) }).unwrap();
        let mut tasks = JoinSet::new();
        let (say, heard) = mpsc::unbounded_channel();
        let (opened, mut open) = mpsc::unbounded_channel();
        let request = format!(
            "GET /v1/matches/{}/stream?key={} HTTP/1.1\r\nHost: {}\r\nOrigin: http://localhost:8000\r\n\r\n",
            newsroom.sandbox_match, newsroom.key, newsroom.address
        );
        for first in (0..count).step_by(AT_ONCE) {
            let several = first..count.min(first + AT_ONCE);
            for number in several.clone() {
                let (say, opened, request) = (say.clone(), opened.clone(), request.clone());
                let (to, from) = (newsroom.address, u8::try_from(2 + number / PER_ADDRESS).unwrap());
                tasks.spawn(async move {
                    let socket = TcpSocket::new_v4().unwrap();
                    socket.bind((Ipv4Addr::new(127, 0, 0, from), 0).into()).unwrap();
                    let mut stream = socket.connect(to).await.unwrap();
                    stream.write_all(request.as_bytes()).await.unwrap();
                    let (mut text, mut is_open) = (Vec::with_capacity(READ_BYTES), false);
                    loop {
                        let got = stream.read_buf(&mut text).await.unwrap();
                        assert!(got > 0, "a stream ended: {}", String::from_utf8_lossy(&text));
                        if !is_open && contains(&text, b"event: snapshot") {
                            is_open = true;
                            opened.send(()).unwrap();
                        }
                        while let Some(end) = text.windows(2).position(|it| it == b"\n\n") {
                            let event: Vec<u8> = text.drain(..end + 2).collect();
                            if let Some(number) = publication(&event) {
                                say.send((number, Instant::now())).unwrap();
                            }
                        }
                    }
                });
            }
            for _ in several {
                open.recv().await.unwrap();
            }
        }
        Self { count, _tasks: tasks, heard }
    }

    /// How many microseconds after it began each stream had a publication.
    pub(super) async fn next(&mut self, number: usize, begun: Instant) -> Vec<u64> {
        let mut times = Vec::with_capacity(self.count);
        while times.len() < self.count {
            let (heard, at) = self.heard.recv().await.unwrap();
            assert_eq!(heard, number, "each stream has each publication once");
            times.push(u64::try_from(at.duration_since(begun).as_micros()).unwrap());
        }
        times
    }
}

/// Which one an event is of: "Publication 7."
fn publication(event: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(event).ok().filter(|it| it.contains("event: content"))?;
    let number = text.split_once("\"Publication ")?.1.split_once('.')?.0;
    number.parse().ok()
}

fn contains(text: &[u8], what: &[u8]) -> bool {
    memchr::memmem::find(text, what).is_some()
}
