//! What a request to the books says: who asks, of which books, and what the address or the form has.

use super::refusal::Refused;
use crate::app::App;
use crate::http::form::Form;
use crate::http::operator::{Acting, Operator};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use console::Fields;
use console::finance::{Here, Names, PATH, Proof, SOUGHT_MAX, WHY_MAX, Who};
use jiff::Timestamp;
use partners::Mode;
use store::Store;
use wallet::Books;
use wallet::payment::{Error as Unknown, Payments};

/// What was done before the page, by its word in the address.
const DONE: [(&str, &str); 10] = [
    ("frozen", "The wallet is frozen."),
    ("thawed", "The wallet can be used again."),
    ("asked", "The refund is asked for. Another operator must approve it."),
    ("payout-asked", "The payout is asked for. Another operator must approve it."),
    ("refund-approved", "The refund is approved, and on its way."),
    ("refund-refused", "The refund is refused. What was held for it is free again."),
    ("payout-approved", "The payout is approved, and on its way."),
    ("payout-refused", "The payout is refused. What was held for it is free again."),
    ("settled", "The difference is noted as settled."),
    ("comparing", "The books are compared by a job: what differs is here in a moment."),
];

/// Who looks, at which books, and what the address says.
pub(in crate::http) struct View {
    pub(in crate::http) operator: Operator,
    pub(in crate::http) books: Books,
    pub(in crate::http) asked: Fields,
    pub(in crate::http) now: Timestamp,
    form_token: String,
}

impl FromRequestParts<App> for View {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let operator = Operator::from_request_parts(parts, app).await?;
        View::of(operator, parts.uri.query(), app).map_err(IntoResponse::into_response)
    }
}

impl View {
    fn of(operator: Operator, query: Option<&str>, app: &App) -> Result<Self, Refused> {
        let asked = Fields::parse(query.unwrap_or_default());
        let books = books_of(&asked)?;
        let form_token = operator.form_token();
        Ok(Self { operator, books, asked, now: app.clock.now(), form_token })
    }

    /// What pages are drawn with.
    pub(in crate::http) fn here(&self) -> Here<'_> {
        let done = self.asked.text("done");
        let proof = if self.operator.is_proven() { Proof::Account } else { Proof::Secret };
        let actor = &self.operator.by.actor;
        let who = Who { id: &actor.id, name: &actor.name, proof, form_token: &self.form_token };
        let done = DONE.iter().find(|it| it.0 == done).map_or("", |it| it.1);
        Here { who, books: self.books, done, now: self.now }
    }

    /// The same of other books: of those that a thing is in which the address names.
    pub(super) fn of_books(self, books: Books) -> Self {
        Self { books, ..self }
    }

    /// The same of a moment that is over: what is shown was read then.
    pub(super) fn of_moment(self, now: Timestamp) -> Self {
        Self { now, ..self }
    }

    /// Payments of these books.
    pub(super) fn payments<'a>(&self, app: &'a App) -> &'a Payments {
        payments_of(app, self.books)
    }

    /// What an id names, in whichever of both books it is, and the view of those: the log links to things of both.
    pub(super) async fn in_either<T, F>(
        self,
        app: &App,
        find: impl Fn(Payments) -> F,
    ) -> Result<(Self, T), Refused>
    where
        F: Future<Output = Result<T, Unknown>>,
    {
        let unknown = match find(self.payments(app).clone()).await {
            Ok(found) => return Ok((self, found)),
            Err(error) => error,
        };
        let is_unknown = matches!(
            unknown,
            Unknown::UnknownPayment { .. } | Unknown::UnknownRefund { .. } | Unknown::UnknownPayout { .. }
        );
        if !is_unknown {
            return Err(unknown.into());
        }
        let other = match self.books {
            Books::Live => Books::Test,
            Books::Test => Books::Live,
        };
        let found = find(payments_of(app, other).clone()).await?;
        Ok((self.of_books(other), found))
    }

    pub(super) fn before(&self, name: &str) -> Result<Option<i64>, Refused> {
        before(&self.asked, name)
    }

    pub(super) fn choice<T>(&self, name: &str, of: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Refused> {
        choice(&self.asked, name, of)
    }

    /// What is looked for, as people type it.
    pub(super) fn sought(&self, name: &str) -> Result<&str, Refused> {
        let text = self.asked.text(name);
        if text.chars().count() > usize::from(SOUGHT_MAX) || text.contains('\0') {
            return Err(Refused::filter(format!("What is looked for has at most {SOUGHT_MAX} characters.")));
        }
        Ok(text)
    }

    /// Back to a page, which says what was done.
    pub(super) fn back(&self, rest: &str, done: &str) -> Response {
        let and = if rest.contains('?') { '&' } else { '?' };
        let here = self.here().path(&format!("{rest}{and}done={done}"));
        Redirect::to(&here).into_response()
    }
}

