//! Members of an organisation, and who is invited.

use super::asked::{Path, Query};
use super::door::{WRONG, may_send};
use super::failure::{Failure, mistake};
use super::human::{self, html_with};
use super::letters;
use super::organisations::Done;
use super::signed_in::{MemberOf, PressedIn};
use crate::app::App;
use crate::mail::{self, Why};
use access::human::{Endpoint, How};
use access::{Deed, Email, audit, user};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use console::controls::Filled;
use console::layout::Tab;
use console::partner::team::{self, Someone};
use console::{Check, Fields, Mistakes};
use partners::{Permission, Role, invite, member};

pub(super) async fn page(
    State(app): State<App>,
    member: MemberOf,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    let fields = Fields::of([("role", Role::Developer.word())]);
    shown(&app, &member, done.words(), StatusCode::OK, &fields, &Mistakes::default()).await
}

async fn shown(
    app: &App,
    member: &MemberOf,
    done: &str,
    status: StatusCode,
    fields: &Fields,
    mistakes: &Mistakes,
) -> Result<Response, Failure> {
    let now = member.signed_in.caller.now;
    let read = app.store.read("partners.team", async |db| {
        let members = member::list(db, member.id()).await?;
        let ids: Vec<&str> = members.iter().map(|it| it.user_id.as_str()).collect();
        let users = user::find_all(db, &ids).await?;
        let invites = invite::list(db, member.id(), now).await?;
        Ok::<_, partners::Error>((members, users, invites))
    });
    let (members, users, invites) = read.await?;
    let someone = |member: partners::Member| {
        let user = users.iter().find(|it| it.id == member.user_id).cloned();
        Someone { member, user }
    };
    let all: Vec<Someone> = members.into_iter().map(someone).collect();
    let me = &member.signed_in.session.user.id;
    // Who may not invite sees no form.
    let check = member.may(Permission::Manage).ok().and_then(|()| human::check(app, Endpoint::Invite));
    let (here, filled) = (member.here(Tab::Team, done), Filled { fields, mistakes });
    let page = team::page(here, &all, &invites, me, check.as_ref(), filled);
    Ok(html_with(check.as_ref(), status, page))
}

fn back(member: &MemberOf, word: &str) -> Response {
    Redirect::to(&format!("/console/o/{}/team?done={word}", member.id())).into_response()
}

pub(super) async fn invite(
    State(app): State<App>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Manage)?;
    let email = match Email::parse(fields.text("email")) {
        Ok(email) => email,
        Err(error) => {
            return shown(&app, &member, "", WRONG, &fields, &Mistakes::one("email", error.to_string()))
                .await;
        }
    };
    let role = Role::of_word(fields.text("role")).ok_or(Failure::NotAllowed)?;
    let caller = &member.signed_in.caller;
    let check = human::check(&app, Endpoint::Invite);
    let human = match human::judge(&app, check.as_ref(), caller, &fields).await? {
        Ok(human) => human,
        Err(refusal) => {
            let mistakes = Mistakes::one(Check::FIELD, refusal.to_string());
            return shown(&app, &member, "", WRONG, &fields, &mistakes).await;
        }
    };
    let made = app.store.run_tx("partners.invite", async |tx| {
        let made = invite::make(tx, member.id(), &email, role, member.role, &member.by()).await;
        let (invite, token) = match made {
            Ok(made) => made,
            Err(error) => return Ok(Err(error)),
        };
        if human.as_ref().is_some_and(|it| it.how() == How::Outage) {
            let organisation_id = Some(member.id());
            let deed =
                Deed { organisation_id, action: "invite.unchecked", object: &invite.id, ..Deed::default() };
            audit::record(tx, &member.by(), &deed).await?;
        }
        if may_send(tx, caller, &email, Why::ByAnybody).await? {
            let url = caller.url(&format!("/console/invite/{}", token.reveal()))?;
            let letter = letters::invitation(&invite, &member.signed_in.session.user.name, url);
            mail::post(tx, &app.seal, &letter).await?;
        }
        Ok::<_, Failure>(Ok(()))
    });
    match made.await? {
        Ok(()) => Ok(back(&member, "invited")),
        Err(error) => match mistake(&error) {
            Some(text) => shown(&app, &member, "", WRONG, &fields, &Mistakes::one("email", text)).await,
            None => Err(error.into()),
        },
    }
}

pub(super) async fn take_back(
    State(app): State<App>,
    Path((_, id)): Path<(String, String)>,
    PressedIn { member, .. }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Manage)?;
    let taken = app.store.run_tx("partners.invite_back", async |tx| {
        invite::take_back(tx, member.id(), &id, &member.by()).await
    });
    taken.await?;
    Ok(back(&member, "back"))
}

pub(super) async fn set_role(
    State(app): State<App>,
    Path((_, user)): Path<(String, String)>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Manage)?;
    let role = Role::of_word(fields.text("role")).ok_or(Failure::NotAllowed)?;
    let set = app.store.run_tx("partners.role", async |tx| {
        member::set_role(tx, member.id(), &user, role, member.role, &member.by()).await
    });
    answer(&app, &member, set.await, "role").await
}

/// Everyone may leave; who may manage may take others out.
pub(super) async fn remove(
    State(app): State<App>,
    Path((_, user)): Path<(String, String)>,
    PressedIn { member, .. }: PressedIn,
) -> Result<Response, Failure> {
    let is_me = user == member.signed_in.session.user.id;
    if !is_me {
        member.may(Permission::Manage)?;
    }
    let removed = app.store.run_tx("partners.remove_member", async |tx| {
        member::remove(tx, member.id(), &user, member.role, &member.by()).await
    });
    match removed.await {
        Ok(()) if is_me => Ok(Redirect::to("/console/organisations").into_response()),
        removed => answer(&app, &member, removed, "removed").await,
    }
}

async fn answer(
    app: &App,
    member: &MemberOf,
    done: Result<(), partners::Error>,
    word: &str,
) -> Result<Response, Failure> {
    match done {
        Ok(()) => Ok(back(member, word)),
        Err(error) => match mistake(&error) {
            Some(text) => shown(app, member, "", WRONG, &Fields::default(), &Mistakes::one("", text)).await,
            None => Err(error.into()),
        },
    }
}
