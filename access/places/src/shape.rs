//! Polygons and circles that editors draw, and how a position lies to them.

use crate::point::{Edge, Flat, MICRO, Point, STRETCH};
use crate::problem::Problem;
use serde::{Deserialize, Serialize};

/// A closed line of positions, longitude first, in degrees; a third number, a height, says nothing.
pub type Ring = Vec<Vec<f64>>;

/// A GeoJSON geometry (RFC 7946 §3.1.6 and §3.1.7). One that crosses 180 degrees may be cut there, as §3.1.9 wants it, or have an edge of more than
/// 180 degrees, which is taken to go the other way around.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "coordinates")]
pub enum Shape {
    Polygon(Vec<Ring>),
    MultiPolygon(Vec<Vec<Ring>>),
}

/// All that is within so many metres.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Circle {
    pub lat: f64,
    pub lon: f64,
    pub radius_m: f64,
}

/// Positions of all the shapes of a fence.
pub const POINTS_MAX: usize = 2_000;
/// A position is seldom known better than this.
pub const RADIUS_M_MIN: f64 = 10.0;
pub const RADIUS_M_MAX: f64 = 2_000_000.0;

const HALF: i32 = 180_000_000;
const WHOLE: i32 = 360_000_000;
/// What rounding to a millionth of a degree may move a point by.
const ROUNDED_M: f64 = 0.2;

/// How somebody, who may be anywhere within their accuracy, lies to an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Within,
    Outside,
    /// Either.
    Across,
}

impl Relation {
    /// To one area or another.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Relation::Within, _) | (_, Relation::Within) => Relation::Within,
            (Relation::Outside, Relation::Outside) => Relation::Outside,
            _ => Relation::Across,
        }
    }
}

/// A shape that can be judged by.
#[derive(Clone, Debug)]
pub(crate) struct Outline {
    polygons: Vec<Vec<Edge>>,
    /// Those edges that are borders: not where a polygon is cut at 180 degrees and goes on at the other side.
    borders: Vec<Edge>,
}

impl Outline {
    /// Checks a shape that stands at `path`, turns its rings as RFC 7946 §3.1.6 wants them, and takes from `points_left`.
    pub(crate) fn new(shape: &mut Shape, path: &str, points_left: &mut usize) -> Result<Self, Problem> {
        let path = format!("{path}/coordinates");
        let polygons = match shape {
            Shape::Polygon(rings) => vec![polygon(rings, &path, points_left)?],
            Shape::MultiPolygon(polygons) if polygons.is_empty() => {
                return Err(Problem::new(path, "has no polygon"));
            }
            Shape::MultiPolygon(polygons) => {
                let all = polygons.iter_mut().enumerate();
                all.map(|(at, it)| polygon(it, &format!("{path}/{at}"), points_left))
                    .collect::<Result<_, _>>()?
            }
        };
        let mut outline = Self { polygons, borders: Vec::new() };
        let all = outline.polygons.iter().flatten();
        outline.borders = all.filter(|it| !outline.goes_on_beyond(it)).copied().collect();
        Ok(outline)
    }

    pub(crate) fn relation(&self, point: Point, accuracy_m: f64) -> Relation {
        let reach_m = accuracy_m * STRETCH + ROUNDED_M;
        let around = [point.lon, point.lon - WHOLE, point.lon + WHOLE];
        for lon in around {
            let flat = Flat::at(point.lat, lon);
            if self.borders.iter().any(|it| it.distance_m(&flat) <= reach_m) {
                return Relation::Across;
            }
        }
        if self.holds(point.lat, point.lon) { Relation::Within } else { Relation::Outside }
    }

    fn holds(&self, lat: i32, lon: i32) -> bool {
        let is_odd = |polygon: &Vec<Edge>, lon| {
            polygon.iter().filter(|it| it.is_crossed_east_of(lat, lon)).count() % 2 == 1
        };
        let around = [lon, lon - WHOLE, lon + WHOLE];
        self.polygons.iter().any(|it| around.iter().any(|lon| is_odd(it, *lon)))
    }

