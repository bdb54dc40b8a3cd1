//! What forms and the editor of texts look up while somebody types: a few of each, by one statement or two, and as they are now.

use super::list;
use crate::app::App;
use crate::http::content::desk::Desk;
use crate::http::content::matches;
use crate::http::content::refusal::Refused;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use cms::list::{Line, pick};
use cms::media::{Where, Which};
use cms::schema::kind;
use console::content::library::{self as pages, Sought};
use serde::Serialize;

/// Pictures of a list that one chooses from, and things that can be named.
const PICTURES_MAX: u16 = 24;
const NAMES_MAX: i64 = 8;

/// Where a type of content has its own word in texts.
const MENTIONED: [&str; 2] = ["player", "team"];
const EMBEDDED: [&str; 2] = ["player", "quiz"];

/// A picture to choose.
#[derive(Debug, Serialize)]
struct Pictured {
    id: String,
    label: String,
    thumbnail: String,
    alt: String,
}

/// Something to name.
#[derive(Debug, Serialize)]
struct Named {
    id: String,
    label: String,
    kind: String,
}

/// Nobody's to keep: rights and words may be others in a moment.
fn now(found: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(found)).into_response()
}

pub(super) async fn pictures(State(app): State<App>, desk: Desk) -> Result<Response, Refused> {
    let words = desk.typed();
    let sought = Sought { words: &words, which: Which::All, place: Where::Library };
    let found = list(&app, &sought, None, PICTURES_MAX).await?.into_iter().map(|it| Pictured {
        label: pages::label(&it).to_owned(),
        thumbnail: pages::thumbnail(&it.id),
        alt: it.description.alt,
        id: it.id,
    });
    Ok(now(found.collect::<Vec<_>>()))
}

/// Players and teams that have a profile, and matches.
pub(super) async fn names(State(app): State<App>, desk: Desk) -> Result<Response, Refused> {
    things(&app, &desk, &MENTIONED).await
}

/// What can be shown in a text: a match, a player, a quiz.
pub(super) async fn embeds(State(app): State<App>, desk: Desk) -> Result<Response, Refused> {
    things(&app, &desk, &EMBEDDED).await
}

async fn things(app: &App, desk: &Desk, kinds: &[&str]) -> Result<Response, Refused> {
    let words = desk.typed();
    let own = desk.editor.rights.kinds.as_ref();
    let is_own = |it: &&str| own.is_none_or(|own| own.contains(*it));
    let kinds: Vec<String> = kinds.iter().copied().filter(is_own).map(str::to_owned).collect();
    let read = app.store.read("cms.names", async |db| {
        let entries = pick(db, &kinds, &words, None, NAMES_MAX).await?;
        Ok::<_, cms::Error>((entries, matches::named(db, &words, NAMES_MAX as usize).await?))
    });
    let (entries, found) = read.await?;
    let found = found.into_iter().map(|(id, label)| Named { id, label, kind: "match".to_owned() });
    let entries = entries.into_iter().map(|Line { entry, kind: of, title, .. }| Named {
        label: if title.is_empty() {
            format!("{} without a name", kind(&of).map_or("", |it| it.facts.noun))
        } else {
            title
        },
        id: entry,
        kind: of,
    });
    Ok(now(entries.chain(found).collect::<Vec<_>>()))
}
