//! Coarse cells of the globe: what is kept of where somebody was.

use crate::point::{MICRO, Point};

/// About ten kilometres of the globe to each side: 0.1 degrees of latitude, and as many of longitude as are as long there.
///
/// A point cannot be had back from it, and no two people in a town differ by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell(i32);

/// Rows of cells, and the most that a row has.
const ROWS: i32 = 1_800;
const IN_ROW_MAX: i32 = 3_600;

impl Cell {
    /// No point of a cell is further from its middle.
    pub const RADIUS_M: f64 = 8_500.0;

    pub fn of(point: Point) -> Self {
        let row = ((point.lat_degrees() + 90.0) * 10.0).floor().clamp(0.0, f64::from(ROWS - 1)) as i32;
        let count = in_row(row);
        let along = (point.lon_degrees() + 180.0) / 360.0 * f64::from(count);
        Self(row * IN_ROW_MAX + (along.floor() as i32).clamp(0, count - 1))
    }

    /// As it is kept.
    pub fn number(self) -> i32 {
        self.0
    }

    /// None where there is no such cell.
    pub fn of_number(number: i32) -> Option<Self> {
        let (row, at) = (number.div_euclid(IN_ROW_MAX), number.rem_euclid(IN_ROW_MAX));
        ((0..ROWS).contains(&row) && at < in_row(row)).then_some(Self(number))
    }

    /// Its middle.
    pub fn middle(self) -> Point {
        let (row, at) = (self.0 / IN_ROW_MAX, self.0 % IN_ROW_MAX);
        let lon = (f64::from(at) + 0.5) * 360.0 / f64::from(in_row(row)) - 180.0;
        let lat = (f64::from(row) + 0.5) / 10.0 - 90.0;
        Point { lat: (lat * MICRO).round() as i32, lon: (lon * MICRO).round() as i32 }
    }
}

/// How many cells a row has: fewer towards the poles, where it is shorter.
fn in_row(row: i32) -> i32 {
    let middle = (f64::from(row) + 0.5) / 10.0 - 90.0;
    ((f64::from(IN_ROW_MAX) * middle.to_radians().cos()).round() as i32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_point_is_near_the_middle_of_its_cell(lat in -90.0..=90.0_f64, lon in -180.0..=180.0_f64) {
            let point = Point::new(lat, lon).unwrap();
            let cell = Cell::of(point);
            prop_assert_eq!(Cell::of_number(cell.number()), Some(cell));
            prop_assert_eq!(Cell::of(cell.middle()), cell);
            prop_assert!(cell.middle().distance_m(point) <= Cell::RADIUS_M, "{}", cell.middle().distance_m(point));
        }
    }

    #[test]
    fn a_town_is_one_cell_or_few_and_a_cell_hides_who_is_where() {
        let cell = |lat, lon| Cell::of(Point::new(lat, lon).unwrap());
        assert_eq!(cell(12.9716, 77.5946), cell(12.9352, 77.6245));
        assert_ne!(cell(12.9716, 77.5946), cell(13.1986, 77.7066));
        for number in [-1, i32::MIN, i32::MAX, ROWS * IN_ROW_MAX, IN_ROW_MAX - 1] {
            assert_eq!(Cell::of_number(number), None, "{number}");
        }
    }
}
