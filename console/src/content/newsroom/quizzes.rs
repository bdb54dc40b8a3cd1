//! Quizzes: which there are on which match, and how they stand.

use crate::content::form::Named;
use crate::content::{Here, PATH, Tab, pick};
use crate::controls::Filled;
use crate::finance::table::pager;
use crate::when;
use cms::rights::Role;
use maud::{Markup, html};
use quizzes::desk::Listed;
use quizzes::{Origin, State};
use std::collections::BTreeMap;

/// Whether they settle, void and withdraw what fans are asked, and have it asked.
pub fn may_review(here: &Here<'_>) -> bool {
    let is_own = here.rights.kinds.as_ref().is_none_or(|own| own.contains("quiz"));
    here.rights.role >= Role::Reviewer && is_own
}

/// Quizzes of a page.
#[derive(Clone, Copy)]
pub struct List<'a> {
    pub found: &'a [Listed],
    /// The matches, by id.
    pub named: &'a BTreeMap<String, Named>,
    /// The match whose quizzes alone are shown.
    pub of: Option<&'a str>,
    pub is_later: bool,
    /// The number to go on before.
    pub next: Option<i64>,
    pub form: Filled<'a>,
}

/// Where a page of the list is.
fn path(of: Option<&str>, before: Option<i64>) -> String {
    let of = of.map(|it| format!("match={it}"));
    let before = before.map(|it| format!("before={it}"));
    let query = of.into_iter().chain(before).collect::<Vec<_>>().join("&");
    if query.is_empty() { format!("{PATH}/quizzes") } else { format!("{PATH}/quizzes?{query}") }
}

pub fn page(here: &Here<'_>, list: &List<'_>) -> Markup {
    let name = |id: &str| list.named.get(id).map_or_else(|| id.to_owned(), |it| it.label.clone());
    let main = html! {
        h1 { "Quizzes" }
        p.muted {
            "What fans are asked on matches, and what they have answered. Questions that editors write are "
            a href={ (PATH) "?kind=quiz" } { "entries" } "."
        }
        @if may_review(here) { (ask(here, list)) }
        @if let Some(id) = list.of {
            p { "Of " strong { (name(id)) } " alone. " a href=(path(None, None)) { "Of all matches" } }
        }
        @if list.found.is_empty() { div.boxed.empty { p { "Nothing was asked yet." } } }
        @for (match_id, all) in by_match(list.found) {
            section.of-match {
                h2 {
                    @match match_id {
                        Some(id) => { a href=(path(Some(id), None)) { (name(id)) } }
                        None => { "Of no match" }
                    }
                }
                ul.rows { @for it in all { li { (line(it)) } } }
            }
        }
        (pager(list.is_later.then(|| path(list.of, None)), list.next.map(|it| path(list.of, Some(it)))))
    };
    here.page(Tab::Quizzes, "Quizzes", main)
}

/// The newest match first: the one with the newest quiz.
fn by_match(found: &[Listed]) -> Vec<(Option<&str>, Vec<&Listed>)> {
    let mut all: Vec<(Option<&str>, Vec<&Listed>)> = Vec::new();
    for it in found {
        let of = it.match_id.as_deref();
        match all.iter_mut().find(|one| one.0 == of) {
            Some(one) => one.1.push(it),
            None => all.push((of, vec![it])),
        }
    }
    all
}

fn ask(here: &Here<'_>, list: &List<'_>) -> Markup {
    let typed = list.form.fields.text("match");
    let chosen = if typed.is_empty() { list.of.unwrap_or_default() } else { typed };
    let chosen = Some(chosen).filter(|it| !it.is_empty()).map(|id| (id, list.named.get(id)));
    html! {
        section.panel aria-labelledby="usual" {
            h2 #usual { "The usual questions" }
            p.hint { "Who wins, who scores most, totals, wickets and some of the overs, in seven languages, of a match that is announced or live. The match settles them." }
            (list.form.summary())
            (here.form("/quizzes", pick::of_match(chosen), html! { button.primary type="submit" { "Ask the usual questions" } }))
        }
    }
}

fn line(it: &Listed) -> Markup {
    html! {
        div {
            a href={ (PATH) "/quizzes/" (it.id) } { (it.title) }
            p.muted { (whose(it)) ", " (when(it.made_at)) }
            p.tallied { (standing(it)) }
        }
        (flag(it))
    }
}

/// Whose it is: "Editors' entry".
pub(super) fn whose(it: &Listed) -> Markup {
    html! {
        @match &it.origin {
            Origin::Entry { id, .. } => { a href={ (PATH) "/entries/" (id) } { "Editors' entry" } }
            Origin::Template { .. } => { "Made from templates" }
        }
        @if it.organisation_id.is_some() { ", for one partner's fans" }
        @if it.books == rewards::Books::Test { ", of the test mode" }
    }
}

pub(super) fn flag(it: &Listed) -> Markup {
    html! {
        @if it.withdrawn_at.is_some() { span.flag.bad { "Withdrawn" } }
        @else if it.count(State::Open) > 0 { span.flag.good { "Open" } }
        @else if it.count(State::Planned) + it.count(State::Locked) > 0 { span.flag.wait { "Running" } }
        @else { span.flag.off { "Over" } }
    }
}

/// "2 open, 1 locked, 4 settled; 120 answers".
pub(super) fn standing(it: &Listed) -> String {
    let of = |state| (it.count(state), state_word(state));
    let some: Vec<String> = State::ALL
        .map(of)
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    format!("{}; {}", some.join(", "), answers(it.answers))
}

pub(super) fn answers(count: i64) -> String {
    if count == 1 { "1 answer".to_owned() } else { format!("{count} answers") }
}

pub(super) const fn state_word(state: State) -> &'static str {
    match state {
        State::Planned => "planned",
        State::Open => "open",
        State::Locked => "locked",
        State::Settled => "settled",
        State::Void => "void",
    }
}
