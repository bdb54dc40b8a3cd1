//! A fence: who is let in by where they are.

use crate::code::Code;
use crate::point::Point;
use crate::problem::Problem;
use crate::regions::Regions;
use crate::shape::{Circle, Outline, POINTS_MAX, Shape};
use crate::window::{Open, Window};
use jiff::{Timestamp, ZonedDateTime};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt;

/// Bytes of a fence, as JSON.
pub const FENCE_BYTES_MAX: usize = 256 * 1024;
/// Of each list.
pub const PLACES_MAX: usize = 300;
pub const SHAPES_MAX: usize = 20;
pub const CIRCLES_MAX: usize = 50;
pub const WINDOWS_MAX: usize = 20;

/// A fence as its editor writes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Who is in one of these is let in; everybody is where there is none.
    pub allow: Areas,
    /// Unless they are in one of these.
    pub deny: Areas,
    /// And it is one of these times; always where there is none.
    pub windows: Vec<Window>,
    pub needs: Needs,
    pub without: Without,
}

/// Places, polygons and circles, of which one is enough.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Areas {
    /// A country stands for all of its parts.
    pub places: Vec<Code>,
    pub shapes: Vec<Shape>,
    pub circles: Vec<Circle>,
}

/// Whose word on where somebody is, is enough; a better one counts where it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Needs {
    /// The fan's own, where the address does not say otherwise.
    Declared,
    /// The address's on the country. A part of one needs a position.
    #[default]
    Address,
    /// The address's, on the part of a country, too, where the table has parts: weak, above all for mobile networks.
    AddressPart,
    /// The browser's.
    Position,
}

/// What happens where nothing that is enough is said of where somebody is: no position where one is needed, an address that nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Without {
    /// Unsure: the fan is asked for a position.
    #[default]
    Ask,
    Deny,
}

/// Which rules were judged by: the first half of the SHA-256 of their JSON, in hexadecimal. The same rules have the same version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Version(String);

impl Version {
    pub const LENGTH: usize = 32;

    /// One that was kept.
    pub fn parse(text: &str) -> Option<Self> {
        let is_one =
            text.len() == Self::LENGTH && text.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
        is_one.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Rules that were checked, ready to judge by.
#[derive(Clone, Debug)]
pub struct Fence {
    rules: Rules,
    version: Version,
    pub(crate) allow: Drawn,
    pub(crate) deny: Drawn,
    windows: Vec<Open>,
}

/// Areas, ready to judge by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drawn {
    pub(crate) places: Vec<Code>,
    pub(crate) shapes: Vec<Outline>,
    pub(crate) circles: Vec<(Circle, Point)>,
}

impl Drawn {
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty() && self.shapes.is_empty() && self.circles.is_empty()
    }
}

impl Fence {
    /// Reads a fence, and says all that is wrong with it.
    pub fn read(value: &Value, regions: &Regions) -> Result<Self, Vec<Problem>> {
        let bytes = value.to_string().len();
        if bytes > FENCE_BYTES_MAX {
            let what = format!("has {FENCE_BYTES_MAX} bytes at most, and {bytes} now");
            return Err(vec![Problem::new("", what)]);
        }
        if !value.is_object() {
            return Err(vec![Problem::new("", "is an object")]);
        }
        let rules = serde_path_to_error::deserialize(value);
        Self::new(rules.map_err(|error| vec![Problem::unreadable(&error)])?, regions)
    }

    /// Checks rules, and says all that is wrong with them.
    pub fn new(mut rules: Rules, regions: &Regions) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut points_left = POINTS_MAX;
        let allow = draw(&mut rules.allow, "/allow", regions, &mut points_left, &mut problems);
        let deny = draw(&mut rules.deny, "/deny", regions, &mut points_left, &mut problems);
        for (at, place) in allow.places.iter().enumerate() {
            if let Some(all) = deny.places.iter().find(|it| it.holds(*place)) {
                let what = format!("lets nobody in: {all} is denied");
                problems.push(Problem::new(format!("/allow/places/{at}"), what));
            }
        }
        count(&mut problems, "/windows", rules.windows.len(), WINDOWS_MAX);
        let windows = rules.windows.iter().take(WINDOWS_MAX).enumerate();
        let windows = windows.map(|(at, it)| Open::new(it, &format!("/windows/{at}")));
        let windows = windows.filter_map(|it| it.map_err(|problem| problems.push(problem)).ok()).collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        let version = version(&rules);
        Ok(Self { rules, version, allow, deny, windows })
    }

    /// As they were read, with the rings of shapes turned the way of RFC 7946.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    pub fn version(&self) -> &Version {
        &self.version
    }

    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        self.windows.is_empty() || self.windows.iter().any(|it| it.is_open(now))
    }

    /// Whether shapes or circles are a part of it.
    pub(crate) fn has_lines(&self) -> bool {
        [&self.allow, &self.deny].iter().any(|it| !it.shapes.is_empty() || !it.circles.is_empty())
    }

    /// When it opens next, on the clock of the place that is meant.
    pub(crate) fn opens_after(&self, now: Timestamp) -> Option<ZonedDateTime> {
        self.windows.iter().filter_map(|it| it.opens_after(now)).min()
    }
}

fn version(rules: &Rules) -> Version {
    let json = serde_json::to_vec(rules).expect("rules are texts and numbers");
    let hash = Sha256::digest(&json);
    Version(hash.iter().take(Version::LENGTH / 2).map(|it| format!("{it:02x}")).collect())
}

