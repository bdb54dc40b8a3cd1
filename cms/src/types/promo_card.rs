//! Promotions.

use super::order::in_order;
use super::{Content, Facts, Href, MediaRef, Number, Review, RichText, Slot, Targets};
use crate::problem::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A card that promotes an offer, with its terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct PromoCard {
    #[schemars(title = "Headline", length(min = 1, max = 50), extend("x-localised" = true))]
    pub headline: String,
    #[schemars(title = "Text", length(max = 140), extend("x-localised" = true, "x-widget" = "lines"))]
    pub text: Option<String>,
    #[schemars(title = "Call", length(min = 1, max = 24), extend("x-localised" = true))]
    pub call: String,
    #[schemars(title = "Address", extend("x-localised" = true))]
    pub address: Href,
    #[schemars(title = "Picture")]
    pub picture: Option<MediaRef>,
    #[schemars(title = "Terms", extend("x-localised" = true))]
    pub terms: RichText,
    #[schemars(title = "Place")]
    pub slot: Slot,
    #[serde(default)]
    #[schemars(title = "Who sees it")]
    pub targets: Targets,
}

impl Content for PromoCard {
    const FACTS: Facts = Facts {
        name: "promo-card",
        noun: "Promo card",
        plural: "Promo cards",
        title: "headline",
        number: Number::Many,
        review: Review::Free,
    };

    fn check(&self) -> Vec<Problem> {
        self.targets.check("/targets")
    }
}
