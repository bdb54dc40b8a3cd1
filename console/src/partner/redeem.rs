//! Redeeming a fan's voucher: what it is, and that it is redeemed.

use super::Here;
use crate::controls::{Filled, Label, Line};
use crate::layout::{Area, Page, Person, csrf_field};
use crate::when;
use maud::{Markup, html};
use partners::{Organisation, Role};
use rewards::voucher::Shown;

/// A code, or all of a link that was scanned.
const SAID_MAX: u16 = 500;
/// Characters of a place.
const PLACE_MAX: u16 = 120;

/// A form for a code.
pub fn form(here: Here<'_>, filled: Filled<'_>) -> Markup {
    let main = html! {
        div.narrow {
            h1 { "Redeem a voucher" }
            p.muted {
                "Type or paste the fan's code, or scan the QR code that the fan shows with your phone: it leads here. "
                "Nothing is redeemed before you confirm it."
            }
            (filled.summary())
            (code(here, filled))
        }
    };
    here.page("Redeem", main)
}

fn code(here: Here<'_>, filled: Filled<'_>) -> Markup {
    let hint = "Capital or small letters, with or without hyphens.";
    html! {
        form.stack.boxed method="post" action=(here.path("/redeem")) {
            (csrf_field(here.person.csrf))
            (filled.line(Label::new("code", "Code").hint(hint), Line::Text, SAID_MAX))
            (place(filled))
            p { button.primary type="submit" { "Look it up" } }
        }
    }
}

fn place(filled: Filled<'_>) -> Markup {
    let label = Label::new("place", "Where you are").hint("For your audit log; may be empty.");
    filled.line(label, Line::Text, PLACE_MAX)
}

/// Whether a voucher is of a fan in earnest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Fan,
    /// One whom a test key has made up.
    TestFan,
}

fn facts(voucher: &Shown, of: Of) -> Markup {
    html! {
        dl.facts {
            div { dt { "For" } dd { strong { (voucher.name) } @if of == Of::TestFan { " " span.flag { "test" } } } }
            @if !voucher.description.is_empty() { div { dt { "What it is" } dd { (voucher.description) } } }
            div { dt { "Good until" } dd { (when(voucher.voucher.valid_until)) } }
            @if let Some(at) = voucher.voucher.redeemed_at { div { dt { "Redeemed" } dd { (when(at)) } } }
            @if let Some(place) = &voucher.voucher.place { div { dt { "Where" } dd { (place) } } }
            div { dt { "Voucher" } dd { code { (voucher.voucher.id) } } }
        }
    }
}

/// What it is, and whether it is to be redeemed.
pub fn confirm(here: Here<'_>, (voucher, of): (&Shown, Of), pass: &str, filled: Filled<'_>) -> Markup {
    let main = html! {
        div.narrow {
            h1 { "Redeem this voucher?" }
            (facts(voucher, of))
            form.stack.boxed method="post" action=(here.path("/redeem/confirm")) {
                (csrf_field(here.person.csrf))
                input type="hidden" name="pass" value=(pass);
                (place(filled))
                p { "The fan cannot use it again, and this cannot be taken back." }
                p { button.primary type="submit" autofocus { "Redeem it" } }
            }
            p { a href=(here.path("/redeem")) { "No, another one" } }
        }
    };
    here.page("Redeem", main)
}

/// It is redeemed; a form for the next.
pub fn redeemed(here: Here<'_>, (voucher, of): (&Shown, Of), filled: Filled<'_>) -> Markup {
    told(here, "Redeemed", (voucher, of), "done", filled)
}

/// It was redeemed before: by whom the fan has shown it to then.
pub fn before(here: Here<'_>, (voucher, of): (&Shown, Of), filled: Filled<'_>) -> Markup {
    told(here, "Redeemed already", (voucher, of), "notice", filled)
}

fn told(here: Here<'_>, title: &str, (voucher, of): (&Shown, Of), class: &str, filled: Filled<'_>) -> Markup {
    let main = html! {
        div.narrow {
            h1 { (title) }
            p class=(class) role="status" {
                @if class == "done" { "It is redeemed: give the fan what it is for." }
                @else { "This one was redeemed before. Give nothing for it." }
            }
            (facts(voucher, of))
            section { h2 { "The next one" } (code(here, filled)) }
        }
    };
    here.page("Redeem", main)
}

/// Where a fan's QR code leads: what it says stands behind the number sign, from where the script puts it into a form.
pub fn scanned(person: Person<'_>, all: &[(Organisation, Role)]) -> Markup {
    let main = html! {
        div.narrow {
            h1 { "Redeem a voucher" }
            @if all.is_empty() { p { "You belong to no organisation that redeems vouchers." } }
            @else {
                p { "Which of your organisations redeems it?" }
                ul.rows {
                    @for (organisation, _) in all {
                        li {
                            form method="post" action={ "/console/o/" (organisation.id) "/redeem" } data-scanned {
                                (csrf_field(person.csrf))
                                input type="hidden" name="token" value="";
                                button.primary type="submit" { (organisation.name) }
                            }
                            a href={ "/console/o/" (organisation.id) "/redeem" } { "Type a code instead" }
                        }
                    }
                }
            }
        }
    };
    Page { title: "Redeem a voucher", area: Area::Account(person), say: "", main }.render()
}
