//! Whole innings as tables.

use crate::board::{Row, batter_cells, bowler_row, fall_text};
use cricket::{BatterState, Extras, Innings, Match, Words, words::messages as say};

/// One innings on the scorecard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// "Australia", "Australia, second innings", "Australia, super over"
    pub title: String,
    /// "187/4 (18.3 ov)"
    pub score: String,
    pub batting: Vec<Row>,
    /// Extras by kind ("w 4, nb 1, lb 3"), and the total.
    pub sums: Vec<Row>,
    /// Those who have not batted, joined by commas.
    pub yet_to_bat: String,
    pub bowling: Vec<Row>,
    /// "1-12 (Warner, 1.4 ov)…": each fall of a wicket.
    pub falls: Vec<Row>,
}

/// All innings: the latest first while the match goes on, for that is the one a fan looks for; in order when it is over.
pub fn cards(game: &Match, words: Words) -> Vec<Card> {
    let mut cards: Vec<Card> = (0..game.innings.len()).map(|index| card(game, words, index)).collect();
    if game.outcome.is_none() {
        cards.reverse();
    }
    cards
}

fn card(game: &Match, words: Words, index: usize) -> Card {
    let setup = &game.setup;
    let innings = &game.innings[index];
    let batting = innings.batters.iter().map(|it| Row {
        name: setup.name(it.player).to_owned(),
        note: game.how_out(words, it),
        cells: batter_cells(it),
        marked: it.state == BatterState::Batting,
    });
    let falls = innings.falls.iter().map(|it| Row {
        name: setup.name(it.player).to_owned(),
        cells: vec![fall_text(words, it)],
        ..Row::default()
    });
    Card {
        title: title(game, words, index),
        score: [&*innings.score_text(), " (", &*words.fill(say::OVERS, &[&innings.overs_text()]), ")"]
            .concat(),
        batting: batting.collect(),
        sums: vec![
            Row {
                name: words.get(say::EXTRAS).to_owned(),
                note: extras_text(&innings.extras),
                cells: vec![innings.extras.total().to_string()],
                marked: false,
            },
            Row {
                name: words.get(say::TOTAL).to_owned(),
                note: total_note(game, words, innings),
                cells: vec![innings.score_text()],
                marked: true,
            },
        ],
        yet_to_bat: yet_to_bat(game, innings),
        bowling: innings.bowlers.iter().map(|it| bowler_row(setup, it)).collect(),
        falls: falls.collect(),
    }
}

/// "Australia", "Australia, second innings", "Australia, super over"
pub(crate) fn title(game: &Match, words: Words, index: usize) -> String {
    let innings = &game.innings[index];
    let team = &game.setup.team(innings.batting).name;
    let before = game.innings[..index]
        .iter()
        .filter(|it| it.batting == innings.batting && it.super_over == innings.super_over)
        .count();
    let message = match (innings.super_over, before) {
        (true, 0) => say::SUPER_OVER,
        (true, _) => say::SECOND_SUPER_OVER,
        (false, 0) => return team.clone(),
        (false, _) => say::SECOND_INNINGS,
    };
    words.fill(message, &[team])
}

/// "w 4, nb 1, lb 3"; nothing when there are none.
fn extras_text(extras: &Extras) -> String {
    let kinds = [
        ("b", extras.byes),
        ("lb", extras.leg_byes),
        ("w", extras.wides),
        ("nb", extras.no_balls),
        ("p", extras.penalty),
    ];
    let mut text = String::new();
    for (kind, runs) in kinds.into_iter().filter(|it| it.1 > 0) {
        text.push_str(if text.is_empty() { "" } else { ", " });
        text.extend([kind, " ", &runs.to_string()]);
    }
    text
}

/// "18.3 overs, run rate 7.45"
fn total_note(game: &Match, words: Words, innings: &Innings) -> String {
    let message = if game.setup.balls_per_over == 6 { say::TOTAL_OVERS } else { say::TOTAL_SETS };
    let overs = words.fill(message, &[&innings.overs_text()]);
    match innings.run_rate(game.setup.balls_per_over) {
        Some(rate) => words.fill(say::TOTAL_AT, &[&overs, &rate.text()]),
        None => overs,
    }
}

fn yet_to_bat(game: &Match, innings: &Innings) -> String {
    if innings.super_over {
        return String::new();
    }
    let batted = |index: usize| innings.batters.iter().any(|it| usize::from(it.player.0) == index);
    let away = |index: usize| innings.absent.iter().any(|it| usize::from(it.0) == index);
    let players = game.setup.players.iter().enumerate();
    let names: Vec<&str> = players
        .filter(|(index, it)| it.side == innings.batting && !batted(*index) && !away(*index))
        .map(|(_, it)| it.name.as_str())
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ball, begun, bowl, caught, wide};

    #[test]
    fn an_innings_is_told_in_full() {
        let mut game = begun();
        bowl(&mut game, [ball(6), wide(), caught()]);
        let cards = cards(&game, Words::ENGLISH);
        let card = &cards[0];
        assert_eq!((card.title.as_str(), card.score.as_str()), ("Harbour", "7/1 (0.2 ov)"));
        assert_eq!(card.batting[0].note, "c Player MeadowB b Player MeadowA");
        assert_eq!(card.batting[1].note, "not out");
        assert!(card.batting[1].marked && !card.batting[0].marked);
        assert_eq!((card.sums[0].note.as_str(), card.sums[0].cells[0].as_str()), ("w 1", "1"));
        assert_eq!(card.sums[1].cells, ["7/1"]);
        assert!(card.yet_to_bat.starts_with("Player HarbourC, ") && card.yet_to_bat.ends_with("HarbourK"));
        assert_eq!(card.bowling[0].cells, ["0.2", "0", "7", "1", "21.00"]);
        assert_eq!(card.falls[0].cells, ["7/1, 0.2 ov"]);
    }
}
