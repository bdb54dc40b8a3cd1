//! Tickets: what opens a stream for some minutes, where no key can be kept. Who shows one before it ends gets the next.

use crate::app::App;
use crate::http::caller::{Reader, TicketHolder};
use crate::http::fan;
use crate::http::feed::parse;
use crate::http::openapi::alike;
use crate::http::request::Content;
use crate::problem::{Problem, types};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use partners::Tickets;
use partners::ticket::Wanted;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A ticket that is asked for.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTicket)]
pub(super) struct TicketWanted {
    /// The one match that it opens: "mat_…"; every match that the key may see, when left out.
    #[serde(rename = "match")]
    match_id: Option<String>,
}

/// A ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TicketIssued {
    /// "crt_…": takes the key's place in `?key=` and `X-Crease-Key`, where matches are read and followed.
    ticket: String,
    /// RFC 3339; a stream that is open goes on.
    expires_at: String,
}

/// Makes a ticket with a key, publishable or secret with the scope `read`: for apps and frames, good for five minutes, and renewable for twelve
/// hours. With a fan's identity it acts for that fan.
#[utoipa::path(post, path = "/v1/tickets", tag = "keys", request_body = Option<TicketWanted>, params(
    ("Crease-Fan" = Option<String>, Header, description = "For whom the ticket acts, in any form that /v1/fans/me takes"),
), responses(
    (status = 201, body = TicketIssued),
    alike::BadRequest,
    (status = 401, description = "no good key, or a fan who is not believed: the code says why", body = Problem, content_type = "application/problem+json"),
    alike::Unprocessable,
))]
pub(super) async fn issue(
    State(app): State<App>,
    reader: Reader,
    headers: HeaderMap,
    Content(body): Content,
) -> Result<Response, Problem> {
    let wanted: TicketWanted = if body.is_empty() { TicketWanted::default() } else { parse(&body)? };
    let Some(partner) = reader.partner() else {
        return Err(Problem::new(&types::KEY_MISSING, "a ticket is made with an API key"));
    };
    let now = app.clock.now();
    let fan = fan::identified(&headers, &app, partner)?;
    let wanted = Wanted { match_id: wanted.match_id.as_deref(), fan: fan.as_ref() };
    let ticket = app.tickets.issue(partner, wanted, now);
    let ticket = ticket.map_err(|error| Problem::new(&types::INVALID_VALUE, error.to_string()))?;
    let issued =
        TicketIssued { ticket: ticket.reveal().to_owned(), expires_at: (now + Tickets::LASTS).to_string() };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(issued)).into_response())
}

/// Exchanges a ticket that is good still for another one of the same match and fan, good for five minutes from now, and at most until twelve hours
/// after the first. The widget's frame does so by itself.
#[utoipa::path(post, path = "/v1/tickets/renew", tag = "keys", responses(
    (status = 201, body = TicketIssued),
    (status = 401, description = "no ticket, or one that is good no longer", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn renew(
    State(app): State<App>,
    TicketHolder { ticket }: TicketHolder,
) -> Result<Response, Problem> {
    let (ticket, expires_at) = app.tickets.renew(&ticket, app.clock.now());
    let issued = TicketIssued { ticket: ticket.reveal().to_owned(), expires_at: expires_at.to_string() };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(issued)).into_response())
}
