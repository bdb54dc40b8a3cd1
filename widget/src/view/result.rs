//! What stays of a finished match: the players of the match, and the best of each innings.

use crate::{
    node::{Node, node, span},
    performers::{Award, Best, Performers},
};
use cricket::{Words, words::messages as say};

/// None while the match goes on.
pub(crate) fn result(words: Words, of: &Performers) -> Option<Node> {
    let mut parts: Vec<Node> = of.awards.iter().map(|it| award(words, it)).collect();
    parts.extend(of.best.iter().map(best));
    (!parts.is_empty()).then(|| node("div", "result").with("part", "result").children(parts))
}

fn award(words: Words, award: &Award) -> Node {
    let figures = span("note", award.figures.clone());
    node("p", "award").children(vec![
        span("label", words.get(say::PLAYER_OF_THE_MATCH)),
        span("who", award.name.clone()),
        figures,
    ])
}

fn best(best: &Best) -> Node {
    let column = |rows: &[(String, String)]| {
        let row = |(name, figures): &(String, String)| {
            node("li", "").children(vec![span("who", name.clone()), span("figures", figures.clone())])
        };
        node("ul", "").children(rows.iter().map(row).collect())
    };
    let head = node("h3", "").children(vec![span("", best.title.clone()), span("sum", best.score.clone())]);
    node("div", "best").children(vec![head, column(&best.batters), column(&best.bowlers)])
}
