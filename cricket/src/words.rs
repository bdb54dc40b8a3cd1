//! The words for fans: of a match, and of what shows it. English stands in the code ([`messages`]); any other language is a table of
//! texts in the same order, which a server carries along and a browser loads when it is chosen.

pub mod languages;
pub mod messages;

use crate::text::cut;

/// A text in English with places for values, and its place in the tables of other languages.
///
/// `{0}` is the first value. `{0|run|runs}` is the word that goes with the first value: the former where a language counts with the
/// singular ([`Words`]), else the latter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    at: usize,
    english: &'static str,
}

/// A language: what it says for a [`Message`], which numbers go with the singular, and its digits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Words(Option<&'static Table>);

#[derive(Debug)]
struct Table {
    /// As HTML names it: "hi".
    tag: &'static str,
    /// "ltr" or "rtl"
    direction: &'static str,
    texts: Vec<&'static str>,
    /// Whether 0 goes with the singular, as 1 does: CLDR's rule "one" is `i = 0 or n = 1`, else `n = 1`.
    is_zero_one: bool,
    /// The language's digit 0; the others follow it.
    zero: char,
    /// Reasons and intervals as feeds name them ("Rain"), refusals as the server does, and what they are called.
    notes: Vec<(&'static str, &'static str)>,
}

/// Between the name of a note and its translation.
const NOTE: u8 = b'\t';

impl Words {
    pub const ENGLISH: Words = Words(None);

    /// A language from its table: a first line of its tag, its direction, "one" where 0 goes with the singular ("other" where not), its
    /// digit 0 and its own name, "bn ltr one ০ বাংলা"; a line for each message in the order of [`messages::ALL`]; and lines of a note's English name, a tab and its
    /// translation. What is missing is said in English.
    ///
    /// Lives until the program ends: a table is read once and used by all.
    pub fn read(table: &'static str) -> Words {
        let (head, mut rest) = cut(table, b'\n');
        let (tag, head) = cut(head, b' ');
        let (direction, head) = cut(head, b' ');
        let (zero_goes_with, head) = cut(head, b' ');
        let is_zero_one = zero_goes_with == "one";
        let zero = head.chars().next().unwrap_or('0');
        let (mut texts, mut notes) = (Vec::new(), Vec::new());
        while !rest.is_empty() {
            let (line, after) = cut(rest, b'\n');
            rest = after;
            match cut(line, NOTE) {
                (text, "") => texts.push(text),
                note => notes.push(note),
            }
        }
        Words(Some(Box::leak(Box::new(Table { tag, direction, texts, is_zero_one, zero, notes }))))
    }

    /// A message without values.
    pub fn get(self, message: &Message) -> &'static str {
        let own = self.0.and_then(|it| it.texts.get(message.at));
        own.filter(|it| !it.is_empty()).copied().unwrap_or(message.english)
    }

    /// A message with its values, which are texts: numbers in decimal.
    pub fn fill(self, message: &Message, values: &[&str]) -> String {
        let mut filled = String::new();
        let mut rest = self.get(message);
        loop {
            let (before, after) = cut(rest, b'{');
            filled.push_str(before);
            if after.is_empty() {
                return filled;
            }
            let (place, after) = cut(after, b'}');
            rest = after;
            let (at, words) = cut(place, b'|');
            let at = at.bytes().next().map_or(0, |it| usize::from(it.wrapping_sub(b'0')));
            let value = values.get(at).copied().unwrap_or_default();
            let (one, other) = cut(words, b'|');
            let is_one = value == "1" || (value == "0" && self.0.is_some_and(|it| it.is_zero_one));
            filled.push_str(match (words.is_empty(), is_one) {
                (true, _) => value,
                (false, true) => one,
                (false, false) => other,
            });
        }
    }

    /// The piece at this place of a message that has bars between its pieces; empty behind the last.
    pub fn piece(self, message: &Message, at: usize) -> &'static str {
        let mut pieces = ("", self.get(message));
        for _ in 0..=at {
            pieces = cut(pieces.1, b'|');
        }
        pieces.0
    }

    /// A reason or an interval as the feed names it ("Rain"), a refusal as the server does, in this language where it is known.
    pub fn note(self, name: &str) -> &str {
        let known = self.0.and_then(|it| it.notes.iter().find(|it| it.0 == name));
        known.map_or(name, |it| it.1)
    }

    /// As HTML names the language: "hi".
    pub fn tag(self) -> &'static str {
        self.0.map_or("en", |it| it.tag)
    }

    /// "ltr" or "rtl"; none for English, which leaves it to the page.
    pub fn direction(self) -> Option<&'static str> {
        self.0.map(|it| it.direction)
    }

    /// Whether numbers are written with other digits than 0 to 9.
    pub fn has_own_digits(self) -> bool {
        self.0.is_some_and(|it| it.zero != '0')
    }

    /// A text with this language's digits. Those that belong to a name or a mark in Latin letters stay: "U19", "1wd", "2nd".
    pub fn digits(self, text: &str) -> String {
        let zero = self.0.map_or('0', |it| it.zero);
        let bytes = text.as_bytes();
        let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let is_letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphabetic);
        let mut own = String::with_capacity(2 * text.len());
        let mut is_kept = false;
        for (at, letter) in text.char_indices() {
            if is_digit(at) && (at == 0 || !is_digit(at - 1)) {
                let end = (at..).find(|it| !is_digit(*it)).unwrap_or(at);
                is_kept = (at > 0 && is_letter(at - 1)) || (is_letter(end) && is_letter(end + 1));
            }
            let digit = letter.to_digit(10).filter(|_| !is_kept);
            own.push(digit.and_then(|it| char::from_u32(u32::from(zero) + it)).unwrap_or(letter));
        }
        own
    }
}

