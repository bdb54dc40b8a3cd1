//! The pages of example partners, served by a demo with its origin, key and match filled in.

use crate::app::App;
use crate::demo::Demo;
use crate::problem::Problem;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use partners::Need;
use partners::ticket::Wanted;
use serde::Deserialize;
use std::path::{Component, PathBuf};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(async || Redirect::temporary("/examples/plain-html/")))
        .route("/examples/{*path}", get(file))
}

#[derive(Debug, Deserialize)]
struct ExampleQuery {
    /// Another match than the sandbox match.
    #[serde(rename = "match")]
    match_id: Option<String>,
}

async fn file(
    State(app): State<App>,
    Path(path): Path<String>,
    Query(query): Query<ExampleQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::unknown_route(&format!("/examples/{path}"));
    let demo = app.demo.as_ref().ok_or_else(missing)?;
    let mut relative = PathBuf::from(&path);
    // A path that climbs out of the folder is a path that does not exist.
    if !relative.components().all(|it| matches!(it, Component::Normal(_))) {
        return Err(missing());
    }
    if path.ends_with('/') {
        relative.push("index.html");
    }
    let content = tokio::fs::read(app.config.web.examples.join(&relative)).await.map_err(|_| missing())?;
    let kind = match relative.extension().and_then(|it| it.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("jpg") => "image/jpeg",
        Some("png") => "image/png",
        Some("md") => "text/plain; charset=utf-8",
        _ => return Err(missing()),
    };
    let host = headers.get(header::HOST).and_then(|it| it.to_str().ok()).unwrap_or("localhost");
    let body = match String::from_utf8(content) {
        Ok(text) if kind.starts_with("text/html") => {
            let page = fill_in(&text, host, demo, query.match_id);
            page.replace("__CREASE_TICKET__", &ticket(&app, demo)).into_bytes()
        }
        Ok(text) => text.into_bytes(),
        Err(binary) => binary.into_bytes(),
    };
    let policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
        img-src 'self' data:; connect-src 'self'; frame-src 'self'";
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, policy)], body).into_response())
}

/// What the partner's server would have asked for. Where the demo's key is gone, so is the example.
fn ticket(app: &App, demo: &Demo) -> String {
    let partner = app.keys.check(Some(&demo.publishable_key), None, Need::Read);
    let issued = partner.ok().and_then(|it| app.tickets.issue(&it, Wanted::default(), app.clock.now()).ok());
    issued.map(|it| it.reveal().to_owned()).unwrap_or_default()
}

/// Puts what a partner would write by hand into the page.
fn fill_in(page: &str, host: &str, demo: &Demo, match_id: Option<String>) -> String {
    // Both come from the request and go into attributes: only what cannot leave one is let in.
    let host: String =
        host.chars().filter(|it| it.is_ascii_alphanumeric() || ".:-[]".contains(*it)).collect();
    let asked = match_id.filter(|it| store::ids::is_valid("mat", it));
    page.replace("__CREASE_ORIGIN__", &format!("http://{host}"))
        .replace("__CREASE_KEY__", &demo.publishable_key)
        .replace("__CREASE_MATCH__", asked.as_deref().unwrap_or(&demo.sandbox_match))
}
