//! The live stream of a match (Server-Sent Events, HTML Living Standard §9.2).

use super::caller::{Opener, Reader, country};
use super::layers::{self, CREASE_RESUMED};
use super::matches::visible;
use super::request::{Asked, Id};
use crate::app::App;
use crate::door::{AtOnce, ClientAddress, Handover, Opened};
use crate::http::openapi::alike;
use crate::problem::{Problem, types};
use crate::stream::{Caller, Cut, Future, Start, Topic, Voice};
use axum::Extension;
use axum::body::Body;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use metrics::{Counter, Histogram};
use partners::limit::QuotaKind;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Instant;
use utoipa::IntoParams;
use wire::Position;

/// Where streams are.
pub(super) const ROUTE: &str = "/v1/matches/{id}/stream";
/// The connection ends with the stream, and a client or a proxy that keeps connections should know.
const ONE_STREAM: [(HeaderName, &str); 1] = [(header::CONNECTION, "close")];
/// nginx passes a response on unbuffered when it carries this header with "no".
pub(super) const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct StreamQuery {
    /// As the `Last-Event-ID` header, for clients that cannot set one.
    last_event_id: Option<String>,
    /// A tone in which balls are told besides, `hype` for one, as events `commentary`; without one, and where there is no such tone in the
    /// language, there are the updates alone.
    tone: Option<String>,
    /// The tone's language, `hi-Latn` for one; English when left out.
    lang: Option<String>,
}

/// Where a client was when it last had a stream, by the header or by the address, and in which tone it follows.
pub(super) struct Begins {
    last: Option<Position>,
    voice: Option<Voice>,
}

impl Begins {
    fn read(headers: &HeaderMap, query: &StreamQuery, app: &App) -> Result<Self, Problem> {
        let last = last_position(headers, query.last_event_id.as_deref())?;
        let tone = query.tone.as_deref().filter(|it| !it.is_empty());
        let voice = tone.and_then(|it| app.tones.voice(it, query.lang.as_deref()));
        Ok(Self { last, voice })
    }

    fn start(&self, app: &App, topic: &Topic) -> Result<Start, Future> {
        let Some(voice) = &self.voice else { return topic.start(self.last) };
        let start = topic.start_in(voice, self.last)?;
        if start.is_first {
            app.tones.ask();
        }
        Ok(start)
    }
}

impl FromRequestParts<App> for Begins {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Asked(query) = Asked::<StreamQuery>::from_request_parts(parts, app).await?;
        Self::read(&parts.headers, &query, app)
    }
}

