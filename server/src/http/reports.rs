//! What somebody missed of a match, its innings, and why batters were applauded.

use super::caller::Reader;
use super::etag::unless_same;
use super::matches::visible;
use super::request::{Asked, Id};
use crate::app::App;
use crate::http::openapi::alike;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use commentary::{About, Language};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportsQuery {
    /// The update after which somebody saw nothing (its `seq`): what happened since is told. Left out or 0: the innings in play, so far.
    after: Option<u64>,
    /// The language of the texts, `hi` for one; English when left out or not known.
    lang: Option<String>,
    /// The tone of the texts, `hype` for one: where a model tells balls it tells these too, and may take four seconds; else they are plain.
    tone: Option<String>,
}

/// What there is to report.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportsOfMatch {
    epoch: u64,
    seq: u64,
    rev: u32,
    /// Innings in order, then milestones as they came, then what is in play.
    reports: Vec<ReportText>,
}

/// A report in words.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportText {
    /// innings, milestone, so_far, missed
    #[schema(value_type = String)]
    about: About,
    /// From 0.
    innings: usize,
    /// Of the update of the ball with which a milestone came.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    text: String,
    /// A model has said it; else it is in plain sentences.
    is_retold: bool,
}

/// Reports on a match: what was missed, each innings that is over, and why batters were applauded for fifties and hundreds.
#[utoipa::path(get, path = "/v1/matches/{id}/reports", tag = "matches",
    params(("id" = String, Path, description = "mat_…"), ReportsQuery), responses(
    (status = 200, body = ReportsOfMatch),
    (status = 304, description = "unchanged since the ETag"),
    (status = 400, description = "not understood", body = Problem, content_type = "application/problem+json"),
    alike::NotFound,
))]
pub(super) async fn list(
    reader: Reader,
    State(app): State<App>,
    Id(id): Id,
    Asked(query): Asked<ReportsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let after = query.after.unwrap_or(0);
    if i64::try_from(after).is_err() {
        return Err(Problem::invalid("after: no update has such a number"));
    }
    let topic = visible(&app, &reader, &id).await?;
    // Beyond the last there is nothing to miss: one answer for all of them.
    let position = topic.position();
    let made = app.reporter.of(&id, position, after.min(position.seq.max(1))).await?;
    let asked = query.lang.as_deref().unwrap_or_default();
    let language = Language::of_tag(asked).unwrap_or(Language::English);
    let tone = query.tone.as_deref().filter(|it| !it.is_empty());
    let voice = tone.and_then(|it| app.tones.voice(it, Some(language.tag())));
    let all = app.tones.all();
    let preset =
        voice.and_then(|it| all.iter().find(|one| (&one.key, one.language) == (&it.tone, it.language)));
    let texts = app.reporter.tell(&id, &made.all, language, preset).await;
    let reports = made.all.iter().zip(texts).map(|(it, (text, is_retold))| ReportText {
        about: it.report.about,
        innings: it.innings,
        seq: it.seq,
        text,
        is_retold,
    });
    let (epoch, seq) = (made.position.epoch, made.position.seq);
    let body = ReportsOfMatch { epoch, seq, rev: made.rev, reports: reports.collect() };
    Ok(unless_same(&headers, serde_json::to_string(&body).expect("texts and numbers are JSON")))
}