fn draw(
    areas: &mut Areas,
    path: &str,
    regions: &Regions,
    points_left: &mut usize,
    problems: &mut Vec<Problem>,
) -> Drawn {
    count(problems, &format!("{path}/places"), areas.places.len(), PLACES_MAX);
    count(problems, &format!("{path}/shapes"), areas.shapes.len(), SHAPES_MAX);
    count(problems, &format!("{path}/circles"), areas.circles.len(), CIRCLES_MAX);
    for (at, place) in areas.places.iter().take(PLACES_MAX).enumerate() {
        let path = format!("{path}/places/{at}");
        if areas.places[..at].contains(place) {
            problems.push(Problem::new(path, format!("{place} is there twice")));
        } else if !regions.knows(*place) {
            let country = place.country();
            let what = match place.is_country() {
                true => format!("the borders of {country} are not known; draw it as a shape"),
                false => {
                    format!("the parts of {country} are not told apart; name {country}, or draw a shape")
                }
            };
            problems.push(Problem::new(path, what));
        }
    }
    let mut drawn = Drawn { places: areas.places.clone(), ..Drawn::default() };
    for (at, shape) in areas.shapes.iter_mut().take(SHAPES_MAX).enumerate() {
        match Outline::new(shape, &format!("{path}/shapes/{at}"), points_left) {
            Ok(outline) => drawn.shapes.push(outline),
            Err(problem) => problems.push(problem),
        }
    }
    for (at, circle) in areas.circles.iter().take(CIRCLES_MAX).enumerate() {
        match circle.check(&format!("{path}/circles/{at}")) {
            Ok(middle) => drawn.circles.push((*circle, middle)),
            Err(problem) => problems.push(problem),
        }
    }
    drawn
}

fn count(problems: &mut Vec<Problem>, path: &str, found: usize, max: usize) {
    if found > max {
        problems.push(Problem::new(path, format!("has {max} at most, and {found} now")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::LazyLock;

    static REGIONS: LazyLock<Regions> = LazyLock::new(Regions::ours);

    fn problems(value: Value) -> Vec<(String, String)> {
        let problems = Fence::read(&value, &REGIONS).expect_err("a bad fence");
        problems.into_iter().map(|it| (it.path, it.what)).collect()
    }

    #[test]
    fn the_same_rules_have_the_same_version_and_others_another() {
        let version = |value: Value| Fence::read(&value, &REGIONS).unwrap().version().to_string();
        let one = version(json!({"allow": {"places": ["IN"]}}));
        assert_eq!(one.len(), Version::LENGTH);
        assert_eq!(one, version(json!({"needs": "address", "allow": {"places": ["IN"], "shapes": []}})));
        assert_ne!(one, version(json!({"allow": {"places": ["IN-KA"]}})));
        let shape = |ring: Value| json!({"deny": {"shapes": [{"type": "Polygon", "coordinates": [ring]}]}});
        let left = version(shape(json!([[77, 12], [78, 12], [78, 13], [77, 12]])));
        assert_eq!(left, version(shape(json!([[77, 12], [78, 13], [78, 12], [77, 12]]))));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place_all_at_once() {
        let found = problems(json!({
            "allow": {
                "places": ["IN", "IN", "DE-BY", "IN-KA"],
                "circles": [{"lat": 12.9, "lon": 77.5, "radius_m": 1}],
                "shapes": [{"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}],
            },
            "deny": {"places": ["IN-KA"]},
            "windows": [{"zone": "Asia/Nowhere", "from": "18:00", "until": "23:00"}],
        }));
        let paths: Vec<&str> = found.iter().map(|it| it.0.as_str()).collect();
        assert_eq!(
            paths,
            [
                "/allow/places/1",
                "/allow/places/2",
                "/allow/shapes/0/coordinates/0/0",
                "/allow/circles/0/radius_m",
                "/allow/places/3",
                "/windows/0/zone"
            ]
        );
        assert_eq!(found[1].1, "the parts of DE are not told apart; name DE, or draw a shape");
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_place() {
        for (value, path, what) in [
            (json!({"allow": {"places": ["IN", "IN-TG"]}}), "/allow/places/1", "IN-TS"),
            (json!({"allow": {"places": ["India"]}}), "/allow/places/0", "ISO 3166"),
            (json!({"alow": {}}), "/alow", "unknown field"),
            (json!({"needs": "luck"}), "/needs", "unknown variant"),
            (
                json!({"windows": [{"zone": "UTC", "from": "6 pm", "until": "23:00"}]}),
                "/windows/0/from",
                "18:00",
            ),
            (json!({"deny": {"circles": [{"lat": 1, "lon": 2}]}}), "/deny/circles/0", "radius_m"),
            (json!([1, 2]), "", "object"),
            (json!({"x": "x".repeat(FENCE_BYTES_MAX)}), "", "bytes at most"),
        ] {
            let found = problems(value.clone());
            assert_eq!((found.len(), found[0].0.as_str()), (1, path), "{found:?}");
            assert!(found[0].1.contains(what), "{found:?}");
        }
    }

    #[test]
    fn lists_have_a_length() {
        let circle = json!({"lat": 12.9, "lon": 77.5, "radius_m": 100});
        let found = problems(json!({"allow": {"circles": vec![circle; CIRCLES_MAX + 1]}}));
        assert_eq!(found, [("/allow/circles".to_owned(), "has 50 at most, and 51 now".to_owned())]);
    }
}
