//! The keys of the scoring page. The script reads them off the controls (`data-key`), so a key does what its button
//! does; this table is what the page shows, and a test keeps the two the same.

use maud::{Markup, html};

/// A key and what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// As in `data-key` and the browser's `KeyboardEvent.key`, in lower case.
    pub key: &'static str,
    /// As printed on the page.
    pub shown: &'static str,
    pub does: &'static str,
}

const fn key(key: &'static str, does: &'static str) -> Key {
    Key { key, shown: key, does }
}

/// All keys that are always there while a ball is due.
pub const KEYS: [Key; 22] = [
    key("0", "No run"),
    key("1", "1 run"),
    key("2", "2 runs"),
    key("3", "3 runs"),
    key("4", "4 runs, to the boundary"),
    key("5", "5 runs"),
    key("6", "6 runs, over the boundary"),
    key("w", "Wide, then the runs taken as well"),
    key("n", "No-ball, then the runs taken as well"),
    key("b", "Byes, then how many"),
    key("l", "Leg-byes, then how many"),
    key("r", "A 4 or 6 that was all run"),
    key("x", "Wicket (also o)"),
    key("o", "Wicket (also x)"),
    key("s", "Swap the batters' ends"),
    key("u", "Undo the last press"),
    key("a", "Any ball: 7 runs and more, penalties, two out"),
    key("e", "Edit the last ball"),
    key("v", "Review of the last ball"),
    key("m", "More: retired, penalties, breaks, result"),
    key("?", "These keys"),
    Key { key: "escape", shown: "Esc", does: "Clear wide, no-ball and byes" },
];

/// The table, folded away until asked for, with the switches that the script offers.
pub fn map() -> Markup {
    html! {
        details.keys #keys {
            summary data-key="?" aria-keyshortcuts="?" { "Keys " span.muted { "press " kbd { "?" } } }
            dl {
                @for it in KEYS {
                    // x and o are one line.
                    @if it.key != "o" { div { dt { kbd { (it.shown) } } dd { (it.does) } } }
                }
                div { dt { kbd { "1" } "–" kbd { "9" } } dd { "Choose from a list of bowlers or batters" } }
            }
            p.switches hidden data-script {
                label { input #keys-on type="checkbox" checked; " Keys are on" }
                label { input #sound-on type="checkbox"; " Sound after each ball" }
            }
        }
    }
}
