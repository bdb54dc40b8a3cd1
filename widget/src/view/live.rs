//! The over, the players in the middle, the rates.

use super::{table, text};
use crate::board::{Board, Chip, Fact, Over};
use leptos::html::{dd, div, dl, dt, li, ol};
use leptos::prelude::*;

pub(super) fn overs(board: &Board) -> impl IntoView + use<> {
    let overs: Vec<_> = board.overs.iter().map(over).collect();
    let free_hit = board.free_hit.then(|| text("free", "Free hit".to_owned()));
    div().class("overs").attr("part", "overs").child((overs, free_hit))
}

fn over(over: &Over) -> impl IntoView + use<> {
    let blanks = std::iter::repeat_n(Chip { label: String::new(), kind: crate::board::Kind::Blank }, over.blanks);
    let chips: Vec<_> = over.chips.iter().cloned().chain(blanks).map(chip).collect();
    let label = [&over.title, ", ", &over.sum].concat();
    div().class("over").child((
        div().class("over-head").child((text("", over.title.clone()), text("sum", over.sum.clone()))),
        ol().attr("aria-label", label).child(chips),
    ))
}

fn chip(chip: Chip) -> impl IntoView {
    let hidden = if chip.label.is_empty() { "true" } else { "false" };
    li().class("chip").attr("data-kind", chip.kind.class()).attr("aria-hidden", hidden).child(chip.label)
}

pub(super) fn at_the_wicket(board: &Board) -> impl IntoView + use<> {
    div().class("middle").child((
        table::table("batting", &table::BATTING, &board.batters),
        table::table("bowling", &table::BOWLING, &board.bowlers),
    ))
}

pub(super) fn facts(board: &Board) -> impl IntoView + use<> {
    let facts: Vec<_> = board.facts.iter().map(fact).collect();
    dl().class("facts").attr("part", "facts").child(facts)
}

fn fact(fact: &Fact) -> impl IntoView + use<> {
    div().child((dt().child(fact.label), dd().child((fact.value.clone(), text("note", fact.note.clone())))))
}
