//! What a newsroom does, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

mod at_once;
mod count;
mod desk;
mod later;
mod pictures;
mod publishing;
mod scene;
mod writing;
