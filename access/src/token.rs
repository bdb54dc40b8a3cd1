//! Random texts that prove something to whoever stored their hash: a session's cookie, a mailed link.

use sha2::{Digest, Sha256};
use std::fmt;

/// 43 characters of 62 are 256 bits.
const LENGTH: usize = 43;

/// A text that nobody guesses. It is shown once, to who is to have it; kept is its hash.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    pub fn new() -> Self {
        Token(store::ids::random_base62(LENGTH))
    }

    /// One that somebody sent; none when it cannot be one.
    pub fn of(text: &str) -> Option<Self> {
        let is_one = text.len() == LENGTH && text.bytes().all(|it| it.is_ascii_alphanumeric());
        is_one.then(|| Token(text.to_owned()))
    }

    /// The text itself, for the one place that sends it out.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it. Looking it up needs no constant time: who does not know the token cannot steer its hash.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// Another text that only who has this one can know, 128 bits: what a page of a session sends back with its forms.
    pub fn derive(&self, purpose: &str) -> String {
        let hash = Sha256::new()
            .chain_update(purpose.as_bytes())
            .chain_update(b"\0")
            .chain_update(self.0.as_bytes())
            .finalize();
        hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Default for Token {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_nothing_else_is_taken_for_one() {
        let token = Token::new();
        assert_eq!(Token::of(token.reveal()).unwrap().sha256(), token.sha256());
        for text in ["", "short", &"'".repeat(LENGTH), &"a".repeat(LENGTH + 1)] {
            assert!(Token::of(text).is_none(), "{text}");
        }
        assert!(!format!("{token:?}").contains(token.reveal()));
    }

    #[test]
    fn what_is_derived_differs_by_purpose() {
        let token = Token::new();
        assert_eq!(token.derive("form"), token.derive("form"));
        assert_ne!(token.derive("form"), token.derive("else"));
        assert_ne!(token.derive("form"), Token::new().derive("form"));
    }
}
