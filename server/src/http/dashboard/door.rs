//! The doors: sign up, sign in, choose a new password, sign out.
//!
//! What is answered, and what is done before the answer, is the same whether or not an address has an account.

use super::asked::Path;
use super::failure::Failure;
use super::human::{self, blank, due, wrong, wrong_page};
use super::letters;
use super::signed_in::{Caller, Pressed, Sent};
use crate::app::App;
use crate::http::scorer::html;
use crate::mail::{self, May, Why};
use access::attempts::{self, Allowed, Rule};
use access::human::Endpoint;
use access::link::{self, Link, Purpose};
use access::session::{self, Begins};
use access::sign_in::{Answer, Attempt, Password};
use access::{By, Deed, Email, Token, User, device, factor, password, sign_in as signing, user};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use console::account;
use console::controls::Filled;
use console::{Check, Fields, Mistakes};
use jiff::SignedDuration;
use partners::organisation;
use store::{Seal, Transaction};

/// What is shown of a form that was not right.
pub(super) const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

/// Whether one more letter may be sent; false when the address has had enough, of which its sender is not told.
pub(super) async fn may_send(
    tx: &Transaction<'_>,
    caller: &Caller,
    to: &Email,
    why: Why,
) -> Result<bool, Failure> {
    match mail::may_send(tx, &caller.visitor, to, why, caller.now).await? {
        May::Yes => Ok(true),
        May::NotTo { .. } => Ok(false),
        May::NotFrom { .. } => Err(Failure::TooOften),
    }
}

/// The folder of letters that are not sent, for a demo's page.
fn letters_folder(app: &App) -> Option<String> {
    let is_file = app.config.mail.url.reveal().is_none() && app.demo.is_some();
    is_file.then(|| app.config.data.dir.join("mail").display().to_string())
}

pub(super) async fn sign_up_form(State(app): State<App>) -> Result<Response, Failure> {
    is_open(&app)?;
    let offers = app.oidc.offers();
    let page = |filled: Filled<'_>, check: Option<&Check>| account::sign_up(filled, check, &offers);
    Ok(blank(page, human::check(&app, Endpoint::SignUp).as_ref()))
}

pub(super) fn is_open(app: &App) -> Result<(), Failure> {
    let closed = "New accounts are made by invitation here: ask whoever runs this Crease.";
    if app.config.access.sign_up { Ok(()) } else { Err(Failure::NotSetUp(closed)) }
}

pub(super) async fn sign_up(State(app): State<App>, caller: Caller, sent: Sent) -> Result<Response, Failure> {
    is_open(&app)?;
    let check = human::check(&app, Endpoint::SignUp);
    let again = |field, text| {
        let offers = app.oidc.offers();
        let page = |filled: Filled<'_>, check: Option<&Check>| account::sign_up(filled, check, &offers);
        Ok(wrong(page, check.as_ref(), &sent.fields, field, text))
    };
    let email = match Email::parse(sent.fields.text("email")) {
        Ok(email) => email,
        Err(error) => return again("email", error.to_string()),
    };
    if let Err(refusal) = human::judge(&app, check.as_ref(), &caller, &sent.fields).await? {
        return again(Check::FIELD, refusal.to_string());
    }
    let asked = app.store.run_tx("access.sign_up", async |tx| {
        if may_send(tx, &caller, &email, Why::ByAnybody).await? {
            // The same is done for either, so that it takes the same time; who has an account is not sent the link.
            let token = link::make(tx, Purpose::SignUp, &email, None, caller.now).await?;
            let letter = match user::by_email(tx, &email).await? {
                Some(user) => letters::has_account(&user.email, caller.url(super::SIGN_IN)?),
                None => {
                    letters::sign_up(&email, caller.url(&format!("/console/welcome/{}", token.reveal()))?)
                }
            };
            mail::post(tx, &app.seal, &letter).await?;
        }
        Ok::<_, Failure>(())
    });
    asked.await?;
    Ok(check_mail(&app, &email, "/console/sign-up"))
}

fn check_mail(app: &App, email: &Email, again: &str) -> Response {
    html(StatusCode::OK, account::check_mail(email.as_str(), again, letters_folder(app).as_deref()))
}

/// What a letter's link is for, before it is used up.
pub(super) async fn look(
    app: &App,
    caller: &Caller,
    purpose: Purpose,
    text: &str,
) -> Result<Option<(Token, Link)>, Failure> {
    let Some(token) = Token::of(text) else { return Ok(None) };
    let looked =
        app.store.read("access.link", async |db| link::look(db, purpose, &token, caller.now).await).await?;
    Ok(looked.map(|it| (token, it)))
}

