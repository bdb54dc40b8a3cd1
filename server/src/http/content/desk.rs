//! Who works on content: a member of the newsroom, or somebody whose role on the platform says so; and, where `[operations]` has a secret, whoever
//! knows it. What each may do is in [`Editor::rights`], and checked by the crate `cms`.

use super::refusal::Refused;
use crate::app::App;
use crate::http::dashboard::SignedIn;
use crate::http::form::{Chosen, Content, Form};
use crate::http::operator::{Acting, Operator};
use crate::http::{guard, scorer};
use access::Session;
use access::grant::{self, PlatformRole};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use cms::member;
use cms::rights::{Editor, Rights, Role};
use console::content::{Here, PATH};
use console::finance::{Proof, Who};
use console::{Fields, Markup};
use jiff::Timestamp;

/// Characters of what somebody types in a search.
const TYPED_MAX: usize = 100;

/// Who is at work, and what the address says.
pub(in crate::http) struct Desk {
    pub(in crate::http) editor: Editor,
    pub(in crate::http) asked: Fields,
    pub(in crate::http) now: Timestamp,
    /// The session, where it is one.
    session: Option<Session>,
    form_token: String,
    is_operator: bool,
}

impl FromRequestParts<App> for Desk {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let asked = Fields::parse(parts.uri.query().unwrap_or_default());
        let now = app.clock.now();
        if let Some(signed_in) = SignedIn::if_any(parts, app).await.map_err(IntoResponse::into_response)? {
            let user_id = signed_in.session.user.id.clone();
            let found = app.store.read("cms.member", async |db| {
                let roles = grant::of_user(db, &user_id).await?;
                Ok::<_, cms::Error>((member::of_user(db, &user_id).await?, roles))
            });
            let (own, roles) = found.await.map_err(|error| Refused::from(error).into_response())?;
            if let Some(rights) = own.or_else(|| of_roles(&roles)) {
                let editor = Editor { by: signed_in.by(), rights };
                let form_token = signed_in.session.form_token();
                let is_operator = roles.contains(&PlatformRole::Operator);
                let session = Some(signed_in.session);
                return Ok(Self { editor, asked, now, session, form_token, is_operator });
            }
            return Err(
                Refused::not_found("There is no such page, or it is not yours to see.").into_response()
            );
        }
        if app.config.operations.secret.reveal().is_none() {
            return Err(Redirect::to("/console/sign-in").into_response());
        }
        let operator = Operator::from_request_parts(parts, app).await?;
        let editor = Editor { by: operator.by, rights: Rights::all(Role::Admin) };
        Ok(Self { editor, asked, now, session: None, form_token: String::new(), is_operator: true })
    }
}

/// What somebody may whom no admin of the newsroom has made a member: as the platform's roles say.
fn of_roles(roles: &[PlatformRole]) -> Option<Rights> {
    let role = |of: &PlatformRole| match of {
        PlatformRole::Operator => Some(Role::Admin),
        PlatformRole::Reviewer => Some(Role::Reviewer),
        PlatformRole::Editor => Some(Role::Editor),
        PlatformRole::Translator => Some(Role::Translator),
        PlatformRole::Scorer => None,
    };
    roles.iter().filter_map(role).max().map(Rights::all)
}

impl Desk {
    /// What pages are drawn with; `done` says what was done before, by its word in the address.
    pub(in crate::http) fn here<'d>(&'d self, done: &'d str) -> Here<'d> {
        let proof = if self.session.is_some() { Proof::Account } else { Proof::Secret };
        let actor = &self.editor.by.actor;
        let who = Who { id: &actor.id, name: &actor.name, proof, form_token: &self.form_token };
        Here { who, rights: &self.editor.rights, is_operator: self.is_operator, done, now: self.now }
    }

    /// What somebody types in a search.
    pub(in crate::http) fn typed(&self) -> String {
        self.asked.text("q").chars().filter(|it| *it != '\0').take(TYPED_MAX).collect()
    }

    /// To a page of these.
    pub(in crate::http) fn to(&self, rest: &str) -> Response {
        Redirect::to(&format!("{PATH}{rest}")).into_response()
    }
}

/// Sent a form, or what a script sends, from a page of ours.
pub(in crate::http) struct Pressed {
    pub(in crate::http) desk: Desk,
    pub(in crate::http) form: Fields,
    /// What was chosen with it.
    pub(in crate::http) files: Vec<Chosen>,
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
        let (mut parts, body) = request.into_parts();
        let desk = Desk::from_request_parts(&mut parts, app).await?;
        if desk.session.is_none() {
            let Acting { content, .. } = Acting::of(Request::from_parts(parts, body), app, form).await?;
            return Ok(Self { desk, form: content.fields, files: content.files });
        }
        let is_ours = guard::is_own_origin(&parts.headers, &app.config.http.public_url);
        let Ok(content) = form.read(Request::from_parts(parts, body)).await else {
            let text = "That is more than a form here takes, or breaks off. Nothing was done.";
            return Err(Refused::too_long(text).into_response());
        };
        let Content { fields, files } = content;
        let is_sent = desk.session.as_ref().is_some_and(|it| it.sent(fields.text("csrf")));
        if !is_ours || !is_sent {
            return Err(Refused::not_ours().into_response());
        }
        Ok(Self { desk, form: fields, files })
    }
}

/// The same of an entry's form, which is longer than others.
pub(in crate::http) struct PressedLong(pub(in crate::http) Pressed);

impl FromRequest<App> for PressedLong {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        Ok(Self(Pressed::of(request, app, Form::Long).await?))
    }
}

/// The same of one with files.
pub(in crate::http) struct PressedFile(pub(in crate::http) Pressed);

impl FromRequest<App> for PressedFile {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        Ok(Self(Pressed::of(request, app, Form::File).await?))
    }
}

/// What is refused, with a way back.
pub(super) type Answer = Result<Response, Refused>;

/// A page.
pub(super) fn html(page: Markup) -> Response {
    scorer::html(StatusCode::OK, page)
}
