//! API keys.

use super::caller::Manager;
use super::idempotency::{Answer, IdempotencyKey, Once, check_match, shown};
use super::mode::Mode;
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
use jiff::Timestamp;
use partners::{Issued, NewKey, Origins, Overlap, Record, Scopes, key, usage};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use utoipa::ToSchema;

/// Who may see a key.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// Goes into pages, is good on its site alone, only reads.
    Publishable,
    /// Stays on servers.
    Secret,
}

impl From<partners::Kind> for Kind {
    fn from(it: partners::Kind) -> Self {
        match it {
            partners::Kind::Publishable => Kind::Publishable,
            partners::Kind::Secret => Kind::Secret,
        }
    }
}

/// What a secret key may do.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Scope {
    /// Create matches and send balls.
    Feed,
    /// Read matches and follow them.
    Read,
    /// Manage the organisation: sites, keys, limits, members, invitations, webhooks, signing secrets, the audit log.
    Manage,
    /// Read figures of the audience.
    Usage,
    /// Fans' wallets: look, freeze, limit, erase.
    Wallet,
    /// Tell of what fans do, by which they earn.
    Rewards,
    /// Look vouchers up, and redeem them.
    Redeem,
}

impl Scope {
    const fn meant(self) -> partners::Scope {
        match self {
            Scope::Feed => partners::Scope::Feed,
            Scope::Read => partners::Scope::Read,
            Scope::Manage => partners::Scope::Manage,
            Scope::Usage => partners::Scope::Usage,
            Scope::Wallet => partners::Scope::Wallet,
            Scope::Rewards => partners::Scope::Rewards,
            Scope::Redeem => partners::Scope::Redeem,
        }
    }
}

/// A key, without its text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub(super) struct Shown {
    /// "key_…"
    id: String,
    name: String,
    kind: Kind,
    mode: Mode,
    /// The first characters of its text.
    prefix: String,
    /// The site that it is good on: "sit_…".
    site: Option<String>,
    origins: Vec<String>,
    /// feed, read, manage, usage, wallet, redeem
    scopes: Vec<&'static str>,
    /// RFC 3339, as the others
    created_at: String,
    expires_at: Option<String>,
    revoked_at: Option<String>,
    /// To a minute or so.
    last_used_at: Option<String>,
    /// The key that it took the place of.
    succeeds: Option<String>,
}

impl From<&Record> for Shown {
    fn from(it: &Record) -> Self {
        let at = |moment: Option<Timestamp>| moment.map(|it| it.to_string());
        Self {
            id: it.id.clone(),
            name: it.name.clone(),
            kind: it.kind.into(),
            mode: it.mode.into(),
            prefix: it.prefix.clone(),
            site: it.site_id.clone(),
            origins: it.origins.iter().map(ToString::to_string).collect(),
            scopes: it.scopes.words(),
            created_at: it.created_at.to_string(),
            expires_at: at(it.expires_at),
            revoked_at: at(it.revoked_at),
            last_used_at: at(it.last_used_at),
            succeeds: it.succeeds.clone(),
        }
    }
}

/// A key that was just issued, with its text, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyIssued {
    /// "crs_pk_live_…"
    text: String,
    #[serde(flatten)]
    key: Shown,
}

impl From<&Issued> for KeyIssued {
    fn from(it: &Issued) -> Self {
        Self { text: it.key.reveal().to_owned(), key: Shown::from(&it.record) }
    }
}