pub(super) fn dead_link() -> Response {
    html(StatusCode::GONE, account::dead_link())
}

pub(super) async fn welcome_form(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    let Some((_, link)) = look(&app, &caller, Purpose::SignUp, &text).await? else { return Ok(dead_link()) };
    Ok(welcome_page(StatusCode::OK, &text, &link, &Fields::default(), &Mistakes::default()))
}

fn welcome_page(
    status: StatusCode,
    text: &str,
    link: &Link,
    fields: &Fields,
    mistakes: &Mistakes,
) -> Response {
    let action = format!("/console/welcome/{text}");
    html(status, account::welcome(&action, link.email.as_str(), Filled { fields, mistakes }))
}

pub(super) async fn welcome(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
    sent: Sent,
) -> Result<Response, Failure> {
    let Some((token, link)) = look(&app, &caller, Purpose::SignUp, &text).await? else {
        return Ok(dead_link());
    };
    let fields = &sent.fields;
    let new = NewUser {
        name: fields.text("name"),
        password: fields.raw("password"),
        about: fields.text("organisation"),
    };
    let mut mistakes = new.mistakes(&link.email);
    judge_organisation(fields, &mut mistakes);
    if !mistakes.is_empty() {
        return Ok(welcome_page(WRONG, &text, &link, fields, &mistakes));
    }
    let phc = app.passwords.hash(new.password).await?;
    let made = app.store.run_tx("access.welcome", async |tx| {
        let Some(link) = link::use_up(tx, Purpose::SignUp, &token, caller.now).await? else {
            return Ok(None);
        };
        let user = match user::create(tx, &link.email, new.name, &phc, caller.now).await {
            Ok(user) => user,
            // Another letter's link was faster.
            Err(access::Error::EmailTaken) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        settle(tx, &caller, &user, fields.text("organisation")).await.map(Some)
    });
    match made.await? {
        Some(settled) => Ok(settled.shown(&caller)),
        None => Ok(dead_link()),
    }
}

/// A new user, signed in, with an organisation of their own.
pub(super) struct Settled {
    organisation_id: String,
    session: Token,
    device: Token,
}

impl Settled {
    /// On to the first site.
    pub(super) fn shown(&self, caller: &Caller) -> Response {
        let to = format!("/console/o/{}/start", self.organisation_id);
        (caller.signed_in(&self.session, Some(&self.device)), Redirect::to(&to)).into_response()
    }
}

/// Writes down that there is a new user, makes the organisation, and signs in.
pub(super) async fn settle(
    tx: &Transaction<'_>,
    caller: &Caller,
    user: &User,
    organisation: &str,
) -> Result<Settled, Failure> {
    let by = By::user(user, caller.visitor.clone(), caller.now);
    access::audit::record(tx, &by, &Deed { action: "user.create", object: &user.id, ..Deed::default() })
        .await?;
    let organisation = organisation::create(tx, organisation, &by).await?;
    let session = session::begin(tx, &user.id, &caller.visitor, Begins::SignedIn, caller.now).await?;
    let device = device::remember(tx, &user.id, caller.device.as_ref(), caller.now).await?;
    Ok(Settled { organisation_id: organisation.id, session, device })
}

pub(super) fn judge_organisation(fields: &Fields, mistakes: &mut Mistakes) {
    if !(1..=100).contains(&fields.text("organisation").chars().count()) {
        mistakes.add("organisation", "An organisation's name has 1 to 100 characters.");
    }
}

/// What is asked of somebody new.
pub(super) struct NewUser<'a> {
    pub(super) name: &'a str,
    pub(super) password: &'a str,
    /// What a password should not be made of, beside name and address.
    pub(super) about: &'a str,
}

impl NewUser<'_> {
    pub(super) fn mistakes(&self, email: &Email) -> Mistakes {
        let mut mistakes = Mistakes::default();
        if user::name(self.name).is_err() {
            mistakes.add("name", "A name has 1 to 100 characters.");
        }
        if let Err(weakness) = password::judge(self.password, &[email.as_str(), self.name, self.about]) {
            mistakes.add("password", weakness.to_string());
        }
        mistakes
    }
}

pub(super) async fn sign_in_form(State(app): State<App>) -> Response {
    let offers = app.oidc.offers();
    blank(|filled, check| account::sign_in(filled, check, &offers), None)
}

/// The page where people sign in, with what went wrong another way.
pub(super) fn sign_in_wrong(app: &App, field: &'static str, text: String) -> Response {
    let offers = app.oidc.offers();
    wrong_page(|filled, check| account::sign_in(filled, check, &offers), field, text)
}

