//! From polygons to border lines: each line once, with the places that it bounds.
//!
//! A line that two neighbours share is the same points in both, so the edges of all polygons are gathered by their ends; a place that has an edge
//! twice, since its own parts meet there, does not end there. Whoever counts how often a ray crosses the lines of a place (even or odd) knows
//! whether it began within.

use anyhow::bail;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A ten-thousandth of a degree: 11 m.
const STEPS_PER_DEGREE: f64 = 10_000.0;
/// What is left out of a line lies no further from what is kept, in steps: some 90 m.
const LEFT_OUT_MAX: f64 = 8.0;
/// The same where a line is of enclaves: some 11 m.
const LEFT_OUT_OF_ENCLAVES_MAX: f64 = 1.0;

/// In steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Point {
    pub(super) lat: i32,
    pub(super) lon: i32,
}

impl Point {
    /// A position of GeoJSON: longitude, then latitude.
    pub(super) fn read(position: &Value) -> Option<Self> {
        let step = |at: usize| Some((position.get(at)?.as_f64()? * STEPS_PER_DEGREE).round() as i32);
        Some(Self { lat: step(1)?, lon: step(0)? })
    }
}

/// Closed: the last point is the first.
pub(super) type Ring = Vec<Point>;

/// What a line bounds: a place, which an enclave lies upon.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Label {
    pub(super) is_enclave: bool,
    pub(super) code: String,
}

impl Label {
    pub(super) fn of(code: &str) -> Self {
        Self { is_enclave: false, code: code.to_owned() }
    }

    pub(super) fn enclave(code: &str) -> Self {
        Self { is_enclave: true, code: code.to_owned() }
    }
}

/// A line, with the places that it bounds.
#[derive(Debug, PartialEq)]
pub(super) struct Arc {
    pub(super) labels: Vec<Label>,
    pub(super) points: Vec<Point>,
}

/// The edges of all polygons.
#[derive(Default)]
pub(super) struct Outline {
    labels: BTreeMap<Label, u16>,
    /// By their ends, the lesser first.
    edges: BTreeMap<(Point, Point), BTreeSet<u16>>,
}

impl Outline {
    pub(super) fn add(&mut self, label: Label, polygon: &[Ring]) -> anyhow::Result<()> {
        let next = self.labels.len() as u16;
        let label = *self.labels.entry(label).or_insert(next);
        for ring in polygon {
            if ring.first() != ring.last() {
                bail!("a ring that is not closed, at {:?}", ring.first());
            }
            for pair in ring.windows(2) {
                let (a, b) = (pair[0].min(pair[1]), pair[0].max(pair[1]));
                // Points that one step holds are one.
                if a != b {
                    let of = self.edges.entry((a, b)).or_default();
                    if !of.remove(&label) {
                        of.insert(label);
                    }
                }
            }
        }
        Ok(())
    }

    /// The lines, in an order that follows from them alone.
    pub(super) fn arcs(mut self) -> anyhow::Result<Vec<Arc>> {
        self.edges.retain(|_, of| !of.is_empty());
        let mut around: BTreeMap<Point, Vec<Point>> = BTreeMap::new();
        for &(a, b) in self.edges.keys() {
            around.entry(a).or_default().push(b);
            around.entry(b).or_default().push(a);
        }
        let names: BTreeMap<u16, Label> = self.labels.iter().map(|(it, at)| (*at, it.clone())).collect();
        let key = |a: Point, b: Point| (a.min(b), a.max(b));
        let is_end = |at: Point| match around[&at].as_slice() {
            [a, b] => self.edges[&key(at, *a)] != self.edges[&key(at, *b)],
            _ => true,
        };
        let mut left: BTreeSet<(Point, Point)> = self.edges.keys().copied().collect();
        let mut arcs = Vec::new();
        let mut follow = |from: Point, to: Point, left: &mut BTreeSet<(Point, Point)>| {
            let mut points = vec![from, to];
            left.remove(&key(from, to));
            let (mut before, mut at) = (from, to);
            while !is_end(at) && at != from {
                let next = *around[&at].iter().find(|it| **it != before).unwrap_or(&before);
                if !left.remove(&key(at, next)) {
                    break;
                }
                points.push(next);
                (before, at) = (at, next);
            }
            let labels: Vec<Label> = self.edges[&key(from, to)].iter().map(|it| names[it].clone()).collect();
            arcs.push(Arc { points: simple(points, &labels), labels });
        };
        // From where lines meet, then what is left: rings that meet nothing.
        for &end in around.keys().filter(|it| is_end(**it)) {
            for &to in &around[&end] {
                if left.contains(&key(end, to)) {
                    follow(end, to, &mut left);
                }
            }
        }
        while let Some(&(from, to)) = left.first() {
            follow(from, to, &mut left);
        }
        Ok(arcs)
    }
}

