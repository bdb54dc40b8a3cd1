//! The folder that a private PostgreSQL lives in.

use super::Error;
use super::account::Account;
use super::wait;
use sha2::{Digest, Sha256};
use std::fs::{self, File, TryLockError};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

/// Where root's data go when the data folder is out of reach of the account PostgreSQL runs under.
const ROOTS_FALLBACK: &str = "/var/lib/crease";
/// The longest path of a unix socket, without its closing zero: 107 bytes on Linux, 103 on macOS and the BSDs.
const SOCKET_PATH_BYTES_MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };
/// PostgreSQL's name for the socket of port 5432.
pub(super) const SOCKET_NAME: &str = ".s.PGSQL.5432";

/// How long a lock may stay held before somebody else is said to use the folder.
const LOCK_MS_MAX: u64 = 500;

/// A prepared and locked folder. Dropping it frees the lock.
pub(super) struct Home {
    folder: PathBuf,
    socket_folder: PathBuf,
    account: Option<Account>,
    _lock: File,
}

impl Home {
    /// Makes `<data folder>/postgres` if it is not there, hands it to the account PostgreSQL will run under, and
    /// locks it. As root, with a data folder that this account may not enter (such as one below /root), the folder
    /// lies below /var/lib/crease instead, and the log says so.
    pub(super) fn prepare(data_folder: &Path) -> Result<Home, Error> {
        fs::create_dir_all(data_folder).map_err(Error::folder("make", data_folder))?;
        let data_folder = data_folder.canonicalize().map_err(Error::folder("find", data_folder))?;
        let mut folder = data_folder.join("postgres");
        let account = Account::to_become(&folder)?;
        if let Some(account) = &account
            && let Some(barred) = account.barred_from(&data_folder)
        {
            let parent = Path::new(ROOTS_FALLBACK).join(fingerprint(&data_folder));
            fs::create_dir_all(&parent).map_err(Error::folder("make", &parent))?;
            folder = parent.join("postgres");
            tracing::warn!(
                account = account.name,
                barred = %barred.display(),
                folder = %folder.display(),
                "PostgreSQL's account may not enter the data folder; its data are elsewhere"
            );
        }
        make_private(&folder, account.as_ref())?;
        let lock = lock(&folder)?;
        let socket_folder = socket_folder(&folder);
        make_private(&socket_folder, account.as_ref())?;
        Ok(Home { folder, socket_folder, account, _lock: lock })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn socket_folder(&self) -> &Path {
        &self.socket_folder
    }

    pub(super) fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    pub(super) fn url(&self) -> String {
        format!("postgresql://postgres@/postgres?host={}", percent_encoded(&self.socket_folder))
    }

    /// A socket folder in the temp folder goes when PostgreSQL has stopped; one in the home stays.
    pub(super) fn remove_socket_folder(&self) {
        if !self.socket_folder.starts_with(&self.folder)
            && let Err(error) = fs::remove_dir_all(&self.socket_folder)
        {
            tracing::debug!(%error, "the socket folder stays");
        }
    }
}

/// A folder that only `account` (or else we) may enter. One that exists must be theirs already, so that a stranger
/// who made it first, or a symbolic link, is not trusted.
fn make_private(folder: &Path, account: Option<&Account>) -> Result<(), Error> {
    let uid = account.map_or(rustix::process::geteuid().as_raw(), |account| account.uid);
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {
            if let Some(account) = account {
                chown(folder, Some(account.uid), Some(account.gid))
                    .map_err(Error::folder("hand over", folder))?;
            }
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let found = fs::symlink_metadata(folder).map_err(Error::folder("look at", folder))?;
            if !found.is_dir() || found.uid() != uid {
                let whose = std::io::Error::other(format!("it belongs to user {}, not {uid}", found.uid()));
                return Err(Error::folder("use", folder)(whose));
            }
            fs::set_permissions(folder, PermissionsExt::from_mode(0o700))
                .map_err(Error::folder("close", folder))
        }
        Err(error) => Err(Error::folder("make", folder)(error)),
    }
}

