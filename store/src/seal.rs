//! Values that are secret at rest, though we must read them again: a webhook's secret, a second factor's, a mail that waits to be sent.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;

/// Seals and opens with AES-256-GCM under a random nonce of 96 bits, of which one key makes 2³² before two of them are likelier than 2⁻³³ to
/// be equal (NIST SP 800-38D §8.3). Clones share the keys.
///
/// A sealed value is 4 bytes that name the key, the nonce, the encrypted bytes and a tag of 16 bytes: 32 more than it holds. It is bound to its
/// `place`, such as `webhook/whk_…/secret`, so that what is copied to another row does not open.
#[derive(Clone)]
pub struct Seal {
    keys: Arc<[Named]>,
}

struct Named {
    name: [u8; NAME_BYTES],
    key: LessSafeKey,
    secret: [u8; SECRET_BYTES],
}

/// How long a secret is.
pub const SECRET_BYTES: usize = 32;
const NAME_BYTES: usize = 4;

/// Why a value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("this was sealed with a key that is not among secrets.key and secrets.earlier_keys")]
    UnknownKey,
    #[error("this was not sealed for this place, or was changed since")]
    Broken,
}

impl Seal {
    /// Seals with `secret`; opens what was sealed with it or with one of the earlier ones.
    pub fn new(secret: [u8; SECRET_BYTES], earlier: &[[u8; SECRET_BYTES]]) -> Self {
        Self { keys: std::iter::once(&secret).chain(earlier).map(named).collect() }
    }

    /// With a secret of the moment: for tests, and for what need not outlive the process.
    pub fn random() -> Self {
        Self::new(random(), &[])
    }

    /// Names the secrets, the one that seals first, without telling anything of them: 8 hexadecimal digits each.
    pub fn names(&self) -> Vec<String> {
        self.keys.iter().map(|it| it.name.iter().map(|byte| format!("{byte:02x}")).collect()).collect()
    }

    pub fn seal(&self, place: &str, value: &[u8]) -> Vec<u8> {
        let first = self.keys.first().expect("a seal has a key");
        let nonce: [u8; NONCE_LEN] = random();
        let mut sealed = value.to_vec();
        first
            .key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.as_bytes()),
                &mut sealed,
            )
            .expect("a value is shorter than the 64 GB that AES-GCM takes");
        [&first.name[..], &nonce, &sealed].concat()
    }

    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (name, rest) = sealed.split_first_chunk::<NAME_BYTES>().ok_or(SealError::Broken)?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Broken)?;
        let named = self.keys.iter().find(|it| it.name == *name).ok_or(SealError::UnknownKey)?;
        let mut value = rest.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = named
            .key
            .open_in_place(nonce, Aad::from(place.as_bytes()), &mut value)
            .map_err(|_| SealError::Broken)?
            .len();
        value.truncate(length);
        Ok(value)
    }

    /// Keys for another purpose, such as signing, that tell nothing about these: of the present secret first, then of the earlier ones.
    pub fn derive(&self, purpose: &str) -> Vec<[u8; SECRET_BYTES]> {
        let derived = |it: &Named| {
            let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &it.secret);
            let tag = ring::hmac::sign(&key, purpose.as_bytes());
            tag.as_ref().try_into().expect("SHA-256 has 32 bytes")
        };
        self.keys.iter().map(derived).collect()
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Seal").field(&self.names()).finish()
    }
}

fn named(secret: &[u8; SECRET_BYTES]) -> Named {
    let digest = Sha256::new().chain_update(b"crease secret's name\0").chain_update(secret).finalize();
    let name = *digest.first_chunk().expect("SHA-256 has more than four bytes");
    let key = UnboundKey::new(&AES_256_GCM, secret).expect("an AES-256 key has 32 bytes");
    Named { name, key: LessSafeKey::new(key), secret: *secret }
}

/// Bytes from the operating system's randomness.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_in_its_place_alone() {
        let seal = Seal::random();
        let sealed = seal.seal("a/1", b"secret");
        assert_eq!(seal.open("a/1", &sealed).unwrap(), b"secret");
        assert_eq!(seal.open("a/2", &sealed), Err(SealError::Broken));
        assert_eq!(sealed.len(), b"secret".len() + 32);
        assert_ne!(seal.seal("a/1", b"secret"), sealed, "no two seals are alike");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(seal.open("a/1", &changed).is_err(), "byte {at}");
        }
        for length in 0..sealed.len() {
            assert!(seal.open("a/1", &sealed[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn an_earlier_secret_opens_and_the_present_one_seals() {
        let (old, new) = (random(), random());
        let before = Seal::new(old, &[]);
        let after = Seal::new(new, &[old]);
        let sealed = before.seal("p", b"v");
        assert_eq!(after.open("p", &sealed).unwrap(), b"v");
        assert_eq!(before.open("p", &after.seal("p", b"v")), Err(SealError::UnknownKey));
        assert_eq!(after.names()[1..], before.names()[..]);
    }

    #[test]
    fn derived_keys_differ_by_purpose_and_follow_the_secret() {
        let secret = random();
        let (one, same) = (Seal::new(secret, &[]), Seal::new(secret, &[]));
        assert_eq!(one.derive("tickets"), same.derive("tickets"));
        assert_ne!(one.derive("tickets"), one.derive("forms"));
        assert_ne!(one.derive("tickets")[0], secret);
    }

    #[test]
    fn nothing_secret_is_shown() {
        let seal = Seal::new([7; 32], &[]);
        assert!(!format!("{seal:?}").contains("07070707"), "{seal:?}");
        assert_eq!(seal.names()[0].len(), 8);
    }
}
