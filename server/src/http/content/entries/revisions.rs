//! Revisions of a language: which there are, how two differ, and bringing one back.

use super::super::desk::{Answer, Desk, Pressed, html};
use super::super::refusal::Refused;
use super::loaded::{Loaded, Which};
use crate::app::App;
use axum::extract::State;
use cms::diff;
use cms::draft::Written;
use cms::revision;
use cms::rights::Act;
use console::content::entries::revisions::{self as pages, Compared, Revisions};

/// Revisions of a page.
const PAGE: usize = 50;

pub(super) async fn list(State(app): State<App>, which: Which, desk: Desk) -> Answer {
    let loaded = Loaded::load(&app, &desk, &which).await?;
    let draft = loaded.begun()?;
    let before = match desk.asked.text("before") {
        "" => i32::MAX,
        text => text.parse().map_err(|_| Refused::filter("There is no such page."))?,
    };
    let (id, language) = (&loaded.entry.id, &loaded.language);
    let read = app
        .store
        .read("cms.revisions", async |db| revision::list(db, id, language, before, PAGE as i64 + 1).await);
    let mut found = read.await?;
    let older = (found.len() > PAGE).then(|| found[PAGE - 1].number);
    found.truncate(PAGE);
    let page = Revisions {
        entry: &loaded.entry,
        draft,
        found: &found,
        older,
        may_write: loaded.may(&desk, Act::Write),
    };
    Ok(html(pages::page(&desk.here(desk.done()), &page)))
}

pub(super) async fn compare(State(app): State<App>, which: Which, desk: Desk) -> Answer {
    let loaded = Loaded::load(&app, &desk, &which).await?;
    let draft = loaded.begun()?;
    let number = |name: &str| -> Result<i32, Refused> {
        desk.asked.text(name).parse().map_err(|_| Refused::filter("Choose two revisions."))
    };
    let (one, other) = (number("from")?, number("to")?);
    let (id, language) = (&loaded.entry.id, &loaded.language);
    let read = app.store.read("cms.compare", async |db| {
        let from = revision::find(db, id, language, one.min(other)).await?;
        Ok::<_, cms::Error>((from, revision::find(db, id, language, one.max(other)).await?))
    });
    let (from, to) = read.await?;
    let changes = diff::diff(&from.body, &to.body);
    let page = Compared { entry: &loaded.entry, draft, from: &from, to: &to, changes: &changes };
    Ok(html(pages::compared(&desk.here(""), &page)))
}

pub(super) async fn restore(State(app): State<App>, which: Which, pressed: Pressed) -> Answer {
    let (desk, form) = (&pressed.desk, &pressed.form);
    let loaded = Loaded::load(&app, desk, &which).await?;
    let (number, version): (i32, i64) = (super::number(form, "number")?, super::number(form, "version")?);
    let (id, language) = (&loaded.entry.id, &loaded.language);
    let restored = app.store.run_tx("cms.restore", async |tx| {
        revision::restore(tx, &desk.editor, id, language, number, version).await
    });
    match restored.await? {
        Written::Kept { .. } => Ok(desk.after(&loaded.at(""), "restored")),
        Written::Clash(clash) => Err(Refused::conflict(format!(
            "{} has written meanwhile, and nothing was brought back: what would have been is kept aside. Look at what is there first.",
            clash.author_name
        ))),
    }
}
