//! What a model says, judged by the facts.
//!
//! The guard reads a line as one who knows the game would, and lets stand only what it understands. Each word must be one that
//! it knows (`languages/`, a file for each); each name and number must be of the ball *and* stand where the words around it
//! say its role ("X to", "need N"); each word that claims something ("caught", "six", "won") must be true; and what the ball was
//! above all must be said. So a swap of two names, another number or a wicket that did not fall is caught by meaning, and a fact
//! that we do not have (a yorker, the crowd, the weather) cannot be told, for there are no words for it.
//!
//! The price is that a true line with an unknown word is refused, too. Then it is asked for again, and after that the offline line
//! stands: no fan sees that there was another. A model that is told the words ([`vocabulary`]) and the places of the ball is refused less;
//! words of an editor's examples are known with that preset.
//!
//! What it cannot see: whether a sentence that claims nothing ("Kohli looks happy") suits who is named in it, and whether praise is deserved.
//!
//! Cost: 40 µs a line (`tests/corpus`, release build, two busy cores); patterns are looked up by the word beside their slot.

mod event;
mod figure;
mod lexicon;
mod pattern;
mod people;
mod refusal;
mod summary;
mod token;

pub use refusal::Refusal;
pub use summary::{SUMMARY_LETTERS_MAX, check_report};

use crate::facts::Facts;
use crate::language::{Language, Script};
use crate::place::{Place, fill, pieces};
use crate::preset::Preset;
use event::Event;
use figure::Figure;
use lexicon::{Lexicon, lexicon};
use pattern::{Read, fitting};
use token::{Cut, Token, normal, words_of};
use unicode_segmentation::UnicodeSegmentation;

/// Letters (grapheme clusters) of a filled line.
pub const LETTERS_MAX: usize = 180;
/// Bytes of a line with places, before anything else is looked at.
pub const BYTES_MAX: usize = 4_000;
/// Share of unknown words, in hundredths, from which on a line is in another language.
const FOREIGN_PERCENT: usize = 50;

/// The filled line, or all that is wrong with it.
pub fn check(facts: &Facts, preset: &Preset, template: &str) -> Result<String, Vec<Refusal>> {
    preflight(template)?;
    let pieces = pieces(template).map_err(|it| vec![it.into()])?;
    let line = fill(template, facts, preset.language).map_err(|it| vec![it.into()])?;
    // A feed's names could hold anything.
    preflight(&line)?;
    let lexicon = lexicon(preset.language);
    let cuts = token::cut(&pieces, facts, lexicon, preset.language);
    let mut judge =
        Judge { facts, preset, lexicon, said: 0, used: vec![false; cuts.len()], cuts, refusals: Vec::new() };
    judge.judge(&line);
    if judge.refusals.is_empty() { Ok(line) } else { Err(judge.refusals) }
}

/// The words of a language that say nothing by themselves and may stand anywhere, in the order of the alphabet: for who asks a
/// model to keep to them.
pub fn vocabulary(language: Language) -> Vec<&'static str> {
    lexicon(language).free_words()
}

/// What is refused before a word is read.
fn preflight(text: &str) -> Result<(), Vec<Refusal>> {
    if text.len() > BYTES_MAX {
        return Err(vec![Refusal::TooLong { letters: text.len(), max: BYTES_MAX }]);
    }
    if let Some(found) = text.chars().find(|it| is_hidden(*it)) {
        return Err(vec![Refusal::Character { found }]);
    }
    match link(text) {
        Some(found) => Err(vec![Refusal::Link { found: found.to_owned() }]),
        None => Ok(()),
    }
}

struct Judge<'a> {
    facts: &'a Facts,
    preset: &'a Preset,
    lexicon: &'static Lexicon,
    cuts: Vec<Cut<'a>>,
    /// Which of them something has been read off.
    used: Vec<bool>,
    /// Events that the line has claimed and that are true.
    said: u64,
    refusals: Vec<Refusal>,
}

