//! What a fan is shown of quizzes.

use super::Looker;
use crate::app::App;
use crate::http::matches::visible;
use crate::http::openapi::alike;
use crate::http::request::{Asked, Id};
use crate::http::wallet::{books, private};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use quizzes::{Outcome, OwnAnswer, Shown, ShownQuestion, View, shown};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// In which language.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ShowQuery {
    /// A BCP 47 tag, `hi` for one; English when left out. What is not written in it is in English, or in what it was written in.
    lang: Option<String>,
}

/// The quizzes that there are for a fan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quizzes)]
pub(super) struct QuizzesShown {
    /// The newest first.
    quizzes: Vec<QuizShown>,
    /// RFC 3339: the server's clock.
    now: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quiz)]
struct QuizShown {
    /// "quz_…"
    id: String,
    title: String,
    /// Which language it is in.
    language: String,
    /// What its boards and streaks run through.
    series: Option<String>,
    /// The rule of places by which it can be answered; null: from everywhere.
    fence: Option<String>,
    questions: Vec<QuestionShown>,
}

/// A question that is open, or was: what is planned is not told.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuizQuestion)]
struct QuestionShown {
    /// "qun_…"
    id: String,
    /// over-runs, over-wicket, over-boundaries, ball-runs, winner, winner-or-draw, top-scorer, innings-total, powerplay-total, next-wicket, trivia
    about: String,
    text: String,
    choices: Vec<ChoiceShown>,
    /// Of the boards, for a right answer.
    points: i32,
    /// open, locked, settled, void
    state: &'static str,
    /// RFC 3339
    opens_at: Option<String>,
    /// RFC 3339; null while it is not known: the match says it.
    locks_at: Option<String>,
    /// Milliseconds from now to the lock, so that a countdown needs no right clock; null where it is not open, or the moment is not known.
    left_ms: Option<i64>,
    /// What the fan has answered.
    own: Option<OwnShown>,
    /// Whole percents, in the order of the choices: for who has answered, or when it is locked.
    percents: Option<Vec<i64>>,
    /// How many have answered; null as the percents are.
    total: Option<i64>,
    /// What is right, when it is settled.
    choice: Option<String>,
    /// Why nothing is right, when it is void: a stable word.
    why: Option<&'static str>,
    /// What is said when it is settled.
    after: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuizChoice)]
struct ChoiceShown {
    id: String,
    text: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnAnswer)]
struct OwnShown {
    choice: String,
    /// RFC 3339
    accepted_at: String,
    /// It came after the ball that it is about, as was told later: it does not count.
    is_late: bool,
    /// right, wrong, void; null before it is settled.
    mark: Option<&'static str>,
}

impl From<Shown> for QuizShown {
    fn from(it: Shown) -> Self {
        Self {
            id: it.id,
            title: it.title,
            language: it.language,
            series: it.series,
            fence: it.fence,
            questions: it.questions.into_iter().map(QuestionShown::from).collect(),
        }
    }
}

impl From<ShownQuestion> for QuestionShown {
    fn from(it: ShownQuestion) -> Self {
        let (choice, why) = match it.outcome {
            Outcome::Choice(choice) => (Some(choice), None),
            Outcome::Void(why) => (None, Some(why.word())),
            Outcome::NotYet => (None, None),
        };
        let (percents, total) = it.percents.unzip();
        Self {
            id: it.id,
            about: it.about,
            text: it.text,
            choices: it.choices.into_iter().map(|(id, text)| ChoiceShown { id, text }).collect(),
            points: it.points,
            state: it.state.word(),
            opens_at: it.opens_at.map(|it| it.to_string()),
            locks_at: it.locks_at.map(|it| it.to_string()),
            left_ms: it.left_ms,
            own: it.own.map(OwnShown::from),
            percents,
            total,
            choice,
            why,
            after: it.after,
        }
    }
}

impl From<OwnAnswer> for OwnShown {
    fn from(it: OwnAnswer) -> Self {
        Self {
            choice: it.choice,
            accepted_at: it.accepted_at.to_string(),
            is_late: it.is_late,
            mark: it.mark.map(|it| it.word()),
        }
    }
}

/// What is asked on a match, as this fan sees it; without a fan, as everybody does. Ask once, and again when the stream's event quiz says so: it
/// has everything else.
#[utoipa::path(get, path = "/v1/matches/{id}/quizzes", tag = "quizzes", params(
    ("id" = String, Path, description = "mat_…"),
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
    ShowQuery,
), responses((status = 200, body = QuizzesShown), alike::BadRequest, alike::NotFound))]
pub(super) async fn of_match(
    looker: Looker,
    State(app): State<App>,
    Id(id): Id,
    Asked(query): Asked<ShowQuery>,
) -> Result<Response, Problem> {
    let topic = visible(&app, &looker.reader, &id).await?;
    let mode = if topic.is_sandbox() { partners::Mode::Test } else { partners::Mode::Live };
    let view = View {
        books: books(mode),
        organisation_id: looker.organisation_id(),
        match_id: Some(&id),
        fan_id: looker.fan_id(),
        language: language(&query),
    };
    answer(&app, view).await
}

/// What is asked on no match.
#[utoipa::path(get, path = "/v1/quizzes", tag = "quizzes", params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
    ShowQuery,
), responses((status = 200, body = QuizzesShown), alike::BadRequest))]
pub(super) async fn of_none(
    looker: Looker,
    State(app): State<App>,
    Asked(query): Asked<ShowQuery>,
) -> Result<Response, Problem> {
    let view = View {
        books: looker.books(),
        organisation_id: looker.organisation_id(),
        match_id: None,
        fan_id: looker.fan_id(),
        language: language(&query),
    };
    answer(&app, view).await
}

fn language(query: &ShowQuery) -> &str {
    query.lang.as_deref().filter(|it| !it.is_empty()).unwrap_or("en")
}

async fn answer(app: &App, view: View<'_>) -> Result<Response, Problem> {
    let now = app.clock.now();
    let found = app.store.read("quizzes.shown", async |db| shown(db, view, now).await).await?;
    let quizzes = found.into_iter().map(QuizShown::from).collect();
    Ok(private(Json(QuizzesShown { quizzes, now: now.to_string() })))
}