    /// Whether an edge is a cut at 180 degrees, beyond which the shape goes on.
    fn goes_on_beyond(&self, edge: &Edge) -> bool {
        let ((from, lon_a), (to, lon_b)) = (edge.from, edge.to);
        if lon_a != lon_b || lon_a.abs() != HALF {
            return false;
        }
        let beyond = if lon_a == HALF { -HALF + 1 } else { HALF - 1 };
        let inset = (to - from).signum();
        [from + inset, from + (to - from) / 2, to - inset].iter().all(|lat| self.holds(*lat, beyond))
    }
}

impl Circle {
    pub(crate) fn check(&self, path: &str) -> Result<Point, Problem> {
        let middle = Point::new(self.lat, self.lon).map_err(|error| Problem::new(path, error.to_string()))?;
        if !(RADIUS_M_MIN..=RADIUS_M_MAX).contains(&self.radius_m) {
            let what = format!("is between {RADIUS_M_MIN} and {RADIUS_M_MAX} metres");
            return Err(Problem::new(format!("{path}/radius_m"), what));
        }
        Ok(middle)
    }

    pub(crate) fn relation(&self, middle: Point, point: Point, accuracy_m: f64) -> Relation {
        let off_m = middle.distance_m(point);
        // The Earth is no sphere: the further, the more a distance may be off.
        let reach_m = accuracy_m + off_m * (STRETCH - 1.0) + ROUNDED_M;
        match () {
            () if off_m + reach_m <= self.radius_m => Relation::Within,
            () if off_m - reach_m > self.radius_m => Relation::Outside,
            () => Relation::Across,
        }
    }
}

/// A corner: latitude, and longitude, which goes on beyond 180 degrees where a ring does.
type Corner = (i32, i32);

/// The edges of a polygon: its outer ring first, then its holes.
fn polygon(rings: &mut [Ring], path: &str, points_left: &mut usize) -> Result<Vec<Edge>, Problem> {
    if rings.is_empty() {
        return Err(Problem::new(path, "has no ring"));
    }
    let points: usize = rings.iter().map(Vec::len).sum();
    *points_left = points_left.checked_sub(points).ok_or_else(|| {
        let what =
            format!("is too much: the shapes of a fence have {POINTS_MAX} points at most; simplify them");
        Problem::new(path, what)
    })?;
    let mut corners: Vec<Vec<Corner>> = Vec::with_capacity(rings.len());
    for (at, ring) in rings.iter().enumerate() {
        let mut found = closed(ring, &format!("{path}/{at}"))?;
        if let Some(outer) = corners.first() {
            beside(&mut found, outer);
        }
        corners.push(found);
    }
    if let Some(((ring, at), (of, to))) = crossing(&corners) {
        let what = format!("the line from here crosses the one from position {to} of ring {of}");
        return Err(Problem::new(format!("{path}/{ring}/{at}"), what));
    }
    for (at, (ring, found)) in rings.iter_mut().zip(&mut corners).enumerate() {
        let area = area(found);
        if area == 0 {
            return Err(Problem::new(format!("{path}/{at}"), "has no area"));
        }
        // Counterclockwise around the outside, clockwise around a hole.
        if (area > 0) != (at == 0) {
            ring.reverse();
            found.reverse();
        }
    }
    if let Some((outer, holes)) = corners.split_first()
        && let Some(at) = holes.iter().position(|it| !lies_in(it[0], outer))
    {
        let what = "is a hole, and does not lie within the polygon's first ring";
        return Err(Problem::new(format!("{path}/{}", at + 1), what));
    }
    Ok(corners.iter().flat_map(|it| edges(it)).collect())
}

fn edges(corners: &[Corner]) -> impl Iterator<Item = Edge> + '_ {
    corners.windows(2).map(|it| Edge { from: it[0], to: it[1] })
}

