//! Entries by their words, for fields that name some and for the palette.

use super::super::desk::{Answer, Desk};
use crate::app::App;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use cms::list::{self, Filter, Line};
use cms::schema::kind;
use console::content::PATH;
use console::content::form::language_name;
use serde::Serialize;

/// Entries of an answer.
const FOUND_MAX: i64 = 20;
const JUMPS_MAX: i64 = 12;

/// One that a field may name.
#[derive(Debug, Serialize)]
struct Found {
    id: String,
    label: String,
    /// "player", "team": as texts name somebody; else the type's noun.
    kind: String,
    about: String,
    href: String,
}

/// `?kind=player&kind=team&q=kohl`: of these types, or of all.
pub(super) async fn entries(State(app): State<App>, desk: Desk) -> Answer {
    let named = desk.asked.pairs().filter(|it| it.0 == "kind").map(|it| it.1);
    let mut kinds = Vec::new();
    for name in named {
        kinds.push(kind(name)?.facts.name.to_owned());
    }
    if kinds.is_empty() {
        kinds = cms::schema::kinds().iter().map(|it| it.facts.name.to_owned()).collect();
    }
    kinds.retain(|it| desk.editor.rights.kinds.as_ref().is_none_or(|own| own.contains(it)));
    let text = desk.asked.text("q");
    let read = app.store.read("cms.look", async |db| list::pick(db, &kinds, text, None, FOUND_MAX).await);
    let found: Vec<Found> = read.await?.into_iter().map(found).collect();
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(found)).into_response())
}

fn found(it: Line) -> Found {
    let noun = kind(&it.kind).map_or(it.kind.as_str(), |it| it.facts.noun);
    let about = format!("{noun}, {}", it.state.word().replace('-', " "));
    let href = format!("{PATH}/entries/{}", it.entry);
    let label = if it.title.is_empty() { it.entry.clone() } else { it.title };
    Found { id: it.entry, label, kind: it.kind, about, href }
}

/// Somewhere to go.
#[derive(Debug, Serialize)]
struct Jump {
    label: String,
    about: String,
    href: String,
}

/// What the palette shows: pages and types whose names have the words, and entries.
pub(super) async fn palette(State(app): State<App>, desk: Desk) -> Answer {
    let text = desk.asked.text("q");
    let sought = text.to_lowercase();
    let mut jumps: Vec<Jump> = console::content::pages(&desk.editor.rights)
        .filter(|it| it.0.to_lowercase().contains(&sought))
        .take(if sought.is_empty() { 8 } else { 6 })
        .map(|(label, href)| Jump { label, about: "Page".to_owned(), href })
        .collect();
    let filter = Filter { kinds: desk.editor.rights.kinds.as_ref(), text, ..Filter::default() };
    let read = app.store.read("cms.palette", async |db| list::page(db, &filter, None, JUMPS_MAX).await);
    jumps.extend(read.await?.into_iter().map(|line| {
        let (language, line) = (line.language.clone(), found(line));
        Jump {
            label: line.label,
            about: format!("{}, {}", line.about, language_name(&language)),
            href: line.href,
        }
    }));
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(jumps)).into_response())
}
