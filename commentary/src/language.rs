//! Languages in which tones speak.

use cricket::{Words, words::languages::named};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A language that we ship. Hinglish, which is Hindi in Latin letters with cricket's English words, is one of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Language {
    #[default]
    #[serde(rename = "en")]
    English,
    #[serde(rename = "hi")]
    Hindi,
    #[serde(rename = "hi-Latn")]
    Hinglish,
    #[serde(rename = "bn")]
    Bengali,
    #[serde(rename = "ta")]
    Tamil,
    #[serde(rename = "te")]
    Telugu,
    #[serde(rename = "mr")]
    Marathi,
    #[serde(rename = "ur")]
    Urdu,
}

/// The letters of a language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Script {
    Latin,
    Devanagari,
    Bengali,
    Tamil,
    Telugu,
    Arabic,
}

impl Language {
    pub const ALL: [Language; 8] = [
        Language::English,
        Language::Hindi,
        Language::Hinglish,
        Language::Bengali,
        Language::Tamil,
        Language::Telugu,
        Language::Marathi,
        Language::Urdu,
    ];

    /// RFC 5646: "hi", "hi-Latn".
    pub const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Hindi => "hi",
            Language::Hinglish => "hi-Latn",
            Language::Bengali => "bn",
            Language::Tamil => "ta",
            Language::Telugu => "te",
            Language::Marathi => "mr",
            Language::Urdu => "ur",
        }
    }

    /// The language of this tag, whatever its capitals, with or without a region ("hi-IN"); none where it is none of ours.
    pub fn of_tag(tag: &str) -> Option<Language> {
        let mut parts = tag.split('-');
        let first = parts.next().unwrap_or_default();
        let is_latin = parts.next().is_some_and(|it| it.eq_ignore_ascii_case("latn"));
        match (first.eq_ignore_ascii_case("hi"), is_latin) {
            (true, true) => Some(Language::Hinglish),
            _ => Language::ALL.into_iter().find(|it| it.tag().eq_ignore_ascii_case(first)),
        }
    }

    pub const fn script(self) -> Script {
        match self {
            Language::English | Language::Hinglish => Script::Latin,
            Language::Hindi | Language::Marathi => Script::Devanagari,
            Language::Bengali => Script::Bengali,
            Language::Tamil => Script::Tamil,
            Language::Telugu => Script::Telugu,
            Language::Urdu => Script::Arabic,
        }
    }

    /// What the scoring engine says in this language; for Hinglish, which is none of its languages, in English.
    pub fn words(self) -> Words {
        match self {
            Language::Hinglish => Words::ENGLISH,
            other => named(other.tag()),
        }
    }

    /// Whether this number goes with the singular where a text has both (CLDR's rule "one").
    pub(crate) const fn is_one(self, number: u32) -> bool {
        match self {
            Language::Hindi | Language::Hinglish | Language::Bengali => number <= 1,
            _ => number == 1,
        }
    }
}

impl Script {
    /// Whether the letter, or the mark on one, belongs to it.
    pub const fn has(self, letter: char) -> bool {
        match self {
            Script::Latin => {
                letter.is_ascii_alphabetic() || matches!(letter, '\u{c0}'..='\u{24f}' | '\u{300}'..='\u{36f}')
            }
            Script::Devanagari => matches!(letter, '\u{900}'..='\u{963}' | '\u{970}'..='\u{97f}'),
            Script::Bengali => matches!(letter, '\u{980}'..='\u{9e5}' | '\u{9f0}'..='\u{9fe}'),
            Script::Tamil => matches!(letter, '\u{b80}'..='\u{be5}'),
            Script::Telugu => matches!(letter, '\u{c00}'..='\u{c65}'),
            Script::Arabic => {
                matches!(letter, '\u{620}'..='\u{65f}' | '\u{66e}'..='\u{6d3}' | '\u{6d5}'..='\u{6dc}' | '\u{6ee}'..='\u{6ef}' | '\u{6fa}'..='\u{6ff}')
            }
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_its_language() {
        for language in Language::ALL {
            assert_eq!(Language::of_tag(language.tag()), Some(language));
            assert_eq!(serde_json::to_value(language).unwrap(), language.tag());
        }
        for (tag, wanted) in [
            ("hi-IN", Some(Language::Hindi)),
            ("HI-latn-IN", Some(Language::Hinglish)),
            ("ur-Arab", Some(Language::Urdu)),
            ("de", None),
            ("", None),
        ] {
            assert_eq!(Language::of_tag(tag), wanted, "{tag}");
        }
    }

    #[test]
    fn the_singular_goes_with_what_the_scoring_engine_takes_it_for() {
        use cricket::words::messages::RUNS;
        for language in Language::ALL.into_iter().filter(|it| *it != Language::Hinglish) {
            let runs = |number: u32| {
                language.words().fill(RUNS, &[&number.to_string()]).replace(char::is_numeric, "")
            };
            let forms_differ = runs(1) != runs(2);
            for number in [0, 1, 2, 11] {
                let is_one = runs(number) == runs(1);
                assert!(!forms_differ || is_one == language.is_one(number), "{language} {number}");
            }
        }
    }
}
