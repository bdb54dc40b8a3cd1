//! One's own account: name, address, password, second factor, devices.

use super::{EMAIL_MAX, NAME_MAX, PASSWORD_MAX};
use crate::assets;
use crate::controls::{Filled, Label, Line};
use crate::layout::{Area, Page, Person, csrf_field};
use crate::when;
use access::audit::Entry;
use access::oidc::{Identity, Offer};
use access::passkey::Passkey;
use access::session::Device;
use access::{User, device_name};
use jiff::Timestamp;
use maud::{Markup, html};

/// What the page shows.
#[derive(Debug)]
pub struct Settings<'a> {
    pub person: Person<'a>,
    pub user: &'a User,
    pub devices: Devices<'a>,
    /// Whether an app shows codes.
    pub app: App,
    pub passkeys: &'a [Passkey],
    /// Identity providers that open the account, and those that may.
    pub identities: &'a [Identity],
    pub offers: &'a [Offer<'a>],
    /// What happened to the account, the latest first.
    pub activity: &'a [Entry],
    /// Codes for paper that are left; none while there is no second factor.
    pub recovery_left: Option<usize>,
    /// A secret that waits for the app's first code.
    pub enrolling: Option<Enrolling<'a>>,
    pub now: Timestamp,
    /// What was just done.
    pub done: &'a str,
}

/// Whether signing in asks for an app's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum App {
    On,
    Off,
}

/// Where the user is signed in; which of them this is.
#[derive(Clone, Copy, Debug)]
pub struct Devices<'a> {
    pub all: &'a [Device],
    pub this: &'a str,
}

/// What an app needs.
#[derive(Debug)]
pub struct Enrolling<'a> {
    /// A QR code as a path of an SVG: its modules a side, and what is dark.
    pub code: (i32, String),
    pub secret: &'a str,
}

/// The page; what was wrong is said beside its field.
pub fn settings(of: &Settings<'_>, filled: Filled<'_>) -> Markup {
    let csrf = of.person.csrf;
    let main = html! {
        div.narrow {
            h1 { "Your account" }
            @if !of.done.is_empty() { p.done role="status" { (of.done) } }
            (filled.summary())
            section #profile {
                h2 { "Profile" }
                form.stack.boxed method="post" action="/console/account/profile" {
                    (csrf_field(csrf))
                    (filled.line(Label::new("name", "Name"), Line::Name, NAME_MAX))
                    p { button type="submit" { "Save" } }
                }
                form.stack.boxed method="post" action="/console/account/email" {
                    (csrf_field(csrf))
                    p { "Your address is " strong { (of.user.email.as_str()) } "." }
                    (filled.line(Label::new("email", "New e-mail").hint("It changes when the link that we send there is opened."), Line::Email, EMAIL_MAX))
                    (filled.line(Label::new("email_password", "Password"), Line::Password, PASSWORD_MAX))
                    p { button type="submit" { "Send the link" } }
                }
            }
            section #password-box {
                h2 { "Password" }
                @if of.user.has_password {
                    form.stack.boxed method="post" action="/console/account/password" {
                        (csrf_field(csrf))
                        (filled.line(Label::new("old_password", "Present password"), Line::Password, PASSWORD_MAX))
                        (filled.line(Label::new("password", "New password").hint("All other devices are signed out."), Line::NewPassword, PASSWORD_MAX))
                        p { button type="submit" { "Change the password" } }
                    }
                } @else {
                    div.boxed.stack {
                        p { "You have none: your identity provider signs you in. What is dangerous here, such as another address or a second factor, asks for one." }
                        p { a.button href="/console/reset" { "Choose one by a letter's link" } }
                    }
                }
            }
            section #factor { h2 { "Second factor" } (factor(of, filled)) }
            section #passkeys { h2 { "Passkeys" } (passkeys(of, filled)) }
            @if !of.identities.is_empty() || !of.offers.is_empty() {
                section #identities { h2 { "Identity providers" } (identities(of, filled)) }
            }
            section #devices {
                h2 { "Devices" }
                (devices(of))
            }
            section #activity {
                h2 { "What happened lately" }
                p.muted { "Something that was not you? Choose a new password, and sign out all others." }
                ul.rows {
                    @for entry in of.activity {
                        li { div {
                            strong { (happened(&entry.action)) }
                            p.muted { (when(entry.at)) " · " (device_name(&entry.agent)) " · " (entry.address) }
                        } }
                    }
                }
            }
        }
    };
    Page { title: "Your account", area: Area::Account(of.person), say: of.done, main }.render()
}

