//! What fences say to whom: by position, by address, by both, in doubt, and once more.

mod rules;

use jiff::{SignedDuration, Timestamp};
use places::pins::PINS;
use places::{
    Before, Cell, Claims, Code, Declared, Fence, Fix, Kept, Located, Point, Position, Reason, Regions,
    Replay, Verdict, Zone, decide, dry_run, replay,
};
use serde_json::{Value, json};
use std::sync::LazyLock;

static REGIONS: LazyLock<Regions> = LazyLock::new(Regions::ours);

/// A Tuesday, 17:30 in India.
fn now() -> Timestamp {
    "2026-12-01T12:00:00Z".parse().expect("a moment")
}

fn fence(rules: Value) -> Fence {
    Fence::read(&rules, &REGIONS).expect("a fence")
}

fn code(text: &str) -> Code {
    Code::parse(text).expect("a code")
}

fn position(lat: f64, lon: f64, accuracy_m: f64) -> Option<Position> {
    Some(Position::new((lat, lon), accuracy_m, now(), now()).expect("a position"))
}

fn at(lat: f64, lon: f64) -> Claims {
    Claims { position: position(lat, lon, 30.0), ..Claims::default() }
}

fn address(country: &str, part: Option<&str>) -> Located {
    Located { country: Some(code(country)), part: part.map(code), is_proxy: false }
}

const BENGALURU: (f64, f64) = (12.9716, 77.5946);
const CHENNAI: (f64, f64) = (13.0827, 80.2707);
const PANCHKULA: (f64, f64) = (30.6942, 76.8606);

/// The verdict and the codes of its reasons.
fn said(rules: &Value, claims: &Claims) -> String {
    let decision = decide(&fence(rules.clone()), claims, &REGIONS, now());
    let reasons: Vec<&str> = decision.reasons.iter().map(Reason::code).collect();
    [&[decision.verdict.word()], reasons.as_slice()].concat().join(" ")
}

#[test]
fn a_position_is_judged_by_the_places_that_it_may_be_in() {
    let karnataka = json!({"allow": {"places": ["IN-KA"]}});
    let not_tamil_nadu = json!({"allow": {"places": ["IN"]}, "deny": {"places": ["IN-TN"]}});
    let both = json!({"allow": {"places": ["IN-PB", "IN-HR", "IN-CH"]}});
    let haryana = json!({"allow": {"places": ["IN-HR"]}});
    let at = |(lat, lon)| at(lat, lon);
    for (rules, claims, expected) in [
        (&karnataka, at(BENGALURU), "allowed"),
        (&karnataka, at(CHENNAI), "denied not_here"),
        (&not_tamil_nadu, at(BENGALURU), "allowed"),
        (&not_tamil_nadu, at(CHENNAI), "denied denied_here"),
        // In Haryana, a step from Punjab and Chandigarh.
        (&haryana, at(PANCHKULA), "unsure near_border"),
        (&both, at(PANCHKULA), "allowed"),
        (&karnataka, at(PANCHKULA), "denied not_here"),
        // The Arabian Sea, far out.
        (&karnataka, at((15.0, 66.0)), "unsure at_sea"),
        (&json!({}), at((15.0, 66.0)), "allowed"),
        // Somewhere within 80 km of Bengaluru.
        (
            &karnataka,
            Claims { position: position(12.9716, 77.5946, 80_000.0), ..Claims::default() },
            "unsure coarse",
        ),
    ] {
        assert_eq!(said(rules, &claims), expected, "{rules}");
    }
}

#[test]
fn an_address_is_enough_for_countries_and_no_more_unless_the_fence_says_so() {
    let by = |country, part| Claims { address: address(country, part), ..Claims::default() };
    let india = json!({"allow": {"places": ["IN"]}});
    let karnataka = json!({"allow": {"places": ["IN-KA"]}});
    let karnataka_by_part = json!({"allow": {"places": ["IN-KA"]}, "needs": "address_part"});
    let by_position = json!({"allow": {"places": ["IN"]}, "needs": "position"});
    let or_denied = json!({"allow": {"places": ["IN"]}, "needs": "position", "without": "deny"});
    let circle = json!({"deny": {"circles": [{"lat": 12.9, "lon": 77.5, "radius_m": 5000}]}});
    for (rules, claims, expected) in [
        (&india, by("IN", None), "allowed"),
        (&india, by("PK", None), "denied not_here"),
        (&india, Claims::default(), "unsure address_unknown"),
        (&karnataka, by("IN", None), "unsure part_unknown"),
        (&karnataka, by("IN", Some("IN-KA")), "unsure part_unknown"),
        (&karnataka, by("LK", None), "denied not_here"),
        (&karnataka_by_part, by("IN", Some("IN-KA")), "allowed"),
        (&karnataka_by_part, by("IN", Some("IN-TN")), "denied not_here"),
        (&karnataka_by_part, by("IN", None), "unsure part_unknown"),
        (&by_position, by("IN", None), "unsure position_needed"),
        (&or_denied, by("IN", None), "denied position_needed"),
        (&circle, by("IN", None), "unsure part_unknown"),
    ] {
        assert_eq!(said(rules, &claims), expected, "{rules} {claims:?}");
    }
}

