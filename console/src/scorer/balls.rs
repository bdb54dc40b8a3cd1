//! Every ball of a match, newest first, and what happened between them.

use super::board::ball_line;
use super::view::View;
use super::words;
use maud::{Markup, html};

/// What was taken out long ago is not wanted back.
const TAKEN_OUT_MAX: usize = 24;

/// The page with the list.
pub fn page(view: &View<'_>) -> Markup {
    let game = view.game();
    let main = html! {
        div.narrow {
            (view.notice())
            div.line { h1 { "All balls" } a.button href=(view.choose(view.choices)) data-key="escape" data-swap { "Back to scoring" } }
            @for at in (0..game.innings.len()).rev() {
                section {
                    h2 { (game.setup.team(game.innings[at].batting).name) " " (game.innings[at].score_text()) }
                    ol.balls {
                        @for told in view.record.entries().iter().rev().filter(|it| it.innings == Some(at)) {
                            @if told.bowled.is_some() { (ball_line(view, told)) }
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
            (taken_out(view))
        }
    };
    view.page("All balls", main)
}

/// What was taken out or undone, newest first, to be put back where it was.
fn taken_out(view: &View<'_>) -> Markup {
    let list = view.record.taken_out();
    html! {
        @if !list.is_empty() {
            section {
                h2 { "Taken out" }
                ol.balls {
                    @for entry in list.iter().rev().take(TAKEN_OUT_MAX) {
                        li.between {
                            span.what { (words::taken_out(&entry.command, view.game())) }
                            (view.form("restore", "put-back", html! {
                                input type="hidden" name="id" value=(entry.id);
                                button type="submit" { "Put back" span.unseen { ": " (words::taken_out(&entry.command, view.game())) } }
                            }))
                        }
                    }
                }
            }
        }
    }
}
