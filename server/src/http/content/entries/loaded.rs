//! An entry in a language, as an address names them, with all that stands beside it.

use super::super::desk::Desk;
use super::super::outside;
use super::super::refusal::Refused;
use crate::app::App;
use crate::content::reach;
use crate::http::dashboard::Path;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use cms::Language;
use cms::draft::{self, Aside, Draft};
use cms::entry::{self, Entry};
use cms::release::{self, Release};
use cms::rights::Act;
use cms::schedule::{self, Schedule};
use cms::schema::kind;
use cms::{list, media};
use console::content::entries::Reach;
use console::content::form::{Named, Sent};
use console::content::{PATH, entries as pages};
use std::collections::BTreeMap;

/// Releases that are offered.
const RELEASES_MAX: i64 = 50;

/// Which entry and language an address names; without a language it is the main one.
pub(super) struct Which {
    pub(super) id: String,
    language: Option<Language>,
}

impl FromRequestParts<App> for Which {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Path(id) =
            Path::<String>::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let asked = console::Fields::parse(parts.uri.query().unwrap_or_default());
        let language = match asked.text("lang") {
            "" => None,
            text => Some(Language::parse(text).map_err(|error| Refused::from(error).into_response())?),
        };
        Ok(Self { id, language })
    }
}

impl Which {
    /// Its draft's place: the language that was asked for, or the main one.
    pub(super) fn language(&self, entry: &Entry) -> Language {
        self.language.clone().unwrap_or_else(|| entry.main_language.clone())
    }
}

/// An entry in a language, that somebody may read.
pub(super) struct Loaded {
    pub(super) entry: Entry,
    pub(super) language: Language,
    /// The main one first.
    pub(super) drafts: Vec<Draft>,
    pub(super) asides: Vec<Aside>,
    pub(super) schedules: Vec<Schedule>,
    /// Those that are open.
    pub(super) releases: Vec<Release>,
    /// What a reviewer said last.
    pub(super) note: Option<cms::review::Note>,
    /// How far what was done last went.
    pub(super) reach: Option<Reach>,
}

impl Loaded {
    pub(super) async fn load(app: &App, desk: &Desk, which: &Which) -> Result<Self, Refused> {
        let read = app.store.read("cms.entry", async |db| {
            let entry = entry::find(db, &which.id).await?;
            let language = which.language(&entry);
            desk.editor.rights.check(Act::Read, entry.kind, &language, &entry.main_language)?;
            let mut drafts = draft::of_entries(db, std::slice::from_ref(&entry.id)).await?;
            drafts.sort_by_key(|it| (it.language != entry.main_language, it.language.clone()));
            let asides = draft::asides(db, &entry.id, &language).await?;
            let schedules = schedule::of_entry(db, &entry.id).await?;
            let mut releases = release::list(db, "", RELEASES_MAX).await?;
            releases.retain(|it| it.published_at.is_none());
            let note = cms::review::note(db, &entry.id, &language).await?;
            let reach = reach::of_entry(db, &entry.id).await?.filter(|it| it.processes > 0);
            let reach = reach.map(|it| Reach { at: it.at, streams: it.streams, slowest_ms: it.slowest_ms });
            Ok::<_, cms::Error>(Self { entry, language, drafts, asides, schedules, releases, note, reach })
        });
        let loaded = read.await?;
        match loaded.entry.trashed_at {
            Some(_) => Err(Refused::conflict("It is in the trash. Take it out to work on it.")),
            None => Ok(loaded),
        }
    }

    pub(super) fn draft(&self) -> Option<&Draft> {
        self.drafts.iter().find(|it| it.language == self.language)
    }

    /// The draft that something is to be done with.
    pub(super) fn begun(&self) -> Result<&Draft, Refused> {
        self.draft().ok_or_else(|| Refused::not_found(format!("Nobody has begun it in {}.", self.language)))
    }

    /// The main language's document, for who writes in another.
    pub(super) fn source(&self) -> Option<&Draft> {
        let main = self.drafts.first().filter(|it| it.language == self.entry.main_language);
        main.filter(|_| self.language != self.entry.main_language)
    }

    pub(super) fn may(&self, desk: &Desk, act: Act) -> bool {
        desk.editor.rights.check(act, self.entry.kind, &self.language, &self.entry.main_language).is_ok()
    }

    /// The address of its page.
    pub(super) fn at(&self, rest: &str) -> String {
        pages::within(&self.entry.id, self.language.as_str(), rest)
    }
}

/// What a form names, by id: entries with their types and states, pictures in small.
pub(super) async fn named(app: &App, sent: &Sent) -> Result<BTreeMap<String, Named>, Refused> {
    let (entries, pictures) = (sent.named("ent_"), sent.named("med_"));
    let outside = outside::names(app, sent).await?;
    if entries.is_empty() && pictures.is_empty() {
        return Ok(outside);
    }
    let read = app.store.read("cms.named", async |db| {
        Ok::<_, cms::Error>((list::named(db, &entries).await?, media::find_all(db, &pictures).await?))
    });
    let (lines, assets) = read.await?;
    let of_entry = |it: list::Line| {
        let noun = kind(&it.kind).map_or(it.kind.as_str(), |it| it.facts.noun).to_owned();
        let about = format!("{noun}, {}", it.state.word().replace('-', " "));
        let label = if it.title.is_empty() { it.entry.clone() } else { it.title };
        (
            it.entry.clone(),
            Named { label, about, href: format!("{PATH}/entries/{}", it.entry), thumbnail: None },
        )
    };
    let of_picture = |(id, it): (String, media::Asset)| {
        let label = if it.description.alt.is_empty() { it.name } else { it.description.alt };
        let (href, thumbnail) = (format!("{PATH}/media/{id}"), THUMBNAIL.replace("{id}", &id));
        (id, Named { label, about: String::new(), href, thumbnail: Some(thumbnail) })
    };
    Ok(lines.into_iter().map(of_entry).chain(assets.into_iter().map(of_picture)).chain(outside).collect())
}

/// Where a picture is to be had in small.
pub(super) const THUMBNAIL: &str = "/console/content/media/{id}/thumbnail";