/// A new key: with a site for pages, with scopes for servers.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewKey)]
pub(super) struct KeyWanted {
    /// 1 to 100 characters.
    name: String,
    kind: Kind,
    mode: Mode,
    /// Of a publishable key: the site that it is good on.
    site: Option<String>,
    /// Of a secret key: what it may do.
    #[serde(default)]
    scopes: Vec<Scope>,
    /// RFC 3339; never, when left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

impl KeyWanted {
    fn meant(&self) -> Result<NewKey<'_>, Problem> {
        let mode = self.mode.into();
        let scopes: Vec<partners::Scope> = self.scopes.iter().map(|it| it.meant()).collect();
        let new = match (self.kind, &self.site) {
            (Kind::Publishable, Some(site)) => NewKey {
                scopes: Scopes::of(&scopes),
                ..NewKey::publishable(mode, &self.name, Origins::OfSite(site))
            },
            (Kind::Publishable, None) => {
                return Err(Problem::invalid("site: a publishable key is good on a site, sit_…"));
            }
            (Kind::Secret, None) => NewKey::secret(mode, &self.name, Scopes::of(&scopes)),
            (Kind::Secret, Some(_)) => {
                return Err(Problem::invalid("site: a secret key stays on servers, and has none"));
            }
        };
        Ok(NewKey { expires_at: self.expires_at, ..new })
    }
}

/// What of a key is to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyChange {
    /// 1 to 100 characters.
    name: String,
}

/// How a key is replaced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rotation {
    /// How long the old one goes on, in hours: 0, 1, 24 or 168.
    overlap_hours: u16,
}

/// Your keys, the latest first, those that are over too.
#[utoipa::path(get, path = "/v1/keys", tag = "keys", params(PageQuery), responses(
    (status = 200, body = Page<Shown>),
    alike::BadRequest,
))]
pub(super) async fn list(
    State(app): State<App>,
    manager: Manager,
    request::Asked(asked): request::Asked<PageQuery>,
) -> Result<Json<Page<Shown>>, Problem> {
    let organisation = manager.organisation_id();
    let all =
        app.store.read("partners.keys", async |db| key::of_organisation(db, organisation).await).await?;
    Ok(Json(Page::of(all, &asked, |it| Reverse(it.id.clone()))?.map(|it| Shown::from(&it))))
}

/// Issues a key. Its text is in this answer and nowhere else.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", request_body = KeyWanted,
    params(alike::IdempotencyKey), responses(
    (status = 201, body = KeyIssued),
    alike::BadRequest,
    (status = 404, description = "no such site", body = Problem, content_type = "application/problem+json"),
    alike::Conflict, alike::Unprocessable,
))]
pub(super) async fn issue(
    State(app): State<App>,
    manager: Manager,
    key: IdempotencyKey,
    Content(body): Content,
) -> Result<Response, Problem> {
    let wanted: KeyWanted = parse(&body)?;
    let new = wanted.meant()?;
    let once = Once::new(&app, &manager, key, "POST /v1/keys", &body);
    let done = app.store.run_tx("partners.issue_key", async |tx| {
        if let Some(answer) = once.before(tx).await? {
            return Ok((answer, None));
        }
        let issued = key::issue(tx, manager.organisation_id(), &new, &manager.by).await?;
        let answer = once.done(tx, Answer::of(StatusCode::CREATED, &KeyIssued::from(&issued))).await?;
        Ok::<_, Problem>((answer, Some(issued.record)))
    });
    Ok(good_at_once(&app, done.await?))
}

/// Answers with a key that this process takes from now on; others hear of it.
fn good_at_once(app: &App, (answer, issued): (Answer, Option<Record>)) -> Response {
    if let Some(record) = issued {
        app.keys.insert(&record);
    }
    answer.into_response()
}

/// One of the organisation's own.
pub(super) async fn find(client: &store::Client<'_>, manager: &Manager, id: &str) -> Result<Record, Problem> {
    let found = key::find(client, id).await?;
    found.filter(|it| it.organisation_id == manager.organisation_id()).ok_or_else(|| Problem::unknown(id))
}

/// A key.
#[utoipa::path(get, path = "/v1/keys/{id}", tag = "keys", params(("id" = String, Path, description = "key_…")), responses(
    (status = 200, body = Shown, headers(("etag" = String, description = "for If-Match"))),
    alike::NotFound,
))]
pub(super) async fn show(State(app): State<App>, manager: Manager, Id(id): Id) -> Result<Response, Problem> {
    let found = app.store.read("partners.key", async |db| find(db, &manager, &id).await).await?;
    Ok(shown(&Shown::from(&found)))
}

