//! The list of entries, by type, state and language, and what is done with several at once; and the form that makes a new one.

use super::{flag, path, titled};
use crate::content::form::{language_name, worded};
use crate::content::{Here, PATH, Tab};
use crate::controls::{Choice, Filled, Label, Line};
use crate::form::Fields;
use crate::layout::csrf_field;
use crate::when;
use cms::draft::State;
use cms::rights::{Act, Standing, may};
use cms::schema::{Kind, kind, kinds};
use cms::types::Number;
use maud::{Markup, html};

/// Characters of what is looked for, and of a key.
const SOUGHT_MAX: u16 = 200;
const KEY_MAX: u16 = 80;

/// A page of entries.
pub struct List<'a> {
    /// What the address asks for: `kind`, `q`, `state`, `lang`, `mine`.
    pub asked: &'a Fields,
    pub found: &'a [cms::list::Line],
    /// Whether it is not the first page.
    pub is_later: bool,
    pub next: Option<&'a str>,
    /// Languages that entries are in.
    pub languages: &'a [String],
}

pub fn page(here: &Here<'_>, list: &List<'_>) -> Markup {
    let of = kind(list.asked.text("kind")).ok();
    let title = of.map_or("Entries", |it| it.facts.plural);
    let main = html! {
        div.newsroom {
            (types(here, of))
            div.newsroom-main {
                div.line {
                    h1 { (title) }
                    @if may_make(here) { a.button.primary href=(new_path(of)) { "New " (of.map_or_else(|| "entry".to_owned(), |it| it.facts.noun.to_lowercase())) } }
                }
                (filters(list))
                @if list.found.is_empty() { (nothing(list)) } @else { (found(here, list)) }
                (pager(list))
            }
        }
    };
    here.page(Tab::Entries, title, main)
}

fn may_make(here: &Here<'_>) -> bool {
    may(here.rights.role, Act::Create, Standing::Main)
}

fn new_path(of: Option<&Kind>) -> String {
    of.map_or_else(
        || format!("{PATH}/entries/new"),
        |it| format!("{PATH}/entries/new?kind={}", it.facts.name),
    )
}

/// The types that somebody may see.
fn types(here: &Here<'_>, at: Option<&Kind>) -> Markup {
    html! {
        nav.kinds aria-label="Types" {
            ul {
                li { a href=(PATH) aria-current=[at.is_none().then_some("page")] { "All" } }
                @for it in seen(here) {
                    @let is_here = at.is_some_and(|at| at.facts.name == it.facts.name);
                    li { a href={ (PATH) "?kind=" (it.facts.name) } aria-current=[is_here.then_some("page")] { (it.facts.plural) } }
                }
            }
        }
    }
}

fn seen(here: &Here<'_>) -> impl Iterator<Item = &'static Kind> {
    let own = here.rights.kinds.clone();
    kinds().iter().filter(move |it| own.as_ref().is_none_or(|own| own.contains(it.facts.name)))
}

fn filters(list: &List<'_>) -> Markup {
    let asked = list.asked;
    html! {
        form.asked.row role="search" method="get" action=(PATH) {
            @if asked.has("kind") { input type="hidden" name="kind" value=(asked.text("kind")); }
            label.sought { span { "Search" } input #search type="search" name="q" value=(asked.text("q")) maxlength=(SOUGHT_MAX) autocomplete="off" aria-keyshortcuts="/"; }
            label { span { "State" }
                select name="state" {
                    option value="" { "Any" }
                    @for it in State::ALL { option value=(it.word()) selected[it.word() == asked.text("state")] { (worded(it.word())) } }
                }
            }
            label { span { "Language" }
                select name="lang" {
                    option value="" { "Main" }
                    @for it in list.languages { option value=(it) selected[it == asked.text("lang")] { (language_name(it)) } }
                }
            }
            label.tick-line { input type="checkbox" name="mine" value="yes" checked[asked.has("mine")]; span { "Mine" } }
            button type="submit" { "Show" }
        }
    }
}

fn nothing(list: &List<'_>) -> Markup {
    let is_asked = ["q", "state", "lang", "mine"].iter().any(|it| list.asked.has(it));
    html! {
        div.boxed.empty {
            @if is_asked {
                p { "Nothing is found." }
                p { a href=(without_filters(list.asked)) { "Show all" } }
            } @else {
                p { "There is nothing here yet." }
                p.muted { "What is made here is a draft: fans see it once it is published." }
            }
        }
    }
}

fn without_filters(asked: &Fields) -> String {
    match asked.text("kind") {
        "" => PATH.to_owned(),
        kind => format!("{PATH}?kind={kind}"),
    }
}

fn found(here: &Here<'_>, list: &List<'_>) -> Markup {
    let is_bulk = here.rights.role > cms::rights::Role::Viewer;
    html! {
        form #bulk method="post" action={ (PATH) "/entries/bulk" } {
            (csrf_field(here.who.form_token))
            input type="hidden" name="back" value=(list.asked.to_query());
            div.scroll tabindex="0" role="region" aria-label="Entries" {
                table.list.stacks.entries {
                    caption.unseen { "Entries" }
                    thead { tr {
                        @if is_bulk { td.box { input type="checkbox" data-all aria-label="Choose all" hidden; } }
                        th scope="col" { "Title" } th scope="col" { "Type" } th scope="col" { "State" } th scope="col" { "Language" }
                        th scope="col" { "Changed" } th scope="col" { "By" }
                    } }
                    tbody { @for it in list.found { (line(it, is_bulk)) } }
                }
            }
            @if is_bulk { (bulk(here)) }
        }
    }
}

fn line(it: &cms::list::Line, is_bulk: bool) -> Markup {
    let noun = kind(&it.kind).map_or(it.kind.as_str(), |it| it.facts.noun);
    html! {
        tr {
            @if is_bulk {
                td.box { input type="checkbox" name="entry" value={ (it.entry) " " (it.language) " " (it.version) } aria-label={ "Choose " (titled(&it.title)) }; }
            }
            th.named scope="row" {
                a href=(path(&it.entry, &it.language, "")) lang=(it.language) { (titled(&it.title)) }
                @if let Some(key) = &it.key { " " code.id { (key) } }
            }
            td data-of="Type" { (noun) }
            td data-of="State" { (flag(it.state)) }
            td data-of="Language" { (language_name(&it.language)) }
            td data-of="Changed" { (when(it.changed_at)) }
            td data-of="By" { (it.author_name) }
        }
    }
}

fn bulk(here: &Here<'_>) -> Markup {
    let may_trash = may(here.rights.role, Act::Trash, Standing::Main);
    html! {
        div.row.bulk role="group" aria-label="With what is chosen" {
            span.muted data-chosen { "With what is chosen:" }
            button type="submit" name="do" value="publish" { "Publish" }
            button type="submit" name="do" value="unpublish" { "Unpublish" }
            @if may_trash { button.danger-quiet type="submit" name="do" value="trash" { "Put into the trash" } }
        }
    }
}

fn pager(list: &List<'_>) -> Markup {
    let at = |after: Option<&str>| {
        let mut fields = list.asked.clone();
        fields.remove("after");
        if let Some(after) = after {
            fields.set("after", after);
        }
        format!("{PATH}?{}", fields.to_query())
    };
    html! {
        @if list.is_later || list.next.is_some() {
            nav.row aria-label="Pages" {
                @if list.is_later { a.button href=(at(None)) { "Newest" } }
                @if let Some(next) = list.next { a.button href=(at(Some(next))) { "Older" } }
            }
        }
    }
}

/// What became of each of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub entry: String,
    pub language: String,
    pub title: String,
    /// What was done, or why it was not.
    pub what: Result<&'static str, String>,
}

