//! Releases: made, filled, published, scheduled, taken back.

use super::super::desk::{Answer, Desk, Pressed, html};
use super::super::outside;
use super::super::refusal::Refused;
use super::later::when;
use super::list::unprocessable;
use super::loaded::{Loaded, Which};
use crate::app::App;
use crate::http::dashboard::Path;
use crate::questions::entry::take_in;
use axum::extract::State;
use cms::publish::{Dependency, Step};
use cms::release;
use cms::rights::{Act, Standing, may};
use cms::schedule::{self, Subject};
use cms::{Error, Language};
use console::content::releases::{self as pages, List, Shown};
use console::controls::Filled;
use console::{Fields, Mistakes};

/// Releases of a page.
const PAGE: usize = 50;

pub(super) async fn list(State(app): State<App>, desk: Desk) -> Answer {
    Ok(html(listed(&app, &desk, &Fields::default(), &Mistakes::default()).await?))
}

async fn listed(
    app: &App,
    desk: &Desk,
    fields: &Fields,
    mistakes: &Mistakes,
) -> Result<console::Markup, Refused> {
    let before = desk.asked.text("before");
    let read = app.store.read("cms.releases", async |db| release::list(db, before, PAGE as i64 + 1).await);
    let mut found = read.await?;
    let older = (found.len() > PAGE).then(|| found[PAGE - 1].id.clone());
    found.truncate(PAGE);
    let list = List {
        found: &found,
        is_later: !before.is_empty(),
        older: older.as_deref(),
        may_make: may_act(desk),
    };
    Ok(pages::list(&desk.here(desk.done()), &list, Filled { fields, mistakes }))
}

/// Whether they publish anything: what is in a release, each document by itself, is asked where it is pressed.
fn may_act(desk: &Desk) -> bool {
    may(desk.editor.rights.role, Act::Publish, Standing::Other)
}

fn refuse_readers(desk: &Desk) -> Result<(), Refused> {
    if may_act(desk) {
        return Ok(());
    }
    Err(Error::Denied { role: desk.editor.rights.role, what: "publish".to_owned() }.into())
}

pub(super) async fn make(State(app): State<App>, pressed: Pressed) -> Answer {
    let (desk, form) = (&pressed.desk, &pressed.form);
    refuse_readers(desk)?;
    let title = form.text("title");
    match app.store.run_tx("cms.release", async |tx| release::make(tx, &desk.editor, title).await).await {
        Ok(id) => Ok(desk.after(&format!("/releases/{id}"), "release-made")),
        Err(Error::Text { max, .. }) => {
            let mistakes = Mistakes::one("title", format!("Give it a title, of 1 to {max} characters."));
            Ok(unprocessable(listed(&app, desk, form, &mistakes).await?))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn show(State(app): State<App>, Path(id): Path<String>, desk: Desk) -> Answer {
    Ok(html(shown(&app, &desk, &id, &[], None).await?))
}

async fn shown(
    app: &App,
    desk: &Desk,
    id: &str,
    missing: &[Dependency],
    wrong: Option<&str>,
) -> Result<console::Markup, Refused> {
    let read = app.store.read("cms.release", async |db| {
        let found = release::find(db, id).await?;
        Ok::<_, Error>((found, release::items(db, id).await?, schedule::of_release(db, id).await?))
    });
    let (release, items, schedules) = read.await?;
    let page = Shown {
        release: &release,
        items: &items,
        schedules: &schedules,
        named: &outside::of_schedules(app, &schedules).await?,
        may_act: may_act(desk),
        missing,
        wrong,
    };
    Ok(pages::show(&desk.here(desk.done()), &page))
}

/// Puts the draft of an entry's page into one.
pub(super) async fn put(State(app): State<App>, which: Which, pressed: Pressed) -> Answer {
    let (desk, form) = (&pressed.desk, &pressed.form);
    let loaded = Loaded::load(&app, desk, &which).await?;
    let step = Step::draft(&loaded.entry.id, &loaded.language, super::number(form, "version")?);
    let id = form.text("release");
    app.store.run_tx("cms.release_put", async |tx| release::put(tx, &desk.editor, id, &step).await).await?;
    Ok(desk.after(&format!("/releases/{id}"), "put"))
}

pub(super) async fn take(State(app): State<App>, Path(id): Path<String>, pressed: Pressed) -> Answer {
    let (desk, form) = (&pressed.desk, &pressed.form);
    let (entry, language) = (form.text("entry"), Language::parse(form.text("lang"))?);
    let taken = app.store.run_tx("cms.release_take", async |tx| {
        release::take(tx, &desk.editor, &id, (entry, &language)).await
    });
    taken.await?;
    Ok(desk.after(&format!("/releases/{id}"), "taken"))
}

pub(super) async fn publish(State(app): State<App>, Path(id): Path<String>, pressed: Pressed) -> Answer {
    let desk = &pressed.desk;
    refuse_readers(desk)?;
    let done = app.store.run_tx("cms.release_publish", async |tx| {
        release::publish(tx, &desk.editor, &id).await?;
        take_in(tx, desk.now).await
    });
    published(&app, desk, &id, done.await, "release-published").await
}

async fn published(app: &App, desk: &Desk, id: &str, done: Result<(), Error>, word: &str) -> Answer {
    match done {
        Ok(()) => Ok(desk.after(&format!("/releases/{id}"), word)),
        Err(Error::Unpublished { dependencies }) => {
            Ok(unprocessable(shown(app, desk, id, &dependencies, None).await?))
        }
        Err(
            error @ (Error::Unfit { .. }
            | Error::Overtaken { .. }
            | Error::InUse { .. }
            | Error::NotApproved { .. }),
        ) => {
            let refused = Refused::from(error);
            Ok(unprocessable(shown(app, desk, id, &[], Some(refused.text())).await?))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn schedule(State(app): State<App>, Path(id): Path<String>, pressed: Pressed) -> Answer {
    let (desk, form) = (&pressed.desk, &pressed.form);
    refuse_readers(desk)?;
    let (subject, when) = (Subject::Release { id: id.clone() }, when(form)?);
    app.store
        .run_tx("cms.schedule", async |tx| schedule::ask(tx, &desk.editor, &subject, &when).await)
        .await?;
    Ok(desk.after(&format!("/releases/{id}"), "release-scheduled"))
}

/// Makes the release that takes one back, and publishes it at once.
pub(super) async fn revert(State(app): State<App>, Path(id): Path<String>, pressed: Pressed) -> Answer {
    let desk = &pressed.desk;
    refuse_readers(desk)?;
    let done = app.store.run_tx("cms.release_revert", async |tx| {
        let back = release::revert(tx, &desk.editor, &id).await?;
        release::publish(tx, &desk.editor, &back).await?;
        take_in(tx, desk.now).await?;
        Ok::<_, Error>(back)
    });
    match done.await {
        Ok(back) => Ok(desk.after(&format!("/releases/{back}"), "reverted")),
        Err(error) => published(&app, desk, &id, Err(error), "reverted").await,
    }
}
