//! Content types: each is a struct, in a file of its own, from which its JSON Schema, its form, its checks and its differences come.
//!
//! What JSON Schema has a word for is said by it: a field's label is its `title`, its help the `description` (the doc comment), the room that its
//! place gives it `maxLength`. The rest are keywords of ours on a field: `x-widget` (how it is edited), `x-localised` (each language has its
//! own), `x-relation` (of which types an entry may be that it names), `x-role` (who may write it, other than all who may write), `x-shown-when`
//! (which other field has to have which value, or any of several of these); and of an enum `x-labels` (what people call its words).

mod article;
mod banner;
mod campaign_text;
mod flag;
mod globals;
mod legal_notice;
mod match_preview;
mod media;
mod navigation;
mod news_card;
mod order;
mod player;
mod promo_card;
mod quiz;
mod rich;
mod team;
mod theme;
mod tone;
mod value;
mod venue;

pub use article::Article;
pub use banner::Banner;
pub use campaign_text::CampaignText;
pub use flag::Flag;
pub use globals::Globals;
pub use legal_notice::LegalNotice;
pub use match_preview::{Block, MatchPreview};
pub use media::MediaRef;
pub use navigation::{Item, Navigation};
pub use news_card::NewsCard;
pub use player::Player;
pub use promo_card::PromoCard;
pub use quiz::{Answer, Asks, Choice, Open, Question, Quiz, Side};
pub use rich::RichText;
pub use team::Team;
pub use theme::{Colours, Theme};
pub use tone::Tone;
pub use value::{Colour, DateTime, Href, ItemId, Place, Relation, Slot, Tag, Targets};
pub use venue::Venue;

use crate::problem::Problem;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

/// A content type.
pub trait Content: DeserializeOwned + JsonSchema {
    const FACTS: Facts;

    /// What the schema cannot say of a whole document.
    fn check(&self) -> Vec<Problem> {
        Vec::new()
    }
}

/// What is known of a content type beside its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// For as long as there are entries of it: "match-preview".
    pub name: &'static str,
    /// "Match preview"
    pub noun: &'static str,
    /// "Match previews"
    pub plural: &'static str,
    /// The field that an entry is called by in lists; a text.
    pub title: &'static str,
    pub number: Number,
    pub review: Review,
}

/// How many entries of a type there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    Many,
    /// One, whose key is the type's name.
    One,
}

/// Whether somebody else has to approve before it is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Review {
    Free,
    Needed,
}
