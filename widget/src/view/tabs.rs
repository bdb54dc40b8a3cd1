//! The tabs of the full view: one stop for the Tab key, arrows to move (WAI-ARIA tabs pattern, automatic activation).

use crate::{
    node::{Node, node},
    shown::Tab,
};

const TABS: [(Tab, &str); 2] = [(Tab::Live, "Ball by ball"), (Tab::Scorecard, "Scorecard")];

/// What a fan asks for. Elements name it in `data-ask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Show(Tab),
    Earlier,
}

/// The element id of a tab, unique within the shadow root; also its `data-ask`.
pub fn id(tab: Tab) -> &'static str {
    match tab {
        Tab::Live => "tab-live",
        Tab::Scorecard => "tab-scorecard",
    }
}

/// What a click (`key` is empty) or a key on the element with this `data-ask` means. With two tabs, left and right are the same.
pub fn ask(name: &str, key: &str) -> Option<Ask> {
    let tab = match name {
        "earlier" => return Some(Ask::Earlier).filter(|_| key.is_empty()),
        "tab-live" => Tab::Live,
        "tab-scorecard" => Tab::Scorecard,
        _ => return None,
    };
    let other = match tab {
        Tab::Live => Tab::Scorecard,
        Tab::Scorecard => Tab::Live,
    };
    match key {
        "" => Some(Ask::Show(tab)),
        "ArrowLeft" | "ArrowRight" => Some(Ask::Show(other)),
        "Home" => Some(Ask::Show(Tab::Live)),
        "End" => Some(Ask::Show(Tab::Scorecard)),
        _ => None,
    }
}

pub(super) fn bar(selected: Tab) -> Node {
    let tabs = TABS.into_iter().map(|(tab, label)| {
        let (chosen, stop) = if tab == selected { ("true", "0") } else { ("false", "-1") };
        node("button", "")
            .with("type", "button")
            .with("role", "tab")
            .with("part", "tab")
            .with("id", id(tab))
            .with("data-ask", id(tab))
            .with("aria-controls", "panel")
            .with("aria-selected", chosen)
            .with("tabindex", stop)
            .text(label)
    });
    node("div", "tabs").with("role", "tablist").with("aria-label", "Match details").children(tabs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_home_and_end_move_between_tabs_and_clicks_choose() {
        let cases = [
            ("tab-live", "", Some(Ask::Show(Tab::Live))),
            ("tab-live", "ArrowRight", Some(Ask::Show(Tab::Scorecard))),
            ("tab-live", "ArrowLeft", Some(Ask::Show(Tab::Scorecard))),
            ("tab-scorecard", "Home", Some(Ask::Show(Tab::Live))),
            ("tab-live", "End", Some(Ask::Show(Tab::Scorecard))),
            ("tab-live", "Enter", None),
            ("earlier", "", Some(Ask::Earlier)),
            ("earlier", "ArrowLeft", None),
            ("else", "", None),
        ];
        for (name, key, wanted) in cases {
            assert_eq!(ask(name, key), wanted, "{name} {key}");
        }
    }
}
