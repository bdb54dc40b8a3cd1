//! What a market needs of files, so that tests can take away what was not synced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::PathBuf;

/// A folder of one market. Names have no folders in them.
pub trait Folder: Send + Sync {
    /// Of all files, in any order.
    fn names(&self) -> io::Result<Vec<String>>;

    /// A file's whole content.
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;

    /// Makes an empty file, where there is none of this name.
    fn create(&self, name: &str) -> io::Result<Box<dyn Writable>>;

    /// Opens a file that is there, at its front.
    fn open(&self, name: &str) -> io::Result<Box<dyn Writable>>;

    /// Takes the place of a file of the new name.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    fn remove(&self, name: &str) -> io::Result<()>;

    /// Returns when what was made, renamed and removed is on the disk.
    fn sync(&self) -> io::Result<()>;

    /// Waits until nobody else has the folder's lock, and holds it until the answer is dropped, or its process is gone.
    fn lock(&self) -> io::Result<Box<dyn Send>>;
}

/// An open file.
pub trait Writable: Send {
    /// Writes the front of these bytes where it is, and goes behind them: how many, maybe not all.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Goes to the front.
    fn rewind(&mut self) -> io::Result<()>;

    /// Returns when all that was written is on the disk.
    fn sync(&mut self) -> io::Result<()>;

    /// Keeps the first so many bytes.
    fn cut(&mut self, len: u64) -> io::Result<()>;
}

/// A folder of the file system.
#[derive(Clone, Debug)]
pub struct Disk {
    path: PathBuf,
}

impl Disk {
    /// Makes the folder if there is none.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        fs::create_dir_all(&path)?;
        Ok(Self { path })
    }
}

impl Folder for Disk {
    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            // A name that is no text is none of ours.
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path.join(name))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Writable>> {
        let file = OpenOptions::new().write(true).create_new(true).open(self.path.join(name))?;
        Ok(Box::new(file))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Writable>> {
        Ok(Box::new(OpenOptions::new().write(true).open(self.path.join(name))?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    fn lock(&self) -> io::Result<Box<dyn Send>> {
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).open(self.path.join("lock"))?;
        file.lock()?;
        Ok(Box::new(file))
    }
}

impl Writable for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(self, bytes)
    }

    fn rewind(&mut self) -> io::Result<()> {
        Seek::rewind(self)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }
}

/// Writes all of these bytes.
pub(crate) fn write_all(file: &mut dyn Writable, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Puts a file there whole, or leaves what was there; returns when it is on the disk. The caller holds the lock.
pub(crate) fn replace(folder: &dyn Folder, name: &str, bytes: &[u8]) -> io::Result<()> {
    let fresh = format!("{name}.new");
    if folder.names()?.contains(&fresh) {
        folder.remove(&fresh)?;
    }
    let mut file = folder.create(&fresh)?;
    write_all(file.as_mut(), bytes)?;
    file.sync()?;
    folder.rename(&fresh, name)?;
    folder.sync()
}
