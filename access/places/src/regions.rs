//! In which country, and part of one, a point lies, and which others are near.

mod file;

pub use file::FileError;

use crate::code::Code;
use crate::point::{Edge, Flat, Point, STRETCH};

/// The borders that come with this crate: `data/ATTRIBUTION.md` says whose they are.
const OURS: &[u8] = include_bytes!("../data/regions.bin");

/// A border of our file is within so many metres of where it is, or people would be told of the wrong side: Natural Earth is drawn for maps of
/// 1 : 10 million. Whoever is nearer may be on either side.
pub const BORDER_ERROR_M: f64 = 2_000.0;
/// The same of enclaves, which are drawn better.
pub const ENCLAVE_ERROR_M: f64 = 800.0;
/// Whoever is this near to a coast, outside, is on a beach, in a harbour, or on land that our file is too coarse for.
const COAST_M: f64 = 5_000.0;
/// Whoever knows no better where they are can be anywhere.
pub const REACH_M_MAX: f64 = 100_000.0;

/// Bands of latitude by which lines are found, in millionths of a degree: 5.5 km.
const BAND: i32 = 50_000;
const BANDS: usize = 180_000_000 / BAND as usize + 1;
/// No edge is longer to the east than this, in millionths of a degree: longer ones are cut, so that a search among edges that are in order by
/// their eastern ends knows where to stop.
const EDGE_EAST_MAX: i32 = 500_000;
const AROUND: i32 = 360_000_000;

/// The places of the world.
///
/// A point is looked up among the lines of its band of latitude: a ray to the east crosses the lines of the places that it lies in an odd number
/// of times. Exact, on integers: 1 µs at the median, under 10 µs for the hundredth that takes longest (`benches/at.rs`).
pub struct Regions {
    places: Vec<Place>,
    /// Which places lines bound, four at most.
    sides: Vec<Sides>,
    /// The edges of each band after those of the band before, and of one band the one that reaches least far to the east first; an edge of two
    /// bands is there twice, since what is read in order is read fast.
    lines: Vec<Line>,
    /// Where each band begins in `lines`; one more for the end.
    bands: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Place {
    code: Code,
    /// It lies upon another, and hides it.
    is_enclave: bool,
}

type Sides = [u16; 4];
const NOBODY: u16 = u16::MAX;

#[derive(Clone, Copy)]
struct Line {
    edge: Edge,
    /// Which of `Regions::sides`.
    sides: u32,
}

/// Some of the places of [`Regions`].
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Set([u64; Set::WORDS]);

impl Set {
    const WORDS: usize = 8;
    const PLACES_MAX: usize = 64 * Self::WORDS;

    fn toggle(&mut self, at: u16) {
        self.0[usize::from(at) / 64] ^= 1 << (at % 64);
    }

    fn insert(&mut self, at: u16) {
        self.0[usize::from(at) / 64] |= 1 << (at % 64);
    }

    fn join(&mut self, other: &Self) {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word |= more;
        }
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|it| *it == 0)
    }

    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let bits = |word: u64| (0..64).filter(move |bit| word >> bit & 1 == 1);
        self.0.iter().enumerate().flat_map(move |(at, word)| bits(*word).map(move |bit| at * 64 + bit))
    }
}

/// Where a point lies.
#[derive(Clone)]
pub struct Found<'r> {
    regions: &'r Regions,
    within: Set,
    near: Set,
    /// From here to the nearest border between two places, if one is within reach.
    pub border_m: Option<f64>,
}

impl Found<'_> {
    /// The place that it lies in; more than one where our file cannot tell, none on the high seas.
    pub fn within(&self) -> impl Iterator<Item = Code> + '_ {
        self.within.iter().map(|it| self.regions.places[it].code)
    }

    /// That, and all places that may be within reach, for all that our file knows.
    pub fn near(&self) -> impl Iterator<Item = Code> + '_ {
        self.near.iter().map(|it| self.regions.places[it].code)
    }
}

impl std::fmt::Debug for Found<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Found")
            .field("within", &self.within().collect::<Vec<_>>())
            .field("near", &self.near().collect::<Vec<_>>())
            .field("border_m", &self.border_m.map(f64::round))
            .finish()
    }
}

impl Regions {
    /// Those of this crate: 40 ms and 12 MB.
    pub fn ours() -> Self {
        Self::read(OURS).expect("the file that was compiled in is one, as a test says")
    }

