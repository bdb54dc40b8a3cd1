//! Whatever a stream or another tab says, the widget shows it or asks for a snapshot; it never panics, and every text stays a text.

#[path = "../../wire/tests/json/values.rs"]
mod values;

use cricket::words::languages;
use proptest::prelude::*;
use values::{command, game};
use widget::{
    node::Node,
    parts::Part,
    session::Step,
    shown::{Filter, Shown, Tab},
    view::{self, Size},
};
use wire::{Position, Snapshot, Update};

/// Does not panic where it is shipped: there sums wrap, which the tests' own profile does not let them.
fn borne(run: impl FnOnce()) {
    let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) else { return };
    let words = panic.downcast_ref::<&str>().map(|it| (*it).to_owned());
    let words = words.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    assert!(words.starts_with("attempt to") && words.ends_with("with overflow"), "{words}");
}

/// Draws everything that there is to see.
fn draw(shown: &mut Shown) {
    (shown.detail, shown.insight) = (Part::Here, Part::Here);
    for tab in [Tab::Live, Tab::Scorecard, Tab::Charts, Tab::Settings] {
        for filter in [Filter::All, Filter::Wickets, Filter::Boundaries] {
            (shown.tab, shown.filter) = (tab, filter);
            for size in [Size::Compact, Size::Card, Size::Full] {
                borne(|| check(&view::widget(shown, size)));
            }
        }
    }
}

/// Elements and attributes are ours; what comes from outside is a text or an attribute's value.
fn check(node: &Node) {
    assert!(node.tag.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit()), "{}", node.tag);
    assert!(!matches!(node.tag, "script" | "style" | "iframe" | "img" | "a"), "{}", node.tag);
    for (name, _) in &node.attributes {
        assert!(!name.starts_with("on") && !matches!(*name, "href" | "src" | "style" | "srcdoc"), "{name}");
    }
    assert!(node.text.is_empty() || node.children.is_empty());
    node.children.iter().for_each(check);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_state_is_drawn_in_any_language(mut state in game(), lang in "(en|bn|ta|ur)", commands in prop::collection::vec(command(), 0..6)) {
        let mut shown = Shown { words: languages::named(&lang), ..Shown::default() };
        state.setup.balls_per_over = state.setup.balls_per_over.max(1);
        let snapshot = Snapshot { t: 1, id: "mat_1".to_owned(), epoch: 7, seq: 3, rev: 1, state };
        borne(|| assert_eq!(shown.hear("snapshot", "7.3", &wire::encode(&snapshot)), Step::Replaced));
        draw(&mut shown);
        for (command, seq) in commands.into_iter().zip(4..) {
            let id = Position { epoch: 7, seq }.to_string();
            borne(|| drop(shown.hear("ball", &id, &wire::encode(&Update { t: 2, rev: 1, command }))));
            draw(&mut shown);
        }
        borne(|| shown.speak(languages::named("mr")));
        draw(&mut shown);
    }

    #[test]
    fn any_text_is_borne(kind in "(snapshot|ball|state|.*)", id in ".*", text in ".*") {
        let mut shown = Shown::default();
        shown.hear(&kind, &id, &text);
        draw(&mut shown);
    }
}