#[cfg(test)]
mod tests {
    use super::{Words, languages::named, messages as say};

    #[test]
    fn values_stand_where_the_language_puts_them() {
        let need = |words: Words| words.fill(say::NEED_FROM, &["India", "1", "12"]);
        assert_eq!(need(Words::ENGLISH), "India need 1 run from 12 balls");
        assert_eq!(need(named("hi")), "India को 12 गेंदों में 1 रन चाहिए");
        assert_eq!(need(named("mr")), "India ला 12 चेंडूंत 1 धाव हव्यात");
        assert_eq!(Words::ENGLISH.fill(say::RUNS, &[]), " runs", "a value that is missing is empty");
        assert_eq!(
            Words::ENGLISH.fill(say::BATTING, &["{0} {9|a"]),
            "{0} {9|a are batting",
            "a value is never read"
        );
    }

    #[test]
    fn nothing_goes_with_the_singular_where_the_language_has_it_so() {
        let balls = |words: Words, count: &str| words.fill(say::OFF_BALLS, &[count]);
        assert_eq!([balls(Words::ENGLISH, "0"), balls(Words::ENGLISH, "1")], ["off 0 balls", "off 1 ball"]);
        assert_eq!([balls(named("hi"), "0"), balls(named("hi"), "2")], ["0 गेंद में", "2 गेंदों में"]);
        assert_eq!([balls(named("ur"), "0"), balls(named("ur"), "1")], ["0 گیندوں میں", "1 گیند میں"]);
    }

    #[test]
    fn digits_are_the_languages_own_and_those_of_latin_marks_stay() {
        for (text, wanted) in [
            ("187/4", "১৮৭/৪"),
            ("18.3/20 ওভার", "১৮.৩/২০ ওভার"),
            ("40/1d", "৪০/১d"),
            ("1wd", "1wd"),
            ("W1", "W1"),
            ("U19", "U19"),
            ("2nd ODI", "2nd ODI"),
            ("T20 2026", "T20 ২০২৬"),
            ("", ""),
            ("٣ é", "٣ é"),
        ] {
            assert_eq!(named("bn").digits(text), wanted);
            assert_eq!(named("hi").digits(text), text);
        }
    }

    #[test]
    fn a_note_is_translated_where_it_is_known() {
        assert_eq!(named("hi").note("Rain"), "बारिश");
        assert_eq!(named("hi").note("A dog on the field"), "A dog on the field");
        assert_eq!(Words::ENGLISH.note("Rain"), "Rain");
    }

    #[test]
    fn what_a_table_lacks_is_said_in_english() {
        let words = Words::read("xx ltr other 0 X\nnon");
        assert_eq!([words.get(say::NOT_OUT), words.get(say::RETIRED)], ["non", "retired"]);
        assert_eq!(Words::read("").get(say::NOT_OUT), "not out");
    }

    #[test]
    fn months_stand_in_their_order() {
        assert_eq!([0, 11, 12].map(|it| Words::ENGLISH.piece(say::MONTHS, it)), ["Jan", "Dec", ""]);
    }
}
