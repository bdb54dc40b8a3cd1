//! Every ball of a match, newest first, and what happened between them.

use super::board::ball_line;
use super::view::View;
use maud::{Markup, html};

/// The page with the list.
pub fn page(view: &View<'_>) -> Markup {
    let game = view.game();
    let main = html! {
        div.narrow {
            div.line { h1 { "All balls" } a.button href=(view.choose(view.choices)) data-key="escape" data-swap { "Back to scoring" } }
            @for at in (0..game.innings.len()).rev() {
                section {
                    h2 { (game.setup.team(game.innings[at].batting).name) " " (game.innings[at].score_text()) }
                    ol.balls {
                        @for told in view.record.entries().iter().rev().filter(|it| it.innings == Some(at)) {
                            @if told.bowled.is_some() { (ball_line(view, told, None)) }
                            @else {
                                li.between {
                                    span.what { (told.line) }
                                    @if told.entry.mine {
                                        a.edit href=(view.below(&format!("balls/{}", told.entry.seq))) data-swap { "Take out" span.unseen { ": " (told.line) } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @if game.innings.is_empty() { p { "No ball yet." } }
        }
    };
    view.page("All balls", main)
}