/// The books that an address names: those in earnest where it names none.
pub(in crate::http) fn books_of(asked: &Fields) -> Result<Books, Refused> {
    match asked.text("mode") {
        "" => Ok(Books::Live),
        word => Books::of(word).ok_or_else(|| Refused::filter("The books are \"live\" or \"test\".")),
    }
}

/// The number that the page begins after; none from the first.
pub(in crate::http) fn before(asked: &Fields, name: &str) -> Result<Option<i64>, Refused> {
    match asked.text(name) {
        "" => Ok(None),
        text => match text.parse::<i64>() {
            Ok(number @ 1..) => Ok(Some(number)),
            _ => Err(Refused::filter(format!("\"{name}\" is a number, from a link of a page before."))),
        },
    }
}

/// One of a few words; none where it is not said.
pub(in crate::http) fn choice<T>(
    asked: &Fields,
    name: &str,
    of: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Refused> {
    match asked.text(name) {
        "" => Ok(None),
        word => of(word).map(Some).ok_or_else(|| {
            Refused::filter(format!("There is no {name} of that name: choose one of the list."))
        }),
    }
}

/// Payments of the books that a thing is in.
pub(super) fn payments_of(app: &App, books: Books) -> &Payments {
    app.tills.of(match books {
        Books::Live => Mode::Live,
        Books::Test => Mode::Test,
    })
}

/// Sent a form from a page of ours.
pub(in crate::http) struct Pressed {
    pub(in crate::http) view: View,
    pub(in crate::http) form: Fields,
    /// What was chosen with it.
    pub(in crate::http) file: Option<Bytes>,
}

impl FromRequest<App> for Pressed {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        Self::of(request, app, Form::Short).await
    }
}

impl Pressed {
    /// With a form that is read so.
    pub(in crate::http) async fn of(request: Request, app: &App, form: Form) -> Result<Self, Response> {
        let query = request.uri().query().map(str::to_owned);
        let Acting { operator, content } = Acting::of(request, app, form).await?;
        let view = View::of(operator, query.as_deref(), app).map_err(IntoResponse::into_response)?;
        let (form, file) = content.into_file();
        Ok(Self { view, form, file })
    }
}

impl Pressed {
    /// Why something is done, for the log.
    pub(super) fn why(&self, name: &str) -> Result<&str, Refused> {
        let why = self.form.text(name);
        let is_text = (1..=usize::from(WHY_MAX)).contains(&why.chars().count()) && !why.contains('\0');
        if is_text { Ok(why) } else { Err(Refused::form(format!("Say why, in 1 to {WHY_MAX} characters."))) }
    }
}

/// A page.
pub(super) fn html(page: console::Markup) -> Response {
    crate::http::scorer::html(StatusCode::OK, page)
}

/// What is refused, with a way back.
pub(super) type Answer = Result<Response, Refused>;

/// The names of users among these.
pub(in crate::http) async fn names(store: &Store, ids: impl Iterator<Item = &str>) -> Result<Names, Refused> {
    let mut ids: Vec<&str> = ids.filter(|it| it.starts_with("usr_")).collect();
    ids.sort_unstable();
    ids.dedup();
    let users = store.read("access.users", async |db| access::user::find_all(db, &ids).await).await?;
    // Two people may have one name: their addresses tell who is who.
    Ok(users.into_iter().map(|it| (it.id, format!("{}, {}", it.name, it.email.as_str()))).collect())
}

/// The headers of a file of comma-separated values.
pub(super) fn csv_headers(name: &str) -> [(axum::http::HeaderName, HeaderValue); 3] {
    use axum::http::header;
    // Names are made of ids and days; whatever else there were would not be a name.
    let name: String = name.chars().filter(|it| it.is_ascii_alphanumeric() || "-_.".contains(*it)).collect();
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, disposition.expect("letters and digits are a header")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]
}

/// The page's address, for who is sent to it.
pub(super) fn to(view: &View, rest: &str) -> Response {
    debug_assert!(!rest.starts_with(PATH));
    Redirect::to(&view.here().path(rest)).into_response()
}
