//! Characters as they are kept.
//!
//! Texts are in Unicode's normal form C, so that one word is one sequence of code points whatever keyboard it came from. What nobody types and
//! nobody sees is taken out, without a word, since it comes along with what is pasted: controls, what turns the direction of others'
//! text around (the embeddings, overrides and isolates of bidi, by which a line can say another thing than it shows: "Trojan Source"),
//! interlinear marks, byte order marks and code points that are no characters. A tab or an end of line is a space.
//!
//! What stays: joiners, of which Indic scripts and emoji are made; the direction marks, which change nothing but their own place; tags, of
//! which England's and Scotland's flags are made.

use unicode_normalization::UnicodeNormalization;

/// A text as it is kept.
pub(super) fn text(given: &str) -> String {
    given.chars().filter_map(character).nfc().collect()
}

fn character(it: char) -> Option<char> {
    match it {
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
        _ if it.is_control() || is_unseen(it) => None,
        _ => Some(it),
    }
}

fn is_unseen(it: char) -> bool {
    matches!(it,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' | '\u{feff}' | '\u{fdd0}'..='\u{fdef}')
        || (it as u32 & 0xfffe) == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_types_is_taken_out_and_what_scripts_need_stays() {
        let cases = [
            ("Kohli\u{0}\u{7}\u{1b}[31m", "Kohli[31m"),
            ("safe\u{202e}gpj.exe", "safegpj.exe"),
            ("a\u{2066}b\u{2069}c\u{feff}d\u{ffff}\u{1fffe}", "abcd"),
            ("one\ttwo\r\nthree\u{2028}four", "one two  three four"),
            // é of two code points is one.
            ("Jose\u{301}", "José"),
            // क्‍ष with a joiner, a family, England's flag, a mark of direction.
            ("क्\u{200d}ष", "क्\u{200d}ष"),
            ("👨\u{200d}👩\u{200d}👧", "👨\u{200d}👩\u{200d}👧"),
            (
                "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
                "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            ),
            ("\u{200f}کرکٹ", "\u{200f}کرکٹ"),
        ];
        for (given, expected) in cases {
            assert_eq!(text(given), expected, "{given:?}");
            assert_eq!(text(expected), expected, "cleaning again changes nothing");
        }
    }
}
