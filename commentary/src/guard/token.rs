//! A line, cut into what the guard looks at.

use super::lexicon::{Id, Lexicon};
use super::people;
use crate::facts::{Facts, Kind, Verdict};
use crate::language::{Language, Script};
use crate::place::{Piece, Place};
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// None: unknown.
    Word(Option<Id>),
    /// In digits, or in one word or several; a single word may be something else than a number.
    Number {
        value: u32,
        word: Option<Id>,
        place: Option<Place>,
    },
    /// "187/4", "187-4"
    Score {
        runs: u32,
        wickets: u32,
    },
    /// "14.2"
    Over,
    /// Somebody, with their roles; a team, with its.
    Person(u64),
    Team(u64),
    /// A text from a place.
    Text(Place),
    /// The end of a sentence; a comma and the like.
    Hard,
    Soft,
    /// What cannot be in a line.
    Strange,
}

#[derive(Clone, Debug)]
pub(super) struct Cut<'a> {
    pub(super) token: Token,
    /// As it stands in the line.
    pub(super) text: &'a str,
    pub(super) is_first: bool,
}

/// Somebody or a team by the name that could be typed out.
pub(super) struct Named<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) token: Token,
}

/// The people and teams of the ball, longer names first.
pub(super) fn named(facts: &Facts) -> Vec<Named<'_>> {
    let out = facts.out.iter().map(|it| it.player.as_str());
    let fielders = facts.out.iter().flat_map(|it| it.fielders.iter()).map(String::as_str);
    let people =
        [facts.bowler.as_str(), &facts.batter, &facts.non_striker].into_iter().chain(out).chain(fielders);
    let mut all: Vec<Named<'_>> = people
        .map(|name| Named { name: Cow::Borrowed(name), token: Token::Person(roles_of(facts, name)) })
        .collect();
    for name in [&facts.batting_team, &facts.fielding_team] {
        all.push(Named { name: Cow::Borrowed(name), token: Token::Team(team_roles_of(facts, name)) });
    }
    all.extend(facts.out.iter().filter(|it| it.fielders.len() > 1).map(|it| Named {
        name: Cow::Owned(it.fielders.join("/")),
        token: Token::Person(people::FIELDER | people::GAINER),
    }));
    all.extend(facts.verdict.as_ref().and_then(named_method));
    all.retain(|it| it.name.chars().count() > 1);
    all.sort_by_key(|it| std::cmp::Reverse(it.name.len()));
    all
}

/// The rule by which a match was decided stands in results as the feed writes it: "D/L".
pub(super) fn named_method(verdict: &Verdict) -> Option<Named<'_>> {
    Some(Named { name: Cow::Borrowed(verdict.method.as_deref()?), token: Token::Text(Place::Result) })
}

/// What somebody of this name did with the ball. Several may bear it: then each role counts.
fn roles_of(facts: &Facts, name: &str) -> u64 {
    let is_so = |role: u64, it: bool| if it { role } else { 0 };
    let is_bowler = facts.bowler == name;
    let roles = is_so(people::BOWLER, is_bowler)
        | is_so(people::TAKER, is_bowler && facts.out.iter().any(|it| it.is_bowlers))
        | is_so(people::BATTER, facts.batter == name)
        | is_so(people::PARTNER, facts.non_striker == name)
        | is_so(people::OUT, facts.out.iter().any(|it| it.player == name))
        | is_so(people::FIELDER, facts.out.iter().any(|it| it.fielders.iter().any(|it| it == name)));
    roles | fortunes_of(facts, roles)
}

/// Whether who has these roles gained by the ball, lost by it, or both.
fn fortunes_of(facts: &Facts, roles: u64) -> u64 {
    let (gain, lose) = match facts.kind {
        Kind::Wicket => (people::TAKER | people::FIELDER | people::BOWLER, people::OUT | people::BATTER),
        Kind::Six | Kind::Four | Kind::Runs => (people::BATTER, people::BOWLER),
        Kind::Dot => (people::BOWLER, people::BATTER),
        Kind::NoBall | Kind::Wide | Kind::Penalty => (people::BATTER, people::BOWLER),
        Kind::Bye | Kind::LegBye => (people::BATTER | people::BOWLER, people::BATTER | people::BOWLER),
    };
    let is_so = |role: u64, it: bool| if it { role } else { 0 };
    is_so(people::GAINER, roles & gain != 0) | is_so(people::PAYER, roles & lose != 0)
}

