//! Joining an organisation by an invitation's link.

use super::asked::Path;
use super::door::{NewUser, WRONG, dead_link};
use super::failure::{Failure, mistake};
use super::signed_in::{Caller, Sent, SignedIn};
use crate::app::App;
use crate::http::scorer::html;
use access::session::{self, Begins};
use access::{By, Deed, Token, device, user};
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use console::account::{self, Invitation};
use console::controls::Filled;
use console::{Fields, Mistakes};
use partners::{Invite, invite};

async fn look(app: &App, caller: &Caller, text: &str) -> Result<Option<(Token, Invite)>, Failure> {
    let Some(token) = Token::of(text) else { return Ok(None) };
    let looked =
        app.store.read("partners.invite", async |db| invite::look(db, &token, caller.now).await).await?;
    Ok(looked.map(|it| (token, it)))
}

/// Who is signed in, if somebody is.
async fn signed_in(request: Request, app: &App) -> Result<(Option<SignedIn>, Request), Failure> {
    let (mut parts, body) = request.into_parts();
    let found = SignedIn::if_any(&mut parts, app).await?;
    Ok((found, Request::from_parts(parts, body)))
}

fn page(
    status: StatusCode,
    text: &str,
    invite: &Invite,
    signed_in: Option<&SignedIn>,
    filled: Filled<'_>,
) -> Response {
    let action = format!("/console/invite/{text}");
    let invitation = Invitation {
        action: &action,
        organisation: &invite.organisation.name,
        role: invite.role.word(),
        email: invite.email.as_str(),
        signed_in: signed_in.map(|it| (it.session.user.email.as_str(), it.person().csrf)),
    };
    html(status, account::invitation(invitation, filled))
}

pub(super) async fn form(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let (signed_in, _) = signed_in(request, &app).await?;
    let Some((_, invite)) = look(&app, &caller, &text).await? else { return Ok(dead_link()) };
    let (fields, mistakes) = (Fields::default(), Mistakes::default());
    let filled = Filled { fields: &fields, mistakes: &mistakes };
    Ok(page(StatusCode::OK, &text, &invite, signed_in.as_ref(), filled))
}

pub(super) async fn accept(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let (signed_in, request) = signed_in(request, &app).await?;
    let Sent { fields } = Sent::from_request(request, &app).await?;
    let Some((token, invite)) = look(&app, &caller, &text).await? else { return Ok(dead_link()) };
    let to = |id: &str| Redirect::to(&format!("/console/o/{id}?done=joined"));
    let refused = |mistakes: &Mistakes| {
        page(WRONG, &text, &invite, signed_in.as_ref(), Filled { fields: &fields, mistakes })
    };
    if let Some(signed_in) = &signed_in {
        if !signed_in.session.sent(fields.text("csrf")) {
            return Err(Failure::NotOurs);
        }
        let user = &signed_in.session.user;
        let accepted = app
            .store
            .run_tx("partners.join", async |tx| invite::accept(tx, &token, user, &signed_in.by()).await);
        return match accepted.await {
            Ok(Some(invite)) => Ok(to(&invite.organisation.id).into_response()),
            Ok(None) => Ok(dead_link()),
            Err(error) => match mistake(&error) {
                Some(text) => Ok(refused(&Mistakes::one("", text))),
                None => Err(error.into()),
            },
        };
    }
    let about = &invite.organisation.name;
    let new = NewUser { name: fields.text("name"), password: fields.raw("password"), about };
    let mistakes = new.mistakes(&invite.email);
    if !mistakes.is_empty() {
        return Ok(refused(&mistakes));
    }
    let phc = app.passwords.hash(new.password).await?;
    let joined = app.store.run_tx("partners.join_new", async |tx| {
        // The link proves the address that it was mailed to.
        let user = match user::create(tx, &invite.email, new.name, &phc, caller.now).await {
            Ok(user) => user,
            Err(access::Error::EmailTaken) => return Ok(Err(())),
            Err(error) => return Err(error.into()),
        };
        let by = By::user(&user, caller.visitor.clone(), caller.now);
        access::audit::record(tx, &by, &Deed { action: "user.create", object: &user.id, ..Deed::default() })
            .await?;
        if invite::accept(tx, &token, &user, &by).await?.is_none() {
            return Err(Failure::NotFound);
        }
        let session = session::begin(tx, &user.id, &caller.visitor, Begins::SignedIn, caller.now).await?;
        let device = device::remember(tx, &user.id, caller.device.as_ref(), caller.now).await?;
        Ok::<_, Failure>(Ok((session, device)))
    });
    match joined.await? {
        Ok((session, device)) => {
            let cookies = caller.signed_in(&session, Some(&device));
            Ok((cookies, to(&invite.organisation.id)).into_response())
        }
        Err(()) => {
            let text = "This address has an account already: sign in, then open the letter's link again.";
            Ok(refused(&Mistakes::one("", text)))
        }
    }
}
