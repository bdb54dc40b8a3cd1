//! What is said without the word for it: "that sends Kohli back" of a ball that took no wicket.

use crate::balls::say;
use crate::faithful::{self, examples};
use commentary::{Edge, Facts, How, Kind, Language, Preset, guard};
use std::collections::HashMap;

/// What is claimed, and the sentence.
fn sentences(language: Language) -> Vec<(&'static str, &'static str)> {
    let source = match language {
        Language::English => include_str!("idioms/en.txt"),
        Language::Hindi => include_str!("idioms/hi.txt"),
        Language::Hinglish => include_str!("idioms/hi-Latn.txt"),
        Language::Bengali => include_str!("idioms/bn.txt"),
        Language::Tamil => include_str!("idioms/ta.txt"),
        Language::Telugu => include_str!("idioms/te.txt"),
        Language::Marathi => include_str!("idioms/mr.txt"),
        Language::Urdu => include_str!("idioms/ur.txt"),
    };
    let lines = source.lines().filter(|it| !it.starts_with('#') && !it.is_empty());
    lines.map(|it| it.split_once(" | ").unwrap_or_else(|| panic!("{it}"))).collect()
}

/// The English ones that the guard was not tuned on.
fn held_out() -> Vec<(&'static str, &'static str)> {
    let source = include_str!("idioms/held-out.en.txt");
    source.lines().filter(|it| !it.starts_with('#')).map(|it| it.split_once(" | ").unwrap()).collect()
}

/// A true line of each kind of ball, for a sentence after it.
fn before<'a>(
    language: Language,
    preset: &Preset,
    examples: &'a HashMap<&'static str, Vec<Facts>>,
) -> Vec<(&'a Facts, String)> {
    let mut before: Vec<(&Facts, String)> = Vec::new();
    for (ball, line) in faithful::lines(language) {
        let Some(facts) = examples.get(ball).and_then(|it| it.first()) else { continue };
        let is_new = before.iter().all(|it| it.0.kind != facts.kind || facts.kind == Kind::Wicket);
        if is_new && guard::check(facts, preset, line).is_ok() {
            before.push((facts, line.to_owned()));
        }
    }
    before
}

/// Whether the ball is, or could be meant as, what the sentence claims.
fn may_be_so(claim: &str, facts: &Facts) -> bool {
    let is_out = |how: How| facts.out.iter().any(|it| it.how == how);
    let extras = &facts.extras;
    match claim {
        "wicket" => !facts.out.is_empty(),
        "bowled" => is_out(How::Bowled),
        "caught" => is_out(How::Caught) || is_out(How::CaughtAndBowled),
        "lbw" => is_out(How::Lbw),
        "run_out" => is_out(How::RunOut),
        "stumped" => is_out(How::Stumped),
        "six" => facts.boundary == Some(Edge::Six),
        "four" => facts.boundary == Some(Edge::Four),
        "boundary" => facts.boundary.is_some(),
        "run" => facts.runs > 0 && facts.boundary.is_none(),
        "dot" => facts.runs == 0,
        "extra" => extras.wides + extras.no_balls + extras.byes + extras.leg_byes + extras.penalty > 0,
        "wide" => extras.wides > 0,
        "no_ball" => extras.no_balls > 0,
        "bye" => extras.byes > 0,
        "leg_bye" => extras.leg_byes > 0,
        "free_hit" => extras.no_balls > 0 || facts.free_hit,
        "win" | "tie" => facts.verdict.is_some() || facts.innings_end.is_some(),
        "milestone" | "fifty" | "hundred" => facts.milestone.is_some(),
        "over_end" | "maiden" => facts.over_end.is_some(),
        "innings_end" | "all_out" => facts.innings_end.is_some(),
        "chase" => facts.chase.is_some(),
        "unknown" => false,
        other => panic!("{other} is no claim"),
    }
}

#[test]
fn what_is_claimed_without_its_word_is_caught() {
    let examples = examples();
    let mut missed = 0;
    for language in Language::ALL {
        let preset = Preset::built_in().into_iter().find(|it| it.language == language).unwrap();
        let (mut caught, mut all) = (0, 0);
        let mut passed = Vec::new();
        let before = before(language, &preset, &examples);
        for (claim, sentence) in sentences(language) {
            for (facts, line) in before.iter().filter(|it| !may_be_so(claim, it.0)) {
                all += 1;
                match guard::check(facts, &preset, &format!("{line} {sentence}")) {
                    Err(_) => caught += 1,
                    Ok(_) => passed.push((claim, sentence, facts.kind)),
                }
            }
        }
        passed.dedup_by_key(|it| it.1);
        for (claim, sentence, kind) in &passed {
            say(&format!("{language} {claim}, not caught with a {}: {sentence}", kind.word()));
        }
        say(&format!("{language}: {caught} of {all} planted idioms caught"));
        assert!(all > 100, "{language}: {all}");
        missed += all - caught;
    }
    assert_eq!(missed, 0);
}

#[test]
fn of_new_idioms_more_than_half_are_caught() {
    let examples = examples();
    let preset = Preset::built_in().into_iter().next().unwrap();
    let before = before(Language::English, &preset, &examples);
    let (mut caught, mut all) = (0, 0);
    for (claim, sentence) in held_out() {
        for (facts, line) in before.iter().filter(|it| !may_be_so(claim, it.0)) {
            all += 1;
            caught += usize::from(guard::check(facts, &preset, &format!("{line} {sentence}")).is_err());
        }
    }
    say(&format!("en: {caught} of {all} idioms caught that the guard was not tuned on"));
    assert!(caught * 2 > all, "{caught} of {all}");
}
