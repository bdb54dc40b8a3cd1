//! Products: how many vouchers of each there are and where, their terms, and codes that are added.

use super::PAGE;
use super::list::{names_of, of_whom};
use super::view::{Answer, Named, Pressed, PressedFile, Refused, View, form, html};
use crate::app::App;
use crate::http::dashboard::Path;
use access::{Deed, audit};
use axum::extract::State;
use console::controls::Filled;
use console::rewards::products::{self as pages, CODES_MAX, Row};
use console::{Fields, Mistakes};
use rewards::product::{self, Codes, Product, State as Sale};
use rewards::voucher::{Owner, id_of, stock};
use rewards::{Error, voucher::Figures};
use serde_json::json;
use store::Transaction;
use wallet::{Made, TransferId};

pub(super) async fn list(State(app): State<App>, view: View) -> Answer {
    let (of, after) = ((view.books, view.whose()), view.asked.text("after"));
    let limit = PAGE as i64 + 1;
    let read = app.store.read("vouchers.list", async |db| stock::list(db, of, after, limit).await);
    let mut found = read.await?;
    let next = (found.len() > PAGE).then(|| found[PAGE - 1].0.id.clone());
    found.truncate(PAGE);
    let of: Vec<&str> = found.iter().filter_map(|it| it.0.organisation_id.as_deref()).collect();
    let organisations = names_of(&app, &of).await?;
    let row = |(product, figures): (Product, Figures)| {
        let named = |id: &String| organisations.get(id).cloned().unwrap_or_else(|| id.clone());
        Row { organisation: product.organisation_id.as_ref().map(named), product, figures }
    };
    let rows: Vec<Row> = found.into_iter().map(row).collect();
    let after = Some(after).filter(|it| !it.is_empty());
    let list = pages::List { found: &rows, after, next: next.as_deref() };
    Ok(html(pages::list(&view.here(), &list)))
}

pub(super) async fn new(view: View) -> Answer {
    view.may_write()?;
    let (mut fields, none) = (pages::form(None, view.now), Mistakes::default());
    fields.set("id", store::ids::new("prd"));
    Ok(html(pages::new(&view.here(), Filled { fields: &fields, mistakes: &none })))
}

/// As the log has it.
fn deed<'a>(action: &'static str, product: &'a Product) -> Deed<'a> {
    let after = json!({
        "name": product.terms.name,
        "price": product.terms.price,
        "state": product.state.word(),
        "valid_until": product.terms.valid_until.to_string(),
        "mode": product.books.word(),
    });
    let organisation_id = product.organisation_id.as_deref();
    Deed { organisation_id, action, object: &product.id, after: Some(after), ..Deed::default() }
}

/// Makes a draft.
pub(super) async fn make(State(app): State<App>, pressed: Pressed) -> Answer {
    let (view, fields) = (&pressed.view, &pressed.form);
    let mut mistakes = Mistakes::default();
    let organisation = of_whom(&app, &pressed, &mut mistakes).await?;
    let read = pages::read(fields, None);
    for it in read.as_ref().err().iter().flat_map(|it| it.iter()) {
        mistakes.add(it.field.clone(), it.text.clone());
    }
    let (Ok(terms), true) = (read, mistakes.is_empty()) else {
        return Ok(form(pages::new(&view.here(), Filled { fields, mistakes: &mistakes }), &mistakes));
    };
    let (by, books, id) = (&view.by, view.books, pressed.new_id("prd")?);
    let organisation_id = organisation.as_ref().map(|it| it.id.as_str());
    let made = app.store.run_tx("vouchers.make_product", async |tx| {
        let made = product::make_as(tx, id, books, organisation_id, &terms, by.at).await?;
        let product = held(tx, id).await?;
        match made {
            Made::Now => audit::record(tx, by, &deed("product.make", &product)).await?,
            // The button pressed twice; or a form from before was filled in anew.
            Made::Before => {
                let is_seen = product.books == books && view.whose().has(product.organisation_id.as_deref());
                if !is_seen || product.version == 1 && product.terms != terms {
                    return Err(Error::OtherRequest);
                }
            }
        }
        Ok::<_, Error>(())
    });
    made.await?;
    Ok(view.back(&format!("/products/{id}"), "product-made"))
}

/// Nobody else changes it until the transaction ends.
async fn held(tx: &Transaction<'_>, id: &str) -> Result<Product, Error> {
    product::lock(tx, id).await?.ok_or_else(|| Error::UnknownProduct { id: id.to_owned() })
}

/// One of these books, with its figures; another's is not there.
async fn found(app: &App, view: &View, id: &str) -> Result<Row, Refused> {
    let unknown =
        || Refused::not_found("There is no such product in these books: it may be in the other ones.");
    let (books, whose) = (view.books, view.whose());
    let is_seen = |it: &Product| it.books == books && whose.has(it.organisation_id.as_deref());
    let read = app.store.read("vouchers.product", async |db| {
        let Some(found) = product::find(db, id).await?.filter(is_seen) else {
            return Ok(None);
        };
        let figures = stock::figures(db, std::slice::from_ref(&found)).await?;
        Ok::<_, Error>(Some((found, figures.first().copied().unwrap_or_default())))
    });
    let (product, figures) = read.await?.ok_or_else(unknown)?;
    let organisation = match &product.organisation_id {
        Some(id) => Some(names_of(app, &[id]).await?.remove(id).unwrap_or_else(|| id.clone())),
        None => None,
    };
    Ok(Row { product, figures, organisation })
}

