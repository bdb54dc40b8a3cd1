//! The page on which a match is scored.

use super::due::Due;
use super::view::View;
use super::{board, keys, pad, steps, verdict};
use maud::{Markup, html};

/// The whole page: what is due beside the state of the match.
pub fn page(view: &View<'_>) -> Markup {
    let due = view.due();
    let main = html! {
        div.scoring {
            div.now {
                (board::score(view))
                (steps::before(view))
                (view.notice())
                @if !view.record.entries().is_empty() { (board::last(view)) }
                (board::figures(view, &due))
            }
            div.do { (ask(view, &due)) (keys::map()) }
            div.then {
                (board::recent(view))
                (board::cards(view))
            }
        }
    };
    view.page("Scoring", main)
}

fn ask(view: &View<'_>, due: &Due) -> Markup {
    match due {
        Due::Toss => steps::toss(view),
        Due::Openers { batting, super_over } => steps::openers(view, *batting, *super_over),
        Due::Resume { note } => steps::resume(view, note),
        Due::Batter => steps::batter(view),
        Due::Ends { first, second } => steps::ends(view, *first, *second),
        Due::Bowler => steps::bowler(view),
        Due::Ball(crease) => pad::pad(view, *crease),
        Due::Verdict { proposal } => verdict::verdict(view, proposal.as_ref()),
        Due::Nothing => verdict::finished(view),
    }
}
