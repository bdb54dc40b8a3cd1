//! The balls of a match in words.

use super::caller::Reader;
use super::etag::unless_unchanged;
use super::matches::visible;
use super::request::{Asked, Id};
use crate::app::App;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use wire::Balls;

/// Balls on one page, unless asked for fewer.
const PAGE_BALLS_MAX: usize = 200;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct BallsQuery {
    /// The `next` of the page before; from the first ball when left out. A page with another `rev` than the one before belongs to
    /// another history of the match: begin again.
    after: Option<u64>,
    /// Balls on the page, 1 to 200.
    limit: Option<usize>,
}

/// Ball by ball, oldest first.
#[utoipa::path(get, path = "/v1/matches/{id}/balls", tag = "matches",
    params(("id" = String, Path, description = "mat_…"), BallsQuery), responses(
    (status = 200, description = "epoch, rev, balls (seq, innings, over, label, text, kind, score) and next", body = serde_json::Value),
    (status = 304, description = "unchanged since the ETag"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    reader: Reader,
    State(app): State<App>,
    Id(id): Id,
    Asked(query): Asked<BallsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let balls_max = query.limit.unwrap_or(PAGE_BALLS_MAX);
    if !(1..=PAGE_BALLS_MAX).contains(&balls_max) {
        return Err(Problem::invalid(format!("limit: {balls_max} is not between 1 and {PAGE_BALLS_MAX}")));
    }
    let topic = visible(&app, &reader, &id).await?;
    let (position, rev, lines) = topic.lines();
    Ok(unless_unchanged(&headers, position, || {
        let (balls, next) = lines.page(query.after.unwrap_or(0), balls_max);
        wire::encode(&Balls { epoch: position.epoch, rev, balls, next })
    }))
}
