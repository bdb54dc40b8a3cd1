//! What match it is, whether it is live, and the two teams.

use crate::{
    board::{Board, TeamRow},
    node::{Node, node, span},
    shown::{Link, Shown},
};
use cricket::{Phase, Side};

/// Competition, place and the state of things.
pub(super) fn header(shown: &Shown) -> Node {
    let (competition, place) = match &shown.board {
        Some(board) => (board.competition.clone(), board.place.clone()),
        None => (String::new(), String::new()),
    };
    let (tone, badge) = badge(shown);
    node("header", "").with("part", "header").children(vec![
        node("div", "occasion").children(vec![span("competition", competition), span("place", place)]),
        span("badge", badge).with("part", "badge").with("data-tone", tone),
    ])
}

/// The badge's tone (a value in the style sheet) and word.
fn badge(shown: &Shown) -> (&'static str, String) {
    match (&shown.link, &shown.board) {
        (Link::Lost { seconds: 0..3 }, _) => ("lost", "Reconnecting…".to_owned()),
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

pub(super) fn teams(board: &Board) -> Node {
    node("div", "teams").with("part", "teams").children(board.teams.iter().map(team).collect())
}

fn team(row: &TeamRow) -> Node {
    let class = match (row.won, row.batting) {
        (true, _) => "team won",
        (_, true) => "team batting",
        _ => "team",
    };
    let side = match row.side {
        Side::Home => "home",
        Side::Away => "away",
    };
    let mut score = vec![span("earlier", row.earlier.clone()), span("runs", row.score.clone())];
    score.push(span("overs", row.overs.clone()));
    let mut names = vec![span("name", row.name.clone())];
    if !row.super_over.is_empty() {
        names.push(span("extra", row.super_over.clone()));
    }
    node("div", class).children(vec![
        span("shirt", row.short.clone()).with("data-side", side).with("aria-hidden", "true"),
        node("div", "names").children(names),
        node("div", "score").with("part", "score").children(score),
    ])
}

#[cfg(test)]
mod tests {
    use super::ago;

    #[test]
    fn a_silence_is_told_in_seconds_then_minutes() {
        assert_eq!([ago(12), ago(59), ago(60), ago(185)], ["12 s", "59 s", "1 min", "3 min"]);
    }
}
