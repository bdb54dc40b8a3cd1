//! The scorer's console under `/console/scorer`: sign in with a feed's secret key, then score matches by hand. The pages
//! are the crate `console`'s; what is pressed goes through the same [`Feed`](crate::feed::Feed) as any feed's commands.

mod desk;
mod fixtures;
mod loaded;
mod page;
mod scoring;
pub mod session;

use crate::app::App;
use crate::feed::{FeedError, NewMatch};
use crate::http::guard::{self, Guard};
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Extension, FromRequestParts, Path, State};
use axum::http::{HeaderMap, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use console::controls::Filled;
use console::scorer::{matches, new_match, sign_in};
use console::{Fields, Mistakes, assets};
use desk::Desk;
use page::Failure;
pub(super) use page::html;
use partners::{Mode, Need, Scope};
use session::Session;
use std::net::SocketAddr;

/// The feed that presses come from, beside the feeds that an organisation's own programs are.
const SOURCE: &str = "scorer";
/// Two team sheets and some: far less than this.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Where the list of matches is.
const MATCHES: &str = "/console/scorer/matches";
const SIGN_IN: &str = "/console/scorer";

/// The console's routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(SIGN_IN, get(entrance))
        .route("/console/scorer/sign-in", post(enter))
        .route("/console/scorer/sign-out", post(leave))
        .route(MATCHES, get(list).post(create))
        .route("/console/scorer/matches/new", get(blank))
        .route("/console/scorer/matches/{id}", get(scoring::show).post(scoring::press))
        .route("/console/scorer/matches/{id}/wicket", get(scoring::wicket))
        .route("/console/scorer/matches/{id}/ball", get(scoring::any_ball))
        .route("/console/scorer/matches/{id}/more", get(scoring::more))
        .route("/console/scorer/matches/{id}/balls", get(scoring::balls))
        .route("/console/scorer/matches/{id}/balls/{seq}", get(scoring::edit))
        .route("/console/scorer/matches/{id}/balls/{seq}/before", get(scoring::forgotten))
        .route("/console/assets/{version}/{name}", get(asset))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(Extension(Guard::default()))
        .layer(Extension(Desk::default()))
}

/// Is signed in. Who is not is sent to the sign-in page.
pub(super) struct Scorer(Session);

impl FromRequestParts<App> for Scorer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        match session::find(&app.store, app.clock.now_ms(), &parts.headers).await {
            Ok(Some(session)) => Ok(Scorer(session)),
            Ok(None) => Err(Redirect::to(SIGN_IN).into_response()),
            Err(error) => Err(Failure::from(error).into_response()),
        }
    }
}

/// Is signed in and sent a form of ours: its fields.
pub(super) struct Pressed {
    session: Session,
    fields: Fields,
}

impl axum::extract::FromRequest<App> for Pressed {
    type Rejection = Response;

    async fn from_request(request: axum::extract::Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Scorer(session) = Scorer::from_request_parts(&mut parts, app).await?;
        let own = guard::is_own_origin(&parts.headers, &app.config.http.public_url);
        let request = axum::extract::Request::from_parts(parts, body);
        let fields =
            fields_of(Bytes::from_request(request, app).await).map_err(IntoResponse::into_response)?;
        if !own || !session.sent(fields.text("csrf")) {
            return Err(Failure::NotOurs.into_response());
        }
        Ok(Pressed { session, fields })
    }
}

fn fields_of(body: Result<Bytes, BytesRejection>) -> Result<Fields, Failure> {
    match body {
        Ok(body) => Ok(Fields::parse(&String::from_utf8_lossy(&body))),
        Err(_) => Err(Failure::TooLong),
    }
}

async fn entrance(State(app): State<App>, headers: HeaderMap) -> Result<Response, Failure> {
    let session = session::find(&app.store, app.clock.now_ms(), &headers).await?;
    if session.is_some() {
        return Ok(Redirect::to(MATCHES).into_response());
    }
    Ok(sign_in_page(StatusCode::OK, &Mistakes::default()))
}

fn sign_in_page(status: StatusCode, mistakes: &Mistakes) -> Response {
    let fields = Fields::default();
    page::html(status, sign_in::page(Filled { fields: &fields, mistakes }))
}