fn fresh() -> Fields {
    Fields::of([("key", TransferId::fresh().to_string().as_str())])
}

pub(super) async fn show(State(app): State<App>, Path(Named { id }): Path<Named>, view: View) -> Answer {
    let row = found(&app, &view, &id).await?;
    let (terms, codes, none) = (pages::form(Some(&row.product), view.now), fresh(), Mistakes::default());
    let terms = Filled { fields: &terms, mistakes: &none };
    let codes = Filled { fields: &codes, mistakes: &none };
    Ok(form(pages::show(&view.here(), &pages::Shown { row: &row, terms, codes }), &none))
}

/// Changes terms, if nobody else has since the form was shown.
pub(super) async fn change(
    State(app): State<App>,
    Path(Named { id }): Path<Named>,
    pressed: Pressed,
) -> Answer {
    let (view, fields) = (&pressed.view, &pressed.form);
    let row = found(&app, view, &id).await?;
    let mistakes = match pages::read(fields, Some(row.product.terms.codes)) {
        Err(mistakes) => mistakes,
        Ok(terms) => {
            let (by, version) = (&view.by, fields.text("version"));
            let changed = app.store.run_tx("vouchers.change_product", async |tx| {
                let before = held(tx, &id).await?;
                if before.version.to_string() != version {
                    // The button pressed twice.
                    return Ok(before.terms == terms);
                }
                product::change(tx, &id, &terms, before.state).await?;
                let after = held(tx, &id).await?;
                audit::record(tx, by, &deed("product.change", &after)).await?;
                Ok::<_, Error>(true)
            });
            if changed.await? {
                return Ok(view.back(&format!("/products/{id}"), "product-changed"));
            }
            Mistakes::one(
                "",
                "Somebody has changed it since this form was shown. Load the page again, and look at what they did.",
            )
        }
    };
    let (codes, none) = (fresh(), Mistakes::default());
    let terms = Filled { fields, mistakes: &mistakes };
    let codes = Filled { fields: &codes, mistakes: &none };
    Ok(form(pages::show(&view.here(), &pages::Shown { row: &row, terms, codes }), &mistakes))
}

/// Puts it on sale, or pauses that.
pub(super) async fn set_state(
    State(app): State<App>,
    Path(Named { id }): Path<Named>,
    pressed: Pressed,
) -> Answer {
    let view = &pressed.view;
    let (state, done) = match Sale::of(pressed.form.text("state")) {
        Some(Sale::OnSale) => (Sale::OnSale, "on-sale"),
        Some(Sale::Paused) => (Sale::Paused, "product-paused"),
        _ => return Err(Refused::form("A product is put on sale, or paused.")),
    };
    let (by, row) = (&view.by, found(&app, view, &id).await?);
    let changed = app.store.run_tx("vouchers.state", async |tx| {
        if held(tx, &id).await?.state == state {
            return Ok(());
        }
        product::set_state(tx, &id, state).await?;
        let after = held(tx, &id).await?;
        Ok::<_, Error>(audit::record(tx, by, &deed("product.state", &after)).await?)
    });
    changed.await?;
    Ok(view.back(&format!("/products/{}", row.product.id), done))
}

/// Adds codes under the form's key, once. What is wrong with lines is said beside them, and all that was pasted is kept.
pub(super) async fn codes(
    State(app): State<App>,
    Path(Named { id }): Path<Named>,
    PressedFile(pressed): PressedFile,
) -> Answer {
    let (view, fields) = (&pressed.view, &pressed.form);
    let row = found(&app, view, &id).await?;
    let key = TransferId::parse(fields.text("key")).ok_or_else(|| {
        Refused::form("This form is not whole. Load the product's page, and fill it in again.")
    })?;
    let batch = id_of("bat", view.keeper(), Some(&key.to_string()));
    let owner = Owner { books: row.product.books, organisation_id: row.product.organisation_id.as_deref() };
    let (by, mut mistakes) = (&view.by, Mistakes::default());
    let (field, added) = match row.product.terms.codes {
        Codes::Made => {
            let count = fields.number("count", 1..=CODES_MAX, &mut mistakes);
            if !fields.has("count") {
                mistakes.add("count", "Enter how many.");
            }
            match count {
                Some(count) => ("count", Some(app.vouchers.make_codes(&owner, &id, count, &batch, by).await)),
                None => ("count", None),
            }
        }
        Codes::Imported => {
            let (field, csv) = match &pressed.file {
                Some(_) if fields.has("csv") => {
                    mistakes.add("file", "Paste the codes, or choose a file: not both.");
                    ("file", None)
                }
                Some(file) => ("file", Some(file.as_ref())),
                None => ("csv", Some(fields.raw("csv").as_bytes())),
            };
            match csv {
                Some(csv) => (field, Some(app.vouchers.import_codes(&owner, &id, csv, &batch, by).await)),
                None => (field, None),
            }
        }
    };
    match added {
        Some(Ok(_)) => return Ok(view.back(&format!("/products/{id}"), "codes")),
        Some(Err(error @ (Error::NotImported(_) | Error::Codes { .. }))) => {
            mistakes.add(field, format!("Nothing was taken in: {error}."));
        }
        Some(Err(error)) => return Err(error.into()),
        None => {}
    }
    let (terms, none) = (pages::form(Some(&row.product), view.now), Mistakes::default());
    let terms = Filled { fields: &terms, mistakes: &none };
    let codes = Filled { fields, mistakes: &mistakes };
    Ok(form(pages::show(&view.here(), &pages::Shown { row: &row, terms, codes }), &mistakes))
}
