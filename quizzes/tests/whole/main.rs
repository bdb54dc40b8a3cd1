//! What a match makes of questions: on matches of the archive, and on small ones that are made here.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

mod archive;
mod scene;
mod settled;
mod windows;
