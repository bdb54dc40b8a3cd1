//! Markets on a real PostgreSQL and a real folder: what is asked, what comes of it, and that the books are right after all of it.

#![recursion_limit = "256"]
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

mod ground;
mod model;
mod reach;
mod scene;
mod ways;
