//! Short texts that this product signs for itself, so that it can believe them later without having kept anything.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use std::fmt;
use std::sync::Arc;
use store::Seal;

/// The most characters of such a text.
const TEXT_MAX: usize = 400;

/// The first byte of every payload; another form of any of them gets another one.
pub(crate) const VERSION: u8 = 1;

/// A text for whoever is to bring it back: a stream ticket, a guest's token. Who has it is believed, so Debug does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedText(String);

impl SignedText {
    /// The text itself, for the one answer that carries it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SignedText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SignedText(…)")
    }
}

/// Why a text is not one that we signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsigned {
    TooLong { found: usize, max: usize },
    Malformed,
    WrongSignature,
}

/// Signs texts of one purpose: `prefix`, the payload, a full stop and an HMAC-SHA256 of the payload, both in base64url. Each purpose has keys of
/// its own, so that no text is taken for one of another purpose. The present secret signs, all of them verify. Clones share the keys.
#[derive(Clone)]
pub(crate) struct Signer {
    prefix: &'static str,
    keys: Arc<[hmac::Key]>,
}

impl Signer {
    pub(crate) fn new(seal: &Seal, purpose: &str, prefix: &'static str) -> Signer {
        let keys = seal.derive(purpose);
        Signer { prefix, keys: keys.iter().map(|key| hmac::Key::new(hmac::HMAC_SHA256, key)).collect() }
    }

    pub(crate) fn sign(&self, payload: &Payload) -> SignedText {
        let first = self.keys.first().expect("a seal has a key");
        let tag = hmac::sign(first, &payload.0);
        let (payload, tag) = (URL_SAFE_NO_PAD.encode(&payload.0), URL_SAFE_NO_PAD.encode(tag));
        let text = format!("{}{payload}.{tag}", self.prefix);
        debug_assert!(text.len() <= TEXT_MAX, "whoever makes a payload bounds its texts");
        SignedText(text)
    }

    /// The payload of a text that was signed here, without its version. Costs about 0.4 µs.
    pub(crate) fn open(&self, text: &str) -> Result<Vec<u8>, Unsigned> {
        if text.len() > TEXT_MAX {
            return Err(Unsigned::TooLong { found: text.len(), max: TEXT_MAX });
        }
        let parts = text.strip_prefix(self.prefix).and_then(|rest| rest.split_once('.'));
        let (payload, tag) = parts.ok_or(Unsigned::Malformed)?;
        let decode = |part| URL_SAFE_NO_PAD.decode(part).map_err(|_| Unsigned::Malformed);
        let (mut payload, tag) = (decode(payload)?, decode(tag)?);
        if payload.first() != Some(&VERSION) {
            return Err(Unsigned::Malformed);
        }
        if !self.keys.iter().any(|key| hmac::verify(key, &payload, &tag).is_ok()) {
            return Err(Unsigned::WrongSignature);
        }
        payload.remove(0);
        Ok(payload)
    }
}

/// What is signed: numbers and texts with their lengths, one after the other.
pub(crate) struct Payload(Vec<u8>);

impl Payload {
    pub(crate) fn new() -> Payload {
        Payload(vec![VERSION])
    }

    pub(crate) fn number(mut self, number: i64) -> Payload {
        self.0.extend(number.to_be_bytes());
        self
    }

    /// At most 255 bytes; none is as one that is empty.
    pub(crate) fn text(mut self, text: Option<&str>) -> Payload {
        let text = text.unwrap_or_default();
        self.0.push(u8::try_from(text.len()).expect("ids are short"));
        self.0.extend(text.as_bytes());
        self
    }
}

/// Reads what a [`Payload`] was made of.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn number(&mut self) -> Option<i64> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(i64::from_be_bytes(*first))
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let (length, rest) = self.0.split_first()?;
        let (text, rest) = rest.split_at_checked(usize::from(*length))?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    /// Something only when nothing is left over.
    pub(crate) fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::changed;
    use proptest::prelude::*;

    fn signer() -> Signer {
        Signer::new(&Seal::new([7; 32], &[]), "tests", "crx_")
    }

    fn payload() -> Payload {
        Payload::new().number(-5).text(Some("mat_é")).text(None)
    }

    #[test]
    fn what_was_signed_is_read_back() {
        let text = signer().sign(&payload());
        let opened = signer().open(text.reveal()).unwrap();
        let mut reader = Reader(&opened);
        assert_eq!(reader.number(), Some(-5));
        assert_eq!((reader.text(), reader.end()), (Some("mat_é"), None), "something is left");
        assert_eq!((reader.text(), reader.end()), (Some(""), Some(())));
        assert_eq!((reader.number(), reader.text()), (None, None));
        assert!(!format!("{text:?}").contains(&text.reveal()[4..]));
    }

    #[test]
    fn an_earlier_secret_verifies_and_another_purpose_or_secret_does_not() {
        let text = signer().sign(&payload());
        let check = |seal: Seal, purpose, expected| {
            let opened = Signer::new(&seal, purpose, "crx_").open(text.reveal());
            assert_eq!(opened.map(|_| ()), expected);
        };
        check(Seal::new([8; 32], &[[7; 32]]), "tests", Ok(()));
        check(Seal::new([8; 32], &[]), "tests", Err(Unsigned::WrongSignature));
        check(Seal::new([7; 32], &[]), "others", Err(Unsigned::WrongSignature));
    }

    #[test]
    fn another_version_or_form_is_refused() {
        let signer = signer();
        let later = signer.sign(&Payload(vec![VERSION + 1, 3]));
        assert_eq!(signer.open(later.reveal()), Err(Unsigned::Malformed));
        let good = signer.sign(&payload()).reveal().to_owned();
        for text in ["", "crx_", "crx_.", "crx_é.é", &good[1..], &good.replace('.', ""), &format!("{good}=")]
        {
            assert_eq!(signer.open(text), Err(Unsigned::Malformed), "{text}");
        }
        let long = format!("{good}{}", "A".repeat(400));
        assert_eq!(signer.open(&long), Err(Unsigned::TooLong { found: long.len(), max: 400 }));
    }

    proptest! {
        #[test]
        fn no_character_can_be_changed_left_out_or_added(
            at in 0..64_usize,
            other in prop::char::range('!', '~'),
        ) {
            let (signer, good) = (signer(), signer().sign(&payload()).reveal().to_owned());
            for changed in changed(&good, at, other) {
                prop_assert!(signer.open(&changed).is_err());
            }
        }

        #[test]
        fn no_text_makes_opening_panic(text in ".{0,60}", tail in "[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,60}") {
            prop_assert!(signer().open(&text).is_err());
            let alike = format!("crx_{tail}");
            prop_assert!(signer().open(&alike).is_err());
        }
    }
}
