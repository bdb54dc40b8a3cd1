//! What match it is, whether it is live, and the two teams.

use super::text;
use crate::{
    board::{Board, TeamRow},
    shown::{Link, Shown},
};
use cricket::{Phase, Side};
use leptos::html::{div, header as header_element, span};
use leptos::prelude::*;

/// Competition, place and the state of things.
pub(super) fn header(shown: &Shown) -> impl IntoView + use<> {
    let board = shown.board.as_ref();
    let of_board = |words: fn(&Board) -> &String| board.map(|it| words(it).clone()).unwrap_or_default();
    let (tone, badge) = badge(shown);
    header_element().attr("part", "header").child((
        div().class("occasion").child((
            text("competition", of_board(|it| &it.competition)),
            text("place", of_board(|it| &it.place)),
        )),
        span().class("badge").attr("part", "badge").attr("data-tone", tone).child(badge),
    ))
}

/// The badge's tone (a value in the style sheet) and word.
fn badge(shown: &Shown) -> (&'static str, String) {
    match (&shown.link, &shown.board) {
        (Link::Lost { seconds: 0 }, _) => ("lost", "Reconnecting…".to_owned()),
        (Link::Lost { seconds }, _) => {
            ("lost", ["Reconnecting… last heard ", &ago(*seconds), " ago"].concat())
        }
        (Link::Refused(_), _) => ("quiet", "Unavailable".to_owned()),
        (_, None) => ("quiet", "Connecting…".to_owned()),
        (_, Some(board)) => {
            let tone = match board.phase {
                Phase::Play => "live",
                Phase::Delayed => "lost",
                Phase::Upcoming | Phase::Break | Phase::Finished => "quiet",
            };
            (tone, board.badge.clone())
        }
    }
}

/// "12 s", "3 min"
fn ago(seconds: u32) -> String {
    match seconds {
        0..60 => [&seconds.to_string(), " s"].concat(),
        _ => [&(seconds / 60).to_string(), " min"].concat(),
    }
}

pub(super) fn teams(board: &Board) -> impl IntoView + use<> {
    let rows: Vec<_> = board.teams.iter().map(team).collect();
    div().class("teams").attr("part", "teams").child(rows)
}

fn team(row: &TeamRow) -> impl IntoView + use<> {
    let state = match (row.won, row.batting) {
        (true, _) => "won",
        (_, true) => "batting",
        _ => "",
    };
    let side = match row.side {
        Side::Home => "home",
        Side::Away => "away",
    };
    let shirt = span().class("shirt").attr("data-side", side).attr("aria-hidden", "true");
    div().class("team").attr("data-state", state).child((
        shirt.child(row.short.clone()),
        text("name", row.name.clone()),
        text("overs", row.overs.clone()),
        text("extra", row.super_over.clone()),
        span().class("score").attr("part", "score").child((
            text("earlier", row.earlier.clone()),
            row.score.clone(),
        )),
    ))
}

#[cfg(test)]
mod tests {
    use super::ago;

    #[test]
    fn a_silence_is_told_in_seconds_then_minutes() {
        assert_eq!([ago(12), ago(59), ago(60), ago(185)], ["12 s", "59 s", "1 min", "3 min"]);
    }
}
