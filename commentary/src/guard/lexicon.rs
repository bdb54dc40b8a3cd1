//! What the guard knows of a language: `commentary/languages`.

use super::event::{self, Event};
use super::figure::Figure;
use super::people;
use crate::language::Language;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// A word's place in a [`Lexicon`].
pub(super) type Id = u32;

/// Anybody, in a phrase that claims something: "bowls P".
pub(super) const PERSON: Id = Id::MAX;
/// A team, in such a phrase: "T are home".
pub(super) const TEAM: Id = Id::MAX - 2;
/// A few words, whatever they are, in a phrase that claims something: "sends .. back".
pub(super) const GAP: Id = Id::MAX - 1;

/// The words of a language, and what they say. A word that is not among them is refused: a guard that let unknown words pass
/// could not know what they say.
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    ids: HashMap<String, Id>,
    /// By word: its number, and whether it may stand without saying anything.
    pub(super) words: Vec<Known>,
    /// By their first word, phrases and what they claim; none claims nothing. The longest first.
    pub(super) events: HashMap<Id, Vec<Phrase>>,
    pub(super) people: Patterns,
    pub(super) teams: Patterns,
    pub(super) figures: Patterns,
    pub(super) moods: Moods,
    /// Whether its file says which words are deeds: what is left open is told from those.
    pub(super) has_deeds: bool,
}

/// What words say of somebody who is named beside them: of joy and of sorrow, for who did well is not pitied, and who did badly not praised;
/// and of what only who bats, or who bowls, does.
#[derive(Debug, Default)]
pub(super) struct Moods {
    pub(super) glad: HashSet<Id>,
    pub(super) sorry: HashSet<Id>,
    /// Of who bats, and of who bowls.
    pub(super) batting: HashSet<Id>,
    pub(super) bowling: HashSet<Id>,
}

/// Patterns by a word beside their slot, so that few are tried at each place.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    pub(super) all: Vec<Pattern>,
    pub(super) by_next: HashMap<Id, Vec<usize>>,
    pub(super) by_previous: HashMap<Id, Vec<usize>>,
    pub(super) others: Vec<usize>,
}

impl Patterns {
    fn push(&mut self, pattern: Pattern) {
        let at = self.all.len();
        let next = pattern.elements.get(pattern.slot + 1);
        let previous = pattern.slot.checked_sub(1).and_then(|it| pattern.elements.get(it));
        match (next, previous) {
            (Some(Element::Words(words)), _) => {
                words.iter().for_each(|it| self.by_next.entry(*it).or_default().push(at));
            }
            (_, Some(Element::Words(words))) => {
                words.iter().for_each(|it| self.by_previous.entry(*it).or_default().push(at));
            }
            _ => self.others.push(at),
        }
        self.all.push(pattern);
    }
}

/// Words in their order, and what they claim.
type Phrase = (Vec<Id>, Option<Event>);

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    pub(super) number: Option<u32>,
    /// Often no number: "one".
    pub(super) is_loose: bool,
    pub(super) is_free: bool,
    pub(super) is_negation: bool,
    pub(super) is_profane: bool,
    pub(super) is_injection: bool,
    /// Of the words that are open beside those of the language's own file.
    pub(super) is_open: bool,
    /// Somebody could be called so: with a capital it is a name even where a sentence begins.
    pub(super) is_surname: bool,
    /// Where it stands, somebody does something with bat, ball or hands, and a name beside it has a role.
    pub(super) is_deed: bool,
    /// Parts a sentence as a comma does: "and", "while".
    pub(super) is_link: bool,
}

/// A surrounding that says what its slot is: "X to", "need N".
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// Roles, as bits of `people`, or figures, as bits of [`Figure`].
    pub(super) mask: u64,
    pub(super) elements: Vec<Element>,
    pub(super) slot: usize,
    /// Words in it: of two that say somebody's role, the one with more of them counts.
    pub(super) weight: usize,
    /// Of a figure: 0 where anything more definite counts instead; 1 with a unit ("N runs"), 2 where it leaves no doubt ("need N").
    pub(super) level: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Element {
    Slot,
    /// One of these words.
    Words(Vec<Id>),
    /// Another number, another person, a team.
    Number,
    Person,
    Team,
    /// Up to [`GAP_MAX`] words; with names and commas among them, more.
    Gap,
    WideGap,
    /// The beginning or the end of a sentence, or of a part of one.
    Edge,
    Comma,
}

