//! One's own account.

use super::asked::{Path, Query};
use super::door::{WRONG, dead_link, look, may_send, note, prove};
use super::failure::Failure;
use super::letters;
use super::signed_in::{Caller, Pressed, Sent, SignedIn};
use crate::app::App;
use crate::http::scorer::html;
use crate::mail::{self, Why};
use access::factor::{self, Checked};
use access::link::{self, Purpose};
use access::oidc::identity;
use access::{By, Deed, Email, audit, passkey, password, session, user};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use console::account::{self, Devices, Enrolling, Settings};
use console::controls::Filled;
use console::{Fields, Mistakes};
use qrcodegen::{QrCode, QrCodeEcc};
use serde::Deserialize;
use serde_json::json;

const PAGE: &str = "/console/account";

/// Lines of what happened to the account.
const ACTIVITY_MAX: i64 = 20;

/// What was just done, by a word of the address.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

impl Done {
    fn words(&self) -> &'static str {
        match self.done.as_str() {
            "profile" => "Saved.",
            "email" => {
                "A letter is on its way to the new address. Nothing changes before its link is opened."
            }
            "address" => "Your address is changed.",
            "password" => "The password is changed, and all other devices are signed out.",
            "off" => "The app's codes are off.",
            "passkey" => "The passkey is added, and all other devices are signed out.",
            "passkey_removed" => "The passkey is taken away.",
            "identity" => "Linked: it opens your account from now on.",
            "identity_removed" => "The link is taken away.",
            "device" => "Signed out there.",
            _ => "",
        }
    }
}

pub(super) fn done(word: &str) -> Redirect {
    Redirect::to(&format!("{PAGE}?done={word}"))
}

pub(super) async fn page(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    shown(&app, &signed_in, done.words(), StatusCode::OK, &Mistakes::default()).await
}

async fn shown(
    app: &App,
    signed_in: &SignedIn,
    done: &str,
    status: StatusCode,
    mistakes: &Mistakes,
) -> Result<Response, Failure> {
    let (user, now) = (&signed_in.session.user, signed_in.caller.now);
    let read = app.store.read("access.account", async |db| {
        let devices = session::list(db, &user.id, now).await?;
        let factors = factor::second_factors(db, &user.id).await?;
        let left = if factors.any() { Some(factor::recovery_left(db, &user.id).await?) } else { None };
        let passkeys = passkey::list(db, &user.id).await?;
        let identities = identity::list(db, &user.id).await?;
        let enrolment = factor::enrolled(db, &app.seal, &user.id, user.email.as_str()).await?;
        let activity = audit::of_user(db, &user.id, ACTIVITY_MAX).await?;
        Ok::<_, access::Error>(((devices, activity), factors, left, (passkeys, identities), enrolment))
    });
    let ((devices, activity), factors, recovery_left, (passkeys, identities), enrolment) = read.await?;
    let enrolling = enrolment.as_ref().map(|it| Enrolling { code: qr(&it.url), secret: &it.secret });
    let settings = Settings {
        person: signed_in.person(),
        user,
        devices: Devices { all: &devices, this: &signed_in.session.id },
        app: if factors.totp { account::App::On } else { account::App::Off },
        passkeys: &passkeys,
        identities: &identities,
        activity: &activity,
        offers: &app.oidc.offers(),
        recovery_left,
        enrolling,
        now,
        done,
    };
    // Of what was sent only the name comes back: the rest is secret, or in the page anyway.
    let fields = Fields::of([("name", user.name.as_str())]);
    Ok(html(status, account::settings(&settings, Filled { fields: &fields, mistakes })))
}

/// The modules of a QR code a side, and those that are dark as the path of an SVG.
fn qr(text: &str) -> (i32, String) {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium)
        .expect("an address of some 100 characters fits a QR code");
    let side = code.size();
    let dark =
        (0..side).flat_map(|y| (0..side).map(move |x| (x, y))).filter(|(x, y)| code.get_module(*x, *y));
    (side, dark.map(|(x, y)| format!("M{x} {y}h1v1h-1z")).collect())
}

