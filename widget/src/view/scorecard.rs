//! All innings as tables.

use super::{BATTING, BOWLING, table};
use crate::{
    node::{Node, node, span},
    scorecard::Card,
};

pub(crate) fn cards(cards: &[Card]) -> Node {
    if cards.is_empty() {
        return node("p", "empty").text("The scorecard begins with the first innings.");
    }
    node("div", "cards").children(cards.iter().map(card).collect())
}

fn card(card: &Card) -> Node {
    let mut parts =
        vec![node("h2", "").children(vec![span("", card.title.clone()), span("sum", card.score.clone())])];
    // Before the first ball there are no rows, and heads alone say nothing.
    if !card.batting.is_empty() {
        parts.push(table("batting", BATTING, &card.batting));
    }
    parts.push(table("sums", &[], &card.sums));
    if !card.yet_to_bat.is_empty() {
        parts.push(
            node("p", "yet").children(vec![span("label", "Yet to bat"), span("", card.yet_to_bat.clone())]),
        );
    }
    if !card.bowling.is_empty() {
        parts.push(table("bowling", BOWLING, &card.bowling));
    }
    if !card.falls.is_empty() {
        parts.push(table("falls", &["Fall of wickets", "Score"], &card.falls));
    }
    node("article", "").children(parts)
}