/// Every update of a match from now on, or from the last id seen.
#[utoipa::path(get, path = "/v1/matches/{id}/stream", tag = "matches", params(
    ("id" = String, Path, description = "mat_…"),
    ("Last-Event-ID" = Option<String>, Header, description = "epoch.seq of the last update seen"),
    StreamQuery,
), responses(
    (status = 200, description = "events snapshot, ball, state, commentary, content, delayed and bye", content_type = "text/event-stream", body = String,
        headers(("Crease-Resumed" = String, description = "yes, or snapshot"))),
    alike::BadRequest,
    (status = 401, body = Problem, content_type = "application/problem+json"),
    alike::NotFound,
    (status = 429, body = Problem, content_type = "application/problem+json"),
    (status = 503, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn open(
    Opener { reader, country }: Opener,
    State(app): State<App>,
    Id(id): Id,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    Extension(cut): Extension<Cut>,
    handover: Option<Extension<Handover>>,
    begins: Begins,
) -> Result<Response, Problem> {
    let topic = visible(&app, &reader, &id).await?;
    reader.has_left(&app, QuotaKind::StreamMinutes, &topic)?;
    let start = start(&app, &topic, &begins).await?;
    let resumed = resumed(&start);
    let caller = Caller { address, partner: reader.for_stream(&app, &topic, country) };
    let admitted = app.subscribers.admit(topic, start, caller);
    let subscription = admitted.map_err(|full| reader.without_seat(&app, &id, full))?;
    starts(resumed).increment(1);
    Ok(match handover {
        Some(Extension(handover)) => (head(resumed), ONE_STREAM, handover.body(subscription)).into_response(),
        None => (head(resumed), Body::from_stream(app.subscribers.follow(subscription, cut))).into_response(),
    })
}

/// What the head of a stream would be (RFC 9110 §9.3.2), without a stream.
pub(super) async fn probe(
    Opener { reader, .. }: Opener,
    State(app): State<App>,
    Id(id): Id,
    begins: Begins,
) -> Result<Response, Problem> {
    let topic = visible(&app, &reader, &id).await?;
    let start = start(&app, &topic, &begins).await?;
    Ok((head(resumed(&start)), Body::empty()).into_response())
}

/// The short way to a stream: what [`open`] does where nothing has to be waited for and nothing is refused.
pub(super) struct Streams {
    app: App,
    /// Of an answer that resumes, and of one that begins with a snapshot.
    heads: [Head; 2],
    took: Histogram,
}

/// The head of an answer, as `http` writes it, up to its date.
struct Head {
    bytes: Bytes,
    starts: Counter,
}

impl Streams {
    pub(super) async fn of(app: &App) -> Self {
        let heads = [Head::of("yes", app).await, Head::of("snapshot", app).await];
        Self { app: app.clone(), heads, took: layers::took_to_open() }
    }
}

impl Head {
    async fn of(resumed: &'static str, app: &App) -> Self {
        let answer = move || (head(resumed), ONE_STREAM, Body::empty()).into_response();
        let mut bytes = b"HTTP/1.1 200 OK\r\n".to_vec();
        let mut headers = layers::headers_around(ROUTE, answer, app).await;
        headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        headers.remove(header::CONTENT_LENGTH);
        for (name, value) in &headers {
            bytes.extend_from_slice(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        Self { bytes: bytes.into(), starts: starts(resumed) }
    }
}

impl AtOnce for Streams {
    fn open(&self, request: &Parts, ClientAddress(address): ClientAddress) -> Option<Opened> {
        let begun = Instant::now();
        let id = request.uri.path().strip_prefix("/v1/matches/")?.strip_suffix("/stream")?;
        let topic = self.app.hub.topic_here(id)?;
        let reader =
            Reader::of(request, &self.app).ok().filter(|it| it.may_see(topic.id(), topic.is_sandbox()))?;
        let Query(query) = Query::<StreamQuery>::try_from_uri(&request.uri).ok()?;
        let start = Begins::read(&request.headers, &query, &self.app).ok()?.start(&self.app, &topic).ok()?;
        let head = &self.heads[usize::from(!start.is_resumed)];
        // What is refused is refused, and counted, on the other way.
        reader.can_open(&self.app).then_some(())?;
        let country = country(&request.headers, &self.app);
        let caller = Caller { address, partner: reader.for_stream(&self.app, &topic, country) };
        let subscription = self.app.subscribers.admit(topic, start, caller).ok()?;
        reader.note_origin(request, &self.app);
        head.starts.increment(1);
        self.took.record(begun.elapsed().as_secs_f64());
        Some(Opened { head: head.bytes.clone(), subscription })
    }
}

/// Counts streams that began.
fn starts(resumed: &'static str) -> Counter {
    metrics::counter!("stream_starts_total", "resumed" => resumed)
}

/// Where a stream begins. Who is ahead of this process may come from one that had heard more, as the log then says. Who is ahead of the log has seen
/// what is no more, of a database that was restored from a backup, and begins anew.
async fn start(app: &App, topic: &Arc<Topic>, begins: &Begins) -> Result<Start, Problem> {
    let claimed = match (begins.start(app, topic), begins.last) {
        (Err(_), Some(claimed)) => claimed,
        (start, _) => return Ok(start?),
    };
    app.hub.catch_up(topic.id(), claimed).await;
    if let Ok(start) = begins.start(app, topic) {
        return Ok(start);
    }
    let logged = app.hub.logged(topic.id()).await?;
    if (logged.epoch, logged.seq) >= (claimed.epoch, claimed.seq) {
        // It could not be read a moment ago.
        return Err(Problem::new(&types::UNAVAILABLE, "the match is further on than this process"));
    }
    metrics::counter!("stream_starts_ahead_total").increment(1);
    Ok(Begins { last: None, voice: begins.voice.clone() }.start(app, topic)?)
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
