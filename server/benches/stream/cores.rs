//! Who runs where: the server alone on one core, everything else on another.

use anyhow::Context;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The two cores of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    pub(crate) server: usize,
    /// The client's, and what serves it: Redis, PostgreSQL, the publisher.
    pub(crate) client: usize,
}

impl Cores {
    /// The first two cores that this process may use, or one for all.
    pub(crate) fn choose() -> anyhow::Result<Self> {
        let allowed = sched_getaffinity(None).context("asking for the cores of this process")?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let server = cores.next().context("this process may run on no core")?;
        Ok(Self { server, client: cores.next().unwrap_or(server) })
    }

    /// In words, for the report.
    pub(crate) fn words(self) -> String {
        let Self { server, client } = self;
        if server == client {
            return format!(
                "ONE core ({server}) for server and client: figures of this run cannot be compared"
            );
        }
        format!("the server on core {server}; client, publisher, Redis and PostgreSQL on core {client}")
    }

    /// Moves this thread, and so what it starts from now on, to the client's core.
    pub(crate) fn take_clients(self) -> anyhow::Result<()> {
        pin(self.client)
    }

    /// Starts something on the server's core: children and threads keep the core of the thread that starts them.
    pub(crate) fn on_servers<T>(self, start: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        pin(self.server)?;
        let started = start();
        pin(self.client)?;
        started
    }
}

fn pin(core: usize) -> anyhow::Result<()> {
    let mut only = CpuSet::new();
    only.set(core);
    sched_setaffinity(None, &only).with_context(|| format!("moving to core {core}"))
}

/// Raises this process's bound on open files as far as it goes; children have the same. Says how many that are.
pub(crate) fn raise_open_files() -> anyhow::Result<usize> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).context("raising open files")?;
    Ok(limit.maximum.map_or(usize::MAX, |it| usize::try_from(it).unwrap_or(usize::MAX)))
}
