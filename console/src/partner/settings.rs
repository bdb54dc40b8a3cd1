//! What an organisation is called.

use super::{Here, NAME_MAX};
use crate::controls::{Filled, Label, Line};
use crate::layout::csrf_field;
use maud::{Markup, html};

pub fn page(here: Here<'_>, filled: Filled<'_>) -> Markup {
    let main = html! {
        div.narrow {
            h1 { "Settings" }
            (filled.summary())
            form.stack.boxed method="post" action=(here.path("/settings")) {
                (csrf_field(here.person.csrf))
                (filled.line(Label::new("name", "Name"), Line::Text, NAME_MAX))
                p { button type="submit" { "Save" } }
            }
            dl.facts { div { dt { "Id" } dd { code { (here.place.organisation_id) } } } }
        }
    };
    here.page("Settings", main)
}
