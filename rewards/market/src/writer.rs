//! The thread that writes: one group at a time, synced before it is said to be done.

use crate::error::{Error, While};
use crate::fence::{self, Epoch};
use crate::folder::{Folder, Writable, write_all};
use crate::journal::{Position, Segment};
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
    file: Box<dyn Writable>,
    len: u64,
    next: Next,
}

/// A segment that is to come.
pub(crate) enum Next {
    /// A small one is made when it is needed.
    Later,
    Ahead(JoinHandle<Result<Box<dyn Writable>, Error>>),
}

/// Where the next segment is made ready, followed by the epoch: nobody takes another's. It gets its name when it is needed.
const PREPARED: &str = "prepared-";
/// What is made ready at once while groups are synced: each of them waits for as much as is on its way to the disk.
const STEP_BYTES: u64 = 1 << 17;
/// From this size on a segment is made ready ahead, by a thread of its own.
const AHEAD_BYTES_MIN: u64 = 1 << 20;

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
    /// Begins a segment, which is to come, with the command after this position.
    pub(crate) fn begin(
        folder: Arc<dyn Folder>,
        market: u64,
        epoch: Epoch,
        segment_bytes: u64,
        next: Next,
        after: Position,
    ) -> Result<Self, Error> {
        let file = next.ready(folder.as_ref(), epoch, segment_bytes)?;
        let mut appending = Self { folder, market, epoch, segment_bytes, file, len: 0, next: Next::Later };
        appending.enter(after.seq + 1, after.chain)?;
        Ok(appending)
    }

    fn append(&mut self, group: Group) -> Result<Vec<u8>, Error> {
        if self.len >= self.segment_bytes {
            fence::check(self.folder.as_ref(), self.epoch)?;
            let next = std::mem::replace(&mut self.next, Next::Later);
            self.file = next.ready(self.folder.as_ref(), self.epoch, self.segment_bytes)?;
            self.enter(group.first, group.before)?;
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

    /// Makes the prepared file the segment that begins with this command; returns when that is on the disk. The next one is prepared meanwhile.
    fn enter(&mut self, first: u64, before: Chain) -> Result<(), Error> {
        let segment = Segment { epoch: self.epoch, first };
        let header = Header { market: self.market, epoch: self.epoch, first, before }.to_bytes();
        let doing = || format!("beginning {}", segment.name());
        write_all(self.file.as_mut(), &header).doing(doing)?;
        self.file.sync().doing(doing)?;
        self.folder.rename(&prepared(self.epoch), &segment.name()).doing(doing)?;
        self.folder.sync().doing(doing)?;
        self.len = header.len() as u64;
        self.next = Next::begin(&self.folder, self.epoch, self.segment_bytes, STEP_BYTES);
        Ok(())
    }
}

impl Next {
    /// Removes what others had made ready. The caller has raised the epoch.
    pub(crate) fn first(folder: &Arc<dyn Folder>, epoch: Epoch, len: u64) -> Result<Self, Error> {
        let doing = || "removing what others had prepared".to_owned();
        for name in folder.names().doing(doing)?.iter().filter(|it| it.starts_with(PREPARED)) {
            folder.remove(name).doing(doing)?;
        }
        Ok(Self::begin(folder, epoch, len, len))
    }

    fn begin(folder: &Arc<dyn Folder>, epoch: Epoch, len: u64, step: u64) -> Self {
        if len < AHEAD_BYTES_MIN {
            return Self::Later;
        }
        let folder = Arc::clone(folder);
        Self::Ahead(std::thread::spawn(move || prepare(folder.as_ref(), epoch, len, step)))
    }

    fn ready(self, folder: &dyn Folder, epoch: Epoch, len: u64) -> Result<Box<dyn Writable>, Error> {
        match self {
            Self::Later => prepare(folder, epoch, len, len),
            Self::Ahead(thread) => thread.join().map_err(|_| Error::Stopped)?,
        }
    }
}

fn prepared(epoch: Epoch) -> String {
    format!("{PREPARED}{}", epoch.0)
}

/// Makes an empty segment of its whole length, on the disk: what is written into it later changes no metadata, which a sync would wait for together with
/// whatever else the file system has to do.
fn prepare(folder: &dyn Folder, epoch: Epoch, len: u64, step: u64) -> Result<Box<dyn Writable>, Error> {
    static ZEROS: [u8; STEP_BYTES as usize] = [0; STEP_BYTES as usize];
    let doing = || "preparing the journal".to_owned();
    let mut file = folder.create(&prepared(epoch)).doing(doing)?;
    let mut rest = len;
    while rest > 0 {
        let bytes = &ZEROS[..rest.min(ZEROS.len() as u64) as usize];
        write_all(file.as_mut(), bytes).doing(doing)?;
        rest -= bytes.len() as u64;
        if rest.is_multiple_of(step) {
            file.sync().doing(doing)?;
        }
    }
    file.sync().doing(doing)?;
    file.rewind().doing(doing)?;
    Ok(file)
}

impl Drop for Appending {
    fn drop(&mut self) {
        if let Next::Ahead(thread) = std::mem::replace(&mut self.next, Next::Later) {
            // Nobody needs it any more.
            let _prepared = thread.join();
        }
    }
}