/// Words that a gap may hold.
pub(super) const GAP_MAX: usize = 6;
pub(super) const WIDE_GAP_MAX: usize = 12;

/// The lexicon of this language, read with the first line in it (3 ms).
pub(crate) fn lexicon(language: Language) -> &'static Lexicon {
    static ALL: [OnceLock<Lexicon>; SOURCES.len()] = [const { OnceLock::new() }; SOURCES.len()];
    let at = SOURCES.iter().position(|it| it.0 == language).expect("each language has a file");
    ALL[at].get_or_init(|| Lexicon::read(SOURCES[at].1, language))
}

const SOURCES: [(Language, &str); 8] = [
    (Language::English, include_str!("../../languages/en.txt")),
    (Language::Hindi, include_str!("../../languages/hi.txt")),
    (Language::Hinglish, include_str!("../../languages/hi-Latn.txt")),
    (Language::Bengali, include_str!("../../languages/bn.txt")),
    (Language::Tamil, include_str!("../../languages/ta.txt")),
    (Language::Telugu, include_str!("../../languages/te.txt")),
    (Language::Marathi, include_str!("../../languages/mr.txt")),
    (Language::Urdu, include_str!("../../languages/ur.txt")),
];

/// Ordinary words that claim nothing of a match.
fn open_words(language: Language) -> impl Iterator<Item = &'static str> {
    let source = match language {
        Language::English => include_str!("../../languages/open.en.txt"),
        _ => "",
    };
    source.lines().filter(|it| !it.starts_with('#'))
}

