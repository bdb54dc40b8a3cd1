//! Whether a surrounding fits.

use super::lexicon::{Element, GAP, GAP_MAX, Id, PERSON, Pattern, Patterns, TEAM, WIDE_GAP_MAX};
use super::token::{Cut, Token};

/// The patterns that fit the token at `at`: of those with most words, all.
pub(super) fn fitting<'a>(patterns: &'a Patterns, cuts: &[Cut<'_>], at: usize) -> Vec<&'a Pattern> {
    let mut best: Vec<&Pattern> = Vec::new();
    for pattern in candidates(patterns, cuts, at) {
        let weight = best.first().map_or(0, |it| it.weight);
        if pattern.weight < weight || !fits(pattern, cuts, at) {
            continue;
        }
        if pattern.weight > weight {
            best.clear();
        }
        best.push(pattern);
    }
    best
}

/// What the words around a number say that it counts: by the most definite patterns that fit.
#[derive(Default)]
pub(super) struct Read {
    pub(super) mask: u64,
    pub(super) level: usize,
}

pub(super) fn read(patterns: &Patterns, cuts: &[Cut<'_>], at: usize) -> Read {
    let mut read = Read::default();
    for pattern in candidates(patterns, cuts, at) {
        let is_new =
            pattern.level > read.level || pattern.level == read.level && pattern.mask & !read.mask != 0;
        if is_new && fits(pattern, cuts, at) {
            let before = if pattern.level > read.level { 0 } else { read.mask };
            read = Read { mask: before | pattern.mask, level: pattern.level };
        }
    }
    read
}

/// Those that could fit by the word beside their slot.
fn candidates<'a>(patterns: &'a Patterns, cuts: &[Cut<'_>], at: usize) -> impl Iterator<Item = &'a Pattern> {
    let word = |at: Option<usize>| at.and_then(|it| cuts.get(it)).and_then(|it| word_of(&it.token));
    let next = word(Some(at + 1)).and_then(|it| patterns.by_next.get(&it));
    let previous = word(at.checked_sub(1)).and_then(|it| patterns.by_previous.get(&it));
    let known = next.into_iter().chain(previous).flatten();
    known.chain(&patterns.others).map(|it| &patterns.all[*it])
}

/// What a phrase could begin with that has this token.
pub(super) fn first_of(token: &Token) -> Option<Id> {
    match token {
        Token::Person(_) => Some(PERSON),
        Token::Team(_) => Some(TEAM),
        token => word_of(token),
    }
}

pub(super) fn word_of(token: &Token) -> Option<Id> {
    match token {
        Token::Word(word) | Token::Number { word, .. } => *word,
        _ => None,
    }
}

/// Words that a gap in a phrase may hold.
const PHRASE_GAP_MAX: usize = 4;

/// Where the phrase's words stand that begins at `at`; none where it does not stand there. What a gap of it holds is not among them.
pub(super) fn standing(
    phrase: &[Id],
    cuts: &[Cut<'_>],
    at: usize,
    is_free: &dyn Fn(usize) -> bool,
) -> Option<Vec<usize>> {
    let Some((first, rest)) = phrase.split_first() else { return Some(Vec::new()) };
    if *first == GAP {
        let is_crossed = |it: &usize| cuts.get(at + it).is_some_and(|it| it.token != Token::Hard);
        let gaps = (0..PHRASE_GAP_MAX).take_while(is_crossed).map(|it| it + 1);
        return std::iter::once(0).chain(gaps).find_map(|gap| standing(rest, cuts, at + gap, is_free));
    }
    let is_here = match &cuts.get(at)?.token {
        Token::Person(_) => *first == PERSON,
        Token::Team(_) => *first == TEAM,
        token => word_of(token) == Some(*first) && is_free(at),
    };
    if !is_here {
        return None;
    }
    let mut places = standing(rest, cuts, at + 1, is_free)?;
    places.push(at);
    Some(places)
}

fn fits(pattern: &Pattern, cuts: &[Cut<'_>], at: usize) -> bool {
    let (before, after) = pattern.elements.split_at(pattern.slot);
    behind(&after[1..], cuts, at + 1) && ahead(before, cuts, at)
}

/// Whether the elements stand from `at` on.
fn behind(elements: &[Element], cuts: &[Cut<'_>], at: usize) -> bool {
    let Some((first, rest)) = elements.split_first() else { return true };
    let token = cuts.get(at).map(|it| &it.token);
    match first {
        Element::Gap | Element::WideGap => (0..=room(first))
            .take_while(|it| *it == 0 || cuts.get(at + it - 1).is_some_and(|it| is_crossed(first, &it.token)))
            .any(|it| behind(rest, cuts, at + it)),
        Element::Edge => is_edge(token) && behind(rest, cuts, at),
        element => token.is_some_and(|it| is(element, it)) && behind(rest, cuts, at + 1),
    }
}

/// Whether the elements stand up to `at`, which is the first behind them.
fn ahead(elements: &[Element], cuts: &[Cut<'_>], at: usize) -> bool {
    let Some((last, rest)) = elements.split_last() else { return true };
    let token = at.checked_sub(1).and_then(|it| cuts.get(it)).map(|it| &it.token);
    match last {
        Element::Gap | Element::WideGap => (0..=room(last).min(at))
            .take_while(|it| *it == 0 || cuts.get(at - it).is_some_and(|it| is_crossed(last, &it.token)))
            .any(|it| ahead(rest, cuts, at - it)),
        Element::Edge => is_edge(token) && ahead(rest, cuts, at),
        element => token.is_some_and(|it| is(element, it)) && ahead(rest, cuts, at - 1),
    }
}

fn room(gap: &Element) -> usize {
    if *gap == Element::WideGap { WIDE_GAP_MAX } else { GAP_MAX }
}

fn is_crossed(gap: &Element, token: &Token) -> bool {
    match token {
        Token::Hard | Token::Strange => false,
        Token::Person(_) | Token::Team(_) | Token::Soft => *gap == Element::WideGap,
        _ => true,
    }
}

fn is_edge(token: Option<&Token>) -> bool {
    token.is_none_or(|it| matches!(it, Token::Hard | Token::Soft))
}

fn is(element: &Element, token: &Token) -> bool {
    match (element, token) {
        (Element::Words(words), Token::Word(Some(word)) | Token::Number { word: Some(word), .. }) => {
            words.contains(word)
        }
        (Element::Number, Token::Number { .. } | Token::Score { .. })
        | (Element::Person, Token::Person(_))
        | (Element::Team, Token::Team(_))
        | (Element::Comma, Token::Soft) => true,
        _ => false,
    }
}
