//! The balls of a match in words.

use super::caller::Reader;
use super::etag::{unless_same, unless_unchanged};
use super::matches::visible;
use super::request::{Asked, Id};
use crate::app::App;
use crate::http::openapi::alike;
use crate::problem::{Problem, types};
use crate::stream::{Future, Lines, Told, Voice};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use commentary::line;
use cricket::words::languages;
use serde::Deserialize;
use std::collections::HashMap;
use utoipa::IntoParams;
use wire::{BallLine, Balls, Position};

/// Balls on one page, unless asked for fewer.
const PAGE_BALLS_MAX: usize = 200;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct BallsQuery {
    /// The `next` of the page before; from the first ball when left out. A page with another `rev` than the one before belongs to
    /// another history of the match: begin again.
    after: Option<u64>,
    /// Backwards: the balls that stand immediately before the ball of this update (its `seq`) in the match's order, which is not the
    /// order of the updates once a ball came late. The `next` of such a page is the `before` of the one that precedes it. When a
    /// correction took that ball out, the answer is 409 `ball-not-in-match`: read the snapshot and begin again from it. Not
    /// together with `after`.
    before: Option<u64>,
    /// Balls on the page, 1 to 200.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// The language of the texts, `hi` for one; English when left out or not known.
    lang: Option<String>,
    /// The tone of the texts, `hype` for one: balls that have not been told in it have the plain text.
    tone: Option<String>,
}

/// Ball by ball; each page oldest first.
#[utoipa::path(get, path = "/v1/matches/{id}/balls", tag = "matches",
    params(("id" = String, Path, description = "mat_…"), BallsQuery), responses(
    (status = 200, description = "epoch, rev, balls (seq, innings, over, label, text, kind, score) and next: where the following page \
        in the asked direction begins, none on the last", body = serde_json::Value),
    (status = 304, description = "unchanged since the ETag"),
    (status = 400, description = "not understood, or `before` is ahead of the match", body = Problem,
        content_type = "application/problem+json"),
    alike::NotFound,
    (status = 409, description = "no ball of the match's present history has the seq of `before`", body = Problem,
        content_type = "application/problem+json"),
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
    for (name, seq) in [("after", query.after), ("before", query.before)] {
        if seq.is_some_and(|it| i64::try_from(it).is_err()) {
            return Err(Problem::invalid(format!("{name}: no update has such a number")));
        }
    }
    if query.after.is_some() && query.before.is_some() {
        return Err(Problem::invalid("after and before: one of them"));
    }
    let topic = visible(&app, &reader, &id).await?;
    if let Some(seq) = query.before {
        // The reader may have the ball from a process that is ahead of this one.
        let epoch = topic.position().epoch;
        app.hub.catch_up(&id, Position { epoch, seq }).await;
    }
    let (snapshot, lines) = topic.lines();
    let (position, rev) = (snapshot.position(), snapshot.rev);
    let words = languages::named(query.lang.as_deref().unwrap_or_default());
    let end = query.before.map(|seq| place_of(&lines.balls, seq, position)).transpose()?;
    let page = || {
        let (balls, next) = match end {
            Some(end) => page_before(&lines.balls, end, balls_max),
            None => lines.page(query.after.unwrap_or(0), balls_max),
        };
        let balls = balls.iter().map(|it| it.line(&snapshot.state, words)).collect();
        Balls { epoch: position.epoch, rev, balls, next }
    };
    let tone = query.tone.as_deref().filter(|it| !it.is_empty());
    Ok(match tone.and_then(|it| app.tones.voice(it, query.lang.as_deref())) {
        None => unless_unchanged(&headers, position, || wire::encode(&page())),
        // A line may come without an update.
        Some(voice) => {
            let mut page = page();
            retell(&app, &id, &voice, &lines, &mut page).await;
            unless_same(&headers, wire::encode(&page))
        }
    })
}

/// Puts the lines of a tone in the place of the plain ones, as far as there are any: nobody goes without the balls for want of a tone.
async fn retell(app: &App, id: &str, voice: &Voice, lines: &Lines, page: &mut Balls) {
    let places: HashMap<u64, (i32, i32)> = lines.places().map(|(place, seq)| (seq, place)).collect();
    let place = |it: Option<&BallLine>| it.and_then(|it| places.get(&it.seq)).copied();
    let (Some(from), Some(to)) = (place(page.balls.first()), place(page.balls.last())) else { return };
    let tone = (voice.tone.as_str(), voice.language);
    let told = app.store.read("tones.page", async |client| line::between(client, id, tone, from, to).await);
    let told = told.await.unwrap_or_else(|error| {
        tracing::warn!(%error, "a page has plain lines: those of its tone could not be read");
        Vec::new()
    });
    let mut texts: HashMap<(i32, i32), String> = told
        .into_iter()
        .filter(|it| it.rev == i64::from(page.rev))
        .map(|it| ((it.innings, it.ball), it.text))
        .collect();
    for it in &mut page.balls {
        if let Some(text) = places.get(&it.seq).and_then(|place| texts.remove(place)) {
            it.text = text;
        }
    }
}

/// Where the ball of update `seq` stands. One that is not there is refused rather than guessed at: a page from the wrong place would
/// repeat balls or leave some out, and whoever asks holds an older history than this one.
fn place_of(balls: &[Told], seq: u64, head: Position) -> Result<usize, Problem> {
    if seq > head.seq {
        return Err(Future { head }.into());
    }
    balls.iter().position(|it| it.seq == seq).ok_or_else(|| {
        let detail = format!(
            "before: update {seq} is no ball of the match's present history; a correction may have taken it out: read the snapshot \
            and begin again"
        );
        Problem::new(&types::BALL_NOT_IN_MATCH, detail)
    })
}

/// At most `balls_max` balls that stand before place `end`, oldest first, and the seq that the page before these ends at.
fn page_before(balls: &[Told], end: usize, balls_max: usize) -> (&[Told], Option<u64>) {
    let start = end.saturating_sub(balls_max);
    let page = &balls[start..end];
    let next = page.first().filter(|_| start > 0).map(|it| it.seq);
    (page, next)
}
