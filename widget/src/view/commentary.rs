//! The ball-by-ball list, newest first.

use super::live::chip;
use crate::{
    board::Chip,
    lines::{Earlier, Line, Lines},
    node::{Node, node, span},
    shown::Filter,
};

pub(super) fn lines(lines: &Lines, filter: Filter) -> Node {
    if lines.lines.is_empty() {
        return node("p", "empty").text("Ball by ball begins with the first ball.");
    }
    let items: Vec<Node> = lines.lines.iter().rev().filter(|it| filter.shows(it.kind)).map(line).collect();
    let mut parts = vec![filters(filter)];
    parts.push(match items.is_empty() {
        true => node("p", "empty").text("None among these balls."),
        false => node("ol", "lines").children(items),
    });
    if lines.earlier != Earlier::None {
        let words = if lines.waiting { "Loading…" } else { "Earlier balls" };
        parts.push(node("button", "more").with("type", "button").with("data-ask", "earlier").text(words));
    }
    node("div", "").children(parts)
}

/// One button a filter; the chosen one is pressed.
fn filters(chosen: Filter) -> Node {
    let button = |(filter, ask, words)| {
        let pressed = if filter == chosen { "true" } else { "false" };
        node("button", "")
            .with("type", "button")
            .with("data-ask", ask)
            .with("aria-pressed", pressed)
            .text(words)
    };
    let all = [
        (Filter::All, "filter-all", "All"),
        (Filter::Wickets, "filter-wickets", "Wickets"),
        (Filter::Boundaries, "filter-boundaries", "Boundaries"),
    ];
    node("div", "filters")
        .with("role", "group")
        .with("aria-label", "Balls shown")
        .children(all.map(button).into())
}

fn line(line: &Line) -> Node {
    let children = vec![
        span("at", line.over.clone()),
        chip("span", Chip { label: line.label.clone(), kind: line.kind }),
        node("p", "").text(line.text.clone()),
        span("after", line.score.clone()),
    ];
    node("li", "").with("data-kind", line.kind.class()).children(children).keyed(line.key)
}
