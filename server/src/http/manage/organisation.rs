//! The organisation itself.

use super::caller::Manager;
use super::idempotency::{check_match, shown};
use crate::app::App;
use crate::http::feed::parse;
use crate::http::openapi::alike;
use crate::http::request::Content;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use partners::organisation;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Organisation)]
pub(super) struct Shown {
    /// "org_…"
    id: String,
    name: String,
}

/// What of an organisation is to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganisationChange {
    /// 1 to 100 characters.
    name: String,
}

impl From<partners::Organisation> for Shown {
    fn from(it: partners::Organisation) -> Self {
        Self { id: it.id, name: it.name }
    }
}

/// Your organisation.
#[utoipa::path(get, path = "/v1/organisation", tag = "organisation", responses(
    (status = 200, body = Shown, headers(("etag" = String, description = "for If-Match"))),
))]
pub(super) async fn show(State(app): State<App>, manager: Manager) -> Result<Response, Problem> {
    let id = manager.organisation_id();
    let found = app.store.read("partners.organisation", async |db| organisation::find(db, id).await).await?;
    let found = found.ok_or_else(|| Problem::unknown(id))?;
    Ok(shown(&Shown::from(found)))
}

/// Renames your organisation.
#[utoipa::path(patch, path = "/v1/organisation", tag = "organisation", request_body = OrganisationChange,
    params(alike::IfMatch), responses(
    (status = 200, body = Shown),
    alike::BadRequest, alike::PreconditionFailed, alike::Unprocessable,
))]
pub(super) async fn change(
    State(app): State<App>,
    manager: Manager,
    headers: HeaderMap,
    Content(body): Content,
) -> Result<Response, Problem> {
    let change: OrganisationChange = parse(&body)?;
    let id = manager.organisation_id();
    let changed = app.store.run_tx("partners.rename", async |tx| {
        let before = organisation::find(tx, id).await?.ok_or_else(|| Problem::unknown(id))?;
        check_match(&headers, &Shown::from(before))?;
        organisation::rename(tx, id, &change.name, &manager.by).await?;
        organisation::find(tx, id).await?.ok_or_else(|| Problem::unknown(id))
    });
    Ok(shown(&Shown::from(changed.await?)))
}
