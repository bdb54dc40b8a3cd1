//! Markets: how they stand, what is stuck, and what operators do about one.

use super::view::{Answer, Pressed, Refused, View, form, html};
use crate::app::App;
use crate::http::dashboard::Path;
use access::{Deed, audit};
use axum::extract::State;
use console::controls::{Choice, Filled};
use console::rewards::markets::{self as pages, Row};
use console::{Fields, Mistakes};
use rewards::exchange::listing::{self, State as Stands};
use rewards::exchange::{Best, Error, Figures, figures};
use rewards::product::{self, State as Sale};
use serde_json::{Value, json};
use std::time::Duration;
use wallet::Books;

/// Fills that are shown.
const TRADES: i64 = 30;
/// Products that are offered for a new market.
const PRODUCTS: i64 = 200;
/// Whoever writes a market answers within this, or its page is shown without its depth.
const DEPTH_SECONDS_MAX: u64 = 3;

fn row(figures: &Figures) -> Row {
    let it = &figures.listing;
    Row {
        id: it.id.clone(),
        product: it.product.clone(),
        name: it.name.clone(),
        state: it.state,
        terms: it.terms,
        bid: it.bid,
        ask: it.ask,
        last: it.last,
        units_today: figures.units_today,
        points_today: figures.points_today,
        open_orders: figures.open_orders,
        bids: figures.bids,
        asks: figures.asks,
        stuck: figures.stuck,
        holder: it.holder.clone(),
    }
}

async fn all(app: &App, view: &View) -> Result<Vec<Figures>, Refused> {
    let now = view.now;
    let read = app.store.read("markets.figures", async |db| figures::all(db, now).await);
    Ok(read.await?.into_iter().filter(|it| it.listing.books == view.books).collect())
}

pub(super) async fn list(State(app): State<App>, view: View) -> Answer {
    let found: Vec<Row> = all(&app, &view).await?.iter().map(row).collect();
    Ok(html(pages::list(&view.here(), &found)))
}

async fn found(app: &App, view: &View, id: &str) -> Result<Figures, Refused> {
    let unknown =
        || Refused::not_found("There is no such market in these books: it may be in the other ones.");
    all(app, view).await?.into_iter().find(|it| it.listing.id == id).ok_or_else(unknown)
}

pub(super) async fn show(State(app): State<App>, Path(id): Path<String>, view: View) -> Answer {
    let (fields, none) = (Fields::default(), Mistakes::default());
    shown(&app, &view, &id, Filled { fields: &fields, mistakes: &none }).await
}

async fn shown(app: &App, view: &View, id: &str, filled: Filled<'_>) -> Answer {
    let figures = found(app, view, id).await?;
    let of = &figures.listing;
    let read = app.store.read("markets.show", async |db| {
        Ok::<_, Error>((listing::trades(db, of, TRADES).await?, figures::stuck(db, of).await?))
    });
    let (trades, stuck) = read.await?;
    let best: Option<Best> = match of.state {
        Stands::Closed => Some(Best::default()),
        _ => {
            let mut follow = app.markets.exchange.follow(id);
            let best = tokio::time::timeout(Duration::from_secs(DEPTH_SECONDS_MAX), follow.best()).await;
            best.ok().and_then(Result::ok)
        }
    };
    let row = row(&figures);
    let page = pages::Shown { row: &row, best: best.as_ref(), trades: &trades, stuck: &stuck, form: filled };
    Ok(form(pages::show(&view.here(), &page), filled.mistakes))
}

/// Writes down what is about to be done: whoever is asked to do it may be another process.
async fn note(app: &App, pressed: &Pressed, action: &str, id: &str, after: Value) -> Result<(), Refused> {
    let by = &pressed.view.by;
    let deed = Deed { action, object: id, after: Some(after), ..Deed::default() };
    let noted = app.store.run_tx("markets.note", async |tx| audit::record(tx, by, &deed).await);
    Ok(noted.await?)
}

/// What an operator has asked of a market.
#[derive(Clone, Copy)]
enum Act {
    Halt,
    Reopen { reference: Option<u32> },
    Close,
}

impl Act {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Act::Halt => ("market.halt", "halted"),
            Act::Reopen { .. } => ("market.reopen", "reopened"),
            Act::Close => ("market.close", "closed"),
        }
    }
}

/// Notes it and has it done; what was not done is noted, too.
async fn act(app: &App, pressed: &Pressed, id: &str, act: Act, why: &str) -> Answer {
    let (action, done) = act.words();
    let reference = match act {
        Act::Reopen { reference } => reference,
        Act::Halt | Act::Close => None,
    };
    let said = json!({ "why": why, "reference": reference, "mode": pressed.view.books.word() });
    note(app, pressed, action, id, said).await?;
    let exchange = &app.markets.exchange;
    let acted = match act {
        Act::Halt => exchange.halt(id).await,
        Act::Reopen { reference } => exchange.reopen(id, reference).await,
        Act::Close => exchange.close(id).await.map(drop),
    };
    if let Err(error) = acted {
        note(app, pressed, "market.not-done", id, json!({ "asked": action, "error": error.to_string() }))
            .await?;
        return Err(error.into());
    }
    Ok(pressed.view.back(&format!("/markets/{id}"), done))
}

