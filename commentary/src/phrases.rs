//! Lines without a model: `commentary/phrases`, a file for each tone in each language.
//!
//! A line beginning with "=" names what happened, and each line after it is one way to tell it. `{bowler}` is a place for a value
//! ([`Place`]), `[lifts|sends]` one of the two, `[oh, |]` something or nothing. What goes with the ball (an over that is
//! complete, a fifty) has headings of its own and is told after it.

use crate::facts::{Edge, Ending, Facts, How, Kind};
use crate::hash::hash_of_text;
use crate::language::Language;
use crate::place::{Place, fill};
use crate::plain;
use crate::preset::{Example, LIVELY_KEY, Preset};
use std::collections::HashMap;
use std::sync::LazyLock;
use unicode_segmentation::UnicodeSegmentation;

/// Letters of a line; what goes with the ball is left out where it would be longer.
pub const LETTERS_MAX: usize = 140;

/// Balls that a seed tells apart: more than any match has.
const BALLS: u64 = 1 << 20;

/// The tone that speaks where another has no phrases in the language.
const ENGLISH_KEY: &str = "analyst";

/// Key, language and source.
const SOURCES: [(&str, Language, &str); 13] = [
    ("analyst", Language::English, include_str!("../phrases/analyst.en.txt")),
    ("hype", Language::English, include_str!("../phrases/hype.en.txt")),
    ("grandfather", Language::English, include_str!("../phrases/grandfather.en.txt")),
    ("sarcastic", Language::English, include_str!("../phrases/sarcastic.en.txt")),
    ("kid", Language::English, include_str!("../phrases/kid.en.txt")),
    ("poet", Language::English, include_str!("../phrases/poet.en.txt")),
    (LIVELY_KEY, Language::Hindi, include_str!("../phrases/lively.hi.txt")),
    (LIVELY_KEY, Language::Hinglish, include_str!("../phrases/lively.hi-Latn.txt")),
    (LIVELY_KEY, Language::Bengali, include_str!("../phrases/lively.bn.txt")),
    (LIVELY_KEY, Language::Tamil, include_str!("../phrases/lively.ta.txt")),
    (LIVELY_KEY, Language::Telugu, include_str!("../phrases/lively.te.txt")),
    (LIVELY_KEY, Language::Marathi, include_str!("../phrases/lively.mr.txt")),
    (LIVELY_KEY, Language::Urdu, include_str!("../phrases/lively.ur.txt")),
];

/// Phrases by what they tell.
struct Tone {
    key: &'static str,
    language: Language,
    phrases: HashMap<&'static str, Vec<&'static str>>,
}

static TONES: LazyLock<Vec<Tone>> = LazyLock::new(|| {
    let read = |(key, language, source): &(&'static str, Language, &'static str)| Tone {
        key,
        language: *language,
        phrases: read(source),
    };
    SOURCES.iter().map(read).collect()
});

fn read(source: &'static str) -> HashMap<&'static str, Vec<&'static str>> {
    let mut phrases: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut heading = "";
    for line in source.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#')) {
        match line.strip_prefix('=') {
            Some(name) => heading = name.trim(),
            None => phrases.entry(heading).or_default().push(line),
        }
    }
    phrases
}

/// The phrases of a language, without headings and remarks: words that the guard knows.
pub(crate) fn sources(language: Language) -> impl Iterator<Item = &'static str> {
    let files = SOURCES.iter().filter(move |it| it.1 == language);
    files.flat_map(|it| it.2.lines()).filter(|it| !it.starts_with(['=', '#']))
}

/// The seed of a ball's line. `ball` counts the match's balls: lines of the same kind of ball do not repeat until all of a
/// tone's have had their turn.
pub fn seed(game: &str, tone: &str, ball: u32) -> u64 {
    let hash = hash_of_text(&format!("{game}\n{tone}"));
    (hash & !(BALLS - 1)) | (u64::from(ball) % BALLS)
}

/// The ball in this tone, the same for the same seed: from the tone's own phrases, else from those of the language's own
/// tone, else the plain line. A ball in which more happened than a phrase holds ([`Facts::is_rare`]) has the plain line, too.
pub fn tell(facts: &Facts, preset: &Preset, seed: u64) -> String {
    told(facts, preset, seed)
        .and_then(|it| fill(&it, facts, preset.language).ok())
        .unwrap_or_else(|| plain::line(facts, preset.language))
}

/// The same with its places, for the guard and for tests; none where only the plain line will do.
pub fn told(facts: &Facts, preset: &Preset, seed: u64) -> Option<String> {
    let tone = tone(&preset.key, preset.language)?;
    if facts.is_rare() {
        return None;
    }
    let headings = headings(facts);
    let main = headings.iter().find_map(|it| tone.phrase(it, seed, seed % BALLS, ""))?;
    let fits = |it: &String| {
        let letters = fill(it, facts, preset.language).map(|it| it.graphemes(true).count());
        letters.is_ok_and(|it| it <= LETTERS_MAX)
    };
    let with = |(heading, at)| Some(format!("{main} {}", tone.phrase(heading, seed, at, &main)?));
    let both = tails(facts).into_iter().filter_map(with).find(fits);
    Some(both.unwrap_or(main))
}

