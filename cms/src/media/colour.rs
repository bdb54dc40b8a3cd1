//! What most of a picture is: shown in its place until it is there.

use image::DynamicImage;
use std::collections::HashMap;

/// Pixels of the picture that is counted, on its longer side.
const SIDE: u32 = 64;

/// The colour that there is most of, as 0xRRGGBB: the mean of the fullest of 512 boxes of colours. What is seen through counts as little as it is seen.
pub(super) fn dominant(pixels: &DynamicImage) -> u32 {
    let small = pixels.thumbnail(SIDE, SIDE).into_rgba8();
    // For each box: how much of it, and the sums of red, green and blue.
    let mut boxes: HashMap<[u8; 3], [u64; 4]> = HashMap::new();
    for pixel in small.pixels() {
        let [red, green, blue, alpha] = pixel.0;
        let sums = boxes.entry([red, green, blue].map(|it| it >> 5)).or_default();
        let weight = u64::from(alpha);
        sums[0] += weight;
        for (sum, part) in sums[1..].iter_mut().zip([red, green, blue]) {
            *sum += weight * u64::from(part);
        }
    }
    let fullest = boxes.into_iter().max_by_key(|(at, sums)| (sums[0], *at));
    match fullest {
        Some((_, [weight, red, green, blue])) if weight > 0 => {
            let mean = |sum: u64| (sum / weight) as u32;
            mean(red) << 16 | mean(green) << 8 | mean(blue)
        }
        // Nothing is seen of it.
        _ => 0xff_ff_ff,
    }
}
