//! What there is and what comes next.

use super::Here;
use super::usage::grouped;
use maud::{Markup, html};
use partners::usage::Figures;
use partners::{Permission, Record, Site};

/// What the page shows.
#[derive(Clone, Copy, Debug)]
pub struct Overview<'a> {
    pub sites: &'a [Site],
    /// Those that work, the latest first.
    pub keys: &'a [Record],
    /// Streams that are open now with this organisation's keys, on all processes.
    pub watching: u64,
    /// Origins on which a key was refused lately, and how often in all.
    pub refused: (usize, i64),
    /// Of the last seven days.
    pub week: Figures,
}

pub fn page(here: Here<'_>, overview: Overview<'_>) -> Markup {
    let (sites, keys) = (overview.sites.len(), overview.keys.len());
    let used = overview.keys.iter().any(|it| it.last_used_at.is_some());
    let main = html! {
        h1 { "Overview" }
        dl.tiles.wide {
            div { dt { "watching now" } dd #watching data-stream=(here.path("/watching")) { (overview.watching) } }
            div { dt { "tuned in within a week" } dd { a href=(here.path("/usage")) { (grouped(overview.week.opens)) } } }
            div { dt { "sites" } dd { (sites) } }
            div { dt { "keys" } dd { (keys) } }
        }
        @if overview.refused.0 > 0 {
            p.notice {
                (overview.refused.1) @if overview.refused.1 == 1 { " request was" } @else { " requests were" } " refused on pages that are on none of your addresses. "
                a href=(here.path("/sites#refused")) { "See where, and allow them" }
            }
        }
        @if here.place.may(Permission::Build) {
            section {
                h2 { "Getting started" }
                ol.steps {
                    (step(sites > 0, here.path("/start"), "Name your site", "Its address decides where your key works."))
                    (step(keys > 0, here.path("/start"), "Get a key", "One for your pages, one to try things out with."))
                    (step(used, here.path("/embed"), "Paste the code", "Choose how it looks, and copy two lines into your page."))
                }
            }
        }
    };
    here.page("Overview", main)
}

fn step(is_done: bool, to: String, what: &str, why: &str) -> Markup {
    html! {
        li.finished[is_done] {
            @if is_done { strong { (what) } span.unseen { " (done)" } } @else { a href=(to) { strong { (what) } } }
            p.muted { (why) }
        }
    }
}