/// The corners of a ring, one after another without a leap at 180 degrees, the first once more at the end.
fn closed(ring: &Ring, path: &str) -> Result<Vec<Corner>, Problem> {
    if ring.len() < 4 {
        let what =
            format!("has {} positions, and four at least are needed: the first is the last", ring.len());
        return Err(Problem::new(path, what));
    }
    if ring.first() != ring.last() {
        return Err(Problem::new(path, "is not closed: its last position is its first once more"));
    }
    let mut corners: Vec<Corner> = Vec::with_capacity(ring.len());
    for (at, position) in ring.iter().enumerate() {
        let path = || format!("{path}/{at}");
        let (2..=3, Some(&lon), Some(&lat)) = (position.len(), position.first(), position.get(1)) else {
            return Err(Problem::new(path(), "is a longitude and a latitude"));
        };
        Point::new(lat, lon).map_err(|error| Problem::new(path(), error.to_string()))?;
        let (lat, lon) = ((lat * MICRO).round() as i32, (lon * MICRO).round() as i32);
        let lon = match corners.last() {
            // From one end of the map to the other is the whole way around.
            Some(&(_, before)) if (lon - before).abs() != WHOLE => near(lon, before),
            Some(&(_, before)) if before.abs() > HALF => near(lon, before),
            _ => lon,
        };
        corners.push((lat, lon));
    }
    if corners.first() != corners.last() {
        let what = "goes around a pole; cut it at 180 degrees (RFC 7946 §3.1.9)";
        return Err(Problem::new(path, what));
    }
    Ok(corners)
}

/// The same longitude, by no more than half the way around from another.
fn near(mut lon: i32, other: i32) -> i32 {
    while lon - other > HALF {
        lon -= WHOLE;
    }
    while other - lon > HALF {
        lon += WHOLE;
    }
    lon
}

/// Moves a hole of a polygon that goes on beyond 180 degrees to where the polygon is.
fn beside(hole: &mut [Corner], outer: &[Corner]) {
    for turn in [0, WHOLE, -WHOLE] {
        if lies_in((hole[0].0, hole[0].1 + turn), outer) {
            hole.iter_mut().for_each(|it| it.1 += turn);
            return;
        }
    }
}

fn lies_in((lat, lon): Corner, ring: &[Corner]) -> bool {
    edges(ring).filter(|it| it.is_crossed_east_of(lat, lon)).count() % 2 == 1
}

/// Twice the area; positive where it goes counterclockwise.
fn area(corners: &[Corner]) -> i128 {
    let cross = |a: Corner, b: Corner| i128::from(a.1) * i128::from(b.0) - i128::from(b.1) * i128::from(a.0);
    corners.windows(2).map(|it| cross(it[0], it[1])).sum()
}

/// A line of a polygon: its ring, and the position that it begins at.
type Place = (usize, usize);

/// The first two lines of a polygon that cross.
fn crossing(rings: &[Vec<Corner>]) -> Option<(Place, Place)> {
    let mut all: Vec<(Edge, usize, usize)> = rings
        .iter()
        .enumerate()
        .flat_map(|(ring, corners)| edges(corners).enumerate().map(move |(at, edge)| (edge, ring, at)))
        .collect();
    let south = |it: &Edge| it.from.0.min(it.to.0);
    let north = |it: &Edge| it.from.0.max(it.to.0);
    all.sort_by_key(|it| south(&it.0));
    let mut found: Option<(Place, Place)> = None;
    for (at, (edge, ring, place)) in all.iter().enumerate() {
        let others = all[at + 1..].iter().take_while(|it| south(&it.0) <= north(edge));
        for (_, of, to) in others.filter(|it| cross(edge, &it.0)) {
            let pair = ((*ring, *place).min((*of, *to)), (*ring, *place).max((*of, *to)));
            found = Some(found.map_or(pair, |it| it.min(pair)));
        }
    }
    found
}

/// Whether each has its ends on both sides of the other: those that only touch do not cross.
fn cross(a: &Edge, b: &Edge) -> bool {
    let side = |edge: &Edge, point: Corner| {
        let wide = |a: i32, b: i32| i64::from(a) - i64::from(b);
        (wide(edge.to.1, edge.from.1) * wide(point.0, edge.from.0)
            - wide(edge.to.0, edge.from.0) * wide(point.1, edge.from.1))
        .signum()
    };
    side(a, b.from) * side(a, b.to) < 0 && side(b, a.from) * side(b, a.to) < 0
}

#[cfg(test)]
mod tests;
