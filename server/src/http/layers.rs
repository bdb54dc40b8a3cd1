//! What surrounds every route: metrics, time limits, headers, and the answers where there is no route.

use super::limits::{Judged, RATE_LIMIT, RATE_LIMIT_POLICY};
use crate::app::App;
use crate::http::{places, stream};
use crate::problem::{Problem, Word, types};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jobs::trace::TRACES;
use metrics::{Histogram, SharedString};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tower::ServiceExt;
use tower_http::cors::{Any, CorsLayer};
use tracing::field::Empty;
use tracing::{Instrument, Span};

/// Says whether a stream resumed ("yes") or began with a snapshot ("snapshot").
pub(super) const CREASE_RESUMED: HeaderName = HeaderName::from_static("crease-resumed");

/// What pages send when they read.
const READING: [HeaderName; 4] = [
    header::AUTHORIZATION,
    HeaderName::from_static("x-crease-key"),
    HeaderName::from_static("last-event-id"),
    header::IF_NONE_MATCH,
];

/// Reading is open to every origin; the key decides which origins may use it.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET])
        .allow_headers(READING)
        .expose_headers([header::ETAG, header::RETRY_AFTER, CREASE_RESUMED, RATE_LIMIT, RATE_LIMIT_POLICY])
        .max_age(Duration::from_secs(24 * 60 * 60))
}

/// Routes that answer in time, and say in every answer, a late one too, that pages of other sites may read it.
pub(super) fn open(routes: Router<App>, app: &App) -> Router<App> {
    timely(routes, app).layer(cors())
}

/// The same of routes that pages call for a fan. No cookie is sent to them, nor would one count: who a fan is stands in a header.
pub(super) fn open_to_fans(routes: Router<App>, app: &App) -> Router<App> {
    let [fan, place] = places::SENT;
    let sent = [header::CONTENT_TYPE, fan, place, HeaderName::from_static("idempotency-key")];
    let headers = READING.into_iter().chain(sent);
    let cors = cors()
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers(headers.collect::<Vec<_>>());
    timely(routes, app).layer(cors)
}

/// Routes that answer in time.
pub(super) fn timely(routes: Router<App>, app: &App) -> Router<App> {
    // Before other layers: one that is set later would answer a browser's OPTIONS in its place.
    let routes = routes.method_not_allowed_fallback(no_method);
    routes.layer(middleware::from_fn_with_state(app.clone(), within_time))
}

/// Lays what is common to all routes around them. It is one layer: each costs a newcomer's request some microseconds, and there may be
/// hundreds of thousands of them at once.
pub(super) fn around(routes: Router<App>, app: &App) -> Router<App> {
    routes.layer(middleware::from_fn_with_state(app.clone(), surround))
}

/// What is uploaded comes as slowly as a phone sends it: 20 MB within this time are 1.4 million bits a second.
const UPLOAD_SECONDS: u64 = 120;
const UPLOADS: [&str; 2] = ["/console/content/media", "/console/content/files"];

/// The least time that a request has.
fn least_seconds(request: &Request) -> u64 {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if request.method() == Method::POST && UPLOADS.contains(&route) { UPLOAD_SECONDS } else { 0 }
}

/// Answers in time or not at all. A stream's head counts; its body goes on for as long as the reader stays.
async fn within_time(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let seconds_max = app.config.http.request_seconds_max.max(least_seconds(&request));
    let judged = Judged::default();
    request.extensions_mut().insert(judged.clone());
    match tokio::time::timeout(Duration::from_secs(seconds_max), next.run(request)).await {
        Ok(mut response) => {
            judged.say(response.headers_mut());
            response
        }
        Err(_) => {
            let detail = format!("no answer within {seconds_max} s");
            Problem::new(&types::TOO_SLOW, detail).into_response()
        }
    }
}

/// Headers that every response carries unless its route set them.
fn complete(headers: &mut HeaderMap) {
    let defaults = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ];
    for (name, value) in defaults {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// What stands for the route where there is none.
const NO_ROUTE: &str = "none";

/// Measures, counts the streams that were not opened, whatever the reason, and completes the headers.
async fn surround(State(app): State<App>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    // The route's pattern, not the path: ids would make a metric of each match.
    let matched = request.extensions().get::<MatchedPath>();
    let is_stream = matched.is_some_and(|it| it.as_str() == stream::ROUTE);
    let route = match matched {
        _ if is_stream => SharedString::const_str(stream::ROUTE),
        Some(matched) => matched.as_str().to_owned().into(),
        None => SharedString::const_str(NO_ROUTE),
    };
    let method = match *request.method() {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    };
    let span = if is_stream { Span::none() } else { span(&request, &route, method, &app) };
    let mut response = next.run(request).instrument(span.clone()).await;
    if !span.is_disabled() {
        conclude(&span, response.status());
    }
    if let Some(Word(word)) = response.extensions().get().filter(|_| is_stream) {
        metrics::counter!("stream_refusals_total", "problem" => *word).increment(1);
    }
    complete(response.headers_mut());
    let status = match response.status() {
        StatusCode::OK => SharedString::const_str("200"),
        other => other.as_str().to_owned().into(),
    };
    took(route, method, status).record(begun.elapsed().as_secs_f64());
    response
}

/// What a trace says of a request, by the semantic conventions of HTTP: no path, no query and no header, for keys stand there.
fn span(request: &Request, route: &str, method: &str, app: &App) -> Span {
    let route = (route != NO_ROUTE).then_some(route);
    let span = tracing::info_span!(
        target: TRACES,
        parent: None,
        "request",
        otel.name = route.map_or_else(|| method.to_owned(), |it| format!("{method} {it}")),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
    );
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    if !span.is_disabled()
        && let Some(traceparent) = request.headers().get("traceparent").and_then(|it| it.to_str().ok())
        && peer.is_some_and(|it| app.config.telemetry.believes(it.0.ip()))
    {
        jobs::trace::join(&span, traceparent);
    }
    span
}

fn conclude(span: &Span, status: StatusCode) {
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}

/// How long requests took until their answer began.
fn took(route: SharedString, method: &'static str, status: SharedString) -> Histogram {
    metrics::histogram!("http_request_seconds", "route" => route, "method" => method, "status" => status)
}

/// As [`around`] measures the streams that it lets through.
pub(super) fn took_to_open() -> Histogram {
    let (route, status) = (SharedString::const_str(stream::ROUTE), SharedString::const_str("200"));
    took(route, "GET", status)
}

/// The headers that a route's answer would have after all layers.
pub(super) async fn headers_around(
    route: &str,
    answer: impl Fn() -> Response + Clone + Send + Sync + 'static,
    app: &App,
) -> HeaderMap {
    let routes = open(Router::new().route(route, get(async move || answer())), app).with_state(app.clone());
    let request = Request::get(route).body(Body::empty()).expect("a route is a path");
    let Ok(mut response) = routes.oneshot(request).await;
    complete(response.headers_mut());
    std::mem::take(response.headers_mut())
}

pub(super) async fn no_route(request: Request) -> Problem {
    Problem::unknown_route(request.uri().path())
}

async fn no_method(request: Request) -> Problem {
    let detail = format!("{} does not take {}", request.uri().path(), request.method());
    Problem::new(&types::METHOD_NOT_ALLOWED, detail)
}
