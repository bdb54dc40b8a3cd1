//! What was saved, published or brought back of a language, and how two of them differ.

use super::value::changed;
use super::{path, titled, within};
use crate::content::form::{field_name, worded};
use crate::content::{Here, PATH, Tab};
use crate::layout::csrf_field;
use crate::when;
use cms::diff::Change;
use cms::draft::Draft;
use cms::entry::Entry;
use cms::revision::Revision;
use maud::{Markup, html};

pub struct Revisions<'a> {
    pub entry: &'a Entry,
    pub draft: &'a Draft,
    /// The latest first.
    pub found: &'a [Revision],
    /// The number to go on before, where there are older ones.
    pub older: Option<i32>,
    pub may_write: bool,
}

pub fn page(here: &Here<'_>, it: &Revisions<'_>) -> Markup {
    let (id, language) = (it.entry.id.as_str(), it.draft.language.as_str());
    let main = html! {
        p.crumbs { a href=(path(id, language, "")) lang=(language) { (titled(&it.draft.title)) } }
        h1 { "Revisions" }
        @if it.draft.version > it.draft.saved_version { p.notice { "What was typed since the last one is in the draft, and becomes one when it is saved or published." } }
        form.compare method="get" action={ (PATH) "/entries/" (id) "/revisions/compare" } {
            input type="hidden" name="lang" value=(language);
            div.row { button type="submit" { "Compare the two" } span.hint { "Choose one on each side." } }
            ol.revisions reversed {
                @for (at, one) in it.found.iter().enumerate() {
                    li.live[it.draft.published_revision == Some(one.number)] {
                        div.compare-marks {
                            label { input type="radio" name="from" value=(one.number) checked[at == 1 || it.found.len() == 1]; span.unseen { "From revision " (one.number) } }
                            label { input type="radio" name="to" value=(one.number) checked[at == 0]; span.unseen { "To revision " (one.number) } }
                        }
                        div {
                            p { strong { "Revision " (one.number) } " " span.flag.off { (told(one)) } @if it.draft.published_revision == Some(one.number) { " " span.flag.good { "Fans see it" } } }
                            p.muted { (one.author_name) ", " (when(one.made_at)) }
                            p.changed { (fields(it.entry, one)) }
                        }
                    }
                }
            }
        }
        @if it.may_write {
            section.panel {
                h2 { "Bring one back" }
                p.hint { "The draft of this language becomes what it was. Other languages, and what fans see, stay as they are." }
                (here_form(here, id, language, "/restore", html! {
                    input type="hidden" name="version" value=(it.draft.version);
                    div.field.short-field { label for="number" { "Revision" } select #number name="number" { @for one in it.found { option value=(one.number) { (one.number) } } } }
                }, html! { button type="submit" { "Bring it back" } }))
            }
        }
        @if let Some(older) = it.older { nav.row aria-label="Pages" { a.button href={ (path(id, language, "/revisions")) "&before=" (older) } { "Older" } } }
    };
    here.page(Tab::Entries, &format!("Revisions of {}", titled(&it.draft.title)), main)
}

fn here_form(
    here: &Here<'_>,
    id: &str,
    language: &str,
    rest: &str,
    fields: Markup,
    buttons: Markup,
) -> Markup {
    html! {
        form.act method="post" action={ (PATH) (within(id, language, rest)) } {
            (csrf_field(here.who.form_token))
            (fields)
            div.row { (buttons) }
        }
    }
}

fn told(it: &Revision) -> String {
    match (it.act.as_str(), it.of_revision) {
        ("make", _) => "Made".to_owned(),
        ("save", _) => "Saved".to_owned(),
        ("autosave", _) => "Left unsaved".to_owned(),
        ("import", _) => "Imported".to_owned(),
        ("restore", Some(number)) => format!("Brought back {number}"),
        ("publish", Some(number)) => format!("Published {number}"),
        ("publish", None) => "Published".to_owned(),
        (act, _) => worded(act),
    }
}

fn fields(entry: &Entry, it: &Revision) -> String {
    let names: Vec<String> =
        it.changed.iter().map(|name| field_name(entry.kind, &format!("/{name}"))).collect();
    if names.is_empty() { "No field differs".to_owned() } else { names.join(", ") }
}

/// What differs between two.
pub struct Compared<'a> {
    pub entry: &'a Entry,
    pub draft: &'a Draft,
    pub from: &'a Revision,
    pub to: &'a Revision,
    pub changes: &'a [Change],
}

pub fn compared(here: &Here<'_>, it: &Compared<'_>) -> Markup {
    let (id, language) = (it.entry.id.as_str(), it.draft.language.as_str());
    let one = |it: &Revision| html! { "Revision " (it.number) ", " (it.author_name) ", " (when(it.made_at)) };
    let main = html! {
        p.crumbs { a href=(path(id, language, "")) lang=(language) { (titled(&it.draft.title)) } " › " a href=(path(id, language, "/revisions")) { "Revisions" } }
        h1 { "Revision " (it.from.number) " and " (it.to.number) }
        dl.facts { div { dt { "Before" } dd { (one(it.from)) } } div { dt { "After" } dd { (one(it.to)) } } }
        @if it.changes.is_empty() { p.done { "They are the same." } }
        @for change in it.changes {
            section.panel.difference lang=(language) {
                h2 lang="en" { (field_name(it.entry.kind, &change.path)) }
                (changed(change.before.as_ref(), change.after.as_ref()))
            }
        }
    };
    here.page(Tab::Entries, "Two revisions", main)
}
