//! Names for things: `mat_` and 22 base62 characters.

use rand::TryRngCore;
use rand::rngs::OsRng;
use uuid::Uuid;

/// In ASCII order, so that texts of one length sort as the numbers they stand for.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The least number of base62 digits that hold 128 bits.
const DIGITS: usize = 22;

/// A new id: `prefix`, an underscore, and a UUIDv7 (RFC 9562 §5.7) as 22 base62 digits. Ids of one prefix that one
/// process makes sort in the order of their making, those of several processes by millisecond (bytewise: SQL needs
/// `collate "C"` where the database has another collation).
pub fn new(prefix: &str) -> String {
    debug_assert!(is_prefix(prefix), "{prefix:?} is no prefix");
    let mut number = Uuid::now_v7().as_u128();
    let mut digits = [0; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(number % 62) as usize];
        number /= 62;
    }
    let digits = std::str::from_utf8(&digits).expect("base62 digits are ASCII");
    format!("{prefix}_{digits}")
}

/// Whether `text` is an id of that prefix, as [`new`] makes them. Says nothing about the thing's existence.
pub fn is_valid(prefix: &str, text: &str) -> bool {
    let Some(digits) = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')) else {
        return false;
    };
    digits.len() == DIGITS && number(digits).is_some()
}

/// `length` characters of `0-9A-Za-z` from the operating system's randomness; 5.95 bits each.
pub fn random_base62(length: usize) -> String {
    // Bytes of 248 and above are drawn again: 248 = 4 × 62, so no character is likelier than another.
    let mut text = String::with_capacity(length);
    let mut bytes = [0; 64];
    while text.len() < length {
        OsRng.try_fill_bytes(&mut bytes).expect("the operating system gives random bytes");
        let fair = bytes.iter().filter(|byte| **byte < 248);
        let wanted = length - text.len();
        text.extend(fair.map(|byte| char::from(ALPHABET[usize::from(byte % 62)])).take(wanted));
    }
    text
}

/// The number that base62 digits stand for; none if a character is not a digit or it exceeds 128 bits.
fn number(digits: &str) -> Option<u128> {
    digits.bytes().try_fold(0_u128, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'A'..=b'Z' => digit - b'A' + 10,
            b'a'..=b'z' => digit - b'a' + 36,
            _ => return None,
        };
        number.checked_mul(62)?.checked_add(u128::from(value))
    })
}

fn is_prefix(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_short_unique_and_sort_in_the_order_of_their_making() {
        let ids: Vec<String> = (0..2000).map(|_| new("mat")).collect();
        assert!(ids.iter().all(|id| id.len() == "mat_".len() + 22 && is_valid("mat", id)));
        assert!(ids.is_sorted());
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    }

    #[test]
    fn an_id_keeps_all_of_its_uuid() {
        let id = new("key");
        let uuid = Uuid::from_u128(number(&id["key_".len()..]).unwrap());
        assert_eq!(uuid.get_version_num(), 7);
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let good = new("mat");
        for (text, why) in [
            ("", "empty"),
            ("mat_", "no digits"),
            (&good[1..], "another prefix"),
            (&good[..good.len() - 1], "too short"),
            (&format!("{good}0"), "too long"),
            (&good.replace("mat_", "mat-"), "no underscore"),
            ("mat_!!!!!!!!!!!!!!!!!!!!!!", "not base62"),
            ("mat_zzzzzzzzzzzzzzzzzzzzzz", "beyond 128 bits"),
        ] {
            assert!(!is_valid("mat", text), "{why}: {text}");
        }
    }

    #[test]
    fn random_text_has_the_length_asked_for_and_uses_the_whole_alphabet() {
        for length in [0, 1, 30, 100] {
            assert_eq!(random_base62(length).len(), length);
        }
        let seen: HashSet<char> = random_base62(20_000).chars().collect();
        assert_eq!(seen.len(), 62);
    }
}