impl Judge<'_> {
    fn judge(&mut self, line: &str) {
        match line.trim().graphemes(true).count() {
            0 => self.refusals.push(Refusal::Empty),
            letters if letters > LETTERS_MAX => {
                self.refusals.push(Refusal::TooLong { letters, max: LETTERS_MAX });
            }
            _ => {}
        }
        self.check_numbers();
        self.check_events();
        self.check_people();
        self.check_words();
        self.check_complete();
    }

    /// Each number is one of the facts, in a role that the words around it give it.
    fn check_numbers(&mut self) {
        for at in 0..self.cuts.len() {
            let token = self.cuts[at].token.clone();
            let read = match token {
                Token::Number { .. } | Token::Score { .. } | Token::Over => {
                    pattern::read(&self.lexicon.figures, &self.cuts, at)
                }
                _ => continue,
            };
            match token {
                Token::Number { value, word, place } => self.check_number(at, value, word, place, &read),
                _ => {
                    let own = if token == Token::Over {
                        Figure::Over.bit()
                    } else {
                        Figure::Score.bit() | Figure::Total.bit() | Figure::Wickets.bit()
                    };
                    if !self.is_true_text(at) || read.level == 2 && read.mask & own == 0 {
                        self.refuse_number(at, read.mask);
                    }
                    self.used[at] = true;
                }
            }
        }
    }

    fn check_number(&mut self, at: usize, value: u32, word: Option<u32>, place: Option<Place>, read: &Read) {
        let is_loose = word.is_some_and(|it| self.lexicon.words[it as usize].is_loose);
        let matching = Figure::matching(read.mask, value, self.facts);
        if is_loose && read.level == 0 {
            // "One to remember" is no number.
            self.said |= if matching & Figure::Runs.bit() != 0 { Event::Run.bit() } else { 0 };
            return;
        }
        if read.mask == 0 && !place.is_some_and(is_self_evident) {
            // "FOUR!" is an event; any other number needs a role.
            if word.is_none() || !self.is_event(at) {
                self.refuse_number(at, 0);
            }
            return;
        }
        if read.mask != 0 && matching == 0 {
            // "Hit for four": the words around a word that names an event mean little.
            if read.level > 0 || word.is_none() || !self.is_event(at) {
                self.refuse_number(at, read.mask);
            }
            return;
        }
        if matching & Figure::Runs.bit() != 0 {
            self.said |= Event::Run.bit();
            // "Four runs" says what it was, too, where that is so.
            let truth = event::true_of(self.facts);
            let event = self.event_at(at).filter(|it| it.0 == 1).and_then(|it| it.1);
            self.said |= event.map_or(0, |it| it.bit() & truth);
        }
        self.used[at] = true;
    }

    fn is_true_text(&self, at: usize) -> bool {
        let score = &self.facts.score;
        match self.cuts[at].token {
            Token::Score { runs, wickets } => {
                (runs, wickets) == (u32::from(score.runs), u32::from(score.wickets))
            }
            _ => {
                let text = self.cuts[at].text;
                text == Place::Over.name() || latin_digits(text) == self.facts.over
            }
        }
    }

    fn refuse_number(&mut self, at: usize, mask: u64) {
        let found = self.cuts[at].text.to_owned();
        self.refusals.push(Refusal::Number { found, read_as: Figure::names(mask) });
        self.used[at] = true;
    }

    fn is_event(&self, at: usize) -> bool {
        self.event_at(at).is_some_and(|it| it.1.is_some())
    }

    /// The longest phrase that begins here, its length and what it claims.
    fn event_at(&self, at: usize) -> Option<(usize, Option<Event>)> {
        let is_here = |words: &[u32]| {
            words.iter().enumerate().all(|(offset, word)| {
                match self.cuts.get(at + offset).map(|it| &it.token) {
                    Some(Token::Word(found) | Token::Number { word: found, .. }) => {
                        *found == Some(*word) && !self.used[at + offset]
                    }
                    Some(Token::Person(_)) => *word == lexicon::PERSON,
                    _ => false,
                }
            })
        };
        let first = pattern::word_of(&self.cuts.get(at)?.token)?;
        let known = self.lexicon.events.get(&first)?.iter().find(|it| is_here(&it.0))?;
        Some((known.0.len(), known.1))
    }

    /// Each claim is true.
    fn check_events(&mut self) {
        let truth = event::true_of(self.facts);
        let mut at = 0;
        while at < self.cuts.len() {
            let Some((length, event)) = self.event_at(at) else {
                at += 1;
                continue;
            };
            match event {
                Some(event) if truth & event.bit() == 0 => {
                    let words: Vec<&str> = self.cuts[at..at + length].iter().map(|it| it.text).collect();
                    let found = words.join(" ");
                    self.refusals.push(Refusal::Event { found, said: event.name() });
                }
                Some(event) => self.said |= event.bit(),
                None => {}
            }
            self.used[at..at + length].fill(true);
            at += length;
        }
    }

    /// Each name stands in its role.
    fn check_people(&mut self) {
        for at in 0..self.cuts.len() {
            let (roles, patterns, names): (u64, _, fn(u64) -> String) = match self.cuts[at].token {
                Token::Person(roles) => (roles, &self.lexicon.people, people::names),
                Token::Team(roles) => (roles, &self.lexicon.teams, people::team_names),
                _ => continue,
            };
            let fitting = fitting(patterns, &self.cuts, at);
            let found = self.cuts[at].text.to_owned();
            if fitting.is_empty() {
                self.refusals.push(Refusal::UnclearRole { found });
            } else if let Some(wrong) = fitting.iter().find(|it| it.mask & roles == 0) {
                let (read_as, is) = (names(wrong.mask), names(roles));
                self.refusals.push(Refusal::Role { found, read_as, is });
            }
        }
    }

    /// Each word is known, and may be said in this tone.
    fn check_words(&mut self) {
        let mut words = 0;
        let mut unknown = Vec::new();
        for at in 0..self.cuts.len() {
            let cut = &self.cuts[at];
            let id = match cut.token {
                Token::Word(id) => id,
                Token::Strange => {
                    self.refusals.push(strange(cut.text, self.preset.language.script()));
                    continue;
                }
                _ => continue,
            };
            words += 1;
            let text = cut.text;
            if self.is_never(text) {
                self.refusals.push(Refusal::Never { found: text.to_owned() });
            }
            let known = id.map(|it| self.lexicon.words[it as usize]).unwrap_or_default();
            if known.is_profane || known.is_injection {
                let found = text.to_owned();
                let profane = known.is_profane;
                self.refusals.push(if profane {
                    Refusal::Profanity { found }
                } else {
                    Refusal::Injection { found }
                });
                continue;
            }
            let is_odd_capital = is_capital(text)
                && !is_shouted(text)
                && text != "I"
                && (!cut.is_first || known.is_surname && !self.used[at] && self.could_be_somebody(at));
            if self.used[at] || known.is_free && !is_odd_capital {
                continue;
            }
            if known.is_negation {
                self.refusals.push(Refusal::Negated { found: text.to_owned() });
            } else if is_odd_capital && id.is_none() {
                self.refusals.push(Refusal::Name { found: text.to_owned() });
            } else if known.is_free {
                // A known word with a capital in mid-sentence could be somebody's name.
                self.refusals.push(Refusal::Name { found: text.to_owned() });
            } else if !self.is_of_examples(text) {
                unknown.push(text.to_owned());
            }
        }
        if words > 1 && self.preset.language == Language::Hinglish && !self.has_hindi() {
            self.refusals.push(Refusal::Language { unknown: words, words });
        }
        if unknown.len() * 100 >= words * FOREIGN_PERCENT && unknown.len() > 1 {
            self.refusals.push(Refusal::Language { unknown: unknown.len(), words });
        }
        self.refusals.extend(unknown.into_iter().map(|found| {
            match is_capital(&found) && !is_shouted(&found) {
                true => Refusal::Name { found },
                false => Refusal::Word { found },
            }
        }));
    }

    /// Whether a word stands where somebody would: alone, or with words around it that say what they did.
    fn could_be_somebody(&self, at: usize) -> bool {
        let ends = |it: Option<&Cut<'_>>| it.is_none_or(|it| matches!(it.token, Token::Hard | Token::Soft));
        ends(self.cuts.get(at + 1)) || !fitting(&self.lexicon.people, &self.cuts, at).is_empty()
    }

    /// Whether a word is not English: cricket's own words are in both, and a line of them alone is English.
    fn has_hindi(&self) -> bool {
        let english = lexicon(Language::English);
        let words = self
            .cuts
            .iter()
            .filter(|it| matches!(it.token, Token::Word(Some(_)) | Token::Number { word: Some(_), .. }));
        words.into_iter().any(|it| english.find(&normal(it.text)).is_none())
    }

    fn is_never(&self, text: &str) -> bool {
        let word = normal(text);
        self.preset.never.iter().any(|it| normal(it) == word)
    }

    /// Whether an example with places has the word, not as a name.
    fn is_of_examples(&self, text: &str) -> bool {
        let word = normal(text);
        let told = self.preset.examples.iter().map(|it| it.told.as_str()).filter(|it| it.contains('{'));
        !is_capital(text) && told.flat_map(words_of).any(|it| it == word)
    }

    /// What the ball was above all is said, and who is out.
    fn check_complete(&mut self) {
        let mut required = event::required_of(self.facts);
        if required & event::set(&[Event::Single, Event::Double, Event::Triple]) != 0 {
            required |= Event::Run.bit();
        }
        if self.said & required == 0 {
            self.refusals.push(Refusal::Missing { what: self.facts.kind.word() });
        }
        let named = |player: &str, place: Place| {
            self.cuts.iter().any(|it| match &it.token {
                Token::Person(roles) => {
                    it.text == place.name()
                        || it.text.eq_ignore_ascii_case(player)
                        || self.facts.out.len() == 1 && roles & people::OUT != 0
                }
                Token::Text(Place::How) => false,
                _ => false,
            })
        };
        let places = [Place::Out, Place::OtherOut];
        let missing = self.facts.out.iter().zip(places).any(|(out, place)| !named(&out.player, place));
        if missing {
            self.refusals.push(Refusal::Missing { what: "who is out" });
        }
    }
}

