//! Fans: a guest for a page where nobody is signed in, and who a request acts for.

use super::fan::{ForFan, KeyHolder, identity, refused};
use crate::app::App;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use partners::Guests;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/fans/guest", post(guest)).route("/v1/fans/me", get(me))
}

/// A guest: a token for the page's memory. Nothing is kept of it, here or in a cookie.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Guest)]
pub(super) struct GuestMade {
    /// "crg_…": what `Crease-Fan` says from now on.
    token: String,
    /// "guest_…"
    fan_id: String,
    /// RFC 3339: 24 hours from now. Ask again before, with the token, and the guest goes on.
    expires_at: String,
}

/// Makes a guest for a page with a publishable key; sent with a guest's token that is good still, the same guest goes on for another 24 hours.
#[utoipa::path(post, path = "/v1/fans/guest", tag = "fans", params(
    ("Crease-Fan" = Option<String>, Header, description = "The guest's token, for the same guest to go on"),
), responses(
    (status = 201, body = GuestMade),
    (status = 401, description = "no good key, or a token that is not believed: the code says why", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn guest(
    State(app): State<App>,
    holder: KeyHolder,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (partner, now) = (&holder.key, app.clock.now());
    let issued = identity(&headers).and_then(|present| {
        let token = match present {
            Some(token) => app.guests.renew(partner, token, now)?,
            None => app.guests.issue(partner, now)?,
        };
        Ok((app.guests.check(partner, token.reveal(), now)?, token))
    });
    let (fan, token) = issued.map_err(refused)?;
    let expires_at = Timestamp::from_second(now.as_second().saturating_add(Guests::LASTS.as_secs()));
    let made = GuestMade {
        token: token.reveal().to_owned(),
        fan_id: fan.fan_id().to_owned(),
        expires_at: expires_at.unwrap_or(Timestamp::MAX).to_string(),
    };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(made)).into_response())
}

/// A fan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fan)]
pub(super) struct Shown {
    /// "fan_…", the same for the same user of yours for ever; "guest_…" for a guest.
    fan_id: String,
    /// signed: your server vouches for the fan; guest: nobody does.
    kind: &'static str,
    /// What your server calls the fan, if it does.
    name: Option<String>,
}

/// For whom a request acts: with a key and a fan's identity, or with a ticket that was made for one.
#[utoipa::path(get, path = "/v1/fans/me", tag = "fans", params(
    ("Crease-Fan" = Option<String>, Header, description = "A JWT that your server signed, a guest's token, or \
        user=…&expires=…&signature=…, encoded as in a form; of no meaning beside a ticket"),
), responses(
    (status = 200, body = Shown),
    (status = 401, description = "no good key, or a fan who is not believed: the code says why", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn me(ForFan { fan }: ForFan) -> Response {
    let shown = Shown {
        fan_id: fan.fan_id().to_owned(),
        kind: fan.kind().word(),
        name: fan.name().map(str::to_owned),
    };
    ([(header::CACHE_CONTROL, "no-store")], Json(shown)).into_response()
}