    /// Every place, countries and parts.
    pub fn codes(&self) -> impl Iterator<Item = Code> + '_ {
        self.places.iter().map(|it| it.code)
    }

    /// Whether fences can be drawn by this code: whether it is a place of this file, or a country of which there are parts.
    pub fn knows(&self, code: Code) -> bool {
        self.codes().any(|it| code.holds(it))
    }

    /// The parts of a country that are told apart; none where a country is one.
    pub fn parts(&self, country: Code) -> Vec<Code> {
        let mut parts: Vec<Code> =
            self.codes().filter(|it| it.country() == country && !it.is_country()).collect();
        parts.sort_unstable();
        parts.dedup();
        parts
    }

    /// Where a point lies, and what is within a reach of it, of [`REACH_M_MAX`] at most.
    pub fn at(&self, point: Point, reach_m: f64) -> Found<'_> {
        let crossed = self.crossed(point);
        let mut within = Set::default();
        crossed.iter().filter(|it| self.places[*it].is_enclave).for_each(|it| within.insert(it as u16));
        let is_in_enclave = !within.is_empty();
        if !is_in_enclave {
            within = crossed;
        }
        // Who cannot say how far can be anywhere.
        let reach_m = if reach_m.is_nan() { REACH_M_MAX } else { reach_m.clamp(0.0, REACH_M_MAX) };
        let mut nearest = (COAST_M, None);
        let (mut near, mut enclaves_near, mut border_m) = (Set::default(), Set::default(), f64::INFINITY);
        let look_m = (reach_m + BORDER_ERROR_M).max(if within.is_empty() { COAST_M } else { 0.0 }) * STRETCH;
        self.each_near(point, look_m, |line, metres| {
            let sides = &self.sides[line.sides as usize];
            let is_of_enclave = self.places[usize::from(sides[0])].is_enclave;
            let (error_m, beside) = match is_of_enclave {
                true => (ENCLAVE_ERROR_M, &mut enclaves_near),
                false => (BORDER_ERROR_M, &mut near),
            };
            if metres <= (reach_m + error_m) * STRETCH {
                sides.iter().filter(|it| **it != NOBODY).for_each(|it| beside.insert(*it));
            }
            if (is_of_enclave || sides[1] != NOBODY) && metres < border_m {
                border_m = metres;
            }
            if metres < nearest.0 {
                nearest = (metres, Some(line.sides));
            }
        });
        if within.is_empty()
            && let Some(line) = nearest.1
        {
            let sides: Sides = self.sides[line as usize];
            sides.iter().filter(|it| **it != NOBODY).for_each(|it| within.insert(*it));
        }
        match is_in_enclave {
            // What it lies upon is hidden, but beyond its border.
            true if enclaves_near.is_empty() => near = Set::default(),
            true => near.join(&crossed),
            false if within.is_empty() => (near, enclaves_near) = (Set::default(), Set::default()),
            false => {}
        }
        near.join(&enclaves_near);
        near.join(&within);
        let border_m = (border_m <= reach_m).then_some(border_m);
        Found { regions: self, within, near, border_m }
    }

    /// The places whose lines a ray to the east crosses an odd number of times.
    fn crossed(&self, Point { lat, lon }: Point) -> Set {
        let mut crossed = Set::default();
        let band = self.band(band_of(lat));
        let from = band.partition_point(|it| it.edge.east() <= lon);
        for line in &band[from..] {
            if line.edge.is_crossed_east_of(lat, lon) {
                for &side in self.sides[line.sides as usize].iter().filter(|it| **it != NOBODY) {
                    crossed.toggle(side);
                }
            }
        }
        crossed
    }

    fn band(&self, at: usize) -> &[Line] {
        &self.lines[self.bands[at] as usize..self.bands[at + 1] as usize]
    }

    /// Each line within so many metres, with how far it is; one of several bands more than once.
    fn each_near(&self, point: Point, metres: f64, mut each: impl FnMut(&Line, f64)) {
        let flat = Flat::at(point.lat, point.lon);
        let (north, east) = flat.reach(metres);
        let bands = band_of(point.lat.saturating_sub(north))..=band_of(point.lat.saturating_add(north));
        // What is near beyond 180 degrees is on the other side of the file.
        for lon in [point.lon, point.lon - AROUND, point.lon + AROUND] {
            let (west, east) = (lon.saturating_sub(east), lon.saturating_add(east));
            if east < -180_000_000 || west > 180_000_000 {
                continue;
            }
            let flat = Flat::at(point.lat, lon);
            for band in bands.clone() {
                let band = self.band(band);
                let from = band.partition_point(|it| it.edge.east() < west);
                for line in &band[from..] {
                    if line.edge.east() - EDGE_EAST_MAX > east {
                        break;
                    }
                    let (low, high) = line.edge.latitudes();
                    let is_far = line.edge.west() > east
                        || high < point.lat.saturating_sub(north)
                        || low > point.lat.saturating_add(north);
                    if is_far || line.edge.is_cut() {
                        continue;
                    }
                    let metres_off = line.edge.distance_m(&flat);
                    if metres_off <= metres {
                        each(line, metres_off);
                    }
                }
            }
        }
    }
}

fn band_of(lat: i32) -> usize {
    ((lat.clamp(-90_000_000, 90_000_000) + 90_000_000) / BAND) as usize
}

impl Edge {
    fn east(&self) -> i32 {
        self.from.1.max(self.to.1)
    }

    fn west(&self) -> i32 {
        self.from.1.min(self.to.1)
    }

    fn latitudes(&self) -> (i32, i32) {
        (self.from.0.min(self.to.0), self.from.0.max(self.to.0))
    }

    /// Whether it is where the sheet of the map ends, and no border.
    fn is_cut(&self) -> bool {
        let ((lat_a, lon_a), (lat_b, lon_b)) = (self.from, self.to);
        (lon_a == lon_b && lon_a.abs() == 180_000_000) || (lat_a == lat_b && lat_a.abs() == 90_000_000)
    }
}