pub(super) async fn sign_in(State(app): State<App>, caller: Caller, sent: Sent) -> Result<Response, Failure> {
    const NO: &str = "That is not the address and the password of an account here.";
    let fields = &sent.fields;
    let again = |check: Option<&Check>, field, text| {
        let offers = app.oidc.offers();
        wrong(|filled, check| account::sign_in(filled, check, &offers), check, fields, field, text)
    };
    let Ok(email) = Email::parse(fields.text("email")) else {
        return Ok(again(None, "email", NO.to_owned()));
    };
    let attempt = Attempt {
        email: &email,
        password: Password(fields.raw("password")),
        device: caller.device.as_ref(),
        visitor: &caller.visitor,
    };
    let check = due(&app, attempt, caller.now).await?;
    if let Err(refusal) = human::judge(&app, check.as_ref(), &caller, fields).await? {
        return Ok(again(check.as_ref(), Check::FIELD, refusal.to_string()));
    }
    match signing::with_password(&app.store, &app.passwords, attempt, caller.now).await? {
        Answer::SignedIn { token, device, .. } => {
            Ok((caller.signed_in(&token, Some(&device)), Redirect::to("/console")).into_response())
        }
        Answer::SecondFactor { token, .. } => {
            Ok((caller.signed_in(&token, None), Redirect::to("/console/sign-in/code")).into_response())
        }
        // It may have been the one after which the check is due.
        Answer::Wrong => Ok(again(due(&app, attempt, caller.now).await?.as_ref(), "email", NO.to_owned())),
        Answer::TooOften { .. } => Err(Failure::TooOften),
    }
}

/// Half signed in, with a count of its own: never a check.
fn code_page(filled: Filled<'_>, _: Option<&Check>) -> console::Markup {
    account::code(filled)
}

pub(super) async fn code_form() -> Response {
    blank(code_page, None)
}

pub(super) async fn code(State(app): State<App>, caller: Caller, sent: Sent) -> Result<Response, Failure> {
    let Some(token) = caller.session() else { return Err(Failure::SignedOut) };
    let half =
        app.store.read("access.half", async |db| session::find_half(db, token, caller.now).await).await?;
    let half = half.ok_or(Failure::SignedOut)?;
    let checked =
        factor::check(&app.store, &app.seal, &half.user.id, sent.fields.text("code"), caller.now).await?;
    match checked {
        factor::Checked::Right | factor::Checked::RightOnPaper { .. } => {}
        factor::Checked::Wrong => {
            let text = "That code is not right, or was used. The app shows a new one every 30 seconds.";
            return Ok(wrong_page(code_page, "code", text.to_owned()));
        }
        factor::Checked::TooOften { .. } => return Err(Failure::TooOften),
    }
    let whole = app.store.run_tx("access.sign_in_code", async |tx| {
        let device = device::remember(tx, &half.user.id, caller.device.as_ref(), caller.now).await?;
        let session = session::complete(tx, &half, &caller.visitor, caller.now).await?;
        Ok::<_, Failure>((session, device))
    });
    let (session, device) = whole.await?;
    Ok((caller.signed_in(&session, Some(&device)), Redirect::to("/console")).into_response())
}

pub(super) async fn sign_out(State(app): State<App>, pressed: Pressed) -> Result<Response, Failure> {
    let session = &pressed.signed_in.session;
    let ended = app.store.run_tx("access.sign_out", async |tx| {
        let deed = Deed { object: &session.id, ..Deed::of("session.end") };
        access::audit::record(tx, &pressed.signed_in.by(), &deed).await?;
        session::end(tx, &session.user.id, &session.id).await
    });
    ended.await?;
    Ok((pressed.signed_in.caller.signed_out(), Redirect::to(super::SIGN_IN)).into_response())
}

pub(super) async fn reset_form(State(app): State<App>) -> Response {
    blank(account::reset, human::check(&app, Endpoint::Reset).as_ref())
}

pub(super) async fn reset(State(app): State<App>, caller: Caller, sent: Sent) -> Result<Response, Failure> {
    let check = human::check(&app, Endpoint::Reset);
    let again = |field, text| Ok(wrong(account::reset, check.as_ref(), &sent.fields, field, text));
    let email = match Email::parse(sent.fields.text("email")) {
        Ok(email) => email,
        Err(error) => return again("email", error.to_string()),
    };
    if let Err(refusal) = human::judge(&app, check.as_ref(), &caller, &sent.fields).await? {
        return again(Check::FIELD, refusal.to_string());
    }
    let asked = app.store.run_tx("access.reset", async |tx| {
        if may_send(tx, &caller, &email, Why::ToChooseAPassword).await? {
            // The same is done for either, so that it takes the same time; without an account the link opens nothing, and is not sent.
            let user = user::by_email(tx, &email).await?;
            let owner = user.as_ref().map(|it| it.id.as_str());
            let token = link::make(tx, Purpose::Reset, &email, owner, caller.now).await?;
            let letter = match &user {
                Some(user) => {
                    letters::reset(&user.email, caller.url(&format!("/console/reset/{}", token.reveal()))?)
                }
                None => letters::no_account(&email, caller.url("/console/sign-up")?),
            };
            mail::post(tx, &app.seal, &letter).await?;
        }
        Ok::<_, Failure>(())
    });
    asked.await?;
    Ok(check_mail(&app, &email, "/console/reset"))
}

