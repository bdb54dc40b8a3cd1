//! The list of campaigns, and new ones.

use super::PAGE;
use super::view::{Answer, Pressed, Refused, View, form, html};
use crate::app::App;
use access::{Deed, audit};
use axum::extract::State;
use console::controls::Filled;
use console::rewards::NAME_MAX;
use console::rewards::campaigns::{self as pages, Row};
use console::{Fields, Mistakes};
use partners::Organisation;
use partners::organisation;
use rewards::{campaigns, fill};
use serde_json::json;
use std::collections::HashMap;
use wallet::Made;

pub(super) async fn page(State(app): State<App>, view: View) -> Answer {
    let (books, before) = (view.books, Some(view.asked.text("before")).filter(|it| !it.is_empty()));
    let of = (books, view.whose());
    let count = PAGE as i64 + 1;
    let read = app.store.read("rewards.campaigns", async |db| campaigns::list(db, of, before, count).await);
    let mut found = read.await?;
    let next = (found.len() > PAGE).then(|| found[PAGE - 1].id.clone());
    found.truncate(PAGE);
    let ids: Vec<&str> = found.iter().map(|it| it.id.as_str()).collect();
    let left = app.store.read("rewards.left", async |db| fill::left(db, books, &ids).await).await?;
    let of: Vec<&str> = found.iter().filter_map(|it| it.organisation_id.as_deref()).collect();
    let organisations = names_of(&app, &of).await?;
    let row = |(campaign, left): (campaigns::Listed, i64)| {
        let named = |id: &String| organisations.get(id).cloned().unwrap_or_else(|| id.clone());
        Row { organisation: campaign.organisation_id.as_ref().map(named), campaign, left }
    };
    let rows: Vec<Row> = found.into_iter().zip(left).map(row).collect();
    let list = pages::List { found: &rows, before, next: next.as_deref() };
    Ok(html(pages::list(&view.here(), &list)))
}

/// Names of organisations by their ids.
pub(super) async fn names_of(app: &App, ids: &[&str]) -> Result<HashMap<String, String>, Refused> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let read = app.store.read("partners.organisations", async |db| organisation::find_all(db, ids).await);
    Ok(read.await?.into_iter().map(|it| (it.id, it.name)).collect())
}

pub(super) async fn new(view: View) -> Answer {
    view.may_write()?;
    let id = store::ids::new("cmp");
    let (fields, none) = (Fields::of([("whose", "all"), ("id", &id)]), Mistakes::default());
    Ok(html(pages::new(&view.here(), Filled { fields: &fields, mistakes: &none })))
}

/// Makes a campaign without a version, and goes on to its first one.
pub(super) async fn make(State(app): State<App>, pressed: Pressed) -> Answer {
    let (view, fields) = (&pressed.view, &pressed.form);
    let mut mistakes = Mistakes::default();
    let name = fields.text("name");
    if !(1..=usize::from(NAME_MAX)).contains(&name.chars().count()) || name.contains('\0') {
        mistakes.add("name", format!("Give it a name, of 1 to {NAME_MAX} characters."));
    }
    let organisation = of_whom(&app, &pressed, &mut mistakes).await?;
    if !mistakes.is_empty() {
        return Ok(form(pages::new(&view.here(), Filled { fields, mistakes: &mistakes }), &mistakes));
    }
    let (by, books, id) = (&view.by, view.books, pressed.new_id("cmp")?);
    let organisation_id = organisation.as_ref().map(|it| it.id.as_str());
    let made = app.store.run_tx("rewards.make", async |tx| {
        if campaigns::make_as(tx, id, books, organisation_id, name, by.at).await? == Made::Before {
            let made = campaigns::find(tx, (books, view.whose()), id).await?;
            // The button pressed twice; or a form from before was filled in anew.
            return if made.is_some_and(|it| it.name == name) {
                Ok(())
            } else {
                Err(rewards::Error::OtherRequest)
            };
        }
        let after = Some(json!({ "name": name, "organisation": organisation_id, "mode": books.word() }));
        let deed = Deed { organisation_id, action: "campaign.make", object: id, after, ..Deed::default() };
        audit::record(tx, by, &deed).await.map_err(wallet::Error::from)?;
        Ok::<_, rewards::Error>(())
    });
    made.await?;
    Ok(view.back(&format!("/campaigns/{id}/write"), "made"))
}

/// Whose a new thing is to be: a partner's is its own.
pub(super) async fn of_whom(
    app: &App,
    pressed: &Pressed,
    mistakes: &mut Mistakes,
) -> Result<Option<Organisation>, Refused> {
    if let Some(own) = pressed.view.organisation() {
        return Ok(Some(own.clone()));
    }
    match pressed.form.text("whose") {
        "all" => Ok(None),
        "one" => chosen(app, pressed.form.text("organisation"), mistakes).await,
        _ => {
            mistakes.add("whose", "Choose whose it is to be: all fans', or one organisation's.");
            Ok(None)
        }
    }
}

/// By its id, or its whole name where it is the only one that is called so.
async fn chosen(app: &App, text: &str, mistakes: &mut Mistakes) -> Result<Option<Organisation>, Refused> {
    if text.is_empty() || text.contains('\0') {
        mistakes.add("organisation", "Enter the organisation's id or its name.");
        return Ok(None);
    }
    let read =
        app.store.read("partners.organisation", async |db| match organisation::find(db, text).await? {
            Some(found) => Ok(vec![found]),
            None => organisation::named(db, text).await,
        });
    let mut found = read.await?;
    match found.len() {
        1 => return Ok(found.pop()),
        0 => mistakes.add("organisation", "There is no organisation of that id or name."),
        _ => {
            let ids: Vec<&str> = found.iter().map(|it| it.id.as_str()).collect();
            mistakes
                .add("organisation", format!("Several are called so. Enter one's id: {}.", ids.join(", ")));
        }
    }
    Ok(None)
}
