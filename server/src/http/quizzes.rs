//! Questions as fans see and answer them, and who leads. What open streams are told is in `crate::questions`, and its shape in `questions/event.rs`.

mod answer;
mod board;
mod me;
mod show;

use crate::app::App;
use crate::http::caller::{Reader, from_headers};
use crate::http::fan::identified;
use crate::http::wallet::books;
use crate::problem::{Problem, types};
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts};
use axum::http::request::Parts;
use axum::routing::{get, post};
use partners::{Fan, Mode, Tickets};
use quizzes::{Error, Refusal};
use utoipa::OpenApi;

/// A choice, or a name: far less than this.
const BODY_BYTES_MAX: usize = 4 * 1024;
/// Before something that was not done for want of room, or that may have been done, is sent again.
const AGAIN_SECONDS: u32 = 1;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/matches/{id}/quizzes", get(show::of_match))
        .route("/v1/quizzes", get(show::of_none))
        .route("/v1/quizzes/questions/{id}/answer", post(answer::answer))
        .route("/v1/quizzes/board", get(board::show))
        .route("/v1/quizzes/me", get(me::show).patch(me::change))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// These routes, for the description of the whole API.
#[derive(OpenApi)]
#[openapi(
    paths(show::of_match, show::of_none, answer::answer, board::show, me::show, me::change),
    tags((name = "quizzes", description = "Questions on matches: what is asked, answers, and who leads. Taking part is free. Streams tell of them with the event quiz")),
)]
pub(super) struct Description;

/// Reads what is shown of quizzes: for a fan, where it says for whom.
pub(super) struct Looker {
    reader: Reader,
    fan: Option<Fan>,
    mode: Mode,
}

impl Looker {
    fn organisation_id(&self) -> &str {
        self.reader.organisation_id().unwrap_or_default()
    }

    fn fan_id(&self) -> Option<&str> {
        self.fan.as_ref().map(Fan::fan_id)
    }

    fn books(&self) -> wallet::Books {
        books(self.mode)
    }
}

impl FromRequestParts<App> for Looker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let reader = Reader::from_request_parts(parts, app).await?;
        let ticket = from_headers(&parts.headers).filter(|it| it.starts_with(Tickets::PREFIX));
        let fan = match (ticket, reader.partner()) {
            (Some(text), _) => {
                let ticket = app.tickets.check(&app.keys, text, app.clock.now());
                ticket.ok().and_then(|it| it.fan())
            }
            (None, Some(partner)) => identified(&parts.headers, app, partner)?,
            (None, None) => None,
        };
        let mode = if reader.is_live() { Mode::Live } else { Mode::Test };
        Ok(Self { reader, fan, mode })
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::UnknownQuiz { .. } | Error::UnknownQuestion { .. } => {
                Self::new(&types::UNKNOWN_THING, detail)
            }
            Error::Invalid { .. } | Error::Handle(_) => Self::new(&types::INVALID_VALUE, detail),
            Error::Opened { .. } | Error::OldRevision { .. } => Self::new(&types::CONFLICT, detail),
            Error::Refused(refusal) => refused(&refusal),
            Error::Busy => Self::new(&types::UNAVAILABLE, detail).again_after(AGAIN_SECONDS),
            Error::Unsure => Self::new(&types::UNSURE, detail).again_after(AGAIN_SECONDS),
            Error::Unreadable { .. } | Error::Jobs(_) => Self::internal(&error),
            Error::Rewards(error) => error.into(),
            Error::Store(error) => Self::from(&*error),
        }
    }
}

fn refused(refusal: &Refusal) -> Problem {
    let kind = match refusal {
        Refusal::UnknownQuestion => &types::UNKNOWN_THING,
        Refusal::OtherMatch | Refusal::UnknownChoice { .. } => &types::INVALID_VALUE,
        Refusal::NotOpen { .. } => &types::QUESTION_NOT_OPEN,
        Refusal::Locked { .. } | Refusal::Late => &types::QUESTION_LOCKED,
        Refusal::Answered { .. } => &types::QUESTION_ANSWERED,
        Refusal::Fenced { .. } => &types::NOT_FROM_HERE,
        Refusal::Blocked => &types::FAN_BLOCKED,
    };
    let detail = match refusal {
        Refusal::NotOpen { opens_at: Some(at) } => format!("{refusal}: it opens at {at}"),
        Refusal::Locked { locks_at: Some(at) } => format!("{refusal} since {at}"),
        Refusal::Fenced { fence } => format!("{refusal}, by the rule {fence}"),
        _ => refusal.to_string(),
    };
    Problem::new(kind, detail)
}
