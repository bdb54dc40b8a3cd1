//! What the figures say beside the goals.

use serde_json::{Value, json};

/// The fields that `cargo xtask bench … --json` prints. A goal whose figures were not measured is left out.
pub(crate) fn of(ours: Value, peers: Value) -> Value {
    let per_second = |of: &Value, scene: &str| of[scene]["per_second"].as_f64();
    // The best that a peer does with any number of connections.
    let best = |peer: &str, pattern: &str| {
        let scenes = peers[peer].as_object()?.keys().filter(|it| it.starts_with(pattern));
        scenes.filter_map(|it| per_second(&peers[peer], it)).reduce(f64::max)
    };
    // As much as callers may ask for at once, against as much as connections may.
    let most = |pattern: &str| {
        let scenes = ours.as_object()?.keys().filter(|it| it.starts_with(pattern));
        scenes.filter_map(|it| per_second(&ours, it)).reduce(f64::max)
    };
    let mut ratios = serde_json::Map::new();
    for peer in ["transactions", "function", "pgledger"] {
        for pattern in ["hot", "uniform"] {
            if let (Some(own), Some(theirs)) = (most(pattern), best(peer, pattern)) {
                ratios.insert(format!("{pattern}_to_{peer}"), json!(rounded(own / theirs)));
            }
        }
    }
    let mut goals = serde_json::Map::new();
    let mut at_least = |name: &str, goal: f64, value: Option<f64>| {
        if let Some(value) = value {
            goals.insert(
                name.to_owned(),
                json!({"goal": goal, "value": rounded(value), "met": value >= goal}),
            );
        }
    };
    let ratio = |name: &str| ratios.get(name).and_then(Value::as_f64);
    at_least("hot_to_one_transaction_a_transfer", 20.0, ratio("hot_to_transactions"));
    at_least("uniform_to_one_call_a_transfer", 3.0, ratio("uniform_to_function"));
    at_least("hot_to_pgledger", 20.0, ratio("hot_to_pgledger"));
    at_least("hot_per_second_at_256", 40_000.0, per_second(&ours, "hot_256"));
    at_least("uniform_per_second_at_256", 40_000.0, per_second(&ours, "uniform_256"));
    let mut at_most = |name: &str, goal: f64, value: Option<f64>| {
        if let Some(value) = value {
            goals.insert(name.to_owned(), json!({"goal": goal, "value": value, "met": value <= goal}));
        }
    };
    at_most("hot_p99_ns_at_256", 1e7, ours["hot_256"]["p99_ns"].as_f64());
    at_most("uniform_p99_ns_at_256", 1e7, ours["uniform_256"]["p99_ns"].as_f64());
    at_most("faults", 0.0, ours["faults"].as_f64());
    json!({"bench": "ledger", "ours": ours, "peers": peers, "ratios": ratios, "goals": goals})
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
