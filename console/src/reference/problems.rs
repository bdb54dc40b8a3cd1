//! Problems (RFC 9457): what they look like and which operation answers with which status.

use super::description::{Description, Operation, anchor, list, text};
use super::operation::{heading, status_words};
use super::{prose, schema, schema::Walk};
use maud::{Markup, html};
use serde_json::Value;
use std::collections::BTreeMap;

const MEDIA_TYPE: &str = "application/problem+json";
/// Where a description lists its problem types: `[{"type", "title", "status", "description"}]`.
const TYPES: &str = "x-problem-types";

/// Whether any operation answers with a problem, or types are listed.
pub(super) fn are_described(description: Description<'_>) -> bool {
    problem_schema(description).is_some() || !list(&description.0[TYPES]).is_empty()
}

fn problem_schema(description: Description<'_>) -> Option<&Value> {
    description.operations().find_map(|operation| {
        operation.responses(description).find_map(|(_, it)| it["content"].get(MEDIA_TYPE)?.get("schema"))
    })
}

pub(super) fn section(description: Description<'_>) -> Markup {
    html! {
        @if are_described(description) {
            section.part #problems aria-labelledby="problems-title" {
                h2 #problems-title { "Problems" }
                p {
                    "An error's body is " code { (MEDIA_TYPE) } " (RFC 9457). Programs compare its " code { "type" }
                    ", which stays as it is; titles and details are for people and may be worded anew."
                }
                @if let Some(it) = problem_schema(description) { (schema::body(description, it, &Walk::default())) }
                @if !list(&description.0[TYPES]).is_empty() { h3 { "Types" } (types(description)) }
                h3 { "By status" }
                (by_status(description))
                p.back { a href="#contents" { "Back to the contents" } }
            }
        }
    }
}

fn types(description: Description<'_>) -> Markup {
    html! {
        dl.fields { @for it in list(&description.0[TYPES]) {
            div id=(anchor("problem", text(&it["type"]))) {
                dt { code { (text(&it["type"])) } " " span.kind { (it["status"]) } }
                dd { (prose(text(&it["title"]))) (prose(text(&it["description"]))) }
            }
        } }
    }
}

fn by_status(description: Description<'_>) -> Markup {
    let mut statuses: BTreeMap<&str, Vec<Operation<'_>>> = BTreeMap::new();
    for operation in description.operations() {
        for (status, answer) in operation.responses(description) {
            if answer["content"].get(MEDIA_TYPE).is_some() {
                statuses.entry(status).or_default().push(operation);
            }
        }
    }
    html! {
        dl.answers { @for (status, operations) in &statuses {
            div {
                dt { (status_words(status)) }
                dd { ul.plain { @for it in operations { li { a href={ "#" (it.anchor()) } { (heading(it)) } } } } }
            }
        } }
    }
}
