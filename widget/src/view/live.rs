//! The over, the players in the middle, the rates.

use super::{BATTING, BOWLING, table};
use crate::{
    board::{Board, Chip, Fact, Kind, Over},
    node::{Node, node, span},
};

pub(super) fn overs(board: &Board) -> Node {
    let mut parts: Vec<Node> = board.overs.iter().map(over).collect();
    if board.free_hit {
        parts.push(span("free", "Free hit"));
    }
    node("div", "overs").with("part", "overs").children(parts)
}

fn over(over: &Over) -> Node {
    let blanks = std::iter::repeat_n(Chip { label: String::new(), kind: Kind::Blank }, over.blanks);
    let chips = over.chips.iter().cloned().chain(blanks).map(|it| chip("li", it)).collect();
    node("div", "over").children(vec![
        node("div", "over-head").children(vec![span("", over.title.clone()), span("sum", over.sum.clone())]),
        node("ol", "").with("aria-label", [&over.title, ", ", &over.sum].concat()).children(chips),
    ])
}

pub(super) fn chip(tag: &'static str, chip: Chip) -> Node {
    let hidden = if chip.kind == Kind::Blank || tag == "span" { "true" } else { "false" };
    node(tag, "chip").with("data-kind", chip.kind.class()).with("aria-hidden", hidden).text(chip.label)
}

pub(super) fn at_the_wicket(board: &Board) -> Node {
    let mut tables = vec![table("batting now", BATTING, &board.batters)];
    // Before the first ball of an innings nobody bowls.
    if !board.bowlers.is_empty() {
        tables.push(table("bowling now", BOWLING, &board.bowlers));
    }
    node("div", "middle").children(tables)
}

pub(super) fn facts(board: &Board) -> Node {
    node("dl", "facts").with("part", "facts").children(board.facts.iter().map(fact).collect())
}

fn fact(fact: &Fact) -> Node {
    let value = vec![span("", fact.value.clone()), span("note", fact.note.clone())];
    node("div", "").children(vec![node("dt", "").text(fact.label), node("dd", "").children(value)])
}
