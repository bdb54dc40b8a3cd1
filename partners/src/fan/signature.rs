//! The plain HMAC in which a partner's server signs its user's id, for servers without a JWT library.

use super::{FanRefusal, check_times, check_user_id};
use jiff::Timestamp;
use ring::hmac;
use std::fmt;

/// A user's id with its signature, as it came.
#[derive(Clone, Copy)]
pub struct SignedUser<'a> {
    pub user_id: &'a str,
    /// Until when it is good, in seconds since 1970.
    pub expires: i64,
    /// HMAC-SHA256 of `crease.fan.v1`, the user's id and `expires`, each on a line of its own without a last line break: 64 hexadecimal digits in
    /// lower case.
    pub signature: &'a str,
}

impl fmt::Debug for SignedUser<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SignedUser(…)")
    }
}

impl SignedUser<'_> {
    /// The signature's bytes, where the form is right.
    pub(super) fn tag(&self) -> Result<[u8; 32], FanRefusal> {
        // Before anything is hashed: a user's id bounds the work.
        check_user_id(self.user_id)?;
        hex(self.signature)
            .ok_or(FanRefusal::Malformed { what: "a signature is 64 hexadecimal digits in lower case" })
    }

    /// In constant time. The id has no line break, so that no two users have the same text.
    pub(super) fn is_signed_with(&self, key: &hmac::Key, tag: &[u8; 32]) -> bool {
        let text = format!("crease.fan.v1\n{}\n{}", self.user_id, self.expires);
        hmac::verify(key, text.as_bytes(), tag).is_ok()
    }

    pub(super) fn check_times(&self, now: Timestamp) -> Result<(), FanRefusal> {
        check_times(self.expires, None, now)
    }
}

fn hex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes: Option<Vec<u8>> =
        pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    bytes.filter(|_| rest.is_empty())?.try_into().ok()
}
