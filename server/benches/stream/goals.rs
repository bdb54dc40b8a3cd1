//! What is promised beside the peers, and whether it holds.

use crate::figures::{
    BURST, CLOSED, Figures, LOST, MEMORY_B, OPENED_S, PACED_CPU_US, PACED_LAST_P50_MS, REPEATED, SINGLE,
    STALLED_GROWTH_MIB, STALLED_P99_MS, STORM_MAX_MS,
};
use crate::peer::Peer;
use crate::scenario::Scenario;
use std::collections::BTreeMap;

/// Medians by scenario and server.
pub(crate) type Results = BTreeMap<(Scenario, Peer), Figures>;

/// The size of updates for which goals are stated, bytes.
const GOAL_SIZE: usize = 300;
/// Goals about many streams hold from so many on.
const MANY_STREAMS: usize = 5_000;

/// The one goal that is no ratio: the last of so many streams has an update within so many milliseconds.
const LAST_STREAMS: usize = 4_000;
const LAST_MS_MAX: f64 = 20.0;

/// Why that goal cannot be met here, when bare sends alone take longer. `send_us` is what one of them costs.
pub(crate) fn beyond_this_machine(send_us: f64) -> Option<String> {
    let alone_ms = send_us * LAST_STREAMS as f64 / 1e3;
    (alone_ms > LAST_MS_MAX).then(|| {
        format!("{LAST_STREAMS} bare sends take {alone_ms:.1} ms on this machine: no server can reach {LAST_MS_MAX} ms here")
    })
}

