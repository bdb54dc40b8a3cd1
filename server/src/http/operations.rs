//! The operators' page under `/console/operations`: what the jobs do, live, and what can be done about them. The page is the crate
//! `console`'s. An operator is a user with that role on the platform, signed in; where `[operations]` has a secret, so is who knows it (HTTP
//! Basic, RFC 7617; the name is whoever it says it is). For everybody else there are no such pages. What is done is in the audit log.

use super::dashboard::{Path, SignedIn};
use super::guard::{self, Guard};
use crate::app::App;
use crate::problem::{Problem, types};
use access::grant::{self, PlatformRole};
use access::{Actor, ActorKind, By, Deed, Session, Visitor, audit};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Extension, FromRequest, FromRequestParts, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use console::Fields;
use console::operations::{self, PATH};
use futures_util::Stream;
use jobs::overview::overview;
use sha2::{Digest, Sha256};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::Transaction;
use subtle::ConstantTimeEq;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

/// How often the page is drawn anew for those who look at it.
const EVERY: Duration = Duration::from_secs(1);
/// Pages that are looked at, at once, in this process.
const STREAMS_MAX: usize = 32;
/// A stream ends after so long; the page asks for the next, and with it says the secret again.
const STREAM_MAX: Duration = Duration::from_secs(15 * 60);
/// An operator's name, for the log.
const NAME_MAX: usize = 40;

/// The page's routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(PATH, get(page))
        .route("/console/operations/stream", get(stream))
        .route("/console/operations/{what}/{name}/{action}", post(act))
        .layer(Extension(Guard::default()))
        .layer(Extension(Views::default()))
}

/// Who looks, and acts.
struct Operator {
    by: By,
    /// The session, where it is one.
    session: Option<Session>,
}

impl Operator {
    fn name(&self) -> &str {
        &self.by.actor.name
    }

    /// Of the session's forms; empty without one.
    fn form_token(&self) -> String {
        self.session.as_ref().map(Session::form_token).unwrap_or_default()
    }
}

impl FromRequestParts<App> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        if let Ok(signed_in) = SignedIn::from_request_parts(parts, app).await {
            let user = &signed_in.session.user.id;
            let asked =
                app.store.read("access.grant", async |db| grant::has(db, user, PlatformRole::Operator).await);
            match asked.await {
                Ok(true) => return Ok(Operator { by: signed_in.by(), session: Some(signed_in.session) }),
                Ok(false) => {}
                Err(access::Error::Store(error)) => return Err(Problem::from(error).into_response()),
                Err(error) => return Err(Problem::internal(&error).into_response()),
            }
        }
        let Some(secret) = app.config.operations.secret.reveal() else {
            return Err(Problem::unknown_route(parts.uri.path()).into_response());
        };
        by_secret(parts, app, secret).map_err(|refused| *refused)
    }
}

/// By the secret of the configuration.
fn by_secret(parts: &Parts, app: &App, secret: &str) -> Result<Operator, Box<Response>> {
    let guard = parts.extensions.get::<Guard>().cloned().unwrap_or_default();
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|it| it.0.ip());
    let now_ms = app.clock.now_ms();
    if address.is_some_and(|it| !guard.may_try(it, now_ms)) {
        let text = "Too many wrong secrets from here: try again in a quarter of an hour.";
        return Err(Box::new(refused(StatusCode::TOO_MANY_REQUESTS, "Not now", text, "")));
    }
    let Some((name, said)) = credentials(&parts.headers) else { return Err(Box::new(challenge())) };
    // Of hashes: the time that it takes tells neither the length nor the beginning.
    if !bool::from(Sha256::digest(said).ct_eq(&Sha256::digest(secret))) {
        tracing::warn!(operator = name, "a wrong secret for operations");
        if let Some(address) = address {
            guard.failed(address, now_ms);
        }
        return Err(Box::new(challenge()));
    }
    let agent = parts.headers.get(header::USER_AGENT).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let visitor = Visitor::new(super::dashboard::address(parts), agent);
    let actor = Actor { kind: ActorKind::Operator, id: "operations.secret".to_owned(), name };
    Ok(Operator { by: By { actor, visitor: Some(visitor), at: app.clock.now() }, session: None })
}