#[test]
fn a_fans_own_word_counts_where_the_fence_takes_it_and_the_address_does_not_say_otherwise() {
    let declared = json!({"allow": {"places": ["IN-KA"]}, "needs": "declared"});
    let says = |text, address| Claims {
        declared: Some(Declared::new(text).expect("a place")),
        address,
        ..Claims::default()
    };
    for (claims, expected) in [
        (says("IN-KA", address("IN", None)), "allowed"),
        (says("IN-KA", Located::default()), "allowed"),
        (says("IN-TN", address("IN", None)), "denied not_here"),
        (says("IN-KA", address("LK", None)), "denied not_here"),
        (says("LK", address("IN", None)), "unsure part_unknown declared_elsewhere"),
    ] {
        assert_eq!(said(&declared, &claims), expected, "{claims:?}");
    }
    let strict = json!({"allow": {"places": ["IN-KA"]}});
    assert_eq!(said(&strict, &says("IN-KA", address("IN", None))), "unsure part_unknown");
}

#[test]
fn whatever_raises_doubt_lets_nobody_in() {
    let karnataka = json!({"allow": {"places": ["IN-KA"]}});
    let here = || at(BENGALURU.0, BENGALURU.1);
    let proxy = |located: Located| Located { is_proxy: true, ..located };
    let delhi_minutes_ago = |minutes| Before {
        cell: Cell::of(Point::new(28.6139, 77.2090).expect("a point")),
        at: now() - SignedDuration::from_mins(minutes),
    };
    let zone = |name| Some(Zone::new(name).expect("a zone"));
    for (claims, expected) in [
        (Claims { address: address("IN", None), ..here() }, "allowed"),
        (Claims { address: address("NL", None), ..here() }, "unsure mismatch"),
        (Claims { address: proxy(address("IN", None)), ..here() }, "unsure proxy"),
        (Claims { address: proxy(address("NL", None)), ..here() }, "unsure proxy mismatch"),
        // 1,700 km from Delhi.
        (Claims { before: Some(delhi_minutes_ago(20)), ..here() }, "unsure jumped"),
        (Claims { before: Some(delhi_minutes_ago(-20)), ..here() }, "unsure jumped"),
        (Claims { before: Some(delhi_minutes_ago(150)), ..here() }, "allowed"),
        (Claims { zone: zone("Asia/Kolkata"), ..here() }, "allowed"),
        (Claims { zone: zone("Asia/Dubai"), ..here() }, "allowed"),
        (Claims { zone: zone("America/New_York"), ..here() }, "unsure zone_elsewhere"),
        // Outside is outside, whatever else.
        (Claims { address: proxy(address("NL", None)), ..at(CHENNAI.0, CHENNAI.1) }, "denied not_here"),
        // What a proxy's address says is nothing that anybody is kept out for.
        (Claims { address: proxy(address("NL", None)), ..Claims::default() }, "unsure proxy"),
    ] {
        assert_eq!(said(&karnataka, &claims), expected, "{claims:?}");
    }
    // In Attari, by the border with Pakistan, phones are often on the other side's network.
    let india = json!({"allow": {"places": ["IN"]}});
    let attari = Claims { address: address("PK", None), ..at(31.6009, 74.6170) };
    assert_eq!(said(&india, &attari), "allowed");
}

#[test]
fn a_fence_is_closed_out_of_its_hours_and_says_when_it_opens() {
    let window = |days: Value| json!({"windows": [{"zone": "Asia/Kolkata", "days": days, "from": "18:00", "until": "23:00"}]});
    let claims = at(BENGALURU.0, BENGALURU.1);
    let words = |rules: Value, now: &str| {
        decide(&fence(rules), &claims, &REGIONS, now.parse().expect("a moment")).words()
    };
    let every_day = window(json!([]));
    assert_eq!(said(&every_day, &claims), "denied closed");
    assert_eq!(
        words(every_day.clone(), "2026-12-01T12:00:00Z"),
        "This is not open at this time. Come back at 18:00 IST."
    );
    assert_eq!(
        words(window(json!(["fri"])), "2026-12-01T12:00:00Z"),
        "This is not open at this time. Come back on Friday at 18:00 IST."
    );
    assert_eq!(words(every_day, "2026-12-01T13:00:00Z"), "");
}

