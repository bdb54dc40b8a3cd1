//! Words that came late, beside what is there: what both make, and what of it is to be kept.

use super::super::desk::{Answer, Desk, Pressed, html};
use super::super::refusal::Refused;
use super::loaded::{Loaded, Which};
use crate::app::App;
use axum::extract::State;
use cms::diff;
use cms::draft::{self, Aside, Keep, Session, Write, Written};
use cms::rights::Act;
use console::Fields;
use console::content::entries::clash::{self as pages, Clashed, choice};

pub(super) async fn show(State(app): State<App>, which: Which, desk: Desk) -> Answer {
    let loaded = Loaded::load(&app, &desk, &which).await?;
    let draft = loaded.begun()?;
    let aside = aside(&loaded, &desk.asked, &desk)?;
    let (base, body) = (aside.base, &aside.body);
    let clash = app.store.read("cms.clash", async |db| draft::clash(db, draft, base, body).await).await?;
    let clashed = Clashed {
        entry: &loaded.entry,
        language: &loaded.language,
        title: &draft.title,
        aside,
        clash: &clash,
        is_own: aside.author_id == desk.editor.by.actor.id,
        may_write: loaded.may(&desk, Act::Write),
    };
    Ok(html(pages::page(&desk.here(""), &clashed)))
}

/// That of a sitting; of one's own where nobody is named.
fn aside<'l>(loaded: &'l Loaded, said: &Fields, desk: &Desk) -> Result<&'l Aside, Refused> {
    let own = desk.editor.by.actor.id.as_str();
    let by = if said.has("by") { said.text("by") } else { own };
    let found = loaded.asides.iter().find(|it| it.session == said.text("sitting") && it.author_id == by);
    found.ok_or_else(|| {
        Refused::not_found("Nothing is kept aside here: it is in the entry by now, or was let go.")
    })
}

/// Writes what both make, with what was chosen of each field that both have changed.
pub(super) async fn settle(State(app): State<App>, which: Which, pressed: Pressed) -> Answer {
    let (desk, form) = (&pressed.desk, &pressed.form);
    let loaded = Loaded::load(&app, desk, &which).await?;
    let draft = loaded.begun()?;
    let aside = aside(&loaded, form, desk)?;
    let shown: i64 = super::number(form, "version")?;
    if shown != draft.version {
        // They have gone on writing meanwhile: what both make by now is to be seen first.
        return Ok(desk.to(&format!(
            "{}&sitting={}&by={}",
            loaded.at("/clash"),
            aside.session,
            aside.author_id
        )));
    }
    let (base, yours) = (aside.base, &aside.body);
    let clash = app.store.read("cms.clash", async |db| draft::clash(db, draft, base, yours).await).await?;
    let mut body = clash.merge.body;
    for (number, it) in clash.merge.conflicts.iter().enumerate() {
        match form.text(&choice(number)) {
            "yours" => diff::put(&mut body, &it.path, it.yours.as_ref()),
            "theirs" => {}
            _ => return Err(Refused::form("Choose one of both for each field. Nothing was changed.")),
        }
    }
    let (id, language) = (&loaded.entry.id, &loaded.language);
    let session = Session { id: aside.session.clone(), turn: 1 };
    let written = app.store.run_tx("cms.merge", async |tx| {
        let write = Write { base: clash.version, body: &body, keep: Keep::Save, session: session.clone() };
        let written = draft::write(tx, &desk.editor, id, language, write).await?;
        if let Written::Kept { .. } = written {
            draft::let_go(tx, &desk.editor, id, language, aside).await?;
        }
        Ok::<_, cms::Error>(written)
    });
    match written.await? {
        Written::Kept { .. } => Ok(desk.after(&loaded.at(""), "merged")),
        Written::Clash(_) => Ok(desk.to(&format!("{}&sitting={}", loaded.at("/clash"), aside.session))),
    }
}

pub(super) async fn let_go(State(app): State<App>, which: Which, pressed: Pressed) -> Answer {
    let (desk, form) = (&pressed.desk, &pressed.form);
    let loaded = Loaded::load(&app, desk, &which).await?;
    let aside = aside(&loaded, form, desk)?;
    let (id, language) = (&loaded.entry.id, &loaded.language);
    app.store
        .run_tx("cms.let_go", async |tx| draft::let_go(tx, &desk.editor, id, language, aside).await)
        .await?;
    Ok(desk.after(&loaded.at(""), "let-go"))
}
