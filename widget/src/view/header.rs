//! What match it is, whether it is live, and the two teams.

use crate::{
    board::{Board, TeamRow},
    node::{Node, node, span},
    shown::{Link, Shown},
};
use cricket::{Phase, Side, Words, words::messages as say};

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
    let words = shown.words;
    match (&shown.link, &shown.board) {
        (Link::Lost { seconds }, _) => ("lost", silent(words, *seconds)),
        (Link::Refused(_), _) => ("quiet", words.get(say::UNAVAILABLE).to_owned()),
        (_, None) => ("quiet", words.get(say::CONNECTING).to_owned()),
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

/// "Reconnecting… last heard 12 s ago"
fn silent(words: Words, seconds: u32) -> String {
    let (message, count) = match seconds {
        0..3 => (say::RECONNECTING, 0),
        3..60 => (say::SILENT_SECONDS, seconds),
        _ => (say::SILENT_MINUTES, seconds / 60),
    };
    words.fill(message, &[&count.to_string()])
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
    use super::*;
    use cricket::text;

    #[test]
    fn a_silence_is_told_in_seconds_then_minutes() {
        for (seconds, text) in [
            (2, ""),
            (3, " last heard 3 s ago"),
            (59, " last heard 59 s ago"),
            (60, " last heard 1 min ago"),
            (185, " last heard 3 min ago"),
        ] {
            assert_eq!(silent(Words::ENGLISH, seconds), text!("Reconnecting…", text));
        }
    }
}
