//! Webhooks.

use super::caller::Manager;
use super::idempotency::{Answer, IdempotencyKey, Once, check_match, shown};
use super::mode::Mode;
use super::page::{Page, PageQuery};
use crate::app::App;
use crate::http::feed::parse;
use crate::http::openapi::alike;
use crate::http::request::{self, Content, Id};
use crate::problem::{Problem, types};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use partners::webhook::{self, Destination, Endpoint, Error, Kind, Settings};
use serde::{Deserialize, Serialize};
use store::Client;
use utoipa::ToSchema;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Store(error) | Error::Access(access::Error::Store(error)) => error.into(),
            Error::UnknownEndpoint { id }
            | Error::UnknownMessage { id }
            | Error::UnknownOrganisation { id } => Self::unknown(&id),
            Error::Destination(_) | Error::KindsMissing | Error::DescriptionLength { .. } => {
                Self::new(&types::INVALID_VALUE, detail)
            }
            Error::TooManyEndpoints { .. } | Error::Disabled { .. } => Self::new(&types::CONFLICT, detail),
            error => Self::internal(&error),
        }
    }
}

/// A webhook.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(super) struct Shown {
    /// "whk_…"
    id: String,
    mode: Mode,
    url: String,
    /// match.started, match.innings_break, match.wicket, match.result, quota.reached, key.expiring
    kinds: Vec<&'static str>,
    description: String,
    /// RFC 3339
    created_at: String,
    enabled: bool,
    /// Why it is not: owner, gone, failing.
    disabled_why: Option<&'static str>,
    /// RFC 3339: the first failure after which nothing arrived; null where the last message arrived.
    failing_since: Option<String>,
}

impl From<&Endpoint> for Shown {
    fn from(it: &Endpoint) -> Self {
        Self {
            id: it.id.clone(),
            mode: it.mode.into(),
            url: it.destination.as_str().to_owned(),
            kinds: it.kinds.iter().map(|kind| kind.word()).collect(),
            description: it.description.clone(),
            created_at: it.created_at.to_string(),
            enabled: it.disabled.is_none(),
            disabled_why: it.disabled.map(|it| it.1.word()),
            failing_since: it.failing_since.map(|at| at.to_string()),
        }
    }
}

/// A webhook with the secret that its messages are signed with.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookSecret {
    /// "whsec_…"
    secret: String,
    #[serde(flatten)]
    webhook: Shown,
}

/// A new webhook.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWebhook {
    mode: Mode,
    /// `https://…`, on the public internet.
    url: String,
    /// At least one of match.started, match.innings_break, match.wicket, match.result, quota.reached, key.expiring.
    kinds: Vec<String>,
    #[serde(default)]
    description: String,
}

/// What of a webhook is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookChange {
    url: Option<String>,
    kinds: Option<Vec<String>>,
    description: Option<String>,
    /// Whether messages are sent.
    enabled: Option<bool>,
}

/// A message that is on its way or was.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookDelivery {
    /// "msg_…", the `webhook-id` of all its tries.
    id: String,
    kind: &'static str,
    /// RFC 3339
    created_at: String,
    /// waiting, delivered, failed
    state: &'static str,
    tried: i32,
    next_at: Option<String>,
}

impl From<&webhook::Delivery> for WebhookDelivery {
    fn from(it: &webhook::Delivery) -> Self {
        Self {
            id: it.message_id.clone(),
            kind: it.kind.word(),
            created_at: it.created_at.to_string(),
            state: it.state.word(),
            tried: it.tried,
            next_at: it.next_at.map(|at| at.to_string()),
        }
    }
}

/// A message with what was sent and what came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookMessage {
    #[serde(flatten)]
    delivery: WebhookDelivery,
    /// The very text that is signed and sent.
    body: String,
    /// The latest first, no more than a hundred.
    attempts: Vec<WebhookAttempt>,
}

/// A try to deliver a message.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookAttempt {
    /// Counted from 1, replays included.
    number: i32,
    /// RFC 3339
    at: String,
    /// delivered, gone, redirected, refused, unresolved, forbidden, unreachable, broken, timed_out
    outcome: &'static str,
    /// The HTTP status, where there was an answer.
    status: Option<u16>,
    milliseconds: i32,
    /// How the answer's body begins: 2 KB at most. Your server's words, or whoever answered in its place.
    response: String,
    /// What went wrong where there was no answer.
    reason: String,
}

impl From<&webhook::Attempt> for WebhookAttempt {
    fn from(it: &webhook::Attempt) -> Self {
        Self {
            number: it.number,
            at: it.at.to_string(),
            outcome: it.outcome.word(),
            status: it.status,
            milliseconds: it.milliseconds,
            response: it.response.clone(),
            reason: it.reason.clone(),
        }
    }
}

