//! What a request to the dashboard proves: who is signed in, of which organisation, and that a form is ours.

use super::failure::Failure;
use crate::app::App;
use crate::door::ClientAddress;
use crate::http::form::{Content, Form};
use crate::http::guard;
use access::session::{self, Due, Session};
use access::{By, Token, Visitor};
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::{HeaderMap, HeaderValue, header, request::Parts};
use console::Fields;
use console::layout::{Person, Place, Tab};
use console::partner::Here;
use jiff::Timestamp;
use partners::{Organisation, Permission, Role, member};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The session's cookie, and that of a browser that has signed in before. Over TLS their names begin with `__Host-`, which browsers let nobody
/// set but this very host, over TLS, for all of its paths (RFC 6265bis §4.1.3.2).
const SESSION: &str = "crease-session";
const DEVICE: &str = "crease-device";
/// That of the way to an identity provider and back.
const JOURNEY: &str = "crease-journey";
/// The longest that it is of use: for the form of a newcomer.
const JOURNEY_SECONDS: i64 = 3600;

/// A cookie to set; without a token, to take away.
fn cookie(name: &str, token: Option<&Token>, seconds: i64, secure: bool) -> HeaderValue {
    let (value, seconds) = token.map_or(("", 0), |it| (it.reveal(), seconds));
    let (prefix, suffix) = if secure { ("__Host-", "; Secure") } else { ("", "") };
    // Lax: who follows a letter's link, or one from another site, is signed in there.
    let text = format!("{prefix}{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{suffix}");
    HeaderValue::from_str(&text).expect("a token is letters and digits")
}

fn token(headers: &HeaderMap, name: &str, secure: bool) -> Option<Token> {
    let prefix = if secure { "__Host-" } else { "" };
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
    let mut pairs = cookies.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='));
    let (_, value) = pairs.find(|(it, _)| it.strip_prefix(prefix) == Some(name))?;
    Token::of(value)
}

/// Where a request comes from, when, and what its browser keeps.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) visitor: Visitor,
    pub(super) now: Timestamp,
    /// The browser, if it has signed in before.
    pub(super) device: Option<Token>,
    session: Option<Token>,
    /// The browser is on its way from an identity provider.
    pub(super) journey: Option<Token>,
    secure: bool,
    /// The page that letters' links lead to, if it is known.
    base: Option<String>,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let public_url = &app.config.http.public_url;
        let secure = guard::is_secure(&parts.headers, public_url);
        let agent = parts.headers.get(header::USER_AGENT).and_then(|it| it.to_str().ok()).unwrap_or_default();
        Ok(Self {
            visitor: Visitor::new(address(parts), agent),
            now: app.clock.now(),
            device: token(&parts.headers, DEVICE, secure),
            session: token(&parts.headers, SESSION, secure),
            journey: token(&parts.headers, JOURNEY, secure),
            secure,
            base: base(&parts.headers, public_url, secure),
        })
    }
}

/// Where a request comes from.
pub(in crate::http) fn address(parts: &Parts) -> IpAddr {
    let client = parts.extensions.get::<ClientAddress>().map(|it| it.0);
    let peer = || parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|it| it.0.ip());
    client.or_else(peer).unwrap_or(Ipv6Addr::UNSPECIFIED.into())
}

/// What links in letters begin with: `http.public_url`. A request's `Host` is its sender's word, and a letter with a link to another host
/// would hand an account over; it is believed on one's own machine alone.
pub(in crate::http) fn base(headers: &HeaderMap, public_url: &str, secure: bool) -> Option<String> {
    if !public_url.is_empty() {
        return Some(public_url.trim_end_matches('/').to_owned());
    }
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let (name, port) = host.rsplit_once(':').unwrap_or((host, "80"));
    let is_own =
        matches!(name, "localhost" | "127.0.0.1" | "[::1]") && port.bytes().all(|it| it.is_ascii_digit());
    is_own.then(|| format!("{}://{host}", if secure { "https" } else { "http" }))
}

impl Caller {
    /// The address of a page, for a letter or for code to paste.
    pub(super) fn url(&self, path: &str) -> Result<String, Failure> {
        let base = self.base.as_ref().ok_or(Failure::NotSetUp(
            "This Crease does not know its own address, which this page needs: whoever runs it sets http.public_url.",
        ))?;
        Ok(format!("{base}{path}"))
    }

    /// The token of the session's cookie.
    pub(super) fn session(&self) -> Option<&Token> {
        self.session.as_ref()
    }

