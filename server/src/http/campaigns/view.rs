//! What a request to these pages says: as for the books, with the pages and words of rewards.

use crate::app::App;
use crate::http::finance::{refusal, view};
use crate::http::scorer::html as page_of;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use console::form::Mistakes;
use console::rewards::{Here, UNPROVEN};
use console::{Fields, Markup};
use rewards::campaigns::{self, Listed};
use std::ops::Deref;

/// What was done before the page, by its word in the address.
const DONE: [(&str, &str); 19] = [
    ("made", "The campaign is made. Write what it gives, and for what."),
    ("written", "The version is saved. It is not live by that."),
    ("live", "The version is live: what happens from now on is judged by it."),
    ("paused", "The campaign is paused: fans earn nothing by it."),
    ("filled", "The budget is filled."),
    ("cleared", "It is noted that all is well. Its fans earn again, unless another signal blocks them."),
    ("blocked", "Its fans are blocked: they earn nothing from now on."),
    ("opened", "The signal is open again. Its fans earn again, unless another signal blocks them."),
    ("tiers", "The tiers are saved."),
    ("product-made", "The product is made, as a draft. Add codes, then put it on sale."),
    ("product-changed", "The terms are changed."),
    ("on-sale", "It is on sale."),
    ("product-paused", "It is paused: none is sold. Who has one keeps it."),
    ("codes", "The codes are there, and as many vouchers in stock."),
    ("market-made", "The market is made. It is open when a worker has taken it, in a moment."),
    ("halted", "The market is halted. Nothing but cancelling is taken."),
    ("reopened", "The market is open again."),
    ("closed", "The market is closed for good: its orders are cancelled."),
    ("tried", "What is stuck was tried again."),
];

/// Who looks, at which books, and what the address says.
pub(super) struct View(view::View);

impl Deref for View {
    type Target = view::View;

    fn deref(&self) -> &view::View {
        &self.0
    }
}

impl FromRequestParts<App> for View {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        Ok(Self(view::View::from_request_parts(parts, app).await?))
    }
}

impl View {
    /// What pages are drawn with.
    pub(super) fn here(&self) -> Here<'_> {
        let done = self.asked.text("done");
        let done = DONE.iter().find(|it| it.0 == done).map_or("", |it| it.1);
        let of = self.0.here();
        Here { who: of.who, books: of.books, done, now: of.now }
    }

    /// Back to a page, which says what was done.
    pub(super) fn back(&self, rest: &str, done: &str) -> Response {
        let and = if rest.contains('?') { '&' } else { '?' };
        Redirect::to(&self.here().path(&format!("{rest}{and}done={done}"))).into_response()
    }

    /// The campaign of these books that an address names.
    pub(super) async fn campaign(&self, app: &App, id: &str) -> Result<Listed, Refused> {
        let books = self.books;
        let read = app.store.read("rewards.campaign", async |db| campaigns::find(db, books, id).await);
        read.await?.ok_or_else(|| {
            Refused::not_found("There is no such campaign in these books: it may be in the other ones.")
        })
    }
}

/// Sent a form from a page of ours, and is an operator by an account.
pub(super) struct Pressed {
    pub(super) view: View,
    pub(super) form: Fields,
}

impl FromRequest<App> for Pressed {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        Self::of(request, app, Fields::parse).await
    }
}

impl Pressed {
    async fn of(request: Request, app: &App, parse: fn(&str) -> Fields) -> Result<Self, Response> {
        let view::Pressed { view, form } = view::Pressed::of(request, app, parse).await?;
        if !view.operator.is_proven() {
            return Err(Refused::not_allowed(UNPROVEN).into_response());
        }
        Ok(Self { view: View(view), form })
    }

    /// Why something is done, for the log; beside its field where it is missing.
    pub(super) fn why(&self, name: &'static str, mistakes: &mut Mistakes) -> &str {
        let why = self.form.text(name);
        let chars_max = usize::from(console::rewards::WHY_MAX);
        if !(1..=chars_max).contains(&why.chars().count()) || why.contains('\0') {
            mistakes.add(name, format!("Say why, in 1 to {chars_max} characters."));
        }
        why
    }
}

/// The same of a campaign's form, which is longer than others.
pub(super) struct PressedLong(pub(super) Pressed);

impl FromRequest<App> for PressedLong {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        Ok(Self(Pressed::of(request, app, Fields::parse_long).await?))
    }
}

/// Why there is no page, or something was not done: as of the books, in a page of rewards.
#[derive(Debug)]
pub(super) struct Refused(refusal::Refused);

impl Refused {
    pub(super) fn not_found(text: impl Into<String>) -> Self {
        Self(refusal::Refused::not_found(text))
    }

    pub(super) fn filter(text: impl Into<String>) -> Self {
        Self(refusal::Refused::filter(text))
    }

    pub(super) fn form(text: impl Into<String>) -> Self {
        Self(refusal::Refused::form(text))
    }

    pub(super) fn not_allowed(text: impl Into<String>) -> Self {
        Self(refusal::Refused::not_allowed(text))
    }
}

impl<E> From<E> for Refused
where
    refusal::Refused: From<E>,
{
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.0.drawn(console::rewards::refused)
    }
}

/// What is refused, with a way back.
pub(super) type Answer = Result<Response, Refused>;

/// A page.
pub(super) fn html(page: Markup) -> Response {
    page_of(StatusCode::OK, page)
}

/// A page with what is wrong with its form, if something is.
pub(super) fn form(page: Markup, mistakes: &Mistakes) -> Response {
    page_of(if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, page)
}
