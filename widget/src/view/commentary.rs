//! The ball-by-ball list, newest first.

use super::live::chip;
use crate::{
    board::Chip,
    lines::{Earlier, Line, Lines},
    node::{Node, node, span},
};

pub(super) fn lines(lines: &Lines) -> Node {
    if lines.lines.is_empty() {
        return node("p", "empty").text("Ball by ball begins with the first ball.");
    }
    let items = lines.lines.iter().rev().map(line).collect();
    let mut parts = vec![node("ol", "lines").children(items)];
    if lines.earlier != Earlier::None {
        let words = if lines.waiting { "Loading…" } else { "Earlier balls" };
        parts.push(node("button", "more").with("type", "button").with("data-ask", "earlier").text(words));
    }
    node("div", "").children(parts)
}

fn line(line: &Line) -> Node {
    let children = vec![
        span("at", line.over.clone()),
        chip("span", Chip { label: line.label.clone(), kind: line.kind }),
        node("p", "").text(line.text.clone()),
        span("after", line.score.clone()),
    ];
    Node { key: line.key, ..node("li", "").with("data-kind", line.kind.class()).children(children) }
}
