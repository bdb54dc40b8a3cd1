//! One market: a [`book::Book`] whose commands are on the disk before anybody hears what became of them.
//!
//! [`Market::commit`] numbers commands, hands them to a thread that writes and syncs them as one group, carries them out meanwhile, and returns when both
//! are done. There is no other way to an answer, so nobody can answer too early. [`Market::open`] reads the newest snapshot and the journal behind it, and
//! has the very same book, fill for fill; what may not have been settled is told again.
//!
//! It uses threads and files of the standard library, no runtime, no clock, no database. Who may write a market is decided elsewhere, as an [`Epoch`]
//! that grows with each new holder of its lease.
//!
//! # What holds
//!
//! - **Nothing is answered that a crash can take back.** A failed write or sync stops the market for good: after a failed `fdatasync` nobody knows what is on
//!   the disk, and a second one may lie. Opening it anew reads what is there.
//! - **One writer.** A folder keeps the highest epoch that opened it. An older one is refused, and one that was overtaken while it wrote finds that out after
//!   its sync and before it answers. What it wrote beyond the place where its successor began is never read.
//! - **A torn end is cut; damage before it is an error.** A record says how many of its group came before it, and so up to where all was on the disk when it
//!   was written. A damaged record behind that place was answered to nobody, and the journal ends there; any other is [`Error::Damaged`]. The last
//!   group alone has no group behind it: so [`Opening::settled`] says what must be there at least.
//! - **What is settled is forgotten, and nothing else.** [`compact`] writes a snapshot of what whole segments led to, and removes them.
//!
//! # Files
//!
//! `epoch`, `lock`, `prepared-<epoch>` (the next segment), `snapshot-<seq>`, `journal-<epoch>-<first seq>`: a header and records of 64 bytes each, little-endian, with CRC-32C; each has the
//! checksum of the one before. Segments are written over zeros that are on the disk before; other
//! files are written under another name, synced and renamed.
//!
//! Read [`Market`] first, then [`Folder`].

mod compact;
mod copy;
mod error;
mod fence;
mod folder;
mod journal;
mod market;
mod record;
mod snapshot;
mod writer;

pub use compact::compact;
pub use copy::copy;
pub use error::Error;
pub use fence::Epoch;
pub use folder::{Disk, Folder, Writable};
pub use market::{Answer, Answers, GROUP_MAX, Market, Opening, Redone};
