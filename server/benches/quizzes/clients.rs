//! Clients that answer over connections that stay open, and streams that hear how many have.

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// Where answers go, and whose they are.
#[derive(Clone)]
pub(super) struct Aim {
    pub(super) address: SocketAddr,
    pub(super) key: String,
    pub(super) match_id: String,
    pub(super) question: String,
    /// "Crease-Fan" of each.
    pub(super) fans: Arc<Vec<String>>,
}

/// How many answer within how long, and how many look on.
pub(super) struct Burst {
    pub(super) answers: usize,
    pub(super) within: Duration,
    pub(super) clients: usize,
    pub(super) streams: usize,
}

/// What came of it. Seen is what was on the slowest of the streams that are looked at.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) seconds: f64,
    pub(super) receipts: usize,
    pub(super) refused: usize,
    pub(super) receipt_p50_ms: f64,
    pub(super) receipt_p99_ms: f64,
    pub(super) seen_p50_ms: f64,
    pub(super) seen_p99_ms: f64,
    pub(super) events: usize,
    pub(super) last_total: i64,
}

/// When how many had answered, as a stream told it.
type Seen = Vec<(Instant, i64)>;

impl Burst {
    pub(super) async fn run(&self, aim: &Aim) -> Figures {
        let mut streams = Vec::new();
        for _ in 0..self.streams {
            let (open, opened) = oneshot::channel();
            streams.push(tokio::spawn(look_on(aim.clone(), self.answers, open)));
            opened.await.unwrap();
        }
        println!("{} streams are open", self.streams);
        let begun = Instant::now();
        let clients: Vec<_> = (0..self.clients)
            .map(|at| {
                let (aim, answers, within, clients) = (aim.clone(), self.answers, self.within, self.clients);
                tokio::spawn(async move { client(&aim, (at, clients), answers, (begun, within)).await })
            })
            .collect();
        let (mut receipts, mut refused) = (Vec::new(), 0);
        let mut took = histogram();
        for one in clients {
            let own = one.await.unwrap();
            refused += own.refused;
            for (due, at) in own.receipts {
                took.saturating_record(micros(at.duration_since(due)));
                receipts.push(at);
            }
        }
        let seconds = begun.elapsed().as_secs_f64();
        receipts.sort_unstable();
        // The n-th receipt is seen with the first event that tells of n answers or more.
        let (mut seen, mut events, mut last_total) = (histogram(), 0, i64::MAX);
        for stream in streams {
            let told = tokio::time::timeout(Duration::from_secs(10), stream).await.unwrap().unwrap();
            events = events.max(told.len());
            last_total = last_total.min(told.last().map_or(0, |it| it.1));
            let mut at = 0;
            for (answered, receipt) in (1_i64..).zip(&receipts) {
                while told.get(at).is_some_and(|it| it.1 < answered) {
                    at += 1;
                }
                if let Some((heard, _)) = told.get(at) {
                    seen.saturating_record(micros(heard.saturating_duration_since(*receipt)));
                }
            }
        }
        let ms = |of: &Histogram<u64>, quantile| of.value_at_quantile(quantile) as f64 / 1000.0;
        Figures {
            seconds,
            receipts: receipts.len(),
            refused,
            receipt_p50_ms: ms(&took, 0.5),
            receipt_p99_ms: ms(&took, 0.99),
            seen_p50_ms: ms(&seen, 0.5),
            seen_p99_ms: ms(&seen, 0.99),
            events,
            last_total,
        }
    }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000, 3).unwrap()
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

#[derive(Default)]
struct Own {
    /// When each was to be sent, and when it was there.
    receipts: Vec<(Instant, Instant)>,
    refused: usize,
}

/// Sends each of its fans' answers when it is due.
async fn client(
    aim: &Aim,
    (at, clients): (usize, usize),
    answers: usize,
    (begun, within): (Instant, Duration),
) -> Own {
    let mut stream = TcpStream::connect(aim.address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut own, mut buffer) = (Own::default(), Vec::with_capacity(16 * 1024));
    for number in (at..answers).step_by(clients) {
        let due = begun + within.mul_f64(number as f64 / answers as f64);
        tokio::time::sleep_until(due.into()).await;
        let choice = if number % 3 == 0 { "a" } else { "b" };
        let body = json!({ "choice": choice, "match": aim.match_id }).to_string();
        let request = format!(
            "POST /v1/quizzes/questions/{}/answer HTTP/1.1\r\nhost: bench\r\norigin: http://localhost:8000\r\n\
             x-crease-key: {}\r\ncrease-fan: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            aim.question,
            aim.key,
            aim.fans[number],
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        match answer(&mut stream, &mut buffer).await {
            200 => own.receipts.push((due, Instant::now())),
            status => {
                if own.refused == 0 {
                    println!("{status}: {}", String::from_utf8_lossy(&buffer));
                }
                own.refused += 1;
            }
        }
    }
    own
}

/// Reads one answer; answers its status.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> u16 {
    buffer.clear();
    loop {
        let count = stream.read_buf(buffer).await.unwrap();
        assert_ne!(count, 0, "the server closed a connection");
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut response = httparse::Response::new(&mut headers);
        let Ok(httparse::Status::Complete(head)) = response.parse(buffer) else { continue };
        let (status, headers) = (response.code.unwrap(), response.headers.iter());
        let length = headers.clone().find(|it| it.name.eq_ignore_ascii_case("content-length"));
        let length: usize = std::str::from_utf8(length.unwrap().value).unwrap().parse().unwrap();
        if buffer.len() >= head + length {
            return status;
        }
    }
}

/// Reads a stream until it has told of all answers, or tells nothing more for three seconds.
async fn look_on(aim: Aim, answers: usize, open: oneshot::Sender<()>) -> Seen {
    let mut stream = TcpStream::connect(aim.address).await.unwrap();
    let request = format!(
        "GET /v1/matches/{}/stream HTTP/1.1\r\nhost: bench\r\norigin: http://localhost:8000\r\nx-crease-key: {}\r\n\r\n",
        aim.match_id, aim.key
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut seen, mut buffer, mut open) = (Seen::new(), Vec::new(), Some(open));
    loop {
        let long = if seen.is_empty() { 120 } else { 3 };
        let read = tokio::time::timeout(Duration::from_secs(long), stream.read_buf(&mut buffer)).await;
        let Ok(count) = read else { return seen };
        assert_ne!(count.unwrap(), 0, "the server closed a stream");
        if let Some(open) = open.take() {
            open.send(()).unwrap();
        }
        while let Some(end) = buffer.windows(2).position(|it| it == b"\n\n") {
            let block: Vec<u8> = buffer.drain(..end + 2).collect();
            let text = String::from_utf8_lossy(&block);
            let Some((_, data)) = text.split_once("event: quiz\ndata: ") else { continue };
            let event: Value = serde_json::from_str(data.trim_end()).unwrap();
            let total = event["questions"][0]["total"].as_i64().unwrap_or_default();
            if total > 0 {
                seen.push((Instant::now(), total));
            }
            if usize::try_from(total).is_ok_and(|it| it >= answers) {
                return seen;
            }
        }
    }
}
