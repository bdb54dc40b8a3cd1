//! The page on which an entry is written in a language: its form, and beside it how far it is and what may be done.
//!
//! With a script the form saves itself while somebody writes (`content-form.js`), on the version that it names; without one it has a button.

use super::side::Side;
use super::{flag, path, titled, within};
use crate::content::form::{Form, language_name};
use crate::content::{Here, PATH, Tab};
use crate::layout::csrf_field;
use crate::{assets, rich};
use cms::Language;
use cms::draft::Draft;
use cms::entry::Entry;
use maud::{Markup, html};

/// What is written.
pub struct Editing<'a> {
    pub entry: &'a Entry,
    pub language: &'a Language,
    /// None where nobody has begun it in this language.
    pub draft: Option<&'a Draft>,
    /// Of all languages.
    pub drafts: &'a [Draft],
    /// The version that the form was filled from; 0: of a language that is begun.
    pub version: i64,
    pub form: Form<'a>,
    /// Whether the fields say something that is not saved: the page came back with what was typed.
    pub is_unsaved: bool,
    /// Said above the form: of a form that came back.
    pub wrong: Option<&'a str>,
    /// Whether they may write in this language.
    pub may_write: bool,
    /// Names this form among all that are open.
    pub sitting: &'a str,
    pub side: Side<'a>,
}

pub fn page(here: &Here<'_>, it: &Editing<'_>) -> Markup {
    let facts = it.entry.kind.facts;
    let title = it.draft.map_or("", |it| it.title.as_str());
    let name = if title.is_empty() { it.drafts.first().map_or("", |it| it.title.as_str()) } else { title };
    let main = html! {
        div.entry-head {
            p.crumbs { a href={ (PATH) "?kind=" (facts.name) } { (facts.plural) } }
            div.line {
                h1 lang=(it.language.as_str()) { (titled(name)) }
                @if let Some(draft) = it.draft { (flag(draft.state)) }
            }
            (languages(it))
        }
        div.entry-page {
            div.entry-main { (writing(here, it)) }
            (it.side.render(here, it))
        }
        @if it.may_write {
            (rich::script(None))
            script type="module" src=(assets::path("content-form.js")) {}
        }
    };
    here.page(Tab::Entries, &format!("{} · {}", titled(name), it.language), main)
}

/// The languages that it is in, and a way to begin another.
fn languages(it: &Editing<'_>) -> Markup {
    let is_begun = it.drafts.iter().any(|draft| draft.language == *it.language);
    html! {
        @if it.entry.kind.is_localised() {
            nav.languages aria-label="Languages" {
                ul {
                    @for draft in it.drafts {
                        li { a href=(path(&it.entry.id, draft.language.as_str(), "")) aria-current=[(draft.language == *it.language).then_some("page")] {
                            (language_name(draft.language.as_str()))
                            @if draft.language == it.entry.main_language { " " small { "main" } }
                            " " (flag(draft.state))
                        } }
                    }
                    @if !is_begun { li { a href=(path(&it.entry.id, it.language.as_str(), "")) aria-current="page" { (language_name(it.language.as_str())) " " small { "new" } } } }
                }
                form method="get" action={ (PATH) "/entries/" (it.entry.id) } {
                    label.unseen for="another" { "Another language" }
                    input #another type="text" name="lang" placeholder="hi, ta, en-IN …" maxlength="35" autocomplete="off" spellcheck="false" list="tags";
                    datalist #tags { @for tag in ["en", "hi", "bn", "ta", "te", "mr", "gu", "kn", "ml", "pa", "ur"] { option value=(tag) { (language_name(tag)) } } }
                    button type="submit" { "Open" }
                }
            }
        }
    }
}

fn writing(here: &Here<'_>, it: &Editing<'_>) -> Markup {
    let (id, language) = (it.entry.id.as_str(), it.language.as_str());
    html! {
        (it.form.summary())
        @if let Some(wrong) = it.wrong { div.mistakes role="alert" { p { (wrong) } } }
        @if it.may_write {
            form #entry .entry-form method="post" action={ (PATH) (within(id, language, "")) } novalidate autocomplete="off"
                data-entry=(id) data-language=(language) data-version=(it.version) data-sitting=(it.sitting) data-unsaved[it.is_unsaved] {
                (csrf_field(here.who.form_token))
                input type="hidden" name="version" value=(it.version);
                // What Enter presses; the buttons of lists come after it.
                button.unseen type="submit" name="do" value="save" tabindex="-1" aria-hidden="true" { "Save" }
                div.save-bar {
                    p #saved role="status" { (saved(it)) }
                    p #present {}
                    a.to-state href="#state" { "State" }
                    button.primary type="submit" name="do" value="save" aria-keyshortcuts="Control+S Meta+S" { "Save" }
                }
                div #clashed .notice role="alert" hidden {
                    p { strong { "Somebody else has changed this meanwhile." } " What you write is kept aside until you have seen both." }
                    p { a.button data-clash href=(path(id, language, "/clash")) { "See both" } }
                }
                (it.form.render())
            }
        } @else {
            div.entry-form.only-read {
                p.notice { "You may read this, and not change it: your role is " (here.rights.role.word()) @if it.entry.main_language == *it.language { ", and this is the main language" } "." }
                fieldset.plain disabled { (it.form.render()) }
            }
        }
    }
}

fn saved(it: &Editing<'_>) -> Markup {
    html! {
        @if it.is_unsaved { "Not saved yet" }
        @else if let Some(draft) = it.draft { "Saved " (draft.changed_at.strftime("%H:%M").to_string()) " UTC" }
        @else { "Not begun yet" }
    }
}