/// Each way in which the tone tells such a ball, for tests of the guard: with every choice made in each way.
pub fn all(facts: &Facts, preset: &Preset) -> Vec<String> {
    let Some(tone) = tone(&preset.key, preset.language).filter(|_| !facts.is_rare()) else {
        return Vec::new();
    };
    let ways = |heading: &str| -> Vec<String> {
        let phrases = tone.phrases.get(heading).into_iter().flatten();
        phrases.flat_map(|it| (0..choices(it)).map(|seed| chosen(it, seed))).collect()
    };
    let mains = headings(facts).iter().map(|it| ways(it)).find(|it| !it.is_empty()).unwrap_or_default();
    let Some(main) = mains.first().cloned() else { return Vec::new() };
    let tails = tails(facts).into_iter().flat_map(|it| ways(it.0));
    let with_tails: Vec<String> = tails.map(|it| format!("{main} {it}")).collect();
    mains.into_iter().chain(with_tails).collect()
}

/// How the tone tells five kinds of balls, with places: what a model learns it from.
pub(crate) fn examples(key: &str, language: Language) -> Vec<Example> {
    const BALLS: [(&str, &str); 5] = [
        ("a six", "six"),
        ("a four", "four"),
        ("a single", "single"),
        ("no run", "dot"),
        ("a wicket, caught", "caught"),
    ];
    let Some(tone) = tone(key, language) else { return Vec::new() };
    let examples = BALLS.iter().filter_map(|(ball, heading)| {
        let told = chosen(tone.phrases.get(heading)?.iter().find(|it| it.contains('{'))?, 0);
        Some(Example { ball: (*ball).to_owned(), told })
    });
    examples.collect()
}

fn tone(key: &str, language: Language) -> Option<&'static Tone> {
    let find = |key: &str| TONES.iter().find(|it| it.key == key && it.language == language);
    find(key).or_else(|| find(if language == Language::English { ENGLISH_KEY } else { LIVELY_KEY }))
}

impl Tone {
    /// One of the phrases under the heading: those of two numbers that are close are not the same. After a line that says the
    /// score one that does not, where there is one.
    fn phrase(&self, heading: &str, seed: u64, at: u64, said: &str) -> Option<String> {
        let all = self.phrases.get(heading)?;
        let score = Place::Score.to_string();
        let is_new = |it: &&&str| !(said.contains(&score) && it.contains(&score));
        let new: Vec<&str> = all.iter().filter(is_new).copied().collect();
        let phrases = if new.is_empty() { all } else { &new };
        let count = phrases.len() as u64;
        let start = hash_of_text(heading) ^ (seed / BALLS);
        let place = usize::try_from((start % count + at % count) % count).ok()?;
        Some(chosen(phrases.get(place)?, seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32))
    }
}

/// What tells the ball itself, the nearest first.
fn headings(facts: &Facts) -> Vec<&'static str> {
    let fielder = facts.first_out().is_some_and(|it| !it.fielders.is_empty());
    match facts.kind {
        Kind::Dot => vec!["dot"],
        Kind::Runs if facts.runs == 1 => vec!["single"],
        Kind::Runs if facts.runs == 2 => vec!["two", "runs"],
        Kind::Runs => vec!["runs"],
        Kind::Four => vec!["four"],
        Kind::Six => vec!["six"],
        Kind::Wide if facts.runs == 1 => vec!["wide"],
        Kind::Wide => vec!["wides"],
        Kind::NoBall if facts.runs == 1 => vec!["no ball"],
        Kind::NoBall => vec!["no ball with runs"],
        Kind::Bye if facts.runs == 1 => vec!["bye"],
        Kind::Bye => vec!["byes"],
        Kind::LegBye if facts.runs == 1 => vec!["leg bye"],
        Kind::LegBye => vec!["leg byes"],
        Kind::Penalty => Vec::new(),
        Kind::Wicket => match facts.first_out().map(|it| it.how) {
            Some(How::Bowled) => vec!["bowled"],
            Some(How::Caught) if fielder => vec!["caught"],
            Some(How::CaughtAndBowled) => vec!["caught and bowled"],
            Some(How::Lbw) => vec!["lbw"],
            Some(How::RunOut) if fielder => vec!["run out by", "run out"],
            Some(How::RunOut) => vec!["run out"],
            Some(How::Stumped) if fielder => vec!["stumped"],
            Some(How::HitWicket) => vec!["hit wicket"],
            _ => Vec::new(),
        },
    }
}

