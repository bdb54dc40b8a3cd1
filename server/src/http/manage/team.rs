//! Members and invitations.

use super::caller::Manager;
use super::idempotency::{Answer, IdempotencyKey, Once, check_match, shown};
use super::page::{Page, PageQuery};
use crate::app::App;
use crate::http::dashboard::letters;
use crate::http::feed::parse;
use crate::http::openapi::alike;
use crate::http::request::{self, Content, Id};
use crate::mail::{self, May};
use crate::problem::{Problem, types};
use access::{Email, User, user};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use partners::{Invite, invite, member};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a member may do. Programs make and unmake no owners.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Role {
    Owner,
    Admin,
    Developer,
    Analyst,
    Billing,
    /// Redeems vouchers, and does nothing else.
    Staff,
}

impl Role {
    const fn meant(self) -> partners::Role {
        match self {
            Role::Owner => partners::Role::Owner,
            Role::Admin => partners::Role::Admin,
            Role::Developer => partners::Role::Developer,
            Role::Analyst => partners::Role::Analyst,
            Role::Billing => partners::Role::Billing,
            Role::Staff => partners::Role::Staff,
        }
    }

    const fn of(role: partners::Role) -> Self {
        match role {
            partners::Role::Owner => Role::Owner,
            partners::Role::Admin => Role::Admin,
            partners::Role::Developer => Role::Developer,
            partners::Role::Analyst => Role::Analyst,
            partners::Role::Billing => Role::Billing,
            partners::Role::Staff => Role::Staff,
        }
    }
}

/// A member of your organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub(super) struct MemberShown {
    /// "usr_…"
    id: String,
    name: Option<String>,
    email: Option<String>,
    role: Role,
    /// RFC 3339
    since: String,
}

/// Somebody who is asked to become a member.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invite)]
pub(super) struct InviteShown {
    /// "inv_…"
    id: String,
    email: String,
    role: Role,
    /// RFC 3339
    ends_at: String,
}

impl MemberShown {
    fn of(member: partners::Member, users: &[User]) -> Self {
        let user = users.iter().find(|it| it.id == member.user_id);
        Self {
            name: user.map(|it| it.name.clone()),
            email: user.map(|it| it.email.as_str().to_owned()),
            role: Role::of(member.role),
            since: member.since.to_string(),
            id: member.user_id,
        }
    }
}

impl From<&Invite> for InviteShown {
    fn from(it: &Invite) -> Self {
        let email = it.email.as_str().to_owned();
        Self { id: it.id.clone(), email, role: Role::of(it.role), ends_at: it.ends_at.to_string() }
    }
}

/// A new invitation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewInvite {
    email: String,
    role: Role,
}

/// What of a member is to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MemberChange {
    role: Role,
}

/// The members, those who came first first.
#[utoipa::path(get, path = "/v1/members", tag = "organisation", params(PageQuery), responses(
    (status = 200, body = Page<MemberShown>),
    alike::BadRequest,
))]
pub(super) async fn members(
    State(app): State<App>,
    manager: Manager,
    request::Asked(asked): request::Asked<PageQuery>,
) -> Result<Json<Page<MemberShown>>, Problem> {
    let read = app.store.read("partners.members", async |db| {
        let members = member::list(db, manager.organisation_id()).await?;
        let page = Page::of(members, &asked, |it| (it.since, it.user_id.clone()))?;
        let ids: Vec<&str> = page.data.iter().map(|it| it.user_id.as_str()).collect();
        let users = user::find_all(db, &ids).await.map_err(partners::Error::from)?;
        Ok::<_, Problem>((page, users))
    });
    let (page, users) = read.await?;
    Ok(Json(page.map(|it| MemberShown::of(it, &users))))
}

/// A member.
#[utoipa::path(get, path = "/v1/members/{id}", tag = "organisation", params(("id" = String, Path, description = "usr_…")), responses(
    (status = 200, body = MemberShown, headers(("etag" = String, description = "for If-Match"))),
    alike::NotFound,
))]
pub(super) async fn member(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
) -> Result<Response, Problem> {
    let read = app.store.read("partners.member", async |db| {
        let member = member::one(db, manager.organisation_id(), &id).await?;
        with_user(db, member).await
    });
    Ok(shown(&read.await?))
}

async fn with_user(client: &store::Client<'_>, member: partners::Member) -> Result<MemberShown, Problem> {
    let users = user::find_all(client, &[&member.user_id]).await.map_err(partners::Error::from)?;
    Ok(MemberShown::of(member, &users))
}