/// A line without the points that it can do without (Douglas and Peucker); its ends stay.
fn simple(points: Vec<Point>, labels: &[Label]) -> Vec<Point> {
    let is_enclave = labels.iter().any(|it| it.is_enclave);
    let left_out_max = if is_enclave { LEFT_OUT_OF_ENCLAVES_MAX } else { LEFT_OUT_MAX };
    let last = points.len() - 1;
    let mut keep = vec![false; points.len()];
    (keep[0], keep[last]) = (true, true);
    let mut parts = vec![(0, last)];
    if points[0] == points[last] {
        // A ring keeps what is furthest from where it begins, and one more on each side of that: it stays one.
        let away = |it: &usize| square(points[*it], points[0]);
        let middle = (1..last).max_by_key(away).unwrap_or(1);
        keep[middle] = true;
        parts = vec![(0, middle), (middle, last)];
        let off = |&it: &usize| (distance(points[it], points[0], points[middle]) * 1_000.0) as i64;
        if let Some(third) = (1..last).filter(|it| *it != middle).max_by_key(off) {
            keep[third] = true;
            parts = match third < middle {
                true => vec![(0, third), (third, middle), (middle, last)],
                false => vec![(0, middle), (middle, third), (third, last)],
            };
        }
    }
    while let Some((from, to)) = parts.pop() {
        let furthest = (from + 1..to)
            .map(|it| (distance(points[it], points[from], points[to]), it))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((off, at)) = furthest.filter(|it| it.0 > left_out_max) {
            debug_assert!(off.is_finite());
            keep[at] = true;
            parts.extend([(from, at), (at, to)]);
        }
    }
    points.into_iter().zip(keep).filter_map(|(point, keep)| keep.then_some(point)).collect()
}

fn square(a: Point, b: Point) -> i64 {
    let (lat, lon) = (i64::from(a.lat - b.lat), i64::from(a.lon - b.lon));
    lat * lat + lon * lon
}

/// From a point to the line between two others, in steps of latitude. By sums and products alone, so that every machine writes the same file.
fn distance(point: Point, from: Point, to: Point) -> f64 {
    let east = cosine(f64::from(point.lat) / STEPS_PER_DEGREE);
    let flat = |it: Point| (f64::from(it.lon - from.lon) * east, f64::from(it.lat - from.lat));
    let ((x, y), (dx, dy)) = (flat(point), flat(to));
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 { ((x * dx + y * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    let (x, y) = (x - along * dx, y - along * dy);
    (x * x + y * y).sqrt()
}

/// Of an angle in degrees, as its series begins: within a thousandth up to the poles.
fn cosine(degrees: f64) -> f64 {
    let square = (degrees * (std::f64::consts::PI / 180.0)) * (degrees * (std::f64::consts::PI / 180.0));
    1.0 - square / 2.0 * (1.0 - square / 12.0 * (1.0 - square / 30.0 * (1.0 - square / 56.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(points: &[(i32, i32)]) -> Ring {
        points.iter().map(|&(lat, lon)| Point { lat, lon }).collect()
    }

    #[test]
    fn a_border_of_two_neighbours_is_one_line_that_both_have() {
        let mut outline = Outline::default();
        let west = ring(&[(0, 0), (1_000, 0), (1_000, 1_000), (0, 1_000), (0, 0)]);
        let east = ring(&[(0, 1_000), (0, 2_000), (1_000, 2_000), (1_000, 1_000), (0, 1_000)]);
        outline.add(Label::of("AA"), &[west]).unwrap();
        outline.add(Label::of("BB"), &[east]).unwrap();
        let arcs = outline.arcs().unwrap();
        let labels: Vec<Vec<&str>> =
            arcs.iter().map(|it| it.labels.iter().map(|it| it.code.as_str()).collect()).collect();
        assert_eq!(labels, [vec!["AA"], vec!["BB"], vec!["AA", "BB"]]);
        assert_eq!(arcs[2].points.len(), 2);
    }

    #[test]
    fn where_the_parts_of_a_place_meet_there_is_no_line() {
        let mut outline = Outline::default();
        for side in [0, 1_000] {
            let square =
                ring(&[(0, side), (1_000, side), (1_000, side + 1_000), (0, side + 1_000), (0, side)]);
            outline.add(Label::of("AA"), &[square]).unwrap();
        }
        let arcs = outline.arcs().unwrap();
        assert_eq!(arcs.len(), 1);
        assert_eq!(arcs[0].points.first(), arcs[0].points.last());
    }

    #[test]
    fn a_line_keeps_what_is_further_off_than_may_be_left_out() {
        let line = ring(&[(0, 0), (5, 500), (0, 1_000), (9, 1_500), (0, 2_000)]);
        assert_eq!(simple(line.clone(), &[Label::of("AA")]), ring(&[(0, 0), (9, 1_500), (0, 2_000)]));
        assert_eq!(simple(line.clone(), &[Label::enclave("AA")]), line);
        // A small island is left as a triangle.
        let island = ring(&[(0, 0), (0, 3), (3, 3), (3, 0), (0, 0)]);
        assert_eq!(simple(island, &[Label::of("AA")]).len(), 4);
    }

    #[test]
    fn the_cosine_is_one() {
        for degrees in [-90.0_f64, -60.0, 0.0, 12.5, 45.0, 89.0] {
            assert!((cosine(degrees) - degrees.to_radians().cos()).abs() < 1e-3, "{degrees}");
        }
    }

    #[test]
    fn a_ring_that_is_open_is_refused() {
        let open = ring(&[(0, 0), (0, 3), (3, 3)]);
        assert!(Outline::default().add(Label::of("AA"), &[open]).is_err());
    }
}
