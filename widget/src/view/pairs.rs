//! The partnerships of an innings: who put on how much, with a bar each.

use super::charts::percent;
use crate::{
    charts::{Pair, Series},
    node::{Node, node, span},
};
use cricket::text;

pub(super) fn pairs(innings: &Series) -> Node {
    let most = innings.pairs.iter().map(|it| it.runs).max().unwrap_or(0).max(1);
    let side = match innings.side {
        cricket::Side::Home => "home",
        cricket::Side::Away => "away",
    };
    let rows = innings.pairs.iter().map(|it| pair(it, most).with("data-side", side));
    node("ol", "pairs").children(rows.collect())
}

fn pair(pair: &Pair, most: u16) -> Node {
    let star = if pair.unbroken { "*" } else { "" };
    let runs = text!(pair.runs.to_string(), star);
    let bar = |x: u16, width: u16, class| {
        let bar = node("rect", class).with("x", percent(x, most)).with("width", percent(width, most));
        bar.with("y", "0").with("height", "100%")
    };
    // Drawn one over the other: what neither scored stands out at the end.
    let bars = vec![
        bar(0, pair.runs, "extras"),
        bar(pair.first_runs, pair.second_runs, "second"),
        bar(0, pair.first_runs, "first"),
    ];
    node("li", "").children(vec![
        node("p", "").children(vec![
            batter(&pair.first, pair.first_runs),
            span("and", " & "),
            batter(&pair.second, pair.second_runs),
        ]),
        node("p", "sum")
            .children(vec![span("", runs), span("note", text!(" (", pair.balls.to_string(), ")"))]),
        node("svg", "bar").with("aria-hidden", "true").children(bars),
    ])
}

fn batter(name: &str, runs: u16) -> Node {
    node("span", "").children(vec![span("who", name.to_owned()), span("note", text!(" ", runs.to_string()))])
}
