//! The over, the players in the middle, the rates.

use super::table;
use crate::{
    board::{Board, Chip, Fact, Kind, Over},
    node::{Node, node, span},
};
use cricket::{Words, text, words::messages as say};

pub(super) fn overs(words: Words, board: &Board) -> Node {
    let mut parts: Vec<Node> = board.overs.iter().map(over).collect();
    if board.free_hit {
        parts.push(span("free", words.get(say::FREE_HIT)));
    }
    node("div", "overs").with("part", "overs").children(parts)
}

fn over(over: &Over) -> Node {
    let blanks = std::iter::repeat_n(Chip { label: String::new(), kind: Kind::Blank }, over.blanks);
    let chips = over.chips.iter().cloned().chain(blanks).map(|it| chip("li", it)).collect();
    node("div", "over").children(vec![
        node("div", "over-head").children(vec![span("", over.title.clone()), span("sum", over.sum.clone())]),
        node("ol", "").with("aria-label", text!(over.title, ", ", over.sum)).children(chips),
    ])
}

pub(super) fn chip(tag: &'static str, chip: Chip) -> Node {
    let hidden = if chip.kind == Kind::Blank || tag == "span" { "true" } else { "false" };
    node(tag, "chip").with("data-kind", chip.kind.class()).with("aria-hidden", hidden).text(chip.label)
}

pub(super) fn at_the_wicket(words: Words, board: &Board) -> Node {
    let mut tables = vec![table("batting now", words.get(say::BATTING_COLUMNS), &board.batters)];
    // Before the first ball of an innings nobody bowls.
    if !board.bowlers.is_empty() {
        tables.push(table("bowling now", words.get(say::BOWLING_COLUMNS), &board.bowlers));
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
