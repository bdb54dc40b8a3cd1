//! Organisations: whose they are, and their first page.

use super::asked::Query;
use super::door::WRONG;
use super::failure::{Failure, mistake};
use super::signed_in::{Anybody, MemberOf, Pressed, SignedIn};
use crate::app::App;
use crate::http::scorer::html;
use crate::problem::{Problem, types};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use console::controls::Filled;
use console::layout::Tab;
use console::partner::{self, overview};
use console::{Fields, Mistakes};
use futures_util::StreamExt;
use jiff::SignedDuration;
use partners::usage::{self, Part, Span};
use partners::{Permission, key, member, organisation, site};
use serde::Deserialize;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

/// How often the number of those who watch is looked at, and how long a page is told of it before it asks again.
const EVERY: Duration = Duration::from_secs(2);
/// What the overview sums up.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
const STREAM_MAX: Duration = Duration::from_secs(10 * 60);
/// How often it is asked, meanwhile, whether who watches may still: the session may end, and a member be taken out.
const ASKED_EVERY_MS: i64 = 30_000;

/// What was just done, by a word of the address.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

impl Done {
    /// For another page to say it.
    fn to_query(&self) -> String {
        Fields::of([("done", self.done.as_str())]).to_query()
    }

    pub(super) fn words(&self) -> &'static str {
        match self.done.as_str() {
            "allowed" => "The address is allowed: keys work there within a second.",
            "saved" => "Saved.",
            "site" => "The site is added.",
            "removed" => "Removed.",
            "revoked" => "The key is revoked.",
            "secret-revoked" => "The signing secret is revoked.",
            "invited" => "The invitation is on its way.",
            "back" => "The invitation is taken back.",
            "role" => "The role is changed.",
            "joined" => "Welcome to the team.",
            _ => "",
        }
    }
}

/// Where who is signed in begins: in the only organisation, or in the list of them.
pub(super) async fn home(State(app): State<App>, signed_in: SignedIn) -> Result<Response, Failure> {
    let user = &signed_in.session.user.id;
    let all = app.store.read("partners.of_user", async |db| member::organisations(db, user).await).await?;
    let to = match &all[..] {
        [(only, _)] => format!("/console/o/{}", only.id),
        _ => "/console/organisations".to_owned(),
    };
    Ok(Redirect::to(&to).into_response())
}

pub(super) async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Response, Failure> {
    listed(&app, &signed_in, StatusCode::OK, &Fields::default(), &Mistakes::default()).await
}

async fn listed(
    app: &App,
    signed_in: &SignedIn,
    status: StatusCode,
    fields: &Fields,
    mistakes: &Mistakes,
) -> Result<Response, Failure> {
    let user = &signed_in.session.user.id;
    let all = app.store.read("partners.of_user", async |db| member::organisations(db, user).await).await?;
    Ok(html(status, partner::organisations(signed_in.person(), &all, Filled { fields, mistakes })))
}

/// The most organisations that one user belongs to by making them.
const ORGANISATIONS_MAX: usize = 20;

pub(super) async fn create(State(app): State<App>, pressed: Pressed) -> Result<Response, Failure> {
    let by = pressed.signed_in.by();
    let made = app.store.run_tx("partners.create_organisation", async |tx| {
        let all = member::organisations(tx, &by.actor.id).await?;
        if all.len() >= ORGANISATIONS_MAX {
            return Ok(None);
        }
        organisation::create(tx, pressed.fields.text("organisation"), &by).await.map(Some)
    });
    match made.await {
        Ok(Some(made)) => Ok(Redirect::to(&format!("/console/o/{}/start", made.id)).into_response()),
        Ok(None) => {
            let text = format!(
                "You belong to {ORGANISATIONS_MAX} organisations: leave one before you make another."
            );
            let mistakes = Mistakes::one("organisation", text);
            listed(&app, &pressed.signed_in, WRONG, &pressed.fields, &mistakes).await
        }
        Err(error) => match mistake(&error) {
            Some(text) => {
                let mistakes = Mistakes::one("organisation", text);
                listed(&app, &pressed.signed_in, WRONG, &pressed.fields, &mistakes).await
            }
            None => Err(error.into()),
        },
    }
}