/// Takes the folder's lock, or finds it held for [`LOCK_MS_MAX`]. A program that any thread of this process is just
/// starting holds copies of our open files, and so a lock that we have freed, until it has become that program. The
/// file says which process holds it.
fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("lock");
    let opened = File::options().create(true).read(true).append(true).open(&path);
    let mut file = opened.map_err(Error::folder("open", &path))?;
    let tried = wait::until(LOCK_MS_MAX, || match file.try_lock() {
        Err(TryLockError::WouldBlock) => None,
        Err(TryLockError::Error(error)) => Some(Err(error)),
        Ok(()) => Some(Ok(())),
    });
    match tried {
        Some(Ok(())) => {
            let noted = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
            noted.map_err(Error::folder("write", &path))?;
            Ok(file)
        }
        Some(Err(error)) => Err(Error::folder("lock", path)(error)),
        None => Err(Error::InUse { holder: holder(&mut file), folder: folder.to_owned() }),
    }
}

/// Who holds a lock, in words.
fn holder(file: &mut File) -> String {
    let mut noted = String::new();
    match file.read_to_string(&mut noted) {
        Ok(1..) => format!("process {noted}"),
        _ => "another process".to_owned(),
    }
}

/// `run` in the home, or a folder in the temp folder that is always the same for that home.
fn socket_folder(home: &Path) -> PathBuf {
    let fits = |folder: &Path| folder.join(SOCKET_NAME).as_os_str().len() <= SOCKET_PATH_BYTES_MAX;
    let near = home.join("run");
    if fits(&near) {
        return near;
    }
    let name = format!("crease-{}", fingerprint(home));
    let far = std::env::temp_dir().join(&name);
    if fits(&far) { far } else { Path::new("/tmp").join(name) }
}

/// 16 hexadecimal digits that stand for a path, the same for ever: root's data are found again by them.
fn fingerprint(path: &Path) -> String {
    let digest = format!("{:x}", Sha256::digest(path.as_os_str().as_bytes()));
    digest[..16].to_owned()
}

/// A path as a value in a URL's query (RFC 3986 §2.1).
fn percent_encoded(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let encoded = path.as_os_str().as_bytes().iter().map(|byte| match plain(*byte) {
        true => char::from(*byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    encoded.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_path_that_would_be_too_long_is_put_into_the_temp_folder() {
        let short = Path::new("/srv/data/postgres");
        assert_eq!(socket_folder(short), short.join("run"));
        let long = PathBuf::from(format!("/srv/{}/postgres", "d".repeat(100)));
        assert!(socket_folder(&long).join(SOCKET_NAME).as_os_str().len() <= SOCKET_PATH_BYTES_MAX);
        assert_eq!(fingerprint(short), "8f824477d87ebfe6", "written on disks: never another");
        let other = PathBuf::from(format!("/srv/{}/postgres", "e".repeat(100)));
        assert_ne!(socket_folder(&long), socket_folder(&other));
    }

    #[test]
    fn a_path_is_encoded_for_a_url() {
        assert_eq!(percent_encoded(Path::new("/srv/a b/ü&c=1%")), "/srv/a%20b/%C3%BC%26c%3D1%25");
    }

    #[test]
    fn a_folder_is_locked_by_one_at_a_time() {
        let temp = tempfile::tempdir().unwrap();
        let held = lock(temp.path()).unwrap();
        let refusal = lock(temp.path()).unwrap_err();
        assert!(matches!(refusal, Error::InUse { .. }));
        assert!(refusal.to_string().starts_with(&format!("process {} already uses", std::process::id())));
        drop(held);
        assert!(lock(temp.path()).is_ok());
    }

    #[test]
    fn a_link_in_place_of_a_private_folder_is_not_followed() {
        let temp = tempfile::tempdir().unwrap();
        let (target, link) = (temp.path().join("target"), temp.path().join("link"));
        fs::create_dir(&target).unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(matches!(make_private(&link, None), Err(Error::Folder { .. })));
        assert!(make_private(&target, None).is_ok());
    }
}
