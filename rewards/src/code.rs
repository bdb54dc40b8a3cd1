//! Codes of vouchers: made at random with a check digit, or imported from whoever honours them.

use std::fmt;

/// Crockford's 32 digits: none is taken for another, and none makes a word.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Digits of a code that is made here, the last of which checks the others: 75 random bits.
pub(crate) const LENGTH: usize = 16;
/// Digits between hyphens.
const GROUP: usize = 4;
/// Characters of a code that is imported.
const IMPORTED_MAX: usize = 64;

/// What a voucher is redeemed by. Whoever knows it has the voucher: it is never in a log.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Code(String);

/// Why a text is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotACode {
    #[error("a code has 1 to {max} characters: letters, digits, hyphens, dots and underscores")]
    Text { max: usize },

    #[error("the code was not typed as it is: its last digit says so")]
    Mistyped,
}

/// The value of a digit as somebody may type it: small or capital, and what looks alike.
fn value(typed: u8) -> Option<u8> {
    let digit = match typed.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    DIGITS.iter().position(|it| *it == digit).map(|it| it as u8)
}

/// As the pure systems of ISO/IEC 7064 do it, with the modulus 31 and the radix 2: one digit that is wrong, and two beside each other
/// that are exchanged, are found, but for those that are 0 and 31, which differ by the modulus.
fn check(values: &[u8]) -> u8 {
    let sum = values.iter().fold(0_u32, |sum, it| (sum + u32::from(*it)) * 2 % 31);
    ((31 + 1 - sum) % 31) as u8
}

impl Code {
    /// A new one of random bytes, of which it takes five bits each.
    pub fn made_of(random: [u8; LENGTH - 1]) -> Self {
        let values = random.map(|it| it % 32);
        let digit = |it: &u8| char::from(DIGITS[usize::from(*it)]);
        Self(values.iter().chain(&[check(&values)]).map(digit).collect())
    }

    /// One that was made here, as somebody types it: hyphens and spaces anywhere, small letters, O for 0, I or L for 1.
    pub fn typed(text: &str) -> Result<Self, NotACode> {
        let typed = text.bytes().filter(|it| !matches!(it, b'-' | b' '));
        let values: Option<Vec<u8>> = typed.take(LENGTH + 1).map(value).collect();
        let values = values.filter(|it| it.len() == LENGTH).ok_or(NotACode::Text { max: LENGTH })?;
        let (last, others) = values.split_last().ok_or(NotACode::Text { max: LENGTH })?;
        if check(others) != *last {
            return Err(NotACode::Mistyped);
        }
        Ok(Self(values.iter().map(|it| char::from(DIGITS[usize::from(*it)])).collect()))
    }

    /// One that somebody else has made: as it is, but for spaces around it.
    pub fn imported(text: &str) -> Result<Self, NotACode> {
        let text = text.trim();
        let is_good = (1..=IMPORTED_MAX).contains(&text.len())
            && text.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.' | b'_'));
        if is_good { Ok(Self(text.to_owned())) } else { Err(NotACode::Text { max: IMPORTED_MAX }) }
    }

    /// One that was kept.
    pub(crate) fn kept(text: String) -> Self {
        Self(text)
    }

    /// What is kept, sealed.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// In groups of four, for people to read and type.
    pub fn shown(&self) -> String {
        let groups: Vec<&str> = match self.0.len() {
            LENGTH => (0..LENGTH).step_by(GROUP).map(|at| &self.0[at..at + GROUP]).collect(),
            _ => vec![&self.0],
        };
        groups.join("-")
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Code(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn digits(code: &Code) -> Vec<u8> {
        code.reveal().bytes().collect()
    }

    fn text(of: &[u8]) -> String {
        of.iter().map(|it| char::from(*it)).collect()
    }

    proptest! {
        #[test]
        fn a_code_is_read_however_it_is_typed(random: [u8; LENGTH - 1]) {
            let code = Code::made_of(random);
            prop_assert_eq!(code.reveal().len(), LENGTH);
            let shown = code.shown();
            let alike = shown.to_lowercase().replace('0', "o").replace('1', "l");
            for typed in [shown.clone(), alike, format!(" {} ", code.reveal()), shown.replace('-', " - ")] {
                prop_assert_eq!(Code::typed(&typed), Ok(code.clone()), "{}", typed);
            }
        }

        #[test]
        fn one_wrong_digit_is_found(random: [u8; LENGTH - 1], at in 0..LENGTH, by in 1_u8..32) {
            let mut typed = digits(&Code::made_of(random));
            let was = value(typed[at]).unwrap();
            let now = (was + by) % 32;
            // The two that differ by the modulus are one to it.
            prop_assume!(was.abs_diff(now) != 31);
            typed[at] = DIGITS[usize::from(now)];
            prop_assert_eq!(Code::typed(&text(&typed)), Err(NotACode::Mistyped));
        }

        #[test]
        fn two_that_are_exchanged_are_found(random: [u8; LENGTH - 1], at in 0..LENGTH - 1) {
            let mut typed = digits(&Code::made_of(random));
            let both = [value(typed[at]).unwrap(), value(typed[at + 1]).unwrap()];
            prop_assume!(!both[0].abs_diff(both[1]).is_multiple_of(31));
            typed.swap(at, at + 1);
            prop_assert_eq!(Code::typed(&text(&typed)), Err(NotACode::Mistyped));
        }

        #[test]
        fn no_text_breaks_it(any in "\\PC{0,80}") {
            let typed = Code::typed(&any).map(|it| it.reveal().len());
            prop_assert!(typed.is_err() || typed == Ok(LENGTH));
            let imported = Code::imported(&any).map(|it| it.reveal().to_owned());
            prop_assert!(imported.is_err() || imported == Ok(any.trim().to_owned()));
        }
    }

    #[test]
    fn a_code_is_in_no_message() {
        let code = Code::made_of([7; LENGTH - 1]);
        assert_eq!(format!("{code:?}"), "Code(…)");
        assert_eq!(code.shown().len(), LENGTH + 3);
    }

    #[test]
    fn what_is_imported_stays_as_it_is() {
        let code = Code::imported(" Summer-2026.x_1 ").unwrap();
        assert_eq!((code.reveal(), code.shown().as_str()), ("Summer-2026.x_1", "Summer-2026.x_1"));
        for bad in ["", "  ", "a b", "=1+1", "a,b", "ü", "a\tb", &"x".repeat(65)] {
            assert_eq!(Code::imported(bad), Err(NotACode::Text { max: 64 }), "{bad:?}");
        }
        for bad in ["", "0123", "0123-4567-89AB-CDEU", &"0".repeat(17)] {
            assert!(Code::typed(bad).is_err(), "{bad:?}");
        }
    }
}
