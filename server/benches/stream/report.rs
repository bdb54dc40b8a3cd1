//! What was measured, as a table for people and as JSON for `cargo xtask bench stream --json`.

use crate::figures::{
    BURST, CALM_MAX_MS, CALM_P50_MS, CLOSED, Figures, KERNEL_B, LOST, MEMORY_B, OPENED_S, PACED_CPU_US,
    PACED_FIRST_MS, PACED_LAST_MAX_MS, PACED_LAST_P50_MS, PACED_P50_MS, PACED_P99_MS, REPEATED, SINGLE,
    STALLED_CUT, STALLED_KERNEL_MIB, STALLED_P99_MS, STALLED_PER_S, STALLED_USER_MIB, STORM_MAX_MS,
    STORM_P50_MS, STORM_S, STORM_UPDATES,
};
use crate::goals::{Goal, Results, ratios};
use crate::peer::Peer;
use crate::scenario::Scenario;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// A column: its head, the figure, and how many digits after the point.
type Column = (&'static str, &'static str, usize);

const LOAD: &[Column] = &[
    ("open all s", OPENED_S, 2),
    ("B/stream", MEMORY_B, 0),
    ("kernel B", KERNEL_B, 0),
    ("first", PACED_FIRST_MS, 2),
    ("last p50", PACED_LAST_P50_MS, 1),
    ("last max", PACED_LAST_MAX_MS, 1),
    ("p50", PACED_P50_MS, 1),
    ("p99 ms", PACED_P99_MS, 1),
    ("us/deliv", PACED_CPU_US, 2),
    ("w1/cpu-s", SINGLE.per_cpu_s, 0),
    ("w8/cpu-s", BURST.per_cpu_s, 0),
    ("w8/s", BURST.per_s, 0),
    ("w8 last ms", BURST.last_p50_ms, 1),
    ("client", BURST.client_busy, 2),
];
const STALLED: &[Column] = &[
    ("healthy p99 ms", STALLED_P99_MS, 1),
    ("deliveries/s", STALLED_PER_S, 0),
    ("user MiB", STALLED_USER_MIB, 1),
    ("kernel MiB", STALLED_KERNEL_MIB, 1),
    ("cut off", STALLED_CUT, 0),
];
const STORM: &[Column] = &[
    ("before p50", CALM_P50_MS, 1),
    ("before max", CALM_MAX_MS, 1),
    ("in it p50", STORM_P50_MS, 1),
    ("in it max ms", STORM_MAX_MS, 1),
    ("storm s", STORM_S, 2),
    ("updates", STORM_UPDATES, 0),
];
const CHECKS: &[Column] = &[("lost", LOST, 0), ("again", REPEATED, 0), ("closed", CLOSED, 0)];

/// The line of one server in one scenario, with the head of its columns.
pub(crate) fn line(scenario: Scenario, peer: Peer, figures: &Figures) -> String {
    let columns = match scenario {
        Scenario::Load { .. } => LOAD,
        Scenario::Stalled { .. } => STALLED,
        Scenario::Storm { .. } => STORM,
    };
    let mut text = format!("{:<24} {:<6}", scenario.name(), peer.name());
    for (head, name, digits) in columns.iter().chain(CHECKS) {
        let value = figures.get(name).copied().unwrap_or(f64::NAN);
        // Writing to a text cannot fail.
        let _written = write!(text, " │ {head} {value:.digits$}");
    }
    text
}

/// All of a run.
pub(crate) struct Report<'a> {
    pub(crate) results: &'a Results,
    pub(crate) goals: &'a [Goal],
    /// Microseconds of a bare `send`, by number of sockets.
    pub(crate) floor: &'a [(usize, f64)],
    /// What a reader has to know: cores, what was left out and why.
    pub(crate) notes: &'a [String],
}

impl Report<'_> {
    /// Medians, ratios and goals, for people.
    pub(crate) fn table(&self) -> String {
        let mut text = String::from("\nMedians\n");
        for ((scenario, peer), figures) in self.results {
            text += &line(*scenario, *peer, figures);
            text.push('\n');
        }
        text += "\nOurs beside the others (how many times better)\n";
        for (scenario, ratios) in ratios(self.results) {
            let ratios: Vec<String> =
                ratios.iter().map(|(name, ratio)| format!("{name} {ratio:.2}")).collect();
            text += &format!("{:<24} {}\n", scenario.name(), ratios.join(" │ "));
        }
        text += "\nThe floor: one bare send over loopback\n";
        for (sockets, us) in self.floor {
            text += &format!("{sockets:>6} sockets {us:.2} us\n");
        }
        text += "\nGoals\n";
        for goal in self.goals {
            let (mark, bound) = (if goal.met() { "met" } else { "NOT MET" }, goal.bound.words());
            text += &format!("{mark:<8} {:<40} {bound}, is {:.3} ({}", goal.name, goal.value, goal.at);
            text += &goal.floor.map_or(")\n".to_owned(), |it| format!("; bare sends alone: {it:.3})\n"));
        }
        for note in self.notes {
            text += &format!("\nNote: {note}");
        }
        text
    }

    /// The parts of the object that CONTRACT.md promises; whoever prints it adds the machine.
    pub(crate) fn json(&self) -> Value {
        let of = |peer: Peer| -> Value {
            let cases = self.results.iter().filter(|((_, it), _)| *it == peer);
            cases
                .map(|((scenario, _), figures)| (scenario.name(), json!(figures)))
                .collect::<Map<_, _>>()
                .into()
        };
        let ratios: Map<String, Value> =
            ratios(self.results).into_iter().map(|(scenario, it)| (scenario.name(), json!(it))).collect();
        let goals: Map<String, Value> = self
            .goals
            .iter()
            .map(|goal| {
                let mut said = json!({"goal": goal.bound.value(), "value": goal.value, "met": goal.met(), "at": goal.at});
                if let Some(floor) = goal.floor {
                    said["bare_sends"] = floor.into();
                }
                (goal.name.to_owned(), said)
            })
            .collect();
        let floor: Map<String, Value> =
            self.floor.iter().map(|(sockets, us)| (format!("send_us_{sockets}"), json!(us))).collect();
        json!({
            "bench": "stream",
            "peers": {"nchan": of(Peer::Nchan), "naive": of(Peer::Naive), "bare": of(Peer::Bare)},
            "ours": of(Peer::Ours),
            "ratios": ratios,
            "goals": goals,
            "floor": floor,
            "notes": self.notes,
        })
    }
}