/// A goal with what was measured.
#[derive(Debug)]
pub(crate) struct Goal {
    pub(crate) name: &'static str,
    pub(crate) bound: Bound,
    /// The worst of the cases that it is about.
    pub(crate) value: f64,
    /// The name of that case.
    pub(crate) at: String,
    /// What bare sends alone would reach in it; none where that says nothing.
    pub(crate) floor: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Bound {
    pub(crate) fn value(self) -> f64 {
        let (Bound::AtLeast(value) | Bound::AtMost(value)) = self;
        value
    }

    pub(crate) fn words(self) -> String {
        match self {
            Bound::AtLeast(value) => format!("at least {value:.3}"),
            Bound::AtMost(value) => format!("at most {value:.3}"),
        }
    }

    fn holds(self, value: f64) -> bool {
        match self {
            Bound::AtLeast(bound) => value >= bound,
            Bound::AtMost(bound) => value <= bound,
        }
    }

    /// Which of two values is further from being good.
    fn is_worse(self, one: f64, other: f64) -> bool {
        match self {
            Bound::AtLeast(_) => one < other,
            Bound::AtMost(_) => one > other,
        }
    }
}

impl Goal {
    pub(crate) fn met(&self) -> bool {
        self.bound.holds(self.value)
    }
}

/// What a goal compares in one scenario.
enum Measure {
    /// Theirs by ours: less is better for both.
    Sooner(Peer, &'static str),
    /// Ours by theirs: more is better.
    More(Peer, &'static str),
    /// Ours by theirs: less is better.
    Share(Peer, &'static str),
    /// Ours alone.
    Ours(&'static str),
}

/// Which scenarios a goal is about.
#[derive(Clone, Copy)]
enum About {
    Many,
    Exactly(usize),
    /// The greatest number of streams in the run, if it is many.
    Most,
    Stalled,
    Everything,
}

/// The goals: name, bound, where it holds, what is compared.
const GOALS: &[(&str, Bound, About, Measure)] = &[
    (
        "paced_last_vs_nchan",
        Bound::AtLeast(1.75),
        About::Many,
        Measure::Sooner(Peer::Nchan, PACED_LAST_P50_MS),
    ),
    ("paced_cpu_vs_nchan", Bound::AtLeast(1.8), About::Many, Measure::Sooner(Peer::Nchan, PACED_CPU_US)),
    (
        "burst_last_vs_nchan",
        Bound::AtLeast(10.0),
        About::Many,
        Measure::Sooner(Peer::Nchan, BURST.last_p50_ms),
    ),
    (
        "burst_per_cpu_vs_nchan",
        Bound::AtLeast(15.0),
        About::Many,
        Measure::More(Peer::Nchan, BURST.per_cpu_s),
    ),
    ("burst_per_cpu_vs_naive", Bound::AtLeast(2.5), About::Many, Measure::More(Peer::Naive, BURST.per_cpu_s)),
    ("memory_per_stream_b", Bound::AtMost(1024.0), About::Many, Measure::Ours(MEMORY_B)),
    (
        "stalled_growth_vs_nchan",
        Bound::AtMost(1.0 / 6.0),
        About::Stalled,
        Measure::Share(Peer::Nchan, STALLED_GROWTH_MIB),
    ),
    ("stalled_p99_vs_nchan", Bound::AtMost(0.2), About::Stalled, Measure::Share(Peer::Nchan, STALLED_P99_MS)),
    (
        "last_of_4000_ms",
        Bound::AtMost(LAST_MS_MAX),
        About::Exactly(LAST_STREAMS),
        Measure::Ours(PACED_LAST_P50_MS),
    ),
    ("open_all_vs_nchan", Bound::AtLeast(1.0), About::Most, Measure::Sooner(Peer::Nchan, OPENED_S)),
    ("lost", Bound::AtMost(0.0), About::Everything, Measure::Ours(LOST)),
    ("repeated", Bound::AtMost(0.0), About::Everything, Measure::Ours(REPEATED)),
    ("closed", Bound::AtMost(0.0), About::Everything, Measure::Ours(CLOSED)),
];

/// The goals that this run says something about.
pub(crate) fn judge(results: &Results) -> Vec<Goal> {
    let judged = GOALS.iter().filter_map(|(name, bound, about, measure)| {
        let cases = scenarios(results).into_iter().filter(|it| about.covers(*it, results));
        let values = cases.filter_map(|it| Some((measure.value(results, it)?, it)));
        let worst = values.reduce(|one, other| if bound.is_worse(other.0, one.0) { other } else { one })?;
        let floor = measure.floor(results, worst.1);
        Some(Goal { name, bound: *bound, value: worst.0, at: worst.1.name(), floor })
    });
    judged.collect()
}

/// How many times better ours is, for every scenario and peer that were measured.
pub(crate) fn ratios(results: &Results) -> Vec<(Scenario, BTreeMap<String, f64>)> {
    let named = [
        ("paced_last", PACED_LAST_P50_MS, false),
        ("paced_cpu", PACED_CPU_US, false),
        ("single_per_cpu", SINGLE.per_cpu_s, true),
        ("burst_per_cpu", BURST.per_cpu_s, true),
        ("burst_last", BURST.last_p50_ms, false),
        ("memory", MEMORY_B, false),
        ("open_all", OPENED_S, false),
        ("stalled_growth", STALLED_GROWTH_MIB, false),
        ("stalled_p99", STALLED_P99_MS, false),
        ("storm_max", STORM_MAX_MS, false),
    ];
    let of = |scenario| {
        let mut ratios = BTreeMap::new();
        for peer in [Peer::Nchan, Peer::Naive, Peer::Bare] {
            for (name, figure, more_is_better) in named.into_iter().filter(|it| says_something(peer, it.1)) {
                let measure =
                    if more_is_better { Measure::More(peer, figure) } else { Measure::Sooner(peer, figure) };
                if let Some(ratio) = measure.value(results, scenario) {
                    ratios.insert(format!("{name}_vs_{}", peer.name()), ratio);
                }
            }
        }
        (scenario, ratios)
    };
    scenarios(results).into_iter().map(of).filter(|it| !it.1.is_empty()).collect()
}

/// Bare sends are the floor of updates one at a time; they do nothing of the rest that a server does.
fn says_something(peer: Peer, figure: &str) -> bool {
    peer != Peer::Bare || [PACED_LAST_P50_MS, PACED_CPU_US, SINGLE.per_cpu_s].contains(&figure)
}

fn scenarios(results: &Results) -> Vec<Scenario> {
    let mut all: Vec<Scenario> = results.keys().map(|it| it.0).collect();
    all.dedup();
    all
}

impl About {
    fn covers(self, scenario: Scenario, results: &Results) -> bool {
        let Scenario::Load { streams, size } = scenario else {
            let is_stalled = matches!(scenario, Scenario::Stalled { .. });
            return matches!(self, About::Everything) || (matches!(self, About::Stalled) && is_stalled);
        };
        let most = || {
            let counts = results.keys().filter_map(|(it, _)| match it {
                Scenario::Load { streams, .. } => Some(*streams),
                _ => None,
            });
            counts.max() == Some(streams)
        };
        match self {
            About::Everything => true,
            About::Many => size == GOAL_SIZE && streams >= MANY_STREAMS,
            About::Most => size == GOAL_SIZE && streams >= MANY_STREAMS && most(),
            About::Exactly(count) => size == GOAL_SIZE && streams == count,
            About::Stalled => false,
        }
    }
}

impl Measure {
    /// What would be reached by bare sends alone.
    fn floor(&self, results: &Results, scenario: Scenario) -> Option<f64> {
        let figure = |peer: Peer, name: &str| results.get(&(scenario, peer))?.get(name).copied();
        match self {
            Measure::Sooner(peer, name) if says_something(Peer::Bare, name) => {
                Some(figure(*peer, name)? / figure(Peer::Bare, name)?)
            }
            Measure::Ours(name) if says_something(Peer::Bare, name) => figure(Peer::Bare, name),
            _ => None,
        }
    }

    fn value(&self, results: &Results, scenario: Scenario) -> Option<f64> {
        let figure = |peer: Peer, name: &str| results.get(&(scenario, peer))?.get(name).copied();
        match self {
            Measure::Sooner(peer, name) => Some(figure(*peer, name)? / figure(Peer::Ours, name)?),
            Measure::More(peer, name) | Measure::Share(peer, name) => {
                Some(figure(Peer::Ours, name)? / figure(*peer, name)?)
            }
            Measure::Ours(name) => figure(Peer::Ours, name),
        }
    }
}
