//! Redeeming a fan's voucher: what it is, and that it is redeemed.

use crate::controls::{Filled, Label, Line};
use crate::layout::{self, Area, Page, Person, csrf_field};
use crate::when;
use crate::{partner, rewards as operators};
use maud::{Markup, html};
use partners::{Organisation, Role};
use rewards::voucher::Shown;

/// A code, or all of a link that was scanned.
const SAID_MAX: u16 = 500;
/// Characters of a place.
const PLACE_MAX: u16 = 120;

/// At whose counter.
#[derive(Clone, Copy, Debug)]
pub enum Till<'a> {
    /// A partner's, for vouchers of its own.
    Partner(partner::Here<'a>),
    /// Operators', for those of the house.
    House(operators::Here<'a>),
}

impl Till<'_> {
    fn path(&self, rest: &str) -> String {
        match self {
            Till::Partner(here) => here.path(rest),
            Till::House(here) => here.path(rest),
        }
    }

    fn csrf(&self) -> &str {
        match self {
            Till::Partner(here) => here.person.csrf,
            Till::House(here) => here.form_token(),
        }
    }

    fn page(&self, main: Markup) -> Markup {
        match self {
            Till::Partner(here) => here.at(layout::Tab::Redeem).page("Redeem", main),
            Till::House(here) => here.page(operators::Tab::Redeem, "Redeem", main),
        }
    }

    /// Who proves no name redeems nothing.
    fn may_act(&self) -> bool {
        match self {
            Till::Partner(_) => true,
            Till::House(here) => here.may_act(),
        }
    }
}

/// A form for a code.
pub fn form(here: Till<'_>, filled: Filled<'_>) -> Markup {
    let main = html! {
        div.narrow {
            h1 { "Redeem a voucher" }
            p.muted {
                "Type or paste the fan's code, or scan the QR code that the fan shows with your phone: it leads here. "
                "Nothing is redeemed before you confirm it." @if matches!(here, Till::House(_)) { " Here go vouchers of the house's own products." }
            }
            (filled.summary())
            (code(here, filled))
        }
    };
    here.page(main)
}

fn code(here: Till<'_>, filled: Filled<'_>) -> Markup {
    let hint = "Capital or small letters, with or without hyphens.";
    html! {
        @if here.may_act() {
            form.stack.boxed method="post" action=(here.path("/redeem")) {
                (csrf_field(here.csrf()))
                (filled.line(Label::new("code", "Code").hint(hint), Line::Text, SAID_MAX))
                (place(filled))
                p { button.primary type="submit" { "Look it up" } }
            }
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
pub fn confirm(here: Till<'_>, (voucher, of): (&Shown, Of), pass: &str, filled: Filled<'_>) -> Markup {
    let main = html! {
        div.narrow {
            h1 { "Redeem this voucher?" }
            (facts(voucher, of))
            form.stack.boxed method="post" action=(here.path("/redeem/confirm")) {
                (csrf_field(here.csrf()))
                input type="hidden" name="pass" value=(pass);
                (place(filled))
                p { "The fan cannot use it again, and this cannot be taken back." }
                p { button.primary type="submit" autofocus { "Redeem it" } }
            }
            p { a href=(here.path("/redeem")) { "No, another one" } }
        }
    };
    here.page(main)
}

/// It is redeemed; a form for the next.
pub fn redeemed(here: Till<'_>, (voucher, of): (&Shown, Of), filled: Filled<'_>) -> Markup {
    told(here, "Redeemed", (voucher, of), "done", filled)
}

/// It was redeemed before: by whom the fan has shown it to then.
pub fn before(here: Till<'_>, (voucher, of): (&Shown, Of), filled: Filled<'_>) -> Markup {
    told(here, "Redeemed already", (voucher, of), "notice", filled)
}

fn told(here: Till<'_>, title: &str, (voucher, of): (&Shown, Of), class: &str, filled: Filled<'_>) -> Markup {
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
    here.page(main)
}

/// Whether somebody redeems for the house as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForHouse {
    Yes,
    No,
}

/// Where a fan's QR code leads: what it says stands behind the number sign, from where the script puts it into a form.
pub fn scanned(person: Person<'_>, all: &[(Organisation, Role)], house: ForHouse) -> Markup {
    let own = all.iter().map(|(it, _)| (format!("/console/o/{}/redeem", it.id), it.name.as_str()));
    let of_house = (house == ForHouse::Yes).then(|| (format!("{}/redeem", operators::PATH), "the house"));
    let counters: Vec<(String, &str)> = own.chain(of_house).collect();
    let main = html! {
        div.narrow {
            h1 { "Redeem a voucher" }
            @if counters.is_empty() { p { "You belong to no organisation that redeems vouchers." } }
            @else {
                p { "Scan the QR code that the fan shows: it leads here, and is good for a minute. Or type the fan's code." }
                ul.rows {
                    @for (path, name) in &counters {
                        li {
                            form method="post" action=(path) data-scanned hidden {
                                (csrf_field(person.csrf))
                                input type="hidden" name="token" value="";
                                button.primary type="submit" { "Redeem for " (name) }
                            }
                            a href=(path) { "Type a code of " (name) }
                        }
                    }
                }
            }
        }
    };
    Page { title: "Redeem a voucher", area: Area::Account(person), say: "", main }.render()
}
