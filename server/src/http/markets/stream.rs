//! A market, live: Server-Sent Events of its best levels, its trades, and whether it is open.

use super::seen;
use crate::app::App;
use crate::http::openapi::alike;
use crate::http::request::Id;
use crate::http::stream::X_ACCEL_BUFFERING;
use crate::http::wallet::fan::Owner;
use crate::markets::Seat;
use crate::problem::{Problem, types};
use crate::wallets::TooMany;
use axum::extract::State;
use axum::http::header;
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use jiff::Timestamp;
use rand::Rng;
use rewards::exchange::{Event, Following, Shown};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::Instant;

/// Open streams of one fan: markets, windows and devices.
const OF_FAN_MAX: usize = 16;
/// How long one lasts: who is believed is asked anew then.
const LASTS: Duration = Duration::from_secs(15 * 60);
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A market from now on: an event `depth` at once, and whenever something was missed; then a `change` for what is different, at most 20 a second,
/// each `since` the one before; `trade` and `state`. It ends with `bye` after a quarter of an hour.
#[utoipa::path(get, path = "/v1/markets/{id}/stream", tag = "markets", params(
    ("id" = String, Path, description = "mkt_…"),
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), responses(
    (status = 200, description = "events depth, change, trade, state and bye", content_type = "text/event-stream", body = String),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    alike::NotFound,
))]
pub(super) async fn open(owner: Owner, State(app): State<App>, Id(id): Id) -> Result<Response, Problem> {
    seen(&app, &owner, &id).await?;
    let most = (app.config.markets.streams_max, OF_FAN_MAX);
    let seat = app.markets.seat(owner.holder().fan_id, most).map_err(|full| match full {
        TooMany::InProcess { max } => {
            let detail = format!("this server has {max} who follow markets at most");
            Problem::new(&types::STREAMS_FULL, detail).again_after(5)
        }
        TooMany::OfFan { max } => {
            let detail = format!("one fan may follow {max} markets at most");
            Problem::new(&types::STREAMS_FULL_ADDRESS, detail).again_after(5)
        }
    })?;
    let following = app.markets.exchange.follow(&id);
    let ends = Instant::now() + LASTS;
    let watching = Watching { app, following, _seat: seat, ends, seq: 0, is_over: false };
    let events = unfold(watching, Watching::next);
    let answer = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    Ok(([(header::CACHE_CONTROL, "no-store, no-transform")], [(X_ACCEL_BUFFERING, "no")], answer)
        .into_response())
}

struct Watching {
    app: App,
    following: Following,
    _seat: Seat,
    ends: Instant,
    /// Of the depth that was told last.
    seq: u64,
    is_over: bool,
}

impl Watching {
    async fn next(mut self) -> Option<(Result<Sent, Infallible>, Self)> {
        if self.is_over {
            return None;
        }
        let shutdown = self.app.shutdown.clone();
        let event = tokio::select! {
            event = self.following.next() => self.sent(event),
            () = shutdown.cancelled() => self.bye("shutting-down"),
            () = tokio::time::sleep_until(self.ends) => self.bye("again"),
        };
        Some((Ok(event), self))
    }

    fn bye(&mut self, reason: &'static str) -> Sent {
        self.is_over = true;
        let stream = &self.app.config.stream;
        let retry = rand::rng().random_range(stream.retry_ms_min..=stream.retry_ms_max);
        Sent::default().event("bye").data(json!({ "reason": reason, "retry": retry }).to_string())
    }

    fn sent(&mut self, event: Event) -> Sent {
        let (name, data) = match event {
            Event::Depth(best) => {
                self.seq = best.seq;
                ("depth", json!({ "seq": best.seq, "bids": best.bids, "asks": best.asks }))
            }
            Event::Change { since, seq, bids, asks } => {
                self.seq = seq;
                let of = |side: &'static str, levels: Vec<Shown>| {
                    levels.into_iter().map(move |(price, total)| json!([side, price, total]))
                };
                let changes: Vec<Value> = of("bid", bids).chain(of("ask", asks)).collect();
                ("change", json!({ "since": since, "seq": seq, "changes": changes }))
            }
            Event::Trade { price, quantity, side, at_ms } => {
                let at = Timestamp::from_millisecond(at_ms).unwrap_or_default().to_string();
                ("trade", json!({ "price": price, "quantity": quantity, "at": at, "side": side }))
            }
            Event::State(state) => ("state", json!({ "state": state })),
        };
        Sent::default().id(self.seq.to_string()).event(name).data(data.to_string())
    }
}
