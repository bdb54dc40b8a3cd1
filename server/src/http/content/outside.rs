//! What entries name that is not content: matches, campaigns, partners. It is looked for while somebody types, and named in forms.

use super::desk::Desk;
use super::matches;
use super::refusal::Refused;
use crate::app::App;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use cms::rights::Role;
use cms::schedule::Schedule;
use cms::schema::Outside;
use console::content::form::{Named, Sent};
use partners::organisation;
use rewards::campaigns;
use serde::Serialize;
use std::collections::BTreeMap;

/// Things of an answer.
const FOUND_MAX: u16 = 12;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/console/content/outside/{what}", get(look))
}

#[derive(Debug, Serialize)]
struct Found {
    id: String,
    label: String,
    about: String,
}

/// Matches are for all to see; who works with whom and for what is for those who write entries of their own.
async fn look(State(app): State<App>, desk: Desk, Path(what): Path<String>) -> Result<Response, Refused> {
    let what =
        Outside::of(&what).ok_or_else(|| Refused::not_found(format!("There is no list of \"{what}\".")))?;
    let words = desk.typed();
    let limit = i64::from(FOUND_MAX);
    let found: Vec<Found> = match what {
        Outside::Match => {
            let read = async |db: &store::Client<'_>| matches::named(db, &words, FOUND_MAX.into()).await;
            let found = app.store.read("cms.matches", read).await?;
            found.into_iter().map(|(id, label)| Found { id, label, about: String::new() }).collect()
        }
        _ if desk.editor.rights.role < Role::Editor => {
            return Err(Refused::not_allowed("That is for editors to see."));
        }
        Outside::Campaign => {
            let found =
                app.store.read("cms.campaigns", async |db| campaigns::look(db, &words, limit).await).await?;
            found.into_iter().map(|it| Found { about: about(&it), id: it.id, label: it.name }).collect()
        }
        Outside::Partner => {
            let found = app
                .store
                .read("cms.partners", async |db| organisation::look(db, &words, limit).await)
                .await?;
            found.into_iter().map(|it| Found { about: it.id.clone(), id: it.id, label: it.name }).collect()
        }
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(found)).into_response())
}

/// "Live", "Test, over".
fn about(it: &campaigns::Name) -> String {
    let books = match it.books {
        wallet::Books::Live => "Live",
        wallet::Books::Test => "Test",
    };
    if it.is_over { format!("{books}, over") } else { books.to_owned() }
}

fn named(label: String, about: String) -> Named {
    Named { label, about, href: String::new(), thumbnail: None }
}

/// What these matches are called, by id.
pub(super) async fn matches(app: &App, ids: &[String]) -> Result<BTreeMap<String, Named>, Refused> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let read = app.store.read("cms.matches", async |db| matches::names(db, ids).await);
    Ok(read.await?.into_iter().map(|(id, label)| (id, named(label, String::new()))).collect())
}

/// The matches of schedules.
pub(super) async fn of_schedules(app: &App, all: &[Schedule]) -> Result<BTreeMap<String, Named>, Refused> {
    let ids: Vec<String> = all.iter().filter_map(|it| it.moment.as_ref()).map(|it| it.0.clone()).collect();
    matches(app, &ids).await
}

/// What a form names of it, by id.
pub(super) async fn names(app: &App, sent: &Sent) -> Result<BTreeMap<String, Named>, Refused> {
    let [of_matches, of_campaigns, of_partners] = [Outside::Match, Outside::Campaign, Outside::Partner]
        .map(|it| sent.named(&format!("{}_", it.prefix())));
    let mut all = matches(app, &of_matches).await?;
    if !of_campaigns.is_empty() {
        let read = app.store.read("cms.campaigns", async |db| campaigns::names(db, &of_campaigns).await);
        all.extend(read.await?.into_iter().map(|it| {
            let about = about(&it);
            (it.id, named(it.name, about))
        }));
    }
    if !of_partners.is_empty() {
        let ids: Vec<&str> = of_partners.iter().map(String::as_str).collect();
        let read = app.store.read("cms.partners", async |db| organisation::find_all(db, &ids).await);
        all.extend(read.await?.into_iter().map(|it| (it.id.clone(), named(it.name, it.id))));
    }
    Ok(all)
}
