//! The list of entries, new ones, and what is done with several at once.

use super::super::desk::{Answer, Desk, Pressed, PressedLong, html};
use super::super::refusal::Refused;
use crate::app::App;
use crate::questions::entry::take_in;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use cms::draft::{self, State as Draft};
use cms::entry::{self, New};
use cms::list::{self, Bin, Cursor, Filter};
use cms::publish::{self, Cascade, Step};
use cms::rights::Act;
use cms::schema::kind;
use cms::{Error, Language};
use console::Mistakes;
use console::content::entries as pages;
use console::content::entries::list::Outcome;
use console::content::form::begun;
use console::controls::Filled;

/// Entries of a page, and of a press.
const PAGE: i64 = 50;

pub(super) async fn page(State(app): State<App>, desk: Desk) -> Answer {
    let asked = &desk.asked;
    let some = |name: &str| Some(asked.text(name)).filter(|it| !it.is_empty());
    let state = match some("state") {
        None => None,
        Some(word) => Some(Draft::of(word).ok_or_else(|| Refused::filter("There is no such state."))?),
    };
    let language = some("lang").map(Language::parse).transpose()?;
    let after = match some("after") {
        None => None,
        Some(text) => Some(Cursor::of(text).ok_or_else(|| Refused::filter("There is no such page."))?),
    };
    let author = asked.has("mine").then_some(desk.editor.by.actor.id.as_str());
    let filter = Filter {
        kind: some("kind"),
        kinds: desk.editor.rights.kinds.as_ref(),
        state,
        language: language.as_ref(),
        author,
        text: asked.text("q"),
        bin: Bin::Entries,
    };
    let read = app.store.read("cms.list", async |db| list::page(db, &filter, after.as_ref(), PAGE + 1).await);
    let mut found = read.await?;
    let next = (found.len() > PAGE as usize).then(|| Cursor::after(&found[PAGE as usize - 1]).text());
    found.truncate(PAGE as usize);
    let mut languages: Vec<String> =
        ["en", "hi", "bn", "ta", "te", "mr", "gu", "kn", "ml", "pa"].map(str::to_owned).to_vec();
    if let Some(language) = language.filter(|it| !languages.iter().any(|known| known == it.as_str())) {
        languages.push(language.to_string());
    }
    let list = pages::list::List {
        asked,
        found: &found,
        is_later: after.is_some(),
        next: next.as_deref(),
        languages: &languages,
    };
    Ok(html(pages::list::page(&desk.here(desk.done()), &list)))
}

pub(super) async fn new(desk: Desk) -> Answer {
    let mut fields = desk.asked.clone();
    if !fields.has("lang") {
        fields.set("lang", "en");
    }
    Ok(html(pages::list::new(&desk.here(""), Filled { fields: &fields, mistakes: &Mistakes::default() })))
}

pub(super) async fn make(State(app): State<App>, pressed: Pressed) -> Answer {
    let (desk, form) = (&pressed.desk, &pressed.form);
    let (of, language) = (kind(form.text("kind"))?, Language::parse(form.text("lang"))?);
    let key = Some(form.text("key")).filter(|it| !it.is_empty());
    let made = app.store.run_tx("cms.make", async |tx| {
        let new =
            New { kind: of.facts.name, key, main_language: &language, body: &begun(of, &desk.editor.rights) };
        entry::make(tx, &desk.editor, new).await
    });
    let wrong = match made.await {
        Ok(id) => return Ok(desk.after(&pages::within(&id, language.as_str(), ""), "made")),
        Err(Error::Key { max, .. }) => format!("A key has 1 to {max} small letters, digits and hyphens."),
        Err(Error::KeyTaken { key, .. }) if key == of.facts.name => {
            format!("There is one of these alone, and it is there: look for {}.", of.facts.plural)
        }
        Err(Error::KeyTaken { key, .. }) => format!("Another one has the key {key}."),
        Err(error) => return Err(error.into()),
    };
    let mistakes = Mistakes::one("key", wrong);
    let page = pages::list::new(&desk.here(""), Filled { fields: form, mistakes: &mistakes });
    Ok(crate::http::scorer::html(StatusCode::UNPROCESSABLE_ENTITY, page))
}

#[derive(Clone, Copy)]
enum Deed {
    Publish,
    Unpublish,
    Trash,
}

