//! Pictures: what is uploaded, what becomes of it, and where it is kept.
//!
//! [`Media::upload`] takes bytes of whatever somebody says is a picture. What they are is read from themselves, never from a name or a
//! header; they are decoded within limits, turned upright, brought to sRGB, and written anew in a few sizes, so that nothing of what was
//! uploaded is ever served: no place, no owner's name, no program that hides behind a picture. An [`Asset`] is what came of it, its files are
//! on a [`Shelf`] under names that are never used again. The same bytes are the same asset.
//!
//! Who shows an asset says so by [`uses::set`]: what is used is not trashed, and what was trashed is deleted by [`Media::sweep`] a month later. So
//! are what was left by an upload that broke off, and crops that others have taken the place of.

mod asset;
mod colour;
mod crop;
mod decode;
mod encode;
mod error;
mod format;
mod shelf;
mod sweep;
mod upload;
pub mod uses;

pub use asset::{
    ALT_MAX, Asset, AssetFile, CAPTION_MAX, CREDIT_MAX, Description, Focus, LIST_MAX, Listing, Shape, Where,
    Which, find, find_all, list, served,
};
pub use decode::{BYTES_MAX, DECODE_BYTES_MAX, PIXELS_MAX, SIDE_MAX};
pub use error::{Error, Refused};
pub use format::{Format, Given};
pub use shelf::{Bucket, Keys, Place, Shelf};
pub use sweep::{GRACE_DAYS, Sweep, Swept};
pub use upload::{Media, Uploaded};

/// Every statement of this module, so that one test has all prepared.
#[cfg(test)]
pub(crate) fn statements() -> Vec<&'static str> {
    [asset::STATEMENTS, shelf::STATEMENTS, sweep::STATEMENTS, upload::STATEMENTS, uses::STATEMENTS].concat()
}

#[cfg(test)]
mod tests;
