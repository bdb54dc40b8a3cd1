//! What a request to these pages says: as for the books, with the pages and words of rewards; and the same of a partner's dashboard.

use crate::app::App;
use crate::http::dashboard::{MemberOf, PressedIn};
use crate::http::finance::{refusal, view};
use crate::http::form::Form;
use crate::http::scorer::html as page_of;
use access::By;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use console::finance::Names;
use console::form::Mistakes;
use console::layout;
use console::rewards::{self as pages, Here, UNPROVEN};
use console::{Fields, Markup};
use jiff::Timestamp;
use partners::{Organisation, Permission, member};
use rewards::Whose;
use rewards::campaigns::{self, Listed};
use serde::Deserialize;
use wallet::Books;

/// What was done before the page, by its word in the address.
const DONE: [(&str, &str); 23] = [
    ("made", "The campaign is made. Write what it gives, and for what."),
    ("written", "The version is saved. It is not live by that."),
    ("live", "The version is live: what happens from now on is judged by it."),
    ("paused", "The campaign is paused: fans earn nothing by it."),
    ("ended", "The campaign is ended, for good."),
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
    ("fence-made", "The fence is up: whatever asks for it is judged by it."),
    ("fence-written", "It is judged by from now on."),
    ("fence-retired", "The fence is retired, for good. It lets nobody in."),
    ("tried", "What is stuck was tried again."),
];

/// Who looks, at which books, and what the address says. On a route with an organisation it is a member of that, and sees what is its own.
pub(super) struct View {
    pub(super) books: Books,
    pub(super) asked: Fields,
    pub(super) now: Timestamp,
    /// Who acts.
    pub(super) by: By,
    side: Side,
}

enum Side {
    Operators(view::View),
    Partner(MemberOf),
}

/// Whether a route is of an organisation's dashboard.
async fn is_partners(parts: &mut Parts, app: &App) -> bool {
    let params = RawPathParams::from_request_parts(parts, app).await;
    params.is_ok_and(|it| it.iter().any(|it| it.0 == "org"))
}

impl FromRequestParts<App> for View {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        if !is_partners(parts, app).await {
            return Ok(Self::of_operators(view::View::from_request_parts(parts, app).await?));
        }
        let member = MemberOf::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        Self::of_member(member, parts.uri.query(), app, Permission::Look).map_err(|it| *it)
    }
}

impl View {
    fn of_operators(view: view::View) -> Self {
        let (books, asked, now, by) = (view.books, view.asked.clone(), view.now, view.operator.by.clone());
        Self { books, asked, now, by, side: Side::Operators(view) }
    }

    fn of_member(
        member: MemberOf,
        query: Option<&str>,
        app: &App,
        permission: Permission,
    ) -> Result<Self, Box<Response>> {
        member.may(permission).map_err(|it| Box::new(it.into_response()))?;
        let asked = Fields::parse(query.unwrap_or_default());
        let books = view::books_of(&asked).map_err(|it| Box::new(Refused(it).into_response()))?;
        let by = member.by();
        Ok(Self { books, asked, now: app.clock.now(), by, side: Side::Partner(member) })
    }