    /// Cookies of somebody who has just signed in.
    pub(super) fn signed_in(&self, session: &Token, device: Option<&Token>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers
            .append(header::SET_COOKIE, cookie(SESSION, Some(session), Session::COOKIE_SECONDS, self.secure));
        if let Some(device) = device {
            let seconds = access::device::COOKIE_SECONDS;
            headers.append(header::SET_COOKIE, cookie(DEVICE, Some(device), seconds, self.secure));
        }
        headers
    }

    /// A cookie for who is sent to an identity provider, or is to say what they are called; without one, it is taken away.
    pub(super) fn on_the_way(&self, token: Option<&Token>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.append(header::SET_COOKIE, cookie(JOURNEY, token, JOURNEY_SECONDS, self.secure));
        headers
    }

    /// Takes the session's cookie away; the browser stays known.
    pub(super) fn signed_out(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.append(header::SET_COOKIE, cookie(SESSION, None, 0, self.secure));
        headers
    }
}

/// Is signed in.
#[derive(Clone, Debug)]
pub(in crate::http) struct SignedIn {
    pub(in crate::http) session: Session,
    pub(super) caller: Caller,
    csrf: String,
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let token = caller.session.as_ref().ok_or(Failure::SignedOut)?;
        let found =
            app.store.read("access.session", async |db| session::find(db, token, caller.now).await).await?;
        let (session, due) = found.ok_or(Failure::SignedOut)?;
        if due == Due::Now {
            let noted = app.store.run_tx("access.session_use", async |tx| {
                session::note_use(tx, &session.id, &caller.visitor, caller.now).await
            });
            noted.await?;
        }
        let csrf = session.form_token();
        Ok(Self { session, caller, csrf })
    }
}

impl SignedIn {
    /// Who is signed in, if somebody is.
    pub(in crate::http) async fn if_any(parts: &mut Parts, app: &App) -> Result<Option<Self>, Failure> {
        match Self::from_request_parts(parts, app).await {
            Ok(signed_in) => Ok(Some(signed_in)),
            Err(Failure::SignedOut) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn person(&self) -> Person<'_> {
        Person { name: &self.session.user.name, csrf: &self.csrf }
    }

    pub(in crate::http) fn by(&self) -> By {
        By::user(&self.session.user, self.caller.visitor.clone(), self.caller.now)
    }
}

/// Is a member of the organisation that the address names, and may look at it: whoever may not has pages of their own alone.
#[derive(Clone, Debug)]
pub(in crate::http) struct MemberOf {
    pub(super) signed_in: SignedIn,
    pub(in crate::http) organisation: Organisation,
    pub(super) role: Role,
}

impl FromRequestParts<App> for Anybody {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let params = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Failure::NotFound)?;
        let id = params.iter().find(|it| it.0 == "org").map(|it| it.1.to_owned()).ok_or(Failure::NotFound)?;
        let signed_in = SignedIn::from_request_parts(parts, app).await?;
        let user = &signed_in.session.user.id;
        let found = app.store.read("partners.member", async |db| member::find(db, &id, user).await).await?;
        let (organisation, role) = found.ok_or(Failure::NotFound)?;
        Ok(Anybody(MemberOf { signed_in, organisation, role }))
    }
}

/// A member, whatever their role.
pub(super) struct Anybody(pub(super) MemberOf);

impl FromRequestParts<App> for MemberOf {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let Anybody(member) = Anybody::from_request_parts(parts, app).await?;
        member.may(Permission::Look)?;
        Ok(member)
    }
}

/// A member who redeems.
pub(super) struct AtTill(pub(super) MemberOf);

impl FromRequestParts<App> for AtTill {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let Anybody(member) = Anybody::from_request_parts(parts, app).await?;
        member.may(Permission::Redeem)?;
        Ok(Self(member))
    }
}

impl MemberOf {
    /// Whether the role allows it; nothing is done before this is asked.
    pub(in crate::http) fn may(&self, permission: Permission) -> Result<(), Failure> {
        if self.role.may(permission) { Ok(()) } else { Err(Failure::NotAllowed) }
    }

    /// Whether the session is still good and its user still a member who looks: for what goes on after it was asked for.
    pub(super) async fn is_still(&self, app: &App) -> Result<bool, Failure> {
        let Some(token) = self.signed_in.caller.session() else { return Ok(false) };
        let (user, now) = (&self.signed_in.session.user.id, app.clock.now());
        let found = app.store.read("access.session", async |db| session::find(db, token, now).await).await?;
        if found.is_none_or(|it| it.0.id != self.signed_in.session.id) {
            return Ok(false);
        }
        let read = app.store.read("partners.member", async |db| member::find(db, self.id(), user).await);
        Ok(read.await?.is_some_and(|it| it.1.may(Permission::Look)))
    }

