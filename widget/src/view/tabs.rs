//! The tabs of the full view: one stop for the Tab key, arrows to move (WAI-ARIA tabs pattern, automatic activation).

use super::Asks;
use crate::shown::Tab;
use leptos::ev;
use leptos::html::{button, div};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

const TABS: [(Tab, &str); 2] = [(Tab::Live, "Ball by ball"), (Tab::Scorecard, "Scorecard")];

/// The element id of a tab, unique within the shadow root.
pub(super) fn id(tab: Tab) -> &'static str {
    match tab {
        Tab::Live => "tab-live",
        Tab::Scorecard => "tab-scorecard",
    }
}

pub(super) fn bar(asks: Asks) -> impl IntoView {
    let tabs: Vec<_> = TABS.into_iter().map(|(tab, label)| tab_button(asks, tab, label)).collect();
    div()
        .class("tabs")
        .attr("role", "tablist")
        .attr("aria-label", "Match details")
        .on(ev::keydown, move |event| step(asks, &event))
        .child(tabs)
}

fn tab_button(asks: Asks, tab: Tab, label: &'static str) -> impl IntoView {
    let selected = move || asks.shown.with(|it| it.tab == tab);
    button()
        .attr("type", "button")
        .attr("role", "tab")
        .attr("id", id(tab))
        .attr("part", "tab")
        .attr("aria-controls", "panel")
        .attr("aria-selected", move || if selected() { "true" } else { "false" })
        .attr("tabindex", move || if selected() { "0" } else { "-1" })
        .on(ev::click, move |_| asks.shown.update(|it| it.tab = tab))
        .child(label)
}

/// Arrow keys, Home and End choose and focus a tab. With two tabs, left and right are the same.
fn step(asks: Asks, event: &web_sys::KeyboardEvent) {
    let other = match asks.shown.with_untracked(|it| it.tab) {
        Tab::Live => Tab::Scorecard,
        Tab::Scorecard => Tab::Live,
    };
    let tab = match event.key().as_str() {
        "ArrowLeft" | "ArrowRight" => other,
        "Home" => Tab::Live,
        "End" => Tab::Scorecard,
        _ => return,
    };
    event.prevent_default();
    asks.shown.update(|it| it.tab = tab);
    let root = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok()).and_then(|it| it.parent_element());
    let button = root.and_then(|it| it.query_selector(&["#", id(tab)].concat()).ok().flatten());
    if let Some(button) = button.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        // A tab that cannot be focused stays chosen all the same.
        let _ = button.focus();
    }
}
