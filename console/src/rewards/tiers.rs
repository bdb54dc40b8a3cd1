//! Tiers: by what a fan has earned so far.

use super::{Here, Tab, title};
use crate::controls::{Filled, Label, Line};
use crate::finance::money::count;
use crate::form::{Fields, Mistakes};
use maud::{Markup, html};

/// Tiers that there may be.
pub const COUNT_MAX: usize = 10;
/// Characters of a name, and digits of a number.
const WORD_MAX: u16 = 40;
const DIGITS_MAX: u16 = 15;
/// What a tier begins with at most.
const UNITS_MAX: i64 = 1_000_000_000_000;
/// Empty lines behind those that are there.
const EMPTY: usize = 2;

fn field(at: usize, name: &str) -> String {
    format!("t{at}-{name}")
}

/// The form as it is first shown.
pub fn form(tiers: &[(String, i64)]) -> Fields {
    let mut fields = Fields::default();
    for (at, (name, from)) in tiers.iter().enumerate() {
        fields.push(field(at, "name"), name);
        fields.push(field(at, "from"), from.to_string());
    }
    fields
}

/// The tiers that a form says, or what is to be put right. Lines that are empty are none.
pub fn read(form: &Fields) -> Result<Vec<(String, i64)>, Mistakes> {
    let (mut tiers, mut mistakes): (Vec<(String, i64)>, _) = (Vec::new(), Mistakes::default());
    for at in 0..COUNT_MAX {
        let (name, from) = (field(at, "name"), field(at, "from"));
        if !form.has(&name) && !form.has(&from) {
            continue;
        }
        let word = form.text(&name);
        let is_word = (1..=usize::from(WORD_MAX)).contains(&word.len())
            && word.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
        if !is_word {
            mistakes.add(name.clone(), "A name has small letters, digits and hyphens: gold.");
        } else if tiers.iter().any(|it| it.0 == word) {
            mistakes.add(name.clone(), format!("Another tier is called {word}."));
        }
        let units = form.number(&from, 1..=UNITS_MAX, &mut mistakes);
        if !form.has(&from) {
            mistakes.add(from.clone(), "Enter from how many points on.");
        }
        let Some(units) = units else { continue };
        if tiers.iter().any(|it| it.1 == units) {
            mistakes.add(from, "Another tier begins with as many.");
        }
        tiers.push((word.to_owned(), units));
    }
    tiers.sort_by_key(|it| it.1);
    mistakes.unless_any(tiers)
}

pub fn page(here: &Here<'_>, tiers: &[(String, i64)], form: Filled<'_>) -> Markup {
    let filled = (0..COUNT_MAX)
        .rev()
        .find(|at| form.fields.has(&field(*at, "name")) || form.fields.has(&field(*at, "from")));
    let lines = (filled.map_or(0, |it| it + 1) + EMPTY).min(COUNT_MAX);
    let main = html! {
        (title(here, "Tiers"))
        p.muted { "A fan is of the highest tier that what was earned so far reaches, in all campaigns of these \
            books together. Rules ask for it, and may give a tier more." }
        @if tiers.is_empty() { p { "There are no tiers in these books." } }
        @else {
            ol.ladder { @for (name, from) in tiers { li { strong { (name) } " from " (count(*from)) " points" } } }
        }
        @if here.may_act() {
            section aria-labelledby="edit" {
                h2 #edit { "Change them" }
                p.hint { "Ten at most. A line that is emptied is taken away; rules that speak of a tier that is \
                    not there give its fans what all others get." }
                (form.summary())
                (here.form("/tiers",
                    html! { @for at in 0..lines {
                        @let (name, from) = (field(at, "name"), field(at, "from"));
                        fieldset.tier {
                            legend { "Tier " (at + 1) }
                            div.columns {
                                (form.line(Label::new(&name, "Name"), Line::Text, WORD_MAX))
                                (form.line(Label::new(&from, "From so many points earned"), Line::Number, DIGITS_MAX))
                            }
                        }
                    } },
                    html! { button.primary type="submit" { "Save tiers" } }))
            }
        }
    };
    here.page(Tab::Tiers, "Tiers", main)
}
