//! From bytes to pixels, whatever the bytes: within limits of size and memory, upright, in sRGB, of eight bits.

use super::error::Refused;
use super::format::Given;
use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder, DynamicImage, ImageDecoder, ImageError, Limits};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};
use std::io::Cursor;

/// Bytes of an upload.
pub const BYTES_MAX: usize = 20 << 20;
/// Pixels of one: a camera's.
pub const PIXELS_MAX: u64 = 40_000_000;
/// Pixels of a side.
pub const SIDE_MAX: u32 = 12_000;
/// What decoding may take, bytes. With what turning and changing colours take, one upload needs three times of it at most.
pub const DECODE_BYTES_MAX: u64 = 256 << 20;
/// Bytes of a colour profile: those of cameras and screens have a few thousand.
const PROFILE_BYTES_MAX: usize = 1 << 20;

/// A picture as it is looked at: [`DynamicImage::ImageRgb8`], or [`DynamicImage::ImageRgba8`] where it can be seen through.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) given: Given,
    pub(super) pixels: DynamicImage,
}

pub(super) fn picture(bytes: &[u8]) -> Result<Picture, Refused> {
    if bytes.len() > BYTES_MAX {
        return Err(Refused::Bytes { bytes: bytes.len(), max: BYTES_MAX });
    }
    let given = Given::sniff(bytes)?;
    let file = || Cursor::new(bytes);
    let pixels = match given {
        // Its decoder paints what is missing grey.
        Given::Jpeg if !is_whole_jpeg(bytes) => {
            return Err(Refused::Broken { reason: "it is cut off".to_owned() });
        }
        Given::Jpeg => pixels(JpegDecoder::new(file()).map_err(refused)?)?,
        Given::Png => {
            let decoder = PngDecoder::with_limits(file(), limits()).map_err(refused)?;
            if decoder.is_apng().map_err(refused)? {
                return Err(Refused::Moving);
            }
            pixels(decoder)?
        }
        Given::Webp => {
            let decoder = WebPDecoder::new(file()).map_err(refused)?;
            if decoder.has_animation() {
                return Err(Refused::Moving);
            }
            pixels(decoder)?
        }
        Given::Gif => {
            let mut decoder = GifDecoder::new(file()).map_err(refused)?;
            check_size(decoder.dimensions())?;
            decoder.set_limits(limits()).map_err(refused)?;
            if matches!(decoder.into_frames().nth(1), Some(Ok(_))) {
                return Err(Refused::Moving);
            }
            pixels(GifDecoder::new(file()).map_err(refused)?)?
        }
    };
    Ok(Picture { given, pixels })
}

/// Whether its segments lead to its end (ITU T.81, B.1.1): what comes behind is nothing to us.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    const END: u8 = 0xd9;
    const SCAN: u8 = 0xda;
    let mut at = 2;
    loop {
        // A marker, with any number of fill bytes before it.
        while bytes.get(at) == Some(&0xff) && bytes.get(at + 1) == Some(&0xff) {
            at += 1;
        }
        let (Some(0xff), Some(&marker)) = (bytes.get(at), bytes.get(at + 1)) else { return false };
        if marker == END {
            return true;
        }
        let Some(length) = bytes.get(at + 2..at + 4) else { return false };
        at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]]));
        if marker == SCAN {
            // What follows has no markers in it but those that it begins again at.
            let is_marker = |it: &[u8]| it[0] == 0xff && !matches!(it[1], 0 | 0xd0..=0xd7 | 0xff);
            match bytes.get(at..).and_then(|rest| rest.windows(2).position(is_marker)) {
                Some(offset) => at += offset,
                None => return false,
            }
        }
    }
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(DECODE_BYTES_MAX);
    limits
}

/// Before anything is decoded: a file of a few bytes may say that it is as wide as it likes.
fn check_size((width, height): (u32, u32)) -> Result<(), Refused> {
    let is_good = width > 0 && height > 0 && width.max(height) <= SIDE_MAX;
    if is_good && u64::from(width) * u64::from(height) <= PIXELS_MAX {
        return Ok(());
    }
    Err(Refused::Large { megapixels_max: PIXELS_MAX / 1_000_000, side_max: SIDE_MAX })
}

fn pixels(mut decoder: impl ImageDecoder) -> Result<DynamicImage, Refused> {
    check_size(decoder.dimensions())?;
    if decoder.total_bytes() > DECODE_BYTES_MAX {
        return Err(Refused::Heavy);
    }
    decoder.set_limits(limits()).map_err(refused)?;
    // What a camera says of its colours and of how it was held; all else that it says is not looked at.
    let profile = decoder.icc_profile().ok().flatten();
    let orientation = decoder.orientation().map_err(refused)?;
    let decoded = DynamicImage::from_decoder(decoder).map_err(refused)?;
    let mut pixels = eight_bits(decoded);
    if let Some(profile) = profile.filter(|it| it.len() <= PROFILE_BYTES_MAX) {
        to_srgb(&mut pixels, &profile);
    }
    pixels.apply_orientation(orientation);
    Ok(pixels)
}

fn eight_bits(decoded: DynamicImage) -> DynamicImage {
    if !decoded.color().has_alpha() {
        return DynamicImage::ImageRgb8(decoded.into_rgb8());
    }
    let pixels = decoded.into_rgba8();
    if pixels.pixels().all(|it| it[3] == u8::MAX) {
        return DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(pixels).into_rgb8());
    }
    DynamicImage::ImageRgba8(pixels)
}

/// Colours of another profile are those that a page shows. A profile that is none, or of ink, leaves them as they were decoded.
fn to_srgb(pixels: &mut DynamicImage, profile: &[u8]) {
    let Ok(profile) = ColorProfile::new_from_slice(profile) else { return };
    if profile.color_space != DataColorSpace::Rgb {
        return;
    }
    let layout = if pixels.color().has_alpha() { Layout::Rgba } else { Layout::Rgb };
    let srgb = ColorProfile::new_srgb();
    let Ok(transform) = profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default())
    else {
        return;
    };
    let before = pixels.as_bytes().to_vec();
    let mut after = vec![0; before.len()];
    if transform.transform(&before, &mut after).is_ok() {
        match pixels {
            DynamicImage::ImageRgb8(it) => it.copy_from_slice(&after),
            DynamicImage::ImageRgba8(it) => it.copy_from_slice(&after),
            _ => {}
        }
    }
}

fn refused(error: ImageError) -> Refused {
    match error {
        ImageError::Limits(_) => Refused::Heavy,
        error => {
            let reason = error.to_string();
            Refused::Broken { reason: reason.chars().filter(|it| !it.is_control()).take(200).collect() }
        }
    }
}
