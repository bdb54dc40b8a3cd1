//! Countries and their parts, as ISO 3166 calls them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A country ("IN", ISO 3166-1) or a part of one ("IN-KA", ISO 3166-2) that there is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Code {
    letters: [u8; Code::LENGTH_MAX],
    length: u8,
}

/// Why a text is no code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    #[error("{text:?} is no code of ISO 3166; a country is like \"IN\", a part of one like \"IN-KA\"")]
    Unknown { text: String },

    #[error("{was} has been {is} since ISO 3166-2 was changed")]
    Former { was: String, is: &'static str },
}

/// What many still write.
const FORMER: [(&str, &str); 9] = [
    ("IN-CT", "IN-CG"),
    ("IN-DD", "IN-DH"),
    ("IN-DN", "IN-DH"),
    ("IN-OR", "IN-OD"),
    ("IN-TG", "IN-TS"),
    ("IN-UT", "IN-UK"),
    ("PK-TA", "PK-KP"),
    ("ZA-GT", "ZA-GP"),
    ("ZA-NL", "ZA-KZN"),
];
/// Kosovo: kept by ISO for whoever needs a code for it, and used by tables of addresses.
const KOSOVO: &str = "XK";

impl Code {
    pub const LENGTH_MAX: usize = 6;

    pub fn parse(text: &str) -> Result<Self, CodeError> {
        if let Some((was, is)) = FORMER.iter().find(|it| it.0 == text) {
            return Err(CodeError::Former { was: (*was).to_owned(), is });
        }
        let is_known = match text.len() {
            2 => rust_iso3166::from_alpha2(text).is_some() || text == KOSOVO,
            4..=Self::LENGTH_MAX => rust_iso3166::iso3166_2::from_code(text).is_some(),
            _ => false,
        };
        if !is_known {
            return Err(CodeError::Unknown { text: text.chars().take(20).collect() });
        }
        let mut letters = [0; Self::LENGTH_MAX];
        letters[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { letters, length: text.len() as u8 })
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.letters[..usize::from(self.length)]).expect("codes are ASCII")
    }

    /// "IN" of "IN-KA".
    pub fn country(&self) -> Self {
        let mut letters = [0; Self::LENGTH_MAX];
        letters[..2].copy_from_slice(&self.letters[..2]);
        Self { letters, length: 2 }
    }

    pub fn is_country(&self) -> bool {
        self.length == 2
    }

    /// Whether all of the other lies in this one: "IN" holds "IN-KA" and itself.
    pub fn holds(&self, other: Self) -> bool {
        *self == other || (self.is_country() && other.country() == *self)
    }

    /// As people know it: "Karnataka", where ISO 3166-2 writes "Karnātaka".
    pub fn name(&self) -> String {
        let text = self.as_str();
        let name = match self.is_country() {
            true => rust_iso3166::from_alpha2(text).map_or("Kosovo", |it| it.name),
            false => rust_iso3166::iso3166_2::from_code(text).map_or(text, |it| it.name),
        };
        let plain = |letter| match letter {
            'ā' => 'a',
            'ī' => 'i',
            'ū' => 'u',
            other => other,
        };
        name.chars().map(plain).collect()
    }
}

impl TryFrom<String> for Code {
    type Error = CodeError;

    fn try_from(text: String) -> Result<Self, CodeError> {
        Self::parse(&text)
    }
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.as_str().to_owned()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_one_that_iso_has_now() {
        for text in ["IN", "IN-KA", "IN-TS", "GB-ENG", "LK-1", "XK", "US-CA"] {
            assert_eq!(Code::parse(text).map(|it| it.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "in", "IN-", "IN-ka", "ZZ", "IN-ZZ", "India", "IN-KA-1", "I\0", "é"] {
            let error = Code::parse(text).unwrap_err();
            assert!(matches!(error, CodeError::Unknown { .. }), "{text}: {error}");
        }
        let former = Code::parse("IN-TG").unwrap_err();
        assert_eq!(former, CodeError::Former { was: "IN-TG".to_owned(), is: "IN-TS" });
        for (_, is) in FORMER {
            assert!(Code::parse(is).is_ok(), "{is}");
        }
    }

    #[test]
    fn a_country_holds_its_parts_and_a_part_nothing_but_itself() {
        let code = |text| Code::parse(text).unwrap();
        assert!(code("IN").holds(code("IN-KA")) && code("IN-KA").holds(code("IN-KA")));
        assert!(!code("IN-KA").holds(code("IN")) && !code("IN").holds(code("PK")));
        for (text, name) in
            [("IN-KA", "Karnataka"), ("NZ", "New Zealand"), ("CA-QC", "Quebec"), ("XK", "Kosovo")]
        {
            assert_eq!(code(text).name(), name);
        }
    }

    #[test]
    fn a_code_is_written_as_text_and_read_with_care() {
        let code: Code = serde_json::from_str("\"IN-MH\"").unwrap();
        assert_eq!(serde_json::to_string(&code).unwrap(), "\"IN-MH\"");
        assert!(serde_json::from_str::<Code>("\"IN-XX\"").is_err());
    }
}
