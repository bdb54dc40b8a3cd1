//! What editors write.

pub mod diff;
mod error;
mod language;
mod problem;
pub mod rights;
pub mod schema;
pub mod types;

pub use error::Error;
pub use language::Language;
pub use problem::Problem;
