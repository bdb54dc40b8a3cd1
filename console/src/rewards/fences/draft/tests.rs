use super::*;
use serde_json::json;
use std::sync::LazyLock;

static REGIONS: LazyLock<Regions> = LazyLock::new(Regions::ours);

fn form(more: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::of([("needs", "address"), ("without", "ask")]);
    for (name, value) in more {
        fields.push(*name, *value);
    }
    fields
}

#[test]
fn a_form_is_read_by_names_lines_and_geojson_and_shown_again_the_same() {
    let square = r#"{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[[[77,12],[78,12],[78,13],[77,12]]]}}"#;
    let mut sent = form(&[
        ("name", "South"),
        ("allow_places", "India\nkarnataka, india\n\n  IN-TN "),
        ("allow_more", "Kerala (IN-KL)"),
        ("deny_places", "telangana"),
        ("allow_circles", "12.9788, 77.5996, 2.5\n28.6, 77.2, 10 km"),
        ("windows", "mon-wed,sat 18:00-23:00 Asia/Kolkata\n10:00-24:00 Asia/Kolkata"),
        ("file_side", "deny"),
    ]);
    take(&mut sent, Some(square.as_bytes()));
    let fence = read(&sent, &REGIONS).unwrap_or_else(|it| panic!("{it:?}"));
    let rules = serde_json::to_value(fence.rules()).unwrap();
    assert_eq!(rules["allow"]["places"], json!(["IN", "IN-KA", "IN-TN", "IN-KL"]));
    assert_eq!(rules["deny"]["places"], json!(["IN-TS"]));
    assert_eq!(rules["deny"]["shapes"][0]["type"], "Polygon");
    assert_eq!(rules["allow"]["circles"][1]["radius_m"], 10_000.0);
    assert_eq!(rules["windows"][0]["days"], json!(["mon", "tue", "wed", "sat"]));
    let again = read(&form_of("South", 1, fence.rules()), &REGIONS).unwrap();
    assert_eq!(again.version(), fence.version());
}

#[test]
fn what_is_wrong_is_said_beside_its_field_with_its_place() {
    let bow_tie = r#"{"type":"Polygon","coordinates":[[[0,0],[2,2],[2,0],[0,2],[0,0]]]}"#;
    let line = r#"{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"LineString","coordinates":[]}}]}"#;
    let deep = r#"{"type":"GeometryCollection","geometries":["#.repeat(5) + &"]}".repeat(5);
    let big = " ".repeat(10) + &"[".repeat(300_000);
    for (field, text, expected) in [
        ("allow_places", "India\nNarnia", "Line 2: no place is called \"Narnia\""),
        ("allow_places", "Punjab", "several places are called Punjab"),
        ("deny_places", "IN-TG", "IN-TS"),
        ("allow_places", "India\nIN", "India (IN): IN is there twice."),
        ("allow_circles", "12.9, 77.5", "Line 1: a circle is"),
        ("allow_circles", "12.9, 77.5, 3, 4", "Line 1: a circle is"),
        ("allow_circles", "12.9, 77.5, 0.001", "Circle 1: is between 10 and 2000000 metres."),
        ("allow_circles", "NaN, 77.5, 3", "Circle 1: "),
        ("windows", "18:00-23:00", "Line 1: hours are like"),
        ("windows", "noday 18:00-23:00 Asia/Kolkata", "is no day"),
        ("windows", "6pm-11pm Asia/Kolkata", "a time is like"),
        ("windows", "18:00-23:00 Asia/Nowhere", "Hours 1: this is no time zone"),
        ("allow_shapes", "nothing", "This is no JSON"),
        ("allow_shapes", bow_tie, "Shape 1, coordinates/0/0: the line from here crosses"),
        ("deny_shapes", line, "/features/0/geometry is a LineString"),
        ("allow_shapes", "{}", "GeoJSON has no type"),
        ("allow_shapes", r#"{"type":"Polygon","coordinates":"x"}"#, "GeoJSON invalid type"),
        ("allow_shapes", &deep, "lies too deep"),
        ("allow_shapes", &big, "bytes at most"),
        ("needs", "luck", "Choose whose word is enough"),
    ] {
        let mut sent = form(&[]);
        sent.set(field, text);
        let mistakes = read(&sent, &REGIONS).expect_err(expected);
        let said = mistakes.of(field).unwrap_or_default();
        assert!(said.contains(expected), "{field}: {said} should say {expected}");
    }
}
