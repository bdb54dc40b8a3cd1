//! Which part of a picture is shown, and how large: whole numbers alone.

use super::asset::{Focus, Shape};

/// Widths of what is shown whole, and of its crops; never more than there is.
const WIDTHS: [u32; 3] = [320, 640, 1280];
const SQUARE_WIDTHS: [u32; 2] = [320, 640];

/// A part of a picture, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Part {
    /// The largest part of that shape, with what must not be cut off as near to its middle as it can be.
    pub(super) fn of((width, height): (u32, u32), shape: Shape, focus: Focus) -> Part {
        let Some((wide, high)) = shape.ratio() else { return Part { left: 0, top: 0, width, height } };
        let by_height = u64::from(height) * u64::from(wide) / u64::from(high);
        let (part_width, part_height) = if by_height <= u64::from(width) {
            (by_height as u32, height)
        } else {
            (width, (u64::from(width) * u64::from(high) / u64::from(wide)) as u32)
        };
        let (part_width, part_height) = (part_width.max(1), part_height.max(1));
        let place = |whole: u32, part: u32, focus: u16| {
            let middle = u64::from(whole) * u64::from(focus) / 1_000;
            middle.saturating_sub(u64::from(part / 2)).min(u64::from(whole - part)) as u32
        };
        Part {
            left: place(width, part_width, focus.x),
            top: place(height, part_height, focus.y),
            width: part_width,
            height: part_height,
        }
    }

    /// The sizes that it is kept in, from the narrowest to the widest.
    pub(super) fn sizes(&self, shape: Shape) -> Vec<(u32, u32)> {
        let wanted: &[u32] = if shape == Shape::Square { &SQUARE_WIDTHS } else { &WIDTHS };
        let widest = wanted[wanted.len() - 1];
        let mut widths: Vec<u32> = wanted.iter().copied().filter(|it| *it < self.width).collect();
        if self.width <= widest {
            widths.push(self.width);
        }
        let height = |width: u32| {
            let height = (u64::from(width) * u64::from(self.height) + u64::from(self.width) / 2)
                / u64::from(self.width);
            (height as u32).max(1)
        };
        widths.into_iter().map(|width| (width, height(width))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_matters_is_in_the_middle_of_a_crop_or_as_near_as_it_can_be() {
        let part = |left, top, width, height| Part { left, top, width, height };
        let cases = [
            ((1000, 500), Shape::Square, (500, 500), part(250, 0, 500, 500)),
            ((1000, 500), Shape::Square, (0, 0), part(0, 0, 500, 500)),
            ((1000, 500), Shape::Square, (1000, 1000), part(500, 0, 500, 500)),
            ((1000, 500), Shape::Square, (600, 500), part(350, 0, 500, 500)),
            ((500, 1000), Shape::Square, (500, 200), part(0, 0, 500, 500)),
            ((1600, 1600), Shape::Wide, (500, 900), part(0, 700, 1600, 900)),
            ((1600, 1200), Shape::Whole, (0, 0), part(0, 0, 1600, 1200)),
        ];
        for (size, shape, (x, y), expected) in cases {
            assert_eq!(Part::of(size, shape, Focus { x, y }), expected, "{size:?} {shape:?} {x} {y}");
        }
    }

    #[test]
    fn sizes_are_never_more_than_there_is() {
        let sizes = |width, height, shape| Part { left: 0, top: 0, width, height }.sizes(shape);
        assert_eq!(sizes(4000, 3000, Shape::Whole), [(320, 240), (640, 480), (1280, 960)]);
        assert_eq!(sizes(1280, 720, Shape::Whole), [(320, 180), (640, 360), (1280, 720)]);
        assert_eq!(sizes(700, 350, Shape::Whole), [(320, 160), (640, 320), (700, 350)]);
        assert_eq!(sizes(100, 50, Shape::Whole), [(100, 50)]);
        assert_eq!(sizes(900, 900, Shape::Square), [(320, 320), (640, 640)]);
        assert_eq!(sizes(10_000, 1, Shape::Whole), [(320, 1), (640, 1), (1280, 1)]);
    }

    proptest! {
        #[test]
        fn a_part_is_in_its_picture_and_of_its_shape(
            size in (1..12_000_u32, 1..12_000_u32), x in 0..=1000_u16, y in 0..=1000_u16,
            shape in prop::sample::select(Shape::SHOWN.to_vec()),
        ) {
            let part = Part::of(size, shape, Focus { x, y });
            prop_assert!(part.width >= 1 && part.height >= 1);
            prop_assert!(part.left + part.width <= size.0 && part.top + part.height <= size.1, "{:?}", part);
            if let Some((wide, high)) = shape.ratio() && part.width > 1 && part.height > 1 {
                let (is, is_to_be) = (part.width * high, part.height * wide);
                prop_assert!(is.abs_diff(is_to_be) <= wide.max(high), "{:?}", part);
            }
            let sizes = part.sizes(shape);
            prop_assert!(!sizes.is_empty() && sizes.iter().all(|it| it.0 <= part.width && it.1 <= part.height));
        }
    }
}
