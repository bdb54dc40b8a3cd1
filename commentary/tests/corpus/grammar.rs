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
