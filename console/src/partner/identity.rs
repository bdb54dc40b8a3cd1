//! What an organisation's servers sign their users' ids with, and how that is done in five languages.

use super::Here;
use super::keys::{copied, overlaps};
use crate::controls::{Choice, Filled, Label};
use crate::layout::csrf_field;
use crate::when;
use jiff::Timestamp;
use maud::{Markup, html};
use partners::fan::secret::{Made, Record};
use partners::{Mode, Permission};

/// Languages, the name of the file for each, and the file: those that the tests of `partners` run.
const LANGUAGES: [(&str, &str, &str); 5] = [
    ("Node.js", "sign.mjs", include_str!("../../../examples/identity/sign.mjs")),
    ("Python", "sign.py", include_str!("../../../examples/identity/sign.py")),
    ("PHP", "sign.php", include_str!("../../../examples/identity/sign.php")),
    ("Ruby", "sign.rb", include_str!("../../../examples/identity/sign.rb")),
    ("Go", "sign.go", include_str!("../../../examples/identity/sign.go")),
];

/// The list, those that are good first, and how to sign.
pub fn list(here: Here<'_>, secrets: &[Record], now: Timestamp) -> Markup {
    let (good, over): (Vec<&Record>, Vec<&Record>) = secrets.iter().partition(|it| it.is_good(now));
    let main = html! {
        div.line {
            h1 { "Identity" }
            @if here.place.may(Permission::Build) { a.button.primary href=(here.path("/identity/new")) { "New signing secret" } }
        }
        p.muted {
            "Your server says who is signed in with you, by signing its own user id. Your pages then act for that fan; who is not signed in is a guest, "
            "without a cookie. We keep no user id of yours."
        }
        @if good.is_empty() { p { "No signing secret yet." } } @else { (table(here, &good, now)) }
        @if !over.is_empty() { section { h2 { "Over" } (table(here, &over, now)) } }
        section {
            h2 { "Sign on your server" }
            p { "Give your server the secret as " code { "CREASE_FAN_SECRET" } ", and sign the id that stands in your own session, never one that a browser sent." }
            @for (language, file, code) in LANGUAGES {
                details {
                    summary { (language) }
                    (copied(&file.replace('.', "-"), code, &format!("Copy {file}")))
                }
            }
            p {
                "What your server signed goes with your publishable key into the header " code { "Crease-Fan" } ": " code { "GET /v1/fans/me" }
                " answers who that is, or why it is not believed. " a href="/reference" { "The API's description" } " says more."
            }
        }
    };
    here.page("Identity", main)
}

fn table(here: Here<'_>, secrets: &[&Record], now: Timestamp) -> Markup {
    html! {
        div.scroll {
            table.list.stacks {
                thead { tr { th { "Secret" } th { "For" } th { "Made" } th { "State" } } }
                tbody {
                    @for secret in secrets {
                        tr {
                            th scope="row" { a href=(here.path(&format!("/identity/{}", secret.id))) { code { (secret.id) } } }
                            td data-of="For" { (purpose(secret.mode)) }
                            td data-of="Made" { (when(secret.made_at)) }
                            td data-of="State" { (state(secret, now)) }
                        }
                    }
                }
            }
        }
    }
}

const fn purpose(mode: Mode) -> &'static str {
    match mode {
        Mode::Live => "live keys",
        Mode::Test => "test keys",
    }
}

fn state(secret: &Record, now: Timestamp) -> Markup {
    html! {
        @match (secret.revoked_at, secret.ends_at) {
            (Some(at), _) => { span.flag { "revoked" } " " (when(at)) }
            (None, Some(at)) if at <= now => { span.flag { "replaced" } " " (when(at)) }
            (None, Some(at)) => { span.flag { "until" } " " (when(at)) }
            (None, None) => { span.flag.good { "works" } }
        }
    }
}

/// A new secret, beside the others or in their place.
pub fn new(here: Here<'_>, filled: Filled<'_>) -> Markup {
    let modes = [Choice::new("live", "Live keys"), Choice::new("test", "Test keys")];
    let others = Label::new("others", "The present ones of that kind work for").hint(
        "What they signed is good for a day at most, and a user stays the same fan whichever secret signs.",
    );
    let main = html! {
        div.narrow {
            h1 { "New signing secret" }
            (filled.summary())
            form.stack.boxed method="post" action=(here.path("/identity")) {
                (csrf_field(here.person.csrf))
                (filled.radios(Label::new("mode", "Believed with"), &modes))
                (filled.select(others, Some("as long as they are not revoked"), &overlaps()))
                p { button.primary type="submit" { "Make the secret" } }
            }
        }
    };
    here.page("New signing secret", main)
}

/// The one moment at which a secret's text is shown.
pub fn made(here: Here<'_>, made: &Made) -> Markup {
    let main = html! {
        div.narrow {
            h1 { "Your signing secret" }
            p { strong { "Copy it now." } " It is shown this once." }
            (copied("secret-text", made.secret.reveal(), "Copy the secret"))
            p {
                "Your server keeps it as " code { "CREASE_FAN_SECRET" } ", signs users' ids with it for " (purpose(made.record.mode))
                ", and never shows it to a browser: whoever has it can be any of your users."
            }
            p { a.button.primary href=(here.path("/identity")) { "To the code that signs" } }
        }
    };
    here.page("Your signing secret", main)
}

/// One secret, without its text.
pub fn one(here: Here<'_>, secret: &Record, now: Timestamp, filled: Filled<'_>) -> Markup {
    let main = html! {
        div.narrow {
            h1 { "Signing secret" }
            (filled.summary())
            dl.facts {
                div { dt { "Id" } dd { code { (secret.id) } } }
                div { dt { "For" } dd { (purpose(secret.mode)) } }
                div { dt { "State" } dd { (state(secret, now)) } }
                div { dt { "Made" } dd { (when(secret.made_at)) } }
            }
            @if here.place.may(Permission::Build) && secret.is_good(now) {
                section {
                    h2 { "Revoke it" }
                    form.stack.boxed method="post" action=(here.path(&format!("/identity/{}/revoke", secret.id))) {
                        (csrf_field(here.person.csrf))
                        p {
                            "What it signed is believed nowhere any more, within a second: who is signed in with it is refused until your server signs "
                            "with another one. This cannot be taken back."
                        }
                        (filled.tick(Label::new("sure", "I know that it is not needed any more")))
                        p { button.danger type="submit" { "Revoke the secret" } }
                    }
                }
            }
            p { a href=(here.path("/identity")) { "Back to the secrets" } }
        }
    };
    here.page("Signing secret", main)
}
