//! One demo at a time: two on the same data would take each other's keys away.

use anyhow::{Context, bail};
use std::{
    fs::{self, File, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
};

/// The demo's data folder, held until this is dropped or the process ends, however it ends.
pub(super) struct Claim {
    file: File,
}

impl Claim {
    /// Takes the folder, or says where the demo that holds it serves.
    pub(super) fn take(data: &Path) -> anyhow::Result<Claim> {
        fs::create_dir_all(data).with_context(|| format!("making {}", data.display()))?;
        let path = data.join("running");
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .with_context(|| format!("opening {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)?;
                Ok(Claim { file })
            }
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("locking {}", path.display()))
            }
            Err(TryLockError::WouldBlock) => {
                let mut address = String::new();
                file.read_to_string(&mut address)?;
                let place = if address.is_empty() { "still starting".to_owned() } else { address };
                bail!(
                    "a demo of this project runs already ({place}): use that one, or end it with Ctrl-C first"
                )
            }
        }
    }

    /// Notes where we serve, for a second demo to tell.
    pub(super) fn note(&mut self, address: &str) -> anyhow::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(address.as_bytes()).context("noting the demo's address")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_demo_is_told_where_the_first_one_serves() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = || Claim::take(folder.path()).err().unwrap().to_string();
        let mut first = Claim::take(folder.path()).unwrap();
        assert!(refusal().contains("still starting"), "{}", refusal());
        first.note("http://localhost:8712").unwrap();
        assert!(refusal().contains("http://localhost:8712"), "{}", refusal());
        drop(first);
        assert!(Claim::take(folder.path()).is_ok());
    }
}
