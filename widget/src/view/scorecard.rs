//! All innings as tables.

use super::table;
use crate::{
    node::{Node, node, span},
    scorecard::Card,
};
use cricket::{Words, words::messages as say};

pub(crate) fn cards(words: Words, cards: &[Card]) -> Node {
    if cards.is_empty() {
        return node("p", "empty").text(words.get(say::NO_CARD));
    }
    node("div", "cards").children(cards.iter().map(|it| card(words, it)).collect())
}

fn card(words: Words, card: &Card) -> Node {
    let mut parts =
        vec![node("h2", "").children(vec![span("", card.title.clone()), span("sum", card.score.clone())])];
    // Before the first ball there are no rows, and heads alone say nothing.
    if !card.batting.is_empty() {
        parts.push(table("batting", words.get(say::BATTING_COLUMNS), &card.batting));
    }
    parts.push(table("sums", "", &card.sums));
    if !card.yet_to_bat.is_empty() {
        parts.push(
            node("p", "yet")
                .children(vec![span("label", words.get(say::YET_TO_BAT)), span("", card.yet_to_bat.clone())]),
        );
    }
    if !card.bowling.is_empty() {
        parts.push(table("bowling", words.get(say::BOWLING_COLUMNS), &card.bowling));
    }
    if !card.falls.is_empty() {
        parts.push(table("falls", words.get(say::FALL_COLUMNS), &card.falls));
    }
    node("article", "").children(parts)
}