/// Gives a member another role.
#[utoipa::path(patch, path = "/v1/members/{id}", tag = "organisation", request_body = MemberChange, params(
    ("id" = String, Path, description = "usr_…"),
    alike::IfMatch,
), responses(
    (status = 204, description = "changed"),
    alike::BadRequest, alike::NotFound, alike::Conflict, alike::PreconditionFailed,
))]
pub(super) async fn change(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
    headers: HeaderMap,
    Content(body): Content,
) -> Result<Response, Problem> {
    let change: MemberChange = parse(&body)?;
    let changed = app.store.run_tx("partners.role", async |tx| {
        let (organisation, role) = (manager.organisation_id(), change.role.meant());
        let before = member::hold(tx, organisation, &id).await?;
        check_match(&headers, &with_user(tx, before).await?)?;
        Ok::<_, Problem>(member::set_role(tx, organisation, &id, role, Manager::ROLE, &manager.by).await?)
    });
    changed.await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Takes a member out.
#[utoipa::path(delete, path = "/v1/members/{id}", tag = "organisation", params(("id" = String, Path, description = "usr_…")), responses(
    (status = 204, description = "taken out"),
    alike::NotFound, alike::Conflict,
))]
pub(super) async fn remove(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
) -> Result<Response, Problem> {
    let removed = app.store.run_tx("partners.remove_member", async |tx| {
        member::remove(tx, manager.organisation_id(), &id, Manager::ROLE, &manager.by).await
    });
    removed.await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The invitations that are open, the oldest first.
#[utoipa::path(get, path = "/v1/invites", tag = "organisation", params(PageQuery), responses(
    (status = 200, body = Page<InviteShown>),
    alike::BadRequest,
))]
pub(super) async fn invites(
    State(app): State<App>,
    manager: Manager,
    request::Asked(asked): request::Asked<PageQuery>,
) -> Result<Json<Page<InviteShown>>, Problem> {
    let (organisation, now) = (manager.organisation_id(), manager.by.at);
    let all =
        app.store.read("partners.invites", async |db| invite::list(db, organisation, now).await).await?;
    Ok(Json(Page::of(all, &asked, |it| (it.made_at, it.id.clone()))?.map(|it| InviteShown::from(&it))))
}

/// An invitation that is open.
#[utoipa::path(get, path = "/v1/invites/{id}", tag = "organisation", params(("id" = String, Path, description = "inv_…")), responses(
    (status = 200, body = InviteShown),
    alike::NotFound,
))]
pub(super) async fn show_invite(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
) -> Result<Json<InviteShown>, Problem> {
    let (organisation, now) = (manager.organisation_id(), manager.by.at);
    let read = app.store.read("partners.invite", async |db| invite::find(db, organisation, &id, now).await);
    Ok(Json(InviteShown::from(&read.await?)))
}

/// Invites somebody by a letter.
#[utoipa::path(post, path = "/v1/invites", tag = "organisation", request_body = NewInvite,
    params(alike::IdempotencyKey), responses(
    (status = 201, body = InviteShown),
    alike::BadRequest, alike::Conflict, alike::Unprocessable,
    (status = 429, description = "too many letters, to this address or by your programs", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "this server does not know its own address", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn invite(
    State(app): State<App>,
    manager: Manager,
    key: IdempotencyKey,
    Content(body): Content,
) -> Result<Response, Problem> {
    let new: NewInvite = parse(&body)?;
    let email = Email::parse(&new.email)
        .map_err(|error| Problem::new(&types::INVALID_VALUE, format!("email: {error}")))?;
    let public_url = app.config.http.public_url.trim_end_matches('/');
    if public_url.is_empty() {
        let detail = "letters need http.public_url, which whoever runs this server sets";
        return Err(Problem::new(&types::NOT_SET_UP, detail));
    }
    let once = Once::new(&app, &manager, key, "POST /v1/invites", &body);
    let done = app.store.run_tx("partners.invite", async |tx| {
        if let Some(answer) = once.before(tx).await? {
            return Ok(answer);
        }
        let may = mail::program_may_send(tx, manager.organisation_id(), &email, manager.by.at).await;
        match may.map_err(partners::Error::from)? {
            May::Yes => {}
            May::NotTo { until } | May::NotFrom { until } => {
                return Err(too_many_letters(until, manager.by.at));
            }
        }
        let role = new.role.meant();
        let made =
            invite::make(tx, manager.organisation_id(), &email, role, Manager::ROLE, &manager.by).await?;
        let url = format!("{public_url}/console/invite/{}", made.1.reveal());
        let letter = letters::invitation(&made.0, &manager.by.actor.name, url);
        mail::post(tx, &app.seal, &letter).await.map_err(|error| Problem::internal(&error))?;
        once.done(tx, Answer::of(StatusCode::CREATED, &InviteShown::from(&made.0))).await
    });
    done.await.map(IntoResponse::into_response)
}

fn too_many_letters(until: Timestamp, now: Timestamp) -> Problem {
    let what = "as many letters as may be were sent, to this address or by your programs";
    Problem::too_often(what, until, now)
}

/// Takes an invitation back.
#[utoipa::path(delete, path = "/v1/invites/{id}", tag = "organisation", params(("id" = String, Path, description = "inv_…")), responses(
    (status = 204, description = "taken back"),
    alike::NotFound,
))]
pub(super) async fn take_back(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
) -> Result<Response, Problem> {
    let taken = app.store.run_tx("partners.invite_back", async |tx| {
        invite::take_back(tx, manager.organisation_id(), &id, &manager.by).await
    });
    taken.await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
