//! Each side's chance of winning, as a bar.

use crate::{
    board::Share,
    node::{Node, node, span},
};
use cricket::{Words, text, words::messages as say};

pub(crate) fn chances(words: Words, [first, second]: &[Share; 2]) -> Node {
    let title = words.get(say::WIN_PROBABILITY);
    let label = text!(title, ": ", said(first), ", ", said(second));
    let bars = vec![bar(first, 0), bar(second, u16::from(first.per_cent))];
    let ends = vec![end(first), span("label", title), end(second)];
    node("div", "chances").with("part", "chances").with("role", "img").with("aria-label", label).children(
        vec![
            node("p", "").with("aria-hidden", "true").children(ends),
            node("svg", "bar").with("aria-hidden", "true").children(bars),
        ],
    )
}

fn said(share: &Share) -> String {
    text!(share.name, " ", share.per_cent.to_string(), "%")
}

fn end(share: &Share) -> Node {
    node("span", "").children(vec![
        span("who", share.short.clone()),
        span("figures", text!(" ", share.per_cent.to_string(), "%")),
    ])
}

fn bar(share: &Share, from: u16) -> Node {
    let per_cent = |it: u16| text!(it.to_string(), "%");
    let side = match share.side {
        cricket::Side::Home => "home",
        cricket::Side::Away => "away",
    };
    let bar = node("rect", "").with("x", per_cent(from)).with("width", per_cent(u16::from(share.per_cent)));
    bar.with("y", "0").with("height", "100%").with("data-side", side)
}
