//! The tabs of the full view: one stop for the Tab key, arrows to move (WAI-ARIA tabs pattern, automatic activation).

use crate::{
    node::{Node, node},
    shown::{Filter, Tab},
};
use cricket::{Message, Words, words::messages as say};

/// In their order; the id of each is unique within the shadow root and also its `data-ask`.
const TABS: [(Tab, &str, &Message); 4] = [
    (Tab::Live, "tab-live", say::BALL_BY_BALL),
    (Tab::Scorecard, "tab-scorecard", say::SCORECARD),
    (Tab::Charts, "tab-charts", say::CHARTS),
    (Tab::Settings, "tab-settings", say::SETTINGS),
];

/// What stands before a language's tag in a `data-ask`.
pub(super) const LANGUAGE: &str = "language-";

/// What a fan asks for. Elements name it in `data-ask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask<'a> {
    Show(Tab),
    Filter(Filter),
    Earlier,
    /// To speak the language of this tag.
    Language(&'a str),
}

/// The element id of a tab.
pub fn id(tab: Tab) -> &'static str {
    TABS.iter().find(|it| it.0 == tab).map_or("", |it| it.1)
}

/// What a click (`key` is empty) or a key on the element with this `data-ask` means; the right arrow leads to the next tab.
pub fn ask<'a>(name: &'a str, key: &str) -> Option<Ask<'a>> {
    if let Some(at) = TABS.iter().position(|it| it.1 == name) {
        let last = TABS.len() - 1;
        let to = match key {
            "" => at,
            "ArrowRight" => (at + 1) % TABS.len(),
            "ArrowLeft" => at.checked_sub(1).unwrap_or(last),
            "Home" => 0,
            "End" => last,
            _ => return None,
        };
        return Some(Ask::Show(TABS[to].0));
    }
    // Buttons turn keys into clicks by themselves.
    let asked = match name {
        "earlier" => Ask::Earlier,
        "filter-all" => Ask::Filter(Filter::All),
        "filter-wickets" => Ask::Filter(Filter::Wickets),
        "filter-boundaries" => Ask::Filter(Filter::Boundaries),
        _ => Ask::Language(name.strip_prefix(LANGUAGE)?),
    };
    key.is_empty().then_some(asked)
}

pub(super) fn bar(words: Words, selected: Tab) -> Node {
    let tabs = TABS.into_iter().map(|(tab, id, label)| {
        let label = words.get(label);
        // There is no room for four words.
        let shown = if tab == Tab::Settings { "⋯" } else { label };
        let (chosen, stop) = if tab == selected { ("true", "0") } else { ("false", "-1") };
        node("button", "")
            .with("type", "button")
            .with("role", "tab")
            .with("part", "tab")
            .with("id", id)
            .with("data-ask", id)
            .with("aria-controls", "panel")
            .with("aria-selected", chosen)
            .with("tabindex", stop)
            .with("aria-label", label)
            .text(shown)
    });
    node("div", "tabs")
        .with("role", "tablist")
        .with("aria-label", words.get(say::DETAILS))
        .children(tabs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_home_and_end_move_between_tabs_and_clicks_choose() {
        let cases = [
            ("tab-live", "", Some(Ask::Show(Tab::Live))),
            ("tab-live", "ArrowRight", Some(Ask::Show(Tab::Scorecard))),
            ("tab-live", "ArrowLeft", Some(Ask::Show(Tab::Settings))),
            ("tab-settings", "ArrowRight", Some(Ask::Show(Tab::Live))),
            ("tab-scorecard", "Home", Some(Ask::Show(Tab::Live))),
            ("tab-live", "End", Some(Ask::Show(Tab::Settings))),
            ("filter-wickets", "", Some(Ask::Filter(Filter::Wickets))),
            ("filter-wickets", "Enter", None),
            ("tab-live", "Enter", None),
            ("earlier", "", Some(Ask::Earlier)),
            ("earlier", "ArrowLeft", None),
            ("language-hi", "", Some(Ask::Language("hi"))),
            ("language-hi", "Enter", None),
            ("else", "", None),
        ];
        for (name, key, wanted) in cases {
            assert_eq!(ask(name, key), wanted, "{name} {key}");
        }
    }
}
