//! Fences: those of the house, for operators, and a partner's own.

use super::PAGE;
use super::view::{Answer, Named, Pressed, PressedFile, Refused, View, form, html};
use crate::app::App;
use crate::http::dashboard::Path;
use access::place::fence::{self, Stored};
use access::place::pins::PINS;
use access::place::{DryRun, Error, Fence, Owner, Point, Reason, Rules, decision, dry_run};
use axum::extract::State;
use console::controls::Filled;
use console::rewards::fences::{self as pages, Editing};
use console::{Fields, Mistakes};

/// Decisions that a fence's own page shows.
const SAID_MAX: i64 = 10;

impl View {
    fn owner(&self) -> Owner<'_> {
        self.organisation().map_or(Owner::House, |it| Owner::Organisation(&it.id))
    }

    /// All versions of a fence of whoever looks, the last first; another's is not there.
    async fn versions(&self, app: &App, id: &str) -> Result<Vec<Stored>, Refused> {
        let owner = self.owner();
        let read = app.store.read("access.fence_versions", async |db| fence::versions(db, owner, id).await);
        let found = read.await?;
        if found.is_empty() { Err(Error::Unknown { id: id.to_owned() }.into()) } else { Ok(found) }
    }

    async fn fence(&self, app: &App, id: &str) -> Result<Stored, Refused> {
        Ok(self.versions(app, id).await?.swap_remove(0))
    }
}

pub(super) async fn list(State(app): State<App>, view: View) -> Answer {
    let (owner, after) = (view.owner(), view.asked.text("after"));
    let count = PAGE as i64 + 1;
    let mut found =
        app.store.read("access.fences", async |db| fence::list(db, owner, after, count).await).await?;
    let is_more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| is_more).map(|it| it.id.as_str());
    let names = view.names(&app, found.iter().map(|it| it.made_by.as_str())).await?;
    let list = pages::List { found: &found, after: Some(after).filter(|it| !it.is_empty()), next };
    Ok(html(pages::list(&view.here(), list, &names)))
}

pub(super) async fn show(State(app): State<App>, Path(Named { id }): Path<Named>, view: View) -> Answer {
    let versions = view.versions(&app, &id).await?;
    let read =
        app.store.read("access.said", async |db| decision::of_fence(db, &id, i64::MAX, SAID_MAX).await);
    let said = read.await?;
    let names = view.names(&app, versions.iter().map(|it| it.made_by.as_str())).await?;
    let shown = pages::Shown { versions: &versions, said: &said, names: &names };
    let page = pages::show(&view.here(), shown).ok_or(Error::Unknown { id })?;
    Ok(html(page))
}

pub(super) async fn decisions(State(app): State<App>, Path(Named { id }): Path<Named>, view: View) -> Answer {
    let fence = view.fence(&app, &id).await?;
    let before = view.before("before")?;
    let count = PAGE as i64 + 1;
    let read = app
        .store
        .read("access.said", async |db| decision::of_fence(db, &id, before.unwrap_or(i64::MAX), count).await);
    let mut said = read.await?;
    let next = (said.len() > PAGE).then(|| said[PAGE - 1].id);
    said.truncate(PAGE);
    Ok(html(pages::decisions(&view.here(), &fence, &said, (before, next))))
}

pub(super) async fn new(State(app): State<App>, view: View) -> Answer {
    view.may_write()?;
    let fields = pages::form_of("", 0, &Rules::default());
    let filled = Filled { fields: &fields, mistakes: &Mistakes::default() };
    Ok(edit(&app, &view, None, filled, None))
}

pub(super) async fn write(State(app): State<App>, Path(Named { id }): Path<Named>, view: View) -> Answer {
    let last = view.fence(&app, &id).await?;
    view.may_write()?;
    if last.retired_at.is_some() {
        return Err(Error::Retired { id }.into());
    }
    let rules = serde_json::from_value(last.rules).map_err(|_| Error::Unreadable {
        what: format!("version {} of {id}", last.version),
        column: "rules",
    })?;
    let fields = pages::form_of(&last.name, last.version, &rules);
    let filled = Filled { fields: &fields, mistakes: &Mistakes::default() };
    Ok(edit(&app, &view, Some(&id), filled, None))
}

fn edit(
    app: &App,
    view: &View,
    id: Option<&str>,
    filled: Filled<'_>,
    tried: Option<&DryRun>,
) -> axum::response::Response {
    let editing = Editing { id, form: filled, tried };
    form(pages::edit(&view.here(), editing, app.world.regions()), filled.mistakes)
}

pub(super) async fn make(State(app): State<App>, PressedFile(pressed): PressedFile) -> Answer {
    pressed_on(&app, pressed, None).await
}

