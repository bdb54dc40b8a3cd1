//! What a model says of a stretch of play.

use super::event;
use super::lexicon::{Lexicon, lexicon};
use super::pattern;
use super::refusal::Refusal;
use super::token::{self, Cut, Named, Token};
use super::{is_capital, is_shouted, latin_digits, preflight, strange};
use crate::preset::Preset;
use crate::report::Report;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;

/// Letters (grapheme clusters) of a summary.
pub const SUMMARY_LETTERS_MAX: usize = 700;

/// What stands after a whole of which somebody's part is told: "out of 185, 50". English has "of the" before it.
const OUT_OF: [&str; 7] = ["में से", "mein se", "पैकी", "میں سے", "রানের মধ্যে", "ரன்களில்", "పరుగుల్లో"];

/// The summary as it is, or all that is wrong with it: names are typed out and of the report, each number is of the team or of the
/// person named before it, each claim is true, each word known, and the score is said.
pub fn check_report(report: &Report, preset: &Preset, text: &str) -> Result<String, Vec<Refusal>> {
    preflight(text)?;
    let lexicon = lexicon(preset.language);
    let people = People::of(report);
    let cuts = token::cut_plain(text, &people.named, lexicon, preset.language);
    let mut refusals = Vec::new();
    match text.trim().graphemes(true).count() {
        0 => refusals.push(Refusal::Empty),
        letters if letters > SUMMARY_LETTERS_MAX => {
            refusals.push(Refusal::TooLong { letters, max: SUMMARY_LETTERS_MAX });
        }
        _ => {}
    }
    let used = check_claims(report, lexicon, &cuts, &mut refusals);
    check_numbers(report, &people, &cuts, &used, &mut refusals);
    check_words(preset, lexicon, &cuts, &used, &mut refusals);
    let is_score = |it: &Cut<'_>| match it.token {
        Token::Score { runs, wickets } => (runs, wickets) == score(report),
        Token::Number { value, .. } => value == u32::from(report.score.runs),
        _ => false,
    };
    if !cuts.iter().any(is_score) {
        refusals.push(Refusal::Missing { what: "the score" });
    }
    if refusals.is_empty() { Ok(text.trim().to_owned()) } else { Err(refusals) }
}

/// Whoever the report names: each a bit of their own, with the numbers that are theirs.
struct People<'a> {
    named: Vec<Named<'a>>,
    figures: Vec<(u64, Vec<u32>)>,
}

impl<'a> People<'a> {
    fn of(report: &'a Report) -> People<'a> {
        let mut all: Vec<(&str, Vec<u32>)> = Vec::new();
        let mut know = |name: &'a str, numbers: &[u32]| match all.iter_mut().find(|it| it.0 == name) {
            Some(known) => known.1.extend(numbers),
            None => all.push((name, numbers.to_vec())),
        };
        if let Some(it) = &report.batter {
            know(&it.name, &[u32::from(it.runs), u32::from(it.balls)]);
        }
        if let Some(it) = &report.bowler {
            know(&it.name, &[u32::from(it.wickets), u32::from(it.runs)]);
        }
        for it in &report.out {
            know(&it.name, &[u32::from(it.runs)]);
        }
        let bit = |at: usize| 1_u64 << at.min(63);
        let mut named: Vec<Named<'_>> = all
            .iter()
            .enumerate()
            .map(|(at, it)| Named { name: Cow::Borrowed(it.0), token: Token::Person(bit(at)) })
            .chain(
                [&report.batting_team, &report.fielding_team]
                    .into_iter()
                    .map(|it| Named { name: Cow::Borrowed(it.as_str()), token: Token::Team(0) }),
            )
            .chain(report.verdict.as_ref().and_then(token::named_method))
            .filter(|it| it.name.chars().count() > 1)
            .collect();
        named.sort_by_key(|it| std::cmp::Reverse(it.name.len()));
        let figures = all.into_iter().enumerate().map(|(at, it)| (bit(at), it.1)).collect();
        People { named, figures }
    }

    fn has(&self, person: u64, number: u32) -> bool {
        self.figures.iter().any(|it| it.0 == person && it.1.contains(&number))
    }
}

fn score(report: &Report) -> (u32, u32) {
    (u32::from(report.score.runs), u32::from(report.score.wickets))
}

