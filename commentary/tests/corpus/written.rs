//! Lines by a writer who had not seen the guard's words. It was tuned on one half of them; the other half says how well it does.

use crate::balls::say;
use crate::faithful::{examples, on_balls};
use crate::falsehood::{self, Falsehood};
use commentary::{Facts, Language, Preset, fill, guard};
use std::collections::BTreeMap;

/// Of which half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Tuned,
    HeldOut,
}

struct Line {
    half: Half,
    ball: &'static str,
    tone: &'static str,
    line: &'static str,
}

fn lines(language: Language) -> Vec<Line> {
    let source = match language {
        Language::English => include_str!("written/en.txt"),
        Language::Hindi => include_str!("written/hi.txt"),
        Language::Hinglish => include_str!("written/hi-Latn.txt"),
        Language::Bengali => include_str!("written/bn.txt"),
        Language::Tamil => include_str!("written/ta.txt"),
        Language::Telugu => include_str!("written/te.txt"),
        Language::Marathi => include_str!("written/mr.txt"),
        Language::Urdu => include_str!("written/ur.txt"),
    };
    let mut half = Half::Tuned;
    let mut lines = Vec::new();
    for text in source.lines().filter(|it| !it.starts_with('#') && !it.is_empty()) {
        match text {
            "[tuned]" => half = Half::Tuned,
            "[held out]" => half = Half::HeldOut,
            text => {
                let mut parts = text.splitn(3, " | ");
                let mut part = || parts.next().unwrap();
                lines.push(Line { half, ball: part(), tone: part(), line: part() });
            }
        }
    }
    lines
}

/// Each line of the half with up to three balls that it tells.
fn told(language: Language, half: Half) -> Vec<(Facts, Preset, String)> {
    let examples = examples();
    let presets = Preset::built_in();
    let all = lines(language);
    let pairs: Vec<(&str, &str)> = all.iter().map(|it| (it.ball, it.line)).collect();
    let mut told = Vec::new();
    for line in all.iter().filter(|it| it.half == half) {
        let preset = presets.iter().find(|it| it.language == language && it.key == line.tone).unwrap();
        for (facts, text) in on_balls(&pairs, (line.ball, line.line), &examples) {
            told.push((facts, preset.clone(), text));
        }
    }
    told
}

/// How many of the half pass, with places and typed out; what is refused is said where somebody tunes.
fn passing(language: Language, half: Half) -> (usize, usize) {
    let (mut passed, mut all) = (0, 0);
    let mut refused = Vec::new();
    for (facts, preset, template) in told(language, half) {
        let line = template.clone();
        for line in [fill(&line, &facts, language).unwrap(), line] {
            all += 1;
            match guard::check(&facts, &preset, &line) {
                Ok(_) => passed += 1,
                Err(why) if half == Half::Tuned && !refused.contains(&template) => {
                    refused.push(template.clone());
                    say(&format!("{language} true but refused: {line}\n    {why:?}"));
                }
                Err(_) => {}
            }
        }
    }
    (passed, all)
}

/// Of the half that nobody tuned on, in hundredths, at least. The goal is 99 everywhere. When this was written 74 were reached in English,
/// 80 in Hindi, 92 in Hinglish, 94 in Bengali, Tamil, Telugu and Urdu, and 100 in Marathi: what is held here is a little below.
const HELD_OUT_PERCENT_MIN: [(Language, usize); 8] = [
    (Language::English, 70),
    (Language::Hindi, 75),
    (Language::Hinglish, 88),
    (Language::Bengali, 90),
    (Language::Tamil, 90),
    (Language::Telugu, 90),
    (Language::Marathi, 99),
    (Language::Urdu, 90),
];

#[test]
fn what_a_writer_told_passes() {
    let mut low = Vec::new();
    for language in Language::ALL {
        let (passed, all) = passing(language, Half::Tuned);
        let (held, held_all) = passing(language, Half::HeldOut);
        say(&format!("{language}: {passed} of {all} tuned, {held} of {held_all} held out"));
        let min = HELD_OUT_PERCENT_MIN.iter().find(|it| it.0 == language).map_or(0, |it| it.1);
        if passed * 100 < all * 99 || held * 100 < held_all * min {
            low.push(language);
        }
    }
    assert_eq!(low, []);
}

/// Of names in another's place, in hundredths, at least.
const COLOUR_PERCENT_MIN: u32 = 95;

#[test]
fn what_a_writer_told_made_false_is_caught() {
    let mut counts: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for language in Language::ALL {
        for half in [Half::Tuned, Half::HeldOut] {
            // With one ball each: with all of them a debug build takes too long.
            let mut lines = told(language, half);
            lines.dedup_by(|one, other| one.2 == other.2);
            for (facts, preset, line) in lines {
                for Falsehood { kind, line } in falsehood::of(&facts, language, &line) {
                    let count = counts.entry(kind).or_default();
                    count.1 += 1;
                    match guard::check(&facts, &preset, &line) {
                        Err(_) => count.0 += 1,
                        Ok(told) => say(&format!("{language} {kind}, not caught: {line}\n    {told}")),
                    }
                }
            }
        }
    }
    let mut missed = Vec::new();
    for (kind, (caught, all)) in counts {
        say(&format!("{kind}: {caught} of {all} of a writer's lines caught"));
        // Where a line says of somebody what claims nothing ("Kohli thinks of tea"), another in their place makes nothing false.
        let percent_min = if kind == "swapped people" { COLOUR_PERCENT_MIN } else { 100 };
        if caught * 100 < all * percent_min {
            missed.push(kind);
        }
    }
    assert_eq!(missed, [""; 0]);
}
