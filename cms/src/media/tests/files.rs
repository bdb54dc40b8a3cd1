//! Files as people upload them, made here.

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, Frame, ImageEncoder, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use std::io::Cursor;

pub(super) const RED: [u8; 3] = [255, 0, 0];
pub(super) const BLUE: [u8; 3] = [0, 0, 255];
/// Where a picture was taken, as a camera writes it.
pub(super) const SECRET: &[u8] = b"GPS 18.9388 N 72.8258 E";

/// Red on the left, blue on the right.
pub(super) fn halves(width: u32, height: u32) -> DynamicImage {
    let pixel = |x, _| Rgb(if x < width / 2 { RED } else { BLUE });
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, pixel))
}

/// Green around a hole.
pub(super) fn see_through(width: u32, height: u32) -> DynamicImage {
    let is_hole = |at: u32, side: u32| (side / 4..side * 3 / 4).contains(&at);
    let pixel = |x, y| Rgba([0, 200, 0, if is_hole(x, width) && is_hole(y, height) { 0 } else { 255 }]);
    DynamicImage::ImageRgba8(RgbaImage::from_fn(width, height, pixel))
}

pub(super) fn encoded(pixels: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub(super) fn jpeg(pixels: &DynamicImage) -> Vec<u8> {
    encoded(pixels, ImageFormat::Jpeg)
}

pub(super) fn jpeg_with_exif(pixels: &DynamicImage, exif: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    encoder.set_exif_metadata(exif.to_vec()).unwrap();
    pixels.write_with_encoder(encoder).unwrap();
    bytes
}

/// TIFF's header and one directory: how the camera was held, and a description that tells where.
pub(super) fn exif(orientation: u16) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0\x02\0".to_vec();
    let mut entry = |tag: u16, kind: u16, count: u32, value: u32| {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    };
    // The texts begin behind the header (8), the count (2), two entries (24) and the end (4).
    entry(0x010e, 2, SECRET.len() as u32, 38);
    entry(0x0112, 3, 1, u32::from(orientation));
    bytes.extend([0; 4]);
    bytes.extend(SECRET);
    bytes
}

/// 16 × 16 pixels of cyan, magenta, yellow and black, as printers have them (Adobe writes them the other way round): full magenta and yellow,
/// which is red. By hand, since nothing here encodes it: baseline, one value a block (ITU T.81).
pub(super) fn jpeg_of_ink() -> Vec<u8> {
    let mut bytes = b"\xff\xd8\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00".to_vec();
    // All coefficients by eight, so that a block's first is its value less 128.
    bytes.extend(b"\xff\xdb\x00\x43\x00");
    bytes.extend([8; 64]);
    bytes.extend(b"\xff\xc0\x00\x14\x08\x00\x10\x00\x10\x04");
    (1..=4).for_each(|component| bytes.extend([component, 0x11, 0]));
    // Codes 00, 01 and 10 for differences of 0, 7 and 8 bits; 0 for the end of a block.
    bytes.extend(b"\xff\xc4\x00\x16\x00\x00\x03");
    bytes.extend([0; 14]);
    bytes.extend([0, 7, 8]);
    bytes.extend(b"\xff\xc4\x00\x14\x10\x01");
    bytes.extend([0; 15]);
    bytes.push(0);
    bytes.extend(b"\xff\xda\x00\x0e\x04\x01\x00\x02\x00\x03\x00\x04\x00\x00\x3f\x00");
    let (most, least) = ("01 1111111 0", "10 01111111 0");
    let first = [most, least, least, most].concat();
    let bits: String = (first + &"000".repeat(12)).chars().filter(|it| *it != ' ').collect();
    for eight in bits.as_bytes().chunks(8) {
        let byte = (0..8).fold(0_u8, |byte, at| byte << 1 | u8::from(eight.get(at) != Some(&b'0')));
        bytes.push(byte);
        if byte == 0xff {
            bytes.push(0);
        }
    }
    bytes.extend(b"\xff\xd9");
    bytes
}

/// Two frames.
pub(super) fn moving_gif() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for _ in 0..2 {
        encoder.encode_frame(Frame::new(halves(8, 8).into_rgba8())).unwrap();
    }
    drop(encoder);
    bytes
}

pub(super) fn png_of_display_p3(red: u8, green: u8, blue: u8) -> Vec<u8> {
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let pixels = RgbImage::from_pixel(8, 8, Rgb([red, green, blue]));
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(profile).unwrap();
    DynamicImage::ImageRgb8(pixels).write_with_encoder(encoder).unwrap();
    bytes
}

#[derive(Clone, Copy)]
pub(super) enum Depth {
    Eight,
    Sixteen,
}

/// A PNG that says how large it is, and is nothing else.
pub(super) fn png_header(width: u32, height: u32, depth: Depth) -> Vec<u8> {
    let depth = match depth {
        Depth::Eight => 8,
        Depth::Sixteen => 16,
    };
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    // With colours and alpha.
    header.extend([depth, 6, 0, 0, 0]);
    let parts = [
        &b"\x89PNG\r\n\x1a\n"[..],
        &chunk(b"IHDR", &header),
        &chunk(b"IDAT", b"\x78\x9c"),
        &chunk(b"IEND", b""),
    ];
    parts.concat()
}

pub(super) fn gif_header(width: u16, height: u16) -> Vec<u8> {
    let size = [width.to_le_bytes(), height.to_le_bytes()].concat();
    [&b"GIF89a"[..], &size, b"\0\0\0,\0\0\0\0", &size, b"\0\x02\x02\x4c\x01\0;"].concat()
}

/// With one more chunk behind the header.
pub(super) fn png_with_chunk(png: &[u8], name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    // The signature, and IHDR with its length, name and checksum.
    let (before, after) = png.split_at(8 + 25);
    [before, &chunk(name, content), after].concat()
}

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let named = [&name[..], content].concat();
    let length = (content.len() as u32).to_be_bytes();
    [&length[..], &named, &crc32fast::hash(&named).to_be_bytes()].concat()
}

pub(super) fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|it| it == part)
}