pub(super) async fn new_password_form(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    let Some((_, link)) = look(&app, &caller, Purpose::Reset, &text).await? else { return Ok(dead_link()) };
    Ok(new_password_page(StatusCode::OK, &text, &link, &Mistakes::default()))
}

fn new_password_page(status: StatusCode, text: &str, link: &Link, mistakes: &Mistakes) -> Response {
    let (action, fields) = (format!("/console/reset/{text}"), Fields::default());
    html(status, account::new_password(&action, link.email.as_str(), Filled { fields: &fields, mistakes }))
}

pub(super) async fn new_password(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
    sent: Sent,
) -> Result<Response, Failure> {
    let Some((token, link)) = look(&app, &caller, Purpose::Reset, &text).await? else {
        return Ok(dead_link());
    };
    let password = sent.fields.raw("password");
    if let Err(weakness) = password::judge(password, &[link.email.as_str()]) {
        let mistakes = Mistakes::one("password", weakness.to_string());
        return Ok(new_password_page(WRONG, &text, &link, &mistakes));
    }
    let phc = app.passwords.hash(password).await?;
    let changed = app.store.run_tx("access.new_password", async |tx| {
        let Some(link) = link::use_up(tx, Purpose::Reset, &token, caller.now).await? else { return Ok(None) };
        let Some(id) = link.user_id else { return Ok(None) };
        let Some(user) = user::find(tx, &id).await? else { return Ok(None) };
        user::set_password(tx, &user.id, &phc).await?;
        session::end_others(tx, &user.id, None).await?;
        device::forget_all(tx, &user.id).await?;
        link::take_back(tx, &user.id).await?;
        let by = By::user(&user, caller.visitor.clone(), caller.now);
        note(tx, &by, Deed::of("user.reset_password"), &app.seal, letters::password_changed(&user.email))
            .await?;
        // The letter stands for the password, not for the second factor.
        let begins =
            if factor::is_on(tx, &user.id).await? { Begins::AwaitingSecondFactor } else { Begins::SignedIn };
        let session = session::begin(tx, &user.id, &caller.visitor, begins, caller.now).await?;
        let device = match begins {
            Begins::SignedIn => {
                Some(device::remember(tx, &user.id, caller.device.as_ref(), caller.now).await?)
            }
            Begins::AwaitingSecondFactor => None,
        };
        Ok::<_, Failure>(Some((session, device)))
    });
    let Some((session, device)) = changed.await? else { return Ok(dead_link()) };
    let to = if device.is_some() { "/console" } else { "/console/sign-in/code" };
    Ok((caller.signed_in(&session, device.as_ref()), Redirect::to(to)).into_response())
}

/// Writes into the log what a user did to the own account, and sends a letter about it.
pub(super) async fn note(
    tx: &Transaction<'_>,
    by: &By,
    deed: Deed<'_>,
    seal: &Seal,
    letter: access::Letter,
) -> Result<(), Failure> {
    access::audit::record(tx, by, &Deed { object: &by.actor.id, ..deed }).await?;
    mail::post(tx, seal, &letter).await?;
    Ok(())
}

/// The user of a session that has just been proved again with the password; none when it was another one.
pub(super) async fn prove(app: &App, user: &User, caller: &Caller, password: &str) -> Result<bool, Failure> {
    /// A browser that was left open is no way to guess its owner's password.
    const PROOFS: Rule = Rule { name: "proof", max: 10, within: SignedDuration::from_mins(15) };
    let counted = app.store.run_tx("access.prove", async |tx| {
        if let Allowed::No { .. } = attempts::count(tx, PROOFS, &user.id, caller.now).await? {
            return Err(Failure::TooOften);
        }
        Ok(user::password_phc(tx, &user.id).await?)
    });
    let phc = counted.await?;
    let is_right = app.passwords.check(password, phc.as_deref()).await?;
    if is_right {
        app.store.run_tx("access.proved", async |tx| attempts::clear(tx, PROOFS, &user.id).await).await?;
    }
    Ok(is_right)
}
