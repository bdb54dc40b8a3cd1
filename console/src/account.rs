//! How people come in: sign up, sign in, choose a new password, and their own account.
//!
//! Pages for who is not signed in say the same to everyone: whether an address has an account is told by letter alone.

mod settings;

pub use settings::{App, Devices, Enrolling, Settings, codes, settings};

use crate::assets;
use crate::controls::{Filled, Label, Line};
use crate::human::Check;
use crate::layout::{Area, Page};
use access::oidc::Offer;
use maud::{Markup, html};

/// The longest address, name and password that a form takes; what is judged is the crates' that keep them.
const EMAIL_MAX: u16 = 254;
const NAME_MAX: u16 = 100;
const PASSWORD_MAX: u16 = 128;

fn narrow(title: &str, main: Markup) -> Markup {
    Page { title, area: Area::SignedOut, say: "", main: html! { div.narrow.door { (main) } } }.render()
}

/// Buttons that lead to identity providers.
fn offers(offers: &[Offer<'_>]) -> Markup {
    html! {
        @if !offers.is_empty() {
            ul.ways {
                @for offer in offers {
                    li { a.button href={ "/console/sign-in/with/" (offer.id) } rel="nofollow" { "Continue with " (offer.name) } }
                }
            }
        }
    }
}

/// Asks for an address. Nothing else is asked before it is proved.
pub fn sign_up(filled: Filled<'_>, check: Option<&Check>, offered: &[Offer<'_>]) -> Markup {
    narrow(
        "Create an account",
        html! {
            h1 { "Live cricket on your site" }
            p { "Create an account, paste one tag, and your readers follow every ball. It takes two minutes." }
            (filled.summary())
            form.stack method="post" action="/console/sign-up" {
                (filled.line(Label::new("email", "Work e-mail").hint("We send a link to it, and nothing else."), Line::Email, EMAIL_MAX))
                @if let Some(check) = check { (check.field(filled)) }
                p { button.primary type="submit" { "Send me the link" } }
            }
            (offers(offered))
            p.muted { "You have an account? " a href="/console/sign-in" { "Sign in" } }
            @if let Some(check) = check { (check.scripts()) }
        },
    )
}

/// A letter is on its way, for which one may ask `again`; `where_letters_are` names the folder where nobody sends them.
pub fn check_mail(email: &str, again: &str, where_letters_are: Option<&str>) -> Markup {
    narrow(
        "Check your mail",
        html! {
            h1 { "Check your mail" }
            p { "If " strong { (email) } " can be reached, a letter with your link arrives there within a minute. You can close this page." }
            @if let Some(folder) = where_letters_are {
                p.notice { "This Crease sends no mail: its letters are files in " code { (folder) } ", the newest last. Set " code { "mail.url" } " to send them." }
            }
            p.muted { "Nothing came? Look among the spam, or " a href=(again) { "try again" } "." }
        },
    )
}

/// Makes the account, for who opened the letter's link.
pub fn welcome(action: &str, email: &str, filled: Filled<'_>) -> Markup {
    narrow(
        "Your account",
        html! {
            h1 { "Nearly there" }
            p { "You are " strong { (email) } "." }
            (filled.summary())
            form.stack method="post" action=(action) {
                // So that a password manager keeps the two together.
                input type="hidden" name="username" autocomplete="username" value=(email);
                (filled.line(Label::new("name", "Your name"), Line::Name, NAME_MAX))
                (filled.line(Label::new("organisation", "Organisation").hint("What your readers know you by. It can be changed."), Line::Text, NAME_MAX))
                (filled.line(Label::new("password", "Password").hint("At least 10 characters: four unrelated words are good."), Line::NewPassword, PASSWORD_MAX))
                p { button.primary type="submit" { "Create the account" } }
            }
        },
    )
}

/// Asks for address and password.
pub fn sign_in(filled: Filled<'_>, check: Option<&Check>, offered: &[Offer<'_>]) -> Markup {
    narrow(
        "Sign in",
        html! {
            h1 { "Sign in" }
            (filled.summary())
            form.stack method="post" action="/console/sign-in" {
                (filled.line(Label::new("email", "E-mail"), Line::Email, EMAIL_MAX))
                (filled.line(Label::new("password", "Password"), Line::Password, PASSWORD_MAX))
                @if let Some(check) = check { (check.field(filled)) }
                p { button.primary type="submit" { "Sign in" } }
            }
            (with_passkey("Sign in with a passkey"))
            (offers(offered))
            p.muted { a href="/console/reset" { "Forgot the password?" } " · New here? " a href="/console/sign-up" { "Create an account" } }
            p.muted { "You score matches with a feed's key? " a href="/console/scorer" { "This way" } }
            @if let Some(check) = check { (check.scripts()) }
        },
    )
}

/// Makes the account of who came by an identity provider, which has proved the address.
pub fn newcomer(email: &str, filled: Filled<'_>) -> Markup {
    narrow(
        "Your account",
        html! {
            h1 { "Nearly there" }
            p { "You are " strong { (email) } "." }
            (filled.summary())
            form.stack method="post" action="/console/sign-up/with" {
                (filled.line(Label::new("name", "Your name"), Line::Name, NAME_MAX))
                (filled.line(Label::new("organisation", "Organisation").hint("What your readers know you by. It can be changed."), Line::Text, NAME_MAX))
                p { button.primary type="submit" { "Create the account" } }
            }
        },
    )
}

