//! Points on the globe, and how far they are from lines.

use std::fmt;

/// Metres a degree of latitude, on a sphere with the Earth's mean radius. The Earth is flatter: distances are off by 0.6 % at most, which
/// [`STRETCH`] makes up for.
const METRES_PER_DEGREE: f64 = 111_195.08;
/// What a distance that must not be missed is multiplied by.
pub(crate) const STRETCH: f64 = 1.01;
pub(crate) const MICRO: f64 = 1e6;
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Where something is, in millionths of a degree: 0.1 m. How it is shown says nothing, so that no log has it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    pub(crate) lat: i32,
    /// From -180 up to, but not, +180 degrees.
    pub(crate) lon: i32,
}

/// Numbers that are no place on the globe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointError {
    #[error("a latitude is between -90 and 90 degrees")]
    Latitude,
    #[error("a longitude is between -180 and 180 degrees")]
    Longitude,
}

impl Point {
    /// In degrees. 180 degrees east are 180 degrees west.
    pub fn new(lat: f64, lon: f64) -> Result<Self, PointError> {
        if !(-90.0..=90.0).contains(&lat) {
            return Err(PointError::Latitude);
        }
        if !(-180.0..=180.0).contains(&lon) {
            return Err(PointError::Longitude);
        }
        let micro = |degrees: f64| (degrees * MICRO).round() as i32;
        let lon = if micro(lon) == 180_000_000 { -180_000_000 } else { micro(lon) };
        Ok(Self { lat: micro(lat), lon })
    }

    pub(crate) fn lat_degrees(self) -> f64 {
        f64::from(self.lat) / MICRO
    }

    pub(crate) fn lon_degrees(self) -> f64 {
        f64::from(self.lon) / MICRO
    }

    /// Along a great circle.
    pub fn distance_m(self, other: Self) -> f64 {
        let (a, b) = (self.lat_degrees().to_radians(), other.lat_degrees().to_radians());
        let east = (other.lon_degrees() - self.lon_degrees()).to_radians();
        let half = |it: f64| (it / 2.0).sin().powi(2);
        let chord = half(b - a) + a.cos() * b.cos() * half(east);
        2.0 * EARTH_RADIUS_M * chord.clamp(0.0, 1.0).sqrt().asin()
    }
}

impl fmt::Debug for Point {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Point(not shown)")
    }
}

/// A line from one place to another, straight in latitude and longitude (RFC 7946 §3.1.1). Its longitudes may lie beyond 180 degrees, where what
/// it is a part of does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub(crate) from: (i32, i32),
    pub(crate) to: (i32, i32),
}

impl Edge {
    /// Whether a ray to the east from here crosses it. Exact: of the two edges that meet on the ray it crosses one, or both or none where they
    /// turn back.
    pub(crate) fn is_crossed_east_of(&self, lat: i32, lon: i32) -> bool {
        let ((lat_a, lon_a), (lat_b, lon_b)) = (self.from, self.to);
        if (lat_a > lat) == (lat_b > lat) {
            return false;
        }
        if lon_a.max(lon_b) <= lon {
            return false;
        }
        if lon_a.min(lon_b) > lon {
            return true;
        }
        let wide = |a: i32, b: i32| i64::from(a) - i64::from(b);
        let side = wide(lon_b, lon_a) * wide(lat, lat_a) - wide(lat_b, lat_a) * wide(lon, lon_a);
        (side > 0) == (lat_b > lat_a)
    }

    /// How far it is from here, on a plane that touches the globe here: for what is near.
    pub(crate) fn distance_m(&self, flat: &Flat) -> f64 {
        let (x, y) = flat.of(self.from);
        let (to_x, to_y) = flat.of(self.to);
        let (dx, dy) = (to_x - x, to_y - y);
        let length = dx * dx + dy * dy;
        let along = if length > 0.0 { (-(x * dx + y * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
        let (x, y) = (x + along * dx, y + along * dy);
        (x * x + y * y).sqrt()
    }
}

/// The plane that touches the globe at a point, in metres east and north of it.
pub(crate) struct Flat {
    lat: f64,
    lon: f64,
    east: f64,
    north: f64,
}

impl Flat {
    pub(crate) fn at(lat: i32, lon: i32) -> Self {
        let north = METRES_PER_DEGREE / MICRO;
        let east = north * (f64::from(lat) / MICRO).to_radians().cos().max(0.0);
        Self { lat: f64::from(lat), lon: f64::from(lon), east, north }
    }

    fn of(&self, (lat, lon): (i32, i32)) -> (f64, f64) {
        ((f64::from(lon) - self.lon) * self.east, (f64::from(lat) - self.lat) * self.north)
    }

    /// How far north or south, and east or west, something within so many metres may lie, in millionths of a degree.
    pub(crate) fn reach(&self, metres: f64) -> (i32, i32) {
        let whole = 360.0 * MICRO;
        let lat = (metres / self.north).min(whole).ceil();
        let lon = if self.east > 0.0 { (metres / self.east).min(whole).ceil() } else { whole };
        (lat as i32, lon as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_on_the_globe() {
        for (lat, lon, expected) in [
            (0.0, 0.0, Ok((0, 0))),
            (90.0, 180.0, Ok((90_000_000, -180_000_000))),
            (-90.0, -180.0, Ok((-90_000_000, -180_000_000))),
            (12.9716, 77.5946, Ok((12_971_600, 77_594_600))),
            (90.000_001, 0.0, Err(PointError::Latitude)),
            (f64::NAN, 0.0, Err(PointError::Latitude)),
            (0.0, f64::INFINITY, Err(PointError::Longitude)),
            (0.0, -180.1, Err(PointError::Longitude)),
        ] {
            assert_eq!(Point::new(lat, lon).map(|it| (it.lat, it.lon)), expected, "{lat} {lon}");
        }
        assert_eq!(format!("{:?}", Point::new(12.9716, 77.5946)), "Ok(Point(not shown))");
    }

    #[test]
    fn distances_are_those_of_the_globe() {
        let point = |lat, lon| Point::new(lat, lon).unwrap();
        for (a, b, km) in [
            (point(12.9716, 77.5946), point(13.0827, 80.2707), 290.2),
            (point(0.0, 179.5), point(0.0, -179.5), 111.2),
            (point(90.0, 0.0), point(-90.0, 50.0), 20_015.1),
            (point(5.0, 5.0), point(5.0, 5.0), 0.0),
        ] {
            assert!((a.distance_m(b) / 1_000.0 - km).abs() < 0.5, "{}", a.distance_m(b));
        }
    }

    #[test]
    fn a_ray_through_a_corner_crosses_one_of_its_two_edges() {
        let corner = (0, 10);
        let up = Edge { from: corner, to: (10, 20) };
        let down = Edge { from: (-10, 20), to: corner };
        assert_eq!([up, down].iter().filter(|it| it.is_crossed_east_of(0, 0)).count(), 1);
        assert!(![up, down].iter().any(|it| it.is_crossed_east_of(0, 11)));
    }
}
