//! Whether a fence lets a fan in: what a page asks before it shows what is not for everybody.

use super::fan::{CREASE_FAN, PerhapsFan};
use super::feed::parse;
use super::openapi::alike;
use super::place::{CREASE_PLACE, Place, Whom};
use super::request::Content;
use super::wallet::fan::private;
use crate::app::App;
use crate::problem::Problem;
use crate::problem::place::Said;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use partners::Fan;
use serde::Deserialize;
use utoipa::{OpenApi, ToSchema};

/// A fence's id: far less than this.
const BODY_BYTES_MAX: usize = 1024;

/// What pages ask for a fan.
pub(super) fn of_fan() -> Router<App> {
    Router::new().route("/v1/places/check", post(check)).layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// These routes, for the description of the whole API.
#[derive(OpenApi)]
#[openapi(
    paths(check),
    tags((name = "places", description = "Where a fan is, and what fences make of it. What a browser knows of it goes in the header \
        `Crease-Place`, with this and with any other request that a fence may stand before: \
        `lat=12.97&lon=77.59&accuracy_m=30&age_s=4&declared=IN-KA&zone=Asia%2FKolkata`, or a part of it. `lat`, `lon` (degrees) and \
        `accuracy_m` are the browser's (W3C Geolocation), `age_s` is for how many seconds it has known them, ten minutes at most; \
        `declared` is where the fan says to be (ISO 3166); `zone` is the device's time zone. Where the address is, we see ourselves. \
        Nobody keeps the position: of a decision, a region and a cell of ten kilometres are kept.")),
)]
pub(super) struct Description;

/// Which fence.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlaceQuestion)]
struct Question {
    /// "fen_…": one of yours, or of the house.
    fence: String,
}

/// Whether a fence lets the fan in, and if not, why, and what would help: a page asks it before it shows something. Whatever the fence stands
/// before asks once more.
#[utoipa::path(post, path = "/v1/places/check", tag = "places", params(
    ("Crease-Place" = Option<String>, Header, description = "What the browser says of where it is"),
    ("Crease-Fan" = Option<String>, Header, description = "Who it is, where that is known: what was decided of a fan is kept, and who was far away a moment ago is doubted"),
), request_body = Question, responses(
    (status = 200, body = Said),
    alike::BadRequest,
    alike::NotFound,
    alike::Unprocessable,
    (status = 401, description = "no good key, or a fan who is not believed: the code says why", body = Problem, content_type = "application/problem+json"),
))]
async fn check(
    asker: PerhapsFan,
    place: Place,
    State(app): State<App>,
    Content(body): Content,
) -> Result<Response, Problem> {
    let Question { fence } = parse(&body)?;
    let whom = Whom { organisation_id: asker.organisation_id(), fan_id: asker.fan.as_ref().map(Fan::fan_id) };
    let judged = place.decide(&app, whom, &fence).await?;
    Ok(private(Json(judged.said())))
}

/// What a browser may send with requests for a fan beside what it does with others.
pub(super) const SENT: [axum::http::HeaderName; 2] = [CREASE_FAN, CREASE_PLACE];
