//! What the figures say beside the goals.

use serde_json::{Map, Value, json};

/// A goal: its name, where its figure is and what it is measured against (another figure of ours, or the best of the peers'), whether more is
/// better, and the ratio or the value.
struct Goal {
    name: &'static str,
    ours: &'static str,
    against: Against,
    bound: Bound,
}

enum Against {
    Ours(&'static str),
    Peer(&'static str),
    /// The least of these.
    LeastOf(&'static [&'static str]),
    Nothing,
}

enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

const GOALS: &[Goal] = &[
    Goal {
        name: "drain_to_graphile_worker",
        ours: "/drain/per_second",
        against: Against::Peer("/graphile/drain/drain_per_second"),
        bound: Bound::AtLeast(1.5),
    },
    Goal {
        name: "drain_to_apalis_postgres",
        ours: "/drain/per_second",
        against: Against::Peer("/apalis/drain/drain_per_second"),
        bound: Bound::AtLeast(4.0),
    },
    Goal {
        name: "start_p50_ns",
        ours: "/start/p50_ns",
        against: Against::Nothing,
        bound: Bound::AtMost(1e6),
    },
    Goal {
        name: "start_p99_to_best_peer",
        ours: "/start/p99_ns",
        against: Against::LeastOf(&["/graphile/start/p99_ns", "/apalis/start/p99_ns"]),
        bound: Bound::AtMost(0.5),
    },
    Goal {
        name: "enqueue_one_to_notify_each",
        ours: "/enqueue_one/per_second",
        against: Against::Ours("/enqueue_one/notified_per_second"),
        bound: Bound::AtLeast(3.0),
    },
    Goal {
        name: "claim_p99_many_to_few_waiting",
        ours: "/backlog/many/p99_ns",
        against: Against::Ours("/backlog/few/p99_ns"),
        bound: Bound::AtMost(2.0),
    },
    Goal {
        name: "call_serial_p99_ns",
        ours: "/call/serial/p99_ns",
        against: Against::Nothing,
        bound: Bound::AtMost(1e6),
    },
    Goal {
        name: "call_serial_p99_to_nats",
        ours: "/call/serial/p99_ns",
        against: Against::Peer("/nats/serial/p99_ns"),
        bound: Bound::AtMost(1.0),
    },
    Goal {
        name: "calls_per_second_to_nats",
        ours: "/call/per_second",
        against: Against::Peer("/nats/per_second"),
        bound: Bound::AtLeast(1.5),
    },
    Goal {
        name: "call_p99_ns_with_a_server_killed",
        ours: "/call_under_fire/p99_ns",
        against: Against::Nothing,
        bound: Bound::AtMost(1e7),
    },
    Goal {
        name: "calls_failed_with_a_server_killed",
        ours: "/call_under_fire/failed",
        against: Against::Nothing,
        bound: Bound::AtMost(0.0),
    },
    Goal { name: "kills", ours: "/kills/kills", against: Against::Nothing, bound: Bound::AtLeast(200.0) },
    Goal { name: "lost_by_kills", ours: "/kills/lost", against: Against::Nothing, bound: Bound::AtMost(0.0) },
    Goal {
        name: "doubled_by_kills",
        ours: "/kills/doubled",
        against: Against::Nothing,
        bound: Bound::AtMost(0.0),
    },
    Goal {
        name: "rescued_p99_ns",
        ours: "/kills/rescued/p99_ns",
        against: Against::Nothing,
        bound: Bound::AtMost(3e9),
    },
    Goal {
        name: "drain_under_a_limit_that_does_not_bind",
        ours: "/drain/limited_per_second",
        against: Against::Ours("/drain/per_second"),
        bound: Bound::AtLeast(0.9),
    },
];

/// The fields that `cargo xtask bench … --json` prints. Goals of scenes that were not measured are left out.
pub(crate) fn of(ours: Value, peers: Value) -> Value {
    let goals: Map<String, Value> = GOALS.iter().filter_map(|goal| judge(goal, &ours, &peers)).collect();
    json!({"bench": "jobs", "ours": ours, "peers": peers, "goals": goals})
}

fn judge(goal: &Goal, ours: &Value, peers: &Value) -> Option<(String, Value)> {
    let figure = |of: &Value, at: &str| of.pointer(at).and_then(Value::as_f64);
    let own = figure(ours, goal.ours)?;
    let value = match goal.against {
        Against::Ours(at) => own / figure(ours, at)?,
        Against::Peer(at) => own / figure(peers, at)?,
        Against::LeastOf(all) => own / all.iter().filter_map(|at| figure(peers, at)).reduce(f64::min)?,
        Against::Nothing => own,
    };
    let (bound, is_met) = match goal.bound {
        Bound::AtLeast(bound) => (bound, value >= bound),
        Bound::AtMost(bound) => (bound, value <= bound),
    };
    let value = (value * 1000.0).round() / 1000.0;
    Some((goal.name.to_owned(), json!({"goal": bound, "value": value, "met": is_met})))
}
