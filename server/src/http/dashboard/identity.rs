//! What an organisation's servers sign their users' ids with.

use super::asked::{Path, Query};
use super::door::WRONG;
use super::failure::{Failure, mistake};
use super::organisations::Done;
use super::signed_in::{MemberOf, PressedIn};
use crate::app::App;
use crate::http::scorer::html;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use console::controls::Filled;
use console::layout::Tab;
use console::partner::identity as pages;
use console::{Fields, Mistakes};
use partners::fan::secret;
use partners::{Mode, Overlap, Permission};

pub(super) async fn list(
    State(app): State<App>,
    member: MemberOf,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    let all = app.store.read("fans.secrets", async |db| secret::list(db, member.id()).await).await?;
    let now = member.signed_in.caller.now;
    Ok(html(StatusCode::OK, pages::list(member.here(Tab::Identity, done.words()), &all, now)))
}

pub(super) async fn blank(member: MemberOf) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let fields = Fields::of([("mode", "live")]);
    Ok(form(&member, StatusCode::OK, &fields, &Mistakes::default()))
}

fn form(member: &MemberOf, status: StatusCode, fields: &Fields, mistakes: &Mistakes) -> Response {
    html(status, pages::new(member.here(Tab::Identity, ""), Filled { fields, mistakes }))
}

/// Makes a secret, beside the others of its mode or in their place.
pub(super) async fn make(
    State(app): State<App>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let mode = match fields.text("mode") {
        "live" => Mode::Live,
        "test" => Mode::Test,
        _ => return Ok(form(&member, WRONG, &fields, &Mistakes::one("mode", "Say for which keys it is."))),
    };
    let overlap = match fields.text("others") {
        "" => None,
        hours => {
            let overlap = hours.parse().ok().and_then(Overlap::of_hours);
            let Some(overlap) = overlap else {
                let mistakes = Mistakes::one("others", "Say how long the present ones work.");
                return Ok(form(&member, WRONG, &fields, &mistakes));
            };
            Some(overlap)
        }
    };
    let (seal, organisation, by) = (&app.seal, member.id(), member.by());
    let made = app.store.run_tx("fans.make_secret", async |tx| match overlap {
        None => secret::make(tx, seal, organisation, mode, &by).await,
        Some(overlap) => secret::rotate(tx, seal, organisation, mode, by.at + overlap.lasts(), &by).await,
    });
    match made.await {
        Ok(made) => {
            app.identities.insert(&made.record);
            Ok(html(StatusCode::OK, pages::made(member.here(Tab::Identity, ""), &made)))
        }
        Err(error) => match mistake(&error) {
            Some(text) => Ok(form(&member, WRONG, &fields, &Mistakes::one("", text))),
            None => Err(error.into()),
        },
    }
}

pub(super) async fn show(
    State(app): State<App>,
    member: MemberOf,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    shown(&app, &member, &id, StatusCode::OK, &Mistakes::default()).await
}

async fn shown(
    app: &App,
    member: &MemberOf,
    id: &str,
    status: StatusCode,
    mistakes: &Mistakes,
) -> Result<Response, Failure> {
    let record = app.store.read("fans.secret", async |db| secret::find(db, member.id(), id).await).await?;
    let (fields, now) = (Fields::default(), member.signed_in.caller.now);
    let filled = Filled { fields: &fields, mistakes };
    Ok(html(status, pages::one(member.here(Tab::Identity, ""), &record, now, filled)))
}

pub(super) async fn revoke(
    State(app): State<App>,
    Path((_, id)): Path<(String, String)>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    if !fields.has("sure") {
        let mistakes = Mistakes::one("sure", "Tick the box, if it is to be revoked.");
        return shown(&app, &member, &id, WRONG, &mistakes).await;
    }
    let revoked = app
        .store
        .run_tx("fans.revoke_secret", async |tx| secret::revoke(tx, member.id(), &id, &member.by()).await);
    app.identities.insert(&revoked.await?);
    Ok(Redirect::to(&format!("/console/o/{}/identity?done=secret-revoked", member.id())).into_response())
}