/// The page with what was wrong.
pub(super) async fn shown_wrong(
    app: &App,
    pressed: &Pressed,
    field: &'static str,
    text: impl Into<String>,
) -> Result<Response, Failure> {
    shown_wrong_to(app, &pressed.signed_in, field, text).await
}

pub(super) async fn shown_wrong_to(
    app: &App,
    signed_in: &SignedIn,
    field: &'static str,
    text: impl Into<String>,
) -> Result<Response, Failure> {
    shown(app, signed_in, "", WRONG, &Mistakes::one(field, text)).await
}

const NOT_THE_PASSWORD: &str = "That is not your password.";

pub(super) async fn profile(State(app): State<App>, pressed: Pressed) -> Result<Response, Failure> {
    let name = pressed.fields.text("name");
    if user::name(name).is_err() {
        return shown_wrong(&app, &pressed, "name", "A name has 1 to 100 characters.").await;
    }
    let user = &pressed.signed_in.session.user;
    let named = app.store.run_tx("access.profile", async |tx| {
        let change =
            Deed::of("user.rename").changing(json!({ "name": user.name }), json!({ "name": name.trim() }));
        audit::record(tx, &pressed.signed_in.by(), &Deed { object: &user.id, ..change }).await?;
        user::set_name(tx, &user.id, name).await
    });
    named.await?;
    Ok(done("profile").into_response())
}

/// Whether the password is right; an answer when it is not.
pub(super) async fn proved(
    app: &App,
    pressed: &Pressed,
    field: &'static str,
) -> Result<Option<Response>, Failure> {
    let signed_in = &pressed.signed_in;
    if prove(app, &signed_in.session.user, &signed_in.caller, pressed.fields.raw(field)).await? {
        return Ok(None);
    }
    shown_wrong(app, pressed, field, NOT_THE_PASSWORD).await.map(Some)
}

pub(super) async fn email(State(app): State<App>, pressed: Pressed) -> Result<Response, Failure> {
    let email = match Email::parse(pressed.fields.text("email")) {
        Ok(email) => email,
        Err(error) => return shown_wrong(&app, &pressed, "email", error.to_string()).await,
    };
    if let Some(answer) = proved(&app, &pressed, "email_password").await? {
        return Ok(answer);
    }
    let (caller, user) = (&pressed.signed_in.caller, &pressed.signed_in.session.user);
    let asked = app.store.run_tx("access.email", async |tx| {
        if may_send(tx, caller, &email, Why::ByAnybody).await? {
            let letter = if user::by_email(tx, &email).await?.is_some_and(|it| it.id != user.id) {
                letters::has_account(&email, caller.url(super::SIGN_IN)?)
            } else {
                let token = link::make(tx, Purpose::Email, &email, Some(&user.id), caller.now).await?;
                letters::prove_address(&email, caller.url(&format!("/console/email/{}", token.reveal()))?)
            };
            mail::post(tx, &app.seal, &letter).await?;
        }
        Ok::<_, Failure>(())
    });
    asked.await?;
    Ok(done("email").into_response())
}

/// The page that a letter's link opens asks for a press: programs that read mail open links, and press nothing.
pub(super) async fn email_form(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    let Some((_, link)) = look(&app, &caller, Purpose::Email, &text).await? else { return Ok(dead_link()) };
    let action = format!("/console/email/{text}");
    Ok(html(StatusCode::OK, account::prove_email(&action, link.email.as_str())))
}

