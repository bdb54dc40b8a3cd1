//! Where streams are opened from.

/// ISO 3166-1: two capital letters. Those that no state will ever have stand for what is not known (`ZZ`).
pub(super) type Country = [u8; 2];

const UNKNOWN: Country = *b"ZZ";

/// What a proxy said, if that can be a country: there are 676 at most. `XX` is what some say when they do not know.
pub(super) fn country(said: Option<[u8; 2]>) -> Country {
    match said.map(|it| it.map(|letter| letter.to_ascii_uppercase())) {
        Some([b'X', b'X']) | None => UNKNOWN,
        Some(letters) if letters.iter().all(u8::is_ascii_uppercase) => letters,
        Some(_) => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_country_is_unknown() {
        for (said, expected) in [
            (Some(*b"IN"), *b"IN"),
            (Some(*b"gb"), *b"GB"),
            (Some(*b"XX"), UNKNOWN),
            (Some(*b"T1"), UNKNOWN),
            (Some([0, 255]), UNKNOWN),
            (None, UNKNOWN),
        ] {
            assert_eq!(country(said), expected, "{said:?}");
        }
    }
}
