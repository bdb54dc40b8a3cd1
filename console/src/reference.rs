//! The API's reference: one page drawn from its OpenAPI 3.1 description. It is for everyone and holds no script; what
//! the description leaves out is left out here, and every text of it is shown as plain text.

mod curl;
mod description;
mod messages;
mod operation;
mod problems;
mod schema;
#[cfg(test)]
mod tests;

use crate::assets;
use description::{Description, Group, anchor, text};
use maud::{DOCTYPE, Markup, html};
use schema::Walk;
use serde_json::Value;

/// The page for an OpenAPI 3.1 document, as utoipa writes it. It loads style sheets and an icon of [`crate::assets`],
/// nothing else: `default-src 'none'; style-src 'self'; img-src 'self'` is policy enough.
pub fn page(description: &Value) -> String {
    let description = Description(description);
    let groups = description.groups();
    let title = format!("{} API reference", text(&description.0["info"]["title"]));
    let contents = contents(description, &groups);
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title.trim()))
            body.reference {
                a.skip href="#main" { "Skip to the reference" }
                header.top {
                    a.brand href="/reference" { img src=(assets::path("icon.svg")) alt="" width="24" height="24"; "Crease" }
                    nav aria-label="Formats" { a href="/openapi.json" { "openapi.json" } }
                }
                // The same list twice: beside the page where it is wide, folded above it where it is not. The style
                // sheet shows one of them.
                nav.beside aria-label="Contents" { (contents) }
                main #main tabindex="-1" {
                    h1 { (title.trim()) " " span.muted { (text(&description.0["info"]["version"])) } }
                    (prose(text(&description.0["info"]["description"])))
                    details.folded #contents { summary { "Contents" } nav aria-label="Contents" { (contents) } }
                    (start(description))
                    @for it in &groups { (group(description, it)) }
                    (messages::section(description))
                    (problems::section(description))
                    (schemas(description))
                }
            }
        }
    }
    .into_string()
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) }
            link rel="icon" href=(assets::path("icon.svg")) type="image/svg+xml";
            link rel="stylesheet" href=(assets::path("console.css"));
            link rel="stylesheet" href=(assets::path("reference.css"));
        }
    }
}

fn contents(description: Description<'_>, groups: &[Group<'_>]) -> Markup {
    html! {
        ul {
            li { a href="#keys" { "Keys" } }
            @for group in groups {
                li {
                    a href={ "#" (anchor("tag", group.name)) } { (group.name) }
                    ul { @for it in &group.operations {
                        li { a href={ "#" (it.anchor()) } { (operation::heading(it)) } }
                    } }
                }
            }
            @if messages::are_described(description) {
                li {
                    a href="#messages" { "Messages to your server" }
                    ul { @for name in messages::names(description) {
                        li { a href={ "#" (anchor("message", name)) } { code { (name) } } }
                    } }
                }
            }
            @if problems::are_described(description) { li { a href="#problems" { "Problems" } } }
            li {
                a href="#schemas" { "Schemas" }
                ul { @for (name, _) in description.schemas() {
                    li { a href={ "#" (anchor("schema", name)) } { (name) } }
                } }
            }
        }
    }
}

/// How to send a key, and what the commands below expect.
fn start(description: Description<'_>) -> Markup {
    html! {
        section.part #keys aria-labelledby="keys-title" {
            h2 #keys-title { "Keys" }
            p { "Send your key in one of these ways:" }
            ul.ways { @for (_, scheme) in description.security_schemes() { li { (way(scheme)) } } }
            p { "The commands on this page take the server's address and the key from two variables:" }
            pre.copy tabindex="0" aria-label="Variables for the commands" { code {
                "export CREASE_URL=https://crease.example\nexport CREASE_KEY=YOUR_KEY"
            } }
        }
    }
}

/// One security scheme (OpenAPI 3.1 §4.8.27).
fn way(scheme: &Value) -> Markup {
    let name = text(&scheme["name"]);
    html! {
        @match (text(&scheme["type"]), text(&scheme["in"])) {
            ("http", _) if text(&scheme["scheme"]).eq_ignore_ascii_case("bearer") => {
                "the header " code { "Authorization: Bearer YOUR_KEY" }
            }
            ("http", _) => { "HTTP authentication, " code { (text(&scheme["scheme"])) } }
            ("apiKey", "query") => { "in the address, " code { "?" (name) "=YOUR_KEY" } }
            ("apiKey", "cookie") => { "the cookie " code { (name) } }
            ("apiKey", _) => { "the header " code { (name) ": YOUR_KEY" } }
            (other, _) => { (other) }
        }
        (prose(text(&scheme["description"])))
    }
}

fn group(description: Description<'_>, group: &Group<'_>) -> Markup {
    let id = anchor("tag", group.name);
    html! {
        section.part id=(id) aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (group.name) }
            (prose(group.description))
            @for it in &group.operations { (operation::section(description, it)) }
            p.back { a href="#contents" { "Back to the contents" } }
        }
    }
}

fn schemas(description: Description<'_>) -> Markup {
    html! {
        section.part #schemas aria-labelledby="schemas-title" {
            h2 #schemas-title { "Schemas" }
            @for (name, it) in description.schemas() {
                section.schema id=(anchor("schema", name)) {
                    h3 { code { (name) } " " span.muted { (schema::kind(it)) } }
                    (prose(text(&it["description"])))
                    (schema::body(description, it, &Walk::listed(name)))
                }
            }
            p.back { a href="#contents" { "Back to the contents" } }
        }
    }
}

/// Plain text as paragraphs: an empty line parts them, and what stands between backticks is code. Nothing else is markup.
fn prose(text: &str) -> Markup {
    html! {
        @for paragraph in text.split("\n\n").map(str::trim).filter(|it| !it.is_empty()) {
            p.prose { (spans(paragraph)) }
        }
    }
}

/// A backtick without its second is a backtick.
fn spans(text: &str) -> Markup {
    let pieces: Vec<&str> = text.split('`').collect();
    html! {
        @for (place, piece) in pieces.iter().enumerate() {
            @match (place % 2, place + 1 == pieces.len()) {
                (0, _) => { (piece) }
                (_, false) => { code { (piece) } }
                (_, true) => { "`" (piece) }
            }
        }
    }
}
