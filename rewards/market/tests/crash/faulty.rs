//! A folder in memory that knows what is on its disk: what was written, made, renamed or removed and not synced can be lost, whole or in part; and any step
//! can fail.

use market::{Folder, Writable};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

/// What becomes of what was not synced, when the power fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsynced {
    /// All of it is gone.
    Lost,
    /// All of it had come to the disk.
    Kept,
    /// Any sectors had come to the disk and others not, and the first of the names that changed.
    Torn,
}

/// How a step fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process is gone, and with it all that would come later.
    Death,
    /// A write finds no room, after its first bytes.
    NoSpace,
    /// A sync fails, and what it should have kept is dropped: a later one succeeds and keeps nothing of it.
    BadSync,
}

#[derive(Clone, Debug, Default)]
struct Content {
    /// What is on the disk, and what is read.
    synced: Vec<u8>,
    now: Vec<u8>,
}

type FileId = u64;

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<FileId, Content>,
    next_file: FileId,
    /// Names as they are, and as they are on the disk with the changes since.
    names: BTreeMap<String, FileId>,
    synced_names: BTreeMap<String, FileId>,
    changes: Vec<(String, Option<FileId>)>,
    steps: u64,
    fault: Option<(u64, Fault)>,
    /// How many writes are short.
    short_writes: u64,
    is_dead: bool,
    draw: u64,
}

impl State {
    fn below(&mut self, end: u64) -> u64 {
        self.draw ^= self.draw << 13;
        self.draw ^= self.draw >> 7;
        self.draw ^= self.draw << 17;
        (self.draw >> 11) % end
    }

    /// Counts a step; the one that is to fail does.
    fn step(&mut self, may_fail_as: &[Fault]) -> io::Result<Option<Fault>> {
        self.steps += 1;
        if let Some((at, fault)) = self.fault
            && self.steps >= at
            && (fault == Fault::Death || may_fail_as.contains(&fault))
        {
            match fault {
                Fault::Death => self.is_dead = true,
                fault => {
                    self.fault = None;
                    return Ok(Some(fault));
                }
            }
        }
        if self.is_dead { Err(io::Error::other("the power is off")) } else { Ok(None) }
    }

    fn change(&mut self, name: &str, file: Option<FileId>) {
        match file {
            Some(file) => drop(self.names.insert(name.to_owned(), file)),
            None => drop(self.names.remove(name)),
        }
        self.changes.push((name.to_owned(), file));
    }

