//! Who else has a form open: each says so every few seconds, and when it is closed.

use super::super::desk::{Answer, Pressed};
use super::loaded::Which;
use crate::app::App;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use cms::rights::Act;
use cms::{Error, Language, entry, presence};
use serde::Serialize;

/// Somebody who has it open.
#[derive(Debug, Serialize)]
struct Other {
    name: String,
    /// The field that is being written: a JSON pointer.
    field: Option<String>,
}

async fn place(app: &App, which: &Which, pressed: &Pressed) -> Result<Language, Error> {
    app.store
        .read("cms.presence", async |db| {
            let entry = entry::find(db, &which.id).await?;
            let language = which.language(&entry);
            pressed.desk.editor.rights.check(Act::Read, entry.kind, &language, &entry.main_language)?;
            Ok(language)
        })
        .await
}

/// Says that a form is open; answers who else has it.
pub(super) async fn see(State(app): State<App>, which: Which, pressed: Pressed) -> Answer {
    let (editor, form) = (&pressed.desk.editor, &pressed.form);
    let language = place(&app, &which, &pressed).await?;
    let (sitting, field) = (form.text("sitting"), Some(form.text("field")).filter(|it| !it.is_empty()));
    let at = (which.id.as_str(), &language);
    app.store.run_tx("cms.presence", async |tx| presence::see(tx, editor, at, sitting, field).await).await?;
    let now = pressed.desk.now;
    let there = app.store.read("cms.presence", async |db| presence::there(db, at, now).await).await?;
    let others = there.into_iter().filter(|it| it.session != sitting);
    let others: Vec<Other> = others.map(|it| Other { name: it.name, field: it.field }).collect();
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(others)).into_response())
}

pub(super) async fn leave(State(app): State<App>, which: Which, pressed: Pressed) -> Answer {
    let language = place(&app, &which, &pressed).await?;
    let (editor, sitting, at) =
        (&pressed.desk.editor, pressed.form.text("sitting"), (which.id.as_str(), &language));
    app.store.run_tx("cms.leave", async |tx| presence::leave(tx, editor, at, sitting).await).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
