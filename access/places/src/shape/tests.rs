//! Shapes as editors paste them, good and bad.

use super::*;
use proptest::prelude::*;

fn outline(json: &str) -> Result<Outline, Problem> {
    let mut shape: Shape = serde_json::from_str(json).expect("a shape");
    Outline::new(&mut shape, "/allow/shapes/0", &mut POINTS_MAX.clone())
}

fn point(lat: f64, lon: f64) -> Point {
    Point::new(lat, lon).expect("on the globe")
}

const SQUARE: &str = r#"{"type": "Polygon", "coordinates": [[[77,12],[78,12],[78,13],[77,13],[77,12]]]}"#;

#[test]
fn a_position_is_within_outside_or_either() {
    let square = outline(SQUARE).unwrap();
    for (lat, lon, accuracy_m, expected) in [
        (12.5, 77.5, 30.0, Relation::Within),
        (12.5, 77.5, 60_000.0, Relation::Across),
        (12.5, 78.001, 30.0, Relation::Outside),
        (12.5, 78.001, 150.0, Relation::Across),
        (12.5, 77.999, 30.0, Relation::Within),
        (12.0, 77.0, 1.0, Relation::Across),
        (-12.5, -77.5, 30.0, Relation::Outside),
        (90.0, 0.0, 30.0, Relation::Outside),
    ] {
        assert_eq!(square.relation(point(lat, lon), accuracy_m), expected, "{lat} {lon} {accuracy_m}");
    }
}

#[test]
fn a_hole_is_outside_whichever_way_its_ring_goes() {
    for hole in [
        "[77.4,12.4],[77.6,12.4],[77.6,12.6],[77.4,12.6],[77.4,12.4]",
        "[77.4,12.4],[77.4,12.6],[77.6,12.6],[77.6,12.4],[77.4,12.4]",
    ] {
        let json = format!(
            r#"{{"type": "Polygon", "coordinates": [[[77,12],[78,12],[78,13],[77,13],[77,12]],[{hole}]]}}"#
        );
        let outline = outline(&json).unwrap();
        assert_eq!(outline.relation(point(12.5, 77.5), 30.0), Relation::Outside);
        assert_eq!(outline.relation(point(12.2, 77.5), 30.0), Relation::Within);
    }
}

#[test]
fn rings_are_turned_so_that_equal_shapes_are_written_alike() {
    let turned = |json: &str| {
        let mut shape: Shape = serde_json::from_str(json).unwrap();
        Outline::new(&mut shape, "", &mut POINTS_MAX.clone()).unwrap();
        serde_json::to_string(&shape).unwrap()
    };
    let clockwise = r#"{"type": "Polygon", "coordinates": [[[77,12],[77,13],[78,13],[78,12],[77,12]]]}"#;
    assert_eq!(turned(clockwise), turned(SQUARE));
}

#[test]
fn what_crosses_180_degrees_may_be_cut_there_or_not() {
    // Taveuni, Fiji, on both sides of 180 degrees.
    let whole =
        r#"{"type": "Polygon", "coordinates": [[[179,-18],[-179,-18],[-179,-16],[179,-16],[179,-18]]]}"#;
    let cut = r#"{"type": "MultiPolygon", "coordinates": [
        [[[179,-18],[180,-18],[180,-16],[179,-16],[179,-18]]],
        [[[-180,-18],[-179,-18],[-179,-16],[-180,-16],[-180,-18]]]]}"#;
    let one_side =
        r#"{"type": "Polygon", "coordinates": [[[179,-18],[180,-18],[180,-16],[179,-16],[179,-18]]]}"#;
    for json in [whole, cut] {
        let outline = outline(json).unwrap();
        for (lon, expected) in [
            (179.5, Relation::Within),
            (180.0, Relation::Within),
            (-180.0, Relation::Within),
            (-179.5, Relation::Within),
            (179.9999, Relation::Within),
            (178.5, Relation::Outside),
            (-178.5, Relation::Outside),
            (0.0, Relation::Outside),
            (-179.0, Relation::Across),
        ] {
            assert_eq!(outline.relation(point(-17.0, lon), 100.0), expected, "{lon}");
        }
    }
    let one_side = outline(one_side).unwrap();
    assert_eq!(one_side.relation(point(-17.0, 179.9999), 100.0), Relation::Across);
    assert_eq!(one_side.relation(point(-17.0, -179.9999), 100.0), Relation::Across);
    assert_eq!(one_side.relation(point(-17.0, -179.9), 100.0), Relation::Outside);
}

#[test]
fn a_belt_around_the_globe_has_no_ends() {
    let belt = outline(
        r#"{"type": "Polygon", "coordinates": [[[-180,-10],[180,-10],[180,10],[-180,10],[-180,-10]]]}"#,
    )
    .unwrap();
    for lon in [-180.0, -90.0, 0.0, 90.0, 179.999] {
        assert_eq!(belt.relation(point(5.0, lon), 100.0), Relation::Within, "{lon}");
        assert_eq!(belt.relation(point(15.0, lon), 100.0), Relation::Outside, "{lon}");
    }
}

