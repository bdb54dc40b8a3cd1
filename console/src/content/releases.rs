//! Releases: several documents that are published together.

use super::entries::{path, scheduled, time_fields, titled};
use super::form::{Named, language_name};
use super::{Here, PATH, Tab};
use crate::controls::{Filled, Label, Line};
use crate::layout::csrf_field;
use crate::when;
use cms::moments::Moment;
use cms::publish::Dependency;
use cms::release::{Item, Release};
use cms::schedule::Schedule;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Characters of a release's title.
const TITLE_MAX: u16 = 120;

pub struct List<'a> {
    pub found: &'a [Release],
    pub is_later: bool,
    /// The id to go on before.
    pub older: Option<&'a str>,
    pub may_make: bool,
}

pub fn list(here: &Here<'_>, list: &List<'_>, form: Filled<'_>) -> Markup {
    let main = html! {
        h1 { "Releases" }
        p.muted { "What is in a release is published, unpublished and taken back together: all of it, or nothing." }
        @if list.may_make {
            (form.summary())
            form.act.row-form method="post" action={ (PATH) "/releases" } {
                (csrf_field(here.who.form_token))
                (form.line(Label::new("title", "New release").hint("Opening night, say."), Line::Text, TITLE_MAX))
                button.primary type="submit" { "Make it" }
            }
        }
        @if list.found.is_empty() { div.boxed.empty { p { "There is no release yet." } } }
        ul.rows {
            @for it in list.found {
                li {
                    div {
                        a href={ (PATH) "/releases/" (it.id) } { (it.title) }
                        p.muted { "by " (it.made_name) ", " (when(it.made_at)) }
                    }
                    (state(it))
                }
            }
        }
        @if list.is_later || list.older.is_some() {
            nav.row aria-label="Pages" {
                @if list.is_later { a.button href={ (PATH) "/releases" } { "Newest" } }
                @if let Some(older) = list.older { a.button href={ (PATH) "/releases?before=" (older) } { "Older" } }
            }
        }
    };
    here.page(Tab::Releases, "Releases", main)
}

fn state(it: &Release) -> Markup {
    match it.published_at {
        Some(_) => html! { span.flag.good { "Published" } },
        None => html! { span.flag.off { "Open" } },
    }
}

pub struct Shown<'a> {
    pub release: &'a Release,
    pub items: &'a [Item],
    pub schedules: &'a [Schedule],
    /// The matches of the schedules, by id.
    pub named: &'a BTreeMap<String, Named>,
    /// Whether they may publish.
    pub may_act: bool,
    /// Why it was not published: what its documents need.
    pub missing: &'a [Dependency],
    /// Why it was not, in words.
    pub wrong: Option<&'a str>,
}

pub fn show(here: &Here<'_>, it: &Shown<'_>) -> Markup {
    let release = it.release;
    let at = |rest: &str| format!("/releases/{}{rest}", release.id);
    let is_open = release.published_at.is_none();
    let main = html! {
        p.crumbs { a href={ (PATH) "/releases" } { "Releases" } }
        div.line { h1 { (release.title) } (state(release)) }
        p.muted {
            "Made by " (release.made_name) ", " (when(release.made_at)) "."
            @if let Some(at) = release.published_at { " Published " (when(at)) "." }
            @if let Some(id) = &release.reverts { " It takes back " a href={ (PATH) "/releases/" (id) } { "another release" } "." }
        }
        @if let Some(wrong) = it.wrong { div.mistakes role="alert" { p { (wrong) } } }
        @if !it.missing.is_empty() {
            div.mistakes role="alert" {
                p { strong { "These are to be published before it, or in it:" } }
                ul { @for one in it.missing { li { a href={ (PATH) "/entries/" (one.entry) } { (titled(&one.title)) } } } }
            }
        }
        section {
            h2 { "In it" }
            @if it.items.is_empty() { div.boxed.empty { p { "Nothing yet. Open an entry, and put it in from there." } } }
            ul.rows {
                @for item in it.items {
                    li {
                        div {
                            a href=(path(&item.entry, item.language.as_str(), "")) { (titled(&item.title)) }
                            p.muted { (language_name(item.language.as_str())) ", " @match item.revision { Some(number) => { "revision " (number) }, None => { "is unpublished" } } }
                        }
                        @if is_open && it.may_act {
                            (here.form(&at("/take"), html! {
                                input type="hidden" name="entry" value=(item.entry);
                                input type="hidden" name="lang" value=(item.language.as_str());
                            }, html! { button.small type="submit" aria-label={ "Take out " (titled(&item.title)) } { "Take out" } }))
                        }
                    }
                }
            }
        }
        @if !it.schedules.is_empty() {
            section { h2 { "Later" } ul.schedules.boxed { @for one in it.schedules { li { (scheduled(here, one, it.named)) } } } }
        }
        @if it.may_act && is_open && !it.items.is_empty() {
            section.panel {
                h2 { "Publish" }
                (here.form(&at("/publish"), html! {}, html! { button.primary type="submit" { "Publish all of it now" } }))
                details.plain-details {
                    summary { "At a time" }
                    (here.form(&at("/schedule"), time_fields(here), html! { button type="submit" name="when" value="time" { "Schedule" } }))
                }
                details.plain-details {
                    summary { "At a moment of a match" }
                    (here.form(&at("/schedule"), html! {
                        (super::pick::of_match(None))
                        div.field { label for="moment" { "Moment" } select #moment name="moment" { @for it in Moment::ALL { option value=(it.word()) { (super::entries::moment_name(it)) } } } }
                    }, html! { button type="submit" name="when" value="moment" { "Schedule" } }))
                }
            }
        }
        @if it.may_act && !is_open {
            section.panel {
                h2 { "Take it back" }
                p.hint { "Fans see again what they saw before it." }
                (here.form(&at("/revert"), html! {}, html! { button type="submit" { "Take it back" } }))
            }
        }
    };
    here.page(Tab::Releases, &release.title, main)
}