pub(super) async fn halt(State(app): State<App>, Path(id): Path<String>, pressed: Pressed) -> Answer {
    found(&app, &pressed.view, &id).await?;
    let mut mistakes = Mistakes::default();
    let why = pressed.why("halt-why", &mut mistakes);
    if !mistakes.is_empty() {
        return shown(&app, &pressed.view, &id, Filled { fields: &pressed.form, mistakes: &mistakes }).await;
    }
    act(&app, &pressed, &id, Act::Halt, why).await
}

pub(super) async fn reopen(State(app): State<App>, Path(id): Path<String>, pressed: Pressed) -> Answer {
    let terms = found(&app, &pressed.view, &id).await?.listing.terms;
    let mut mistakes = Mistakes::default();
    let why = pressed.why("reopen-why", &mut mistakes);
    let reference = pressed.form.number("reference", terms.low..=terms.high, &mut mistakes);
    if !mistakes.is_empty() {
        return shown(&app, &pressed.view, &id, Filled { fields: &pressed.form, mistakes: &mistakes }).await;
    }
    act(&app, &pressed, &id, Act::Reopen { reference }, why).await
}

pub(super) async fn close(State(app): State<App>, Path(id): Path<String>, pressed: Pressed) -> Answer {
    found(&app, &pressed.view, &id).await?;
    let mut mistakes = Mistakes::default();
    let why = pressed.why("close-why", &mut mistakes);
    if !pressed.form.has("sure") {
        mistakes.add("sure", "Tick that you know it.");
    }
    if !mistakes.is_empty() {
        return shown(&app, &pressed.view, &id, Filled { fields: &pressed.form, mistakes: &mistakes }).await;
    }
    act(&app, &pressed, &id, Act::Close, why).await
}

/// Has what is stuck tried now, rather than soon.
pub(super) async fn try_stuck(State(app): State<App>, Path(id): Path<String>, pressed: Pressed) -> Answer {
    found(&app, &pressed.view, &id).await?;
    note(&app, &pressed, "market.try", &id, json!({ "mode": pressed.view.books.word() })).await?;
    app.markets.exchange.try_stuck(&id).await?;
    Ok(pressed.view.back(&format!("/markets/{id}"), "tried"))
}

/// Products of these books that may be traded and have no market.
async fn offered(app: &App, books: Books) -> Result<Vec<Choice>, Refused> {
    let read = app.store.read("markets.products", async |db| {
        let products = product::all(db, books, "", PRODUCTS).await?;
        let now = app.clock.now();
        let markets = figures::all(db, now).await?;
        let has_one = |id: &str| {
            markets.iter().any(|it| it.listing.product == id && it.listing.state != Stands::Closed)
        };
        let offered = products.into_iter().filter(|it| {
            it.terms.between.tradable
                && it.state != Sale::Over
                && now < it.terms.valid_until
                && !has_one(&it.id)
        });
        let choice = |it: product::Product| Choice::new(&it.id, format!("{} ({})", it.terms.name, it.id));
        Ok::<_, Error>(offered.map(choice).collect())
    });
    Ok(read.await?)
}

pub(super) async fn new(State(app): State<App>, view: View) -> Answer {
    let (products, fields) = (offered(&app, view.books).await?, pages::form());
    let none = Mistakes::default();
    Ok(html(pages::new(&view.here(), &products, Filled { fields: &fields, mistakes: &none })))
}

/// Makes a market, of a product that has none.
pub(super) async fn make(State(app): State<App>, pressed: Pressed) -> Answer {
    let (view, fields) = (&pressed.view, &pressed.form);
    let products = offered(&app, view.books).await?;
    let chosen = fields.text("product");
    let read = pages::read(fields);
    let mut mistakes = Mistakes::default();
    if !products.iter().any(|it| it.value == chosen) {
        mistakes.add("product", "Choose a product that may be traded, and has no market yet.");
    }
    for it in read.as_ref().err().iter().flat_map(|it| it.iter()) {
        mistakes.add(it.field.clone(), it.text.clone());
    }
    if let (Ok(terms), true) = (read, mistakes.is_empty()) {
        let by = &view.by;
        let made = app.store.run_tx("markets.make", async |tx| {
            // One at a time: the button may be pressed twice.
            product::lock(tx, chosen).await?;
            let markets = figures::all(tx, by.at).await?;
            if let Some(has) =
                markets.iter().find(|it| it.listing.product == chosen && it.listing.state != Stands::Closed)
            {
                return Ok(has.listing.id.clone());
            }
            let id = listing::make(tx, chosen, &terms, by.at).await?;
            let after =
                json!({ "product": chosen, "low": terms.low, "high": terms.high, "mode": view.books.word() });
            let deed = Deed { action: "market.make", object: &id, after: Some(after), ..Deed::default() };
            audit::record(tx, by, &deed).await.map_err(rewards::Error::from)?;
            Ok::<_, Error>(id)
        });
        match made.await {
            Ok(id) => return Ok(view.back(&format!("/markets/{id}"), "market-made")),
            Err(error @ (Error::Rules(_) | Error::Wanted { .. } | Error::NotTraded { .. })) => {
                mistakes.add("", format!("{error}."));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(form(pages::new(&view.here(), &products, Filled { fields, mistakes: &mistakes }), &mistakes))
}
