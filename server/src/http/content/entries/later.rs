//! What is done later: at a time, or at a moment of a match.

use super::super::desk::{Answer, Pressed};
use super::super::refusal::Refused;
use super::loaded::{Loaded, Which};
use crate::app::App;
use crate::http::dashboard::Path;
use axum::extract::State;
use cms::moments::Moment;
use cms::schedule::{self, Subject, When};
use console::Fields;
use console::content::form::moment;

/// When a form says that something is to be done.
pub(super) fn when(form: &Fields) -> Result<When, Refused> {
    match form.text("when") {
        "time" => {
            let at = moment::read(form.text("date"), form.text("time"), form.text("zone"));
            let at = at.map_err(|what| Refused::form(format!("The time {what}. Nothing was scheduled.")))?;
            Ok(When::At { at: at.timestamp(), zone: form.text("zone").to_owned() })
        }
        "moment" => {
            let moment = Moment::of(form.text("moment"));
            let moment =
                moment.ok_or_else(|| Refused::form("There is no such moment. Nothing was scheduled."))?;
            // Of one that was chosen and one that was written, the last.
            let named = form.pairs().filter(|it| it.0 == "match" && !it.1.trim().is_empty()).last();
            let match_id = named.map(|it| it.1.trim().to_owned());
            let match_id = match_id.ok_or_else(|| Refused::form("Choose a match. Nothing was scheduled."))?;
            Ok(When::Moment { match_id, moment })
        }
        _ => Err(Refused::form("This form does not say when. Nothing was scheduled.")),
    }
}

pub(super) async fn schedule(State(app): State<App>, which: Which, pressed: Pressed) -> Answer {
    let (desk, form) = (&pressed.desk, &pressed.form);
    let loaded = Loaded::load(&app, desk, &which).await?;
    let (entry, language, version) =
        (loaded.entry.id.clone(), loaded.language.clone(), super::number(form, "version")?);
    let subject = match form.text("what") {
        "publish" => Subject::Publish { entry, language, version },
        "unpublish" => Subject::Unpublish { entry, language },
        _ => return Err(Refused::form("This form does not say what is to be done. Nothing was scheduled.")),
    };
    let when = when(form)?;
    app.store
        .run_tx("cms.schedule", async |tx| schedule::ask(tx, &desk.editor, &subject, &when).await)
        .await?;
    Ok(desk.after(&loaded.at(""), "scheduled"))
}

pub(super) async fn withdraw(State(app): State<App>, Path(id): Path<String>, pressed: Pressed) -> Answer {
    let desk = &pressed.desk;
    let found = app.store.read("cms.schedule", async |db| schedule::find(db, &id).await).await?;
    app.store.run_tx("cms.withdraw", async |tx| schedule::withdraw(tx, &desk.editor, &id).await).await?;
    let back = match (&found.entry, &found.release) {
        (Some((entry, language)), _) => console::content::entries::within(entry, language.as_str(), ""),
        (None, Some(release)) => format!("/releases/{release}"),
        (None, None) => String::new(),
    };
    Ok(desk.after(&back, "withdrawn"))
}
