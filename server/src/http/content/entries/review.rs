//! Reviews: asked for, given, or sent back with what is to be done.

use super::super::desk::{Answer, Pressed};
use super::super::refusal::Refused;
use super::loaded::{Loaded, Which};
use crate::app::App;
use axum::extract::State;
use cms::review;

pub(super) async fn press(State(app): State<App>, which: Which, pressed: Pressed) -> Answer {
    let (desk, form) = (&pressed.desk, &pressed.form);
    let loaded = Loaded::load(&app, desk, &which).await?;
    let version: i64 = super::number(form, "version")?;
    let (who, id, language) = (&desk.editor, loaded.entry.id.as_str(), &loaded.language);
    let note = form.text("note");
    let (act, done) = match form.text("do") {
        "ask" => (Act::Ask, "asked"),
        "approve" => (Act::Approve, "approved"),
        "send-back" => (Act::SendBack, "sent-back"),
        _ => return Err(Refused::form("This form does not say what is to be done. Nothing was done.")),
    };
    let pressed = app.store.run_tx("cms.review", async |tx| match act {
        Act::Ask => review::ask(tx, who, id, language, version).await,
        Act::Approve => review::approve(tx, who, id, language, version).await,
        Act::SendBack => review::send_back(tx, who, id, language, version, note).await,
    });
    pressed.await?;
    Ok(desk.after(&loaded.at(""), done))
}

#[derive(Clone, Copy)]
enum Act {
    Ask,
    Approve,
    SendBack,
}
