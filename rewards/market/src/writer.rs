//! The thread that writes: one group at a time, synced before it is said to be done.

use crate::error::{Error, While};
use crate::fence::{self, Epoch};
use crate::folder::{Folder, Writable, write_all};
use crate::journal::Segment;
use crate::record::{Chain, Header};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Records that are written together.
pub(crate) struct Group {
    pub(crate) bytes: Vec<u8>,
    /// The number of its first command, and the checksum of the record before that.
    pub(crate) first: u64,
    pub(crate) before: Chain,
}

/// Where groups go. One is under way at most.
pub(crate) struct Writer {
    groups: Option<SyncSender<Group>>,
    /// The emptied bytes of a group that is on the disk, or why it may not be; after that, nothing more.
    written: Receiver<Result<Vec<u8>, Error>>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread needs.
pub(crate) struct Appending {
    pub(crate) folder: Arc<dyn Folder>,
    pub(crate) market: u64,
    pub(crate) epoch: Epoch,
    /// A segment that is longer is followed by another.
    pub(crate) segment_bytes: u64,
    pub(crate) file: Box<dyn Writable>,
    pub(crate) len: u64,
}

impl Writer {
    pub(crate) fn start(mut appending: Appending) -> Result<Self, Error> {
        let (groups, incoming) = sync_channel::<Group>(1);
        let (say, written) = sync_channel(1);
        let work = move || {
            for group in incoming {
                let outcome = appending.append(group);
                let has_failed = outcome.is_err();
                if say.send(outcome).is_err() || has_failed {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("market-journal".to_owned())
            .spawn(work)
            .doing(|| "starting the journal's thread".to_owned())?;
        Ok(Self { groups: Some(groups), written, thread: Some(thread) })
    }

    /// Begins to write a group.
    pub(crate) fn send(&self, group: Group) -> Result<(), Error> {
        let groups = self.groups.as_ref().ok_or(Error::Stopped)?;
        groups.send(group).map_err(|_| Error::Stopped)
    }

    /// Waits until the group that was sent is on the disk.
    pub(crate) fn wait(&self) -> Result<Vec<u8>, Error> {
        self.written.recv().unwrap_or(Err(Error::Stopped))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.groups = None;
        if let Some(thread) = self.thread.take() {
            // It has said what it had to say.
            let _ended = thread.join();
        }
    }
}

impl Appending {
    fn append(&mut self, group: Group) -> Result<Vec<u8>, Error> {
        if self.len >= self.segment_bytes {
            let segment = Segment { epoch: self.epoch, first: group.first };
            (self.file, self.len) = begin(self.folder.as_ref(), self.market, segment, group.before)?;
        }
        let mut bytes = group.bytes;
        write_all(self.file.as_mut(), &bytes).doing(|| "writing the journal".to_owned())?;
        self.file.sync().doing(|| "syncing the journal".to_owned())?;
        self.len += bytes.len() as u64;
        // Whoever opened the market meanwhile may not have seen this group.
        fence::check(self.folder.as_ref(), self.epoch)?;
        bytes.clear();
        Ok(bytes)
    }
}

/// Makes a segment; returns when it is on the disk, with nothing but its header.
pub(crate) fn begin(
    folder: &dyn Folder,
    market: u64,
    segment: Segment,
    before: Chain,
) -> Result<(Box<dyn Writable>, u64), Error> {
    let doing = || format!("beginning {}", segment.name());
    let header = Header { market, epoch: segment.epoch, first: segment.first, before }.to_bytes();
    let mut file = folder.create(&segment.name()).doing(doing)?;
    write_all(file.as_mut(), &header).doing(doing)?;
    file.sync().doing(doing)?;
    folder.sync().doing(doing)?;
    Ok((file, header.len() as u64))
}
