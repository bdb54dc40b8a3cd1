//! The operators' page under `/console/operations`: what the jobs do, live, and what can be done about them. The page is the crate
//! `console`'s, for whoever is an [`Operator`]. What is done is in the audit log.

use super::dashboard::Path;
use super::operator::{Acting, Operator, refused};
use crate::app::App;
use crate::problem::{Problem, types};
use access::{Deed, audit};
use axum::Router;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use console::operations::{self, PATH};
use futures_util::Stream;
use jobs::overview::overview;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::Transaction;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

/// How often the page is drawn anew for those who look at it.
const EVERY: Duration = Duration::from_secs(1);
/// Pages that are looked at, at once, in this process.
const STREAMS_MAX: usize = 32;
/// A stream ends after so long; the page asks for the next, and with it says the secret again.
const STREAM_MAX: Duration = Duration::from_secs(15 * 60);

/// The page's routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(PATH, get(page))
        .route("/console/operations/stream", get(stream))
        .route("/console/operations/{what}/{name}/{action}", post(act))
        .layer(Extension(Views::default()))
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
    Acting { operator, .. }: Acting,
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
