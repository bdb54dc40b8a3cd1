//! Questions on a live match: what can be asked, until when, and what is right.

mod course;
mod kind;
mod settle;
mod window;

pub use course::Course;
pub use kind::{Band, CHOICES_MAX, CHOICES_MIN, Kind, Named, NotAKind, Team};
pub use settle::{Outcome, Why, settle};
pub use window::{NotAWindow, Phase, Window, known_at, window};