/// Which messages are sent again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookReplay {
    /// RFC 3339: those that were made then or later, and have failed for good.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
}

/// How many messages are sent again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookReplayed {
    count: usize,
    /// There may be more that failed: ask again.
    has_more: bool,
}

/// A message that is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookSent {
    /// "msg_…"
    id: String,
}

fn kinds(words: &[String]) -> Result<Vec<Kind>, Problem> {
    let kind = |word: &String| {
        let known = Kind::of_word(word).filter(|it| Kind::WANTED.contains(it));
        known.ok_or_else(|| {
            Problem::new(
                &types::INVALID_VALUE,
                format!("kinds: there is no {:?}", word.chars().take(40).collect::<String>()),
            )
        })
    };
    words.iter().map(kind).collect()
}

async fn find(client: &Client<'_>, manager: &Manager, id: &str) -> Result<Endpoint, Problem> {
    webhook::find(client, manager.organisation_id(), id).await?.ok_or_else(|| Problem::unknown(id))
}

/// Your webhooks, the oldest first.
#[utoipa::path(get, path = "/v1/webhooks", tag = "webhooks", params(PageQuery), responses(
    (status = 200, body = Page<Shown>),
    alike::BadRequest,
))]
pub(super) async fn list(
    State(app): State<App>,
    manager: Manager,
    request::Asked(asked): request::Asked<PageQuery>,
) -> Result<Json<Page<Shown>>, Problem> {
    let organisation = manager.organisation_id();
    let all = app.store.read("webhooks.list", async |db| webhook::list(db, organisation).await).await?;
    Ok(Json(Page::of(all, &asked, |it| it.id.clone())?.map(|it| Shown::from(&it))))
}

/// Adds a webhook; the answer has its secret.
#[utoipa::path(post, path = "/v1/webhooks", tag = "webhooks", request_body = NewWebhook,
    params(alike::IdempotencyKey), responses(
    (status = 201, body = WebhookSecret),
    alike::BadRequest, alike::Conflict, alike::Unprocessable,
))]
pub(super) async fn create(
    State(app): State<App>,
    manager: Manager,
    key: IdempotencyKey,
    Content(body): Content,
) -> Result<Response, Problem> {
    let new: NewWebhook = parse(&body)?;
    let destination = Destination::parse(&new.url, app.config.webhooks.reach()).map_err(Error::from)?;
    let kinds = kinds(&new.kinds)?;
    let settings = Settings { destination: &destination, kinds: &kinds, description: &new.description };
    let mode = partners::Mode::from(new.mode);
    let once = Once::new(&app, &manager, key, "POST /v1/webhooks", &body);
    let done = app.store.run_tx("webhooks.create", async |tx| {
        if let Some(answer) = once.before(tx).await? {
            return Ok(answer);
        }
        let organisation = manager.organisation_id();
        let (endpoint, secret) =
            webhook::create(tx, &app.seal, organisation, mode, &settings, &manager.by).await?;
        let made = WebhookSecret { secret: secret.reveal(), webhook: Shown::from(&endpoint) };
        once.done(tx, Answer::of(StatusCode::CREATED, &made)).await
    });
    done.await.map(IntoResponse::into_response)
}

/// A webhook.
#[utoipa::path(get, path = "/v1/webhooks/{id}", tag = "webhooks", params(("id" = String, Path, description = "whk_…")), responses(
    (status = 200, body = Shown, headers(("etag" = String, description = "for If-Match"))),
    alike::NotFound,
))]
pub(super) async fn show(State(app): State<App>, manager: Manager, Id(id): Id) -> Result<Response, Problem> {
    let found = app.store.read("webhooks.show", async |db| find(db, &manager, &id).await).await?;
    Ok(shown(&Shown::from(&found)))
}