/// What goes with it, the most important first, each with the number by which its phrases take turns.
fn tails(facts: &Facts) -> Vec<(&'static str, u64)> {
    let mut tails = Vec::new();
    let runs = u64::from(facts.score.runs);
    // With it goes all that it follows from.
    if facts.verdict.is_some() {
        tails.push(("result", runs));
    }
    match facts.milestone {
        Some(50) => tails.push(("fifty", runs)),
        Some(100) => tails.push(("hundred", runs)),
        Some(_) => tails.push(("milestone", runs)),
        None => {}
    }
    match facts.innings_end {
        Some(Ending::AllOut) => tails.push(("all out", runs)),
        Some(Ending::OversComplete) => tails.push(("innings over", runs)),
        Some(Ending::TargetReached) => tails.push(("target reached", runs)),
        _ => {}
    }
    if facts.boundary.is_some_and(|it| it == Edge::Four || it == Edge::Six) && facts.extras.no_balls > 0 {
        tails.push(("also no ball", runs));
    }
    if let Some(over) = facts.over_end.filter(|_| facts.innings_end.is_none()) {
        let at = u64::from(over.number);
        if over.maiden {
            tails.push(("maiden", at));
        }
        if facts.chase.is_some_and(|it| it.needed > 0 && it.balls_left.is_some()) {
            tails.push(("over in chase", at));
        }
        tails.push(("over", at));
    }
    tails
}

/// The phrase with its choices made by the seed.
fn chosen(phrase: &str, seed: u64) -> String {
    let mut line = String::with_capacity(phrase.len());
    let mut seed = seed;
    let mut rest = phrase;
    while let Some((before, after)) = rest.split_once('[') {
        line.push_str(before);
        let (inside, after) = after.split_once(']').unwrap_or((after, ""));
        let count = inside.split('|').count() as u64;
        let choice = usize::try_from(seed % count).unwrap_or(0);
        line.push_str(inside.split('|').nth(choice).unwrap_or_default());
        seed /= count;
        rest = after;
    }
    line.push_str(rest);
    line
}

/// In how many ways the choices of a phrase can be made.
fn choices(phrase: &str) -> u64 {
    let inside = phrase.split('[').skip(1).filter_map(|it| it.split(']').next());
    inside.map(|it| it.split('|').count() as u64).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_made_by_the_seed_and_none_is_left_out() {
        let phrase = "[a|b] c[, d|]";
        let all: Vec<String> = (0..choices(phrase)).map(|it| chosen(phrase, it)).collect();
        assert_eq!(all, ["a c, d", "b c, d", "a c", "b c"]);
        assert_eq!([choices("plain"), choices("{runs|run|runs}")], [1, 1]);
    }

    #[test]
    fn the_ball_that_decides_a_match_says_so_in_every_tone() {
        use crate::facts::{By, Verdict};
        let verdict = Verdict {
            by: By::Wickets,
            winner: Some("Fernhill".to_owned()),
            loser: Some("Marlow".to_owned()),
            margin: Some(3),
            method: None,
        };
        let facts = Facts {
            kind: Kind::Four,
            batter: "Vale".to_owned(),
            bowler: "Marsh".to_owned(),
            innings_end: Some(Ending::TargetReached),
            verdict: Some(verdict.clone()),
            ..Facts::default()
        };
        for preset in Preset::built_in() {
            let line = tell(&facts, &preset, 7);
            assert!(
                line.contains(&verdict.text(preset.language)),
                "{} {}: {line}",
                preset.key,
                preset.language
            );
        }
    }

    #[test]
    fn braces_and_brackets_are_closed_and_headings_known() {
        const KNOWN: [&str; 33] = [
            "dot",
            "single",
            "two",
            "runs",
            "four",
            "six",
            "wide",
            "wides",
            "no ball",
            "no ball with runs",
            "bye",
            "byes",
            "leg bye",
            "leg byes",
            "bowled",
            "caught",
            "caught and bowled",
            "lbw",
            "run out",
            "run out by",
            "stumped",
            "hit wicket",
            "fifty",
            "hundred",
            "milestone",
            "all out",
            "innings over",
            "target reached",
            "result",
            "also no ball",
            "maiden",
            "over",
            "over in chase",
        ];
        for tone in TONES.iter() {
            for heading in tone.phrases.keys() {
                assert!(KNOWN.contains(heading), "{} {}: {heading}", tone.key, tone.language);
            }
            for heading in KNOWN {
                let count = tone.phrases.get(heading).map_or(0, Vec::len);
                assert!(count > 0 || heading == "two", "{} {}: no {heading}", tone.key, tone.language);
            }
            for phrase in tone.phrases.values().flatten() {
                assert_eq!(phrase.matches('[').count(), phrase.matches(']').count(), "{phrase}");
                assert_eq!(phrase.matches('{').count(), phrase.matches('}').count(), "{phrase}");
            }
        }
    }
}
