//! Banners.

use super::order::in_order;
use super::{Content, DateTime, Facts, Href, MediaRef, Number, Review, Slot, Targets};
use crate::problem::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A picture with a line of text that leads somewhere, for a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct Banner {
    /// What editors call it; fans do not see it.
    #[schemars(title = "Name", length(min = 1, max = 80))]
    pub name: String,
    #[schemars(title = "Text", length(min = 1, max = 60), extend("x-localised" = true))]
    pub text: String,
    /// On its button.
    #[schemars(title = "Call", length(max = 24), extend("x-localised" = true))]
    pub call: Option<String>,
    #[schemars(title = "Address", extend("x-localised" = true))]
    pub address: Href,
    #[schemars(title = "Picture", extend("x-localised" = true))]
    pub picture: Option<MediaRef>,
    /// Whether readers are told that it is paid for.
    #[serde(default)]
    #[schemars(title = "Advertisement", extend("x-role" = "reviewer"))]
    pub is_paid: bool,
    #[schemars(title = "Place")]
    pub slot: Slot,
    #[serde(default)]
    #[schemars(title = "Who sees it")]
    pub targets: Targets,
}

impl Content for Banner {
    const FACTS: Facts = Facts {
        name: "banner",
        noun: "Banner",
        plural: "Banners",
        title: "name",
        number: Number::Many,
        review: Review::Free,
    };

    fn check(&self) -> Vec<Problem> {
        let mut problems = self.targets.check("/targets");
        if self.targets.until.as_ref().and_then(DateTime::at).is_none() {
            problems.push(Problem::new("/targets/until", "is needed: a banner ends"));
        }
        problems
    }
}
