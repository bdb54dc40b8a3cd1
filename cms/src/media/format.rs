//! What a file is, by its first bytes.

use super::error::Refused;
use image::ImageFormat;

/// What may be uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    Jpeg,
    Png,
    Webp,
    /// That stands still.
    Gif,
}

/// What is kept and served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// What every browser shows.
    Jpeg,
    /// The same for what can be seen through.
    Png,
    Webp,
}

impl Given {
    pub const fn word(self) -> &'static str {
        match self {
            Given::Jpeg => "jpeg",
            Given::Png => "png",
            Given::Webp => "webp",
            Given::Gif => "gif",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        [Given::Jpeg, Given::Png, Given::Webp, Given::Gif].into_iter().find(|it| it.word() == word)
    }

    /// What the bytes are. A name or a header that says otherwise is not looked at.
    pub(super) fn sniff(bytes: &[u8]) -> Result<Given, Refused> {
        match image::guess_format(bytes) {
            Ok(ImageFormat::Jpeg) => Ok(Given::Jpeg),
            Ok(ImageFormat::Png) => Ok(Given::Png),
            Ok(ImageFormat::WebP) => Ok(Given::Webp),
            Ok(ImageFormat::Gif) => Ok(Given::Gif),
            Ok(ImageFormat::Avif) => Err(Refused::Kind { what: "an AVIF" }),
            _ => Err(other(bytes)),
        }
    }
}

/// What it is instead, as far as it can be told: people wonder less.
fn other(bytes: &[u8]) -> Refused {
    let start = &bytes[..bytes.len().min(1024)];
    let text =
        String::from_utf8_lossy(start).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    let is_markup = text.starts_with('<');
    let brand = |brand: &[u8]| start.get(4..8) == Some(b"ftyp") && start.get(8..12) == Some(brand);
    if is_markup && text.contains("<svg") {
        Refused::Drawing
    } else if [b"heic", b"heix", b"mif1", b"hevc"].iter().any(|it| brand(*it)) {
        Refused::Kind { what: "an HEIC of a phone" }
    } else if start.starts_with(b"%PDF-") {
        Refused::Kind { what: "a PDF" }
    } else if start.starts_with(b"II*\0") || start.starts_with(b"MM\0*") {
        Refused::Kind { what: "a TIFF" }
    } else if start.starts_with(b"PK\x03\x04") {
        Refused::Kind { what: "an archive" }
    } else if is_markup {
        Refused::Kind { what: "a page" }
    } else {
        Refused::Kind { what: "something else" }
    }
}

impl Format {
    pub const fn word(self) -> &'static str {
        match self {
            Format::Jpeg => "jpeg",
            Format::Png => "png",
            Format::Webp => "webp",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        [Format::Jpeg, Format::Png, Format::Webp].into_iter().find(|it| it.word() == word)
    }

    /// How a name of it ends.
    pub const fn ending(self) -> &'static str {
        match self {
            Format::Jpeg => "jpg",
            Format::Png => "png",
            Format::Webp => "webp",
        }
    }

    pub const fn content_type(self) -> &'static str {
        match self {
            Format::Jpeg => "image/jpeg",
            Format::Png => "image/png",
            Format::Webp => "image/webp",
        }
    }
}
