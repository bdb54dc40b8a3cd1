//! Passkeys: added and taken away on the account's page, and signed in with.

use super::account::{done, proved, shown_wrong};
use super::asked::Path;
use super::door::{WRONG, note};
use super::failure::Failure;
use super::letters;
use super::signed_in::{Caller, Pressed, Sent};
use crate::app::App;
use access::passkey::{self, Ceremony, Refused, Whose};
use access::session::{self, Begins};
use access::{Deed, Passkeys, Session, Token, device};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};

/// What a browser's answer is called in a form; far longer than any is.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

fn passkeys(app: &App) -> Result<&Passkeys, Failure> {
    let no = "Passkeys need an address by name, over TLS (or localhost): whoever runs this Crease sets http.public_url.";
    app.passkeys.as_ref().ok_or(Failure::NotSetUp(no))
}

/// What the page's script asks the browser with.
fn begun(ceremony: Result<Ceremony, Refused>) -> Response {
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    match ceremony {
        Ok(Ceremony { token, options }) => {
            (no_store, Json(json!({ "token": token.reveal(), "options": options }))).into_response()
        }
        Err(refused) => {
            let status = match refused {
                Refused::TooOften { .. } => StatusCode::TOO_MANY_REQUESTS,
                _ => WRONG,
            };
            (status, no_store, Json(json!({ "problem": refused.to_string() }))).into_response()
        }
    }
}

/// The ceremony's token and the browser's answer, as the form sends them.
fn answered(fields: &console::Fields) -> Option<(Token, Value)> {
    let text = fields.raw("answer");
    if text.len() > ANSWER_BYTES_MAX {
        return None;
    }
    Some((Token::of(fields.text("token"))?, serde_json::from_str(text).ok()?))
}

/// Begins to add one: with the password, for a browser that was left open adds none.
pub(super) async fn begin_adding(State(app): State<App>, pressed: Pressed) -> Result<Response, Failure> {
    let passkeys = passkeys(&app)?;
    let (user, now) = (&pressed.signed_in.session.user, pressed.signed_in.caller.now);
    let password = pressed.fields.raw("passkey_password");
    if !super::door::prove(&app, user, &pressed.signed_in.caller, password).await? {
        return Ok((WRONG, Json(json!({ "problem": "That is not your password." }))).into_response());
    }
    Ok(begun(passkeys.begin_registration(&app.store, user, now).await?))
}

/// Adds one, with what the browser made.
pub(super) async fn add(State(app): State<App>, pressed: Pressed) -> Result<Response, Failure> {
    let passkeys = passkeys(&app)?;
    let Some((token, answer)) = answered(&pressed.fields) else {
        return shown_wrong(&app, &pressed, "passkey_name", "The browser made no passkey: try again.").await;
    };
    let (session, caller) = (&pressed.signed_in.session, &pressed.signed_in.caller);
    let name = match pressed.fields.text("passkey_name") {
        "" => access::device_name(&caller.visitor.agent),
        name => name.to_owned(),
    };
    if access::user::name(&name).is_err() {
        return shown_wrong(&app, &pressed, "passkey_name", "A name has 1 to 100 characters.").await;
    }
    let user = &session.user;
    let added = app.store.run_tx("access.passkey_add", async |tx| {
        let made = passkeys.finish_registration(tx, &user.id, &token, &answer, &name, caller.now).await?;
        let registered = match made {
            Ok(registered) => registered,
            Err(refused) => return Ok(Err(refused)),
        };
        let letter = letters::factor_changed(
            &user.email,
            "A passkey was added to your account: it signs in without a password.",
        );
        let after = json!({ "passkey": registered.passkey.id, "name": name });
        let deed = Deed { after: Some(after), ..Deed::of("user.passkey_add") };
        note(tx, &pressed.signed_in.by(), deed, &app.seal, letter).await?;
        // Whoever is signed in elsewhere showed no second factor.
        session::end_others(tx, &user.id, Some(&session.id)).await?;
        let renewed = session::prove(tx, session, caller.now).await?;
        Ok::<_, Failure>(Ok((registered, renewed)))
    });
    let (registered, token) = match added.await? {
        Ok(added) => added,
        Err(refused) => return shown_wrong(&app, &pressed, "passkey_name", refused.to_string()).await,
    };
    let token = token.ok_or(Failure::SignedOut)?;
    let cookies = caller.signed_in(&token, None);
    Ok(match registered.recovery_codes {
        Some(codes) => {
            (cookies, super::account::codes_page(&pressed.signed_in, &token, &codes)).into_response()
        }
        None => (cookies, done("passkey")).into_response(),
    })
}

