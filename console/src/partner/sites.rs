//! Sites and their origins.

use super::{Here, NAME_MAX};
use crate::controls::{Filled, Label, Line};
use crate::layout::csrf_field;
use maud::{Markup, html};
use partners::usage::{Reason, RefusedOrigin};
use partners::{Permission, Record, Site};

/// Fifty origins of the length that a host name may have.
const ORIGINS_CHARS_MAX: u16 = 13_500;

/// All sites, and where their keys were refused lately.
pub fn list(here: Here<'_>, sites: &[Site], refused: &[RefusedOrigin]) -> Markup {
    let may_build = here.place.may(Permission::Build);
    let main = html! {
        div.line {
            h1 { "Sites" }
            @if may_build { a.button.primary href=(here.path("/sites/new")) { "New site" } }
        }
        @if sites.is_empty() { p { "No site yet. A site is an address of yours on which your keys work." } }
        ul.rows {
            @for site in sites {
                li {
                    div {
                        a href=(here.path(&format!("/sites/{}", site.id))) { strong { (site.name) } }
                        p.muted { (origins(site, " · ")) }
                    }
                }
            }
        }
        (super::usage::refused(here, refused))
    };
    here.page("Sites", main)
}

/// A site's origins, as a form's lines have them.
pub fn origins(site: &Site, between: &str) -> String {
    site.origins.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

/// A new site.
pub fn new(here: Here<'_>, filled: Filled<'_>) -> Markup {
    let main = html! {
        div.narrow {
            h1 { "New site" }
            (filled.summary())
            (form(here, "/sites", "Add the site", filled))
        }
    };
    here.page("New site", main)
}

/// What was refused of a site's keys lately.
#[derive(Clone, Copy, Debug)]
pub struct Lately<'a> {
    pub reasons: &'a [Reason],
    /// Where they could be allowed.
    pub origins: &'a [RefusedOrigin],
}

/// One site, to be changed or removed.
pub fn one(here: Here<'_>, site: &Site, keys: &[&Record], lately: Lately<'_>, filled: Filled<'_>) -> Markup {
    let may_build = here.place.may(Permission::Build);
    let rest = format!("/sites/{}", site.id);
    let main = html! {
        div.narrow {
            h1 { (site.name) }
            (filled.summary())
            @if may_build { (form(here, &rest, "Save", filled)) } @else { p { (origins(site, " · ")) } }
            section {
                h2 { "Its keys" }
                @if keys.is_empty() { p { "None." } }
                ul.rows { @for key in keys { li { a href=(here.path(&format!("/keys/{}", key.id))) { (key.name) } code { (key.prefix) "…" } } } }
            }
            (super::usage::refused(here, lately.origins))
            (super::usage::reasons(here, "Refusals within a week", lately.reasons))
            p { a href=(here.path(&format!("/usage?of={}", site.id))) { "Who watches on this site" } }
            @if may_build {
                section {
                    h2 { "Remove the site" }
                    p { "Its keys stop working within a second, and whoever watches with them is cut off. This cannot be taken back." }
                    form.stack.boxed method="post" action=(here.path(&format!("{rest}/remove"))) {
                        (csrf_field(here.person.csrf))
                        (filled.line(Label::new("sure", "Type the site's name to confirm"), Line::Text, NAME_MAX))
                        p { button.danger type="submit" { "Remove the site" } }
                    }
                }
            }
        }
    };
    here.page(&site.name, main)
}

fn form(here: Here<'_>, rest: &str, button: &str, filled: Filled<'_>) -> Markup {
    html! {
        form.stack.boxed method="post" action=(here.path(rest)) {
            (csrf_field(here.person.csrf))
            (filled.line(Label::new("name", "Name"), Line::Text, NAME_MAX))
            (filled.lines(
                Label::new("origins", "Addresses").hint("One a line: https://www.example.com, or https://*.example.com for all sub-domains. \
                    Test keys work on localhost without being told."),
                4, ORIGINS_CHARS_MAX))
            p { button.primary type="submit" { (button) } }
        }
    }
}

/// The first site of a new organisation, which comes with its keys.
pub fn start(here: Here<'_>, filled: Filled<'_>) -> Markup {
    let main = html! {
        div.narrow {
            h1 { "Your site" }
            p { "Where will your readers see the score? Your key works there and nowhere else." }
            (filled.summary())
            form.stack.boxed method="post" action=(here.path("/start")) {
                (csrf_field(here.person.csrf))
                (filled.line(Label::new("origin", "Address").hint("Such as https://www.example.com"), Line::Url, 300))
                p { button.primary type="submit" { "Get the code" } }
            }
        }
    };
    here.page("Your site", main)
}