/// Changes a webhook, or switches it on or off.
#[utoipa::path(patch, path = "/v1/webhooks/{id}", tag = "webhooks", request_body = WebhookChange, params(
    ("id" = String, Path, description = "whk_…"),
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
    let change: WebhookChange = parse(&body)?;
    let destination =
        change.url.as_ref().map(|it| Destination::parse(it, app.config.webhooks.reach())).transpose();
    let destination = destination.map_err(Error::from)?;
    let wanted = change.kinds.as_deref().map(kinds).transpose()?;
    let changed = app.store.run_tx("webhooks.change", async |tx| {
        let (organisation, by) = (manager.organisation_id(), &manager.by);
        let before = webhook::hold(tx, organisation, &id).await?;
        check_match(&headers, &Shown::from(&before))?;
        let settings = Settings {
            destination: destination.as_ref().unwrap_or(&before.destination),
            kinds: wanted.as_ref().unwrap_or(&before.kinds),
            description: change.description.as_ref().unwrap_or(&before.description),
        };
        let changed = webhook::change(tx, organisation, &id, &settings, by).await?;
        let after = match change.enabled {
            Some(true) => webhook::enable(tx, organisation, &id, by).await?,
            Some(false) => webhook::disable(tx, organisation, &id, by).await?,
            None => changed,
        };
        Ok::<_, Problem>(Shown::from(&after))
    });
    Ok(shown(&changed.await?))
}

/// Removes a webhook with its secret and its messages.
#[utoipa::path(delete, path = "/v1/webhooks/{id}", tag = "webhooks", params(("id" = String, Path, description = "whk_…")), responses(
    (status = 204, description = "removed"),
    alike::NotFound,
))]
pub(super) async fn remove(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
) -> Result<Response, Problem> {
    let removed = app.store.run_tx("webhooks.remove", async |tx| {
        webhook::delete(tx, manager.organisation_id(), &id, &manager.by).await
    });
    removed.await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Gives a webhook a new secret; for a day messages are signed with both.
#[utoipa::path(post, path = "/v1/webhooks/{id}/rotate", tag = "webhooks", params(
    ("id" = String, Path, description = "whk_…"),
    alike::IdempotencyKey,
), responses(
    (status = 200, body = WebhookSecret),
    alike::BadRequest, alike::NotFound, alike::Unprocessable,
))]
pub(super) async fn rotate(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let once = Once::new(&app, &manager, key, &format!("POST /v1/webhooks/{id}/rotate"), b"");
    let rotated = app.store.run_tx("webhooks.rotate", async |tx| {
        if let Some(answer) = once.before(tx).await? {
            return Ok(answer);
        }
        let secret = webhook::rotate(tx, &app.seal, manager.organisation_id(), &id, &manager.by).await?;
        let webhook = Shown::from(&find(tx, &manager, &id).await?);
        let rotated = WebhookSecret { secret: secret.reveal(), webhook };
        once.done(tx, Answer::of(StatusCode::OK, &rotated)).await
    });
    rotated.await.map(IntoResponse::into_response)
}

/// The secret that a webhook's messages are signed with. Who asked for it is in the audit log.
#[utoipa::path(get, path = "/v1/webhooks/{id}/secret", tag = "webhooks", params(("id" = String, Path, description = "whk_…")), responses(
    (status = 200, body = WebhookSecret),
    alike::NotFound,
))]
pub(super) async fn secret(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
) -> Result<Response, Problem> {
    let revealed = app.store.run_tx("webhooks.reveal", async |tx| {
        let webhook = Shown::from(&find(tx, &manager, &id).await?);
        let secret = webhook::reveal(tx, &app.seal, manager.organisation_id(), &id, &manager.by).await?;
        Ok::<_, Problem>(WebhookSecret { secret: secret.reveal(), webhook })
    });
    Ok(Answer::of(StatusCode::OK, &revealed.await?).into_response())
}

/// Sends a test message.
#[utoipa::path(post, path = "/v1/webhooks/{id}/test", tag = "webhooks", params(
    ("id" = String, Path, description = "whk_…"),
    alike::IdempotencyKey,
), responses(
    (status = 202, description = "on its way", body = WebhookSent),
    alike::BadRequest, alike::NotFound,
    (status = 409, description = "it is switched off", body = Problem, content_type = "application/problem+json"),
    alike::Unprocessable,
))]
pub(super) async fn test(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let once = Once::new(&app, &manager, key, &format!("POST /v1/webhooks/{id}/test"), b"");
    let sent = app.store.run_tx("webhooks.test", async |tx| {
        if let Some(answer) = once.before(tx).await? {
            return Ok(answer);
        }
        let id = webhook::test(tx, manager.organisation_id(), &id, &manager.by).await?;
        once.done(tx, Answer::of(StatusCode::ACCEPTED, &WebhookSent { id })).await
    });
    sent.await.map(IntoResponse::into_response)
}