    fn find(&self, name: &str) -> io::Result<FileId> {
        self.names.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Faulty(Arc<Mutex<State>>);

/// A file of it that is open.
struct Open {
    folder: Faulty,
    file: FileId,
    at: usize,
}

const SECTOR: usize = 512;

impl Faulty {
    pub(crate) fn new(seed: u64) -> Self {
        let draw = 0x9e37_79b9_7f4a_7c15 ^ (seed + 1).wrapping_mul(0xff51_afd7_ed55_8ccd);
        Self(Arc::new(Mutex::new(State { draw, ..State::default() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn steps(&self) -> u64 {
        self.state().steps
    }

    /// Lets the first step after so many more that can, fail so.
    pub(crate) fn fail_after(&self, steps: u64, fault: Fault) {
        let mut state = self.state();
        state.fault = Some((state.steps + steps, fault));
    }

    /// Whether what was to fail has failed.
    pub(crate) fn has_failed(&self) -> bool {
        let state = self.state();
        state.is_dead || state.fault.is_none()
    }

    pub(crate) fn short_writes(&self) -> u64 {
        self.state().short_writes
    }

    /// The process is started again, and the power never failed: what was not synced is there, and is not synced.
    pub(crate) fn after_restart(&self) -> Self {
        let mut state = self.state();
        state.is_dead = true;
        let fresh = State {
            files: state.files.clone(),
            next_file: state.next_file,
            names: state.names.clone(),
            synced_names: state.synced_names.clone(),
            changes: state.changes.clone(),
            draw: state.draw,
            ..State::default()
        };
        Self(Arc::new(Mutex::new(fresh)))
    }

    /// The power comes back: what is there then. The old one stays dead.
    pub(crate) fn after_power_failure(&self, unsynced: Unsynced) -> Self {
        let mut state = self.state();
        state.is_dead = true;
        let mut names = state.synced_names.clone();
        let changes = state.changes.clone();
        let kept = match unsynced {
            Unsynced::Lost => 0,
            Unsynced::Kept => changes.len(),
            Unsynced::Torn => state.below(changes.len() as u64 + 1) as usize,
        };
        for (name, file) in changes.into_iter().take(kept) {
            match file {
                Some(file) => drop(names.insert(name, file)),
                None => drop(names.remove(&name)),
            }
        }
        let mut files = BTreeMap::new();
        for file in names.values() {
            let Content { synced, now } = state.files[file].clone();
            let bytes = match unsynced {
                Unsynced::Lost => synced,
                Unsynced::Kept => now,
                Unsynced::Torn => torn(&mut state, &synced, &now),
            };
            files.insert(*file, Content { synced: bytes.clone(), now: bytes });
        }
        let fresh = State {
            files,
            next_file: state.next_file,
            names: names.clone(),
            synced_names: names,
            draw: state.draw,
            ..State::default()
        };
        Self(Arc::new(Mutex::new(fresh)))
    }

    /// Changes what is on the disk.
    pub(crate) fn tamper(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        let file = state.find(name).unwrap();
        let content = state.files.get_mut(&file).unwrap();
        change(&mut content.now);
        content.synced = content.now.clone();
    }
}

/// Sectors of the one or the other, and an end somewhere between.
fn torn(state: &mut State, synced: &[u8], now: &[u8]) -> Vec<u8> {
    let (short, long) = (synced.len().min(now.len()), synced.len().max(now.len()));
    let len = short + state.below((long - short) as u64 + 1) as usize;
    let mut bytes = vec![0; len];
    for at in (0..len).step_by(SECTOR) {
        let from = if state.below(2) == 0 { synced } else { now };
        let end = (at + SECTOR).min(len);
        let sector = from.get(at..end.min(from.len())).unwrap_or_default();
        bytes[at..at + sector.len()].copy_from_slice(sector);
    }
    // What was synced and is still wanted cannot be torn.
    let common = synced.iter().zip(now).take_while(|(one, other)| one == other).count().min(len);
    bytes[..common].copy_from_slice(&now[..common]);
    bytes
}

impl Folder for Faulty {
    fn names(&self) -> io::Result<Vec<String>> {
        let mut state = self.state();
        state.step(&[])?;
        Ok(state.names.keys().cloned().collect())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let mut state = self.state();
        state.step(&[])?;
        let file = state.find(name)?;
        Ok(state.files[&file].now.clone())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Writable>> {
        let mut state = self.state();
        state.step(&[])?;
        if state.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = state.next_file;
        state.next_file += 1;
        state.files.insert(file, Content::default());
        state.change(name, Some(file));
        Ok(Box::new(Open { folder: self.clone(), file, at: 0 }))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Writable>> {
        let mut state = self.state();
        state.step(&[])?;
        let file = state.find(name)?;
        Ok(Box::new(Open { folder: self.clone(), file, at: 0 }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state();
        state.step(&[])?;
        let file = state.find(from)?;
        state.change(to, Some(file));
        state.change(from, None);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        state.step(&[])?;
        state.find(name)?;
        state.change(name, None);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.state();
        if state.step(&[Fault::BadSync])?.is_some() {
            return Err(io::Error::other("EIO"));
        }
        state.synced_names = state.names.clone();
        state.changes.clear();
        Ok(())
    }

    fn lock(&self) -> io::Result<Box<dyn Send>> {
        self.state().step(&[])?;
        Ok(Box::new(()))
    }
}

impl Writable for Open {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.folder.state();
        // Some come in parts.
        let mut len = bytes.len();
        if state.below(3) == 0 {
            len = 1 + state.below(len as u64) as usize;
            state.short_writes += u64::from(len < bytes.len());
        }
        let dies = state.step(&[Fault::NoSpace]);
        let is_cut_short = !matches!(dies, Ok(None));
        if is_cut_short {
            len = state.below(len as u64 + 1) as usize;
        }
        let file = self.file;
        let now = &mut state.files.get_mut(&file).unwrap().now;
        now.resize(now.len().max(self.at + len), 0);
        now[self.at..self.at + len].copy_from_slice(&bytes[..len]);
        self.at += len;
        match dies? {
            None => Ok(len),
            Some(_) => Err(io::ErrorKind::StorageFull.into()),
        }
    }

    fn rewind(&mut self) -> io::Result<()> {
        self.folder.state().step(&[])?;
        self.at = 0;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.folder.state();
        let fault = state.step(&[Fault::BadSync])?;
        let content = state.files.get_mut(&self.file).unwrap();
        if fault.is_some() {
            // The kernel calls these pages clean from now on, and the disk has what it had before, or nothing.
            let len = content.now.len();
            content.synced.resize(len, 0);
            return Err(io::Error::other("EIO"));
        }
        content.synced = content.now.clone();
        Ok(())
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        let mut state = self.folder.state();
        state.step(&[])?;
        state.files.get_mut(&self.file).unwrap().now.truncate(len as usize);
        Ok(())
    }
}
