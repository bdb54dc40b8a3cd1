//! What translators have to do.

use super::{PAGE, done};
use crate::app::App;
use crate::http::content::desk::{Answer, Desk, html};
use axum::extract::State;
use cms::missing;
use cms::rights::Act;
use cms::schema::{Kind, kind, kinds};
use cms::{Error, Language};
use console::content::newsroom::missing::{self as pages, Missing};

pub(super) async fn page(State(app): State<App>, desk: Desk) -> Answer {
    let of = asked_kind(&desk)?;
    let asked: Vec<&str> =
        desk.asked.text("lang").split([',', ' ', ';']).filter(|it| !it.is_empty()).collect();
    let asked: Vec<String> =
        asked.into_iter().map(|it| Ok(Language::parse(it)?.to_string())).collect::<Result<_, Error>>()?;
    let after = desk.asked.text("after");
    let read = app.store.read("cms.missing", async |db| {
        let languages = if asked.is_empty() { missing::languages(db).await? } else { asked.clone() };
        let (found, next) = missing::page(db, of.facts.name, &languages, after, PAGE as i64).await?;
        // A page that is full of entries may have another behind it.
        let next = match next {
            Some(next) => missing::page(db, of.facts.name, &languages, &next, 1).await?.1.and(Some(next)),
            None => None,
        };
        Ok::<_, Error>((languages, found, next))
    });
    let (languages, found, next) = read.await?;
    let missing = Missing { of, languages: &languages, found: &found, after, next: next.as_deref() };
    Ok(html(pages::page(&desk.here(done(&desk)), &missing)))
}

/// The type that the address names, else the first that is theirs to read.
fn asked_kind(desk: &Desk) -> Result<&'static Kind, Error> {
    let rights = &desk.editor.rights;
    let asked = desk.asked.text("kind");
    let is_own = |it: &&Kind| rights.kinds.as_ref().is_none_or(|own| own.contains(it.facts.name));
    let of = match asked {
        "" => kinds().iter().find(is_own).unwrap_or(&kinds()[0]),
        name => kind(name)?,
    };
    let any = Language::parse("en")?;
    rights.check(Act::Read, of, &any, &any)?;
    Ok(of)
}