/// Each by itself: what cannot be done with one keeps no other from it.
pub(super) async fn bulk(State(app): State<App>, PressedLong(pressed): PressedLong) -> Answer {
    let (desk, form) = (&pressed.desk, &pressed.form);
    let deed = match form.text("do") {
        "publish" => Deed::Publish,
        "unpublish" => Deed::Unpublish,
        "trash" => Deed::Trash,
        _ => return Err(Refused::form("This form does not say what is to be done. Nothing was done.")),
    };
    let chosen: Vec<&str> = form.pairs().filter(|it| it.0 == "entry").map(|it| it.1).collect();
    if chosen.is_empty() {
        return Err(Refused::form("Nothing was chosen. Tick what it is to be done with."));
    }
    let mut outcomes = Vec::new();
    for it in chosen.into_iter().take(PAGE as usize) {
        outcomes.push(one(&app, desk, deed, it).await?);
    }
    Ok(html(pages::list::outcomes(&desk.here(""), &outcomes, form.text("back"))))
}

/// "ent_… hi 7"
async fn one(app: &App, desk: &Desk, deed: Deed, chosen: &str) -> Result<Outcome, Refused> {
    let broken =
        || Refused::form("This form is not whole. Load its page, and try once more. Nothing was done.");
    let mut parts = chosen.split(' ');
    let (Some(id), Some(language), Some(version)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(broken());
    };
    let language = Language::parse(language)?;
    let version: i64 = version.parse().map_err(|_| broken())?;
    let read = app.store.read("cms.draft", async |db| {
        let entry = entry::find(db, id).await?;
        desk.editor.rights.check(Act::Read, entry.kind, &language, &entry.main_language)?;
        draft::find(db, id, &language).await
    });
    let found = read.await?;
    let is_published = found.as_ref().is_some_and(|it| it.published_version.is_some());
    let title = found.map(|it| it.title).unwrap_or_default();
    if matches!(deed, Deed::Unpublish) && !is_published {
        let what = Err("It is not published.".to_owned());
        return Ok(Outcome { entry: id.to_owned(), language: language.to_string(), title, what });
    }
    let who = &desk.editor;
    let done = app.store.run_tx("cms.bulk", async |tx| {
        match deed {
            Deed::Publish => publish::publish(tx, who, (id, &language), version, Cascade::Refuse).await?,
            Deed::Unpublish => unpublish(tx, who, id, &language, Cascade::Refuse).await?,
            Deed::Trash => entry::trash(tx, who, &[id.to_owned()], Cascade::Refuse).await?,
        }
        take_in(tx, desk.now).await
    });
    let said = match deed {
        Deed::Publish => "Published",
        Deed::Unpublish => "Unpublished",
        Deed::Trash => "In the trash",
    };
    let what = match done.await {
        Ok(()) => Ok(said),
        Err(error) => match said_of(&error) {
            Some(text) => Err(text),
            None => {
                let refused = Refused::from(error);
                if refused.status().is_server_error() {
                    return Err(refused);
                }
                Err(refused.text().to_owned())
            }
        },
    };
    Ok(Outcome { entry: id.to_owned(), language: language.to_string(), title, what })
}

/// What stands in the way of one of several, whose name is beside it.
fn said_of(error: &Error) -> Option<String> {
    let text = match error {
        Error::NotApproved { .. } => "Somebody else has to approve it first.".to_owned(),
        Error::Stale { .. } => "It has changed since the list was shown.".to_owned(),
        Error::Unfit { problems, .. } => format!("It is not whole: {} to be put right.", problems.len()),
        Error::Unpublished { dependencies } => {
            format!("It names {} that fans do not see.", dependencies.len())
        }
        Error::InUse { users } => format!("{} that fans see name it.", users.len()),
        Error::LanguagesPublished { languages, .. } => {
            format!("It is published in {}, too.", languages.join(", "))
        }
        _ => return None,
    };
    Some(text)
}

/// In a language; in the main one only where no other is published, or with these.
pub(super) async fn unpublish(
    tx: &store::Transaction<'_>,
    who: &cms::rights::Editor,
    id: &str,
    language: &Language,
    cascade: Cascade,
) -> Result<(), Error> {
    publish::carry_out(tx, who, &[Step::unpublish(id, language)], cascade).await
}

/// A page with a form that is to be put right.
pub(super) fn unprocessable(page: console::Markup) -> Response {
    crate::http::scorer::html(StatusCode::UNPROCESSABLE_ENTITY, page)
}
