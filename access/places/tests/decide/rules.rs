//! What holds of every fence and everybody.

use super::{REGIONS, now};
use places::fence::{Areas, Needs, Rules};
use places::{Circle, Claims, Code, Fence, Located, Position, Verdict, decide};
use proptest::prelude::*;

const CODES: [&str; 12] =
    ["IN", "IN-KA", "IN-TN", "IN-PY", "IN-KL", "IN-HR", "IN-CH", "IN-PB", "PK", "PK-PB", "LK-1", "FJ"];

fn areas() -> impl Strategy<Value = Areas> {
    let places = proptest::sample::subsequence(&CODES[..], 0..4);
    let circle = (0..TOWNS.len(), 1_000.0..400_000.0_f64);
    (places, proptest::collection::vec(circle, 0..2)).prop_map(|(places, circles)| Areas {
        places: places.into_iter().map(|it| Code::parse(it).expect("a code")).collect(),
        shapes: Vec::new(),
        circles: circles
            .into_iter()
            .map(|(town, radius_m)| Circle { lat: TOWNS[town].0, lon: TOWNS[town].1, radius_m })
            .collect(),
    })
}

/// By borders, on islands, and on both sides of 180 degrees.
const TOWNS: [(f64, f64); 8] = [
    (12.9716, 77.5946),
    (11.9340, 79.8300),
    (11.7014, 75.5367),
    (30.7333, 76.7794),
    (31.6340, 74.8723),
    (6.9271, 79.8612),
    (28.6139, 77.2090),
    (-16.8, 179.9),
];

fn place() -> impl Strategy<Value = (f64, f64)> {
    (0..TOWNS.len(), -0.8..0.8_f64, -0.8..0.8_f64).prop_map(|(town, north, east)| {
        let (lat, lon) = TOWNS[town];
        (lat + north, (lon + east + 540.0).rem_euclid(360.0) - 180.0)
    })
}

fn located() -> impl Strategy<Value = Located> {
    (proptest::option::of(0..CODES.len()), any::<bool>()).prop_map(|(at, is_proxy)| {
        let country = at.map(|it| Code::parse(CODES[it]).expect("a code").country());
        Located { country, part: None, is_proxy }
    })
}

fn fence() -> impl Strategy<Value = Fence> {
    (areas(), areas()).prop_filter_map("lets nobody in", |(allow, deny)| {
        Fence::new(Rules { allow, deny, ..Rules::default() }, &REGIONS).ok()
    })
}

fn claims((lat, lon): (f64, f64), accuracy_m: f64, address: Located) -> Claims {
    let position = Some(Position::new((lat, lon), accuracy_m, now(), now()).expect("a position"));
    Claims { position, address, ..Claims::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn who_knows_less_of_where_they_are_is_never_surer(
        fence in fence(),
        place in place(),
        address in located(),
        accuracy_m in 1.0..5_000.0_f64,
        worse in 1.0..20.0_f64,
    ) {
        let verdict = |accuracy_m| decide(&fence, &claims(place, accuracy_m, address), &REGIONS, now()).verdict;
        let (one, two) = (verdict(accuracy_m), verdict(accuracy_m * worse));
        prop_assert!(two == one || two == Verdict::Unsure, "{one:?} {two:?}");
    }

    #[test]
    fn what_is_denied_is_denied_whatever_is_allowed_and_whatever_is_said(
        allow in areas(),
        deny in proptest::sample::subsequence(&CODES[..], 1..4),
        place in place(),
        address in located(),
    ) {
        let deny: Vec<Code> = deny.into_iter().map(|it| Code::parse(it).expect("a code")).collect();
        let allow = Areas { places: Vec::new(), ..allow };
        let rules = Rules { allow, deny: Areas { places: deny.clone(), ..Areas::default() }, ..Rules::default() };
        let fence = Fence::new(rules, &REGIONS).expect("a fence");
        let decision = decide(&fence, &claims(place, 30.0, address), &REGIONS, now());
        let near = &decision.evidence.near;
        if !near.is_empty() && near.iter().all(|near| deny.iter().any(|it| it.holds(*near))) {
            prop_assert_eq!(decision.verdict, Verdict::Denied);
        }
        if near.iter().any(|near| deny.iter().any(|it| it.holds(*near))) {
            prop_assert_ne!(decision.verdict, Verdict::Allowed);
        }
    }

    #[test]
    fn who_is_outside_is_never_let_in(
        allow in proptest::sample::subsequence(&CODES[..], 1..4),
        place in place(),
        address in located(),
        accuracy_m in 1.0..90_000.0_f64,
    ) {
        let allow: Vec<Code> = allow.into_iter().map(|it| Code::parse(it).expect("a code")).collect();
        let rules = Rules { allow: Areas { places: allow.clone(), ..Areas::default() }, ..Rules::default() };
        let fence = Fence::new(rules, &REGIONS).expect("a fence");
        let decision = decide(&fence, &claims(place, accuracy_m, address), &REGIONS, now());
        if !decision.evidence.near.iter().any(|near| allow.iter().any(|it| it.holds(*near))) {
            prop_assert_ne!(decision.verdict, Verdict::Allowed);
        }
    }

    #[test]
    fn more_that_is_said_lets_nobody_in_who_was_not(fence in fence(), place in place(), address in located()) {
        let verdict = |address| decide(&fence, &claims(place, 30.0, address), &REGIONS, now()).verdict;
        if verdict(Located::default()) != Verdict::Allowed {
            prop_assert_ne!(verdict(address), Verdict::Allowed);
        }
    }

    #[test]
    fn an_address_lets_nobody_in_where_a_position_is_needed(allow in areas(), address in located()) {
        let rules = Rules { allow, needs: Needs::Position, ..Rules::default() };
        let fence = Fence::new(rules, &REGIONS).expect("a fence");
        let claims = Claims { address, ..Claims::default() };
        prop_assert_eq!(decide(&fence, &claims, &REGIONS, now()).verdict, Verdict::Unsure);
    }
}
