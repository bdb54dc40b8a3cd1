//! What pages of tests are drawn with.

use crate::content::Here;
use crate::finance::{Proof, Who};
use cms::media::{Asset, AssetFile, Description, Focus, Format, Given, Shape};
use cms::rights::Rights;
use jiff::Timestamp;

/// What somebody writes who would have more than a text.
pub(in crate::content) const HOSTILE: &str = "\"><script>alert('x')</script>";

pub(in crate::content) fn now() -> Timestamp {
    "2026-12-01T10:00:00Z".parse().unwrap()
}

pub(in crate::content) fn here(rights: &Rights) -> Here<'_> {
    let who = Who { id: "usr_asha", name: HOSTILE, proof: Proof::Account, form_token: "token" };
    Here { who, rights, is_operator: false, done: "", now: now() }
}

/// A picture of 1280 by 720.
pub(in crate::content) fn asset() -> Asset {
    let file = |shape: Shape, format: Format, width: u32, height: u32| AssetFile {
        name: format!("med_1/1-{}-{width}.{}", shape.word(), format.ending()),
        shape,
        format,
        width,
        height,
        bytes: 20_000,
    };
    let files = [(Shape::Whole, 1280, 720), (Shape::Square, 640, 640), (Shape::Wide, 1280, 720)];
    Asset {
        id: "med_1".to_owned(),
        name: "cup.jpg".to_owned(),
        given: Given::Jpeg,
        width: 1280,
        height: 720,
        bytes: 1_250_000,
        colour: 0x0a_1b_2c,
        description: Description {
            alt: "Asha Vale lifts the cup".to_owned(),
            caption: "The final".to_owned(),
            credit: "Photo: Ben Oduya".to_owned(),
            focus: Focus { x: 333, y: 500 },
        },
        made_by: "usr_asha".to_owned(),
        made_at: now(),
        trashed_at: None,
        version: 7,
        files: files
            .into_iter()
            .flat_map(|(shape, width, height)| {
                [Format::Webp, Format::Jpeg].map(|format| file(shape, format, width, height))
            })
            .collect(),
    }
}
