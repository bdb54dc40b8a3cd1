//! Who made a finished match: the best of each innings, and the players of the match with what they did.

use crate::scorecard::title;
use cricket::{Innings, Match, PlayerId, Words, text};

/// What stays of a match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Performers {
    pub awards: Vec<Award>,
    /// Of all innings but super overs; nothing while the match goes on.
    pub best: Vec<Best>,
}

impl Performers {
    pub fn of(game: &Match, words: Words) -> Self {
        Performers { awards: awards(game), best: best(game, words) }
    }
}

/// The best of one innings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Best {
    /// "Australia"
    pub title: String,
    /// "187/4"
    pub score: String,
    /// Names and figures: "82 (53)".
    pub batters: Vec<(String, String)>,
    /// "3/24 (4)": wickets, runs, overs.
    pub bowlers: Vec<(String, String)>,
}

/// A player of the match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Award {
    pub name: String,
    /// "82 (53) & 1/12 (2)"; empty for one who neither batted nor bowled.
    pub figures: String,
}

/// Batters and bowlers named for an innings.
const NAMED: usize = 2;

fn best(game: &Match, words: Words) -> Vec<Best> {
    if game.outcome.is_none() {
        return Vec::new();
    }
    let played = game.innings.iter().enumerate().filter(|it| !it.1.super_over && it.1.legal_balls > 0);
    played.map(|(index, innings)| of_innings(game, words, index, innings)).collect()
}

fn of_innings(game: &Match, words: Words, index: usize, innings: &Innings) -> Best {
    // Most runs; of as many, off fewer balls. Most wickets; of as many, for fewer runs.
    let runs = innings.batters.iter().map(|it| rank(it.runs, it.balls));
    let wickets = innings.bowlers.iter().map(|it| rank(u16::from(it.wickets), it.runs));
    let name = |player| game.setup.name(player).to_owned();
    let batters = top(runs.collect()).into_iter().map(|at| &innings.batters[at]).filter(|it| it.balls > 0);
    let bowlers = top(wickets.collect()).into_iter().map(|at| &innings.bowlers[at]).filter(|it| it.balls > 0);
    Best {
        title: title(game, words, index),
        score: innings.score_text(),
        batters: batters.map(|it| (name(it.player), batted(it))).collect(),
        bowlers: bowlers.map(|it| (name(it.player), bowled(it))).collect(),
    }
}

/// Greater is better, at least 1: more of `good`, then less of `bad`.
fn rank(good: u16, bad: u16) -> u32 {
    u32::from(good) << 16 | u32::from(u16::MAX - bad) | 1
}

/// Where the best stand, in falling order. Not by sorting: the code for that is larger than all else here.
fn top(mut ranks: Vec<u32>) -> Vec<usize> {
    let mut best = Vec::new();
    while best.len() < NAMED {
        let Some(at) = (0..ranks.len()).rev().max_by_key(|it| ranks[*it]).filter(|it| ranks[*it] > 0) else {
            break;
        };
        ranks[at] = 0;
        best.push(at);
    }
    best
}

/// "82 (53)", "82* (53)" for one who was not out.
fn batted(it: &cricket::Batter) -> String {
    let star = if it.state == cricket::BatterState::Out { "" } else { "*" };
    text!(it.runs.to_string(), star, " (", it.balls.to_string(), ")")
}

fn bowled(it: &cricket::Bowler) -> String {
    text!(it.wickets.to_string(), "/", it.runs.to_string(), " (", it.overs_text(), ")")
}

fn awards(game: &Match) -> Vec<Award> {
    game.awards
        .iter()
        .map(|it| Award { name: game.setup.name(*it).to_owned(), figures: figures(game, *it) })
        .collect()
}

fn figures(game: &Match, player: PlayerId) -> String {
    let regular = || game.innings.iter().filter(|it| !it.super_over);
    let batted = regular().filter_map(|it| it.batter(player)).filter(|it| it.balls > 0).map(batted);
    let bowled = regular().filter_map(|it| it.bowler_of(player)).map(bowled);
    let mut text = String::new();
    for it in batted.chain(bowled) {
        text.extend([if text.is_empty() { "" } else { " & " }, &it]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ball, begun, bowl, caught};
    use cricket::{Command, Outcome, Side};

    #[test]
    fn the_best_come_first_and_the_earlier_of_equals() {
        let ranks = vec![rank(3, 20), rank(0, 0), rank(5, 40), rank(5, 30), rank(5, 30)];
        assert_eq!(top(ranks), [3, 4]);
        assert_eq!(top(vec![rank(0, u16::MAX)]), [0]);
        assert!(top(Vec::new()).is_empty());
    }

    #[test]
    fn a_finished_match_names_its_best() {
        let mut game = begun();
        bowl(&mut game, [ball(4), ball(2), caught()]);
        assert!(best(&game, Words::ENGLISH).is_empty());
        game.apply(&Command::Result(Outcome::Win { winner: Side::Home, method: None })).unwrap();
        game.apply(&Command::Awards(vec![PlayerId(0), PlayerId(11), PlayerId(5)])).unwrap();
        let best = best(&game, Words::ENGLISH);
        assert_eq!((best[0].title.as_str(), best[0].score.as_str()), ("Harbour", "6/1"));
        assert_eq!(best[0].batters, [("Player HarbourA".to_owned(), "6 (3)".to_owned())]);
        assert_eq!(best[0].bowlers, [("Player MeadowA".to_owned(), "1/6 (0.3)".to_owned())]);
        let figures: Vec<String> = awards(&game).into_iter().map(|it| it.figures).collect();
        assert_eq!(figures, ["6 (3)", "1/6 (0.3)", ""]);
    }
}
