//! Redeeming a fan's voucher, by who works for the organisation that it is of.

use super::asked::Query;
use super::failure::Failure;
use super::organisations::Done;
use super::signed_in::{AtTill, MemberOf, PressedAtTill, SignedIn};
use crate::app::App;
use crate::http::redeem::Counter;
use crate::http::scorer::html;
use access::By;
use access::grant::{self, PlatformRole};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use console::layout::Tab;
use console::redeem::{self as pages, ForHouse, Till};
use partners::{Permission, member};

fn counter<'a>(member: &'a MemberOf, by: &'a By, done: &'a str) -> Counter<'a> {
    let till = Till::Partner(member.here(Tab::Redeem, done));
    Counter { till, organisation_id: Some(member.id()), by }
}

pub(super) async fn form(AtTill(member): AtTill, Query(done): Query<Done>) -> Response {
    counter(&member, &member.by(), done.words()).form()
}

/// Where a fan's QR code leads.
pub(super) async fn scanned(State(app): State<App>, signed_in: SignedIn) -> Result<Response, Failure> {
    let user = &signed_in.session.user.id;
    let read = app.store.read("partners.organisations", async |db| {
        let all = member::organisations(db, user).await?;
        Ok::<_, partners::Error>((all, grant::has(db, user, PlatformRole::Operator).await?))
    });
    let (mut all, is_operator) = read.await?;
    all.retain(|(_, role)| role.may(Permission::Redeem));
    let house = if is_operator { ForHouse::Yes } else { ForHouse::No };
    Ok(html(StatusCode::OK, pages::scanned(signed_in.person(), &all, house)))
}

/// Shows what a code or a link is of.
pub(super) async fn look(
    State(app): State<App>,
    PressedAtTill { member, fields }: PressedAtTill,
) -> Result<Response, Failure> {
    Ok(counter(&member, &member.by(), "").look(&app, &fields).await?)
}

/// Redeems what was shown.
pub(super) async fn confirm(
    State(app): State<App>,
    PressedAtTill { member, fields }: PressedAtTill,
) -> Result<Response, Failure> {
    Ok(counter(&member, &member.by(), "").confirm(&app, &fields).await?)
}
