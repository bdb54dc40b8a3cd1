//! Organisations: whose they are, and their first page.

use super::door::WRONG;
use super::failure::{Failure, mistake};
use super::signed_in::{MemberOf, Pressed, SignedIn};
use crate::app::App;
use crate::http::scorer::html;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use console::controls::Filled;
use console::layout::Tab;
use console::partner::{self, overview};
use console::{Fields, Mistakes};
use futures_util::StreamExt;
use partners::{key, member, organisation, site};
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;

/// How often the number of those who watch is looked at, and how long a page is told of it before it asks again.
const EVERY: Duration = Duration::from_secs(2);
const STREAM_MAX: Duration = Duration::from_secs(10 * 60);

/// What was just done, by a word of the address.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

impl Done {
    pub(super) fn words(&self) -> &'static str {
        match self.done.as_str() {
            "saved" => "Saved.",
            "site" => "The site is added.",
            "removed" => "Removed.",
            "revoked" => "The key is revoked.",
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
    member: MemberOf,
    axum::extract::Query(done): axum::extract::Query<Done>,
) -> Result<Response, Failure> {
    let now = member.signed_in.caller.now;
    let read = app.store.read("partners.overview", async |db| {
        let sites = site::list(db, member.id()).await?;
        Ok::<_, partners::Error>((sites, key::of_organisation(db, member.id()).await?))
    });
    let (sites, mut keys) = read.await?;
    keys.retain(|it| !it.is_over(now));
    let watching = count(&app, keys.iter().map(|it| it.id.as_str())).await;
    let of = overview::Overview { sites: &sites, keys: &keys, watching };
    Ok(html(StatusCode::OK, overview::page(member.here(Tab::Overview, done.words()), of)))
}

/// Streams that are open with these keys, on all processes.
async fn count(app: &App, key_ids: impl Iterator<Item = &str>) -> u64 {
    let mut sum = 0;
    for id in key_ids {
        sum += app.census.total_of_key(id).await;
    }
    sum
}

/// The number of those who watch, again and again.
pub(super) async fn watching(State(app): State<App>, member: MemberOf) -> Response {
    let ticks = tokio::time::interval(EVERY);
    let ends = (tokio::time::Instant::now() + STREAM_MAX, app.shutdown.clone());
    let counts = futures_util::stream::unfold((app, member, ticks), async |(app, member, mut ticks)| {
        ticks.tick().await;
        // Of the keys that this process knows: nothing is asked of the database.
        let ids = app.keys.ids_of(member.id());
        let sum = count(&app, ids.iter().map(String::as_str)).await;
        let event = Event::default().event("watching").data(sum.to_string());
        Some((Ok::<_, Infallible>(event), (app, member, ticks)))
    });
    let end = async move {
        tokio::select! {
            () = tokio::time::sleep_until(ends.0) => {}
            () = ends.1.cancelled() => {}
        }
    };
    Sse::new(counts.take_until(Box::pin(end))).keep_alive(KeepAlive::default()).into_response()
}
