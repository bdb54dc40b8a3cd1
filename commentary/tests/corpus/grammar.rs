//! Our own phrases: each says what is so, and none is heard too often.

use crate::balls::each_ball;
use commentary::{Facts, Kind, Preset, guard, phrases, plain};
use std::collections::{BTreeMap, HashSet};
use unicode_segmentation::UnicodeSegmentation;

#[test]
fn every_phrase_of_every_tone_passes_the_guard() {
    let presets = Preset::built_in();
    let mut shapes = HashSet::new();
    let mut refused: BTreeMap<String, String> = BTreeMap::new();
    let (mut told, mut passed) = (0, 0);
    each_ball(|ball| {
        // Balls of one shape are told in the same words.
        if !shapes.insert(ball.facts.shape_hash()) {
            return;
        }
        for preset in &presets {
            for line in phrases::all(&ball.facts, preset) {
                told += 1;
                match guard::check(&ball.facts, preset, &line) {
                    Ok(_) => passed += 1,
                    Err(why) => {
                        refused
                            .entry(line)
                            .or_insert_with(|| format!("{} {}: {why:?}", preset.key, preset.language));
                    }
                }
            }
        }
    });
    for (line, why) in refused.iter().take(400) {
        crate::balls::say(&format!("{line}\n    {why}"));
    }
    crate::balls::say(&format!("{passed} of {told} lines passed, {} shapes", shapes.len()));
    assert_eq!(refused.len(), 0, "phrases are refused");
}

/// Distinct ways in which each tone tells such a ball, at least.
fn ways_min(kind: Kind) -> usize {
    match kind {
        Kind::Dot | Kind::Four | Kind::Six => 7,
        Kind::Wicket | Kind::Runs => 2,
        _ => 1,
    }
}

#[test]
fn each_tone_tells_each_kind_of_ball_in_several_ways() {
    let presets = Preset::built_in();
    let mut kinds: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    each_ball(|ball| {
        let facts = &ball.facts;
        if facts.is_rare() || facts.runs > 6 || facts.over_end.is_some() || facts.milestone.is_some() {
            return;
        }
        for preset in &presets {
            let key = format!("{} {} {}", facts.kind.word(), preset.key, preset.language);
            let min = ways_min(facts.kind);
            if kinds.get(&key).is_none_or(|it| it.len() < min) {
                kinds.entry(key).or_default().extend(phrases::all(facts, preset));
            }
        }
    });
    for kind in Kind::ALL.into_iter().filter(|it| *it != Kind::Penalty) {
        for preset in &presets {
            let key = format!("{} {} {}", kind.word(), preset.key, preset.language);
            let ways = kinds.get(&key).map_or(0, HashSet::len);
            assert!(ways >= ways_min(kind), "{key}: {ways}");
        }
    }
}

/// Balls of one kind within which no line of it is heard twice.
const APART: usize = 6;

#[test]
fn no_phrase_is_heard_again_within_a_few_balls_and_none_is_too_long() {
    let presets = Preset::built_in();
    let mut ball = 0;
    let mut heard: BTreeMap<(String, Kind, u16), Vec<(u32, String)>> = BTreeMap::new();
    let (mut all, mut long) = (0, 0);
    crate::balls::each_of_a_match(|told| {
        ball += 1;
        let facts: &Facts = &told.facts;
        for preset in &presets {
            let seed = phrases::seed("a match", &preset.key, ball);
            let line = phrases::tell(facts, preset, seed);
            assert_eq!(line, phrases::tell(facts, preset, seed), "the same seed, the same line");
            let letters = line.graphemes(true).count();
            all += 1;
            long += usize::from(letters > phrases::LETTERS_MAX);
            assert!(letters <= guard::LETTERS_MAX, "{line}");
            let Some(template) = phrases::told(facts, preset, seed) else {
                assert_eq!(line, plain::line(facts, preset.language));
                continue;
            };
            if !matches!(facts.kind, Kind::Dot | Kind::Four | Kind::Six) {
                continue;
            }
            let key = (format!("{} {}", preset.key, preset.language), facts.kind, facts.runs);
            let known = heard.entry(key).or_default();
            let recent = known.iter().rev().take_while(|it| it.0 + u32::try_from(APART).unwrap() > ball);
            for (_, other) in recent {
                assert_ne!(*other, template, "{}", preset.key);
            }
            known.push((ball, template));
        }
    });
    assert!(long * 100 <= all, "{long} of {all} lines are long");
    assert!(ball > 100 || heard.len() > 20);
}

#[test]
fn lines_made_for_one_ball_pass_for_the_balls_of_its_shape() {
    let presets = Preset::built_in();
    let mut templates: BTreeMap<(String, usize), String> = BTreeMap::new();
    let (mut again, mut balls) = (0, 0);
    each_ball(|ball| {
        balls += 1;
        let is_told = balls % 9 == 0 || ball.facts.innings_end.is_some();
        for (at, preset) in presets.iter().enumerate().filter(|_| is_told) {
            let key = (ball.facts.shape_hash(), at);
            if let Some(template) = templates.get(&key) {
                again += 1;
                let checked = guard::check(&ball.facts, preset, template);
                assert!(checked.is_ok(), "{template}: {checked:?} {:?}", ball.facts);
            } else if let Some(template) = phrases::told(&ball.facts, preset, phrases::seed("", "", balls)) {
                templates.insert(key, template);
            }
        }
    });
    crate::balls::say(&format!("{} templates, passed for {again} other balls", templates.len()));
    assert!(again > 10);
}

#[test]
fn a_tone_without_phrases_speaks_as_the_languages_own_tone() {
    let facts =
        Facts { kind: Kind::Six, batter: "Rao".into(), bowler: "Jones".into(), runs: 6, ..Facts::default() };
    let all = Preset::built_in();
    for (language, own) in [("en", "analyst"), ("hi", "lively"), ("ta", "lively")] {
        let own = all.iter().find(|it| it.key == own && it.language.tag() == language).unwrap();
        let other = Preset { key: "an editor's own".to_owned(), ..own.clone() };
        assert_eq!(phrases::told(&facts, &other, 7), phrases::told(&facts, own, 7));
    }
    let rare = Facts { kind: Kind::Penalty, runs: 5, ..facts };
    assert_eq!(phrases::told(&rare, &all[0], 7), None, "the plain line tells it");
    assert_eq!(phrases::tell(&rare, &all[0], 7), plain::line(&rare, all[0].language));
}
