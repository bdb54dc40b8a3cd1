//! What partners' servers sign their users' ids with.

use super::caller::Manager;
use super::idempotency::{Answer, IdempotencyKey, Once, shown};
use super::mode::Mode;
use super::page::{Page, PageQuery};
use crate::app::App;
use crate::http::feed::parse;
use crate::http::openapi::alike;
use crate::http::request::{self, Content, Id};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use partners::Overlap;
use partners::fan::secret::{self, Made, Record};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use utoipa::ToSchema;

/// A signing secret, without its text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SigningSecret)]
pub(super) struct Shown {
    /// "fsc_…": what a JWT's `kid` may say.
    id: String,
    mode: Mode,
    /// RFC 3339, as the others
    created_at: String,
    /// Of one that was rotated away: until when it is good.
    ends_at: Option<String>,
    revoked_at: Option<String>,
}

impl From<&Record> for Shown {
    fn from(it: &Record) -> Self {
        Self {
            id: it.id.clone(),
            mode: it.mode.into(),
            created_at: it.made_at.to_string(),
            ends_at: it.ends_at.map(|at| at.to_string()),
            revoked_at: it.revoked_at.map(|at| at.to_string()),
        }
    }
}

/// A secret that was just made, with its text, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SigningSecretMade {
    /// "crs_fan_live_…"
    text: String,
    #[serde(flatten)]
    secret: Shown,
}

impl From<&Made> for SigningSecretMade {
    fn from(it: &Made) -> Self {
        Self { text: it.secret.reveal().to_owned(), secret: Shown::from(&it.record) }
    }
}

/// A new signing secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSigningSecret)]
pub(super) struct SecretWanted {
    mode: Mode,
}

/// How the signing secrets of a mode are replaced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SigningRotation {
    mode: Mode,
    /// How long those that there are go on, in hours: 0, 1, 24 or 168. What they signed is good for 24 at most.
    overlap_hours: u16,
}

/// Your signing secrets, the latest first, those that are over too.
#[utoipa::path(get, path = "/v1/identity/secrets", tag = "identity", params(PageQuery), responses(
    (status = 200, body = Page<Shown>),
    alike::BadRequest,
))]
pub(super) async fn list(
    State(app): State<App>,
    manager: Manager,
    request::Asked(asked): request::Asked<PageQuery>,
) -> Result<Json<Page<Shown>>, Problem> {
    let organisation = manager.organisation_id();
    let all = app.store.read("fans.secrets", async |db| secret::list(db, organisation).await).await?;
    Ok(Json(Page::of(all, &asked, |it| Reverse(it.id.clone()))?.map(|it| Shown::from(&it))))
}

/// A signing secret.
#[utoipa::path(get, path = "/v1/identity/secrets/{id}", tag = "identity", params(("id" = String, Path, description = "fsc_…")), responses(
    (status = 200, body = Shown),
    alike::NotFound,
))]
pub(super) async fn show(State(app): State<App>, manager: Manager, Id(id): Id) -> Result<Response, Problem> {
    let organisation = manager.organisation_id();
    let found = app.store.read("fans.secret", async |db| secret::find(db, organisation, &id).await).await?;
    Ok(shown(&Shown::from(&found)))
}

/// Makes a signing secret beside those that there are, five a mode at most. Its text is in this answer and nowhere else.
#[utoipa::path(post, path = "/v1/identity/secrets", tag = "identity", request_body = SecretWanted,
    params(alike::IdempotencyKey), responses(
    (status = 201, body = SigningSecretMade),
    alike::BadRequest,
    (status = 409, description = "there are five in this mode", body = Problem, content_type = "application/problem+json"),
    alike::Unprocessable,
))]
pub(super) async fn make(
    State(app): State<App>,
    manager: Manager,
    key: IdempotencyKey,
    Content(body): Content,
) -> Result<Response, Problem> {
    let wanted: SecretWanted = parse(&body)?;
    let mode = wanted.mode.into();
    let once = Once::new(&app, &manager, key, "POST /v1/identity/secrets", &body);
    let done = app.store.run_tx("fans.make_secret", async |tx| {
        if let Some(answer) = once.before(tx).await? {
            return Ok((answer, None));
        }
        let made = secret::make(tx, &app.seal, manager.organisation_id(), mode, &manager.by).await?;
        answer(tx, &once, made).await
    });
    Ok(known_here(&app, done.await?))
}

/// Makes a signing secret in place of all others of a mode, which go on for a while. Your users stay the fans who they are.
#[utoipa::path(post, path = "/v1/identity/secrets/rotate", tag = "identity", request_body = SigningRotation,
    params(alike::IdempotencyKey), responses(
    (status = 201, body = SigningSecretMade),
    alike::BadRequest,
    (status = 409, description = "there are five in this mode, the new one included", body = Problem, content_type = "application/problem+json"),
    alike::Unprocessable,
))]
pub(super) async fn rotate(
    State(app): State<App>,
    manager: Manager,
    key: IdempotencyKey,
    Content(body): Content,
) -> Result<Response, Problem> {
    let rotation: SigningRotation = parse(&body)?;
    let overlap = Overlap::of_hours(i64::from(rotation.overlap_hours));
    let overlap = overlap.ok_or_else(|| Problem::invalid("overlap_hours: 0, 1, 24 or 168"))?;
    let (mode, until) = (rotation.mode.into(), manager.by.at + overlap.lasts());
    let once = Once::new(&app, &manager, key, "POST /v1/identity/secrets/rotate", &body);
    let done = app.store.run_tx("fans.rotate_secrets", async |tx| {
        if let Some(answer) = once.before(tx).await? {
            return Ok((answer, None));
        }
        let organisation = manager.organisation_id();
        let made = secret::rotate(tx, &app.seal, organisation, mode, until, &manager.by).await?;
        answer(tx, &once, made).await
    });
    Ok(known_here(&app, done.await?))
}

/// What is answered with a secret that was made, and its record for this process.
async fn answer(
    tx: &store::Transaction<'_>,
    once: &Once<'_>,
    made: Made,
) -> Result<(Answer, Option<Record>), Problem> {
    let answer = once.done(tx, Answer::of(StatusCode::CREATED, &SigningSecretMade::from(&made))).await?;
    Ok((answer, Some(made.record)))
}

/// It is good here at once; other processes hear of it.
fn known_here(app: &App, (answer, record): (Answer, Option<Record>)) -> Response {
    if let Some(record) = record {
        app.identities.insert(&record);
    }
    answer.into_response()
}

/// Revokes a signing secret: nothing that it signed is believed any more, everywhere within a second.
#[utoipa::path(post, path = "/v1/identity/secrets/{id}/revoke", tag = "identity", params(("id" = String, Path, description = "fsc_…")), responses(
    (status = 200, description = "revoked, now or before", body = Shown),
    alike::NotFound,
))]
pub(super) async fn revoke(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
) -> Result<Response, Problem> {
    let revoked = app.store.run_tx("fans.revoke_secret", async |tx| {
        secret::revoke(tx, manager.organisation_id(), &id, &manager.by).await
    });
    let revoked = revoked.await?;
    app.identities.insert(&revoked);
    Ok(shown(&Shown::from(&revoked)))
}