/// Which words have claimed something; what is untrue is refused.
fn check_claims(
    report: &Report,
    lexicon: &Lexicon,
    cuts: &[Cut<'_>],
    refusals: &mut Vec<Refusal>,
) -> Vec<bool> {
    let truth = event::true_of_report(report);
    let mut used = vec![false; cuts.len()];
    for at in 0..cuts.len() {
        let phrases = pattern::first_of(&cuts[at].token).and_then(|it| lexicon.events.get(&it));
        let here = phrases
            .into_iter()
            .flatten()
            .find_map(|it| Some((pattern::standing(&it.0, cuts, at, &|it| !used[it])?, it.1)));
        let Some((places, claim)) = here else { continue };
        let is_true = claim.is_none_or(|it| truth & it.bit() != 0);
        // "Four wickets" is a number of them, where no four was hit.
        let is_number = places.len() == 1 && matches!(cuts[at].token, Token::Number { .. }) && !is_true;
        if !is_true && !is_number {
            let found: Vec<&str> = places.iter().rev().map(|it| cuts[*it].text).collect();
            let said = claim.map_or("", event::Event::name);
            refusals.push(Refusal::Event { found: found.join(" "), said });
        }
        places.into_iter().for_each(|it| used[it] = !is_number);
    }
    used
}

/// Each number is the team's, or of whoever is named before it in the sentence (after it where nobody is).
fn check_numbers(
    report: &Report,
    people: &People<'_>,
    cuts: &[Cut<'_>],
    used: &[bool],
    refusals: &mut Vec<Refusal>,
) {
    let chase = report.chase.as_ref();
    let teams: Vec<u32> = [report.runs, report.fours, report.sixes, report.score.runs]
        .into_iter()
        .map(u32::from)
        .chain([u32::from(report.wickets), u32::from(report.score.wickets)])
        .chain(chase.map(|it| u32::from(it.needed)))
        .chain(chase.map(|it| u32::from(it.target)))
        .chain(chase.and_then(|it| it.balls_left))
        .chain(report.verdict.as_ref().and_then(|it| it.margin).map(u32::from))
        .collect();
    let overs = report.overs.split('.').next().and_then(|it| it.parse::<u32>().ok());
    let whole = report.overs.ends_with(".0");
    for (at, cut) in cuts.iter().enumerate().filter(|it| !used[it.0]) {
        let owner = owner(cuts, at);
        let is_true = match &cut.token {
            Token::Number { value, word, .. } => {
                let is_persons = owner.is_some_and(|it| people.has(it, *value));
                let is_teams = teams.contains(value) && (is_whole(cuts, at) || is_of_the_team(cuts, at));
                let is_over = whole && overs == Some(*value);
                is_persons || is_teams || is_over || (*value == 1 && word.is_some())
            }
            Token::Score { runs, wickets } => {
                let is_bowlers = owner.is_some_and(|it| {
                    report.bowler.as_ref().is_some_and(|bowler| {
                        people.has(it, u32::from(bowler.runs))
                            && (*runs, *wickets) == (u32::from(bowler.wickets), u32::from(bowler.runs))
                    })
                });
                (*runs, *wickets) == score(report) || is_bowlers
            }
            Token::Over => latin_digits(cut.text) == report.overs,
            _ => true,
        };
        if !is_true {
            refusals.push(Refusal::Number { found: cut.text.to_owned(), read_as: String::new() });
        }
    }
}

/// Who is named last before the number in its sentence, else first after it.
fn owner(cuts: &[Cut<'_>], at: usize) -> Option<u64> {
    let person = |it: &Cut<'_>| match it.token {
        Token::Person(bit) => Some(Some(bit)),
        Token::Hard => Some(None),
        _ => None,
    };
    let before = cuts[..at].iter().rev().find_map(person).flatten();
    before.or_else(|| cuts[at..].iter().find_map(person).flatten())
}

/// Whether it is said of nobody in particular in its sentence, or after a team or a score: "Kohli has 54 of them" is his and nobody else's.
fn is_of_the_team(cuts: &[Cut<'_>], at: usize) -> bool {
    let is_in_sentence = |it: &&Cut<'_>| it.token != Token::Hard;
    let before = cuts[..at].iter().rev().take_while(is_in_sentence).find_map(|it| match it.token {
        Token::Person(_) => Some(false),
        Token::Team(_) | Token::Score { .. } => Some(true),
        _ => None,
    });
    let is_person = |it: &Cut<'_>| matches!(it.token, Token::Person(_));
    before.unwrap_or_else(|| !cuts[at..].iter().take_while(is_in_sentence).any(is_person))
}

/// Whether a part of the number is told in the same sentence.
fn is_whole(cuts: &[Cut<'_>], at: usize) -> bool {
    let after = cuts[at + 1..].iter().map(|it| it.text);
    let before = cuts[..at].iter().rev().map(|it| it.text);
    let is_after = |words: &str| words.split(' ').eq(after.clone().take(words.split(' ').count()));
    OUT_OF.into_iter().any(is_after) || before.take(2).eq(["the", "of"])
}

fn check_words(
    preset: &Preset,
    lexicon: &Lexicon,
    cuts: &[Cut<'_>],
    used: &[bool],
    refusals: &mut Vec<Refusal>,
) {
    for (at, cut) in cuts.iter().enumerate() {
        let id = match cut.token {
            Token::Word(id) => id,
            Token::Strange => {
                refusals.push(strange(cut.text, preset.language.script()));
                continue;
            }
            _ => continue,
        };
        let known = id.map(|it| lexicon.words[it as usize]).unwrap_or_default();
        let found = cut.text.to_owned();
        let is_inside = !cut.is_first || known.is_surname && !used[at];
        let is_name = is_capital(cut.text) && is_inside && !is_shouted(cut.text) && cut.text != "I";
        match () {
            () if known.is_profane => refusals.push(Refusal::Profanity { found }),
            () if known.is_injection => refusals.push(Refusal::Injection { found }),
            // Of a stretch of play more can be said than is looked at here: open words stay closed.
            () if used[at] || known.is_free && !known.is_open && !is_name => {}
            () if known.is_negation => refusals.push(Refusal::Negated { found }),
            () if is_name || is_capital(cut.text) => refusals.push(Refusal::Name { found }),
            () => refusals.push(Refusal::Word { found }),
        }
    }
}
