//! Languages, by their tags (BCP 47), and which stands in for which.

use crate::error::Error;
use serde::Serialize;
use std::fmt;

/// Subtags are at most so many: language, script, region and one variant.
const SUBTAGS_MAX: usize = 4;

/// A language tag as BCP 47 writes it: "hi", "hi-IN", "zh-Hant-TW".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Language(String);

impl Language {
    /// A tag in any spelling: "HI_in" is "hi-IN". Private use, extensions and what is no tag are refused.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refused = || Error::Language { text: text.chars().take(40).collect() };
        let mut tag = String::new();
        let parts: Vec<&str> = text.split(['-', '_']).collect();
        if parts.len() > SUBTAGS_MAX || !text.is_ascii() {
            return Err(refused());
        }
        // Each kind of subtag may come once, in this order.
        let mut last = 0;
        for (at, part) in parts.iter().enumerate() {
            let lower = part.to_ascii_lowercase();
            let is_letters = lower.bytes().all(|it| it.is_ascii_lowercase());
            let is_word = lower.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
            let is_digits = lower.bytes().all(|it| it.is_ascii_digit());
            let (place, written) = match lower.len() {
                2..=3 if at == 0 && is_letters => (1, lower),
                4 if at > 0 && is_letters => {
                    (2, format!("{}{}", lower[..1].to_ascii_uppercase(), &lower[1..]))
                }
                2 if at > 0 && is_letters => (3, lower.to_ascii_uppercase()),
                3 if at > 0 && is_digits => (3, lower),
                5..=8 if at > 0 && is_word => (4, lower),
                4 if at > 0 && is_word && lower.starts_with(|it: char| it.is_ascii_digit()) => (4, lower),
                _ => return Err(refused()),
            };
            if place <= last {
                return Err(refused());
            }
            last = place;
            if at > 0 {
                tag.push('-');
            }
            tag.push_str(&written);
        }
        Ok(Self(tag))
    }

    /// One that this crate has written.
    pub(crate) fn kept(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Itself and what may be shown in its stead, the nearest first (RFC 4647 §3.4): "zh-Hant-TW", "zh-Hant", "zh".
    pub fn chain(&self) -> Vec<&str> {
        let mut chain = vec![self.as_str()];
        while let Some((shorter, _)) = chain[chain.len() - 1].rsplit_once('-') {
            chain.push(shorter);
        }
        chain
    }
}

impl fmt::Display for Language {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_written_one_way() {
        for (text, expected) in [
            ("en", "en"),
            ("HI_in", "hi-IN"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("sl-rozaj", "sl-rozaj"),
            ("de-1996", "de-1996"),
            ("pa-guru-in", "pa-Guru-IN"),
        ] {
            assert_eq!(Language::parse(text).unwrap().as_str(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for text in [
            "",
            "e",
            "x-klingon",
            "hi-",
            "-hi",
            "hi-IN-IN",
            "hi-IN-Deva",
            "h1",
            "en-u-ca-buddhist",
            "ह",
            "12",
        ] {
            assert!(Language::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_nearest_stands_in_first() {
        assert_eq!(Language::parse("zh-Hant-TW").unwrap().chain(), ["zh-Hant-TW", "zh-Hant", "zh"]);
        assert_eq!(Language::parse("ta").unwrap().chain(), ["ta"]);
    }
}
