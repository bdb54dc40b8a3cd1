//! Who sees and does what operators may: a user with that role on the platform, signed in; where `[operations]` has a secret, so is who knows it
//! (HTTP Basic, RFC 7617; the name is whoever it says it is). For everybody else there are no such pages.

use super::dashboard::SignedIn;
use super::form::{Content, Form};
use super::guard::{self, Guard};
use crate::app::App;
use crate::problem::Problem;
use access::grant::{self, PlatformRole};
use access::{Actor, ActorKind, By, Session, Visitor};
use axum::Router;
use axum::extract::{ConnectInfo, Extension, FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use console::finance::BY_SECRET;
use console::operations;
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use subtle::ConstantTimeEq;

/// An operator's name, for the log.
const NAME_MAX: usize = 40;

/// Counts wrong secrets of all these routes together.
pub(super) fn guarded(routes: Router<App>) -> Router<App> {
    routes.layer(Extension(Guard::default()))
}

/// Who looks, and acts.
pub(super) struct Operator {
    pub(super) by: By,
    /// The session, where it is one.
    session: Option<Session>,
}

impl Operator {
    pub(super) fn name(&self) -> &str {
        &self.by.actor.name
    }

    /// Whether it is sure who it is: an account's session. The secret alone proves no name.
    pub(super) fn is_proven(&self) -> bool {
        self.session.is_some()
    }

    /// Of the session's forms; empty without one.
    pub(super) fn form_token(&self) -> String {
        self.session.as_ref().map(Session::form_token).unwrap_or_default()
    }
}

impl FromRequestParts<App> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        if let Ok(signed_in) = SignedIn::from_request_parts(parts, app).await {
            let user = &signed_in.session.user.id;
            let asked =
                app.store.read("access.grant", async |db| grant::has(db, user, PlatformRole::Operator).await);
            match asked.await {
                Ok(true) => return Ok(Operator { by: signed_in.by(), session: Some(signed_in.session) }),
                Ok(false) => {}
                Err(access::Error::Store(error)) => return Err(Problem::from(error).into_response()),
                Err(error) => return Err(Problem::internal(&error).into_response()),
            }
        }
        let Some(secret) = app.config.operations.secret.reveal() else {
            return Err(Problem::unknown_route(parts.uri.path()).into_response());
        };
        by_secret(parts, app, secret).map_err(|refused| *refused)
    }
}

/// By the secret of the configuration.
fn by_secret(parts: &Parts, app: &App, secret: &str) -> Result<Operator, Box<Response>> {
    let guard = parts.extensions.get::<Guard>().cloned().unwrap_or_default();
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|it| it.0.ip());
    let now_ms = app.clock.now_ms();
    if address.is_some_and(|it| !guard.may_try(it, now_ms)) {
        let text = "Too many wrong secrets from here: try again in a quarter of an hour.";
        return Err(Box::new(refused(StatusCode::TOO_MANY_REQUESTS, "Not now", text, "")));
    }
    let Some((name, said)) = credentials(&parts.headers) else { return Err(Box::new(challenge())) };
    // Of hashes: the time that it takes tells neither the length nor the beginning.
    if !bool::from(Sha256::digest(said).ct_eq(&Sha256::digest(secret))) {
        tracing::warn!(operator = name, "a wrong secret for operations");
        if let Some(address) = address {
            guard.failed(address, now_ms);
        }
        return Err(Box::new(challenge()));
    }
    let agent = parts.headers.get(header::USER_AGENT).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let visitor = Visitor::new(super::dashboard::address(parts), agent);
    let actor = Actor { kind: ActorKind::Operator, id: BY_SECRET.to_owned(), name };
    Ok(Operator { by: By { actor, visitor: Some(visitor), at: app.clock.now() }, session: None })
}

/// Sent a form from a page of ours.
pub(super) struct Acting {
    pub(super) operator: Operator,
    pub(super) content: Content,
}

impl FromRequest<App> for Acting {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        Self::of(request, app, Form::Short).await
    }
}

impl Acting {
    /// With a form that is read so.
    pub(super) async fn of(request: Request, app: &App, form: Form) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let operator = Operator::from_request_parts(&mut parts, app).await?;
        // A browser says the secret, and shows the session, to us whoever asks it to.
        let is_ours = guard::is_own_origin(&parts.headers, &app.config.http.public_url);
        let Ok(content) = form.read(Request::from_parts(parts, body)).await else {
            let text = "That is more than a form here takes, or breaks off. Nothing was done.";
            return Err(refused(StatusCode::PAYLOAD_TOO_LARGE, "Too long", text, operator.name()));
        };
        let is_sent = operator.session.as_ref().is_none_or(|it| it.sent(content.fields.text("csrf")));
        if !is_ours || !is_sent {
            let text = "This was not pressed on a page of ours. Nothing was done.";
            return Err(refused(StatusCode::FORBIDDEN, "Not done", text, operator.name()));
        }
        Ok(Acting { operator, content })
    }
}

/// Name and secret, as HTTP Basic says them.
fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let said = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, secret) = said.split_once(':')?;
    let name: String = name.chars().filter(|it| !it.is_control()).take(NAME_MAX).collect();
    Some((if name.is_empty() { "operator".to_owned() } else { name }, secret.to_owned()))
}

fn challenge() -> Response {
    let text = "Sign in with your name and the operators' secret (operations.secret of the configuration).";
    let mut response = refused(StatusCode::UNAUTHORIZED, "Operations", text, "");
    let scheme = HeaderValue::from_static("Basic realm=\"Crease operations\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    response
}

pub(super) fn refused(status: StatusCode, title: &str, text: &str, operator: &str) -> Response {
    super::scorer::html(status, operations::refused(title, text, operator))
}
