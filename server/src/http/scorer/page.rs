//! Answers of the console: pages, and what is shown when there is none.

use super::session::Session;
use crate::feed::FeedError;
use crate::feed::log::LogError;
use crate::problem::Problem;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use console::{Markup, assets, layout};

/// A page. It is never kept by a browser: a page from yesterday would show an old score and send old ids.
pub(in crate::http) fn html(status: StatusCode, page: Markup) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(assets::CONTENT_SECURITY_POLICY)),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    ];
    (status, headers, page.into_string()).into_response()
}

/// The header of a page for somebody who is signed in.
pub(super) fn area(session: &Session) -> layout::Area<'_> {
    layout::Area::Scorer { feed: &session.feed, csrf: &session.csrf }
}

/// An id for the presses of one page: 131 bits.
pub(super) fn form_id() -> String {
    store::ids::random_base62(22)
}

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Failure {
    /// No such match or ball, or not this organisation's.
    NotFound,
    /// The form did not come from our page, or from one of an older session.
    NotOurs,
    /// More than any form of ours sends.
    TooLong,
    /// On our side, or of the moment: as the API says it.
    Problem(Problem),
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, title, text) = match self {
            Failure::NotFound => (
                StatusCode::NOT_FOUND,
                "Not found",
                "There is no such page, or it belongs to another feed than the one you are signed in with.",
            ),
            Failure::NotOurs => (
                StatusCode::FORBIDDEN,
                "This form is out of date",
                "It was made for another sign-in. Nothing was changed: go back to the matches and try again.",
            ),
            Failure::TooLong => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "Too long",
                "That is more than a form here takes. Nothing was changed: go back and shorten it.",
            ),
            Failure::Problem(problem) => {
                let status = problem.into_response().status();
                let text = if status == StatusCode::SERVICE_UNAVAILABLE {
                    "The server is busy or restarting. Nothing is lost: try again in a moment."
                } else {
                    "Something went wrong on our side. Nothing that was scored is lost."
                };
                (status, "Not now", text)
            }
        };
        html(status, layout::message(title, text, layout::Area::SignedOut))
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Failure::Problem(error.into())
    }
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        Failure::Problem(error.into())
    }
}

impl From<FeedError> for Failure {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::UnknownMatch { .. } => Failure::NotFound,
            error => Failure::Problem(error.into()),
        }
    }
}

impl From<partners::Error> for Failure {
    fn from(error: partners::Error) -> Self {
        match error {
            partners::Error::Store(error) => error.into(),
            error => Failure::Problem(Problem::internal(&error)),
        }
    }
}