fn factor(of: &Settings<'_>, filled: Filled<'_>) -> Markup {
    let csrf = of.person.csrf;
    html! {
        @let left = of.recovery_left.unwrap_or_default();
        @if of.app == App::On {
            div.boxed.stack {
                p { strong { "On." } " Signing in asks for a code of your app. " (left) " of " (access::factor::RECOVERY_CODES) " recovery codes are left." }
                form.stack method="post" {
                    (csrf_field(csrf))
                    (filled.line(Label::new("factor_code", "Code").hint("Of your app, or a recovery code: to prove that it is you."), Line::Code, 20))
                    p.row {
                        button type="submit" formaction="/console/account/factor/codes" { "New recovery codes" }
                        button.danger type="submit" formaction="/console/account/factor/off" { "Turn it off" }
                    }
                }
            }
        } @else if let Some(enrolling) = &of.enrolling {
            div.boxed.stack {
                p { "Scan this with an authenticator app, or type " code { (enrolling.secret) } "." }
                (qr(&enrolling.code))
                form.stack method="post" action="/console/account/factor/confirm" {
                    (csrf_field(csrf))
                    (filled.line(Label::new("factor_code", "The app's code"), Line::Code, 20))
                    p { button.primary type="submit" { "Turn it on" } }
                }
            }
        } @else {
            form.boxed.stack method="post" action="/console/account/factor/enrol" {
                (csrf_field(csrf))
                p { "Off. With an authenticator app, a stolen password alone opens nothing." }
                (filled.line(Label::new("factor_password", "Password"), Line::Password, PASSWORD_MAX))
                p { button type="submit" { "Set it up" } }
            }
        }
    }
}

fn passkeys(of: &Settings<'_>, filled: Filled<'_>) -> Markup {
    let csrf = of.person.csrf;
    html! {
        script type="module" src=(assets::path("passkey.js")) {}
        @if of.passkeys.is_empty() { p { "None. A passkey is kept by your device, and signs in with its lock instead of a password." } }
        @else {
            ul.rows {
                @for passkey in of.passkeys {
                    li {
                        div {
                            strong { (passkey.name) }
                            p.muted { "made " (when(passkey.made_at)) " · " @match passkey.used_at { Some(at) => { "last used " (when(at)) } None => { "never used" } } }
                        }
                        form.row method="post" action={ "/console/account/passkeys/" (passkey.id) "/remove" } {
                            (csrf_field(csrf))
                            input type="password" name="passkey_password" autocomplete="current-password" maxlength=(PASSWORD_MAX) placeholder="Password"
                                aria-label={ "Password, to take away " (passkey.name) };
                            button type="submit" aria-label={ "Take away " (passkey.name) } { "Take away" }
                        }
                    }
                }
            }
            @if of.app == App::Off { p.muted { (of.recovery_left.unwrap_or_default()) " of " (access::factor::RECOVERY_CODES) " recovery codes are left." } }
        }
        form.boxed.stack method="post" action="/console/account/passkeys" data-passkey="create" data-begin="/console/account/passkeys/begin" hidden {
            (csrf_field(csrf))
            input type="hidden" name="token";
            input type="hidden" name="answer";
            (filled.line(Label::new("passkey_name", "Name").hint("Of the device: \"My laptop\""), Line::Text, NAME_MAX))
            (filled.line(Label::new("passkey_password", "Password"), Line::Password, PASSWORD_MAX))
            p.mistake role="alert" data-said hidden {}
            p { button type="submit" { "Add a passkey" } }
        }
    }
}

