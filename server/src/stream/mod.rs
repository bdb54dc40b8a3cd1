//! Live streams: a ring of encoded updates a match, and the subscribers that follow it.
//!
//! An update is encoded once ([`Published`]) and the same bytes go to every subscriber. The streams are dealt to shards, a thread a
//! core; a shard keeps each topic's frames as one run of bytes, and of a subscriber nothing but its socket and its place in them. So
//! an update costs a subscriber one `send`, a burst too, and a slow one costs no memory: it is cut off when it falls too far behind,
//! and resumes by its last id.
//!
//! Read [`Topic`] first, then `shard.rs`.

mod audience;
mod bus;
mod feed;
mod follower;
mod hub;
mod lines;
mod mailbox;
mod presence;
mod published;
mod ring;
mod seats;
mod shard;
mod subscribers;
mod tape;
mod topic;

pub use bus::Bus;
pub(crate) use feed::LINES_MAX;
pub use feed::Voice;
pub use follower::Cut;
pub use hub::{Hub, HubError};
pub use lines::{Lines, Told};
pub use presence::{Census, Counts, Guard, OfKey, Presence};
pub use published::Published;
pub use seats::{Caller, Full, Partner};
pub use subscribers::{Subscribers, Subscription};
pub use topic::{Followed, Future, Say, Start, Topic};
