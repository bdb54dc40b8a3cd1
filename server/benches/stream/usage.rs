//! What a server costs: processor time and memory of its processes, and the kernel's memory for sockets, all read from /proc.

use anyhow::Context;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// A process and all that descend from it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tree {
    pub(crate) root: u32,
}

impl Tree {
    /// Processor time that its living threads have spent, nanoseconds. A server's threads live as long as it does.
    pub(crate) fn cpu_ns(self) -> anyhow::Result<u64> {
        let mut sum = 0;
        for process in self.processes()? {
            let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
            // A thread may end while we look.
            let spent = tasks.filter_map(|it| first_number(&it.path().join("schedstat")));
            sum += spent.sum::<u64>();
        }
        Ok(sum)
    }

    /// Memory of its own, bytes: proportional set size, so that pages which processes share count once.
    pub(crate) fn memory_bytes(self) -> anyhow::Result<u64> {
        let mut sum = 0;
        for process in self.processes()? {
            let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
            let kilobytes = rollup.lines().find_map(|it| it.strip_prefix("Pss:")?.split_whitespace().next());
            sum += kilobytes.and_then(|it| it.parse::<u64>().ok()).unwrap_or(0) * 1024;
        }
        Ok(sum)
    }

    fn processes(self) -> anyhow::Result<Vec<u32>> {
        let numbers = fs::read_dir("/proc").context("this bench needs Linux")?.flatten();
        let all: Vec<(u32, u32)> = numbers
            .filter_map(|it| {
                let process = it.file_name().to_str()?.parse().ok()?;
                Some((process, parent(&fs::read_to_string(it.path().join("stat")).ok()?)?))
            })
            .collect();
        let mut tree = vec![self.root];
        let mut at = 0;
        while at < tree.len() {
            let parent = tree[at];
            tree.extend(all.iter().filter(|it| it.1 == parent).map(|it| it.0));
            at += 1;
        }
        Ok(tree)
    }
}

/// The parent in a `stat` line: the second field after the name, which may hold anything but ends with the last parenthesis.
fn parent(stat: &str) -> Option<u32> {
    stat[stat.rfind(')')? + 1..].split_whitespace().nth(1)?.parse().ok()
}

fn first_number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.split_whitespace().next()?.parse().ok()
}

/// What the kernel holds for TCP on this machine, both ends of each connection, bytes. It counts in pages of 4 KiB.
pub(crate) fn tcp_bytes() -> anyhow::Result<u64> {
    let text = fs::read_to_string("/proc/net/sockstat")?;
    let tcp = text.lines().find(|it| it.starts_with("TCP:")).context("no line TCP in /proc/net/sockstat")?;
    let pages: u64 = tcp.rsplit(' ').next().and_then(|it| it.parse().ok()).context("no mem in that line")?;
    Ok(pages * 4096)
}

/// What the kernel holds for its own objects and for TCP, both ends of each connection, bytes.
pub(crate) fn kernel_bytes() -> anyhow::Result<u64> {
    let text = fs::read_to_string("/proc/meminfo")?;
    let slab =
        text.lines().find_map(|it| it.strip_prefix("Slab:")?.split_whitespace().next()?.parse::<u64>().ok());
    Ok(slab.context("no line Slab in /proc/meminfo")? * 1024 + tcp_bytes()?)
}

/// How much of this machine's cores is in use while we do nothing for `time`: 0 to 1.
pub(crate) fn busy_share(time: Duration) -> anyhow::Result<f64> {
    let before = core_ticks()?;
    std::thread::sleep(time);
    let after = core_ticks()?;
    let (idle, all) = (after.0 - before.0, after.1 - before.1);
    Ok(1.0 - idle as f64 / all.max(1) as f64)
}

/// Ticks of all cores since the start: idle ones, and all. The fourth and fifth figure are idle time.
fn core_ticks() -> anyhow::Result<(u64, u64)> {
    let text = fs::read_to_string("/proc/stat")?;
    let line = text.lines().next().context("an empty /proc/stat")?;
    let ticks: Vec<u64> = line.split_whitespace().skip(1).filter_map(|it| it.parse().ok()).collect();
    Ok((ticks.iter().skip(3).take(2).sum(), ticks.iter().sum()))
}