/// Sent a form from a page of ours.
struct Acting(Operator);

impl FromRequest<App> for Acting {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let operator = Operator::from_request_parts(&mut parts, app).await?;
        // A browser says the secret, and shows the session, to us whoever asks it to.
        let is_ours = guard::is_own_origin(&parts.headers, &app.config.http.public_url);
        let body = Bytes::from_request(Request::from_parts(parts, body), app).await.unwrap_or_default();
        let fields = Fields::parse(&String::from_utf8_lossy(&body));
        let is_sent = operator.session.as_ref().is_none_or(|it| it.sent(fields.text("csrf")));
        if !is_ours || !is_sent {
            let text = "This was not pressed on a page of ours. Nothing was done.";
            return Err(refused(StatusCode::FORBIDDEN, "Not done", text, operator.name()));
        }
        Ok(Acting(operator))
    }
}

/// Name and secret, as HTTP Basic says them.
fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let said = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, secret) = said.split_once(':')?;
    let name: String = name.chars().filter(|it| !it.is_control()).take(NAME_MAX).collect();
    Some((if name.is_empty() { "operator".to_owned() } else { name }, secret.to_owned()))
}

fn challenge() -> Response {
    let text = "Sign in with your name and the operators' secret (operations.secret of the configuration).";
    let mut response = refused(StatusCode::UNAUTHORIZED, "Operations", text, "");
    let scheme = HeaderValue::from_static("Basic realm=\"Crease operations\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    response
}

fn refused(status: StatusCode, title: &str, text: &str, operator: &str) -> Response {
    super::scorer::html(status, operations::refused(title, text, operator))
}

async fn page(State(app): State<App>, operator: Operator) -> Response {
    match overview(&app.store).await {
        Ok(overview) => {
            let page = operations::page(&overview, app.clock.now(), operator.name(), &operator.form_token());
            super::scorer::html(StatusCode::OK, page)
        }
        Err(error) => failed(error, &operator),
    }
}

/// When it was drawn, and its HTML.
type View = (Instant, Arc<str>);

/// What everybody who looks at the page sees, drawn once for all.
#[derive(Clone)]
struct Views {
    latest: Arc<Mutex<Option<View>>>,
    streams: Arc<Semaphore>,
}

impl Default for Views {
    fn default() -> Self {
        Self { latest: Arc::default(), streams: Arc::new(Semaphore::new(STREAMS_MAX)) }
    }
}

impl Views {
    async fn now(&self, app: &App) -> Result<Arc<str>, jobs::Error> {
        let mut latest = self.latest.lock().await;
        if let Some((at, view)) = latest.as_ref()
            && at.elapsed() < EVERY / 2
        {
            return Ok(Arc::clone(view));
        }
        let view = operations::live(&overview(&app.store).await?, app.clock.now()).into_string();
        let view: Arc<str> = view.into();
        *latest = Some((Instant::now(), Arc::clone(&view)));
        Ok(view)
    }
}

async fn stream(State(app): State<App>, Extension(views): Extension<Views>, operator: Operator) -> Response {
    let Ok(permit) = Arc::clone(&views.streams).try_acquire_owned() else {
        let detail = format!("{STREAMS_MAX} operators look at this page already");
        return Problem::new(&types::STREAMS_FULL, detail).into_response();
    };
    tracing::debug!(operator = operator.name(), "looks at operations");
    let until = tokio::time::Instant::now() + STREAM_MAX;
    let ends = app.shutdown.clone();
    let ends = async move {
        tokio::select! {
            () = ends.cancelled() => {}
            () = tokio::time::sleep_until(until) => {}
        }
    };
    let events = futures_util::StreamExt::take_until(events(app, views, operator, permit), Box::pin(ends));
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// A view each second; what the database does not say is said by the page: that it has not heard.
fn events(
    app: App,
    views: Views,
    operator: Operator,
    permit: OwnedSemaphorePermit,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let state = (app, views, operator, permit, ticks);
    futures_util::stream::unfold(state, async |(app, views, operator, permit, mut ticks)| {
        loop {
            ticks.tick().await;
            match views.now(&app).await {
                Ok(view) => {
                    let event = Event::default()
                        .event("view")
                        .json_data(operations::own(&view, &operator.form_token()));
                    let event = event.unwrap_or_default();
                    return Some((Ok(event), (app, views, operator, permit, ticks)));
                }
                Err(error) => tracing::warn!(%error, "operators see no jobs"),
            }
        }
    })
}

/// Does what a button of the page says: to `queues`, `jobs` or `schedules`, by their names or numbers.
async fn act(
    State(app): State<App>,
    Path((what, name, action)): Path<(String, String, String)>,
    Acting(operator): Acting,
) -> Response {
    let done = app.store.run_tx("operations.act", async |tx| {
        let is_done = done(tx, &what, &name, &action).await?;
        if is_done {
            let (action, object) = (format!("{what}.{action}"), name.as_str());
            let deed = Deed { action: &action, object, ..Deed::default() };
            audit::record(tx, &operator.by, &deed).await.map_err(|error| match error {
                access::Error::Store(error) => jobs::Error::Store(error),
                error => unreachable!("the audit log takes every deed: {error}"),
            })?;
        }
        Ok(is_done)
    });
    let done = done.await;
    answer(done, &operator, &action, &format!("{what}/{name}"))
}

/// Whether there is such a thing to do.
async fn done(tx: &Transaction<'_>, what: &str, name: &str, action: &str) -> Result<bool, jobs::Error> {
    match (what, action, name.parse::<i64>()) {
        ("queues", "pause", _) => jobs::pause(tx, name).await?,
        ("queues", "resume", _) => jobs::resume(tx, name).await?,
        ("jobs", "cancel", Ok(id)) => jobs::cancel(tx, id).await?,
        ("jobs", "revive", Ok(id)) => jobs::revive(tx, id).await?,
        ("jobs", "forget", Ok(id)) => jobs::forget(tx, id).await?,
        ("schedules", "pause", _) => jobs::pause_cron(tx, name).await?,
        ("schedules", "resume", _) => jobs::resume_cron(tx, name).await?,
        ("schedules", "run", _) => drop(jobs::run_cron(tx, name).await?),
        _ => return Ok(false),
    }
    Ok(true)
}

/// Back to the page, or why not; what was done is in the log with who did it.
fn answer(done: Result<bool, jobs::Error>, operator: &Operator, action: &str, what: &str) -> Response {
    match done {
        Ok(true) => {
            tracing::info!(operator = operator.name(), action, what, "operations");
            Redirect::to(PATH).into_response()
        }
        Ok(false) => {
            let text = "There is nothing of that name to do.";
            refused(StatusCode::NOT_FOUND, "Not found", text, operator.name())
        }
        Err(error) => failed(error, operator),
    }
}

fn failed(error: jobs::Error, operator: &Operator) -> Response {
    let (status, title, text) = match error {
        jobs::Error::NoSuchJob { id } => {
            (StatusCode::CONFLICT, "Not any more", format!("Job {id} has ended, or was forgotten, since."))
        }
        jobs::Error::NoSuchSchedule { name } => {
            (StatusCode::NOT_FOUND, "Not found", format!("There is no schedule {name}."))
        }
        jobs::Error::Duplicate { id, .. } => {
            (StatusCode::CONFLICT, "Not now", format!("Job {id} has the same key: it must end before."))
        }
        error @ jobs::Error::QueueName { .. } => (StatusCode::NOT_FOUND, "Not found", error.to_string()),
        jobs::Error::Store(error) => {
            let status = Problem::from(error).into_response().status();
            (status, "Not now", "The database does not answer. Nothing was changed.".to_owned())
        }
        error => {
            tracing::error!(%error, "operations");
            (StatusCode::INTERNAL_SERVER_ERROR, "Not now", "Something went wrong on our side.".to_owned())
        }
    };
    refused(status, title, &text, operator.name())
}
