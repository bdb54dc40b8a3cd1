//! What looks as if it were not a fan's doing, and what somebody decides.

use super::view::{Answer, Pressed, Refused, View, form};
use crate::app::App;
use crate::http::dashboard::Path;
use crate::http::finance::view::names;
use access::{Deed, audit};
use axum::extract::State;
use console::Mistakes;
use console::rewards::WHY_MAX;
use console::rewards::signals::{self as pages, Signals};
use rewards::review::{self, Verdict};
use serde_json::json;

/// Signals of a page.
const CARDS: usize = 20;

pub(super) async fn page(State(app): State<App>, view: View) -> Answer {
    let verdict = view.choice("show", Verdict::of)?.unwrap_or(Verdict::Open);
    shown(&app, &view, verdict, view.before("before")?, None).await
}

async fn shown(
    app: &App,
    view: &View,
    verdict: Verdict,
    before: Option<i64>,
    refused: Option<(i64, &str, &Mistakes)>,
) -> Answer {
    let (books, count) = (view.books, CARDS as i64 + 1);
    let read =
        app.store.read("rewards.signals", async |db| review::list(db, books, verdict, before, count).await);
    let mut found = read.await?;
    let next = (found.len() > CARDS).then(|| found[CARDS - 1].number);
    found.truncate(CARDS);
    let names = names(&app.store, found.iter().filter_map(|it| it.reviewed_by.as_deref())).await?;
    let shown = Signals { verdict, found: &found, names: &names, before, next, refused };
    let none = Mistakes::default();
    Ok(form(pages::page(&view.here(), &shown), refused.map_or(&none, |it| it.2)))
}

/// Notes what somebody has decided, with the log. What is not right with it is said beside its note, which is kept.
pub(super) async fn decide(State(app): State<App>, Path(number): Path<String>, pressed: Pressed) -> Answer {
    let unknown = || Refused::not_found("There is no such signal in these books.");
    let number: i64 = number.parse().map_err(|_| unknown())?;
    let (view, form) = (&pressed.view, &pressed.form);
    let choose = || Refused::form("Choose whether all is well, or its fans are blocked.");
    let verdict = Verdict::of(form.text("verdict")).ok_or_else(choose)?;
    let books = view.books;
    let found = app.store.read("rewards.signal", async |db| review::find(db, books, number).await).await?;
    let signal = found.ok_or_else(unknown)?;
    let (note, chars_max) = (form.text("note"), usize::from(WHY_MAX));
    let is_note = (1..=chars_max).contains(&note.chars().count()) && !note.contains('\0');
    if verdict != Verdict::Open && !is_note {
        let text =
            format!("Note what you have seen, in 1 to {chars_max} characters: who looks next reads it.");
        let mistakes = Mistakes::one("note", text);
        // As many as there were before it, so that it is on the page.
        let before = Some(number.saturating_add(1));
        return shown(&app, view, signal.verdict, before, Some((number, note, &mistakes))).await;
    }
    let by = &view.by;
    let decided = app.store.run_tx("rewards.decide", async |tx| {
        let signal = review::decide(tx, number, verdict, (&by.actor.id, note), by.at).await?;
        let after =
            json!({ "verdict": verdict.word(), "note": note, "fans": signal.fans, "mode": books.word() });
        let object = format!("signal {number}");
        let deed = Deed { action: "signal.decide", object: &object, after: Some(after), ..Deed::default() };
        audit::record(tx, by, &deed).await.map_err(wallet::Error::from).map_err(rewards::Error::from)?;
        quizzes::reviewed(tx, &signal, by.at).await?;
        Ok::<_, quizzes::Error>(())
    });
    decided.await?;
    let done = match verdict {
        Verdict::Open => "opened",
        Verdict::Cleared => "cleared",
        Verdict::Blocked => "blocked",
    };
    Ok(view.back(&format!("/signals?show={}", signal.verdict.word()), done))
}