pub(super) async fn overview(
    State(app): State<App>,
    Anybody(member): Anybody,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    if member.may(Permission::Look).is_err() {
        // Who works at a till begins there.
        let to = format!("/console/o/{}/redeem?{}", member.id(), done.to_query());
        return Ok(Redirect::to(&to).into_response());
    }
    let now = member.signed_in.caller.now;
    let read = app.store.read("partners.overview", async |db| {
        let sites = site::list(db, member.id()).await?;
        let week = Span::new(now.saturating_sub(WEEK).unwrap_or(now), now);
        let week = usage::summary(db, member.id(), Part::All, week).await?;
        Ok::<_, partners::Error>((sites, key::of_organisation(db, member.id()).await?, week))
    });
    let (sites, mut keys, week) = read.await?;
    let refused = super::usage::refused(&app, &member, Part::All).await?.origins;
    let refused = (refused.len(), refused.iter().map(|it| it.count).sum());
    keys.retain(|it| !it.is_over(now));
    let watching = app.census.total_of_organisation(member.id()).await;
    let of = overview::Overview { sites: &sites, keys: &keys, watching, refused, week };
    Ok(html(StatusCode::OK, overview::page(member.here(Tab::Overview, done.words()), of)))
}

/// How many pages a member may have open that show the number.
const WATCHED_MAX: usize = 16;

/// By user: pages that are open.
static WATCHED: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(Mutex::default);

/// An open page; dropping it gives its place back.
struct Watched {
    user_id: String,
}

impl Watched {
    fn by(user_id: &str) -> Option<Self> {
        let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
        let open = watched.entry(user_id.to_owned()).or_default();
        (*open < WATCHED_MAX).then(|| {
            *open += 1;
            Self { user_id: user_id.to_owned() }
        })
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = watched.get_mut(&self.user_id) {
            *open -= 1;
            if *open == 0 {
                watched.remove(&self.user_id);
            }
        }
    }
}

/// The number of those who watch, again and again.
pub(super) async fn watching(State(app): State<App>, member: MemberOf) -> Response {
    let Some(place) = Watched::by(&member.signed_in.session.user.id) else {
        let detail = format!("you have {WATCHED_MAX} pages open that show this number");
        return Problem::new(&types::STREAMS_FULL_ADDRESS, detail).into_response();
    };
    let ticks = tokio::time::interval(EVERY);
    let ends = (tokio::time::Instant::now() + STREAM_MAX, app.shutdown.clone());
    let asked_at_ms = app.clock.now_ms();
    let state = (app, member, ticks, asked_at_ms, place);
    let counts = futures_util::stream::unfold(state, async |state| {
        let (app, member, mut ticks, mut asked_at_ms, place) = state;
        ticks.tick().await;
        let now_ms = app.clock.now_ms();
        if now_ms - asked_at_ms >= ASKED_EVERY_MS {
            // Where it cannot be known now the stream ends as well: the page asks again, and is told.
            if !member.is_still(&app).await.unwrap_or(false) {
                return None;
            }
            asked_at_ms = now_ms;
        }
        let sum = app.census.total_of_organisation(member.id()).await;
        let event = Event::default().event("watching").data(sum.to_string());
        Some((Ok::<_, Infallible>(event), (app, member, ticks, asked_at_ms, place)))
    });
    let end = async move {
        tokio::select! {
            () = tokio::time::sleep_until(ends.0) => {}
            () = ends.1.cancelled() => {}
        }
    };
    Sse::new(counts.take_until(Box::pin(end))).keep_alive(KeepAlive::default()).into_response()
}
