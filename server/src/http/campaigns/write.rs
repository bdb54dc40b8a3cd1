//! The form in which a version is written. Each button comes back with all that was typed; "Save" writes the next version.

use super::campaign::version_of;
use super::view::{Answer, Named, Pressed, PressedLong, View, form};
use crate::app::App;
use crate::http::dashboard::Path;
use access::{Deed, audit};
use axum::extract::State;
use console::Mistakes;
use console::rewards::{Building, Draft, Press, build};
use rewards::campaigns::{self, Listed};
use rewards::{Campaign, review};
use serde_json::json;

/// From the last version, or the one that the address names, or nothing.
pub(super) async fn show(State(app): State<App>, Path(Named { id }): Path<Named>, view: View) -> Answer {
    let campaign = view.campaign(&app, &id).await?;
    view.may_write()?;
    let draft = match (view.asked.text("from"), campaign.last_version) {
        ("", 0) => Draft::new(view.now),
        ("", last) => Draft::of(&version_of(&app, &campaign, &last.to_string()).await?.campaign),
        (from, _) => Draft::of(&version_of(&app, &campaign, from).await?.campaign),
    };
    let draft = draft.from_version(campaign.last_version);
    shown(&app, &view, &campaign, &draft, &Mistakes::default()).await
}

async fn shown(app: &App, view: &View, campaign: &Listed, draft: &Draft, mistakes: &Mistakes) -> Answer {
    let books = campaign.books;
    let tiers = app.store.read("rewards.tiers", async |db| review::tiers(db, books).await).await?;
    let building = Building { campaign, draft, mistakes, tiers: &tiers };
    Ok(form(build(&view.here(), &building), mistakes))
}

pub(super) async fn press(
    State(app): State<App>,
    Path(Named { id }): Path<Named>,
    PressedLong(pressed): PressedLong,
) -> Answer {
    let campaign = pressed.view.campaign(&app, &id).await?;
    let mut draft = Draft::sent(&pressed.form);
    let press = Press::of(pressed.form.text("do"));
    let mistakes = draft.press(press);
    let mistakes = match press {
        Press::Save => match draft.read(&campaign.id) {
            Ok(written) => return save(&app, &pressed, &campaign, draft, &written).await,
            Err(mistakes) => mistakes,
        },
        Press::Look => draft.read(&campaign.id).err().unwrap_or_default(),
        _ => mistakes,
    };
    shown(&app, &pressed.view, &campaign, &draft, &mistakes).await
}

/// What became of a version that was to be written.
enum Saved {
    Written(u32),
    /// Somebody wrote this one since the form was begun.
    Overtaken(u32),
}

/// Writes the next version, if none was written since the form was begun; the same once more was the button pressed twice.
async fn save(app: &App, pressed: &Pressed, campaign: &Listed, draft: Draft, written: &Campaign) -> Answer {
    let (view, by, id) = (&pressed.view, &pressed.view.by, campaign.id.as_str());
    let begun_from = draft.begun_from();
    let saved = app.store.run_tx("rewards.write", async |tx| {
        campaigns::hold(tx, id).await?;
        let last = campaigns::versions(tx, id, 1).await?.pop().map(|it| it.campaign);
        if let Some(last) = last.filter(|it| it.version != begun_from) {
            let is_same = last == Campaign { version: last.version, ..written.clone() };
            return Ok(if is_same { Saved::Written(last.version) } else { Saved::Overtaken(last.version) });
        }
        let version = campaigns::write(tx, written, &by.actor.id, by.at).await?;
        let after =
            json!({ "version": version, "rules": written.rules.len(), "mode": campaign.books.word() });
        let deed = Deed {
            organisation_id: campaign.organisation_id.as_deref(),
            action: "campaign.write",
            object: id,
            after: Some(after),
            ..Deed::default()
        };
        audit::record(tx, by, &deed).await.map_err(wallet::Error::from)?;
        Ok::<_, rewards::Error>(Saved::Written(version))
    });
    match saved.await? {
        Saved::Written(version) => Ok(view.back(&format!("/campaigns/{id}/versions/{version}"), "written")),
        Saved::Overtaken(version) => {
            let text = format!(
                "Somebody has written version {version} while you wrote yours. Yours is all here, and is not saved: look at theirs, \
                 then save again for a version of its own."
            );
            let (campaign, draft) = (view.campaign(app, id).await?, draft.from_version(version));
            shown(app, view, &campaign, &draft, &Mistakes::one("", text)).await
        }
    }
}