#[test]
fn every_reason_has_words_that_a_fan_can_act_on() {
    let karnataka = json!({"allow": {"places": ["IN-KA"]}});
    let by_position = json!({"needs": "position"});
    let at = |(lat, lon)| at(lat, lon);
    for (rules, claims, words, fix) in [
        (
            &karnataka,
            Claims { address: address("IN", None), ..Claims::default() },
            "This is for some parts of India only. Share your position.",
            Some(Fix::SharePosition),
        ),
        (
            &by_position,
            Claims::default(),
            "This is for people in some places only. Share your position.",
            Some(Fix::SharePosition),
        ),
        (&karnataka, at(CHENNAI), "This is not open in Tamil Nadu.", None),
        (
            &karnataka,
            Claims { address: address("NL", None), ..at(BENGALURU) },
            "Your position is in India, and your connection in Netherlands (Kingdom of the). Turn the VPN off.",
            Some(Fix::TurnVpnOff),
        ),
        (
            &json!({"allow": {"places": ["IN-HR"]}}),
            at(PANCHKULA),
            "You are near a border, and may be in Haryana or Punjab. Try again a few kilometres from here.",
            Some(Fix::MoveOn),
        ),
    ] {
        let decision = decide(&fence(rules.clone()), &claims, &REGIONS, now());
        assert_eq!(decision.words(), words);
        assert_eq!(decision.fix(), fix, "{words}");
    }
}

#[test]
fn only_who_is_allowed_has_the_proof() {
    let karnataka = fence(json!({"allow": {"places": ["IN-KA"]}}));
    let decided = |(lat, lon)| decide(&karnataka, &at(lat, lon), &REGIONS, now());
    let admitted = decided(BENGALURU).admitted().expect("within");
    assert_eq!(admitted.decision().evidence.place(), Some(code("IN-KA")));
    assert_eq!(decided(CHENNAI).admitted().expect_err("outside").verdict, Verdict::Denied);
    assert_eq!(decided((15.0, 66.0)).admitted().expect_err("at sea").verdict, Verdict::Unsure);
}

#[test]
fn what_is_told_of_a_decision_has_no_position() {
    let decision = decide(&fence(json!({})), &at(12.971_599, 77.594_566), &REGIONS, now());
    let told = format!("{} {decision:?}", serde_json::to_string(&decision).expect("JSON"));
    for digits in ["12.97", "77.59", "12971", "77594"] {
        assert!(!told.contains(digits), "{told}");
    }
}

fn kept(rules: &Value, claims: &Claims) -> (Fence, Kept) {
    let fence = fence(rules.clone());
    let decision = decide(&fence, claims, &REGIONS, now());
    let kept = Kept {
        version: decision.version,
        verdict: decision.verdict,
        reasons: decision.reasons.iter().map(|it| it.code().to_owned()).collect(),
        evidence: decision.evidence,
        at: decision.at,
    };
    (fence, kept)
}

#[test]
fn a_decision_can_be_made_again_by_what_is_kept_of_it() {
    let karnataka = json!({"allow": {"places": ["IN-KA"]}});
    let round = |radius_m: u32| json!({"allow": {"circles": [{"lat": 12.9716, "lon": 77.5946, "radius_m": radius_m}]}});
    let closed = json!({"windows": [{"zone": "UTC", "from": "01:00", "until": "02:00"}]});
    let here = || at(BENGALURU.0, BENGALURU.1);
    for (rules, claims, expected) in [
        (karnataka.clone(), here(), Replay::Same),
        (karnataka.clone(), at(CHENNAI.0, CHENNAI.1), Replay::Same),
        (karnataka.clone(), at(15.0, 66.0), Replay::Same),
        (karnataka.clone(), Claims { address: address("NL", None), ..here() }, Replay::Same),
        (karnataka.clone(), Claims { address: address("IN", None), ..Claims::default() }, Replay::Same),
        (json!({"needs": "position", "without": "deny"}), Claims::default(), Replay::Same),
        (closed, here(), Replay::Same),
        (round(40_000), here(), Replay::Same),
        (round(2_000), at(20.0, 80.0), Replay::Same),
        // Within two kilometres is more than a cell can tell.
        (round(2_000), here(), Replay::CannotTell),
    ] {
        let (fence, kept) = kept(&rules, &claims);
        assert_eq!(replay(&fence, &kept), expected, "{rules} {kept:?}");
    }
    let (one, mut kept) = kept(&karnataka, &here());
    assert_eq!(replay(&fence(json!({})), &kept), Replay::OtherRules);
    kept.verdict = Verdict::Denied;
    assert_eq!(replay(&one, &kept), Replay::Other(Verdict::Allowed));
}

