//! The description of this API (OpenAPI 3.1), and a page that shows it.

use super::{balls, feed, health, matches, scorecard, stream};
use crate::app::App;
use axum::Router;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};

/// Every route of version 1.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Crease",
        description = "Live cricket for any website: matches, streams and feeds. Errors are application/problem+json (RFC 9457) with a \
            stable `type`. Keys: publishable ones read, secret ones feed.",
    ),
    paths(
        matches::list,
        matches::snapshot,
        scorecard::show,
        balls::list,
        stream::open,
        feed::create_match,
        feed::commands,
        health::alive,
        health::ready,
        health::metrics_text,
    ),
    components(schemas(feed::CommandSent)),
    tags(
        (name = "matches", description = "What fans and partners read"),
        (name = "feeds", description = "What scorers and data providers send"),
        (name = "operations", description = "Health and metrics"),
    ),
    modifiers(&Keys),
)]
struct Description;

/// The ways to send a key.
struct Keys;

impl utoipa::Modify for Keys {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_with(Default::default);
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let header = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-Crease-Key")));
        let query = SecurityScheme::ApiKey(ApiKey::Query(ApiKeyValue::new("key")));
        components.add_security_scheme("bearer", bearer);
        components.add_security_scheme("header", header);
        components.add_security_scheme("query", query);
    }
}

/// The description as JSON.
pub fn description() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

pub(super) fn routes() -> Router<App> {
    Router::new().route("/openapi.json", get(json)).route("/reference", get(page))
}

async fn json() -> impl IntoResponse {
    let cache = [(header::CACHE_CONTROL, "public, max-age=300"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (cache, axum::Json(description()))
}

async fn page() -> impl IntoResponse {
    let description = serde_json::to_value(description()).expect("the description is JSON");
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(console::reference::page(&description)))
}
