//! What a transfer is about.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Pairs of one transfer, at most.
const PAIRS_MAX: usize = 8;
const NAME_BYTES_MAX: usize = 32;
const TEXT_BYTES_MAX: usize = 200;

/// What a transfer is about, for who reads it later: a few names with a text each, such as `match` with `mat_…`. It is part of the transfer's
/// content, and nothing is decided by it. No place for what a person would not want kept: it stays as long as the books.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata(Option<Arc<BTreeMap<String, String>>>);

/// Why pairs are no metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    #[error("metadata has at most {PAIRS_MAX} pairs")]
    TooMany,

    #[error("a name in metadata has 1 to {NAME_BYTES_MAX} characters of a-z, 0-9 and _, and is there once")]
    Name,

    #[error("a text in metadata has 1 to {TEXT_BYTES_MAX} bytes, none of them a control character")]
    Text,
}

impl Metadata {
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, MetadataError> {
        let mut map = BTreeMap::new();
        for (name, text) in pairs {
            let is_name = (1..=NAME_BYTES_MAX).contains(&name.len())
                && name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_');
            if !is_name {
                return Err(MetadataError::Name);
            }
            if !(1..=TEXT_BYTES_MAX).contains(&text.len()) || text.chars().any(char::is_control) {
                return Err(MetadataError::Text);
            }
            if map.insert(name.to_owned(), text.to_owned()).is_some() {
                return Err(MetadataError::Name);
            }
        }
        match map.len() {
            0 => Ok(Self(None)),
            1..=PAIRS_MAX => Ok(Self(Some(Arc::new(map)))),
            _ => Err(MetadataError::TooMany),
        }
    }

    /// By name.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|it| it.iter().map(|(name, text)| (name.as_str(), text.as_str())))
    }

    /// The text of a name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.as_ref()?.get(name).map(String::as_str)
    }

    /// As rows have it; none where there is nothing.
    pub(crate) fn json(&self) -> Option<String> {
        self.0.as_deref().map(|it| serde_json::to_string(it).expect("texts by name are JSON"))
    }

    /// None where the text is none of ours.
    pub(crate) fn parse(json: Option<&str>) -> Option<Self> {
        let Some(json) = json else { return Some(Self(None)) };
        let map: BTreeMap<String, String> = serde_json::from_str(json).ok()?;
        Self::new(map.iter().map(|(name, text)| (name.as_str(), text.as_str()))).ok()
    }

    /// Adds what there is to the digest of a transfer; nothing where there is nothing.
    pub(crate) fn digest(&self, to: &mut Sha256) {
        for (name, text) in self.pairs() {
            for part in [name, text] {
                to.update((part.len() as u64).to_le_bytes());
                to.update(part);
            }
        }
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_map().entries(self.pairs()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_metadata_is_refused() {
        let long = "x".repeat(201);
        let many: Vec<String> = (0..9).map(|it| format!("name_{it}")).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|it| (it.as_str(), "text")).collect();
        for (pairs, refused) in [
            (vec![("", "text")], MetadataError::Name),
            (vec![("Match", "text")], MetadataError::Name),
            (vec![("match", "one"), ("match", "two")], MetadataError::Name),
            (vec![("match", "")], MetadataError::Text),
            (vec![("match", "a\0b")], MetadataError::Text),
            (vec![("match", long.as_str())], MetadataError::Text),
            (many, MetadataError::TooMany),
        ] {
            assert_eq!(Metadata::new(pairs.clone()), Err(refused), "{pairs:?}");
        }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let some = Metadata::new([("rule", "sixes"), ("match", "mat_7 \"आ\"")]).unwrap();
        assert_eq!(Metadata::parse(some.json().as_deref()), Some(some.clone()));
        assert_eq!((some.text("rule"), some.text("fan")), (Some("sixes"), None));
        assert_eq!(Metadata::parse(None), Some(Metadata::new([]).unwrap()));
        for text in ["[]", "{\"a\":1}", "{\"A\":\"b\"}", "{"] {
            assert_eq!(Metadata::parse(Some(text)), None, "{text}");
        }
    }
}
