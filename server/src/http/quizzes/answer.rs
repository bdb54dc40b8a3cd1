//! A fan's answer.

use crate::app::App;
use crate::http::feed::parse;
use crate::http::openapi::alike;
use crate::http::place::{Place, Whom};
use crate::http::request::{Content, Id};
use crate::http::rewards::Whence;
use crate::http::wallet::{Owner, private};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use quizzes::{Error, Refusal, Rule, Submission};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wallet::Holder;

/// What a fan answers.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    /// One of the question's choices, by its id
    choice: String,
    /// The match in which it is asked, "mat_…"; left out where it is of none.
    #[serde(rename = "match")]
    match_id: Option<String>,
}

/// What was accepted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AnswerReceipt)]
pub(super) struct Receipt {
    /// "qun_…"
    question: String,
    choice: String,
    /// RFC 3339, by the server's clock: what counts.
    accepted_at: String,
}

/// Answers a question, once, before it locks. Sent again with the same choice, it is the same answer; another choice is refused. When there is
/// an answer to this, it is kept, whatever becomes of the server.
#[utoipa::path(post, path = "/v1/quizzes/questions/{id}/answer", tag = "quizzes", request_body = Answer, params(
    ("id" = String, Path, description = "qun_…"),
    ("Crease-Place" = Option<String>, Header, description = "What the browser says of where it is, where a fence asks for it"),
    ("Crease-Fan" = Option<String>, Header, description = "Who it is: a JWT that your server signed, or user=…&expires=…&signature=…"),
), responses(
    (status = 200, body = Receipt),
    alike::BadRequest, alike::NotFound, alike::Conflict, alike::Unprocessable,
    (status = 401, description = "no good key, or nobody who is believed", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "not from here, or by nobody who takes part", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn answer(
    owner: Owner,
    from: Whence,
    place: Place,
    State(app): State<App>,
    Id(question): Id,
    Content(body): Content,
) -> Result<Response, Problem> {
    let Answer { choice, match_id } = parse(&body)?;
    // What it may earn goes there.
    owner.have_open(&app).await?;
    let holder = owner.holder();
    let mut submission = Submission {
        books: holder.books,
        question,
        match_id,
        choice,
        fan_id: holder.fan_id.to_owned(),
        organisation_id: holder.organisation_id.to_owned(),
        device: Some(from.device().to_owned()),
        place: None,
    };
    let answered = match app.intake.answer(submission.clone()).await {
        // Only now is it asked where the fan is: of what has no fence, or is locked, nobody need know.
        Err(Error::Refused(Refusal::Fenced { fence })) => {
            submission.place = Some(admitted(&app, &place, &holder, &fence).await?);
            app.intake.answer(submission).await
        }
        answered => answered,
    };
    let receipt = answered?;
    Ok(private(Json(Receipt {
        question: receipt.question,
        choice: receipt.choice,
        accepted_at: receipt.accepted_at.to_string(),
    })))
}

/// That the quiz's fence lets the fan in.
///
/// # Errors
/// Why it does not, and what would help. One that there is not lets nobody in.
async fn admitted(
    app: &App,
    place: &Place,
    holder: &Holder<'_>,
    fence: &str,
) -> Result<quizzes::Place, Problem> {
    let whom = Whom { organisation_id: holder.organisation_id, fan_id: Some(holder.fan_id) };
    match place.decide(app, whom, fence).await {
        Ok(judged) => {
            let version = judged.said().version;
            judged.admitted()?;
            Ok(quizzes::Place::Allowed(Rule { fence: fence.to_owned(), version }))
        }
        Err(access::place::Error::Unknown { .. }) => {
            Err(Error::from(Refusal::Fenced { fence: fence.to_owned() }).into())
        }
        Err(error) => Err(error.into()),
    }
}
