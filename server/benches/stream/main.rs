//! `cargo xtask bench stream`: our event streams beside nchan's and a naive server's, measured by one client in one run.
//!
//! The client ([`fleet`]) is one thread with thousands of sockets; each update carries its number and the moment at which it was
//! handed over ([`mark`]), so that each delivery is checked and timed ([`tally`]). Servers are processes of their own on another core
//! ([`peers`], [`cores`]) and are charged for what /proc says that they used ([`usage`]). What is done to them is a [`scenario`];
//! what is promised stands in [`goals`]. Loopback only; bounded in streams and time.
//!
//! Limits of the method. Loopback does the receiver's half of TCP on the sender's core. A saturated client bounds deliveries a second:
//! its share of its core is reported, and deliveries for each second of the *server's* processor time do not suffer. The peers get a
//! POST directly, ours gets its updates over Redis, as deployed: this way is within every latency of ours (the figure "first" shows it),
//! Redis and the publisher share the client's core, so that a busy client delays them, and of a burst of eight the first may be on its
//! way to streams before the last has come in. All three count against us.

#![expect(clippy::print_stdout, reason = "a bench speaks on its terminal")]

mod cores;
mod decode;
mod figures;
mod fleet;
mod floor;
mod goals;
mod mark;
mod options;
mod peer;
mod peers;
mod report;
mod run;
mod scenario;
mod session;
mod tally;
mod usage;

use anyhow::{Context, bail};
use clap::Parser;
use cores::Cores;
use figures::{Figures, medians};
use goals::{Results, beyond_this_machine, judge};
use options::Options;
use peer::Peer;
use peers::{Yard, bare, naive};
use report::{Report, line};
use scenario::Scenario;
use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

/// Numbers of sockets, and the bytes of a message, for which the floor is measured: an update of 300 bytes with its frame.
const FLOOR_SOCKETS: [usize; 3] = [1_000, 5_000, 9_500];
const FLOOR_BYTES: usize = 360;
/// A machine of which others use more than this is not quiet enough to measure on; we listen for so long.
const BUSY_MAX: f64 = 0.05;
const LISTEN: Duration = Duration::from_secs(1);

fn main() -> anyhow::Result<()> {
    let files_max = cores::raise_open_files()?;
    let words: Vec<String> = std::env::args().collect();
    if let [_, word, address] = words.as_slice() {
        let address = || address.parse().context("an address to listen on");
        match word.as_str() {
            naive::WORD => return naive::serve(address()?),
            bare::WORD => return bare::serve(address()?),
            _ => {}
        }
    }
    measure(&Options::parse(), files_max)
}

fn measure(options: &Options, files_max: usize) -> anyhow::Result<()> {
    let cores = Cores::choose()?;
    cores.take_clients()?;
    let (scenarios, beyond) = options.scenarios(files_max);
    let (peers, absent) = present(&options.only)?;
    let mut notes = vec![cores.words()];
    notes.extend(absent);
    let busy = usage::busy_share(LISTEN)?;
    if busy > BUSY_MAX {
        notes.push(format!(
            "others use {:.0} % of this machine: figures of this run say little",
            busy * 100.0
        ));
    }
    if !beyond.is_empty() {
        notes.push(format!("left out, with {files_max} open files at most: {}", beyond.join(", ")));
    }
    for note in &notes {
        println!("{note}");
    }
    let floor = measure_floor(cores, files_max)?;
    let cheapest_us = floor.iter().map(|it| it.1).fold(f64::INFINITY, f64::min);
    notes.extend(beyond_this_machine(cheapest_us).filter(|_| !floor.is_empty()));
    let mut yard = Yard::new(cores)?;
    let mut runs = BTreeMap::<(Scenario, Peer), Vec<Figures>>::new();
    for _ in 0..options.repeats {
        for &scenario in &scenarios {
            for &peer in peers.iter().filter(|it| scenario.concerns(**it)) {
                let measured = yard.start(peer).and_then(|it| run::run(scenario, it, &options.extent()));
                match measured {
                    Ok(figures) => {
                        println!("{}", line(scenario, peer, &figures));
                        runs.entry((scenario, peer)).or_default().push(figures);
                    }
                    Err(error) => {
                        let failure = format!("{} {}: failed: {error:#}", scenario.name(), peer.name());
                        println!("{failure}");
                        notes.push(failure);
                    }
                }
                std::io::stdout().flush()?;
            }
        }
    }
    let results: Results = runs.into_iter().map(|(case, runs)| (case, medians(&runs))).collect();
    let report = Report { results: &results, goals: &judge(&results), floor: &floor, notes: &notes };
    println!("{}", report.table());
    if let Some(out) = &options.out {
        std::fs::write(out, report.json().to_string())
            .with_context(|| format!("writing {}", out.display()))?;
    }
    if results.is_empty() { bail!("nothing could be measured") } else { Ok(()) }
}

/// The servers to measure, and words about those that are not here.
fn present(only: &[String]) -> anyhow::Result<(Vec<Peer>, Vec<String>)> {
    if let Some(unknown) = only.iter().find(|it| Peer::ALL.iter().all(|peer| peer.name() != it.as_str())) {
        bail!("there is no server {unknown:?}; there are nchan, naive, bare and ours");
    }
    let wanted =
        Peer::ALL.into_iter().filter(|it| only.is_empty() || only.iter().any(|name| name == it.name()));
    let (mut peers, mut absent) = (Vec::new(), Vec::new());
    for peer in wanted {
        match Yard::absence(peer) {
            None => peers.push(peer),
            Some(how) => absent.push(format!("{} is not on this machine and is skipped: {how}", peer.name())),
        }
    }
    Ok((peers, absent))
}

fn measure_floor(cores: Cores, files_max: usize) -> anyhow::Result<Vec<(usize, f64)>> {
    let possible = FLOOR_SOCKETS.into_iter().filter(|it| it * 2 + 100 < files_max);
    cores.on_servers(|| possible.map(|it| Ok((it, floor::send_us(it, FLOOR_BYTES)?))).collect())
}
