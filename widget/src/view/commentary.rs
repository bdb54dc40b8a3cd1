//! The ball-by-ball list, newest first.

use super::{Asks, text};
use crate::lines::{Line, Lines};
use leptos::ev;
use leptos::html::{button, div, li, ol, p, span};
use leptos::prelude::*;

pub(super) fn lines(asks: Asks, lines: &Lines) -> impl IntoView + use<> {
    let items: Vec<_> = lines.lines.iter().rev().map(line).collect();
    let empty = lines.lines.is_empty().then(|| text("empty", "Ball by ball begins with the first ball.".to_owned()));
    let words = if lines.waiting { "Loading…" } else { "Earlier balls" };
    let more = (lines.from_seq > 0 && !lines.lines.is_empty()).then(|| {
        button().class("more").attr("type", "button").on(ev::click, move |_| asks.earlier.run(())).child(words)
    });
    div().class("lines").child((empty, ol().child(items), more))
}

fn line(line: &Line) -> impl IntoView + use<> {
    li().attr("data-kind", line.kind.class()).child((
        text("at", line.over.clone()),
        span().class("chip").attr("data-kind", line.kind.class()).attr("aria-hidden", "true").child(line.label.clone()),
        p().child(line.text.clone()),
        text("after", line.score.clone()),
    ))
}
