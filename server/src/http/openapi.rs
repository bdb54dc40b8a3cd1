//! The description of this API (OpenAPI 3.1), and a page that shows it.

pub(super) mod alike;
mod messages;

use super::{balls, embed, fans, feed, health, matches, reports, scorecard, stream};
use crate::app::App;
use crate::problem;
use axum::Router;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use serde_json::{Value, json};
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::{Modify, OpenApi};

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
        reports::list,
        balls::list,
        embed::show,
        stream::open,
        fans::guest,
        fans::me,
        feed::create_match,
        feed::commands,
        health::alive,
        health::ready,
        health::metrics_text,
    ),
    components(schemas(
        problem::Problem,
        feed::CommandSent,
        crate::moments::MatchTold,
        crate::notices::QuotaTold,
        crate::notices::KeyTold
    )),
    tags(
        (name = "matches", description = "What fans and partners read"),
        (name = "fans", description = "Who is looking at a page: a user whom your server vouches for, or a guest"),
        (name = "feeds", description = "What scorers and data providers send"),
        (name = "operations", description = "Health and metrics"),
    ),
)]
struct Description;

/// What is said once for many operations: keys, and the answers to a request without a good one.
struct Keys;

impl Modify for Keys {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_with(Default::default);
        let bearer = Http::builder()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "A secret key from a server, or a publishable one: `Authorization: Bearer crs_…`.",
            ))
            .build();
        let header = ApiKeyValue::with_description("X-Crease-Key", "The same, where Authorization is taken.");
        let query = ApiKeyValue::with_description(
            "key",
            "Publishable keys only, where a header cannot be set: a browser's EventSource.",
        );
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        components.add_security_scheme("header", SecurityScheme::ApiKey(ApiKey::Header(header)));
        components.add_security_scheme("query", SecurityScheme::ApiKey(ApiKey::Query(query)));
        for (path, item) in &mut api.paths.paths {
            let schemes: &[&str] = match path.as_str() {
                path if path.starts_with("/v1/feed/") => &["bearer", "header"],
                path if path.starts_with("/v1/content/") => &["bearer", "header", "query"],
                path if path.starts_with("/v1/matches") || path.starts_with("/v1/embed") => {
                    &["bearer", "header", "query"]
                }
                "/v1/tickets"
                | "/v1/tickets/renew"
                | "/v1/fans/guest"
                | "/v1/fans/me"
                | "/v1/places/check"
                | "/v1/wallet"
                | "/v1/wallet/entries"
                | "/v1/wallet/export"
                | "/v1/wallet/stream"
                | "/v1/wallet/packs"
                | "/v1/wallet/top-ups"
                | "/v1/wallet/top-ups/{id}"
                | "/v1/wallet/top-ups/{id}/returned"
                | "/v1/vouchers"
                | "/v1/vouchers/{id}/qr" => &["bearer", "header"],
                path if ["/v1/products", "/v1/reservations", "/v1/markets", "/v1/orders", "/v1/quizzes"]
                    .iter()
                    .any(|it| path.starts_with(it)) =>
                {
                    &["bearer", "header"]
                }
                // A gateway has no key: it signs.
                path if path.starts_with("/v1/payments/") => &[],
                path if path.starts_with("/v1/") => &["bearer"],
                _ => continue,
            };
            let methods = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
            for operation in methods.into_iter().flatten() {
                let requirement = |name: &&str| SecurityRequirement::new::<&str, [&str; 0], &str>(*name, []);
                operation.security = Some(schemes.iter().map(requirement).collect());
                answer(operation, "401", "no key, or none that was issued here and is not revoked");
                answer(
                    operation,
                    "403",
                    "a key that does not open this: of the wrong kind, or used on another site",
                );
                answer(
                    operation,
                    "429",
                    "too many requests, or a quota is used up; RateLimit and Retry-After say how it stands",
                );
                answer(
                    operation,
                    "503",
                    "something that this needs is away, or it took too long; Retry-After says when to ask again",
                );
            }
        }
    }
}

/// Adds a problem to an operation's answers, unless it describes that status itself.
fn answer(operation: &mut Operation, status: &str, description: &str) {
    let answers = &mut operation.responses.responses;
    answers.entry(status.to_owned()).or_insert_with(|| alike::problem(description).into());
}

/// The description as JSON.
pub fn description() -> utoipa::openapi::OpenApi {
    let mut api = Description::openapi();
    api.merge(super::manage::Description::openapi());
    api.merge(super::wallet::Description::openapi());
    api.merge(super::vouchers::Description::openapi());
    api.merge(super::markets::Description::openapi());
    api.merge(super::payments::Description::openapi());
    api.merge(super::rewards::Description::openapi());
    api.merge(super::quizzes::Description::openapi());
    api.merge(super::places::Description::openapi());
    api.merge(super::published::Description::openapi());
    Keys.modify(&mut api);
    api.webhooks = Some(messages::described());
    let types = problem::types::TYPES.iter().map(|it| {
        json!({"type": it.path(), "status": it.status, "title": it.title, "description": it.description})
    });
    let listed = Extensions::builder().add("x-problem-types", types.collect::<Vec<_>>()).build();
    api.extensions.get_or_insert_with(Default::default).merge(listed);
    api
}

/// The description with the schemas of content types, which are JSON Schemas as OpenAPI 3.1 takes them (§4.8.24).
fn whole() -> Value {
    let mut whole = serde_json::to_value(description()).expect("the description is JSON");
    for (name, schema) in super::published::schemas() {
        whole["components"]["schemas"][name] = schema.clone();
    }
    whole
}

pub(super) fn routes() -> Router<App> {
    Router::new().route("/openapi.json", get(json)).route("/reference", get(page))
}

async fn json() -> impl IntoResponse {
    let cache = [(header::CACHE_CONTROL, "public, max-age=300"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (cache, axum::Json(whole()))
}

async fn page() -> impl IntoResponse {
    let description = whole();
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(console::reference::page(&description)))
}