pub(super) async fn email_proved(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
    _: Sent,
) -> Result<Response, Failure> {
    let Some((token, _)) = look(&app, &caller, Purpose::Email, &text).await? else { return Ok(dead_link()) };
    let changed = app.store.run_tx("access.email_proved", async |tx| {
        let Some(link) = link::use_up(tx, Purpose::Email, &token, caller.now).await? else {
            return Ok(false);
        };
        let Some(id) = link.user_id else { return Ok(false) };
        let Some(user) = user::find(tx, &id).await? else { return Ok(false) };
        let change = Deed::of("user.email")
            .changing(json!({ "email": user.email.as_str() }), json!({ "email": link.email.as_str() }));
        match user::set_email(tx, &user.id, &link.email).await {
            Ok(()) => {}
            // By somebody who may have committed this moment, which ends this transaction.
            Err(access::Error::EmailTaken) => return Err(Failure::NotFound),
            Err(error) => return Err(error.into()),
        }
        link::take_back(tx, &user.id).await?;
        let by = By::user(&user, caller.visitor.clone(), caller.now);
        note(tx, &by, change, &app.seal, letters::address_changed(&user.email)).await?;
        Ok::<_, Failure>(true)
    });
    match changed.await {
        Ok(true) => Ok(done("address").into_response()),
        Ok(false) | Err(Failure::NotFound) => Ok(dead_link()),
        Err(failure) => Err(failure),
    }
}

pub(super) async fn password(State(app): State<App>, pressed: Pressed) -> Result<Response, Failure> {
    let user = &pressed.signed_in.session.user;
    let new = pressed.fields.raw("password");
    if let Err(weakness) = password::judge(new, &[user.email.as_str(), &user.name]) {
        return shown_wrong(&app, &pressed, "password", weakness.to_string()).await;
    }
    if let Some(answer) = proved(&app, &pressed, "old_password").await? {
        return Ok(answer);
    }
    let phc = app.passwords.hash(new).await?;
    let (session, caller) = (&pressed.signed_in.session, &pressed.signed_in.caller);
    let changed = app.store.run_tx("access.password", async |tx| {
        user::set_password(tx, &user.id, &phc).await?;
        session::end_others(tx, &user.id, Some(&session.id)).await?;
        link::take_back(tx, &user.id).await?;
        note(
            tx,
            &pressed.signed_in.by(),
            Deed::of("user.password"),
            &app.seal,
            letters::password_changed(&user.email),
        )
        .await?;
        Ok::<_, Failure>(session::prove(tx, session, caller.now).await?)
    });
    let token = changed.await?.ok_or(Failure::SignedOut)?;
    Ok((caller.signed_in(&token, None), done("password")).into_response())
}

pub(super) async fn enrol(State(app): State<App>, pressed: Pressed) -> Result<Response, Failure> {
    if let Some(answer) = proved(&app, &pressed, "factor_password").await? {
        return Ok(answer);
    }
    let (user, now) = (&pressed.signed_in.session.user, pressed.signed_in.caller.now);
    let enrolled = app.store.run_tx("access.factor_enrol", async |tx| {
        let deed = Deed { object: &user.id, ..Deed::of("user.factor_enrol") };
        audit::record(tx, &pressed.signed_in.by(), &deed).await?;
        factor::enrol(tx, &app.seal, &user.id, user.email.as_str(), now).await
    });
    enrolled.await?;
    Ok(Redirect::to(&format!("{PAGE}#factor")).into_response())
}

pub(super) async fn confirm(State(app): State<App>, pressed: Pressed) -> Result<Response, Failure> {
    let (session, caller) = (&pressed.signed_in.session, &pressed.signed_in.caller);
    let (user, code) = (&session.user, pressed.fields.text("factor_code"));
    let confirmed = app.store.run_tx("access.factor_confirm", async |tx| {
        let codes = factor::confirm(tx, &app.seal, &user.id, code, caller.now).await?;
        let Some(codes) = codes else { return Ok(None) };
        let letter = letters::factor_changed(
            &user.email,
            "Signing in to your account asks for a code of your app now.",
        );
        note(tx, &pressed.signed_in.by(), Deed::of("user.factor_on"), &app.seal, letter).await?;
        // Whoever is signed in elsewhere gave no second factor.
        session::end_others(tx, &user.id, Some(&session.id)).await?;
        Ok::<_, Failure>(Some((codes, session::prove(tx, session, caller.now).await?)))
    });
    let Some((codes, token)) = confirmed.await? else {
        return shown_wrong(
            &app,
            &pressed,
            "factor_code",
            "That is not the app's code. It shows a new one every 30 seconds.",
        )
        .await;
    };
    let token = token.ok_or(Failure::SignedOut)?;
    Ok((caller.signed_in(&token, None), codes_page(&pressed.signed_in, &token, &codes)).into_response())
}

