//! Profiles of grounds.

use super::order::in_order;
use super::{Content, Facts, MediaRef, Number, Place, Review, RichText};
use crate::problem::Problem;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A ground.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct Venue {
    #[schemars(title = "Name", length(min = 1, max = 80), extend("x-localised" = true))]
    pub name: String,
    #[schemars(title = "City", length(max = 60), extend("x-localised" = true))]
    pub city: Option<String>,
    #[schemars(title = "Place")]
    pub place: Option<Place>,
    /// The zone of its clocks: "Asia/Kolkata".
    #[schemars(title = "Time zone", length(max = 40), extend("x-widget" = "zone"))]
    pub zone: Option<String>,
    #[schemars(title = "Seats", range(min = 0, max = 200_000))]
    pub seats: Option<u32>,
    #[schemars(title = "Picture")]
    pub picture: Option<MediaRef>,
    #[schemars(title = "About", extend("x-localised" = true))]
    pub about: Option<RichText>,
}

impl Content for Venue {
    const FACTS: Facts = Facts {
        name: "venue",
        noun: "Venue",
        plural: "Venues",
        title: "name",
        number: Number::Many,
        review: Review::Free,
    };

    fn check(&self) -> Vec<Problem> {
        match &self.zone {
            Some(zone) if TimeZone::get(zone).is_err() => vec![Problem::new("/zone", "is no time zone")],
            _ => Vec::new(),
        }
    }
}