fn team_roles_of(facts: &Facts, name: &str) -> u64 {
    let is_so = |role: u64, it: bool| if it { role } else { 0 };
    let verdict = facts.verdict.as_ref();
    is_so(people::BATTING, facts.batting_team == name)
        | is_so(people::FIELDING, facts.fielding_team == name)
        | is_so(people::WINNER, verdict.and_then(|it| it.winner.as_deref()) == Some(name))
        | is_so(people::LOSER, verdict.and_then(|it| it.loser.as_deref()) == Some(name))
}

/// The tokens of a line about a ball. A place without a value is left for `fill` to refuse.
pub(super) fn cut<'a>(
    pieces: &[Piece<'a>],
    facts: &Facts,
    lexicon: &Lexicon,
    language: Language,
) -> Vec<Cut<'a>> {
    let named = named(facts);
    let mut cuts: Vec<Cut<'a>> = Vec::with_capacity(48);
    for piece in pieces {
        match piece {
            Piece::Text(text) => cut_text(text, &named, lexicon, language, &mut cuts),
            // As it is shown: what the other form says nobody reads.
            Piece::Word { of, one, other } => {
                let is_one = of.number(facts).is_some_and(|it| language.is_one(it));
                cut_text(if is_one { one } else { other }, &named, lexicon, language, &mut cuts);
            }
            Piece::Value(place) => {
                let token = of_place(*place, facts);
                cuts.push(Cut { token, text: place.name(), is_first: false });
            }
        }
    }
    finished(cuts)
}

/// The tokens of a text without places, in which these have names.
pub(super) fn cut_plain<'a>(
    text: &'a str,
    named: &[Named<'_>],
    lexicon: &Lexicon,
    language: Language,
) -> Vec<Cut<'a>> {
    let mut cuts = Vec::with_capacity(96);
    cut_text(text, named, lexicon, language, &mut cuts);
    finished(cuts)
}

fn cut_text<'a>(
    text: &'a str,
    named: &[Named<'_>],
    lexicon: &Lexicon,
    language: Language,
    cuts: &mut Vec<Cut<'a>>,
) {
    Cutter { text, at: 0, named, lexicon, script: language.script(), cuts }.run();
}

fn finished(mut cuts: Vec<Cut<'_>>) -> Vec<Cut<'_>> {
    let mut first = true;
    for cut in &mut cuts {
        cut.is_first = first;
        first = cut.token == Token::Hard || (first && cut.token == Token::Soft);
    }
    joined_numbers(cuts)
}

fn of_place(place: Place, facts: &Facts) -> Token {
    if let Some(value) = place.number(facts) {
        return Token::Number { value, word: None, place: Some(place) };
    }
    let out = |at: usize| facts.out.get(at).map_or("", |it| it.player.as_str());
    let verdict = facts.verdict.as_ref();
    let team = |name: Option<&str>| Token::Team(team_roles_of(facts, name.unwrap_or_default()));
    match place {
        Place::Bowler => Token::Person(people::BOWLER | roles_of(facts, &facts.bowler)),
        Place::Batter => Token::Person(people::BATTER | roles_of(facts, &facts.batter)),
        Place::Partner => Token::Person(people::PARTNER | roles_of(facts, &facts.non_striker)),
        Place::Out => Token::Person(people::OUT | roles_of(facts, out(0))),
        Place::OtherOut => Token::Person(people::OUT | roles_of(facts, out(1))),
        Place::Fielder => {
            let all = facts.first_out().map(|it| it.fielders.iter().map(|it| roles_of(facts, it)));
            Token::Person(all.into_iter().flatten().fold(people::FIELDER | people::GAINER, |all, it| {
                all & it | people::FIELDER | people::GAINER
            }))
        }
        Place::Team => team(Some(&facts.batting_team)),
        Place::Opponents => team(Some(&facts.fielding_team)),
        Place::Winner => team(verdict.and_then(|it| it.winner.as_deref())),
        Place::Loser => team(verdict.and_then(|it| it.loser.as_deref())),
        Place::Score => {
            Token::Score { runs: u32::from(facts.score.runs), wickets: u32::from(facts.score.wickets) }
        }
        Place::Over => Token::Over,
        _ => Token::Text(place),
    }
}

struct Cutter<'a, 'b> {
    text: &'a str,
    at: usize,
    named: &'b [Named<'b>],
    lexicon: &'b Lexicon,
    script: Script,
    cuts: &'b mut Vec<Cut<'a>>,
}

