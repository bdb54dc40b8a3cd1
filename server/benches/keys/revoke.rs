//! How soon a key that is revoked opens nothing, and the streams that it has opened are closed.

use crate::server::Crease;
use futures_util::StreamExt;
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use std::time::Instant;
use tokio::sync::oneshot;

const STREAMS: usize = 1_000;
const ROUNDS: usize = 5;
const PAGE: &str = "https://www.partner.example";

/// Each round opens streams with a key of its own and revokes it; times run from the moment at which the request to revoke it is sent.
pub(super) async fn measure(crease: &Crease) -> Value {
    let _already = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let ask = async |path: &str, body: Value| -> Value {
        let request = client.post(format!("http://{}{path}", crease.address)).bearer_auth(&crease.secret_key);
        let answer = request.body(body.to_string()).send().await.unwrap().error_for_status().unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
    };
    let site = ask("/v1/sites", json!({ "name": "Bench", "origins": [PAGE] })).await;
    let mut closed = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3).unwrap();
    let mut refused = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3).unwrap();
    for _ in 0..ROUNDS {
        let wanted = json!({ "name": "Bench", "kind": "publishable", "mode": "live", "site": site["id"] });
        let key = ask("/v1/keys", wanted).await;
        let (id, text) = (key["id"].as_str().unwrap(), key["text"].as_str().unwrap());
        let url = format!("http://{}/v1/matches/{}", crease.address, crease.sandbox_match);
        let get = |rest: &str| {
            let request = client.get(format!("{url}{rest}")).header("x-crease-key", text);
            request.header("origin", PAGE)
        };
        let mut ends = Vec::new();
        for _ in 0..STREAMS {
            let answer = get("/stream").send().await.unwrap().error_for_status().unwrap();
            let (ended, end) = oneshot::channel();
            tokio::spawn(async move {
                let mut body = answer.bytes_stream();
                while body.next().await.is_some_and(|it| it.is_ok()) {}
                ended.send(Instant::now()).unwrap();
            });
            ends.push(end);
        }
        let begun = Instant::now();
        let micros = |at: Instant| u64::try_from(at.duration_since(begun).as_micros()).unwrap();
        // Who asks all the while is refused from some request on.
        let turned_away = async {
            loop {
                let answer = get("").send().await.unwrap();
                if !answer.status().is_success() {
                    break micros(Instant::now());
                }
            }
        };
        let path = format!("/v1/keys/{id}/revoke");
        let (_, first_refusal) = tokio::join!(ask(&path, json!({ "even_if_used": true })), turned_away);
        refused.record(first_refusal).unwrap();
        for end in ends {
            closed.record(micros(end.await.unwrap())).unwrap();
        }
    }
    let ms = |micros: u64| micros as f64 / 1000.0;
    json!({
        "streams": STREAMS,
        "rounds": ROUNDS,
        "closed_p50_ms": ms(closed.value_at_quantile(0.5)),
        "closed_p99_ms": ms(closed.value_at_quantile(0.99)),
        "closed_max_ms": ms(closed.max()),
        "refused_max_ms": ms(refused.max()),
    })
}