pub(super) async fn change(
    State(app): State<App>,
    Path(Named { id }): Path<Named>,
    PressedFile(pressed): PressedFile,
) -> Answer {
    pressed.view.fence(&app, &id).await?;
    pressed_on(&app, pressed, Some(&id)).await
}

/// Saves what the form says, or tries it; what is wrong comes back with all that was typed.
async fn pressed_on(app: &App, pressed: Pressed, id: Option<&str>) -> Answer {
    let Pressed { view, form: mut fields, file } = pressed;
    pages::take(&mut fields, file.as_deref());
    let again = |fields: &Fields, mistakes: &Mistakes, tried: Option<&DryRun>| {
        Ok(edit(app, &view, id, Filled { fields, mistakes }, tried))
    };
    let fence = match pages::read(&fields, app.world.regions()) {
        Ok(fence) => fence,
        Err(mistakes) => return again(&fields, &mistakes, None),
    };
    if fields.text("do") == "try" {
        let run = tried(app, &view, &fence, Vec::new());
        return again(&fields, &Mistakes::default(), Some(&run));
    }
    let (owner, name) = (view.owner(), fields.text("name"));
    let saved = app.store.run_tx("access.fence", async |tx| match id {
        None => fence::put(tx, owner, name, &fence, &view.by).await,
        Some(id) => {
            let from = fields.text("version").parse().unwrap_or_default();
            fence::change(tx, owner, (id, from), name, &fence, &view.by).await?;
            Ok(id.to_owned())
        }
    });
    match saved.await {
        Ok(saved) => {
            let done = if id.is_some() { "fence-written" } else { "fence-made" };
            Ok(view.back(&format!("/fences/{saved}"), done))
        }
        Err(Error::Name { max }) => {
            let mistakes = Mistakes::one("name", format!("Give it a name, of 1 to {max} characters."));
            again(&fields, &mistakes, None)
        }
        Err(Error::Clash { found, .. }) => {
            let text = format!(
                "Somebody has written version {found} while you wrote yours. Yours is all here, and is not saved: look at theirs, then \
                 save again for a version of its own."
            );
            fields.set("version", found);
            again(&fields, &Mistakes::one("", text), None)
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn try_out(State(app): State<App>, Path(Named { id }): Path<Named>, view: View) -> Answer {
    tried_page(&app, &view, &id, &Fields::default()).await
}

pub(super) async fn try_own(
    State(app): State<App>,
    Path(Named { id }): Path<Named>,
    pressed: Pressed,
) -> Answer {
    tried_page(&app, &pressed.view, &id, &pressed.form).await
}

async fn tried_page(app: &App, view: &View, id: &str, fields: &Fields) -> Answer {
    let stored = view.fence(app, id).await?;
    let (own, mistakes) = match pages::pins(fields.text("pins")) {
        Ok(own) => (own, Mistakes::default()),
        Err(mistakes) => (Vec::new(), mistakes),
    };
    let regions = app.world.regions();
    let read =
        app.store.read("access.fence", async |db| app.fences.version(db, id, stored.version, regions).await);
    let (fence, count) = (read.await?, own.len());
    let run = tried(app, view, &fence, own);
    let trying =
        pages::Trying { fence: &stored, run: &run, own: count, form: Filled { fields, mistakes: &mistakes } };
    Ok(form(pages::try_out(&view.here(), trying), &mistakes))
}

/// Own pins first, then our towns; where it is closed now, as of when it opens.
fn tried(app: &App, view: &View, fence: &Fence, own: Vec<(String, Point)>) -> DryRun {
    let towns = PINS.iter().map(|it| (it.name.to_owned(), it.point()));
    let pins: Vec<(String, Point)> = own.into_iter().chain(towns).collect();
    let run = |now| {
        let pins = pins.iter().map(|(name, point)| (name.as_str(), *point));
        dry_run(fence, pins, app.world.regions(), now)
    };
    let now = run(view.now);
    let opens = now.pins.first().and_then(|it| match it.decision.reasons.first() {
        Some(Reason::Closed { opens: Some(opens) }) => Some(opens.at),
        _ => None,
    });
    opens.map_or(now, run)
}

pub(super) async fn retire(
    State(app): State<App>,
    Path(Named { id }): Path<Named>,
    pressed: Pressed,
) -> Answer {
    let view = &pressed.view;
    if pressed.form.text("sure") != "yes" {
        return Err(Refused::form("Say that nothing is behind it any more. Nothing was changed."));
    }
    let owner = view.owner();
    let retire = async |tx: &store::Transaction<'_>| fence::retire(tx, owner, &id, &view.by).await;
    app.store.run_tx("access.retire_fence", retire).await?;
    Ok(view.back(&format!("/fences/{id}"), "fence-retired"))
}
