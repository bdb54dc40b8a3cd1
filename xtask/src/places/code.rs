//! Which code of ISO 3166 a place of Natural Earth has. Its own codes are of several years; where states have changed since, or are not told
//! apart, a place is a part of its country and no more.

use super::outline::{Point, Ring};
use anyhow::Context;
use serde_json::Value;

/// Countries whose parts are told apart, in the codes of ISO 3166-2 as of 2024. Not among them, since Natural Earth has parts that are no more:
/// Bangladesh (Mymensingh), Nepal (zones), Myanmar (Naypyidaw), Afghanistan, Bhutan.
const WITH_PARTS: [&str; 11] = ["AE", "AU", "CA", "GB", "IN", "LK", "NZ", "PK", "US", "ZA", "ZW"];

/// Natural Earth's code, and the present one.
const RENAMED: [(&str, &str); 8] = [
    ("IN-CT", "IN-CG"),
    ("IN-OR", "IN-OD"),
    ("IN-TG", "IN-TS"),
    ("IN-UT", "IN-UK"),
    // The tribal areas have been a part of Khyber Pakhtunkhwa since 2018.
    ("PK-TA", "PK-KP"),
    ("ZA-GT", "ZA-GP"),
    ("ZA-NL", "ZA-KZN"),
    // A territory of the Commonwealth that ISO does not list.
    ("AU-X02~", "AU"),
];

/// What has a country's code of its own in ISO 3166-1, or none in Natural Earth.
const COUNTRIES: [(&str, &str); 21] = [
    ("FR-GF", "GF"),
    ("FR-GP", "GP"),
    ("FR-MQ", "MQ"),
    ("FR-RE", "RE"),
    ("FR-YT", "YT"),
    ("NO-21", "SJ"),
    ("NO-X01~", "BV"),
    ("NL-BQ1", "BQ"),
    ("NL-BQ2", "BQ"),
    ("NL-BQ3", "BQ"),
    // As ISO 3166-2 lists them.
    ("UA-40", "UA"),
    ("UA-43", "UA"),
    ("-99-X02~", "FR"),
    ("-99-X03~", "AU"),
    ("-99-X04~", "CY"),
    ("-99-X05~", "KZ"),
    ("-99-X06~", "IN-LA"),
    ("-99-X11~", "SO"),
    ("-99-X13~", "CU"),
    ("-99-X14~", "CX"),
    ("-99-X15~", "CC"),
];

/// Nations of the United Kingdom, by Natural Earth's names.
const NATIONS: [(&str, &str); 4] =
    [("England", "GB-ENG"), ("Northern Ireland", "GB-NIR"), ("Scotland", "GB-SCT"), ("Wales", "GB-WLS")];

/// The code of a place; None where ISO has no country for it (the bases on Cyprus, the Spratly Islands).
pub(super) fn of(properties: &Value) -> anyhow::Result<Option<String>> {
    let text = |name: &str| properties[name].as_str().with_context(|| format!("a place without {name}"));
    let (country, own) = (text("iso_a2")?, text("iso_3166_2")?);
    if let Some((_, code)) = COUNTRIES.iter().find(|it| it.0 == own) {
        return Ok(Some((*code).to_owned()));
    }
    if country.len() != 2 || !country.bytes().all(|it| it.is_ascii_uppercase()) {
        return Ok(None);
    }
    if country == "GB" {
        let nation = text("geonunit")?;
        let found = NATIONS.iter().find(|it| it.0 == nation);
        return Ok(Some(found.with_context(|| format!("no nation {nation}"))?.1.to_owned()));
    }
    if !WITH_PARTS.contains(&country) {
        return Ok(Some(country.to_owned()));
    }
    if let Some((_, code)) = RENAMED.iter().find(|it| it.0 == own) {
        return Ok(Some((*code).to_owned()));
    }
    // Provinces of Sri Lanka: the first digit of their districts.
    let own = if country == "LK" { own.get(..4).unwrap_or(own) } else { own };
    let is_code = !own.contains('~') && own.starts_with(country);
    Ok(Some(if is_code { own } else { country }.to_owned()))
}

/// The state that surrounds a part of a union territory of India which is drawn anew; None for all else.
pub(super) fn around(code: &str, polygon: &[Ring]) -> Option<&'static str> {
    let Point { lat, lon } = *polygon.first()?.first()?;
    let (lat, lon) = (lat / 10_000, lon / 10_000);
    match (code, lat, lon) {
        ("IN-CH", ..) => Some("IN-PB"),
        ("IN-DH", ..) => Some("IN-GJ"),
        // Mahé, which Natural Earth has thirty kilometres out at sea.
        ("IN-PY", _, ..=76) => Some("IN-KL"),
        ("IN-PY", 14.., _) => Some("IN-AP"),
        ("IN-PY", ..) => Some("IN-TN"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_place_has_the_code_that_iso_has_for_it_now() {
        for (country, own, nation, code) in [
            ("IN", "IN-TG", "India", Some("IN-TS")),
            ("IN", "IN-KA", "India", Some("IN-KA")),
            ("IN", "IN-X01~", "India", Some("IN")),
            ("-1", "-99-X06~", "Siachen Glacier", Some("IN-LA")),
            ("-1", "-99-X08~", "Spratly Islands", None),
            ("LK", "LK-11", "Sri Lanka", Some("LK-1")),
            ("GB", "GB-CMA", "England", Some("GB-ENG")),
            ("FR", "FR-59", "France", Some("FR")),
            ("FR", "FR-RE", "Reunion", Some("RE")),
            ("RU", "UA-43", "Russia", Some("UA")),
            ("ZA", "ZA-NL", "South Africa", Some("ZA-KZN")),
            ("BD", "BD-C", "Bangladesh", Some("BD")),
        ] {
            let found = of(&json!({"iso_a2": country, "iso_3166_2": own, "geonunit": nation})).unwrap();
            assert_eq!(found.as_deref(), code, "{own}");
        }
        assert!(of(&json!({"iso_a2": "GB", "iso_3166_2": "GB-X", "geonunit": "Mercia"})).is_err());
    }
}
