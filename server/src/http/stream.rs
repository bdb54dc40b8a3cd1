//! The live stream of a match (Server-Sent Events, HTML Living Standard §9.2).

use super::caller::Reader;
use super::layers::CREASE_RESUMED;
use super::matches::visible;
use super::request::{Asked, Id};
use crate::app::App;
use crate::door::{ClientAddress, Handover};
use crate::problem::Problem;
use crate::stream::{Caller, Cut, Future, Start, Topic};
use axum::Extension;
use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::http::{HeaderMap, HeaderName, header, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;
use wire::Position;

/// Where streams are.
pub(super) const ROUTE: &str = "/v1/matches/{id}/stream";
/// nginx passes a response on unbuffered when it carries this header with "no".
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct StreamQuery {
    /// As the `Last-Event-ID` header, for clients that cannot set one.
    last_event_id: Option<String>,
}

/// Where a client was when it last had a stream, by the header or by the address.
pub(super) struct LastSeen(Option<Position>);

impl FromRequestParts<App> for LastSeen {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Asked(query) = Asked::<StreamQuery>::from_request_parts(parts, app).await?;
        last_position(&parts.headers, query.last_event_id.as_deref()).map(Self)
    }
}

/// Every update of a match from now on, or from the last id seen.
#[utoipa::path(get, path = "/v1/matches/{id}/stream", tag = "matches", params(
    ("id" = String, Path, description = "mat_…"),
    ("Last-Event-ID" = Option<String>, Header, description = "epoch.seq of the last update seen"),
    StreamQuery,
), responses(
    (status = 200, description = "events snapshot, ball, state, delayed and bye", content_type = "text/event-stream", body = String,
        headers(("Crease-Resumed" = String, description = "yes, or snapshot"))),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 429, body = Problem, content_type = "application/problem+json"),
    (status = 503, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn open(
    reader: Reader,
    State(app): State<App>,
    Id(id): Id,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    Extension(cut): Extension<Cut>,
    handover: Option<Extension<Handover>>,
    LastSeen(last): LastSeen,
) -> Result<Response, Problem> {
    let topic = visible(&app, &reader, &id).await?;
    let start = start(&app, &topic, last).await?;
    let resumed = resumed(&start);
    let subscription = app.subscribers.admit(topic, start, Caller { address, key_id: reader.key_id() })?;
    metrics::counter!("stream_starts_total", "resumed" => resumed).increment(1);
    Ok(match handover {
        // The connection ends with the stream, and a client or a proxy that keeps connections should know.
        Some(Extension(handover)) => {
            (head(resumed), [(header::CONNECTION, "close")], handover.body(subscription)).into_response()
        }
        None => (head(resumed), Body::from_stream(app.subscribers.follow(subscription, cut))).into_response(),
    })
}

/// What the head of a stream would be (RFC 9110 §9.3.2), without a stream.
pub(super) async fn probe(
    reader: Reader,
    State(app): State<App>,
    Id(id): Id,
    LastSeen(last): LastSeen,
) -> Result<Response, Problem> {
    let topic = visible(&app, &reader, &id).await?;
    let start = start(&app, &topic, last).await?;
    Ok((head(resumed(&start)), Body::empty()).into_response())
}

async fn start(app: &App, topic: &Arc<Topic>, last: Option<Position>) -> Result<Start, Future> {
    match (topic.start(last), last) {
        // The reader comes from a process that was ahead of this one: the log knows whether it is right.
        (Err(_), Some(claimed)) => {
            app.hub.catch_up(topic.id(), claimed).await;
            topic.start(last)
        }
        (start, _) => start,
    }
}

fn resumed(start: &Start) -> &'static str {
    if start.is_resumed { "yes" } else { "snapshot" }
}

/// `no-transform` keeps proxies from compressing: one that does not flush after each event would hold balls back.
fn head(resumed: &'static str) -> [(HeaderName, &'static str); 4] {
    [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store, no-transform"),
        (X_ACCEL_BUFFERING, "no"),
        (CREASE_RESUMED, resumed),
    ]
}

/// The header wins: a browser that reconnects sends the newest id there, while the address still has the first.
fn last_position(headers: &HeaderMap, query: Option<&str>) -> Result<Option<Position>, Problem> {
    let header = headers.get("last-event-id");
    let text = match header.map(|it| it.to_str()) {
        Some(Ok(text)) => Some(text),
        Some(Err(_)) => return Err(Problem::invalid("Last-Event-ID: not text")),
        None => query,
    };
    match text.filter(|it| !it.is_empty()) {
        None => Ok(None),
        Some(text) => match text.parse() {
            Ok(position) => Ok(Some(position)),
            Err(_) => Err(Problem::invalid("Last-Event-ID: not a position like 1732489200000.42")),
        },
    }
}
