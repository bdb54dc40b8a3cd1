//! Moments as people read them.

use jiff::Timestamp;
use maud::{Markup, html};

/// "29 Nov 2026, 10:54 UTC", and for programs the whole of it.
pub fn when(at: Timestamp) -> Markup {
    let shown = at.strftime("%-d %b %Y, %H:%M UTC").to_string();
    html! { time datetime=(at.to_string()) { (shown) } }
}
