//! What codes are sealed with, what they are found by, and what links and forms are signed with.

use super::Owner;
use crate::code::Code;
use crate::error::Error;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::hmac;
use store::Seal;

/// The most characters of a text that is signed here.
const SIGNED_MAX: usize = 400;
/// The first byte of what is signed; another form of it gets another one.
const VERSION: u8 = 1;

/// Keys of four purposes, none of which tells anything of another.
pub(super) struct Secrets {
    seal: Seal,
    /// The present key first, as each of these.
    finds: Vec<hmac::Key>,
    links: Vec<hmac::Key>,
    passes: Vec<hmac::Key>,
}

/// What a text is signed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A fan shows it, as a QR code.
    Link,
    /// A form of ours brings it back.
    Pass,
}

impl Secrets {
    pub(super) fn new(seal: &Seal) -> Self {
        let keys =
            |purpose| seal.derive(purpose).iter().map(|it| hmac::Key::new(hmac::HMAC_SHA256, it)).collect();
        Self {
            seal: seal.clone(),
            finds: keys("voucher codes"),
            links: keys("voucher links"),
            passes: keys("voucher passes"),
        }
    }

    /// What a code of these owners is found by: under the present key first, then as it was kept under earlier ones.
    pub(super) fn hashes(&self, owner: &Owner<'_>, code: &Code) -> Vec<Vec<u8>> {
        let organisation = owner.organisation_id.unwrap_or_default();
        let text = [owner.books.word(), organisation, code.reveal()].join("\0");
        self.digests(text.as_bytes())
    }

    /// Keyed hashes of a text, under each key.
    pub(super) fn digests(&self, text: &[u8]) -> Vec<Vec<u8>> {
        self.finds.iter().map(|it| hmac::sign(it, text).as_ref().to_vec()).collect()
    }

    pub(super) fn seal(&self, product: &str, hash: &[u8], code: &Code) -> Vec<u8> {
        self.seal.seal(&place(product, hash), code.reveal().as_bytes())
    }

    pub(super) fn open(&self, product: &str, hash: &[u8], sealed: &[u8]) -> Result<Code, Error> {
        let unreadable = || Error::Unreadable { what: format!("a code of {product}"), column: "sealed" };
        let opened = self.seal.open(&place(product, hash), sealed).map_err(|_| unreadable())?;
        String::from_utf8(opened).map(Code::kept).map_err(|_| unreadable())
    }

    fn keys(&self, purpose: Purpose) -> &[hmac::Key] {
        match purpose {
            Purpose::Link => &self.links,
            Purpose::Pass => &self.passes,
        }
    }

    /// Signs texts, to be believed until then: the payload, a full stop and its HMAC, both in base64url.
    pub(super) fn sign(&self, purpose: Purpose, texts: &[&str], until: Timestamp) -> String {
        let mut payload = vec![VERSION];
        payload.extend(until.as_second().to_be_bytes());
        payload.extend(texts.join("\0").as_bytes());
        let key = self.keys(purpose).first().expect("a seal has a key");
        let tag = hmac::sign(key, &payload);
        format!("{}.{}", URL_SAFE_NO_PAD.encode(&payload), URL_SAFE_NO_PAD.encode(tag))
    }

    /// The texts that were signed here for this, where they are believed still. The signature is compared in constant
    /// time.
    pub(super) fn signed(&self, purpose: Purpose, text: &str, now: Timestamp) -> Option<Vec<String>> {
        let (payload, tag) = Some(text).filter(|it| it.len() <= SIGNED_MAX)?.split_once('.')?;
        let (payload, tag) = (URL_SAFE_NO_PAD.decode(payload).ok()?, URL_SAFE_NO_PAD.decode(tag).ok()?);
        self.keys(purpose).iter().find(|key| hmac::verify(key, &payload, &tag).is_ok())?;
        let (version, rest) = payload.split_first()?;
        let (until, texts) = rest.split_first_chunk()?;
        let is_good = *version == VERSION && now.as_second() < i64::from_be_bytes(*until);
        let texts = std::str::from_utf8(texts).ok().filter(|_| is_good)?;
        Some(texts.split('\0').map(str::to_owned).collect())
    }
}

/// Where a code is sealed for: a hash is of one row.
fn place(product: &str, hash: &[u8]) -> String {
    let digits: String = hash.iter().map(|it| format!("{it:02x}")).collect();
    format!("voucher code/{product}/{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::seal::random;
    use wallet::Books;

    #[test]
    fn what_was_signed_is_believed_for_its_purpose_until_it_is_over() {
        let secrets = Secrets::new(&Seal::random());
        let now = Timestamp::from_second(1_000).unwrap();
        let until = Timestamp::from_second(1_060).unwrap();
        let text = secrets.sign(Purpose::Link, &["vch_1", "org_1"], until);
        let read =
            |text: &str, at: i64| secrets.signed(Purpose::Link, text, Timestamp::from_second(at).unwrap());
        assert_eq!(read(&text, 1_059), Some(vec!["vch_1".to_owned(), "org_1".to_owned()]));
        assert_eq!(read(&text, 1_060), None);
        assert_eq!(secrets.signed(Purpose::Pass, &text, now), None);
        assert_eq!(Secrets::new(&Seal::random()).signed(Purpose::Link, &text, now), None);
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The last digit of base64 has bits that nothing is in, which must be zero.
            assert_eq!(read(&changed, 1_000), None, "{at}");
        }
        for bad in ["", ".", "a.b", &"x".repeat(500)] {
            assert_eq!(read(bad, 1_000), None, "{bad}");
        }
    }

    #[test]
    fn a_code_is_found_and_opened_under_an_earlier_key_and_by_its_owner_alone() {
        let (old, new) = (random(), random());
        let before = Secrets::new(&Seal::new(old, &[]));
        let after = Secrets::new(&Seal::new(new, &[old]));
        let of = |organisation_id| Owner { books: Books::Live, organisation_id };
        let code = Code::imported("SUMMER-1").unwrap();
        let hash = before.hashes(&of(Some("org_1")), &code).remove(0);
        assert!(after.hashes(&of(Some("org_1")), &code).contains(&hash));
        for other in [of(Some("org_2")), of(None), Owner { books: Books::Test, ..of(Some("org_1")) }] {
            assert!(!after.hashes(&other, &code).contains(&hash), "{other:?}");
        }
        let sealed = before.seal("prd_1", &hash, &code);
        assert_eq!(after.open("prd_1", &hash, &sealed).unwrap(), code);
        assert!(after.open("prd_2", &hash, &sealed).is_err());
    }
}
