//! What feeds send: matches and batches of commands, with a secret key.

mod announcement;
mod batch;

pub use announcement::{MatchAnnounced, MatchCreated, MatchFormat, TeamAnnounced};
pub use batch::{Batch, BatchAnswer, CommandAnswer, CommandSent};

use super::caller::Feeder;
use super::request::{Content, Id};
use crate::app::App;
use crate::feed::{Created, Envelope, FeedError, NAME_BYTES_MAX, NewMatch};
use crate::http::openapi::alike;
use crate::problem::{Problem, types};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use batch::Read;
use serde::de::DeserializeOwned;
use std::time::Instant;

/// Announces a match.
#[utoipa::path(post, path = "/v1/feed/matches", tag = "feeds", request_body = MatchAnnounced, responses(
    (status = 201, description = "created", body = MatchCreated),
    (status = 200, description = "it was announced before", body = MatchCreated),
    alike::BadRequest,
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "announced before with another set-up", body = Problem, content_type = "application/problem+json"),
    alike::Unprocessable,
))]
pub(super) async fn create_match(
    feeder: Feeder,
    State(app): State<App>,
    Content(body): Content,
) -> Result<Response, Problem> {
    let announced: MatchAnnounced = parse(&body)?;
    check_name("source", &announced.source)?;
    check_name("source_match_id", &announced.source_match_id)?;
    let created = app
        .feed
        .create_match(NewMatch {
            organisation_id: feeder.key.organisation_id().to_owned(),
            setup: announced.setup()?,
            source: announced.source,
            source_match_id: announced.source_match_id,
            starts_at_ms: announced.starts_at.map(jiff::Timestamp::as_millisecond),
            sandbox: false,
            archive: announced.archive,
        })
        .await?;
    let status = match created {
        Created::New { .. } => StatusCode::CREATED,
        Created::Existing { .. } => StatusCode::OK,
    };
    Ok((status, Json(MatchCreated { id: created.id().to_owned() })).into_response())
}

/// Sends commands to a match.
#[utoipa::path(post, path = "/v1/feed/matches/{id}/commands", tag = "feeds",
    params(("id" = String, Path, description = "mat_…")), request_body = Batch, responses(
    (status = 200, description = "judged, each command on its own", body = BatchAnswer),
    alike::BadRequest,
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "no such match of this organisation", body = Problem, content_type = "application/problem+json"),
    (status = 413, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn commands(
    feeder: Feeder,
    State(app): State<App>,
    Id(id): Id,
    Content(body): Content,
) -> Result<Json<BatchAnswer>, Problem> {
    let begun = Instant::now();
    let batch: Batch = parse(&body)?;
    check_name("source", &batch.source)?;
    let commands_max = app.config.feed.batch_commands_max;
    if batch.commands.len() > commands_max {
        let detail = format!("{} commands, {commands_max} at most", batch.commands.len());
        return Err(Problem::new(&types::BATCH_TOO_LONG, detail));
    }
    let is_ours = owns(&app, feeder.key.organisation_id(), &id).await?;
    if !is_ours {
        return Err(Problem::unknown_match(&id));
    }
    let read: Vec<_> = batch.commands.into_iter().map(Read::of).collect();
    let envelopes: Vec<Envelope> = read.iter().filter_map(|it| it.envelope.clone()).collect();
    let submitted = app.feed.submit(&id, &batch.source, &envelopes).await?;
    let mut judged = submitted.answers.into_iter();
    let answers = read.into_iter().map(|it| it.answer(&mut judged)).collect();
    metrics::histogram!("feed_accept_seconds").record(begun.elapsed().as_secs_f64());
    Ok(Json(BatchAnswer { epoch: submitted.epoch, seq: submitted.seq, rev: submitted.rev, answers }))
}

/// Whether this organisation may write the match. The sandbox match is written by nobody but its simulator.
async fn owns(app: &App, organisation_id: &str, match_id: &str) -> Result<bool, Problem> {
    if !store::ids::is_valid("mat", match_id) {
        return Ok(false);
    }
    // The writer has the row in memory once the match has begun, so this costs no query on a ball's way.
    match app.feed.with_log(match_id, |row, _| row.organisation_id == organisation_id && !row.sandbox).await {
        Ok(is_ours) => Ok(is_ours),
        Err(FeedError::UnknownMatch { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A JSON body, or a problem that says where the mistake is. The media type is not asked for: feeds often leave it out.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // A list of the values, in the order in which we happen to declare them, would be understood as well.
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::invalid("the body is a list, where an object is meant"));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| Problem::invalid(place(&error.path().to_string(), error.inner())))?;
    reader.end().map_err(|error| Problem::invalid(error.to_string()))?;
    Ok(value)
}

fn place(path: &str, error: &serde_json::Error) -> String {
    if path == "." { error.to_string() } else { format!("{path}: {error}") }
}

fn check_name(field: &str, name: &str) -> Result<(), Problem> {
    match name.len() {
        1..=NAME_BYTES_MAX => Ok(()),
        length => {
            Err(Problem::invalid(format!("{field}: {length} bytes, 1 to {NAME_BYTES_MAX} are allowed")))
        }
    }
}

/// The name of a feed that gives itself none.
fn default_source() -> String {
    "feed".to_owned()
}