async fn enter(
    State(app): State<App>,
    Extension(guard): Extension<Guard>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let public_url = &app.config.http.public_url;
    if !guard::is_own_origin(&headers, public_url) {
        return Err(Failure::NotOurs);
    }
    let now_ms = app.clock.now_ms();
    if !guard.may_try(peer.ip(), now_ms) {
        let mistakes =
            Mistakes::one("key", "Too many wrong keys from here: try again in a quarter of an hour.");
        return Ok(sign_in_page(StatusCode::TOO_MANY_REQUESTS, &mistakes));
    }
    let fields = fields_of(body)?;
    let key = match app.keys.check(Some(fields.text("key")), None, Need::Scope(Scope::Feed)) {
        Ok(key) if key.mode() == Mode::Live => key,
        Ok(_) => {
            let mistakes = Mistakes::one(
                "key",
                "A test key plays with the sandbox match, which scores itself: use a live one.",
            );
            return Ok(sign_in_page(StatusCode::UNPROCESSABLE_ENTITY, &mistakes));
        }
        Err(refusal) => {
            guard.failed(peer.ip(), now_ms);
            metrics::counter!("key_refusals_total", "code" => refusal.code()).increment(1);
            let mistakes = Mistakes::one(
                "key",
                "That is not a secret key of a feed here. Copy it whole: it begins with crs_sk_.",
            );
            return Ok(sign_in_page(StatusCode::UNPROCESSABLE_ENTITY, &mistakes));
        }
    };
    let token = session::begin(&app.store, now_ms, &key).await?;
    let cookie = session::cookie(Some(&token), guard::is_secure(&headers, public_url));
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(MATCHES)).into_response())
}

async fn leave(State(app): State<App>, headers: HeaderMap, pressed: Pressed) -> Result<Response, Failure> {
    pressed.session.end(&app.store).await?;
    let cookie = session::cookie(None, guard::is_secure(&headers, &app.config.http.public_url));
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(SIGN_IN)).into_response())
}

async fn list(State(app): State<App>, Scorer(session): Scorer) -> Result<Response, Failure> {
    let list = async |client: &store::Client<'_>| fixtures::list(client, &session.organisation_id).await;
    let fixtures = app.store.read("scorer.matches", list).await?;
    Ok(page::html(StatusCode::OK, matches::page(page::area(&session), &fixtures)))
}

async fn blank(State(app): State<App>, Scorer(session): Scorer) -> Response {
    // RFC 3339 begins with the day.
    let now = app.clock.now().to_string();
    let today = now.split('T').next().unwrap_or_default();
    new_match_page(StatusCode::OK, &session, &new_match::blank(today), &Mistakes::default())
}

fn new_match_page(status: StatusCode, session: &Session, fields: &Fields, mistakes: &Mistakes) -> Response {
    // What was wrong keeps its id: the press is still the same one.
    let form = if fields.has("form") { fields.text("form").to_owned() } else { page::form_id() };
    page::html(
        status,
        new_match::page(page::area(session), &session.csrf, &form, Filled { fields, mistakes }),
    )
}

/// Creates a match under the form's id, so that a second press finds the first one's match.
async fn create(State(app): State<App>, Pressed { session, fields }: Pressed) -> Result<Response, Failure> {
    let wrong = |mistakes: Mistakes| {
        Ok(new_match_page(StatusCode::UNPROCESSABLE_ENTITY, &session, &fields, &mistakes))
    };
    let setup = match new_match::parse(&fields) {
        Ok(setup) => setup,
        Err(mistakes) => return wrong(mistakes),
    };
    let form = fields.text("form");
    if form.is_empty() || form.len() > crate::feed::NAME_BYTES_MAX {
        return wrong(Mistakes::one("", "This page is broken: load it again."));
    }
    let new = NewMatch {
        organisation_id: session.organisation_id.clone(),
        source: SOURCE.to_owned(),
        source_match_id: form.to_owned(),
        setup,
        starts_at_ms: None,
        sandbox: false,
        archive: false,
    };
    match app.feed.create_match(new).await {
        Ok(created) => Ok(Redirect::to(&format!("{MATCHES}/{}", created.id())).into_response()),
        // The form was sent before and changed since: the match stands as it was made.
        Err(FeedError::SetupDiffers { id }) => Ok(Redirect::to(&format!("{MATCHES}/{id}")).into_response()),
        Err(FeedError::Setup { reason }) => wrong(Mistakes::one("", reason)),
        Err(error) => Err(error.into()),
    }
}

/// A stylesheet, script or image, under a name that changes with it.
async fn asset(path: Result<Path<(String, String)>, PathRejection>) -> Response {
    let asset = path.ok().and_then(|Path((version, name))| assets::find(&version, &name));
    let Some(asset) = asset else { return Failure::NotFound.into_response() };
    let headers = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ];
    (headers, asset.bytes).into_response()
}
