//! One operation: what it takes, what it answers, a command to try it.

use super::description::{Description, Operation, entries, text};
use super::schema::{self, Walk};
use super::{curl, prose};
use maud::{Markup, html};
use serde_json::Value;

pub(super) fn section(description: Description<'_>, operation: &Operation<'_>) -> Markup {
    let id = operation.anchor();
    html! {
        section.operation id=(id) aria-labelledby={ (id) "-title" } {
            h3 id={ (id) "-title" } { (heading(operation)) }
            @if operation.value["deprecated"] == true { p.required { "Deprecated: do not start using it." } }
            (prose(text(&operation.value["summary"])))
            (prose(text(&operation.value["description"])))
            p.fact { @if operation.needs_key(description) { a href="#keys" { "Needs a key" } } @else { "Needs no key" } "." }
            (parameters(description, operation))
            (body(description, operation))
            (responses(description, operation))
            h4 { "Try it" }
            pre.copy tabindex="0" aria-label={ "Command for " (operation.path) } { code { (curl::command(description, operation)) } }
        }
    }
}

/// What is sent with it.
pub(super) fn body(description: Description<'_>, operation: &Operation<'_>) -> Markup {
    let request = description.resolve(&operation.value["requestBody"]);
    html! {
        @for (media_type, content) in entries(&request["content"]) {
            h4 { "Body " span.muted { code { (media_type) } } }
            (prose(text(&request["description"])))
            p { (schema::kind(&content["schema"])) @if request["required"] == true { " " span.required { "required" } } }
            (schema::body(description, &content["schema"], &Walk::default()))
        }
    }
}

/// The method and the path, which may break after each slash.
pub(super) fn heading(operation: &Operation<'_>) -> Markup {
    html! {
        span class={ "method " (operation.method) } { (operation.method.to_uppercase()) } " "
        code { @for part in operation.path.split_inclusive('/') { (part) wbr; } }
    }
}

/// A table of rows that stack on a narrow screen. The roles say again what the elements are, since browsers forget it
/// once a table is displayed otherwise.
pub(super) fn parameters(description: Description<'_>, operation: &Operation<'_>) -> Markup {
    let parameters = operation.parameters(description);
    html! {
        @if !parameters.is_empty() {
            h4 { "Parameters" }
            table.parameters role="table" {
                thead role="rowgroup" { tr role="row" {
                    @for name in ["Name", "In", "Type", "Required", "Description"] { th role="columnheader" scope="col" { (name) } }
                } }
                tbody role="rowgroup" { @for it in parameters { (parameter(description, it)) } }
            }
        }
    }
}

fn parameter<'a>(description: Description<'a>, it: &'a Value) -> Markup {
    let required = if it["required"] == true { "required" } else { "optional" };
    html! {
        tr role="row" {
            th role="rowheader" scope="row" { code { (text(&it["name"])) } }
            td role="cell" { (text(&it["in"])) }
            td role="cell" { (schema::kind(&it["schema"])) }
            td role="cell" { span class=(required) { (required) } }
            td role="cell" {
                (prose(text(&it["description"])))
                (schema::body(description, &it["schema"], &Walk::default()))
                @if let Some(example) = it.get("example") { p.fact { "Example: " code { (example) } } }
            }
        }
    }
}

pub(super) fn responses(description: Description<'_>, operation: &Operation<'_>) -> Markup {
    html! {
        h4 { "Answers" }
        dl.answers { @for (status, answer) in operation.responses(description) {
            div {
                dt { (status_words(status)) }
                dd {
                    (prose(text(&answer["description"])))
                    @for (name, header) in entries(&answer["headers"]) {
                        p.fact { "Header " code { (name) } ": " (text(&description.resolve(header)["description"])) }
                    }
                    @for (media_type, content) in entries(&answer["content"]) {
                        p { (schema::kind(&content["schema"])) " " span.muted { "as " code { (media_type) } } }
                        @if status.starts_with('2') { (answer_body(description, &content["schema"])) }
                    }
                }
            }
        } }
    }
}

/// What a success holds, folded: most readers want the request first.
fn answer_body<'a>(description: Description<'a>, schema: &'a Value) -> Markup {
    let body = schema::body(description, schema, &Walk::default());
    html! {
        @if !body.0.is_empty() { details.inside { summary { "What it holds" } (body) } }
    }
}

/// A status with its name (RFC 9110 §15, RFC 6585 §4), marked by class.
pub(super) fn status_words(status: &str) -> Markup {
    let words = match status {
        "200" => "OK",
        "201" => "Created",
        "202" => "Accepted",
        "204" => "No Content",
        "304" => "Not Modified",
        "400" => "Bad Request",
        "401" => "Unauthorized",
        "403" => "Forbidden",
        "404" => "Not Found",
        "409" => "Conflict",
        "412" => "Precondition Failed",
        "413" => "Content Too Large",
        "422" => "Unprocessable Content",
        "429" => "Too Many Requests",
        "500" => "Internal Server Error",
        "503" => "Service Unavailable",
        _ => "",
    };
    let class = if status.starts_with('2') || status.starts_with('3') { "fine" } else { "wrong" };
    html! { span class={ "status " (class) } { (status) } " " (words) }
}
