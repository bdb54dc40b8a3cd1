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
        let per_second = |name: &String| figures[name]["per_second"].as_f64();
        let fastest = figures.keys().filter(|it| *it != OURS.name).filter_map(per_second).reduce(f64::max);
        if let (Some(own), Some(fastest)) = (per_second(&OURS.name.to_owned()), fastest) {
            ratios.insert(format!("{scene}_to_fastest"), json!(rounded(own / fastest)));
        }
    }
    let mut at_least = |name: String, goal: f64, value: Option<f64>| {
        if let Some(value) = value {
            goals.insert(name, json!({"goal": goal, "value": value, "met": value >= goal}));
        }
    };
    for (scene, goal) in GOALS {
        let name = format!("{scene}_to_fastest");
        let value = ratios.get(&name).and_then(Value::as_f64);
        at_least(name, goal, value);
    }
    ours.insert("durable".to_owned(), durable);
    json!({"bench": "book", "ours": ours, "peers": peers, "refused_peers": faults, "ratios": ratios, "goals": goals})
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
