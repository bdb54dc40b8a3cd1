//! The file of border lines, as `cargo xtask places` writes it.
//!
//! Eight bytes that name it; the number of places, and of each a byte that says whether it is an enclave, the length of its code, the code; the
//! number of lines, and of each the number of places that it bounds, which ones, the number of its points, and of each point how many
//! ten-thousandths of a degree it is north and east of the point before it in the file. Numbers have seven bits a byte, the lowest first, and the
//! eighth set in all but the last; those with a sign have it in the lowest bit.

use super::{BANDS, EDGE_EAST_MAX, Line, NOBODY, Place, Regions, Set, Sides, band_of};
use crate::code::{Code, CodeError};
use crate::point::Edge;
use std::collections::HashMap;

const MAGIC: &[u8] = b"places\0\x01";
/// Of the file's steps, in millionths of a degree.
const STEP: i32 = 100;

/// Why a file is none of borders.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    #[error("this is no file of places, or one of another version")]
    Magic,
    #[error("the file of places ends early")]
    Short,
    #[error("the file has {found} places, and there is room for {max}")]
    Places { found: usize, max: usize },
    #[error("a line bounds no place that the file has, or more than four")]
    Side,
    #[error("a point of the file is not on the globe")]
    Point,
    #[error(transparent)]
    Code(#[from] CodeError),
}

impl Regions {
    /// Reads what `cargo xtask places` has written.
    pub fn read(bytes: &[u8]) -> Result<Self, FileError> {
        let mut rest = Rest(bytes.strip_prefix(MAGIC).ok_or(FileError::Magic)?);
        let count = rest.number()? as usize;
        if count > Set::PLACES_MAX {
            return Err(FileError::Places { found: count, max: Set::PLACES_MAX });
        }
        let places = (0..count).map(|_| rest.place()).collect::<Result<Vec<Place>, _>>()?;
        let mut numbers: HashMap<Sides, u32> = HashMap::new();
        let (mut sides, mut edges) = (Vec::new(), Vec::new());
        let mut before = (0, 0);
        for _ in 0..rest.number()? {
            let of_line = rest.sides(count)?;
            let number = *numbers.entry(of_line).or_insert_with(|| {
                sides.push(of_line);
                sides.len() as u32 - 1
            });
            let points = rest.number()?;
            for at in 0..points {
                let point = rest.point(before)?;
                if at > 0 {
                    cut(before, point, &mut |edge| edges.push(Line { edge, sides: number }));
                }
                before = point;
            }
        }
        Ok(Self::in_order(places, sides, edges))
    }

    fn in_order(places: Vec<Place>, sides: Vec<Sides>, edges: Vec<Line>) -> Self {
        let mut bands = vec![0_u32; BANDS + 1];
        let bands_of = |edge: &Edge| {
            let (low, high) = edge.latitudes();
            band_of(low)..=band_of(high)
        };
        for line in &edges {
            bands_of(&line.edge).for_each(|band| bands[band + 1] += 1);
        }
        for band in 0..BANDS {
            bands[band + 1] += bands[band];
        }
        let mut order: Vec<u32> = (0..edges.len() as u32).collect();
        order.sort_unstable_by_key(|it| edges[*it as usize].edge.east());
        let mut next = bands.clone();
        let nothing = Line { edge: Edge { from: (0, 0), to: (0, 0) }, sides: 0 };
        let mut lines = vec![nothing; bands[BANDS] as usize];
        for at in order {
            let line = edges[at as usize];
            for band in bands_of(&line.edge) {
                lines[next[band] as usize] = line;
                next[band] += 1;
            }
        }
        Self { places, sides, lines, bands }
    }
}

/// An edge as pieces that are not too long.
fn cut(from: (i32, i32), to: (i32, i32), push: &mut impl FnMut(Edge)) {
    let pieces = (to.1 - from.1).abs() / EDGE_EAST_MAX + 1;
    let part = |a: i32, b: i32, at: i32| {
        a + ((i64::from(b) - i64::from(a)) * i64::from(at) / i64::from(pieces)) as i32
    };
    let at = |piece: i32| (part(from.0, to.0, piece), part(from.1, to.1, piece));
    (0..pieces).for_each(|piece| push(Edge { from: at(piece), to: at(piece + 1) }));
}

/// What is left of a file.
struct Rest<'f>(&'f [u8]);

impl Rest<'_> {
    fn byte(&mut self) -> Result<u8, FileError> {
        let (first, rest) = self.0.split_first().ok_or(FileError::Short)?;
        self.0 = rest;
        Ok(*first)
    }

    fn number(&mut self) -> Result<u64, FileError> {
        let mut value = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(FileError::Short)
    }

    fn place(&mut self) -> Result<Place, FileError> {
        let (is_enclave, length) = (self.byte()? == 1, usize::from(self.byte()?));
        let (code, rest) = self.0.split_at_checked(length).ok_or(FileError::Short)?;
        self.0 = rest;
        Ok(Place { code: Code::parse(&String::from_utf8_lossy(code))?, is_enclave })
    }

    fn sides(&mut self, places: usize) -> Result<Sides, FileError> {
        let (mut sides, count) = ([NOBODY; 4], self.number()? as usize);
        if count == 0 || count > sides.len() {
            return Err(FileError::Side);
        }
        for side in &mut sides[..count] {
            let at = self.number()?;
            *side = u16::try_from(at).ok().filter(|it| usize::from(*it) < places).ok_or(FileError::Side)?;
        }
        Ok(sides)
    }

    fn point(&mut self, before: (i32, i32)) -> Result<(i32, i32), FileError> {
        let mut next = |before: i32, max: i32| {
            let value = u32::try_from(self.number()?).map_err(|_| FileError::Point)?;
            let steps = i64::from((value >> 1) as i32 ^ -((value & 1) as i32));
            let to = i64::from(before) + steps * i64::from(STEP);
            i32::try_from(to).ok().filter(|it| it.abs() <= max).ok_or(FileError::Point)
        };
        Ok((next(before.0, 90_000_000)?, next(before.1, 180_000_000)?))
    }
}
