//! Why there is no page.

use super::SIGN_IN;
use crate::http::scorer::html;
use crate::problem::Problem;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use console::layout::{Area, message};

#[derive(Debug)]
pub(in crate::http) enum Failure {
    /// No such thing, or of an organisation that the user does not belong to.
    NotFound,
    /// The address says something that none of ours does.
    NotUnderstood,
    /// Nobody is signed in.
    SignedOut,
    /// The form did not come from our page, or from one of an older session.
    NotOurs,
    /// The member's role does not allow it.
    NotAllowed,
    /// More than any form of ours sends.
    TooLong,
    /// Too many attempts from there.
    TooOften,
    /// As many passwords are being checked as there is room for.
    Busy,
    /// Of the configuration: what it is.
    NotSetUp(&'static str),
    /// On our side, or of the moment.
    Problem(Box<Problem>),
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, title, text) = match self {
            Failure::SignedOut => return Redirect::to(SIGN_IN).into_response(),
            Failure::NotFound => {
                (StatusCode::NOT_FOUND, "Not found", "There is no such page, or it is not yours to see.")
            }
            Failure::NotUnderstood => (
                StatusCode::BAD_REQUEST,
                "Not understood",
                "This address says something twice, or in a way that is not ours: follow a link from here instead.",
            ),
            Failure::NotOurs => (
                StatusCode::FORBIDDEN,
                "This form is out of date",
                "It was made for another sign-in, or came from elsewhere. Nothing was changed: go back, load the page again, and try once more.",
            ),
            Failure::NotAllowed => (
                StatusCode::FORBIDDEN,
                "Not allowed",
                "Your role in this organisation does not allow this. Nothing was changed: an owner or admin can do it, or give you another role.",
            ),
            Failure::TooLong => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "Too long",
                "That is more than a form here takes. Nothing was changed: go back and shorten it.",
            ),
            Failure::TooOften => (
                StatusCode::TOO_MANY_REQUESTS,
                "Too often",
                "That was tried too often from here. Nothing was changed: try again in a quarter of an hour.",
            ),
            Failure::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Not now",
                "Many people are signing in at this moment. Nothing was changed: try again in a moment.",
            ),
            Failure::NotSetUp(text) => (StatusCode::SERVICE_UNAVAILABLE, "Not set up", text),
            Failure::Problem(problem) => {
                let status = problem.into_response().status();
                match status {
                    StatusCode::SERVICE_UNAVAILABLE => (
                        status,
                        "Not now",
                        "The server is busy or restarting. Nothing was changed: try again in a moment.",
                    ),
                    StatusCode::UNPROCESSABLE_ENTITY => (
                        status,
                        "Not a text",
                        "There is a character in it that no text has. Nothing was changed: go back and take it out.",
                    ),
                    _ => (status, "Not now", "Something went wrong on our side. Nothing was changed."),
                }
            }
        };
        html(status, message(title, text, Area::SignedOut))
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Failure::Problem(Box::new(problem))
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Failure::Problem(Box::new(error.into()))
    }
}

impl From<jobs::Error> for Failure {
    fn from(error: jobs::Error) -> Self {
        match error {
            jobs::Error::Store(error) => error.into(),
            error => Failure::Problem(Box::new(Problem::internal(&error))),
        }
    }
}

impl From<access::Error> for Failure {
    fn from(error: access::Error) -> Self {
        match error {
            access::Error::Store(error) => error.into(),
            access::Error::Busy => Failure::Busy,
            access::Error::UnknownUser { .. } => Failure::NotFound,
            error => Failure::Problem(Box::new(Problem::internal(&error))),
        }
    }
}

impl From<rewards::Error> for Failure {
    fn from(error: rewards::Error) -> Self {
        match error {
            rewards::Error::TooOften { .. } => Failure::TooOften,
            error => Failure::Problem(Box::new(error.into())),
        }
    }
}

impl From<partners::Error> for Failure {
    fn from(error: partners::Error) -> Self {
        use partners::Error as It;
        match error {
            It::Store(error) => error.into(),
            It::Access(error) => error.into(),
            It::NotAllowed => Failure::NotAllowed,
            It::UnknownOrganisation { .. }
            | It::UnknownKey { .. }
            | It::UnknownSite { .. }
            | It::UnknownMember { .. }
            | It::UnknownInvite { .. }
            | It::UnknownSecret { .. } => Failure::NotFound,
            error => Failure::Problem(Box::new(Problem::internal(&error))),
        }
    }
}

/// What of an error of partners is somebody's to put right, in words for a form.
pub(super) fn mistake(error: &partners::Error) -> Option<String> {
    use partners::Error as It;
    let is_one = matches!(
        error,
        It::ControlCharacter
            | It::NameLength { .. }
            | It::Origin(_)
            | It::OriginsMissing
            | It::TooManyOrigins { .. }
            | It::OwnMachine { .. }
            | It::TooMany { .. }
            | It::TooManySecrets { .. }
            | It::LastOwner
            | It::AlreadyMember
            | It::ScopesMissing
            | It::KeyOver { .. }
            | It::LimitOutOfRange { .. }
            | It::TooManyRows { .. }
            | It::SoftAboveHard { .. }
    );
    is_one.then(|| sentence(&error.to_string()))
}

/// An error's text as a sentence.
pub(super) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), characters.as_str()))
}
