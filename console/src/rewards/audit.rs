//! What was done about rewards, from the audit log.

use super::{Here, Tab, title};
use crate::finance::audit::entries;
use crate::finance::table::pager;
use access::audit::Entry;
use maud::{Markup, html};

/// The first parts of the actions that are shown: "campaign" of "campaign.live".
pub const NOUNS: [&str; 5] = ["campaign", "signal", "tiers", "product", "market"];
/// The same of the house's own alone: partners redeem by the thousand.
pub const NOUNS_OF_HOUSE: [&str; 2] = ["voucher", "fence"];

pub fn page(here: &Here<'_>, all: &[Entry], before: Option<i64>, next: Option<i64>) -> Markup {
    let main = html! {
        (title(here, "Audit"))
        p.muted { "Who did what about rewards, of both books, the latest first. Nothing in it is ever changed." }
        (entries(&here.books(), all))
        (pager(before.map(|_| here.path("/audit")), next.map(|it| here.path(&format!("/audit?before={it}")))))
    };
    here.page(Tab::Audit, "Audit", main)
}
