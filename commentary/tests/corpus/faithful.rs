//! Lines by another hand than the grammar's, one file a language.

use crate::balls::{Told, each_ball};
use commentary::{By, Facts, How, Kind, Language, Verdict};
use std::collections::HashMap;

/// What the lines tell, as their files name it, and the lines.
pub(crate) fn lines(language: Language) -> Vec<(&'static str, &'static str)> {
    let source = match language {
        Language::English => include_str!("faithful/en.txt"),
        Language::Hindi => include_str!("faithful/hi.txt"),
        Language::Hinglish => include_str!("faithful/hi-Latn.txt"),
        Language::Bengali => include_str!("faithful/bn.txt"),
        Language::Tamil => include_str!("faithful/ta.txt"),
        Language::Telugu => include_str!("faithful/te.txt"),
        Language::Marathi => include_str!("faithful/mr.txt"),
        Language::Urdu => include_str!("faithful/ur.txt"),
    };
    let lines = source.lines().filter(|it| !it.starts_with('#') && !it.is_empty());
    lines.map(|it| it.split_once(" | ").unwrap_or_else(|| panic!("{it}"))).collect()
}

/// What goes with another ball, which must be told with it.
const BESIDE: [&str; 4] = ["over", "over in chase", "fifty", "won"];

/// What a ball is for these lines: the ball itself, and what goes with it.
pub(crate) fn names(facts: &Facts) -> Vec<&'static str> {
    let fielder = facts.first_out().is_some_and(|it| !it.fielders.is_empty());
    let mut names = vec![match facts.kind {
        Kind::Dot => "dot",
        Kind::Runs if facts.runs == 1 => "single",
        Kind::Runs if facts.runs == 2 => "two",
        Kind::Runs if facts.runs == 3 => "three",
        Kind::Four => "four",
        Kind::Six => "six",
        Kind::Wide if facts.runs == 1 => "wide",
        Kind::NoBall if facts.runs == 1 => "no ball",
        Kind::LegBye if facts.runs == 1 => "leg bye",
        Kind::Bye if facts.runs == 1 => "bye",
        Kind::Wicket => match facts.first_out().map(|it| it.how) {
            Some(How::Bowled) => "bowled",
            Some(How::Caught) if fielder => "caught",
            Some(How::CaughtAndBowled) => "caught and bowled",
            Some(How::Lbw) => "lbw",
            Some(How::RunOut) if fielder => "run out by",
            Some(How::RunOut) => "run out",
            Some(How::Stumped) if fielder => "stumped",
            _ => "another wicket",
        },
        _ => "another ball",
    }];
    names.extend(facts.over_end.map(|_| "over"));
    names.extend(
        facts
            .over_end
            .and(facts.chase)
            .filter(|it| it.needed > 0 && it.balls_left.is_some())
            .map(|_| "over in chase"),
    );
    names.extend(facts.milestone.filter(|it| *it == 50).map(|_| "fifty"));
    names.extend(facts.verdict.as_ref().map(|_| "won"));
    names
}

/// Some balls of each name: three of the sample, with different figures.
pub(crate) fn examples() -> HashMap<&'static str, Vec<Facts>> {
    let mut examples: HashMap<&'static str, Vec<Facts>> = HashMap::new();
    each_ball(|told: &Told<'_>| {
        if told.facts.is_rare() {
            return;
        }
        let mut facts = told.facts.clone();
        if facts.innings_end.is_some() {
            // As they are once the result is in.
            let (winner, loser) = (Some(facts.batting_team.clone()), Some(facts.fielding_team.clone()));
            facts.verdict = Some(Verdict { by: By::Wickets, winner, loser, margin: Some(4), method: None });
        }
        for name in names(&facts) {
            let known = examples.entry(name).or_default();
            let is_new = known.iter().all(|it| it.bowler != facts.bowler && it.score != facts.score);
            if known.len() < 3 && is_new {
                known.push(facts.clone());
            }
        }
    });
    examples
}

/// Each line with a ball that it tells.
pub(crate) fn told(language: Language, examples: &HashMap<&'static str, Vec<Facts>>) -> Vec<(Facts, String)> {
    let all = lines(language);
    all.iter().flat_map(|it| on_balls(&all, *it, examples)).collect()
}

/// The line with balls that it tells. What goes with a ball follows the first line that tells the ball itself.
pub(crate) fn on_balls(
    all: &[(&str, &str)],
    (name, line): (&str, &str),
    examples: &HashMap<&'static str, Vec<Facts>>,
) -> Vec<(Facts, String)> {
    let mut told = Vec::new();
    for facts in examples.get(name).into_iter().flatten() {
        let before = match BESIDE.contains(&name) {
            false => None,
            true => {
                let ball = names(facts)[0];
                let Some(before) = all.iter().find(|it| it.0 == ball) else { continue };
                Some(before.1)
            }
        };
        told.push((facts.clone(), before.map_or_else(|| line.to_owned(), |it| format!("{it} {line}"))));
    }
    told
}
