//! What boards call a fan, and how far the fan's streaks go.

use crate::app::App;
use crate::http::feed::parse;
use crate::http::openapi::alike;
use crate::http::request::{Asked, Content};
use crate::http::wallet::{Owner, private};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use quizzes::{Handle, handle, in_a_row, set_handle};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MeQuery {
    /// The series whose streaks are asked for, by its name.
    series: Option<String>,
}

/// A fan, as quizzes know it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuizFan)]
pub(super) struct Me {
    /// What boards call the fan; null: nothing.
    name: Option<String>,
    /// Of the series that was asked for.
    in_a_row: Option<InARow>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuizStreak)]
struct InARow {
    /// Right answers in a row, now and at best.
    answers: i32,
    answers_best: i32,
    /// Days in a row with a right answer, as of today, and at best.
    days: i32,
    days_best: i32,
}

/// What boards call the fan, and how many right answers there were in a row.
#[utoipa::path(get, path = "/v1/quizzes/me", tag = "quizzes", params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
    MeQuery,
), responses(
    (status = 200, body = Me), alike::BadRequest,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn show(
    owner: Owner,
    State(app): State<App>,
    Asked(query): Asked<MeQuery>,
) -> Result<Response, Problem> {
    let (holder, now) = (owner.holder(), app.clock.now());
    let read = async |db: &store::Client<'_>| {
        let row = match query.series.as_deref() {
            Some(series) => Some(in_a_row(db, holder.books, (series, holder.fan_id), now).await?),
            None => None,
        };
        Ok::<_, quizzes::Error>((handle(db, holder.fan_id).await?, row))
    };
    let (name, row) = app.store.read("quizzes.fan", read).await?;
    let in_a_row = row.map(|it| InARow {
        answers: it.answers,
        answers_best: it.best,
        days: it.days,
        days_best: it.best_days,
    });
    Ok(private(Json(Me { name, in_a_row })))
}

/// A name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewQuizName)]
pub(super) struct NewName {
    /// 2 to 24 letters and digits of any script, with spaces and what stands between words; null: boards call the fan nothing.
    name: Option<String>,
}

/// Sets what boards call the fan. Everybody who looks at them reads it.
#[utoipa::path(patch, path = "/v1/quizzes/me", tag = "quizzes", request_body = NewName, params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), responses(
    (status = 200, body = Me), alike::BadRequest, alike::Unprocessable,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn change(
    owner: Owner,
    State(app): State<App>,
    Content(body): Content,
) -> Result<Response, Problem> {
    let NewName { name } = parse(&body)?;
    let name = name.as_deref().map(Handle::parse).transpose().map_err(quizzes::Error::from)?;
    let (holder, now) = (owner.holder(), app.clock.now());
    let set = async |tx: &store::Transaction<'_>| set_handle(tx, holder.fan_id, name.as_ref(), now).await;
    app.store.run_tx("quizzes.name", set).await?;
    Ok(private(Json(Me { name: name.map(|it| it.as_str().to_owned()), in_a_row: None })))
}
