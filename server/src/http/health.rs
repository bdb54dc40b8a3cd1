//! Is the process alive, may it get requests, and how is it doing.

use crate::app::App;
use crate::problem::{Problem, types};
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics_text))
}

/// The process runs.
#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = 200, description = "alive", body = str)))]
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// The database answers and the process is not stopping; one that does jobs takes them.
#[utoipa::path(get, path = "/readyz", tag = "operations", responses(
    (status = 200, description = "ready", body = str),
    (status = 503, description = "not ready", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn ready(State(app): State<App>) -> Result<&'static str, Problem> {
    if app.shutdown.is_cancelled() {
        let detail = "this process is stopping";
        return Err(Problem::new(&types::SHUTTING_DOWN, detail));
    }
    if app.worker.as_ref().is_some_and(|it| !it.is_ready()) {
        let detail = "no jobs are taken: the database has not heard of this process for two seconds";
        return Err(Problem::new(&types::UNAVAILABLE, detail));
    }
    let answers =
        app.store.read("ready", async |client| client.query_one("select 1", &[]).await.map(drop)).await;
    answers.map_err(|error: store::Error| Problem::unavailable(&error))?;
    Ok("ready\n")
}

/// Prometheus text format.
#[utoipa::path(get, path = "/metrics", tag = "operations", responses((status = 200, description = "metrics", body = str)))]
pub(super) async fn metrics_text(State(app): State<App>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.render() + &app.presence.render())
}
