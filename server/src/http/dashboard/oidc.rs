//! Signing in, and up, by an identity provider, and linking one to an account.

use super::account::{done, proved, shown_wrong_to};
use super::asked::Path;
use super::door::{self, WRONG, judge_organisation, note, sign_in_wrong};
use super::failure::{Failure, sentence};
use super::letters;
use super::signed_in::{Caller, Pressed, Sent, SignedIn};
use crate::app::App;
use crate::http::scorer::html;
use crate::problem::Problem;
use access::oidc::{self, Answer, Arrived, Person, Refused, Why, identity};
use access::session::{self, Begins};
use access::{Deed, Token, device, factor, user};
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use console::controls::Filled;
use console::{Fields, Mistakes, account};
use serde_json::json;

/// Where a provider sends people back to: what it has to be told when it is set up.
fn return_url(caller: &Caller, provider: &str) -> Result<String, Failure> {
    caller.url(&format!("/console/sign-in/with/{provider}/back"))
}

fn failure(refused: &Refused) -> Option<Failure> {
    match refused {
        Refused::Unknown => Some(Failure::NotFound),
        Refused::TooOften { .. } => Some(Failure::TooOften),
        _ => None,
    }
}

/// As a sentence.
fn said(refused: &Refused) -> String {
    sentence(&refused.to_string())
}

/// Sends somebody to a provider, to sign in or up.
pub(super) async fn leave(
    State(app): State<App>,
    caller: Caller,
    Path(provider): Path<String>,
) -> Result<Response, Failure> {
    let back = return_url(&caller, &provider)?;
    let to = (provider.as_str(), back.as_str());
    match app.oidc.begin(&app.store, to, Why::SignIn, &caller.visitor, caller.now).await? {
        Ok(begun) => Ok((caller.on_the_way(Some(&begun.token)), Redirect::to(&begun.url)).into_response()),
        Err(refused) => failure(&refused).map_or_else(|| Ok(sign_in_wrong(&app, "", said(&refused))), Err),
    }
}

/// Whoever comes back from a provider.
pub(super) async fn back(
    State(app): State<App>,
    Path(provider): Path<String>,
    answer: Result<Query<Answer>, QueryRejection>,
    mut parts: Parts,
) -> Result<Response, Failure> {
    let caller = Caller::from_request_parts(&mut parts, &app).await?;
    let signed_in = SignedIn::if_any(&mut parts, &app).await?;
    let url = return_url(&caller, &provider)?;
    let to = (provider.as_str(), url.as_str());
    let arrived = match (&caller.journey, answer) {
        (Some(token), Ok(Query(answer))) => {
            app.oidc.finish(&app.store, to, token, answer, caller.now).await?
        }
        _ => Err(Refused::Over),
    };
    match arrived {
        Ok(Arrived::SignsIn(person)) => sign_in(&app, &caller, &provider, &person).await,
        Ok(Arrived::Links { user_id, person }) => {
            let signed_in = signed_in.filter(|it| it.session.user.id == user_id).ok_or(Failure::SignedOut)?;
            link(&app, &signed_in, &person).await
        }
        Err(refused) => match (failure(&refused), &signed_in) {
            (Some(failure), _) => Err(failure),
            (None, Some(signed_in)) => shown_wrong_to(&app, signed_in, "", said(&refused)).await,
            (None, None) => Ok(sign_in_wrong(&app, "", said(&refused))),
        },
    }
}

