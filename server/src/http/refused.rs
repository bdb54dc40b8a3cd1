//! Why there is no page of the console, or something was not done: said on a page of the part that somebody works in.

use crate::problem::Problem;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use console::Markup;
use std::marker::PhantomData;

/// A part of the console with a page of its own for this.
pub(super) trait Part {
    fn page(title: &str, text: &str) -> Markup;
}

/// A page that says it.
#[derive(Clone, Debug)]
pub(super) struct Refused<P> {
    status: StatusCode,
    title: &'static str,
    text: String,
    of: PhantomData<fn() -> P>,
}

impl<P> Refused<P> {
    fn new(status: StatusCode, title: &'static str, text: impl Into<String>) -> Self {
        Self { status, title, text: text.into(), of: PhantomData }
    }

    /// The address asks for something that there is not.
    pub(super) fn not_found(text: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found", text)
    }

    /// The address says something that is not understood.
    pub(super) fn filter(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Not understood", text)
    }

    /// What a form says is not right.
    pub(super) fn form(text: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Not done", text)
    }

    /// It cannot be done as things are.
    pub(super) fn conflict(text: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "Not done", text)
    }

    pub(super) fn too_long(text: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Too long", text)
    }

    pub(super) fn not_allowed(text: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Not allowed", text)
    }

    pub(super) fn not_ours() -> Self {
        let text = "This was not pressed on a page of ours, or on one of another sign-in. Nothing was done: load the page again, and try once more.";
        Self::new(StatusCode::FORBIDDEN, "Not done", text)
    }

    pub(super) fn too_often() -> Self {
        let text = "That was tried too often. Nothing was changed: try again in a quarter of an hour.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "Too often", text)
    }

    /// It is nobody's fault but ours, or the hour's.
    pub(super) fn of(problem: Problem) -> Self {
        let status = problem.into_response().status();
        let text = match status {
            StatusCode::SERVICE_UNAVAILABLE => {
                "The server is busy, or its database does not answer. Nothing was changed: try again in a moment."
            }
            _ => "Something went wrong on our side. Nothing was changed.",
        };
        Self::new(status, "Not now", text)
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is about what was filled in.
    pub(super) fn is_of_form(&self) -> bool {
        self.status == StatusCode::UNPROCESSABLE_ENTITY
    }

    /// As a page that is drawn so: title, text and who sees it.
    pub(super) fn drawn(&self, page: fn(&str, &str, &str) -> Markup) -> Response {
        super::scorer::html(self.status, page(self.title, &self.text, ""))
    }
}

impl<P: Part> IntoResponse for Refused<P> {
    fn into_response(self) -> Response {
        super::scorer::html(self.status, P::page(self.title, &self.text))
    }
}

impl<P> From<store::Error> for Refused<P> {
    fn from(error: store::Error) -> Self {
        Self::of(error.into())
    }
}

impl<P> From<partners::Error> for Refused<P> {
    fn from(error: partners::Error) -> Self {
        match error {
            partners::Error::Store(error) => error.into(),
            error => Self::of(Problem::internal(&error)),
        }
    }
}

/// With a capital letter.
pub(super) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