    pub(in crate::http) fn id(&self) -> &str {
        &self.organisation.id
    }

    pub(in crate::http) fn by(&self) -> By {
        self.signed_in.by()
    }

    /// What its pages are drawn with.
    pub(in crate::http) fn here<'a>(&'a self, tab: Tab, done: &'a str) -> Here<'a> {
        let place = Place {
            organisation_id: &self.organisation.id,
            organisation: &self.organisation.name,
            role: self.role,
            tab,
        };
        Here { person: self.signed_in.person(), place, done }
    }
}

/// Sent a form from a page of ours, signed in or not.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) fields: Fields,
}

impl FromRequest<App> for Sent {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        if !guard::is_own_origin(request.headers(), &app.config.http.public_url) {
            return Err(Failure::NotOurs);
        }
        let content = Form::Short.read(request).await.map_err(|_| Failure::TooLong)?;
        Ok(Self { fields: content.fields })
    }
}

/// Is signed in, and sent a form of that session.
#[derive(Debug)]
pub(super) struct Pressed {
    pub(super) signed_in: SignedIn,
    pub(super) fields: Fields,
}

impl FromRequest<App> for Pressed {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let signed_in = SignedIn::from_request_parts(&mut parts, app).await?;
        let content = pressed(&signed_in, Request::from_parts(parts, body), app, Form::Short).await?;
        Ok(Self { signed_in, fields: content.fields })
    }
}

/// Is a member, and sent a form of that session.
#[derive(Debug)]
pub(in crate::http) struct PressedIn {
    pub(super) member: MemberOf,
    pub(super) fields: Fields,
}

impl FromRequest<App> for PressedIn {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let (member, content) = Self::of(request, app, Form::Short).await?;
        Ok(Self { member, fields: content.fields })
    }
}

/// A member who redeems, and sent a form of that session.
#[derive(Debug)]
pub(super) struct PressedAtTill {
    pub(super) member: MemberOf,
    pub(super) fields: Fields,
}

impl FromRequest<App> for PressedAtTill {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let AtTill(member) = AtTill::from_request_parts(&mut parts, app).await?;
        let request = Request::from_parts(parts, body);
        let content = pressed(&member.signed_in, request, app, Form::Short).await?;
        Ok(Self { member, fields: content.fields })
    }
}

impl PressedIn {
    /// With a form that is read so.
    pub(in crate::http) async fn of(
        request: Request,
        app: &App,
        form: Form,
    ) -> Result<(MemberOf, Content), Failure> {
        let (mut parts, body) = request.into_parts();
        let member = MemberOf::from_request_parts(&mut parts, app).await?;
        let content = pressed(&member.signed_in, Request::from_parts(parts, body), app, form).await?;
        Ok((member, content))
    }
}

async fn pressed(signed_in: &SignedIn, request: Request, app: &App, form: Form) -> Result<Content, Failure> {
    if !guard::is_own_origin(request.headers(), &app.config.http.public_url) {
        return Err(Failure::NotOurs);
    }
    let content = form.read(request).await.map_err(|_| Failure::TooLong)?;
    if signed_in.session.sent(content.fields.text("csrf")) { Ok(content) } else { Err(Failure::NotOurs) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_lead_to_this_host_and_to_none_that_a_request_names() {
        for (host, public_url, expected) in [
            ("127.0.0.1:8700", "", Some("http://127.0.0.1:8700")),
            ("localhost", "", Some("http://localhost")),
            ("evil.example", "", None),
            ("evil.example:80", "", None),
            ("127.0.0.1.evil.example", "", None),
            ("localhost:80/@evil.example", "", None),
            ("evil.example", "https://crease.example/", Some("https://crease.example")),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            assert_eq!(base(&headers, public_url, false).as_deref(), expected, "{host} {public_url}");
        }
    }

    #[test]
    fn over_tls_only_this_host_sets_the_cookie() {
        let one = Token::new();
        let set = cookie(SESSION, Some(&one), 60, true);
        let set = set.to_str().unwrap();
        assert!(
            set.starts_with("__Host-crease-session=")
                && set.contains("; Path=/;")
                && set.ends_with("; Secure"),
            "{set}"
        );
        let mut headers = HeaderMap::new();
        let other = Token::new();
        let both = format!("crease-session={}; __Host-crease-session={}", other.reveal(), one.reveal());
        headers.insert(header::COOKIE, both.parse().unwrap());
        assert_eq!(token(&headers, SESSION, true), Some(one));
        assert_eq!(token(&headers, SESSION, false), Some(other));
    }
}