impl Lexicon {
    /// Reads a file of sections: "[numbers]" with lines "4 four", "[events]" and the like with lines "four: four | to the fence", and
    /// sections of words alone. A line that begins with "#" is for readers.
    ///
    /// Panics on a line that it cannot read: the files are compiled in, and a test reads them all.
    fn read(source: &str, language: Language) -> Lexicon {
        let mut lexicon = Lexicon::default();
        let mut sets: HashMap<String, Vec<String>> = HashMap::new();
        let mut section = "";
        for line in source.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
                section = name;
                continue;
            }
            let words = line.split_whitespace();
            match section {
                "numbers" => {
                    let (value, names) = line.split_once(' ').expect("a number has a word");
                    let value: u32 = value.parse().expect("a number is in digits");
                    for name in names.split_whitespace() {
                        lexicon.know(name).number = Some(value);
                    }
                }
                "loose" => words.for_each(|it| lexicon.know(it).is_loose = true),
                "words" => words.for_each(|it| lexicon.know(it).is_free = true),
                "not" => words.for_each(|it| lexicon.know(it).is_negation = true),
                "profane" => words.for_each(|it| lexicon.know(it).is_profane = true),
                "deeds" => {
                    lexicon.has_deeds = true;
                    for word in words.flat_map(|it| alternatives(it, &sets)) {
                        let known = lexicon.know(&word);
                        (known.is_deed, known.is_free) = (true, true);
                    }
                }
                "links" => words.for_each(|it| lexicon.know(it).is_link = true),
                "glad" | "sorry" | "batting" | "bowling" => {
                    for word in words.flat_map(|it| alternatives(it, &sets)) {
                        let id = lexicon.id(&word);
                        lexicon.words[id as usize].is_free |= lexicon.is_plain(&word);
                        let moods = &mut lexicon.moods;
                        let mood = match section {
                            "glad" => &mut moods.glad,
                            "sorry" => &mut moods.sorry,
                            "batting" => &mut moods.batting,
                            _ => &mut moods.bowling,
                        };
                        mood.insert(id);
                    }
                }
                "surnames" => words.for_each(|it| lexicon.know(it).is_surname = true),
                "injection" => words.for_each(|it| lexicon.know(it).is_injection = true),
                "sets" => {
                    let (name, members) = line.split_once(' ').expect("a set has members");
                    sets.insert(name.to_owned(), members.split_whitespace().map(str::to_owned).collect());
                }
                _ => {
                    let (name, texts) = line.split_once(':').unwrap_or_else(|| panic!("{language}: {line}"));
                    for text in texts.split('|').map(str::trim).filter(|it| !it.is_empty()) {
                        lexicon.add(section, name.trim(), text, &sets);
                    }
                }
            }
        }
        let results = crate::place::RESULTS.iter().map(|it| language.words().get(it));
        for text in crate::phrases::sources(language).chain(crate::report::sources(language)).chain(results) {
            for word in super::token::words_of(text) {
                lexicon.know(&word).is_free |= lexicon.is_plain(&word);
            }
        }
        let mut is_deed = false;
        for line in open_words(language) {
            is_deed |= line == "[deeds]";
            for word in line.split_whitespace().filter(|it| *it != "[deeds]") {
                let is_plain = lexicon.is_plain(word);
                let known = lexicon.know(word);
                known.is_open = !known.is_free;
                known.is_free |= is_plain;
                known.is_deed |= is_deed;
            }
        }
        for phrases in lexicon.events.values_mut() {
            phrases.sort_by_key(|it| std::cmp::Reverse(it.0.len()));
        }
        lexicon
    }

    fn add(&mut self, section: &str, name: &str, text: &str, sets: &HashMap<String, Vec<String>>) {
        if section == "events" {
            let event = Event::of_name(name);
            assert!(event.is_some() || name == "none", "{name} is no event");
            for words in spelled(text, sets) {
                let id = |lexicon: &mut Self, word: &String| match word.as_str() {
                    "P" => PERSON,
                    "T" => TEAM,
                    ".." => GAP,
                    word => lexicon.id(word),
                };
                let ids: Vec<Id> = words.iter().map(|it| id(self, it)).collect();
                self.events.entry(ids[0]).or_default().push((ids, event));
            }
            return;
        }
        let mask = name.split(',').map(|it| mask(section, it.trim())).fold(0, |all, it| all | it);
        let (level, text) = (text.matches('!').count(), text.trim_start_matches('!'));
        let elements: Vec<Element> =
            text.split_whitespace().map(|it| self.element(section, it, sets)).collect();
        let slot =
            elements.iter().position(|it| *it == Element::Slot).unwrap_or_else(|| panic!("{text}: no slot"));
        let weight = elements.iter().filter(|it| {
            matches!(
                it,
                Element::Words(_) | Element::Person | Element::Number | Element::Comma | Element::Team
            )
        });
        let weight = weight.count();
        let level = if elements.contains(&Element::Team) { 2 } else { level };
        let pattern = Pattern { mask, weight, slot, elements, level };
        match section {
            "people" => self.people_patterns(pattern).into_iter().for_each(|it| self.people.push(it)),
            "teams" => self.teams.push(pattern),
            "figures" => self.figures.push(pattern),
            other => panic!("{other} is no section"),
        }
    }

    /// What gives the bowler a wicket is another role than the bowler's: a run out is nobody's. So a pattern with words of both
    /// kinds ("X has the wicket/maiden") is two.
    fn people_patterns(&self, pattern: Pattern) -> Vec<Pattern> {
        if pattern.mask != people::BOWLER {
            return vec![pattern];
        }
        let is_wicket = |id: &Id| {
            let alone = self.events.get(id).into_iter().flatten().find(|it| it.0.len() == 1);
            alone.and_then(|it| it.1).is_some_and(|it| it.bit() & event::OUTS != 0)
        };
        let is_mixed = |it: &&Element| matches!(it, Element::Words(words) if words.iter().any(is_wicket));
        let Some(at) = pattern.elements.iter().position(|it| is_mixed(&it)) else { return vec![pattern] };
        let Element::Words(words) = pattern.elements[at].clone() else { return vec![pattern] };
        let (wickets, others): (Vec<Id>, Vec<Id>) = words.iter().partition(|it| is_wicket(it));
        let with = |words: Vec<Id>, mask| {
            let mut elements = pattern.elements.clone();
            elements[at] = Element::Words(words);
            Pattern { mask, elements, ..pattern.clone() }
        };
        let taker = with(wickets, people::TAKER);
        if others.is_empty() { vec![taker] } else { vec![taker, with(others, people::BOWLER)] }
    }

    fn element(&mut self, section: &str, text: &str, sets: &HashMap<String, Vec<String>>) -> Element {
        match text {
            slot if slot == slot_of(section) => Element::Slot,
            "#" | "N" => Element::Number,
            "P" => Element::Person,
            "T" => Element::Team,
            ".." => Element::Gap,
            "..." => Element::WideGap,
            "^" | "$" => Element::Edge,
            "," => Element::Comma,
            words => Element::Words(
                alternatives(words, sets)
                    .iter()
                    .map(|it| {
                        let id = self.id(it);
                        self.words[id as usize].is_free |= self.is_plain(it);
                        id
                    })
                    .collect(),
            ),
        }
    }

    /// Whether a word of ours may stand anywhere: it neither claims nor denies anything by itself.
    fn is_plain(&self, word: &str) -> bool {
        let Some(id) = self.ids.get(word) else { return true };
        let known = self.words[*id as usize];
        known.number.is_none() && !known.is_negation && !known.is_profane && !known.is_injection
    }

    fn know(&mut self, word: &str) -> &mut Known {
        let id = self.id(word);
        &mut self.words[id as usize]
    }

    fn id(&mut self, word: &str) -> Id {
        let next = u32::try_from(self.words.len()).unwrap_or(Id::MAX);
        let id = *self.ids.entry(word.to_owned()).or_insert(next);
        if id == next {
            self.words.push(Known::default());
        }
        id
    }

    pub(super) fn free_words(&self) -> Vec<&str> {
        let known = |it: &(&String, &Id)| self.words[*it.1 as usize];
        let is_free = |it: &(&String, &Id)| known(it).is_free && !known(it).is_open;
        let mut words: Vec<&str> = self.ids.iter().filter(is_free).map(|it| it.0.as_str()).collect();
        words.sort_unstable();
        words
    }

    /// A word, in small letters, where it is known.
    pub(super) fn find(&self, word: &str) -> Option<Id> {
        self.ids.get(word).copied()
    }
}