/// On the way to an identity provider, by its link where the browser does not go on by itself.
pub fn leaving(provider: &str, url: &str) -> Markup {
    narrow(
        "On to your provider",
        html! {
            h1 { "On to " (provider) }
            p { "There you say that it is you, and come back." }
            p { a.button.primary href=(url) { "Go on to " (provider) } }
        },
    )
}

/// A button that signs in with a passkey, where the browser has such.
fn with_passkey(words: &str) -> Markup {
    html! {
        script type="module" src=(assets::path("passkey.js")) {}
        form.stack method="post" action="/console/sign-in/passkey" data-passkey="get" data-begin="/console/sign-in/passkey/begin" hidden {
            input type="hidden" name="token";
            input type="hidden" name="answer";
            p.mistake role="alert" data-said hidden {}
            p { button type="submit" { (words) } }
        }
    }
}

/// Asks for the second factor.
pub fn code(filled: Filled<'_>) -> Markup {
    narrow(
        "One more step",
        html! {
            h1 { "One more step" }
            (filled.summary())
            form.stack method="post" action="/console/sign-in/code" {
                (filled.line(Label::new("code", "Code").hint("The six digits that your app shows, or one of your recovery codes."), Line::Code, 20))
                p { button.primary type="submit" { "Sign in" } }
            }
            (with_passkey("Use a passkey"))
            p.muted { a href="/console/sign-in" { "Begin again" } }
        },
    )
}

/// Asks for the address of the account whose password is forgotten.
pub fn reset(filled: Filled<'_>, check: Option<&Check>) -> Markup {
    narrow(
        "Forgotten password",
        html! {
            h1 { "Forgotten password" }
            p { "We send a link to your address, with which you choose a new one." }
            (filled.summary())
            form.stack method="post" action="/console/reset" {
                (filled.line(Label::new("email", "E-mail"), Line::Email, EMAIL_MAX))
                @if let Some(check) = check { (check.field(filled)) }
                p { button.primary type="submit" { "Send me the link" } }
            }
            p.muted { a href="/console/sign-in" { "Back" } }
            @if let Some(check) = check { (check.scripts()) }
        },
    )
}

/// Chooses a new password, for who opened the letter's link.
pub fn new_password(action: &str, email: &str, filled: Filled<'_>) -> Markup {
    narrow(
        "New password",
        html! {
            h1 { "New password" }
            p { "For " strong { (email) } ". All devices are signed out, but this one." }
            (filled.summary())
            form.stack method="post" action=(action) {
                input type="hidden" name="username" autocomplete="username" value=(email);
                (filled.line(Label::new("password", "Password").hint("At least 10 characters: four unrelated words are good."), Line::NewPassword, PASSWORD_MAX))
                p { button.primary type="submit" { "Set the password" } }
            }
        },
    )
}

/// An invitation, as its letter's link shows it.
#[derive(Clone, Copy, Debug)]
pub struct Invitation<'a> {
    /// Where its form is posted to.
    pub action: &'a str,
    pub organisation: &'a str,
    pub role: &'a str,
    pub email: &'a str,
    /// Who is signed in, and the session's form token.
    pub signed_in: Option<(&'a str, &'a str)>,
}

/// Joins an organisation: with the account that is signed in, or a new one of the address that was invited.
pub fn invitation(invitation: Invitation<'_>, filled: Filled<'_>) -> Markup {
    narrow(
        "Invitation",
        html! {
            h1 { "Join " (invitation.organisation) }
            p { "You are invited to " strong { (invitation.organisation) } " as " strong { (invitation.role) } "." }
            (filled.summary())
            @if let Some((email, csrf)) = invitation.signed_in {
                form.stack method="post" action=(invitation.action) {
                    (crate::layout::csrf_field(csrf))
                    p { "You are signed in as " strong { (email) } "." }
                    p { button.primary type="submit" { "Join" } }
                }
            } @else {
                form.stack method="post" action=(invitation.action) {
                    input type="hidden" name="username" autocomplete="username" value=(invitation.email);
                    (filled.line(Label::new("name", "Your name"), Line::Name, NAME_MAX))
                    (filled.line(Label::new("password", "Password").hint("At least 10 characters: four unrelated words are good."), Line::NewPassword, PASSWORD_MAX))
                    p { button.primary type="submit" { "Create the account and join" } }
                }
                p.muted { "You have an account? " a href="/console/sign-in" { "Sign in" } ", then open the letter's link again." }
            }
        },
    )
}

/// Proves a new address, for who opened the letter's link.
pub fn prove_email(action: &str, email: &str) -> Markup {
    narrow(
        "Your new address",
        html! {
            h1 { "Your new address" }
            p { "Your account gets the address " strong { (email) } ". You sign in with it from then on." }
            form.stack method="post" action=(action) { p { button.primary type="submit" { "Confirm" } } }
        },
    )
}

/// A letter's link that opens nothing any more.
pub fn dead_link() -> Markup {
    narrow(
        "This link is used up",
        html! {
            h1 { "This link is used up" }
            p { "It was used, it is too old, or a later letter took its place." }
            p { a href="/console/sign-in" { "Sign in" } " or " a href="/console/reset" { "ask for a new password" } "." }
        },
    )
}
