//! Tiers, and how they are changed.

use super::view::{Answer, Pressed, View, form};
use crate::app::App;
use access::{Deed, audit};
use axum::extract::State;
use console::Mistakes;
use console::controls::Filled;
use console::rewards::tiers as pages;
use rewards::{Error, review};
use serde_json::{Map, Value, json};

pub(super) async fn page(State(app): State<App>, view: View) -> Answer {
    let books = view.books;
    let tiers = app.store.read("rewards.tiers", async |db| review::tiers(db, books).await).await?;
    let (fields, mistakes) = (pages::form(&tiers), Mistakes::default());
    Ok(form(pages::page(&view.here(), &tiers, Filled { fields: &fields, mistakes: &mistakes }), &mistakes))
}

/// Each with what it begins at, as the log has it.
fn told(tiers: &[(String, i64)]) -> Value {
    Value::Object(tiers.iter().map(|(name, from)| (name.clone(), json!(from))).collect::<Map<_, _>>())
}

pub(super) async fn set(State(app): State<App>, pressed: Pressed) -> Answer {
    let (view, fields) = (&pressed.view, &pressed.form);
    let (books, by) = (view.books, &view.by);
    let mistakes = match pages::read(fields) {
        Err(mistakes) => mistakes,
        Ok(tiers) => {
            let saved = app.store.run_tx("rewards.tiers", async |tx| {
                let before = review::tiers(tx, books).await?;
                if before == tiers {
                    return Ok(());
                }
                review::set_tiers(tx, books, &tiers).await?;
                let deed = Deed { action: "tiers.set", object: books.word(), ..Deed::default() };
                audit::record(tx, by, &deed.changing(told(&before), told(&tiers)))
                    .await
                    .map_err(wallet::Error::from)?;
                Ok(())
            });
            match saved.await {
                Ok(()) => return Ok(view.back("/tiers", "tiers")),
                Err(error @ (Error::Terms { .. } | Error::Invalid(_))) => {
                    Mistakes::one("", error.to_string())
                }
                Err(error) => return Err(error.into()),
            }
        }
    };
    let tiers = app.store.read("rewards.tiers", async |db| review::tiers(db, books).await).await?;
    Ok(form(pages::page(&view.here(), &tiers, Filled { fields, mistakes: &mistakes }), &mistakes))
}
