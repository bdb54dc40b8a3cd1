//! What to measure, from the command line.

use crate::scenario::{Extent, Scenario};
use clap::Parser;
use std::path::PathBuf;

/// Files that a process needs besides its streams.
const OTHER_FILES: usize = 400;

#[derive(Debug, Parser)]
#[command(name = "stream", about = "Our event streams beside nchan's and a naive server's, in one run")]
pub(crate) struct Options {
    /// Numbers of streams, with commas between; those beyond the open-file limit are left out.
    #[arg(long, value_delimiter = ',')]
    conns: Vec<usize>,
    /// Bytes of data in an update, with commas between.
    #[arg(long, value_delimiter = ',')]
    size: Vec<usize>,
    /// Few streams and short stretches: whether all works, not how well.
    #[arg(long)]
    pub(crate) quick: bool,
    /// How often everything is measured; the report shows medians.
    #[arg(long, default_value_t = 1)]
    pub(crate) repeats: usize,
    /// Only these servers: nchan, naive, bare, ours.
    #[arg(long, value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Only scenarios whose name contains this: "5000x300", "stalled", "storm".
    #[arg(long)]
    scenario: Option<String>,
    /// Where the report goes, as JSON.
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// Cargo says so to every bench.
    #[arg(long, hide = true)]
    pub(crate) bench: bool,
}

impl Options {
    pub(crate) fn extent(&self) -> Extent {
        if self.quick { Extent::QUICK } else { Extent::FULL }
    }

    /// What fits under the bound on open files, and the names of what does not.
    pub(crate) fn scenarios(&self, files_max: usize) -> (Vec<Scenario>, Vec<String>) {
        let (fitting, rest): (Vec<Scenario>, Vec<Scenario>) =
            self.wanted().into_iter().partition(|it| it.sockets() + OTHER_FILES <= files_max);
        (fitting, rest.into_iter().map(Scenario::name).collect())
    }

    fn wanted(&self) -> Vec<Scenario> {
        let or = |given: &[usize], quick: &[usize], full: &[usize]| match (given, self.quick) {
            ([], true) => quick.to_vec(),
            ([], false) => full.to_vec(),
            _ => given.to_vec(),
        };
        let counts = or(&self.conns, &[1_000, 5_000], &[1_000, 4_000, 5_000, 10_000, 19_500]);
        let sizes = or(&self.size, &[300], &[300, 1024]);
        let mut all = Vec::new();
        for &size in &sizes {
            // 4,000 is there for one goal, which is about small updates.
            let counts = counts.iter().filter(|it| **it != 4_000 || size == 300);
            all.extend(counts.map(|&streams| Scenario::Load { streams, size }));
        }
        all.push(Scenario::Stalled { stalled: 200, healthy: 1_000, size: 1024 });
        all.push(Scenario::Storm { open: 5_000, more: 10_000, size: 300 });
        all.retain(|it| self.scenario.as_ref().is_none_or(|part| it.name().contains(part.as_str())));
        all
    }
}
