//! What the figures say beside the goals.

use crate::engines::OURS;
use serde_json::{Map, Value, json};

/// By how many times ours is to be faster than the fastest peer that is right.
const GOALS: [(&str, f64); 3] = [("10000_resting", 3.0), ("100000_resting", 3.0), ("1000000_resting", 2.0)];

/// The fields that `cargo xtask bench … --json` prints. A goal whose figures were not measured is left out.
pub(crate) fn of(scenes: Map<String, Value>, faults: Value, durable: Value) -> Value {
    let (mut ours, mut peers) = (Map::new(), Map::new());
    let (mut ratios, mut goals) = (Map::new(), Map::new());
    for (scene, figures) in &scenes {
        let Some(figures) = figures.as_object() else { continue };
        for (name, figures) in figures {
            if name == OURS.name {
                ours.insert(scene.clone(), figures.clone());
            } else {
                peers.entry(name.clone()).or_insert_with(|| json!({}))[scene] = figures.clone();
            }
        }
        // The fastest peer is the one to which ours is the least.
        let least = figures.values().filter_map(|it| it["ours_to_it"].as_f64()).reduce(f64::min);
        if let Some(least) = least {
            ratios.insert(format!("{scene}_to_fastest"), json!(rounded(least)));
        }
    }
    let mut goal = |name: &str, goal: f64, value: Option<f64>, is_met: fn(&f64, &f64) -> bool| {
        if let Some(value) = value {
            goals
                .insert(name.to_owned(), json!({"goal": goal, "value": value, "met": is_met(&value, &goal)}));
        }
    };
    for (scene, least) in GOALS {
        let name = format!("{scene}_to_fastest");
        goal(&name, least, ratios.get(&name).and_then(Value::as_f64), f64::ge);
    }
    let most = &durable["open_loop"]["1000000"];
    goal("durable_per_second", 1e6 * 0.999, most["per_second"].as_f64(), f64::ge);
    goal("durable_p99_ns", 2e6, most["p99_ns"].as_f64(), f64::le);
    goal("replayed_per_second", 1e7, durable["replay"]["per_second"].as_f64(), f64::ge);
    ours.insert("durable".to_owned(), durable);
    json!({
        "bench": "book", "ours": ours, "peers": peers, "refused_peers": faults, "ratios": ratios, "goals": goals,
    })
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
