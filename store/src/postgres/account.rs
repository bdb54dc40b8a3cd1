//! The account PostgreSQL runs under when we are root, which it refuses to be.

use super::Error;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A line of /etc/passwd. PostgreSQL insists on an account that has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// In order of preference.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

impl Account {
    /// Whom to become: nobody else unless we are root; the owner of data that exist; else the first candidate.
    pub(super) fn to_become(existing: &Path) -> Result<Option<Account>, Error> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let accounts = accounts(&std::fs::read_to_string("/etc/passwd").unwrap_or_default());
        let owner = std::fs::metadata(existing).map(|found| found.uid()).ok().filter(|uid| *uid != 0);
        let owns = accounts.iter().find(|account| Some(account.uid) == owner);
        let candidate =
            || CANDIDATES.iter().find_map(|name| accounts.iter().find(|account| account.name == *name));
        owns.or_else(candidate).cloned().map(Some).ok_or(Error::NoAccount)
    }

    /// The first folder on the way to `path` (itself included) that this account may not enter; `path` is absolute.
    /// Reads the mode bits only: an access list may still say otherwise, and then PostgreSQL's own message does.
    pub(super) fn barred_from(&self, path: &Path) -> Option<PathBuf> {
        let mut folders: Vec<&Path> = path.ancestors().collect();
        folders.reverse();
        let barred = folders.into_iter().find(|folder| {
            let Ok(found) = std::fs::metadata(folder) else { return false };
            let shift = if found.uid() == self.uid {
                6
            } else if found.gid() == self.gid {
                3
            } else {
                0
            };
            (found.mode() >> shift) & 1 == 0
        });
        barred.map(Path::to_owned)
    }
}

/// The accounts of a passwd file: `name:password:uid:gid:…`.
fn accounts(passwd: &str) -> Vec<Account> {
    let account = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account { name, uid, gid })
    };
    passwd.lines().filter_map(account).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn accounts_are_read_from_a_passwd_file_and_broken_lines_skipped() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\n\n# note\nbad:x:one:1::/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n";
        let names: Vec<(String, u32)> = accounts(passwd).into_iter().map(|a| (a.name, a.uid)).collect();
        assert_eq!(names, [("root".to_owned(), 0), ("nobody".to_owned(), 65534)]);
    }

    #[test]
    fn a_private_folder_on_the_way_bars_other_accounts_but_not_its_owner() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::set_permissions(temp.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let private = temp.path().canonicalize().unwrap().join("private");
        let inner = private.join("inner");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::set_permissions(&private, PermissionsExt::from_mode(0o700)).unwrap();
        let found = std::fs::metadata(&private).unwrap();
        let account = |uid, gid| Account { name: "test".into(), uid, gid };
        assert_eq!(account(found.uid() + 1, found.gid() + 1).barred_from(&inner), Some(private));
        assert_eq!(account(found.uid(), found.gid()).barred_from(&inner), None);
    }
}
