//! Names of accounts and transfers.

use sha2::{Digest, Sha256};
use std::fmt;
use uuid::Uuid;

/// Chains of batches; an account's id says on which it is. A power of two, and never changed.
pub(crate) const CHAINS: u8 = 16;

/// In ASCII order, as all ids have them.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The least number of base62 digits that hold 128 bits.
const DIGITS: usize = 22;

fn written(prefix: &str, number: u128, to: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (mut number, mut digits) = (number, [0; DIGITS]);
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(number % 62) as usize];
        number /= 62;
    }
    write!(to, "{prefix}_{}", std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
}

fn read(prefix: &str, text: &str) -> Option<u128> {
    let digits = text.strip_prefix(prefix)?.strip_prefix('_').filter(|it| it.len() == DIGITS)?;
    digits.bytes().try_fold(0_u128, |number, digit| {
        let value = ALPHABET.iter().position(|it| *it == digit)?;
        number.checked_mul(62)?.checked_add(value as u128)
    })
}

/// An account: `acc_` and 22 base62 digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u128);

/// A transfer: `trf_` and 22 base62 digits. Whoever asks for it makes the id, and asks again under the same one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId(u128);

/// A payment through a gateway: `pay_` and 22 base62 digits. Whoever asks for it makes the id, and asks again under the same one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentId(u128);

/// A refund of a payment: `rfd_` and 22 base62 digits, made by whoever asks for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefundId(u128);

/// A payout to a partner: `pot_` and 22 base62 digits, made by whoever asks for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayoutId(u128);

macro_rules! id {
    ($name:ident $prefix:literal) => {
        impl $name {
            pub const fn of_number(number: u128) -> Self {
                Self(number)
            }

            pub const fn number(self) -> u128 {
                self.0
            }

            pub(crate) fn of_uuid(uuid: Uuid) -> Self {
                Self(uuid.as_u128())
            }

            /// As rows have it.
            pub(crate) fn uuid(self) -> Uuid {
                Uuid::from_u128(self.0)
            }

            /// None where the text is no such id.
            pub fn parse(text: &str) -> Option<Self> {
                read($prefix, text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                written($prefix, self.0, to)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, to)
            }
        }
    };
}

id!(AccountId "acc");
id!(TransferId "trf");
id!(PaymentId "pay");
id!(RefundId "rfd");
id!(PayoutId "pot");

impl AccountId {
    /// A new one on a chain: a UUIDv7 whose last four bits are the chain's number.
    pub(crate) fn new_on(chain: u8) -> Self {
        let last = u128::from(CHAINS - 1);
        Self(Uuid::now_v7().as_u128() & !last | u128::from(chain) & last)
    }

    pub(crate) const fn chain(self) -> u8 {
        (self.0 % CHAINS as u128) as u8
    }
}

/// Half of the SHA-256 of what kind of thing it is and of the texts from which it follows.
fn follows(of: &str, texts: &[&str]) -> u128 {
    let mut hash = Sha256::new();
    for text in [of].iter().chain(texts) {
        // With its length, so that no two lists of texts are the same bytes.
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    let bytes: [u8; 32] = hash.finalize().into();
    let mut half = [0; 16];
    half.copy_from_slice(&bytes[..16]);
    u128::from_be_bytes(half)
}

macro_rules! asked_for {
    ($($name:ident)*) => {$(
        impl $name {
            /// A new one, of who will keep it to ask again.
            pub fn fresh() -> Self {
                Self(Uuid::now_v7().as_u128())
            }

            /// The id of what follows from these texts: the same each time that it is asked for. `of` says what kind of thing it is.
            pub fn following_from(of: &str, texts: &[&str]) -> Self {
                Self(follows(of, texts))
            }
        }
    )*};
}

asked_for!(TransferId PaymentId RefundId PayoutId);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_is_read_as_it_was_written(number: u128) {
            let id = TransferId::of_number(number);
            prop_assert_eq!(TransferId::parse(&id.to_string()), Some(id));
            prop_assert_eq!(AccountId::parse(&id.to_string()), None);
            prop_assert_eq!(PaymentId::parse(&PaymentId::of_number(number).to_string()), Some(PaymentId(number)));
        }
    }

    #[test]
    fn what_follows_from_the_same_is_the_same_and_from_other_texts_another() {
        let of = |texts: &[&str]| TransferId::following_from("grant", texts);
        assert_eq!(of(&["a", "bc"]), of(&["a", "bc"]));
        let others = [
            of(&["ab", "c"]),
            of(&["abc"]),
            of(&["a", "bc", ""]),
            TransferId::following_from("fill", &["a", "bc"]),
        ];
        assert!(!others.contains(&of(&["a", "bc"])), "{others:?}");
    }

    #[test]
    fn what_is_no_id_is_not_read() {
        let good = TransferId::of_number(u128::MAX).to_string();
        assert_eq!(good, "trf_7n42DGM5Tflk9n8mt7Fhc7");
        for text in [
            "",
            "trf_",
            "trf_7n42DGM5Tflk9n8mt7Fhc8",
            "trf_7n42DGM5Tflk9n8mt7Fhc",
            "trf-7n42DGM5Tflk9n8mt7Fhc7",
            "trf_7n42DGM5Tflk9n8mt7Fh_7",
        ] {
            assert_eq!(TransferId::parse(text), None, "{text}");
        }
    }
}
