//! What a thing sees, as the API says it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a thing sees.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    /// Every match.
    Live,
    /// The sandbox match.
    Test,
}

impl From<Mode> for partners::Mode {
    fn from(it: Mode) -> Self {
        match it {
            Mode::Live => partners::Mode::Live,
            Mode::Test => partners::Mode::Test,
        }
    }
}

impl From<partners::Mode> for Mode {
    fn from(it: partners::Mode) -> Self {
        match it {
            partners::Mode::Live => Mode::Live,
            partners::Mode::Test => Mode::Test,
        }
    }
}
