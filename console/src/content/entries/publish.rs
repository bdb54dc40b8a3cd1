//! What stands in the way of publishing or unpublishing, and what may be done with it.

use super::{path, titled, within};
use crate::content::form::{field_name, language_name};
use crate::content::{Here, PATH, Tab};
use crate::layout::csrf_field;
use cms::Problem;
use cms::draft::Draft;
use cms::entry::Entry;
use cms::publish::Dependency;
use cms::relation::User;
use cms::schema::kind;
use maud::{Markup, html};

/// Why it was not done.
pub enum Hindered<'a> {
    /// It is not whole: of this document, or of one that goes with it.
    Unfit { id: &'a str, language: &'a str, title: &'a str, problems: &'a [Problem] },
    /// It names what fans do not see.
    Unpublished(&'a [Dependency]),
    /// Others that fans see name it.
    InUse(&'a [User]),
    /// Other languages of it are published still.
    Languages(&'a [String]),
}

/// What was to be done: the last part of its address, and how it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub rest: &'static str,
    pub verb: &'static str,
}

pub fn page(
    here: &Here<'_>,
    entry: &Entry,
    draft: &Draft,
    wanted: Wanted,
    hindered: &Hindered<'_>,
) -> Markup {
    let language = draft.language.as_str();
    let again = |count: usize, with: &str| {
        let button = format!("{} {with}", wanted.verb);
        html! {
            form.act method="post" action={ (PATH) (within(&entry.id, language, wanted.rest)) } {
                (csrf_field(here.who.form_token))
                input type="hidden" name="version" value=(draft.version);
                input type="hidden" name="cascade" value="include";
                div.row {
                    button.primary type="submit" { (button) @if count > 0 { " " (count) } }
                    a.button href=(path(&entry.id, language, "")) { "Leave it as it is" }
                }
            }
        }
    };
    let main = html! {
        div.narrow {
            p.crumbs { a href=(path(&entry.id, language, "")) lang=(language) { (titled(&draft.title)) } }
            @match hindered {
                Hindered::Unfit { id, language, title, problems } => {
                    h1 { "Not published yet" }
                    p { a href=(path(id, language, "")) { (titled(title)) } " (" (language_name(language)) ") is not whole:" }
                    ul.rows {
                        @for it in *problems {
                            li { div { a href={ (path(id, language, "")) "#" (it.path) } { (field_name(entry.kind, &it.path)) } p { (it.what) } } }
                        }
                    }
                    p { a.button.primary href=(path(id, language, "")) { "Put it right" } }
                }
                Hindered::Unpublished(dependencies) => {
                    h1 { "It names what fans do not see" }
                    p { "Fans would be led to nothing. Publish these with it, or take them out of it:" }
                    ul.rows {
                        @for it in *dependencies {
                            li { div {
                                a href={ (PATH) "/entries/" (it.entry) } { (titled(&it.title)) }
                                p.muted {
                                    (kind(&it.kind).map_or(it.kind.as_str(), |it| it.facts.noun))
                                    @match dependencies.iter().find(|by| by.entry == it.of) {
                                        Some(by) => { ", named by " (titled(&by.title)) }
                                        None => { ", named in " (field_name(entry.kind, &it.path)) }
                                    }
                                }
                            } }
                        }
                    }
                    (again(0, &with_them(dependencies.len())))
                }
                Hindered::InUse(users) => {
                    h1 { "Others name it" }
                    p { "These are published, and would lead to nothing. They are unpublished with it, or it stays:" }
                    ul.rows {
                        @for it in *users {
                            li { div {
                                a href=(path(&it.entry, &it.language, "")) { (titled(&it.title)) }
                                p.muted { (kind(&it.kind).map_or(it.kind.as_str(), |it| it.facts.noun)) ", " (language_name(&it.language)) }
                            } }
                        }
                    }
                    (again(0, &with_them(users.len())))
                }
                Hindered::Languages(languages) => {
                    h1 { "It is published in other languages" }
                    p { "Without its main language no other is shown. These are published, too: " (languages.iter().map(|it| language_name(it)).collect::<Vec<_>>().join(", ")) "." }
                    (again(0, &with_them(languages.len())))
                }
            }
        }
    };
    here.page(Tab::Entries, "Not done yet", main)
}

fn with_them(count: usize) -> String {
    if count == 1 { "this one with it".to_owned() } else { format!("these {count} with it") }
}
