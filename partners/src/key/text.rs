//! The text of a key.

use sha2::{Digest, Sha256};
use std::fmt;
use store::ids;

/// Characters after the words at the front: 178 bits of the operating system's randomness.
const RANDOM_CHARS: usize = 30;
/// Base62 digits that hold a CRC32 (62⁶ > 2³²), most significant first.
pub(crate) const CHECKSUM_CHARS: usize = 6;
/// `crs_pk_live_` and four random characters.
const PREFIX_CHARS: usize = 16;
/// `crs_pk_live_` + random + checksum.
const KEY_CHARS: usize = "crs_pk_live_".len() + RANDOM_CHARS + CHECKSUM_CHARS;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Who may see a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `pk`: goes into pages, is bound to origins, only reads.
    Publishable,
    /// `sk`: stays on servers.
    Secret,
}

impl Kind {
    /// The word in a key's text.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Publishable => "pk",
            Kind::Secret => "sk",
        }
    }

    pub(crate) fn of_word(word: &str) -> Option<Kind> {
        [Kind::Publishable, Kind::Secret].into_iter().find(|kind| kind.word() == word)
    }
}

/// Which matches a key sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    Live,
    /// The sandbox match alone.
    Test,
}

impl Mode {
    /// The word in a key's text.
    pub const fn word(self) -> &'static str {
        match self {
            Mode::Live => "live",
            Mode::Test => "test",
        }
    }

    pub(crate) fn of_word(word: &str) -> Option<Mode> {
        [Mode::Live, Mode::Test].into_iter().find(|mode| mode.word() == word)
    }
}

/// A well-formed key: `crs_{pk|sk}_{live|test}_`, 30 random base62 characters, and 6 base62 digits of the CRC32 over all
/// that precedes. Debug and Display show its [`prefix`](Key::prefix) only.
///
/// The checksum is no protection against guessing; it finds typing errors and invented keys without a look-up, and lets
/// secret scanners be sure of a find.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// Invariant: [`KEY_CHARS`] ASCII characters.
    text: String,
    kind: Kind,
    mode: Mode,
}

/// Why a text is no key. It never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("a key has {KEY_CHARS} characters, this text has {found}")]
    Length { found: usize },
    #[error("a key begins with crs_pk_live_, crs_pk_test_, crs_sk_live_ or crs_sk_test_")]
    Prefix,
    #[error("a key has only letters and digits after its prefix")]
    Character,
    #[error("the key's checksum is wrong: a character was changed in copying, or it was never a key")]
    Checksum,
}

impl Key {
    /// A new key from the operating system's randomness.
    pub fn generate(kind: Kind, mode: Mode) -> Key {
        let random = ids::random_base62(RANDOM_CHARS);
        let mut text = format!("crs_{}_{}_{random}", kind.word(), mode.word());
        let digits = checksum(&text).map(char::from);
        text.extend(digits);
        Key { text, kind, mode }
    }

    /// The key that follows from a secret, for what several processes must have without telling each other. Its 30 characters are as good as
    /// random to who does not know the secret.
    pub fn derived(kind: Kind, mode: Mode, secret: &[u8; 32]) -> Key {
        let mut body = format!("crs_{}_{}_", kind.word(), mode.word());
        // Each block of SHA-256 gives some 31 characters; two are more than enough.
        let blocks = (0_u8..).flat_map(|at| Sha256::new().chain_update(secret).chain_update([at]).finalize());
        let digits = blocks.filter(|byte| *byte < 248).map(|byte| char::from(BASE62[usize::from(byte % 62)]));
        body.extend(digits.take(RANDOM_CHARS));
        let check = checksum(&body).map(char::from);
        body.extend(check);
        Key { text: body, kind, mode }
    }

    /// Reads a key, without I/O and (but for a good one) without an allocation.
    pub fn parse(text: &str) -> Result<Key, KeyError> {
        if text.len() != KEY_CHARS {
            return Err(KeyError::Length { found: text.chars().count() });
        }
        if !text.is_ascii() {
            return Err(KeyError::Character);
        }
        let (kind, mode, rest) = words(text).ok_or(KeyError::Prefix)?;
        if !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(KeyError::Character);
        }
        let (body, digits) = text.split_at(KEY_CHARS - CHECKSUM_CHARS);
        if checksum(body) != digits.as_bytes() {
            return Err(KeyError::Checksum);
        }
        Ok(Key { text: text.to_owned(), kind, mode })
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The whole key, to be shown once to whom it was issued. Never log it.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// What is stored instead of the key. A plain hash is enough for 178 random bits; slow hashes are for passwords.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.text).into()
    }

    /// The first 16 characters, which tell a person's keys apart and leave 154 bits unknown.
    pub fn prefix(&self) -> &str {
        &self.text[..PREFIX_CHARS]
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", self.prefix())
    }
}

