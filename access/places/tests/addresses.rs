//! Tables of addresses, as their makers write them.

use places::testing::table;
use places::{Code, Countries, CountriesError, Located};
use serde_json::json;

fn located(country: &str, part: Option<&str>, is_proxy: bool) -> Located {
    let code = |text| Code::parse(text).expect("a code");
    Located { country: Some(code(country)), part: part.map(code), is_proxy }
}

#[test]
fn flat_tables_and_those_of_maxmind_say_where_an_address_is() {
    let countries = Countries::read(table(&[
        ("49.36.0.0/16", json!({"country_code": "IN"})),
        ("2405:200::/32", json!({"country_code": "IN"})),
        (
            "103.21.0.0/16",
            json!({
                "country": {"iso_code": "IN", "names": {"en": "India"}},
                "registered_country": {"iso_code": "US"},
                "subdivisions": [{"iso_code": "KA", "names": {"en": "Karnataka"}}],
            }),
        ),
        (
            "81.2.69.0/24",
            json!({"country": {"iso_code": "GB"}, "subdivisions": [{"iso_code": "ENG"}, {"iso_code": "WBK"}]}),
        ),
        ("185.220.101.0/24", json!({"country": {"iso_code": "DE"}, "traits": {"is_anonymous_proxy": true}})),
        ("185.220.102.0/24", json!({"country_code": "DE", "is_tor_exit_node": true})),
        ("1.2.3.0/24", json!({"country_code": "ZZ"})),
        ("1.2.4.0/24", json!({"country_code": 7})),
        ("10.0.0.0/8", json!({"country_code": "IN"})),
    ]))
    .expect("a table");
    let anywhere = Located::default();
    for (address, expected) in [
        ("49.36.1.2", located("IN", None, false)),
        ("::ffff:49.36.1.2", located("IN", None, false)),
        ("2002:3124:0102::1", located("IN", None, false)),
        ("2405:200::1", located("IN", None, false)),
        ("103.21.1.1", located("IN", Some("IN-KA"), false)),
        ("81.2.69.142", located("GB", Some("GB-WBK"), false)),
        ("185.220.101.1", located("DE", None, true)),
        ("185.220.102.1", located("DE", None, true)),
        // No country, no text, nobody, and nobody's business.
        ("1.2.3.4", anywhere),
        ("1.2.4.4", anywhere),
        ("203.0.114.1", anywhere),
        ("10.1.2.3", anywhere),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", anywhere),
    ] {
        assert_eq!(countries.locate(address.parse().expect("an address")), expected, "{address}");
    }
    assert_eq!(countries.made_at(), Some(1_764_547_200));
}

#[test]
fn what_is_no_table_of_countries_is_refused() {
    let whole = table(&[]);
    assert!(Countries::read(whole.clone()).is_ok());
    assert!(matches!(Countries::read(Vec::new()), Err(CountriesError::Format(_))));
    assert!(matches!(Countries::read(whole[..whole.len() - 40].to_vec()), Err(CountriesError::Format(_))));
    // One of networks' numbers, say.
    let mut other = whole;
    let at = other.windows(12).position(|it| it == b"country_code").expect("the field is there");
    other[at..at + 12].copy_from_slice(b"country_none");
    assert!(matches!(Countries::read(other), Err(CountriesError::NoCountries { tried: 3 })));
}