pub fn outcomes(here: &Here<'_>, all: &[Outcome], back: &str) -> Markup {
    let done = all.iter().filter(|it| it.what.is_ok()).count();
    let main = html! {
        div.narrow {
            h1 { "Done with " (done) " of " (all.len()) }
            ul.rows {
                @for it in all {
                    li {
                        div {
                            a href=(path(&it.entry, &it.language, "")) { (titled(&it.title)) }
                            p.muted { (language_name(&it.language)) }
                        }
                        @match &it.what {
                            Ok(what) => span.flag.good { (what) },
                            Err(why) => p.mistake { (why) },
                        }
                    }
                }
            }
            p { a.button href={ (PATH) "?" (back) } { "Back to the list" } }
        }
    };
    here.page(Tab::Entries, "Done", main)
}

/// The form of a new entry: its type, its main language, its key.
pub fn new(here: &Here<'_>, form: Filled<'_>) -> Markup {
    let languages: Vec<Choice> =
        languages(here).into_iter().map(|it| Choice::new(it, language_name(it))).collect();
    let types = seen(here).map(|it| Choice::new(it.facts.name, it.facts.noun));
    let types: Vec<Choice> = types.collect();
    let of = kind(form.fields.text("kind")).ok();
    let has_key = of.is_none_or(|it| it.facts.number == Number::Many);
    let main = html! {
        div.narrow {
            h1 { "New " (of.map_or_else(|| "entry".to_owned(), |it| it.facts.noun.to_lowercase())) }
            (form.summary())
            form.act method="post" action={ (PATH) "/entries/new" } {
                (csrf_field(here.who.form_token))
                (form.select(Label::new("kind", "Type"), None, &types))
                (form.select(Label::new("lang", "Main language").hint("All fields are written in it first; other languages have their own words later."), None, &languages))
                @if has_key {
                    (form.line(Label::new("key", "Key").hint("What programs and addresses call it: small letters, digits and hyphens. It may be left out."), Line::Text, KEY_MAX))
                }
                div.row {
                    button.primary type="submit" { "Make it" }
                    a.button href={ (PATH) @if let Some(it) = of { "?kind=" (it.facts.name) } } { "Cancel" }
                }
            }
        }
    };
    here.page(Tab::Entries, "New entry", main)
}

/// Languages that are offered: those that somebody may write in.
pub(super) fn languages(here: &Here<'_>) -> Vec<&'static str> {
    let known = ["en", "hi", "bn", "ta", "te", "mr", "gu", "kn", "ml", "pa", "or", "as", "ur", "si", "ne"];
    let own = here.rights.languages.as_ref();
    known.into_iter().filter(|it| own.is_none_or(|own| own.contains(*it))).collect()
}
