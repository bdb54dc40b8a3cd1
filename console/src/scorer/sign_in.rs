//! Signing in with a feed's secret key.

use crate::controls::{Filled, Label, Line};
use crate::layout::{Area, Page};
use maud::{Markup, html};

/// The page with the form. It has no token: there is no session yet, and the server checks where the form came from.
pub fn page(filled: Filled<'_>) -> Markup {
    let main = html! {
        div.narrow {
            h1 { "Score a match" }
            p { "Sign in with the secret key of the feed that you score for. It begins with " code { "crs_sk_" } "." }
            (filled.summary())
            form.stack method="post" action="/console/scorer/sign-in" data-plain {
                (filled.line(Label::new("key", "Secret key")
                    .hint("It is checked, never kept in this browser. You stay signed in for a day, or until you sign out."),
                    Line::Secret, 100))
                p { button.primary type="submit" { "Sign in" } }
            }
        }
    };
    Page { title: "Sign in to score", area: Area::SignedOut, say: "", main }.render()
}
