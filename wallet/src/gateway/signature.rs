//! HMAC-SHA256 in hexadecimal digits, as both gateways sign: compared in constant time.

use super::secret::Secret;
use ring::hmac;

/// Whether a text is what one of the secrets makes of these parts, one after another. Every secret is tried,
/// so that time tells nothing of which.
pub(super) fn is_signed(secrets: &[Secret], parts: &[&[u8]], signature: &str) -> bool {
    let Some(tag) = bytes(signature) else { return false };
    let message = parts.concat();
    let fits = |secret: &Secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
        hmac::verify(&key, &message, &tag).is_ok()
    };
    secrets.iter().fold(false, |any, secret| fits(secret) | any)
}

/// What a secret makes of these parts: for what signs in tests and in the sandbox.
pub(super) fn sign(secret: &Secret, parts: &[&[u8]]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
    hex(hmac::sign(&key, &parts.concat()).as_ref())
}

/// In lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

/// Both digits of each byte; none where it is something else.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.is_empty() || !digits.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    digits.chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_of_the_secrets_signs_and_nothing_else_does() {
        let (old, new) = (Secret::new("old"), Secret::new("new"));
        let both = [new.clone(), old.clone()];
        let signature = sign(&old, &[b"1.", b"{}"]);
        assert!(is_signed(&both, &[b"1.{}"], &signature));
        assert!(!is_signed(&[new], &[b"1.{}"], &signature));
        assert!(!is_signed(&[], &[b"1.{}"], &signature));
        for text in ["", "0", "zz", "é", &signature[2..], &signature.replace(&signature[..1], "g")] {
            assert!(!is_signed(&both, &[b"1.{}"], text), "{text}");
        }
        // RFC 4231 §4.3, test case 2.
        let known = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(sign(&Secret::new("Jefe"), &[b"what do ya want for nothing?"]), known);
    }
}