/// Renames a key.
#[utoipa::path(patch, path = "/v1/keys/{id}", tag = "keys", request_body = KeyChange, params(
    ("id" = String, Path, description = "key_…"),
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
    let change: KeyChange = parse(&body)?;
    let changed = app.store.run_tx("partners.rename_key", async |tx| {
        check_match(&headers, &Shown::from(&key::hold(tx, manager.organisation_id(), &id).await?))?;
        key::rename(tx, manager.organisation_id(), &id, &change.name, &manager.by).await?;
        find(tx, &manager, &id).await
    });
    Ok(shown(&Shown::from(&changed.await?)))
}

/// Issues a key that takes the place of another, which goes on for a while.
#[utoipa::path(post, path = "/v1/keys/{id}/rotate", tag = "keys", request_body = Rotation, params(
    ("id" = String, Path, description = "key_…"),
    alike::IdempotencyKey,
), responses(
    (status = 201, body = KeyIssued),
    alike::BadRequest, alike::NotFound,
    (status = 409, description = "it was revoked, or has expired", body = Problem, content_type = "application/problem+json"),
    alike::Unprocessable,
))]
pub(super) async fn rotate(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
    key: IdempotencyKey,
    Content(body): Content,
) -> Result<Response, Problem> {
    let rotation: Rotation = parse(&body)?;
    let overlap = Overlap::of_hours(i64::from(rotation.overlap_hours));
    let overlap = overlap.ok_or_else(|| Problem::invalid("overlap_hours: 0, 1, 24 or 168"))?;
    let once = Once::new(&app, &manager, key, &format!("POST /v1/keys/{id}/rotate"), &body);
    let done = app.store.run_tx("partners.rotate_key", async |tx| {
        if let Some(answer) = once.before(tx).await? {
            return Ok((answer, None));
        }
        let issued = key::rotate(tx, manager.organisation_id(), &id, overlap, &manager.by).await?;
        let answer = once.done(tx, Answer::of(StatusCode::CREATED, &KeyIssued::from(&issued))).await?;
        Ok::<_, Problem>((answer, Some(issued.record)))
    });
    Ok(good_at_once(&app, done.await?))
}

/// How a key is revoked.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Revocation {
    /// Whether it is revoked although it was used within the last 24 hours: not, when left out.
    #[serde(default)]
    even_if_used: bool,
}

/// Revokes a key, everywhere within a second; its open streams end. One that is in use, by a request within the last 24 hours, is not revoked
/// unless that is asked for. A key that revokes itself is answered this once.
#[utoipa::path(post, path = "/v1/keys/{id}/revoke", tag = "keys", request_body = Option<Revocation>,
    params(("id" = String, Path, description = "key_…")), responses(
    (status = 200, description = "revoked, now or before", body = Shown),
    alike::BadRequest, alike::NotFound,
    (status = 409, description = "it is in use: in_use says by what", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn revoke(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
    Content(body): Content,
) -> Result<Response, Problem> {
    let revocation: Option<Revocation> = if body.is_empty() { None } else { parse(&body)? };
    let Revocation { even_if_used } = revocation.unwrap_or_default();
    let revoked = app.store.run_tx("partners.revoke_key", async |tx| {
        let key = find(tx, &manager, &id).await?;
        if !even_if_used && let Some(by) = usage::in_use(tx, &key, manager.by.at).await? {
            return Err(Problem::key_in_use(&by));
        }
        Ok(key::revoke(tx, manager.organisation_id(), &id, &manager.by).await?)
    });
    let revoked = revoked.await?;
    app.revoke_key(&id);
    Ok(shown(&Shown::from(&revoked)))
}