/// Whether a place may stand with no words around it that say what it counts. "Kohli, {batter_runs}" is what it seems;
/// what the other side needs, or an over's runs, is not.
fn is_self_evident(place: Place) -> bool {
    !matches!(
        place,
        Place::Target
            | Place::Needed
            | Place::BallsLeft
            | Place::Margin
            | Place::OverNumber
            | Place::OverRuns
            | Place::OverWickets
    )
}

/// Something that is neither a word of the language nor a mark that lines have.
fn strange(text: &str, script: Script) -> Refusal {
    let first = text.chars().next().unwrap_or_default();
    match (first.is_alphabetic(), first.is_numeric()) {
        (true, _) if !text.chars().all(|it| script.has(it)) => Refusal::Script { found: text.to_owned() },
        (_, true) => Refusal::Number { found: text.to_owned(), read_as: String::new() },
        _ => Refusal::Character { found: first },
    }
}

fn is_capital(text: &str) -> bool {
    text.chars().next().is_some_and(char::is_uppercase)
}

/// In capitals throughout.
fn is_shouted(text: &str) -> bool {
    text.chars().count() > 1 && !text.chars().any(char::is_lowercase)
}

fn latin_digits(text: &str) -> String {
    let digit = |it: char| {
        ['0', '०', '০', '௦', '౦', '٠', '۰'].iter().find_map(|zero| {
            let value = u32::from(it).checked_sub(u32::from(*zero)).filter(|it| *it < 10)?;
            char::from_digit(value, 10)
        })
    };
    text.chars().map(|it| digit(it).unwrap_or(it)).collect()
}

/// Control characters, marks that turn the direction of what follows, and other letters that nobody sees.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// What looks like an address or markup.
fn link(text: &str) -> Option<&str> {
    const SIGNS: [&str; 12] = ["://", "www.", "<", ">", "](", "`", "@", ".com", ".net", ".org", ".in/", "&#"];
    SIGNS.into_iter().find(|it| text.contains(it))
}
