//! From pixels to the files that are kept.

use super::asset::{Focus, Shape};
use super::crop::Part;
use super::error::Error;
use super::format::Format;
use bytes::Bytes;
use fast_image_resize::{ResizeOptions, Resizer};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, GenericImageView};
use sha2::{Digest, Sha256};
use webp::PixelLayout;

/// Of 100: what is lost beyond is not seen on a phone.
const WEBP_QUALITY: f32 = 80.0;
const JPEG_QUALITY: u8 = 82;
/// Of the one that others are made of later.
const MASTER_QUALITY: u8 = 92;
/// Its longer side, pixels: twice what is shown at most, for crops.
const MASTER_SIDE_MAX: u32 = 2_560;

/// A file that is to be kept.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) shape: Shape,
    pub(super) format: Format,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bytes: Bytes,
}

impl Made {
    /// Where it is kept: under its asset, by the version that it comes with and its content. No other file ever has that name.
    pub(super) fn name(&self, media_id: &str, version: i32) -> String {
        let hash = Sha256::digest(&self.bytes);
        let hash: String = hash.iter().take(8).map(|it| format!("{it:02x}")).collect();
        format!("{media_id}/{version}-{hash}.{}", self.format.ending())
    }
}

/// What crops are made of when what matters is elsewhere. It is not served.
pub(super) fn master(pixels: &DynamicImage) -> Result<Made, Error> {
    let (width, height) = pixels.dimensions();
    let side = width.max(height);
    let part = Part { left: 0, top: 0, width, height };
    let size = if side <= MASTER_SIDE_MAX {
        (width, height)
    } else {
        let scaled = |it: u32| ((u64::from(it) * u64::from(MASTER_SIDE_MAX) / u64::from(side)) as u32).max(1);
        (scaled(width), scaled(height))
    };
    let resized = resized(pixels, part, size)?;
    let format = fallback(pixels);
    let bytes = match format {
        Format::Png => png(&resized)?,
        _ => jpeg(&resized, MASTER_QUALITY)?,
    };
    Ok(Made { shape: Shape::Master, format, width: size.0, height: size.1, bytes })
}

/// These shapes in all their sizes, each as WebP and as what every browser shows.
pub(super) fn shown(pixels: &DynamicImage, shapes: &[Shape], focus: Focus) -> Result<Vec<Made>, Error> {
    let mut made = Vec::new();
    for shape in shapes {
        let part = Part::of(pixels.dimensions(), *shape, focus);
        for (width, height) in part.sizes(*shape) {
            let resized = resized(pixels, part, (width, height))?;
            let other = fallback(pixels);
            let bytes = match other {
                Format::Png => png(&resized)?,
                _ => jpeg(&resized, JPEG_QUALITY)?,
            };
            made.push(Made { shape: *shape, format: Format::Webp, width, height, bytes: webp(&resized)? });
            made.push(Made { shape: *shape, format: other, width, height, bytes });
        }
    }
    Ok(made)
}

fn fallback(pixels: &DynamicImage) -> Format {
    if pixels.color().has_alpha() { Format::Png } else { Format::Jpeg }
}

fn resized(pixels: &DynamicImage, part: Part, (width, height): (u32, u32)) -> Result<DynamicImage, Error> {
    if part == (Part { left: 0, top: 0, width, height }) && pixels.dimensions() == (width, height) {
        return Ok(pixels.clone());
    }
    let mut to = DynamicImage::new(width, height, pixels.color());
    let Part { left, top, width, height } = part;
    let crop = ResizeOptions::new().crop(left.into(), top.into(), width.into(), height.into());
    Resizer::new().resize(pixels, &mut to, &crop).map_err(failed)?;
    Ok(to)
}

fn webp(pixels: &DynamicImage) -> Result<Bytes, Error> {
    let layout = if pixels.color().has_alpha() { PixelLayout::Rgba } else { PixelLayout::Rgb };
    let (width, height) = pixels.dimensions();
    let encoder = webp::Encoder::new(pixels.as_bytes(), layout, width, height);
    let written = encoder
        .encode_simple(false, WEBP_QUALITY)
        .map_err(|error| Error::Encoding { reason: format!("{error:?}") })?;
    Ok(Bytes::copy_from_slice(&written))
}

fn jpeg(pixels: &DynamicImage, quality: u8) -> Result<Bytes, Error> {
    let mut bytes = Vec::new();
    pixels.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality)).map_err(failed)?;
    Ok(bytes.into())
}

fn png(pixels: &DynamicImage) -> Result<Bytes, Error> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    pixels.write_with_encoder(encoder).map_err(failed)?;
    Ok(bytes.into())
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Encoding { reason: error.to_string() }
}
