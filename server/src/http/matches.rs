//! Matches: the list, and the snapshot of one.

use super::caller::Reader;
use super::etag::{unless_same, unless_unchanged};
use super::request::{Asked, Id};
use crate::app::App;
use crate::feed::list::{self, Listed, Place, Status};
use crate::feed::log;
use crate::feed::summary::Summary;
use crate::http::openapi::alike;
use crate::problem::Problem;
use crate::stream::Topic;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cricket::Words;
use cricket::words::{languages, messages as say};
use partners::limit::QuotaKind;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Matches on one page, unless asked for fewer.
const PAGE_ROWS_MAX: u32 = 50;

/// What a list of matches asks for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// `live`, `upcoming`, `finished`; all when left out. The sandbox match is always live: a new game follows each result.
    status: Option<Status>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Matches on the page, 1 to 50.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<u32>,
    /// The language of the texts, `hi` for one; English when left out or not known.
    lang: Option<String>,
}

/// A page of matches: those that begin last come first, and of the upcoming ones the next. What happens in a match does not move it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MatchList {
    matches: Vec<MatchItem>,
    /// Ask again with `cursor=` this; none on the last page.
    next: Option<String>,
    /// What a list is called and what it says, in the language that was asked for.
    words: ListWords,
}

/// A list's own texts.
#[derive(Debug, Serialize, ToSchema)]
struct ListWords {
    /// "Live matches"
    title: &'static str,
    /// "No match is being played now."
    nothing: &'static str,
    more: &'static str,
    /// How overs are said: "{0} ov"
    overs: &'static str,
    /// The language of these texts, and its direction where it is not left to the page: `ltr`, `rtl`.
    lang: &'static str,
    dir: Option<&'static str>,
}

impl ListWords {
    fn of(status: Option<Status>, words: Words) -> Self {
        let (title, nothing) = match status {
            Some(Status::Live) => (say::LIVE_MATCHES, say::NO_LIVE_MATCHES),
            Some(Status::Upcoming) => (say::FIXTURES, say::NO_FIXTURES),
            Some(Status::Finished) => (say::RESULTS, say::NO_RESULTS),
            None => (say::MATCHES, say::NO_MATCHES),
        };
        Self {
            title: words.get(title),
            nothing: words.get(nothing),
            more: words.get(say::MORE),
            overs: words.get(say::OVERS),
            lang: words.tag(),
            dir: words.direction(),
        }
    }
}

/// A match in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MatchItem {
    /// "mat_…"
    id: String,
    status: Status,
    /// upcoming, play, break, delayed, finished
    phase: &'static str,
    /// "Live": the phase in the language that was asked for.
    phase_text: &'static str,
    /// The two names.
    teams: Vec<String>,
    competition: String,
    stage: String,
    venue: String,
    /// First day, ISO 8601.
    date: String,
    /// RFC 3339, when known.
    starts_at: Option<String>,
    /// The match that test keys see.
    sandbox: bool,
    #[serde(flatten)]
    summary: Summary,
}

impl MatchItem {
    fn of(listed: Listed, words: Words) -> Self {
        let Listed { row, status, .. } = listed;
        let starts = row.starts_at_ms.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        Self {
            id: row.id,
            status,
            phase: log::phase_word(row.phase),
            phase_text: words.get(say::of_phase(row.phase)),
            teams: row.setup.teams.into_iter().map(|it| it.name).collect(),
            competition: row.setup.competition,
            stage: row.setup.stage,
            venue: row.setup.venue,
            date: row.setup.date,
            starts_at: starts.map(|it| it.to_string()),
            sandbox: row.sandbox,
            summary: row.summary.in_words(words),
        }
    }
}

/// Fixtures, live matches and results.
#[utoipa::path(get, path = "/v1/matches", tag = "matches", params(ListQuery), responses(
    (status = 200, body = MatchList),
    (status = 304, description = "unchanged since the ETag"),
    alike::BadRequest,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    reader: Reader,
    State(app): State<App>,
    Asked(query): Asked<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let rows_max = query.limit.unwrap_or(PAGE_ROWS_MAX);
    if !(1..=PAGE_ROWS_MAX).contains(&rows_max) {
        return Err(Problem::invalid(format!("limit: {rows_max} is not between 1 and {PAGE_ROWS_MAX}")));
    }
    let shown = reader.sees()?;
    let after = query.cursor.as_deref().map(place_of).transpose()?;
    let mut rows = app
        .store
        .read("matches.list", async |client| {
            list::page(client, shown, query.status, after.as_ref(), rows_max + 1).await
        })
        .await?;
    let is_last = rows.len() <= rows_max as usize;
    rows.truncate(rows_max as usize);
    let next = rows.last().filter(|_| !is_last).map(cursor_of);
    let words = languages::named(query.lang.as_deref().unwrap_or_default());
    let matches = rows.into_iter().map(|it| MatchItem::of(it, words)).collect();
    let body = MatchList { matches, next, words: ListWords::of(query.status, words) };
    let body = serde_json::to_string(&body).expect("texts and numbers are JSON");
    Ok(unless_same(&headers, body))
}

/// The whole state of a match: what a stream's `snapshot` event holds.
#[utoipa::path(get, path = "/v1/matches/{id}", tag = "matches", params(("id" = String, Path, description = "mat_…")), responses(
    (status = 200, description = "the snapshot: id, epoch, seq, rev, t and state; wire/README.md names every field", body = serde_json::Value),
    (status = 304, description = "unchanged since the ETag"),
    alike::NotFound,
))]
pub(super) async fn snapshot(
    reader: Reader,
    State(app): State<App>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let topic = visible(&app, &reader, &id).await?;
    reader.has_left(&app, QuotaKind::Impressions, &topic)?;
    let snapshot = topic.snapshot();
    let answer = unless_unchanged(&headers, snapshot.position(), || wire::encode(&snapshot));
    reader.saw(&app, &topic, &answer);
    Ok(answer)
}

/// The topic of a match that this caller may see. One that it may not see does not exist for it.
pub(super) async fn visible(app: &App, reader: &Reader, id: &str) -> Result<Arc<Topic>, Problem> {
    let id_is_possible = store::ids::is_valid("mat", id);
    let topic = match id_is_possible {
        true => app.hub.topic(id).await?,
        false => return Err(Problem::unknown_match(id)),
    };
    if reader.may_see(topic.id(), topic.is_sandbox()) { Ok(topic) } else { Err(Problem::unknown_match(id)) }
}

/// The place after which the next page begins, as `next` and `cursor` have it.
fn cursor_of(item: &Listed) -> String {
    format!("{}.{}", item.begins_ms, item.row.id)
}

fn place_of(cursor: &str) -> Result<Place, Problem> {
    let parts = cursor.split_once('.').and_then(|(begins, id)| Some((begins.parse().ok()?, id)));
    match parts {
        Some((begins_ms, id)) if store::ids::is_valid("mat", id) => {
            Ok(Place { begins_ms, id: id.to_owned() })
        }
        _ => Err(Problem::invalid("cursor: not one that this list gave out")),
    }
}
