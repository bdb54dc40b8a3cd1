//! The guard, by figures: true lines pass, each kind of falsehood is caught.

use crate::balls::{each_ball, say};
use crate::faithful::{examples, told};
use crate::falsehood::{self, Falsehood};
use commentary::{Facts, Language, Place, Preset, fill, guard, phrases};
use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

/// Lines of the grammar that are made false, for each preset: the sample of the balls that have a shape of their own.
const SHAPES_MAX: usize = 80;

fn preset(language: Language) -> Preset {
    Preset::built_in().into_iter().find(|it| it.language == language).unwrap()
}

/// The line with names and figures typed out, as a model may that keeps no places.
fn typed(facts: &Facts, language: Language, template: &str) -> String {
    fill(template, facts, language).unwrap()
}

#[test]
fn faithful_lines_pass_with_places_and_typed_out() {
    let examples = examples();
    for language in Language::ALL {
        let preset = preset(language);
        let (mut passed, mut all) = (0, 0);
        for (facts, line) in told(language, &examples) {
            for line in [line.clone(), typed(&facts, language, &line)] {
                all += 1;
                match guard::check(&facts, &preset, &line) {
                    Ok(_) => passed += 1,
                    Err(why) => say(&format!("{language} true but refused: {line}\n    {why:?}")),
                }
            }
        }
        say(&format!("{language}: {passed} of {all} faithful lines passed"));
        assert!(all > 50, "{language}: {all} lines");
        assert!(passed * 100 >= all * 99, "{language}: {passed} of {all}");
    }
}

#[test]
fn each_kind_of_falsehood_is_caught_in_each_language() {
    let examples = examples();
    let mut caught: BTreeMap<(&str, Language), (u32, u32)> = BTreeMap::new();
    let mut judge = |falsehood: Falsehood, facts: &Facts, preset: &Preset| {
        let count = caught.entry((falsehood.kind, preset.language)).or_default();
        count.1 += 1;
        match guard::check(facts, preset, &falsehood.line) {
            Err(_) => count.0 += 1,
            Ok(line) => say(&format!(
                "{} {}, not caught: {}\n    {line}",
                preset.language, falsehood.kind, falsehood.line
            )),
        }
    };
    for language in Language::ALL {
        let preset = preset(language);
        for (facts, line) in told(language, &examples) {
            for falsehood in falsehood::of(&facts, language, &line) {
                judge(falsehood, &facts, &preset);
            }
        }
    }
    let presets = Preset::built_in();
    let mut shapes = HashSet::new();
    let mut balls = Vec::new();
    each_ball(|told| {
        if shapes.len() < SHAPES_MAX && !told.facts.is_rare() && shapes.insert(told.facts.shape_hash()) {
            balls.push(told.facts.clone());
        }
    });
    for preset in &presets {
        for (at, facts) in balls.iter().enumerate() {
            let seed = phrases::seed("falsehoods", &preset.key, u32::try_from(at).unwrap());
            let Some(line) = phrases::told(facts, preset, seed) else { continue };
            for falsehood in falsehood::of(facts, preset.language, &line) {
                judge(falsehood, facts, preset);
            }
            // The same words about a ball that was something else.
            for (offset, other) in balls.iter().enumerate().filter(|it| it.0 % 7 == at % 7) {
                if offset != at && falsehood::is_another(&line, facts, other) {
                    judge(Falsehood { kind: "another ball", line: line.clone() }, other, preset);
                }
            }
            for other in presets.iter().filter(|it| it.language != preset.language) {
                let Some(line) = phrases::told(facts, other, seed) else { continue };
                judge(Falsehood { kind: "another language", line }, facts, preset);
            }
        }
    }
    let mut missed = 0;
    for ((kind, language), (caught, all)) in &caught {
        missed += all - caught;
        if caught != all {
            say(&format!("{language} {kind}: {caught} of {all} caught"));
        }
    }
    let all: u32 = caught.values().map(|it| it.1).sum();
    let kinds: HashSet<&str> = caught.keys().map(|it| it.0).collect();
    say(&format!("{} of {all} falsehoods of {} kinds caught", all - missed, kinds.len()));
    for language in Language::ALL {
        for kind in falsehood::KINDS {
            assert!(caught.contains_key(&(kind, language)), "no {kind} in {language}");
        }
    }
    assert_eq!(missed, 0);
}

#[test]
fn a_line_takes_far_less_than_a_millisecond() {
    let examples = examples();
    let lines: Vec<(Facts, String)> = told(Language::English, &examples);
    let preset = preset(Language::English);
    let start = Instant::now();
    let passed = lines.iter().filter(|it| guard::check(&it.0, &preset, &it.1).is_ok()).count();
    let each = start.elapsed() / u32::try_from(lines.len()).unwrap();
    // Printed, not asserted: a busy machine proves nothing.
    say(&format!("{passed} lines judged, {each:?} each in this build"));
    assert!(passed > 0);
}

#[test]
fn the_names_of_places_are_those_that_presets_are_told_of() {
    for place in Place::ALL {
        assert_eq!(Place::of_name(place.name()), Some(place));
        assert!(!place.meaning().is_empty());
    }
}