#[test]
fn no_town_is_kept_out_of_its_own_state_or_let_in_where_that_is_denied() {
    let (mut sure, all) = (0, PINS.len());
    for pin in PINS {
        let of = |rules: Value| {
            let run = dry_run(&fence(rules), [(pin.name, pin.point())], &REGIONS, now());
            run.pins[0].decision.verdict
        };
        let allowed = of(json!({"allow": {"places": [pin.code]}}));
        let denied = of(json!({"deny": {"places": [pin.code]}}));
        match (allowed, denied) {
            (Verdict::Allowed, Verdict::Denied) => sure += 1,
            (Verdict::Unsure, Verdict::Unsure) => {}
            wrong => panic!("{} in {}: {wrong:?}", pin.name, pin.code),
        }
    }
    assert!(all >= 180 && sure + 6 == all, "{sure} of {all}");
}

#[test]
fn a_dry_run_says_whom_a_fence_reaches_and_which_rule_keeps_the_others_out() {
    let rules = json!({"allow": {"places": ["IN", "LK-1", "NP"]}, "deny": {"places": ["IN-TN", "IN-TS"]}});
    let run = dry_run(&fence(rules), PINS.iter().map(|it| (it.name, it.point())), &REGIONS, now());
    let of = |name: &str| {
        let tried = run.pins.iter().find(|it| it.name == name).expect("a pin");
        tried.decision.verdict
    };
    assert_eq!(of("Bengaluru"), Verdict::Allowed);
    assert_eq!(of("Chennai"), Verdict::Denied);
    assert_eq!(of("Kottakuppam"), Verdict::Unsure);
    assert_eq!(of("Lahore"), Verdict::Denied);
    let words: Vec<String> = run.reach.iter().map(|it| it.words()).collect();
    assert_eq!(words[0], "34 of 36 parts of India; denied: Tamil Nadu, Telangana");
    assert_eq!(run.reach[0].because, ["/deny/places/0", "/deny/places/1"]);
    assert!(words[1].starts_with("1 of 9 parts of Sri Lanka; denied: "), "{words:?}");
    assert_eq!((run.countries.allowed.len(), run.countries.partly.len()), (1, 2));
    assert!(run.countries.denied.contains(&code("PK")));
}

#[test]
fn a_dry_run_knows_which_parts_a_circle_touches_and_of_shapes_says_nothing() {
    let ground = json!({"lat": 12.9788, "lon": 77.5996, "radius_m": 3_000});
    let square =
        json!({"type": "Polygon", "coordinates": [[[77, 12], [78, 12], [78, 13], [77, 13], [77, 12]]]});
    for (rules, expected) in [
        (
            json!({"allow": {"places": ["IN-KA", "IN-KL"]}, "deny": {"circles": [ground]}}),
            "1 of 36 parts of India; partly: Karnataka; denied: ",
        ),
        (
            json!({"allow": {"places": ["IN-KL"], "circles": [ground]}}),
            "1 of 36 parts of India; partly: Karnataka; denied: ",
        ),
        (
            json!({"allow": {"places": ["IN-KA", "IN-KL"]}, "deny": {"shapes": [square]}}),
            "0 of 36 parts of India; partly: Karnataka, Kerala; denied: ",
        ),
    ] {
        let run = dry_run(&fence(rules), std::iter::empty(), &REGIONS, now());
        let india = run.reach.iter().find(|it| it.country.as_str() == "IN").expect("India is named");
        assert!(india.words().starts_with(expected), "{}", india.words());
    }
}

#[test]
fn who_is_kept_out_by_a_line_does_not_hear_that_it_is_by_the_whole_state() {
    let ground = json!({"lat": 12.9788, "lon": 77.5996, "radius_m": 3_000});
    let bengaluru = PINS.iter().find(|it| it.name == "Bengaluru").expect("a pin").point();
    for (rules, expected) in [
        (json!({"deny": {"circles": [ground]}}), "This is not open where you are."),
        (json!({"deny": {"circles": [ground], "places": ["IN-KA"]}}), "This is not open in Karnataka."),
        (
            json!({"allow": {"circles": [{"lat": 28.6, "lon": 77.2, "radius_m": 3_000}]}}),
            "This is not open where you are.",
        ),
        (json!({"allow": {"places": ["IN-DL"]}}), "This is not open in Karnataka."),
    ] {
        let run = dry_run(&fence(rules), [("", bengaluru)], &REGIONS, now());
        assert_eq!(run.pins[0].decision.words(), expected);
    }
}
