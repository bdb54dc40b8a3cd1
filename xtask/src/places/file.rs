//! The file of border lines. `access/places/src/regions/file.rs` reads it and describes it.

use super::outline::{Arc, Label, Point};
use std::collections::BTreeSet;

const MAGIC: &[u8] = b"places\0\x01";

pub(super) fn write(arcs: &[Arc]) -> Vec<u8> {
    let labels: BTreeSet<&Label> = arcs.iter().flat_map(|it| &it.labels).collect();
    let labels: Vec<&Label> = labels.into_iter().collect();
    let mut out = MAGIC.to_vec();
    number(&mut out, labels.len() as u64);
    for label in &labels {
        out.push(u8::from(label.is_enclave));
        out.push(label.code.len() as u8);
        out.extend_from_slice(label.code.as_bytes());
    }
    number(&mut out, arcs.len() as u64);
    let mut before = Point { lat: 0, lon: 0 };
    for arc in arcs {
        number(&mut out, arc.labels.len() as u64);
        for label in &arc.labels {
            let at = labels.binary_search(&label).expect("the label of a line is among those of all lines");
            number(&mut out, at as u64);
        }
        number(&mut out, arc.points.len() as u64);
        for point in &arc.points {
            signed(&mut out, point.lat - before.lat);
            signed(&mut out, point.lon - before.lon);
            before = *point;
        }
    }
    out
}

/// Seven bits a byte, the lowest first; all but the last have the eighth set.
fn number(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Small ones are short, whichever their sign.
fn signed(out: &mut Vec<u8>, value: i32) {
    number(out, u64::from(((value << 1) ^ (value >> 31)) as u32));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_its_places_and_steps_from_point_to_point() {
        let points = vec![Point { lat: 1, lon: -1 }, Point { lat: 101, lon: -1 }];
        let bytes = write(&[Arc { labels: vec![Label::of("AA")], points }]);
        let expected = [MAGIC, &[1, 0, 2], b"AA", &[1, 1, 0, 2, 2, 1, 200, 1, 0]].concat();
        assert_eq!(bytes, expected);
    }
}