impl<'a> Cutter<'a, '_> {
    fn run(mut self) {
        while let Some(letter) = self.text[self.at..].chars().next() {
            if letter == ' ' {
                self.at += 1;
            } else if letter.is_alphabetic() {
                match self.name() {
                    Some((token, end)) => self.push(token, end),
                    None => self.word(),
                }
            } else if letter == '\'' || letter == '’' {
                self.apostrophe(letter);
            } else if letter.is_numeric() {
                self.number();
            } else {
                self.mark(letter);
            }
        }
    }

    fn push(&mut self, token: Token, end: usize) {
        let text = &self.text[self.at..end];
        self.cuts.push(Cut { token, text, is_first: false });
        self.at = end;
    }

    /// A name that begins here and ends with a word, as it is written or in capitals.
    fn name(&self) -> Option<(Token, usize)> {
        let rest = &self.text[self.at..];
        let ends = |end: usize| {
            let after = rest[end..].chars().next();
            !after.is_some_and(|it| it.is_ascii_digit() || Script::Latin.has(it))
        };
        let known = self.named.iter().find(|it| {
            let length = it.name.len();
            let is_same = rest.starts_with(&*it.name)
                || rest
                    .get(..length)
                    .is_some_and(|text| it.name.is_ascii() && text == it.name.to_uppercase());
            is_same && ends(length)
        })?;
        Some((known.token.clone(), self.at + known.name.len()))
    }

    fn word(&mut self) {
        let end = self.at + word_length(&self.text[self.at..]);
        let text = &self.text[self.at..end];
        let is_strange =
            text.chars().any(|it| !self.script.has(it) && !is_joiner(it) && it != '\'' && it != '’');
        let token = match is_strange {
            true => Token::Strange,
            false => {
                let id = self.lexicon.find(&normal(text));
                let number = id.and_then(|it| self.lexicon.words[it as usize].number);
                match number {
                    Some(value) => Token::Number { value, word: id, place: None },
                    None => Token::Word(id),
                }
            }
        };
        self.push(token, end);
    }

    /// "'s" after a name or a word is a word; any other is a quotation mark.
    fn apostrophe(&mut self, letter: char) {
        let rest = &self.text[self.at + letter.len_utf8()..];
        let is_genitive = rest.starts_with('s') && !rest[1..].starts_with(|it: char| it.is_alphanumeric());
        if is_genitive {
            self.push(Token::Word(self.lexicon.find("'s")), self.at + letter.len_utf8() + 1);
        } else {
            self.push(Token::Soft, self.at + letter.len_utf8());
        }
    }

    fn number(&mut self) {
        let rest = &self.text[self.at..];
        let (first, length) = digits(rest);
        let after = rest[length..].chars().next();
        let second = after.filter(|it| matches!(it, '/' | '-' | '–' | '.')).map(|mark| {
            let at = length + mark.len_utf8();
            let (value, more) = digits(&rest[at..]);
            (mark, value, at + more, more)
        });
        let (token, length) = match second {
            Some((mark, value, end, more)) if more > 0 => match (mark, first, value) {
                ('.', Some(_), Some(_)) => (Token::Over, end),
                (_, Some(runs), Some(wickets)) => (Token::Score { runs, wickets }, end),
                _ => (Token::Strange, end),
            },
            _ => match first {
                Some(value) => (Token::Number { value, word: None, place: None }, length),
                None => (Token::Strange, length),
            },
        };
        let is_glued = rest[length..].chars().next().is_some_and(|it| Script::Latin.has(it));
        self.push(if is_glued { Token::Strange } else { token }, self.at + length);
    }

    fn mark(&mut self, letter: char) {
        let token = match letter {
            '.' | '!' | '?' | ';' | ':' | '…' | '।' | '॥' | '۔' | '؟' | '؛' => Token::Hard,
            ',' | '،' | '(' | ')' | '"' | '“' | '”' | '‘' | '/' | '&' | '-' | '–' | '—' => {
                Token::Soft
            }
            _ => Token::Strange,
        };
        let end = self.at + letter.len_utf8();
        // A hyphen within a word parts it: "no-ball" is two words, "run-out" too.
        let before = self.text[..self.at].chars().next_back();
        let is_hyphen = letter == '-'
            && before.is_none_or(|it| it.is_alphabetic() || !it.is_whitespace())
            && self.text[end..].starts_with(|it: char| it.is_alphabetic());
        match is_hyphen {
            true => self.at = end,
            false => self.push(token, end),
        }
    }
}