/// How the slot is written: somebody, a team, a number.
fn slot_of(section: &str) -> &'static str {
    match section {
        "people" => "X",
        "teams" => "T",
        _ => "#",
    }
}

fn mask(section: &str, name: &str) -> u64 {
    let mask = match section {
        "people" => people::of_name(name),
        "teams" => people::team_of_name(name),
        _ => Figure::of_name(name).map(Figure::bit),
    };
    mask.unwrap_or_else(|| panic!("{name} is unknown in {section}"))
}

/// The words between the slashes, with those of the sets that are named.
fn alternatives(text: &str, sets: &HashMap<String, Vec<String>>) -> Vec<String> {
    let mut words = Vec::new();
    for word in text.split('/') {
        match word.strip_prefix('@') {
            Some(name) => {
                words.extend(sets.get(name).unwrap_or_else(|| panic!("no set {name}")).iter().cloned());
            }
            None => words.push(word.to_owned()),
        }
    }
    words
}

/// All phrases that "a/b c" stands for: "a c", "b c".
fn spelled(text: &str, sets: &HashMap<String, Vec<String>>) -> Vec<Vec<String>> {
    let mut phrases: Vec<Vec<String>> = vec![Vec::new()];
    for part in text.split_whitespace() {
        let words = alternatives(part, sets);
        phrases = phrases
            .into_iter()
            .flat_map(|phrase| words.iter().map(move |word| [phrase.clone(), vec![word.clone()]].concat()))
            .collect();
    }
    phrases
}
