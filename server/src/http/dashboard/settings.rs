//! An organisation's name, and its audit log.

use super::asked::Query;
use super::door::WRONG;
use super::failure::{Failure, mistake};
use super::organisations::Done;
use super::signed_in::{MemberOf, PressedIn};
use crate::app::App;
use crate::http::scorer::html;
use access::audit;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use console::controls::Filled;
use console::layout::Tab;
use console::partner::{audit as log, settings};
use console::{Fields, Mistakes};
use partners::{Permission, organisation};
use serde::Deserialize;

/// Lines of the log on a page.
const LINES: usize = 50;

pub(super) async fn page(member: MemberOf, Query(done): Query<Done>) -> Result<Response, Failure> {
    member.may(Permission::Manage)?;
    let fields = Fields::of([("name", member.organisation.name.as_str())]);
    let mistakes = Mistakes::default();
    let filled = Filled { fields: &fields, mistakes: &mistakes };
    Ok(html(StatusCode::OK, settings::page(member.here(Tab::Settings, done.words()), filled)))
}

pub(super) async fn rename(
    State(app): State<App>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Manage)?;
    let renamed = app.store.run_tx("partners.rename", async |tx| {
        organisation::rename(tx, member.id(), fields.text("name"), &member.by()).await
    });
    match renamed.await {
        Ok(()) => {
            Ok(Redirect::to(&format!("/console/o/{}/settings?done=saved", member.id())).into_response())
        }
        Err(error) => match mistake(&error) {
            Some(text) => {
                let mistakes = Mistakes::one("name", text);
                let filled = Filled { fields: &fields, mistakes: &mistakes };
                Ok(html(WRONG, settings::page(member.here(Tab::Settings, ""), filled)))
            }
            None => Err(error.into()),
        },
    }
}

/// What is looked for in the log.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Looked {
    #[serde(default)]
    about: String,
    before: Option<i64>,
}

pub(super) async fn audit(
    State(app): State<App>,
    member: MemberOf,
    Query(looked): Query<Looked>,
) -> Result<Response, Failure> {
    member.may(Permission::Manage)?;
    let about = looked.about.trim();
    let before = looked.before.unwrap_or(i64::MAX);
    // One more than is shown says whether there are earlier ones.
    let read = app.store.read("access.audit", async |db| {
        audit::list(db, member.id(), before, about, i64::try_from(LINES + 1).unwrap_or(i64::MAX)).await
    });
    let mut entries = read.await?;
    let has_more = entries.len() > LINES;
    entries.truncate(LINES);
    let next = entries.last().map(|it| it.id).filter(|_| has_more);
    let log = log::Log { about, entries: &entries, next };
    Ok(html(StatusCode::OK, log::page(member.here(Tab::Audit, ""), log)))
}