/// What was sent to a webhook, the latest first.
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries", tag = "webhooks", params(
    ("id" = String, Path, description = "whk_…"), PageQuery,
), responses(
    (status = 200, body = Page<WebhookDelivery>),
    alike::BadRequest, alike::NotFound,
))]
pub(super) async fn deliveries(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
    request::Asked(asked): request::Asked<PageQuery>,
) -> Result<Json<Page<WebhookDelivery>>, Problem> {
    let rows = asked.rows()?;
    let cursor = asked.cursor.as_deref();
    if cursor.is_some_and(|it| !store::ids::is_valid("msg", it)) {
        return Err(Problem::invalid("cursor: it is of another list"));
    }
    let count = i64::try_from(rows + 1).unwrap_or(i64::MAX);
    let read = app.store.read("webhooks.deliveries", async |db| {
        webhook::deliveries(db, manager.organisation_id(), &id, cursor, count).await
    });
    let mut all = read.await?;
    let has_more = all.len() > rows;
    all.truncate(rows);
    let next = all.last().filter(|_| has_more).map(|it| it.message_id.clone());
    Ok(Json(Page { data: all.iter().map(WebhookDelivery::from).collect(), next }))
}

/// A message to a webhook: its body, and what each try came to.
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries/{message}", tag = "webhooks", params(
    ("id" = String, Path, description = "whk_…"), ("message" = String, Path, description = "msg_…"),
), responses(
    (status = 200, body = WebhookMessage),
    alike::BadRequest, alike::NotFound,
))]
pub(super) async fn message(
    State(app): State<App>,
    manager: Manager,
    Id((id, message)): Id<(String, String)>,
) -> Result<Json<WebhookMessage>, Problem> {
    let read = app.store.read("webhooks.message", async |db| {
        webhook::delivery(db, manager.organisation_id(), &id, &message).await
    });
    let story = read.await?;
    let attempts = story.attempts.iter().map(WebhookAttempt::from).collect();
    Ok(Json(WebhookMessage { delivery: (&story.delivery).into(), body: story.body, attempts }))
}

/// Sends all messages again that have failed for good since a time, a thousand at most: the oldest first, one after the other.
#[utoipa::path(post, path = "/v1/webhooks/{id}/deliveries/replay", tag = "webhooks", request_body = WebhookReplay, params(
    ("id" = String, Path, description = "whk_…"),
    alike::IdempotencyKey,
), responses(
    (status = 202, description = "on their way again", body = WebhookReplayed),
    alike::BadRequest, alike::NotFound,
    (status = 409, description = "it is switched off", body = Problem, content_type = "application/problem+json"),
    alike::Unprocessable,
))]
pub(super) async fn replay_failed(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
    key: IdempotencyKey,
    Content(body): Content,
) -> Result<Response, Problem> {
    let wanted: WebhookReplay = parse(&body)?;
    // Nothing older is kept, and PostgreSQL does not know every year that a program may name.
    let since = wanted.since.max(manager.by.at - webhook::KEPT);
    let once = Once::new(&app, &manager, key, &format!("POST /v1/webhooks/{id}/deliveries/replay"), &body);
    let sent = app.store.run_tx("webhooks.replay_failed", async |tx| {
        if let Some(answer) = once.before(tx).await? {
            return Ok(answer);
        }
        let organisation = manager.organisation_id();
        let count = webhook::replay_failed_since(tx, organisation, &id, since, &manager.by).await?;
        let has_more = i64::try_from(count).is_ok_and(|it| it >= webhook::REPLAY_MAX);
        once.done(tx, Answer::of(StatusCode::ACCEPTED, &WebhookReplayed { count, has_more })).await
    });
    sent.await.map(IntoResponse::into_response)
}

/// Sends a message again, with the same `webhook-id`.
#[utoipa::path(post, path = "/v1/webhooks/{id}/deliveries/{message}/replay", tag = "webhooks", params(
    ("id" = String, Path, description = "whk_…"), ("message" = String, Path, description = "msg_…"),
    alike::IdempotencyKey,
), responses(
    (status = 202, description = "on its way again", body = WebhookSent),
    alike::BadRequest, alike::NotFound,
    (status = 409, description = "it is switched off", body = Problem, content_type = "application/problem+json"),
    alike::Unprocessable,
))]
pub(super) async fn replay(
    State(app): State<App>,
    manager: Manager,
    Id((id, message)): Id<(String, String)>,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let route = format!("POST /v1/webhooks/{id}/deliveries/{message}/replay");
    let once = Once::new(&app, &manager, key, &route, b"");
    let sent = app.store.run_tx("webhooks.replay", async |tx| {
        if let Some(answer) = once.before(tx).await? {
            return Ok(answer);
        }
        webhook::replay(tx, manager.organisation_id(), &id, &message, &manager.by).await?;
        once.done(tx, Answer::of(StatusCode::ACCEPTED, &WebhookSent { id: message.clone() })).await
    });
    sent.await.map(IntoResponse::into_response)
}