/// Takes one away.
pub(super) async fn remove(
    State(app): State<App>,
    Path(id): Path<String>,
    pressed: Pressed,
) -> Result<Response, Failure> {
    if let Some(answer) = proved(&app, &pressed, "passkey_password").await? {
        return Ok(answer);
    }
    let user = &pressed.signed_in.session.user;
    let removed = app.store.run_tx("access.passkey_remove", async |tx| {
        let Some(removed) = passkey::remove(tx, &user.id, &id).await? else { return Err(Failure::NotFound) };
        let before = json!({ "passkey": removed.id, "name": removed.name });
        let deed = Deed { before: Some(before), ..Deed::of("user.passkey_remove") };
        let letter = letters::factor_changed(&user.email, "A passkey was taken away from your account.");
        note(tx, &pressed.signed_in.by(), deed, &app.seal, letter).await
    });
    removed.await?;
    Ok(done("passkey_removed").into_response())
}

/// Who gave a password and owes a second factor, if somebody did.
async fn half(app: &App, caller: &Caller) -> Result<Option<Session>, Failure> {
    let Some(token) = caller.session() else { return Ok(None) };
    Ok(app.store.read("access.half", async |db| session::find_half(db, token, caller.now).await).await?)
}

fn whose(half: Option<&Session>) -> Whose<'_> {
    half.map_or(Whose::Anybody, |it| Whose::User(&it.user.id))
}

/// Begins to sign in: anybody's, or that of who gave a password.
pub(super) async fn begin_sign_in(
    State(app): State<App>,
    caller: Caller,
    _: Sent,
) -> Result<Response, Failure> {
    let passkeys = passkeys(&app)?;
    let half = half(&app, &caller).await?;
    let begins = passkeys.begin_sign_in(&app.store, whose(half.as_ref()), &caller.visitor, caller.now);
    Ok(begun(begins.await?))
}

/// Signs in with what the browser answered: the passkey has verified the person, so that it stands for both factors.
pub(super) async fn sign_in(State(app): State<App>, caller: Caller, sent: Sent) -> Result<Response, Failure> {
    let passkeys = passkeys(&app)?;
    let refused = |text: String| Ok(super::door::sign_in_wrong(&app, "email", text));
    let Some((token, answer)) = answered(&sent.fields) else {
        return refused("The browser showed no passkey: try again, or sign in with the password.".to_owned());
    };
    let half = half(&app, &caller).await?;
    let signed = app.store.run_tx("access.passkey_sign_in", async |tx| {
        let shown = passkeys.finish_sign_in(tx, whose(half.as_ref()), &token, &answer, caller.now).await?;
        let user_id = match shown {
            Ok(shown) => shown.user_id,
            Err(refused) => return Ok(Err(refused)),
        };
        let session = match &half {
            Some(half) => session::complete(tx, half, &caller.visitor, caller.now).await?,
            None => session::begin(tx, &user_id, &caller.visitor, Begins::SignedIn, caller.now).await?,
        };
        let device = device::remember(tx, &user_id, caller.device.as_ref(), caller.now).await?;
        Ok::<_, Failure>(Ok((session, device)))
    });
    match signed.await? {
        Ok((session, device)) => {
            Ok((caller.signed_in(&session, Some(&device)), Redirect::to("/console")).into_response())
        }
        Err(Refused::TooOften { .. }) => Err(Failure::TooOften),
        Err(why) => {
            if let Refused::Cloned { user_id, passkey } = &why {
                tracing::warn!(
                    user = user_id,
                    passkey = passkey.id,
                    "a passkey's counter went back: it may have been copied"
                );
            }
            refused("That passkey does not open this: sign in with the password instead.".to_owned())
        }
    }
}