/// With the forms of the session's new token.
pub(super) fn codes_page(signed_in: &SignedIn, token: &access::Token, codes: &[String]) -> Response {
    let csrf = session::form_token(token);
    let person = console::layout::Person { csrf: &csrf, ..signed_in.person() };
    html(StatusCode::OK, account::codes(person, codes))
}

/// Whether a code of app or paper was right; an answer when it was not.
async fn coded(app: &App, pressed: &Pressed) -> Result<Option<Response>, Failure> {
    let (id, now) = (&pressed.signed_in.session.user.id, pressed.signed_in.caller.now);
    match factor::check(&app.store, &app.seal, id, pressed.fields.text("factor_code"), now).await? {
        Checked::Right | Checked::RightOnPaper { .. } => Ok(None),
        Checked::Wrong => {
            shown_wrong(app, pressed, "factor_code", "That code is not right, or was used.").await.map(Some)
        }
        Checked::TooOften { .. } => Err(Failure::TooOften),
    }
}

pub(super) async fn codes(State(app): State<App>, pressed: Pressed) -> Result<Response, Failure> {
    if let Some(answer) = coded(&app, &pressed).await? {
        return Ok(answer);
    }
    let user = &pressed.signed_in.session.user;
    let renewed = app.store.run_tx("access.factor_codes", async |tx| {
        let letter = letters::factor_changed(
            &user.email,
            "Your recovery codes were made anew: the earlier ones are void.",
        );
        note(tx, &pressed.signed_in.by(), Deed::of("user.factor_codes"), &app.seal, letter).await?;
        Ok::<_, Failure>(factor::renew_recovery(tx, &user.id).await?)
    });
    let codes = renewed.await?;
    Ok(html(StatusCode::OK, account::codes(pressed.signed_in.person(), &codes)))
}

pub(super) async fn factor_off(State(app): State<App>, pressed: Pressed) -> Result<Response, Failure> {
    if let Some(answer) = coded(&app, &pressed).await? {
        return Ok(answer);
    }
    let user = &pressed.signed_in.session.user;
    let off = app.store.run_tx("access.factor_off", async |tx| {
        factor::turn_off(tx, &user.id).await?;
        let letter = letters::factor_changed(
            &user.email,
            "Signing in to your account asks for no code of an app any more.",
        );
        note(tx, &pressed.signed_in.by(), Deed::of("user.factor_off"), &app.seal, letter).await
    });
    off.await?;
    Ok(done("off").into_response())
}

pub(super) async fn end_device(State(app): State<App>, pressed: Pressed) -> Result<Response, Failure> {
    let (user, id) = (&pressed.signed_in.session.user.id, pressed.fields.text("device"));
    let ended = app.store.run_tx("access.end_device", async |tx| {
        if session::end(tx, user, id).await? {
            let deed = Deed { object: id, ..Deed::of("session.end") };
            audit::record(tx, &pressed.signed_in.by(), &deed).await?;
        }
        Ok::<_, access::Error>(())
    });
    ended.await?;
    Ok(done("device").into_response())
}

pub(super) async fn end_other_devices(State(app): State<App>, pressed: Pressed) -> Result<Response, Failure> {
    let session = &pressed.signed_in.session;
    let ended = app.store.run_tx("access.end_devices", async |tx| {
        let deed = Deed { object: &session.user.id, ..Deed::of("session.end_others") };
        audit::record(tx, &pressed.signed_in.by(), &deed).await?;
        session::end_others(tx, &session.user.id, Some(&session.id)).await
    });
    ended.await?;
    Ok(done("device").into_response())
}
