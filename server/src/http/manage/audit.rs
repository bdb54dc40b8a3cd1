//! The audit log.

use super::caller::Manager;
use super::page::{Page, ROWS_MAX};
use crate::app::App;
use crate::http::openapi::alike;
use crate::http::request;
use crate::problem::Problem;
use access::audit::{self, Entry};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which lines.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LogQuery {
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Lines on the page, 1 to 100.
    limit: Option<u32>,
    /// The beginning of an action (`key.`), or the id of an object or actor.
    about: Option<String>,
}

/// A line of the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(super) struct Shown {
    id: i64,
    /// RFC 3339
    at: String,
    /// user, key, operator, system
    actor_kind: &'static str,
    actor: String,
    actor_name: String,
    /// "key.revoke"
    action: String,
    /// "key_…"
    object: String,
    address: String,
    agent: String,
    #[schema(value_type = Option<Object>)]
    before: Option<serde_json::Value>,
    #[schema(value_type = Option<Object>)]
    after: Option<serde_json::Value>,
}

impl From<Entry> for Shown {
    fn from(it: Entry) -> Self {
        Self {
            id: it.id,
            at: it.at.to_string(),
            actor_kind: it.actor.kind.word(),
            actor: it.actor.id,
            actor_name: it.actor.name,
            action: it.action,
            object: it.object,
            address: it.address,
            agent: it.agent,
            before: it.before,
            after: it.after,
        }
    }
}

/// What was done in your organisation, the latest first.
#[utoipa::path(get, path = "/v1/audit", tag = "organisation", params(LogQuery), responses(
    (status = 200, body = Page<Shown>),
    alike::BadRequest,
))]
pub(super) async fn list(
    State(app): State<App>,
    manager: Manager,
    request::Asked(asked): request::Asked<LogQuery>,
) -> Result<Json<Page<Shown>>, Problem> {
    let rows = super::page::PageQuery { cursor: None, limit: asked.limit }.rows()?;
    let before = match asked.cursor.as_deref().map(str::parse::<i64>) {
        None => i64::MAX,
        Some(Ok(id)) => id,
        Some(Err(_)) => return Err(Problem::invalid("cursor: it is of another list")),
    };
    let about = asked.about.as_deref().unwrap_or_default();
    if about.len() > ROWS_MAX || about.contains('\0') {
        return Err(Problem::invalid("about: at most 100 bytes, none of them zero"));
    }
    let count = i64::try_from(rows + 1).unwrap_or(i64::MAX);
    let organisation = manager.organisation_id();
    let mut entries = app
        .store
        .read("access.audit", async |db| audit::list(db, organisation, before, about, count).await)
        .await
        .map_err(partners::Error::from)?;
    let has_more = entries.len() > rows;
    entries.truncate(rows);
    let next = entries.last().filter(|_| has_more).map(|it| it.id.to_string());
    Ok(Json(Page { data: entries.into_iter().map(Shown::from).collect(), next }))
}
