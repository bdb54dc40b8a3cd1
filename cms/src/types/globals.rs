//! What all pages share.

use super::order::in_order;
use super::{Content, Facts, Href, MediaRef, Number, Relation, Review};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One entry, of which all pages and widgets read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct Globals {
    #[schemars(title = "Name of the site", length(min = 1, max = 60), extend("x-localised" = true))]
    pub name: String,
    #[schemars(title = "Logo")]
    pub logo: Option<MediaRef>,
    #[schemars(title = "Menu", extend("x-relation" = ["navigation"]))]
    pub menu: Option<Relation>,
    #[schemars(title = "Legal notices", length(max = 10), extend("x-relation" = ["legal-notice"]))]
    #[serde(default)]
    pub notices: Vec<Relation>,
    /// Where fans ask for help.
    #[schemars(title = "Help")]
    pub help: Option<Href>,
    /// Shown to all while it is there: "Scores are delayed".
    #[schemars(title = "Notice", length(max = 140), extend("x-localised" = true))]
    pub notice: Option<String>,
    /// Hides all that is promoted, at once.
    #[serde(default)]
    #[schemars(title = "No promotions", extend("x-role" = "admin"))]
    pub hides_promotions: bool,
}

impl Content for Globals {
    const FACTS: Facts = Facts {
        name: "globals",
        noun: "Globals",
        plural: "Globals",
        title: "name",
        number: Number::One,
        review: Review::Needed,
    };
}