#[test]
fn what_is_no_polygon_is_refused_with_its_place() {
    for (coordinates, path, what) in [
        // A bow tie: the second line crosses the fourth.
        ("[[[0,0],[2,2],[2,0],[0,2],[0,0]]]", "/0/0", "crosses"),
        ("[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[1,5],[2,5],[2,1],[1,1]]]", "/0/2", "crosses"),
        ("[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[5,5],[5,6],[6,6],[6,5],[5,5]]]", "/1", "hole"),
        ("[[[0,0],[4,0],[4,4],[0,0]],[]]", "/1", "four"),
        ("[[[0,0],[4,0],[0,0]]]", "/0", "four"),
        ("[[[0,0],[4,0],[4,4],[0,4]]]", "/0", "closed"),
        ("[[[0,0],[4,0],[8,0],[0,0]]]", "/0", "area"),
        ("[[[0,0],[4,0],[4,94],[0,0]]]", "/0/2", "latitude"),
        ("[[[0,0],[4,0],[184,4],[0,0]]]", "/0/2", "longitude"),
        ("[[[0,0],[4],[4,4],[0,0]]]", "/0/1", "longitude and a latitude"),
        ("[[[0,0],[4,0,0,0],[4,4],[0,0]]]", "/0/1", "longitude and a latitude"),
        ("[[[0,80],[120,80],[-120,80],[0,80]]]", "/0", "pole"),
        ("[]", "", "no ring"),
    ] {
        let problem =
            outline(&format!(r#"{{"type": "Polygon", "coordinates": {coordinates}}}"#)).unwrap_err();
        assert_eq!(problem.path, format!("/allow/shapes/0/coordinates{path}"), "{coordinates} {problem}");
        assert!(problem.what.contains(what), "{problem}");
    }
    let none = outline(r#"{"type": "MultiPolygon", "coordinates": []}"#).unwrap_err();
    assert_eq!(none.what, "has no polygon");
    let ring: Vec<String> = (0..=POINTS_MAX).map(|it| format!("[{}, {}]", it % 100, it / 100)).collect();
    let many =
        outline(&format!(r#"{{"type": "Polygon", "coordinates": [[{}]]}}"#, ring.join(","))).unwrap_err();
    assert!(many.what.contains("2000 points at most"), "{many}");
}

#[test]
fn a_circle_is_as_wide_as_it_says() {
    let circle = Circle { lat: 12.9716, lon: 77.5946, radius_m: 5_000.0 };
    let middle = circle.check("").unwrap();
    // A degree of latitude has 111.2 km.
    for (lat, accuracy_m, expected) in [
        (12.9716, 30.0, Relation::Within),
        (12.9716 + 0.040, 30.0, Relation::Within),
        (12.9716 + 0.045, 30.0, Relation::Across),
        (12.9716 + 0.050, 30.0, Relation::Outside),
        (12.9716 + 0.050, 1_000.0, Relation::Across),
        (12.9716, 5_001.0, Relation::Across),
    ] {
        assert_eq!(circle.relation(middle, point(lat, 77.5946), accuracy_m), expected, "{lat} {accuracy_m}");
    }
    for radius_m in [0.0, 9.9, 2_000_001.0, f64::NAN] {
        let problem = Circle { radius_m, ..circle }.check("/allow/circles/0").unwrap_err();
        assert_eq!(problem.path, "/allow/circles/0/radius_m");
    }
    assert!(Circle { lat: 91.0, ..circle }.check("/x").is_err());
}

/// A star around a middle: it never crosses itself.
fn star() -> impl Strategy<Value = (f64, Vec<(f64, f64)>)> {
    let corner = (0.2..2.0_f64, 0.0..1.0_f64);
    (-60.0..60.0_f64, proptest::collection::vec(corner, 3..12)).prop_map(|(lat, corners)| {
        let count = corners.len() as f64;
        let at = |(at, (away, turn)): (usize, (f64, f64))| {
            let angle = (at as f64 + turn * 0.8) / count * std::f64::consts::TAU;
            (away * angle.sin(), away * angle.cos())
        };
        (lat, corners.into_iter().enumerate().map(at).collect())
    })
}

fn moved(lat: f64, lon: f64, star: &[(f64, f64)]) -> Outline {
    let wrap = |it: f64| (it + 540.0).rem_euclid(360.0) - 180.0;
    let mut ring: Ring = star.iter().map(|(north, east)| vec![wrap(lon + east), lat + north]).collect();
    ring.push(ring[0].clone());
    Outline::new(&mut Shape::Polygon(vec![ring]), "", &mut POINTS_MAX.clone()).expect("a star is a polygon")
}

proptest! {
    #[test]
    fn wherever_around_the_globe_a_shape_is_the_same_positions_are_within(
        (lat, star) in star(),
        lon in prop_oneof![Just(179.5), Just(-179.9), Just(180.0), -180.0..180.0_f64],
        north in -2.5..2.5_f64,
        east in -2.5..2.5_f64,
    ) {
        // To ten thousandths, so that rounding is the same everywhere.
        let round = |it: f64| (it * 1e4).round() / 1e4;
        let (lat, lon, north, east) = (round(lat), round(lon), round(north), round(east));
        let star: Vec<(f64, f64)> = star.into_iter().map(|(a, b)| (round(a), round(b))).collect();
        prop_assume!(area(&star.iter().chain(star.first()).map(|it| ((it.0 * 1e4) as i32, (it.1 * 1e4) as i32)).collect::<Vec<_>>()) != 0);
        let wrap = |it: f64| (it + 540.0).rem_euclid(360.0) - 180.0;
        let here = moved(lat, 0.0, &star).relation(point(lat + north, east), 30.0);
        let there = moved(lat, lon, &star).relation(point(lat + north, wrap(lon + east)), 30.0);
        prop_assert_eq!(here, there);
    }

    #[test]
    fn who_knows_less_of_where_they_are_is_never_surer(
        (lat, star) in star(),
        north in -2.5..2.5_f64,
        east in -2.5..2.5_f64,
        accuracy_m in 1.0..50_000.0_f64,
        worse in 1.0..4.0_f64,
    ) {
        let outline = moved(lat, 77.0, &star);
        let at = point(lat + north, 77.0 + east);
        let (one, two) = (outline.relation(at, accuracy_m), outline.relation(at, accuracy_m * worse));
        prop_assert!(two == one || two == Relation::Across, "{one:?} {two:?}");
    }
}