/// What becomes of somebody whom a provider knows.
enum Known {
    SignedIn {
        session: Token,
        device: Token,
    },
    OwesSecondFactor {
        session: Token,
    },
    Newcomer {
        token: Token,
    },
    /// No account, and no way to one: why.
    Nobody(&'static str),
}

async fn sign_in(app: &App, caller: &Caller, provider: &str, person: &Person) -> Result<Response, Failure> {
    let (now, visitor) = (caller.now, &caller.visitor);
    let known = app.store.run_tx("access.oidc_sign_in", async |tx| {
        if let Some(user) = identity::owner(tx, person, now).await? {
            if factor::is_on(tx, &user.id).await? {
                let session =
                    session::begin(tx, &user.id, visitor, Begins::AwaitingSecondFactor, now).await?;
                return Ok(Known::OwesSecondFactor { session });
            }
            let device = device::remember(tx, &user.id, caller.device.as_ref(), now).await?;
            let session = session::begin(tx, &user.id, visitor, Begins::SignedIn, now).await?;
            return Ok(Known::SignedIn { session, device });
        }
        let Some(email) = person.email() else {
            return Ok(Known::Nobody("It is linked to no account here, and it has proved no e-mail address for a new one."));
        };
        if user::by_email(tx, &email).await?.is_some() {
            return Ok(Known::Nobody(
                "There is an account with this address. Sign in to it another way, and link the provider under \"Your account\": then it opens it.",
            ));
        }
        if !app.config.access.sign_up {
            return Ok(Known::Nobody("It is linked to no account here, and new ones are made by invitation: ask whoever runs this Crease."));
        }
        let token = oidc::keep_newcomer(tx, provider, person, now).await?;
        Ok::<_, Failure>(Known::Newcomer { token })
    });
    match known.await? {
        Known::SignedIn { session, device } => {
            let cookies = (caller.signed_in(&session, Some(&device)), arrived(caller));
            Ok((cookies.0, cookies.1, Redirect::to("/console")).into_response())
        }
        Known::OwesSecondFactor { session } => {
            let cookies = (caller.signed_in(&session, None), arrived(caller));
            Ok((cookies.0, cookies.1, Redirect::to("/console/sign-in/code")).into_response())
        }
        Known::Newcomer { token } => {
            Ok((caller.on_the_way(Some(&token)), Redirect::to("/console/sign-up/with")).into_response())
        }
        Known::Nobody(why) => Ok((arrived(caller), sign_in_wrong(app, "", why.to_owned())).into_response()),
    }
}

/// The journey is over.
fn arrived(caller: &Caller) -> Arrival {
    Arrival(caller.on_the_way(None))
}

/// Cookies that come beside others: a map of headers would take their place.
struct Arrival(axum::http::HeaderMap);

impl axum::response::IntoResponseParts for Arrival {
    type Error = std::convert::Infallible;

