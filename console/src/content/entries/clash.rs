//! Two have written on from the same version: both are shown beside what was there, and somebody says what it is to be.

use super::value::shown;
use super::{path, titled, within};
use crate::content::form::field_name;
use crate::content::{Here, PATH, Tab};
use crate::layout::csrf_field;
use crate::when;
use cms::Language;
use cms::draft::{Aside, Clash};
use cms::entry::Entry;
use maud::{Markup, html};

/// The name of the choice for a conflict.
pub fn choice(number: usize) -> String {
    format!("c{number}")
}

pub struct Clashed<'a> {
    pub entry: &'a Entry,
    pub language: &'a Language,
    pub title: &'a str,
    pub aside: &'a Aside,
    pub clash: &'a Clash,
    /// Whether it is one's own words that came late.
    pub is_own: bool,
    pub may_write: bool,
}

pub fn page(here: &Here<'_>, it: &Clashed<'_>) -> Markup {
    let (clash, kind) = (it.clash, it.entry.kind);
    let whose = if it.is_own { "yours".to_owned() } else { format!("{}'s", it.aside.author_name) };
    let conflicts = &clash.merge.conflicts;
    let only = |changes: &[cms::diff::Change]| {
        let names: Vec<String> = changes
            .iter()
            .filter(|change| !conflicts.iter().any(|it| change.path.starts_with(&it.path)))
            .map(|it| field_name(kind, &it.path))
            .collect();
        names
    };
    let (theirs, yours) = (only(&clash.their_changes), only(&clash.your_changes));
    let fields = html! {
        input type="hidden" name="version" value=(clash.version);
        input type="hidden" name="sitting" value=(it.aside.session);
        input type="hidden" name="by" value=(it.aside.author_id);
        @for (number, conflict) in conflicts.iter().enumerate() {
            fieldset.conflict {
                legend { (field_name(kind, &conflict.path)) }
                div.three {
                    div.side { p.of { "Before" } (shown(conflict.base.as_ref())) }
                    label.side { input type="radio" name=(choice(number)) value="theirs" checked; span.of { (clash.author_name) ", " (when(clash.changed_at)) } (shown(conflict.theirs.as_ref())) }
                    label.side { input type="radio" name=(choice(number)) value="yours"; span.of { (it.aside.author_name) ", " (when(it.aside.at)) } (shown(conflict.yours.as_ref())) }
                }
            }
        }
    };
    let main = html! {
        div.wide-narrow {
            p.crumbs { a href=(path(&it.entry.id, it.language.as_str(), "")) lang=(it.language.as_str()) { (titled(it.title)) } }
            h1 { "Two have written at the same time" }
            p {
                (clash.author_name) " has saved version " (clash.version) " while " (if it.is_own { "you" } else { it.aside.author_name.as_str() })
                " wrote on an older one. Nothing is lost: choose what it is to be."
            }
            @if conflicts.is_empty() { p.done { "Nothing contradicts: both go together as they are." } }
            ul.merged {
                @if !theirs.is_empty() { li { "From " (clash.author_name) ": " (theirs.join(", ")) } }
                @if !yours.is_empty() { li { "From " (it.aside.author_name) ": " (yours.join(", ")) } }
            }
            @if it.may_write {
                form.act.clash method="post" action={ (PATH) (within(&it.entry.id, it.language.as_str(), "/clash")) } {
                    (csrf_field(here.who.form_token))
                    (fields)
                    div.row {
                        button.primary type="submit" { "Save what both make" }
                        a.button href=(path(&it.entry.id, it.language.as_str(), "")) { "Later: keep " (whose) " aside" }
                    }
                }
            } @else { (fields) }
        }
    };
    here.page(Tab::Entries, "Two versions", main)
}
