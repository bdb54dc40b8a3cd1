//! The borders that come with the crate: whose they are, and that towns lie where they do.

use places::pins::PINS;
use places::{Code, FileError, Point, Regions};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::LazyLock;

const FILE: &[u8] = include_bytes!("../data/regions.bin");
const ATTRIBUTION: &str = include_str!("../data/ATTRIBUTION.md");
static REGIONS: LazyLock<Regions> = LazyLock::new(Regions::ours);

fn near(lat: f64, lon: f64, reach_m: f64) -> BTreeSet<String> {
    let found = REGIONS.at(Point::new(lat, lon).expect("a test names a point on the globe"), reach_m);
    found.near().map(|it| it.to_string()).collect()
}

#[test]
fn the_file_is_the_one_whose_sources_are_named() {
    let hash: String = Sha256::digest(FILE).iter().map(|it| format!("{it:02x}")).collect();
    assert!(ATTRIBUTION.contains(&hash), "`cargo xtask places` writes both: {hash}");
    for source in ["Natural Earth", "public domain", "DataMeet", "CC BY 4.0", "Election Commission of India"]
    {
        assert!(ATTRIBUTION.contains(source), "{source}");
    }
    assert!(FILE.len() < 3 << 20, "{} bytes", FILE.len());
}

#[test]
fn all_countries_are_there_and_the_parts_of_those_where_they_matter() {
    let countries: BTreeSet<Code> = REGIONS.codes().map(|it| it.country()).collect();
    assert!(countries.len() >= 235, "{}", countries.len());
    for (country, count) in [
        ("IN", 36),
        ("AU", 8),
        ("GB", 4),
        ("US", 51),
        ("AE", 7),
        ("ZA", 9),
        ("NZ", 17),
        ("LK", 9),
        ("PK", 7),
        ("CA", 13),
        ("ZW", 10),
        ("BD", 0),
    ] {
        let parts = REGIONS.parts(Code::parse(country).unwrap());
        assert_eq!(parts.len(), count, "{country}: {parts:?}");
    }
}

#[test]
fn no_town_lies_elsewhere_and_few_are_too_near_to_a_border_to_say() {
    let mut unsure = Vec::new();
    for pin in PINS {
        let found = REGIONS.at(pin.point(), 30.0);
        let near: BTreeSet<String> = found.near().map(|it| it.to_string()).collect();
        assert!(near.contains(pin.code), "{} is in {}, not in {near:?}", pin.name, pin.code);
        if near.len() > 1 {
            unsure.push(pin.name);
        }
    }
    assert_eq!(unsure, ["Mahe", "Yanam", "Kottakuppam", "Panchkula", "Pathankot", "Haridwar"]);
}

#[test]
fn near_a_border_both_sides_are_possible_and_far_from_it_one_is() {
    // Hosur, in Tamil Nadu, is some eight kilometres from Karnataka.
    assert_eq!(near(12.7409, 77.8253, 30.0), BTreeSet::from(["IN-TN".to_owned()]));
    assert_eq!(near(12.7409, 77.8253, 15_000.0), BTreeSet::from(["IN-KA".to_owned(), "IN-TN".to_owned()]));
    let found = REGIONS.at(Point::new(12.7409, 77.8253).unwrap(), 15_000.0);
    assert!(found.border_m.is_some_and(|it| (3_000.0..12_000.0).contains(&it)), "{found:?}");
    assert_eq!(REGIONS.at(Point::new(12.7409, 77.8253).unwrap(), 30.0).border_m, None);
    assert_eq!(near(12.7409, 77.8253, f64::NAN), near(12.7409, 77.8253, f64::INFINITY));
}

#[test]
fn the_ends_of_the_map_are_no_borders() {
    for (lat, lon, expected) in [
        // Chukotka lies on both sides of 180 degrees.
        (66.5, 179.99, &["RU"][..]),
        (66.5, -179.99, &["RU"]),
        (-85.0, 180.0, &["AQ"]),
        (-85.0, -180.0, &["AQ"]),
        (-90.0, 0.0, &["AQ"]),
        (-90.0, 77.0, &["AQ"]),
        (-16.8, 179.99, &["FJ"]),
        (-16.8, -179.97, &["FJ"]),
        // The high seas, and the pole.
        (90.0, 0.0, &[]),
        (0.0, 0.0, &[]),
        (20.0, 180.0, &[]),
        // On a beach, a little out at sea by our file.
        (18.95, 72.79, &["IN-MH"]),
    ] {
        let expected: BTreeSet<String> = expected.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(near(lat, lon, 100.0), expected, "{lat} {lon}");
    }
}

#[test]
fn what_is_no_file_of_places_is_refused() {
    let refused = |bytes: &[u8]| Regions::read(bytes).err();
    assert_eq!(refused(b""), Some(FileError::Magic));
    assert_eq!(refused(&FILE[1..]), Some(FileError::Magic));
    assert_eq!(refused(&FILE[..8]), Some(FileError::Short));
    assert_eq!(refused(&FILE[..FILE.len() - 1]), Some(FileError::Short));
    let with = |rest: &[u8]| [&FILE[..8], rest].concat();
    assert_eq!(refused(&with(&[0xff, 0x7f])), Some(FileError::Places { found: 16_383, max: 512 }));
    assert!(matches!(refused(&with(&[1, 0, 2, b'Z', b'Z', 0])), Some(FileError::Code(_))));
    // A line of a place that is not there, one of none, and one beyond the pole.
    assert_eq!(refused(&with(&[1, 0, 2, b'I', b'N', 1, 1, 1, 0])), Some(FileError::Side));
    assert_eq!(refused(&with(&[1, 0, 2, b'I', b'N', 1, 0, 0])), Some(FileError::Side));
    let far = [1, 0, 2, b'I', b'N', 1, 1, 0, 1, 0xff, 0xff, 0xff, 0x0f, 0];
    assert_eq!(refused(&with(&far)), Some(FileError::Point));
}

proptest! {
    #[test]
    fn more_is_near_the_further_one_looks_and_always_where_one_is(
        // On coasts, by borders and on both sides of 180 degrees as often as anywhere.
        (lat, lon) in prop_oneof![
            (-90.0..=90.0_f64, -180.0..=180.0_f64),
            (65.0..72.0_f64, prop_oneof![-180.0..-170.0_f64, 170.0..180.0_f64]),
            (8.0..13.0_f64, 75.0..80.5_f64),
        ],
        reach_m in 0.0..100_000.0_f64,
        further in 1.0..5.0_f64,
    ) {
        let point = Point::new(lat, lon).expect("a point");
        let (one, two) = (REGIONS.at(point, reach_m), REGIONS.at(point, reach_m * further));
        let near: BTreeSet<Code> = two.near().collect();
        prop_assert!(one.near().all(|it| near.contains(&it)), "{one:?} {two:?}");
        prop_assert!(one.within().all(|it| near.contains(&it)) && one.within().eq(two.within()));
        prop_assert!(one.border_m.is_none_or(|it| it <= reach_m && two.border_m == Some(it)), "{one:?} {two:?}");
    }

    #[test]
    fn a_file_that_was_damaged_is_refused_or_read_and_nothing_else(at in 0..FILE.len().min(20_000), byte in any::<u8>()) {
        let mut bytes = FILE[..20_000].to_vec();
        bytes[at] = byte;
        prop_assert!(Regions::read(&bytes).is_err());
    }
}
