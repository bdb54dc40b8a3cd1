//! The reader against RFC 8259, and against serde_json where both understand a text.

use proptest::prelude::*;
use wire::{Json, Malformed, Position, Reader, Snapshot, Update, decode};

fn check<T: Json + PartialEq + std::fmt::Debug>(text: &str, expected: Option<T>) {
    assert_eq!(decode::<T>(text).ok(), expected, "{text}");
}

#[test]
fn strings_are_read_with_every_escape() {
    for (text, expected) in [
        (r#""""#, ""),
        (r#""plain é 日本 🏏""#, "plain é 日本 🏏"),
        (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r#""\u0041\u00e9\u65e5""#, "Aé日"),
        (r#""\uD83C\uDFCF\ud83c\udfcf""#, "🏏🏏"),
        (r#""\u0000\uffff""#, "\u{0}\u{ffff}"),
        ("\"\u{7f}\u{2028}\"", "\u{7f}\u{2028}"),
        (" \t\r\n\"a\" \t\r\n", "a"),
    ] {
        check(text, Some(expected.to_owned()));
    }
}

#[test]
fn what_is_no_string_is_refused() {
    for text in [
        "",
        "a",
        "'a'",
        "\"",
        "\"a",
        "\"\\\"",
        "\"\\",
        r#""\x""#,
        r#""\U0041""#,
        r#""\u12""#,
        r#""\u12g4""#,
        r#""\u+123""#,
        r#""\ud83c""#,
        r#""\ud83c\n""#,
        r#""\ud83cx""#,
        r#""\ud83c\u0041""#,
        r#""\udfcf""#,
        r#""\u12é""#,
        "\"\n\"",
        "\"\t\"",
        "\"\u{0}\"",
        "\"a\" b",
        "\"a\",",
        "\u{feff}\"a\"",
    ] {
        check::<String>(text, None);
    }
}

#[test]
fn numbers_are_whole_and_in_range() {
    for (text, expected) in [
        ("0", Some(0_u8)),
        ("255", Some(255)),
        (" 7 ", Some(7)),
        ("256", None),
        ("00", None),
        ("01", None),
        ("-0", None),
        ("-1", None),
        ("+1", None),
        ("1.0", None),
        ("1e0", None),
        ("1E0", None),
        (".5", None),
        ("", None),
        ("null", None),
        ("1 1", None),
        ("99999999999999999999", None),
    ] {
        check(text, expected);
    }
    check("18446744073709551615", Some(u64::MAX));
    check::<u64>("18446744073709551616", None);
}

#[test]
fn literals_are_whole_words() {
    check("true", Some(true));
    check(" false ", Some(false));
    check("null", Some(None::<bool>));
    check("true", Some(Some(true)));
    for text in ["truex", "tru", "TRUE", "nullx", "1", ""] {
        check::<bool>(text, None);
        check::<Option<bool>>(text, None);
    }
}

#[test]
fn lists_have_a_comma_between_and_none_at_the_end() {
    check("[]", Some(Vec::<u8>::new()));
    check(" [ 1 , 2 ] ", Some(vec![1_u8, 2]));
    check("[[1],[]]", Some(vec![vec![1_u8], vec![]]));
    for text in ["[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1;2]", "[1]]", "{}"] {
        check::<Vec<u8>>(text, None);
    }
}

#[test]
fn unknown_fields_of_any_kind_are_passed_over() {
    let odd =
        r#"{"new":{"a":[1,-2.5e+3,"}",null,{"b":[]}],"":true},"reason":"slow","x":false,"y":-1,"retry":5}"#;
    let bye: wire::Bye = decode(odd).unwrap();
    assert_eq!((bye.reason.as_str(), bye.retry_ms), ("slow", 5));
    for text in [
        r#"{"new":}"#,
        r#"{"new":nul}"#,
        r#"{"new":a}"#,
        r#"{"new"}"#,
        r#"{new:1}"#,
        r#"{"new":1,}"#,
        r#"{"new":[}"#,
    ] {
        assert!(decode::<wire::Bye>(text).is_err(), "{text}");
    }
}

#[test]
fn levels_are_limited_so_that_no_text_exhausts_the_stack() {
    let nested = |levels: usize| format!("{{\"new\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    let most = usize::from(Reader::DEPTH_MAX) - 1;
    assert!(decode::<wire::Bye>(&nested(most)).is_ok());
    assert_eq!(decode::<wire::Bye>(&nested(most + 1)).unwrap_err().wanted, "fewer levels");
    assert!(decode::<wire::Bye>(&"[".repeat(1_000_000)).is_err());
    let beside = format!("{{\"new\":[{}]}}", vec!["[]"; 1000].join(","));
    assert!(decode::<wire::Bye>(&beside).is_ok(), "levels count within each other, not in all");
}

#[test]
fn a_mistake_is_told_with_its_place() {
    let mistake: Malformed = decode::<Vec<u8>>("[1, x]").unwrap_err();
    assert_eq!((mistake.at, mistake.to_string()), (4, "byte 4: expected a whole number".to_owned()));
}

#[test]
fn a_position_is_two_whole_numbers() {
    for (text, expected) in [
        ("1732489200000.42", Some((1_732_489_200_000, 42))),
        ("0.0", Some((0, 0))),
        ("18446744073709551615.18446744073709551615", Some((u64::MAX, u64::MAX))),
        ("", None),
        ("1", None),
        ("1.", None),
        (".1", None),
        ("1.2.3", None),
        ("+1.2", None),
        ("1.-2", None),
        ("1.2 ", None),
        ("1.18446744073709551616", None),
        ("١.٢", None),
    ] {
        let position = text.parse().ok();
        assert_eq!(position, expected.map(|(epoch, seq)| Position { epoch, seq }), "{text}");
        assert!(position.is_none_or(|it| it.to_string() == text));
    }
}

/// Texts that are nearly JSON: where readers disagree if they ever do.
fn nearly_json() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("\\u".to_owned()),
        Just("d83c".to_owned()),
        Just("\\udfcf".to_owned()),
        Just("null".to_owned()),
        Just("true".to_owned()),
        "[\\[\\]{},:.eE+0-9 -]{1,3}",
        "[a-z\n\té🏏]{1,2}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _read = (decode::<Update>(&text), decode::<Snapshot>(&text), decode::<Vec<String>>(&text));
    }

    #[test]
    fn nearly_json_makes_it_panic_neither(text in nearly_json()) {
        let _read = (decode::<Update>(&text), decode::<Snapshot>(&text), Reader::new(&text).skip());
    }

    #[test]
    fn strings_and_numbers_are_read_as_serde_json_reads_them(text in nearly_json()) {
        let quoted = format!("\"{text}\"");
        prop_assert_eq!(decode::<String>(&quoted).ok(), serde_json::from_str::<String>(&quoted).ok());
        prop_assert_eq!(decode::<u64>(&text).ok(), serde_json::from_str::<u64>(&text).ok());
        let list = format!("[{text}]");
        prop_assert_eq!(decode::<Vec<u64>>(&list).ok(), serde_json::from_str::<Vec<u64>>(&list).ok());
        prop_assert_eq!(decode::<Vec<String>>(&list).ok(), serde_json::from_str::<Vec<String>>(&list).ok());
    }

    #[test]
    fn what_is_json_is_passed_over(number in any::<f64>(), text in any::<String>(), list in prop::collection::vec(any::<i32>(), 0..4)) {
        let value = serde_json::json!({ "new": [number, text, list, { "deep": null }], "retry": 7 });
        prop_assert_eq!(decode::<wire::Bye>(&value.to_string()).map(|it| it.retry_ms), Ok(7));
    }
}