    /// What pages are drawn with.
    pub(super) fn here(&self) -> Here<'_> {
        let done = self.asked.text("done");
        let done = DONE.iter().find(|it| it.0 == done).map_or("", |it| it.1);
        let side = match &self.side {
            Side::Operators(view) => pages::Side::Operators(view.here().who),
            Side::Partner(member) => {
                let here = member.here(layout::Tab::Rewards, "");
                pages::Side::Partner { person: here.person, place: here.place }
            }
        };
        Here { side, books: self.books, done, now: self.now }
    }

    /// None where all are seen.
    pub(super) fn organisation(&self) -> Option<&Organisation> {
        match &self.side {
            Side::Operators(_) => None,
            Side::Partner(member) => Some(&member.organisation),
        }
    }

    pub(super) fn whose(&self) -> Whose<'_> {
        self.organisation().map_or(Whose::Everybodys, |it| Whose::Of(&it.id))
    }

    /// Whose keys of forms they are.
    pub(super) fn keeper(&self) -> &str {
        self.organisation().map_or("operators", |it| &it.id)
    }

    /// That whoever looks may write here, in a dashboard. On operators' pages who proves no name sees forms without their buttons.
    pub(super) fn may_write(&self) -> Result<(), Refused> {
        match &self.side {
            Side::Partner(member) if member.may(Permission::Build).is_err() => Err(Refused::not_allowed(
                "Your role in this organisation does not allow this. Nothing was changed: an owner or admin can do it, or give you another role.",
            )),
            _ => Ok(()),
        }
    }

    /// Whether budgets in these books are for whoever looks to fill.
    pub(super) fn may_fill(&self) -> bool {
        pages::may_fill(self.books, self.organisation().is_some())
    }

    /// Back to a page, which says what was done.
    pub(super) fn back(&self, rest: &str, done: &str) -> Response {
        let and = if rest.contains('?') { '&' } else { '?' };
        Redirect::to(&self.here().path(&format!("{rest}{and}done={done}"))).into_response()
    }

    /// The campaign of these books that an address names; another's is not there.
    pub(super) async fn campaign(&self, app: &App, id: &str) -> Result<Listed, Refused> {
        let of = (self.books, self.whose());
        let read = app.store.read("rewards.campaign", async |db| campaigns::find(db, of, id).await);
        read.await?.ok_or_else(|| {
            Refused::not_found("There is no such campaign in these books: it may be in the other ones.")
        })
    }

    pub(super) fn before(&self, name: &str) -> Result<Option<i64>, Refused> {
        Ok(view::before(&self.asked, name)?)
    }

    pub(super) fn choice<T>(&self, name: &str, of: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Refused> {
        Ok(view::choice(&self.asked, name, of)?)
    }

    /// The names of who did something. A partner is told those of its own members; whoever else it was is the platform.
    pub(super) async fn names(&self, app: &App, ids: impl Iterator<Item = &str>) -> Result<Names, Refused> {
        let ids: Vec<&str> = ids.collect();
        let mut names = view::names(&app.store, ids.iter().copied()).await?;
        if let Some(organisation) = self.organisation() {
            let read =
                app.store.read("partners.members", async |db| member::list(db, &organisation.id).await);
            let members = read.await?;
            let is_member = |id: &str| members.iter().any(|it| it.user_id == id);
            names.retain(|id, _| is_member(id));
            let others = ids.into_iter().filter(|it| !is_member(it));
            names.extend(others.map(|it| (it.to_owned(), "the platform".to_owned())));
        }
        Ok(names)
    }
}

/// What an address names.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
}

/// Sent a form from a page of ours, and may: an operator by an account, or a member who may build.
pub(super) struct Pressed {
    pub(super) view: View,
    pub(super) form: Fields,
    /// What was chosen with it.
    pub(super) file: Option<Bytes>,
}

impl FromRequest<App> for Pressed {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        Self::of(request, app, Form::Short).await
    }
}

impl Pressed {
    async fn of(request: Request, app: &App, form: Form) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let is_partners = is_partners(&mut parts, app).await;
        let request = Request::from_parts(parts, body);
        if is_partners {
            let query = request.uri().query().map(str::to_owned);
            let pressed = PressedIn::of(request, app, form).await;
            let (member, content) = pressed.map_err(IntoResponse::into_response)?;
            let view = View::of_member(member, query.as_deref(), app, Permission::Build).map_err(|it| *it)?;
            let (form, file) = content.into_file();
            return Ok(Self { view, form, file });
        }
        let view::Pressed { view, form, file } = view::Pressed::of(request, app, form).await?;
        if !view.operator.is_proven() {
            return Err(Refused::not_allowed(UNPROVEN).into_response());
        }
        Ok(Self { view: View::of_operators(view), form, file })
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

    /// The id of what a form makes, which came with its page: the same each time that it is sent.
    pub(super) fn new_id(&self, prefix: &str) -> Result<&str, Refused> {
        let id = self.form.text("id");
        let unknown = || Refused::form("This form is not whole. Load its page, and fill it in again.");
        if store::ids::is_valid(prefix, id) { Ok(id) } else { Err(unknown()) }
    }
}

/// The same of a campaign's form, which is longer than others.
pub(super) struct PressedLong(pub(super) Pressed);

impl FromRequest<App> for PressedLong {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        Ok(Self(Pressed::of(request, app, Form::Long).await?))
    }
}

/// The same of one with a file.
pub(super) struct PressedFile(pub(super) Pressed);

impl FromRequest<App> for PressedFile {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        Ok(Self(Pressed::of(request, app, Form::File).await?))
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
        let mut response = self.0.drawn(console::rewards::refused);
        response.extensions_mut().insert(self.0);
        response
    }
}

/// What was refused, drawn for a partner in place of an operator.
pub(super) async fn for_partners(mut response: Response) -> Response {
    match response.extensions_mut().remove::<refusal::Refused>() {
        Some(refused) => refused.drawn(console::partner::refused),
        None => response,
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
