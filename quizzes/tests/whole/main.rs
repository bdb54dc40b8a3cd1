//! From a match to what is right, and from a question to points and what they earn: on matches of the archive and small ones that are made here,
//! and on a real PostgreSQL.

#![recursion_limit = "256"]
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

mod answers;
mod archive;
mod boards;
mod desk;
mod here;
mod life;
mod model;
mod puts;
mod scene;
mod settled;
mod trace;
mod usual;
mod windows;
