//! A picture in the library.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An asset, by its id: "med_…".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "", extend("x-widget" = "media", "pattern" = "^med_[0-9A-Za-z]{22}$", "maxLength" = 26))]
pub struct MediaRef(String);
