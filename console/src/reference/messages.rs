//! What the API's servers send (OpenAPI 3.1 §4.8.1, `webhooks`): each kind of message, with its headers and its body.

use super::description::{Description, Operation, anchor, entries};
use super::operation;
use super::prose;
use maud::{Markup, html};

/// Whether any is described.
pub(super) fn are_described(description: Description<'_>) -> bool {
    entries(&description.0["webhooks"]).next().is_some()
}

/// The messages' names, in the order of the description.
pub(super) fn names<'a>(description: Description<'a>) -> impl Iterator<Item = &'a str> {
    entries(&description.0["webhooks"]).map(|it| it.0)
}

pub(super) fn section(description: Description<'_>) -> Markup {
    html! {
        @if are_described(description) {
            section.part #messages aria-labelledby="messages-title" {
                h2 #messages-title { "Messages to your server" }
                p {
                    "They are sent to webhooks, signed as " a href="https://www.standardwebhooks.com/" { "Standard Webhooks" }
                    " say: check the signature before anything else. A message may arrive twice, and messages arrive in no order."
                }
                @for (name, item) in entries(&description.0["webhooks"]) {
                    @let message = Operation { method: "post", path: name, value: &item["post"], shared_parameters: &[] };
                    section.operation id=(anchor("message", name)) aria-labelledby={ (anchor("message", name)) "-title" } {
                        h3 id={ (anchor("message", name)) "-title" } { code { (name) } }
                        (prose(super::text(&message.value["summary"])))
                        (operation::parameters(description, &message))
                        (operation::body(description, &message))
                        (operation::responses(description, &message))
                    }
                }
                p.back { a href="#contents" { "Back to the contents" } }
            }
        }
    }
}
