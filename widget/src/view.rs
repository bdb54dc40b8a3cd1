//! The views: functions from [`Shown`] to elements. They are built with Leptos' builders instead of its `view!` macro, because
//! the macro may create elements by `innerHTML`, which a page with Trusted Types forbids.

mod commentary;
mod header;
mod live;
mod scorecard;
mod table;
mod tabs;

use crate::{
    news::moment_text,
    shown::{Link, Shown, Tab},
};
use leptos::prelude::*;
use leptos::html::{div, p, section, span};

/// What the views can ask for.
#[derive(Clone, Copy)]
pub(crate) struct Asks {
    pub(crate) shown: RwSignal<Shown>,
    pub(crate) earlier: Callback<()>,
}

/// How much is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Size {
    Compact,
    #[default]
    Card,
    Full,
}

impl Size {
    /// From the `view` attribute; anything unknown is a card.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "compact" => Size::Compact,
            "full" => Size::Full,
            _ => Size::Card,
        }
    }
}

/// A piece of text with a class: the commonest element.
fn text(class: &'static str, text: String) -> impl IntoView {
    span().class(class).child(text)
}

pub(crate) fn widget(asks: Asks, size: Size) -> impl IntoView {
    let shown = asks.shown;
    let summary = move || shown.with(|it| summary(it, size));
    let panel = (size == Size::Full).then(|| {
        let content = move || shown.with(|it| panel(asks, it));
        section().class("detail").child((tabs::bar(asks), content))
    });
    let moment = move || {
        shown.with(|it| {
            it.moment.map(|it| {
                let class = if it.odd { "moment odd" } else { "moment even" };
                div().class(class).attr("data-kind", it.kind.class()).child(text("", moment_text(it.kind).to_owned()))
            })
        })
    };
    let said = move || shown.with(|it| it.said.clone());
    div().class("card").attr("part", "card").child((
        summary,
        panel,
        moment,
        p().class("unseen").attr("role", "status").child(said),
    ))
}

fn summary(shown: &Shown, size: Size) -> impl IntoView + use<> {
    let board = shown.board.as_ref();
    let full = size != Size::Compact;
    section().class("summary").child((
        header::header(shown),
        board.map(header::teams),
        status(shown),
        board.filter(|it| full && !it.overs.is_empty()).map(live::overs),
        board.filter(|it| full && !it.batters.is_empty()).map(live::at_the_wicket),
        board.filter(|it| full && !it.facts.is_empty()).map(live::facts),
    ))
}

/// The sentence under the score, or what stands in its place before there is one.
fn status(shown: &Shown) -> impl IntoView + use<> {
    let (class, words) = match (&shown.board, &shown.link) {
        (Some(board), _) => ("status", board.status.clone()),
        (None, Link::Refused(why)) => ("status refused", why.clone()),
        (None, _) => ("status waiting", "Waiting for the score…".to_owned()),
    };
    text(class, words)
}

fn panel(asks: Asks, shown: &Shown) -> impl IntoView + use<> {
    let live = (shown.tab == Tab::Live).then(|| commentary::lines(asks, &shown.lines));
    let cards = (shown.tab == Tab::Scorecard).then(|| scorecard::cards(&shown.cards));
    let label = tabs::id(shown.tab);
    div()
        .class("panel")
        .attr("role", "tabpanel")
        .attr("id", "panel")
        .attr("aria-labelledby", label)
        .attr("tabindex", "0")
        .child((live, cards))
}
