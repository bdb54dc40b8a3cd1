//! Publishing now, unpublishing, and going back to what was published before; what stands in the way is shown with what may be done.

use super::super::desk::{Answer, Desk, Pressed};
use super::super::refusal::Refused;
use super::list;
use super::loaded::{Loaded, Which};
use crate::app::App;
use crate::questions::entry::take_in;
use axum::extract::State;
use axum::http::StatusCode;
use cms::Error;
use cms::entry;
use cms::publish::{self, Cascade, Step};
use cms::rights::Act;
use console::Fields;
use console::content::entries::publish::{self as pages, Hindered, Wanted};

const PUBLISH: Wanted = Wanted { rest: "/publish", verb: "Publish" };
const UNPUBLISH: Wanted = Wanted { rest: "/unpublish", verb: "Unpublish" };
const ROLL_BACK: Wanted = Wanted { rest: "/roll-back", verb: "Roll back, and publish" };
const TRASH: Wanted = Wanted { rest: "/trash", verb: "Put it into the trash, and unpublish" };

/// What becomes of others that stand in the way.
fn cascade(form: &Fields) -> Cascade {
    if form.text("cascade") == "include" { Cascade::Include } else { Cascade::Refuse }
}

pub(super) async fn publish(State(app): State<App>, which: Which, pressed: Pressed) -> Answer {
    let (desk, form) = (&pressed.desk, &pressed.form);
    let loaded = Loaded::load(&app, desk, &which).await?;
    let version: i64 = super::number(form, "version")?;
    let (who, at, cascade) = (&desk.editor, (loaded.entry.id.as_str(), &loaded.language), cascade(form));
    let done = app.store.run_tx("cms.publish", async |tx| {
        publish::publish(tx, who, at, version, cascade).await?;
        take_in(tx, desk.now).await
    });
    after(desk, &loaded, done.await, PUBLISH, "published")
}

pub(super) async fn unpublish(State(app): State<App>, which: Which, pressed: Pressed) -> Answer {
    let (desk, form) = (&pressed.desk, &pressed.form);
    let loaded = Loaded::load(&app, desk, &which).await?;
    let (who, id, language, cascade) = (&desk.editor, &loaded.entry.id, &loaded.language, cascade(form));
    let done = app.store.run_tx("cms.unpublish", async |tx| {
        list::unpublish(tx, who, id, language, cascade).await?;
        take_in(tx, desk.now).await
    });
    after(desk, &loaded, done.await, UNPUBLISH, "unpublished")
}

/// Publishes what was published before that which is.
pub(super) async fn roll_back(State(app): State<App>, which: Which, pressed: Pressed) -> Answer {
    let (desk, form) = (&pressed.desk, &pressed.form);
    let loaded = Loaded::load(&app, desk, &which).await?;
    let draft = loaded.begun()?;
    let (who, id, language, cascade) = (&desk.editor, &loaded.entry.id, &loaded.language, cascade(form));
    who.rights.check(Act::Publish, loaded.entry.kind, language, &loaded.entry.main_language)?;
    let live = draft.published_revision.ok_or_else(|| Refused::conflict("It is not published."))?;
    let read = app
        .store
        .read("cms.before", async |db| cms::revision::published_before(db, id, language, live).await);
    let before = read.await?.ok_or_else(|| {
        Refused::conflict("Nothing was published before this. To take it away from fans, unpublish it.")
    })?;
    let done = app.store.run_tx("cms.roll_back", async |tx| {
        publish::carry_out(tx, who, &[Step::revision(id, language, before)], cascade).await?;
        take_in(tx, desk.now).await
    });
    after(desk, &loaded, done.await, ROLL_BACK, "rolled-back")
}

pub(super) async fn trash(State(app): State<App>, which: Which, pressed: Pressed) -> Answer {
    let (desk, form) = (&pressed.desk, &pressed.form);
    let loaded = Loaded::load(&app, desk, &which).await?;
    let (who, ids, cascade) = (&desk.editor, [loaded.entry.id.clone()], cascade(form));
    let done = app.store.run_tx("cms.trash", async |tx| {
        entry::trash(tx, who, &ids, cascade).await?;
        take_in(tx, desk.now).await
    });
    match done.await {
        Ok(()) => Ok(desk.after(&format!("?kind={}", loaded.entry.kind.facts.name), "trashed")),
        refused => after(desk, &loaded, refused, TRASH, "trashed"),
    }
}

fn after(desk: &Desk, loaded: &Loaded, done: Result<(), Error>, wanted: Wanted, word: &str) -> Answer {
    let error = match done {
        Ok(()) => return Ok(desk.after(&loaded.at(""), word)),
        Err(error) => error,
    };
    let hindered = match &error {
        Error::Unfit { id, language, title, problems } => Hindered::Unfit { id, language, title, problems },
        Error::Unpublished { dependencies } => Hindered::Unpublished(dependencies),
        Error::InUse { users } => Hindered::InUse(users),
        Error::LanguagesPublished { languages, .. } => Hindered::Languages(languages),
        _ => return Err(error.into()),
    };
    let page = pages::page(&desk.here(""), &loaded.entry, loaded.begun()?, wanted, &hindered);
    let status = match hindered {
        Hindered::Unfit { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::CONFLICT,
    };
    Ok(crate::http::scorer::html(status, page))
}
