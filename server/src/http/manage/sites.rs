//! Sites.

use super::caller::Manager;
use super::idempotency::{Answer, IdempotencyKey, Once, check_match, shown};
use super::page::{Page, PageQuery};
use crate::app::App;
use crate::http::feed::parse;
use crate::http::openapi::alike;
use crate::http::request::{self, Content, Id};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use partners::{Site, site};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A website of yours.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Site)]
pub(super) struct Shown {
    /// "sit_…"
    id: String,
    name: String,
    /// "https://www.example.com", "https://*.example.com"
    origins: Vec<String>,
    /// RFC 3339
    created_at: String,
}

impl From<Site> for Shown {
    fn from(it: Site) -> Self {
        let origins = it.origins.iter().map(ToString::to_string).collect();
        Self { id: it.id, name: it.name, origins, created_at: it.created_at.to_string() }
    }
}

/// A new site.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSite {
    /// 1 to 100 characters.
    name: String,
    /// 1 to 50 origins: `https://www.example.com`, or `https://*.example.com` for all sub-domains. Not localhost: test keys work there.
    origins: Vec<String>,
}

/// What of a site is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SiteChange {
    name: Option<String>,
    /// In place of those that it has.
    origins: Option<Vec<String>>,
}

fn texts(origins: &[String]) -> Vec<&str> {
    origins.iter().map(String::as_str).collect()
}

/// Your sites, the oldest first.
#[utoipa::path(get, path = "/v1/sites", tag = "sites", params(PageQuery), responses(
    (status = 200, body = Page<Shown>),
    alike::BadRequest,
))]
pub(super) async fn list(
    State(app): State<App>,
    manager: Manager,
    request::Asked(asked): request::Asked<PageQuery>,
) -> Result<Json<Page<Shown>>, Problem> {
    let all =
        app.store.read("partners.sites", async |db| site::list(db, manager.organisation_id()).await).await?;
    Ok(Json(Page::of(all, &asked, |it| it.id.clone())?.map(Shown::from)))
}

/// Adds a site.
#[utoipa::path(post, path = "/v1/sites", tag = "sites", request_body = NewSite,
    params(alike::IdempotencyKey), responses(
    (status = 201, body = Shown),
    alike::BadRequest, alike::Conflict, alike::Unprocessable,
))]
pub(super) async fn create(
    State(app): State<App>,
    manager: Manager,
    key: IdempotencyKey,
    Content(body): Content,
) -> Result<Response, Problem> {
    let new: NewSite = parse(&body)?;
    let once = Once::new(&app, &manager, key, "POST /v1/sites", &body);
    let done = app.store.run_tx("partners.create_site", async |tx| {
        if let Some(answer) = once.before(tx).await? {
            return Ok(answer);
        }
        let made =
            site::create(tx, manager.organisation_id(), &new.name, &texts(&new.origins), &manager.by).await?;
        once.done(tx, Answer::of(StatusCode::CREATED, &Shown::from(made))).await
    });
    done.await.map(IntoResponse::into_response)
}

/// A site.
#[utoipa::path(get, path = "/v1/sites/{id}", tag = "sites", params(("id" = String, Path, description = "sit_…")), responses(
    (status = 200, body = Shown, headers(("etag" = String, description = "for If-Match"))),
    alike::NotFound,
))]
pub(super) async fn show(State(app): State<App>, manager: Manager, Id(id): Id) -> Result<Response, Problem> {
    let found = app
        .store
        .read("partners.site", async |db| site::find(db, manager.organisation_id(), &id).await)
        .await?;
    Ok(shown(&Shown::from(found)))
}

/// Changes a site, and with it where its keys are good.
#[utoipa::path(patch, path = "/v1/sites/{id}", tag = "sites", request_body = SiteChange, params(
    ("id" = String, Path, description = "sit_…"),
    alike::IfMatch,
), responses(
    (status = 200, body = Shown),
    alike::BadRequest, alike::NotFound, alike::PreconditionFailed, alike::Unprocessable,
))]
pub(super) async fn change(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
    headers: HeaderMap,
    Content(body): Content,
) -> Result<Response, Problem> {
    let change: SiteChange = parse(&body)?;
    let changed = app.store.run_tx("partners.change_site", async |tx| {
        let before = Shown::from(site::hold(tx, manager.organisation_id(), &id).await?);
        check_match(&headers, &before)?;
        let name = change.name.as_ref().unwrap_or(&before.name);
        let origins = texts(change.origins.as_ref().unwrap_or(&before.origins));
        Ok::<_, Problem>(site::change(tx, manager.organisation_id(), &id, name, &origins, &manager.by).await?)
    });
    Ok(shown(&Shown::from(changed.await?)))
}

/// Removes a site, and revokes its keys.
#[utoipa::path(delete, path = "/v1/sites/{id}", tag = "sites", params(("id" = String, Path, description = "sit_…")), responses(
    (status = 204, description = "removed"),
    alike::NotFound,
))]
pub(super) async fn remove(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
) -> Result<Response, Problem> {
    let removed = app.store.run_tx("partners.remove_site", async |tx| {
        site::remove(tx, manager.organisation_id(), &id, &manager.by).await
    });
    removed.await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
