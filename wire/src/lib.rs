//! Every byte between the widget and the server: what an [`Update`], a [`Snapshot`] and a [`Bye`] look like as JSON, and how the
//! game's types are written in it.
//!
//! It never does I/O and knows no HTTP. The codec ([`Json`]) is our own because it ships to every fan, and because both directions
//! come from one list of fields: a field that holds its default is left out, unknown fields are skipped, so version 1 can grow
//! without breaking an older reader. What it costs the widget in bytes stands in widget/README.md.
//!
//! Read [`Update`] first. README.md beside the manifest tells partners what every field means.

mod game;
mod json;
mod update;

pub use json::{Fill, Json, Malformed, Reader, Wrong, decode, encode};
pub use update::{BallLine, Balls, Bye, Commentary, Position, Snapshot, Update};