    fn into_response_parts(
        self,
        mut response: axum::response::ResponseParts,
    ) -> Result<axum::response::ResponseParts, Self::Error> {
        for (name, value) in &self.0 {
            response.headers_mut().append(name, value.clone());
        }
        Ok(response)
    }
}

/// Who came by a provider and has no account, if somebody has in this browser.
async fn newcomer(app: &App, caller: &Caller) -> Result<Option<(Token, Person)>, Failure> {
    let Some(token) = caller.journey.clone() else { return Ok(None) };
    let found =
        app.store.read("access.newcomer", async |db| oidc::newcomer(db, &token, caller.now).await).await?;
    Ok(found.map(|it| (token, it)))
}

fn newcomer_page(status: StatusCode, person: &Person, fields: &Fields, mistakes: &Mistakes) -> Response {
    let email = person.email.as_deref().unwrap_or_default();
    html(status, account::newcomer(email, Filled { fields, mistakes }))
}

fn over(app: &App) -> Response {
    sign_in_wrong(app, "", said(&Refused::Over))
}

/// Asks a newcomer what to call them.
pub(super) async fn newcomer_form(State(app): State<App>, caller: Caller) -> Result<Response, Failure> {
    let Some((_, person)) = newcomer(&app, &caller).await? else { return Ok(over(&app)) };
    let fields = Fields::of([("name", person.name.as_str())]);
    Ok(newcomer_page(StatusCode::OK, &person, &fields, &Mistakes::default()))
}

/// Makes the account.
pub(super) async fn newcomer_sent(
    State(app): State<App>,
    caller: Caller,
    sent: Sent,
) -> Result<Response, Failure> {
    door::is_open(&app)?;
    let Some((token, person)) = newcomer(&app, &caller).await? else { return Ok(over(&app)) };
    let fields = &sent.fields;
    let mut mistakes = Mistakes::default();
    if user::name(fields.text("name")).is_err() {
        mistakes.add("name", "A name has 1 to 100 characters.");
    }
    judge_organisation(fields, &mut mistakes);
    if !mistakes.is_empty() {
        return Ok(newcomer_page(WRONG, &person, fields, &mistakes));
    }
    let made = app.store.run_tx("access.oidc_sign_up", async |tx| {
        match oidc::sign_up(tx, &token, fields.text("name"), caller.now).await? {
            Some(user) => door::settle(tx, &caller, &user, fields.text("organisation")).await.map(Some),
            None => Ok(None),
        }
    });
    match made.await? {
        Some(settled) => Ok((arrived(&caller), settled.shown(&caller)).into_response()),
        None => Ok(over(&app)),
    }
}

/// Sends who is signed in, and gave the password, to a provider that is to open the account from now on.
pub(super) async fn begin_link(State(app): State<App>, pressed: Pressed) -> Result<Response, Failure> {
    let provider = pressed.fields.text("provider");
    let offers = app.oidc.offers();
    let offer = offers.iter().find(|it| it.id == provider).ok_or(Failure::NotFound)?;
    if let Some(answer) = proved(&app, &pressed, "identity_password").await? {
        return Ok(answer);
    }
    let (caller, user) = (&pressed.signed_in.caller, &pressed.signed_in.session.user);
    let back = return_url(caller, provider)?;
    let to = (provider, back.as_str());
    match app.oidc.begin(&app.store, to, Why::Link(&user.id), &caller.visitor, caller.now).await? {
        // A form may not lead to another host: this page does.
        Ok(begun) => {
            let refresh = HeaderValue::from_str(&format!("0;url={}", begun.url));
            let refresh = refresh.map_err(|error| Problem::internal(&error))?;
            let mut page = html(StatusCode::OK, account::leaving(offer.name, &begun.url));
            page.headers_mut().insert(header::REFRESH, refresh);
            Ok((caller.on_the_way(Some(&begun.token)), page).into_response())
        }
        Err(refused) => match failure(&refused) {
            Some(failure) => Err(failure),
            None => shown_wrong_to(&app, &pressed.signed_in, "identity_password", said(&refused)).await,
        },
    }
}

async fn link(app: &App, signed_in: &SignedIn, person: &Person) -> Result<Response, Failure> {
    let (user, now) = (&signed_in.session.user, signed_in.caller.now);
    let linked = app.store.run_tx("access.identity_link", async |tx| {
        if !identity::link(tx, &user.id, person, now).await? {
            return Ok(false);
        }
        let what =
            format!("An identity provider was linked to your account, and opens it: {}", person.issuer);
        note(
            tx,
            &signed_in.by(),
            Deed {
                after: Some(json!({ "issuer": person.issuer, "email": person.email })),
                ..Deed::of("user.identity_link")
            },
            &app.seal,
            letters::factor_changed(&user.email, &what),
        )
        .await?;
        Ok::<_, Failure>(true)
    });
    if linked.await? {
        return Ok((arrived(&signed_in.caller), done("identity")).into_response());
    }
    let text = "That one is linked already, to this account or to another.";
    shown_wrong_to(app, signed_in, "", text).await
}

/// Takes a link away.
pub(super) async fn unlink(
    State(app): State<App>,
    Path(id): Path<String>,
    pressed: Pressed,
) -> Result<Response, Failure> {
    if let Some(answer) = proved(&app, &pressed, "identity_password").await? {
        return Ok(answer);
    }
    let user = &pressed.signed_in.session.user;
    let unlinked = app.store.run_tx("access.identity_unlink", async |tx| {
        let Some(identity) = identity::unlink(tx, &user.id, &id).await? else {
            return Err(Failure::NotFound);
        };
        let what = format!("An identity provider opens your account no more: {}", identity.issuer);
        let letter = letters::factor_changed(&user.email, &what);
        note(
            tx,
            &pressed.signed_in.by(),
            Deed {
                before: Some(json!({ "issuer": identity.issuer, "email": identity.email })),
                ..Deed::of("user.identity_unlink")
            },
            &app.seal,
            letter,
        )
        .await
    });
    unlinked.await?;
    Ok(done("identity_removed").into_response())
}