fn identities(of: &Settings<'_>, filled: Filled<'_>) -> Markup {
    let csrf = of.person.csrf;
    let name = |issuer: &str| of.offers.iter().find(|it| it.issuer == issuer).map(|it| it.name.to_owned());
    let linkable: Vec<_> =
        of.offers.iter().filter(|it| of.identities.iter().all(|own| own.issuer != it.issuer)).collect();
    html! {
        @if of.identities.is_empty() { p { "None is linked. One that is signs you in without your password here." } }
        @else {
            ul.rows {
                @for identity in of.identities {
                    @let called = name(&identity.issuer).unwrap_or_else(|| identity.issuer.clone());
                    li {
                        div {
                            strong { (called) }
                            @if let Some(email) = &identity.email { " " (email) }
                            p.muted { "linked " (when(identity.linked_at)) " · " @match identity.used_at { Some(at) => { "last used " (when(at)) } None => { "never used" } } }
                        }
                        form.row method="post" action={ "/console/account/identities/" (identity.id) "/unlink" } {
                            (csrf_field(csrf))
                            input type="password" name="identity_password" autocomplete="current-password" maxlength=(PASSWORD_MAX) placeholder="Password"
                                aria-label={ "Password, to take the link to " (called) " away" };
                            button type="submit" aria-label={ "Take the link to " (called) " away" } { "Take away" }
                        }
                    }
                }
            }
        }
        @if !linkable.is_empty() {
            form.boxed.stack method="post" action="/console/account/identities" {
                (csrf_field(csrf))
                (filled.line(Label::new("identity_password", "Password"), Line::Password, PASSWORD_MAX))
                p.row { @for offer in linkable { button type="submit" name="provider" value=(offer.id) { "Link " (offer.name) } } }
            }
        }
    }
}

/// Dark modules on white in either theme, with the quiet zone that readers need (ISO/IEC 18004 §5.3.8: four modules).
fn qr((side, path): &(i32, String)) -> Markup {
    let all = side + 8;
    html! {
        svg.qr viewBox={ "-4 -4 " (all) " " (all) } role="img" aria-label="QR code of the secret" {
            rect x="-4" y="-4" width=(all) height=(all) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    }
}

/// A line of one's own log, in words.
fn happened(action: &str) -> &str {
    match action {
        "session.begin" => "Signed in",
        "session.refuse" => "A wrong password was tried",
        "session.end" => "Signed out on a device",
        "session.end_others" => "Signed out on all other devices",
        "user.create" => "The account was made",
        "user.rename" => "The name was changed",
        "user.email" => "The address was changed",
        "user.password" => "The password was changed",
        "user.reset_password" => "A new password was chosen by a letter's link",
        "user.factor_enrol" => "An authenticator app was about to be set up",
        "user.factor_on" => "The app's codes were turned on",
        "user.factor_off" => "The app's codes were turned off",
        "user.factor_codes" => "Recovery codes were made anew",
        "user.passkey_add" => "A passkey was added",
        "user.passkey_remove" => "A passkey was taken away",
        "user.identity_link" => "An identity provider was linked",
        "user.identity_unlink" => "An identity provider's link was taken away",
        other => other,
    }
}

fn devices(of: &Settings<'_>) -> Markup {
    html! {
        ul.rows {
            @for device in of.devices.all {
                li {
                    div {
                        strong { (device_name(&device.agent)) }
                        @if device.id == of.devices.this { " " span.flag.good { "this one" } }
                        p.muted { (device.address) " · since " (when(device.began_at)) " · last used " (when(device.used_at)) }
                    }
                    @if device.id != of.devices.this {
                        form method="post" action="/console/account/devices/end" {
                            (csrf_field(of.person.csrf))
                            input type="hidden" name="device" value=(device.id);
                            button type="submit" aria-label={ "Sign out " (device_name(&device.agent)) } { "Sign out" }
                        }
                    }
                }
            }
        }
        @if of.devices.all.len() > 1 {
            form method="post" action="/console/account/devices/end-others" {
                (csrf_field(of.person.csrf))
                p { button type="submit" { "Sign out all others" } }
            }
        }
    }
}

/// The codes for paper, shown this once.
pub fn codes(person: Person<'_>, codes: &[String]) -> Markup {
    let main = html! {
        div.narrow {
            h1 { "Recovery codes" }
            p { "Print them, or keep them in a password manager. Each works once, in place of your app's code. They are shown this once." }
            ul.codes { @for code in codes { li { code { (code) } } } }
            p { a.button.primary href="/console/account" { "I have kept them" } }
        }
    };
    Page { title: "Recovery codes", area: Area::Account(person), say: "", main }.render()
}
