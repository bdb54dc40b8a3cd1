//! Each side's chance of winning, as a bar.

use crate::{
    board::{Board, Share},
    node::{Node, node, span},
};

/// None where nobody can tell, and once it is decided.
pub(super) fn chances(board: &Board) -> Option<Node> {
    let [first, second] = board.chances.as_ref()?;
    let label = ["Win probability: ", &said(first), ", ", &said(second)].concat();
    let bars = vec![bar(first, 0), bar(second, u16::from(first.per_cent))];
    let ends = vec![end(first), span("label", "Win probability"), end(second)];
    Some(
        node("div", "chances")
            .with("part", "chances")
            .with("role", "img")
            .with("aria-label", label)
            .children(vec![
                node("p", "").with("aria-hidden", "true").children(ends),
                node("svg", "bar").with("aria-hidden", "true").children(bars),
            ]),
    )
}

fn said(share: &Share) -> String {
    [&share.name, " ", &share.per_cent.to_string(), "%"].concat()
}

fn end(share: &Share) -> Node {
    node("span", "").children(vec![
        span("who", share.short.clone()),
        span("figures", [" ", &share.per_cent.to_string(), "%"].concat()),
    ])
}

fn bar(share: &Share, from: u16) -> Node {
    let per_cent = |it: u16| [&it.to_string(), "%"].concat();
    let side = match share.side {
        cricket::Side::Home => "home",
        cricket::Side::Away => "away",
    };
    let bar = node("rect", "").with("x", per_cent(from)).with("width", per_cent(u16::from(share.per_cent)));
    bar.with("y", "0").with("height", "100%").with("data-side", side)
}
