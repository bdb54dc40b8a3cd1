//! The ball-by-ball list, newest first.

use super::live::chip;
use crate::{
    board::Chip,
    lines::{Earlier, Line, Lines},
    node::{Node, node, span},
    shown::Filter,
};
use cricket::{Words, words::messages as say};

pub(super) fn lines(words: Words, lines: &Lines, filter: Filter) -> Node {
    if lines.lines.is_empty() && lines.earlier == Earlier::None {
        return node("p", "empty").text(words.get(say::NO_BALLS));
    }
    let items: Vec<Node> = lines.lines.iter().rev().filter(|it| filter.shows(it.kind)).map(line).collect();
    let mut parts = vec![filters(words, filter)];
    parts.push(match items.is_empty() {
        true => node("p", "empty").text(words.get(say::NO_SUCH_BALLS)),
        false => node("ol", "lines").children(items),
    });
    if lines.earlier != Earlier::None {
        let message = if lines.waiting { say::LOADING } else { say::EARLIER_BALLS };
        parts.push(
            node("button", "more")
                .with("type", "button")
                .with("data-ask", "earlier")
                .text(words.get(message)),
        );
    }
    node("div", "").children(parts)
}

/// One button a filter; the chosen one is pressed.
fn filters(words: Words, chosen: Filter) -> Node {
    let button = |(filter, ask, message)| {
        let pressed = if filter == chosen { "true" } else { "false" };
        node("button", "")
            .with("type", "button")
            .with("data-ask", ask)
            .with("aria-pressed", pressed)
            .text(words.get(message))
    };
    let all = [
        (Filter::All, "filter-all", say::ALL_BALLS),
        (Filter::Wickets, "filter-wickets", say::WICKETS),
        (Filter::Boundaries, "filter-boundaries", say::BOUNDARIES),
    ];
    node("div", "filters")
        .with("role", "group")
        .with("aria-label", words.get(say::BALLS_SHOWN))
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
