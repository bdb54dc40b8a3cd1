//! Numbers, countries and refusals as people read them.

/// "12,345".
pub(in crate::partner) fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// "12 % more", "4 % less"; none where there is nothing to compare with.
pub(super) fn change(now: i64, before: i64) -> Option<String> {
    if before <= 0 {
        return None;
    }
    let percent = (now - before) * 100 / before;
    Some(match percent {
        0 => "as many".to_owned(),
        1.. => format!("{} % more", grouped(percent)),
        _ => format!("{} % less", grouped(-percent)),
    })
}

/// A country's flag and its name (ISO 3166-1, the short one in English): "🇮🇳 India". The code stands where there is no such country.
pub(super) fn country(code: &str) -> String {
    let letters: Vec<char> = code.chars().filter_map(indicator).collect();
    let name = rust_iso3166::from_alpha2(code).map_or(code, |it| it.name);
    match (code, letters.as_slice()) {
        ("ZZ", _) => "not known".to_owned(),
        (_, [one, two]) => format!("{one}{two} {name}"),
        _ => code.to_owned(),
    }
}

/// Unicode's regional indicator of a letter.
fn indicator(letter: char) -> Option<char> {
    let at = u32::from(letter).checked_sub(u32::from('A')).filter(|it| *it < 26)?;
    char::from_u32(0x1F1E6 + at)
}

/// What a refusal was, and what to do about it.
pub(super) fn reason(code: &str) -> (&str, &'static str) {
    match code {
        "origin_refused" => {
            ("On a page that is not yours", "A key was shown on an address that its site does not have.")
        }
        "key_expired" => ("With a key that has expired", "Put the new key into the page or program."),
        "key_revoked" => ("With a key that was revoked", "Somebody still uses it: put the new key there."),
        "key_wrong_kind" => {
            ("With a key of the wrong kind", "Pages need a publishable key, feeds and servers a secret one.")
        }
        "key_scope_missing" => {
            ("With a key that may not do that", "Make a secret key with the scope that is needed.")
        }
        "rate_limited" => ("Too many requests", "A program asks too often: it should wait for Retry-After."),
        "streams_full_for_key" => {
            ("Too many streams of a key", "The key has a limit of its own, which you can raise.")
        }
        "streams_full_for_organisation" => ("Too many streams at once", "Your plan can have a higher limit."),
        "quota_exceeded" => ("The month was used up", "Your plan can have a higher quota."),
        code if code.starts_with("fan_") => {
            ("For a user whom nobody signed", "Your server signs its users' ids: see Identity.")
        }
        code if code.starts_with("ticket") => (
            "With a ticket that is over or not ours",
            "Tickets are good for five minutes: make one for each visit.",
        ),
        code => (code, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_threes() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-12_345, "-12,345")]
        {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn a_change_is_told_where_there_is_something_to_compare_with() {
        let check = |now, before, text: Option<&str>| assert_eq!(change(now, before).as_deref(), text);
        check(5, 0, None);
        check(150, 100, Some("50 % more"));
        check(50, 100, Some("50 % less"));
        check(0, 100, Some("100 % less"));
        check(1_001, 1_000, Some("as many"));
    }

    #[test]
    fn a_country_has_its_flag_and_its_name() {
        for (code, text) in [
            ("IN", "🇮🇳 India"),
            ("GB", "🇬🇧 United Kingdom of Great Britain and Northern Ireland"),
            ("CI", "🇨🇮 Côte d'Ivoire"),
            ("QQ", "🇶🇶 QQ"),
            ("ZZ", "not known"),
            ("in", "in"),
        ] {
            assert_eq!(country(code), text);
        }
    }
}
