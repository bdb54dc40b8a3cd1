//! Where a PostgreSQL comes from: the one that `DATABASE_URL` names, or a private one that we start and supervise.
//!
//! ```text
//! <data folder>/postgres/            ours alone: mode 0700, owned by the account PostgreSQL runs under
//!     lock                           held by the process that supervises; freed by the kernel when that dies
//!     cluster/                       what initdb made, renamed here only when complete
//!     run/                           the unix socket (in the temp folder where this path would be too long)
//!     postgres.log                   what PostgreSQL says
//!     bundled/                       the unpacked PostgreSQL of postgres-bundle, if that one is used
//! ```
//!
//! Invariants: PostgreSQL listens on that socket only; it runs with fsync on; it dies with us (on Linux by the
//! kernel's hand, elsewhere at our next start); a half-made cluster is never mistaken for a whole one.

mod account;
mod client;
mod cluster;
mod error;
mod find;
mod home;
mod orphan;
mod process;
mod wait;

pub use error::Error;
pub use find::WAYS_OUT;

use cluster::Cluster;
use find::Binaries;
use home::Home;
use process::Running;
use std::fmt;
use std::path::{Path, PathBuf};

/// Which PostgreSQL to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// One that runs already; nothing is started.
    Url(String),
    /// A private cluster with the programs of this folder.
    Bin(PathBuf),
    /// A private cluster with the system's PostgreSQL, or else with the bundled one.
    Search,
}

impl Source {
    /// `DATABASE_URL`, else `PG_BIN`, else search. Empty variables count as unset.
    pub fn from_env() -> Source {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        match (set("DATABASE_URL"), set("PG_BIN")) {
            (Some(url), _) => Source::Url(url.to_string_lossy().into_owned()),
            (None, Some(bin)) => Source::Bin(bin.into()),
            (None, None) => Source::Search,
        }
    }
}

/// Whether a private PostgreSQL may be started. In production it may not: data would silently land on one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Embedded {
    Allowed,
    Refused,
}

/// Where the PostgreSQL at hand came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Url,
    /// `PG_BIN`.
    Bin(PathBuf),
    System(PathBuf),
    Bundled(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Url => write!(out, "DATABASE_URL"),
            Origin::Bin(bin) => write!(out, "PG_BIN {}", bin.display()),
            Origin::System(bin) => write!(out, "the system's, {}", bin.display()),
            Origin::Bundled(bin) => write!(out, "the bundled one, {}", bin.display()),
        }
    }
}

/// A PostgreSQL to talk to. Dropping it stops the private one, as [`Postgres::stop`] does.
pub struct Postgres {
    url: String,
    origin: Origin,
    private: Option<Private>,
}

/// What a private PostgreSQL holds. The order matters: the process ends before the lock is freed.
struct Private {
    running: Running,
    home: Home,
}

impl Postgres {
    /// For [`crate::Store::connect`].
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Where the data of a private PostgreSQL are: usually `<data folder>/postgres`.
    pub fn folder(&self) -> Option<&Path> {
        self.private.as_ref().map(|private| private.home.folder())
    }

    /// The process id of a private PostgreSQL.
    pub fn process_id(&self) -> Option<u32> {
        self.private.as_ref().map(|private| private.running.process_id())
    }

    /// Stops a private PostgreSQL: connections are cut, what was committed is on disk. Takes some 20 ms; after 15 s
    /// without an end it is stopped the hard way, which loses nothing but makes the next start slower.
    pub async fn stop(self) {
        let stopping = tokio::task::spawn_blocking(move || drop(self));
        if let Err(error) = stopping.await {
            tracing::error!(%error, "PostgreSQL could not be stopped");
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(private) = &self.private {
            private.running.stop();
            private.home.remove_socket_folder();
        }
    }
}

/// Finds or starts a PostgreSQL; answers when it accepts connections. A first start takes about 0.4 s, a later one
/// 30 ms, one after a crash as long as recovery takes.
pub async fn open(data_folder: &Path, source: Source, embedded: Embedded) -> Result<Postgres, Error> {
    let bin = match (source, embedded) {
        (Source::Url(url), _) => return Ok(Postgres { url, origin: Origin::Url, private: None }),
        (_, Embedded::Refused) => return Err(Error::EmbeddedInProduction),
        (Source::Bin(bin), Embedded::Allowed) => Some(bin),
        (Source::Search, Embedded::Allowed) => None,
    };
    let data_folder = data_folder.to_owned();
    let opening = tokio::task::spawn_blocking(move || start(&data_folder, bin, Tuning::Durable));
    opening.await.expect("starting PostgreSQL does not panic")
}

/// How much a private cluster may lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tuning {
    /// Nothing that was committed.
    Durable,
    /// Everything, at any time: for tests.
    #[cfg(feature = "testing")]
    Throwaway,
}

/// Starts a private PostgreSQL; blocks until it is ready.
pub(crate) fn start(data_folder: &Path, bin: Option<PathBuf>, tuning: Tuning) -> Result<Postgres, Error> {
    let home = Home::prepare(data_folder)?;
    let cluster = Cluster::at(&home);
    let major = cluster.major()?;
    let binaries = match bin {
        Some(bin) => Binaries::at(Origin::Bin(bin))?,
        None => Binaries::search(major, &home.folder().join("bundled"))?,
    };
    binaries.refuse_if_out_of_reach(home.account())?;
    match major {
        Some(major) if major != binaries.major() => {
            return Err(Error::MajorVersion {
                folder: home.folder().to_owned(),
                data: major,
                binary: binaries.major(),
                origin: binaries.origin().to_string(),
            });
        }
        Some(_) => orphan::stop(&cluster)?,
        None => cluster.create(&binaries, tuning)?,
    }
    let running = cluster.start(&binaries, tuning)?;
    tracing::info!(
        version = binaries.version(),
        origin = %binaries.origin(),
        folder = %home.folder().display(),
        "PostgreSQL is ready"
    );
    let url = home.url();
    let origin = binaries.origin().clone();
    Ok(Postgres { url, origin, private: Some(Private { running, home }) })
}
