//! Live streams: a ring of encoded updates a match, and the readers that follow it.
//!
//! An update is encoded once ([`Published`]) and the same bytes go to every reader. A reader owns nothing but its place in the ring,
//! so a slow one costs no memory: it is told goodbye when it falls too far behind, and resumes by its last id.
//!
//! Read [`Topic`] first.

mod bus;
mod hub;
mod lines;
mod presence;
mod published;
mod reader;
mod topic;

pub use bus::Bus;
pub use hub::{Hub, HubError};
pub use lines::Lines;
pub use presence::{Census, Counts, Guard, Presence};
pub use published::Published;
pub use reader::{Full, Readers};
pub use topic::{Future, Start, Topic};