/// One number of several words: "thirty" "four", "two" "hundred" "and" "six".
fn joined_numbers(cuts: Vec<Cut<'_>>) -> Vec<Cut<'_>> {
    let mut joined: Vec<Cut<'_>> = Vec::with_capacity(cuts.len());
    for cut in cuts {
        if let Token::Number { value, word: Some(_), .. } = cut.token
            && let Some(last) = joined.last_mut()
            && let Token::Number { value: before, word, place: None } = &mut last.token
            && (word.is_some() || *before >= 100)
            && let Some(sum) = sum(*before, value)
        {
            (*before, *word) = (sum, None);
            continue;
        }
        joined.push(cut);
    }
    joined
}

fn sum(before: u32, value: u32) -> Option<u32> {
    match (before, value) {
        (1..=99, 100) => Some(before * 100),
        (100.., 1..=99) if before.is_multiple_of(100) => Some(before + value),
        (20..=90, 1..=9) if before.is_multiple_of(10) => Some(before + value),
        (100.., 1..=9) if before % 100 >= 20 && before.is_multiple_of(10) => Some(before + value),
        _ => None,
    }
}

/// The number at the beginning in any script's digits, and its length in bytes; none where it is too large or no decimal.
fn digits(text: &str) -> (Option<u32>, usize) {
    let mut value = Some(0_u32);
    let mut length = 0;
    for letter in text.chars().take_while(|it| it.is_numeric()) {
        let digit = decimal(letter);
        value = value.and_then(|it| it.checked_mul(10)?.checked_add(digit?));
        length += letter.len_utf8();
    }
    (value.filter(|_| length > 0), length)
}

/// The value of a decimal digit of the scripts that we ship.
fn decimal(letter: char) -> Option<u32> {
    let zeros = ['0', '०', '০', '௦', '౦', '٠', '۰'];
    zeros.iter().find_map(|zero| u32::from(letter).checked_sub(u32::from(*zero)).filter(|it| *it < 10))
}

/// How many bytes the word has that begins here: letters with their marks, joiners and apostrophes within.
fn word_length(text: &str) -> usize {
    let mut letters = text.char_indices().peekable();
    let mut end = 0;
    while let Some((at, letter)) = letters.next() {
        let is_inner = |it: char| it.is_alphabetic();
        let is_part = is_mark(letter) || letter.is_alphabetic() || is_joiner(letter);
        // "don't", but not "Root's".
        let is_apostrophe = (letter == '\'' || letter == '’')
            && letters.peek().is_some_and(|it| is_inner(it.1))
            && !is_genitive(&text[at + letter.len_utf8()..]);
        if !is_part && !is_apostrophe {
            break;
        }
        end = at + letter.len_utf8();
    }
    end
}

fn is_genitive(rest: &str) -> bool {
    rest.starts_with('s') && !rest[1..].starts_with(|it: char| it.is_alphabetic())
}

/// Vowel signs, viramas and the like, which are no letters by themselves in Unicode's tables.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{900}'..='\u{903}'
        | '\u{93a}'..='\u{94f}' | '\u{951}'..='\u{957}' | '\u{962}'..='\u{963}' | '\u{981}'..='\u{983}' | '\u{9bc}'..='\u{9cd}'
        | '\u{9d7}' | '\u{9e2}'..='\u{9e3}' | '\u{b82}' | '\u{bbe}'..='\u{bcd}' | '\u{bd7}' | '\u{c00}'..='\u{c04}'
        | '\u{c3c}'..='\u{c4d}' | '\u{c55}'..='\u{c56}')
}

/// Zero-width joiner and non-joiner, which some words of our scripts are spelled with.
fn is_joiner(letter: char) -> bool {
    matches!(letter, '\u{200c}' | '\u{200d}')
}

/// A word as it is looked up: in small letters, composed, without joiners, and with one spelling where two are usual.
pub(super) fn normal(word: &str) -> String {
    let letters = word.nfc().filter(|it| !is_joiner(*it));
    let same = letters.map(|it| match it {
        '’' => '\'',
        'ँ' => 'ं',
        'ي' | 'ى' => 'ی',
        'ك' => 'ک',
        other => other,
    });
    same.flat_map(char::to_lowercase).collect()
}

/// The words of a text of our own, as they are looked up. The name of a place is none.
pub(super) fn words_of(text: &str) -> impl Iterator<Item = String> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '{' => rest.find(['|', '}']).map_or(rest.len(), |it| it + 1),
            _ if letter.is_alphabetic() => word_length(rest),
            _ => letter.len_utf8(),
        };
        if letter.is_alphabetic() {
            words.push(normal(&rest[..length]));
        }
        rest = &rest[length..];
    }
    words.into_iter()
}
