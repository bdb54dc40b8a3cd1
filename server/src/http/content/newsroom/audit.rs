//! What was done to content: for admins, as it tells of members too.

use super::{PAGE, cut, done};
use crate::app::App;
use crate::http::content::desk::{Answer, Desk, html};
use crate::http::content::refusal::Refused;
use axum::extract::State;
use cms::Error;
use cms::rights::Role;
use console::content::newsroom::audit as pages;

pub(super) async fn page(State(app): State<App>, desk: Desk) -> Answer {
    let role = desk.editor.rights.role;
    if role != Role::Admin {
        return Err(Error::Denied { role, what: "read the log".to_owned() }.into());
    }
    let before = match desk.asked.text("before") {
        "" => None,
        text => {
            let number = text.parse::<i64>().ok().filter(|it| *it > 0);
            Some(number.ok_or_else(|| {
                Refused::filter("There is no such page of the log: follow a link from here.")
            })?)
        }
    };
    let read = app.store.read("access.deeds", async |db| {
        let nouns = (&pages::NOUNS[..], &pages::NOUNS_OF_HOUSE[..]);
        access::audit::of_nouns(db, nouns, before.unwrap_or(i64::MAX), PAGE as i64 + 1).await
    });
    let (found, is_more) = cut(read.await?);
    let next = is_more.then(|| found[PAGE - 1].id);
    Ok(html(pages::page(&desk.here(done(&desk)), &found, before, next)))
}