/// The two words of an ASCII text's `crs_{pk|sk}_{live|test}_`, and what follows.
fn words(text: &str) -> Option<(Kind, Mode, &str)> {
    let (kind, rest) = text.strip_prefix("crs_")?.split_once('_')?;
    let (mode, rest) = rest.split_once('_')?;
    Some((Kind::of_word(kind)?, Mode::of_word(mode)?, rest))
}

pub(crate) fn checksum(body: &str) -> [u8; CHECKSUM_CHARS] {
    base62(crc32fast::hash(body.as_bytes()).into())
}

/// The last digits of a number in base62, most significant first.
pub(crate) fn base62<const DIGITS: usize>(mut number: u128) -> [u8; DIGITS] {
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(number % 62) as usize];
        number /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KINDS: [Kind; 2] = [Kind::Publishable, Kind::Secret];
    const MODES: [Mode; 2] = [Mode::Live, Mode::Test];

    /// With its checksum computed by Python's zlib.crc32.
    const KNOWN: &str = "crs_pk_live_00000000000000000000000000000003br5j";

    #[test]
    fn a_generated_key_is_read_back_as_itself() {
        for kind in KINDS {
            for mode in MODES {
                let key = Key::generate(kind, mode);
                assert!(key.reveal().starts_with(&format!("crs_{}_{}_", kind.word(), mode.word())));
                assert_eq!(Key::parse(key.reveal()), Ok(key));
            }
        }
    }

    #[test]
    fn the_checksum_is_what_others_compute() {
        let key = Key::parse(KNOWN).expect("a key made elsewhere");
        assert_eq!((key.kind(), key.mode()), (Kind::Publishable, Mode::Live));
    }

    #[test]
    fn what_is_no_key_is_refused_and_says_why() {
        let check = |text: &str, expected: KeyError| assert_eq!(Key::parse(text), Err(expected), "{text}");
        check("", KeyError::Length { found: 0 });
        check(&KNOWN[1..], KeyError::Length { found: KEY_CHARS - 1 });
        check(&format!("{KNOWN}0"), KeyError::Length { found: KEY_CHARS + 1 });
        check(&KNOWN.replace("crs", "csr"), KeyError::Prefix);
        check(&KNOWN.replace("pk", "qk"), KeyError::Prefix);
        check(&KNOWN.replace("live", "dead"), KeyError::Prefix);
        check(&KNOWN.replace("live_0", "live_-"), KeyError::Character);
        check(&KNOWN.replace("live_00", "live_é"), KeyError::Character);
        check(&KNOWN.replace("pk", "sk"), KeyError::Checksum);
    }

    #[test]
    fn a_key_is_never_shown_whole_by_accident() {
        let key = Key::generate(Kind::Secret, Mode::Live);
        for shown in [format!("{key}"), format!("{key:?}"), format!("{key:#?}")] {
            assert!(shown.contains(key.prefix()) && !shown.contains(&key.reveal()[..20]), "{shown}");
        }
        assert_eq!(key.prefix().len(), PREFIX_CHARS);
    }

    proptest! {
        #[test]
        fn no_single_character_can_be_changed(
            kind in prop::sample::select(&KINDS[..]),
            mode in prop::sample::select(&MODES[..]),
            at in 0..KEY_CHARS,
            other in prop::char::range(' ', '~'),
        ) {
            let key = Key::generate(kind, mode);
            let mut characters: Vec<char> = key.reveal().chars().collect();
            prop_assume!(characters[at] != other);
            characters[at] = other;
            let changed: String = characters.into_iter().collect();
            prop_assert!(Key::parse(&changed).is_err());
        }

        #[test]
        fn no_text_makes_parsing_panic(text in ".{0,60}", tail in "[ -~é_]{36}") {
            prop_assert!(Key::parse(&text).is_err());
            let like_a_key = format!("crs_pk_live_{tail}");
            prop_assert!(Key::parse(&like_a_key).is_err());
        }
    }
}
