//! The trash of entries.

use super::{PAGE, cut, done};
use crate::app::App;
use crate::http::content::desk::{Answer, Desk, Pressed, html};
use crate::http::content::refusal::Refused;
use axum::extract::State;
use cms::entry;
use cms::list::{self, Bin, Cursor, Filter};
use console::content::newsroom::trash::{self as pages, Trash};

pub(super) async fn page(State(app): State<App>, desk: Desk) -> Answer {
    let words = desk.asked.text("q");
    let after = Some(desk.asked.text("after")).filter(|it| !it.is_empty());
    let not_ours = || Refused::filter("There is no such page of the trash: follow a link from here.");
    let cursor = after.map(|it| Cursor::of(it).ok_or_else(not_ours)).transpose()?;
    let kinds = desk.editor.rights.kinds.as_ref();
    let filter = Filter { bin: Bin::Trash, text: words, kinds, ..Filter::default() };
    let limit = PAGE as i64 + 1;
    let read = app.store.read("cms.trash", async |db| list::page(db, &filter, cursor.as_ref(), limit).await);
    let (found, is_more) = cut(read.await?);
    let next = is_more.then(|| Cursor::after(&found[PAGE - 1]).text());
    let trash = Trash { found: &found, words, after, next: next.as_deref() };
    Ok(html(pages::page(&desk.here(done(&desk)), &trash)))
}

/// One by its own button, or all that are ticked.
pub(super) async fn take_out(State(app): State<App>, Pressed { desk, form, .. }: Pressed) -> Answer {
    let one = form.text("one");
    let ticked = form.pairs().filter(|it| it.0 == "entry").map(|it| it.1);
    let ids: Vec<String> =
        if one.is_empty() { ticked.map(str::to_owned).collect() } else { vec![one.to_owned()] };
    if ids.is_empty() {
        return Err(Refused::form("Nothing is ticked. Go back, and tick what is to come out of the trash."));
    }
    let who = &desk.editor;
    app.store.run_tx("cms.take_out", async |tx| entry::take_out(tx, who, &ids).await).await?;
    let done = if ids.len() == 1 { "taken-out" } else { "all-taken-out" };
    Ok(desk.to(&format!("/trash?done={done}")))
}
