//! Clients that send orders over connections that stay open.

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Where orders go, and whose they are.
#[derive(Clone)]
pub(super) struct Load {
    pub(super) address: SocketAddr,
    pub(super) key: String,
    pub(super) market: String,
    /// "Crease-Fan" of each.
    pub(super) fans: Arc<Vec<String>>,
}

/// How often.
#[derive(Clone, Copy)]
pub(super) enum Pace {
    /// As soon as the last answer is there.
    Full,
    /// So often by all clients together, whether or not the last answer is there in time: lateness counts as waiting.
    PerSecond(f64),
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figures {
    pub(super) per_second: f64,
    p50_ms: f64,
    pub(super) p99_ms: f64,
    p999_ms: f64,
}

impl Figures {
    pub(super) fn json(&self) -> Value {
        let rounded = |it: f64| (it * 1000.0).round() / 1000.0;
        json!({
            "orders_per_second": self.per_second.round(),
            "p50_ms": rounded(self.p50_ms),
            "p99_ms": rounded(self.p99_ms),
            "p999_ms": rounded(self.p999_ms),
        })
    }
}

/// Numbers that follow from a seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

impl Load {
    pub(super) async fn run(&self, clients: usize, pace: Pace, long: Duration) -> Figures {
        let begun = Instant::now();
        let all: Vec<_> = (0..clients)
            .map(|at| {
                let load = self.clone();
                tokio::spawn(async move { load.client(pace, (at, clients), begun, long).await })
            })
            .collect();
        let mut took = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3).unwrap();
        for one in all {
            took.add(one.await.unwrap()).unwrap();
        }
        let ms = |quantile| took.value_at_quantile(quantile) as f64 / 1000.0;
        let per_second = took.len() as f64 / begun.elapsed().as_secs_f64();
        Figures { per_second, p50_ms: ms(0.5), p99_ms: ms(0.99), p999_ms: ms(0.999) }
    }

    /// One client's times, in microseconds.
    async fn client(
        &self,
        pace: Pace,
        (at, clients): (usize, usize),
        begun: Instant,
        long: Duration,
    ) -> Histogram<u64> {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut took = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3).unwrap();
        let (mut buffer, mut draw) = (Vec::with_capacity(16 * 1024), Draw(at as u64 + 1));
        for turn in 0_u32.. {
            let due = match pace {
                Pace::Full => Instant::now(),
                Pace::PerSecond(rate) => {
                    let every = clients as f64 / rate;
                    begun + Duration::from_secs_f64(every * (f64::from(turn) + at as f64 / clients as f64))
                }
            };
            if due.duration_since(begun) >= long {
                break;
            }
            tokio::time::sleep_until(due.into()).await;
            stream.write_all(self.order(&mut draw).as_bytes()).await.unwrap();
            answer(&mut stream, &mut buffer).await;
            took.saturating_record(u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX));
        }
        took
    }

    /// Of some fan, near the middle: about half of them fill others.
    fn order(&self, draw: &mut Draw) -> String {
        let fan = &self.fans[usize::try_from(draw.below(self.fans.len() as u64)).unwrap()];
        let side = if draw.below(2) == 0 { "buy" } else { "sell" };
        let (price, quantity) = (95 + draw.below(11), 1 + draw.below(5));
        let body = json!({
            "side": side, "type": "limit", "price": price, "quantity": quantity, "time_in_force": "gtc",
            "self_trade": "cancel-oldest",
        });
        let (body, key, market) = (body.to_string(), &self.key, &self.market);
        format!(
            "POST /v1/markets/{market}/orders HTTP/1.1\r\nhost: bench\r\norigin: http://localhost:8000\r\n\
             x-crease-key: {key}\r\ncrease-fan: {fan}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}

/// Reads one answer, which must be an order that was taken.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    loop {
        let count = stream.read_buf(buffer).await.unwrap();
        assert_ne!(count, 0, "the server closed a connection");
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut response = httparse::Response::new(&mut headers);
        let Ok(httparse::Status::Complete(head)) = response.parse(buffer) else { continue };
        assert_eq!(response.code, Some(201), "{}", String::from_utf8_lossy(buffer));
        let length = response.headers.iter().find(|it| it.name.eq_ignore_ascii_case("content-length"));
        let length: usize = std::str::from_utf8(length.unwrap().value).unwrap().parse().unwrap();
        if buffer.len() >= head + length {
            return;
        }
    }
}
