//! The form in which a fence is written: a new one, or the next version.

use super::draft::GEOJSON_BYTES_MAX;
use super::names::{all, line, long};
use super::words::{NEEDS, WITHOUT};
use super::{NAME_MAX, tried};
use crate::controls::{Choice, Filled, Label, Line};
use crate::rewards::{Here, Tab, title};
use access::place::{DryRun, Regions};
use maud::{Markup, html};

/// Characters of a list.
const LIST_MAX: u16 = 20_000;
const PLACE_MAX: u16 = 100;

/// What is written.
#[derive(Clone, Copy, Debug)]
pub struct Editing<'a> {
    /// Of the fence that gets another version; none: a new one.
    pub id: Option<&'a str>,
    pub form: Filled<'a>,
    /// What it would do, where that was asked.
    pub tried: Option<&'a DryRun>,
}

pub fn edit(here: &Here<'_>, editing: Editing<'_>, regions: &Regions) -> Markup {
    let Editing { id, form, tried } = editing;
    let (name, to) = match id {
        Some(id) => ("The next version".to_owned(), format!("/fences/{id}/write")),
        None => ("New fence".to_owned(), "/fences/new".to_owned()),
    };
    let json = Label::new("allow_shapes", "Allowed shapes, as GeoJSON")
        .hint("Polygons and multipolygons, or features with them; 2,000 positions at most");
    let hours = Label::new("windows", "Hours at which it is open, one a line")
        .hint("mon-fri 18:00-23:00 Asia/Kolkata; always when empty");
    let fields = html! {
        input type="hidden" name="version" value=(form.fields.text("version"));
        (form.line(Label::new("name", "Name").hint("For you and the log"), Line::Text, NAME_MAX))
        datalist #places {
            @for code in all(regions) { option value=(line(code)) { (long(code)) } }
        }
        @for (side, legend, hint) in [
            ("allow", "Allowed", "Who is in one of these is let in; everybody is where there is none"),
            ("deny", "Denied", "Unless they are in one of these"),
        ] {
            fieldset.tier {
                legend { (legend) }
                p.hint { (hint) }
                div.sides {
                    div.part {
                        (form.lines(Label::new(&format!("{side}_places"), "Countries and their parts, one a line").hint("India, Karnataka, IN-TN"), 4, LIST_MAX))
                        (by_name(form, side))
                    }
                    (form.lines(Label::new(&format!("{side}_circles"), "Circles, one a line").hint("Latitude, longitude, kilometres: 12.9788, 77.5996, 3"), 4, LIST_MAX))
                }
                @if side == "allow" { (form.long_lines(json, 4, GEOJSON_BYTES_MAX)) }
                @else { (form.long_lines(Label::new("deny_shapes", "Denied shapes, as GeoJSON"), 2, GEOJSON_BYTES_MAX)) }
            }
        }
        fieldset.tier {
            legend { "A GeoJSON file" }
            p.hint { "It takes the place of the shapes of its side" }
            (form.file(Label::new("file", "File"), ".geojson,.json,application/geo+json,application/json"))
            (form.radios(Label::new("file_side", "What is in it is"), &[Choice::new("allow", "allowed"), Choice::new("deny", "denied")]))
        }
        (form.lines(hours, 3, LIST_MAX))
        (form.radios(Label::new("needs", "Whose word on where a fan is, is enough").hint("A better one counts where it is there"), &NEEDS.map(|it| Choice::new(it.1, sentence(it.2)))))
        (form.radios(Label::new("without", "Where nothing that is enough is known"), &WITHOUT.map(|it| Choice::new(it.1, sentence(it.2)))))
    };
    let main = html! {
        div {
            (title(here, &name))
            @if let Some(id) = id { p { a href=(here.path(&format!("/fences/{id}"))) { "Back to the fence" } } }
        }
        (form.summary())
        @if let Some(run) = tried { (tried::shown(run, 0)) }
        div.build {
            (here.form_with_file(&to, fields, html! {
                button.primary type="submit" name="do" value="save" { "Save" }
                button type="submit" name="do" value="try" { "Try it on towns, unsaved" }
            }))
        }
    };
    here.page(Tab::Fences, &name, main)
}

/// A line with suggestions, whose place goes to the list with the next press.
fn by_name(form: Filled<'_>, side: &str) -> Markup {
    let name = format!("{side}_more");
    html! {
        div.field {
            label for=(name) { "Add one by name" }
            p.hint id={ (name) "-hint" } { "It goes to the list when you press a button" }
            input #(name) name=(name) type="text" list="places" maxlength=(PLACE_MAX) autocomplete="off" spellcheck="false"
                value=(form.fields.raw(&name)) aria-describedby={ (name) "-hint" };
        }
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
